"""Compares `dualtape hvp` in double with an independent PyTorch float64 Hessian-vector product.

    python3 compare_hvp.py PATH/TO/dualtape RUN/checkpoints/depth2-seed0/step-00001000.safetensors

Needs PyTorch; no part of the build. For runs of grokking_hessian with relu. Reads checkpoint and
data.safetensors by itself, draws a normal vector, and prints the relative differences of loss,
gradient and product; exit code 1 above 1e-10.
"""
import json, pathlib, struct, subprocess, sys, tempfile, tomllib

import numpy
import torch

TYPES = {"F64": numpy.float64, "F32": numpy.float32, "I64": numpy.int64, "I32": numpy.int32}


def read(path):
    data = pathlib.Path(path).read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    return {
        name: numpy.frombuffer(data[8 + size + t["data_offsets"][0] : 8 + size + t["data_offsets"][1]],
                               TYPES[t["dtype"]]).reshape(t["shape"])
        for name, t in header.items()
    }


def write(path, tensors):
    header, body = {}, b""
    for name, value in tensors.items():
        raw = numpy.ascontiguousarray(value, numpy.float64).tobytes()
        header[name] = {"dtype": "F64", "shape": list(value.shape),
                        "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(header).encode()
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + body)


def logits(config, parameters, inputs):
    a, b = inputs[:, 0].long(), inputs[:, 1].long()
    p, kind = config["task"]["p"], config["model"]["input"]
    if kind == "raw":
        x = inputs.double()
    elif kind == "one_hot":
        one_hot = torch.nn.functional.one_hot
        x = torch.cat([one_hot(a, p), one_hot(b, p)], 1).double()
    else:
        table = parameters["embed.weight"].T  # (modulus, width)
        x = torch.cat([table[a], table[b]], 1)
    depth = sum(name.endswith("weight") and name.startswith("layers") for name in parameters)
    for layer in range(depth):
        x = x @ parameters[f"layers.{layer}.weight"].T + parameters[f"layers.{layer}.bias"]
        if layer + 1 < depth:
            x = torch.relu(x)
    return x


def main(program, checkpoint):
    folder = pathlib.Path(checkpoint).resolve().parents[2]
    config = tomllib.loads((folder / "config.toml").read_text())
    seed = pathlib.Path(checkpoint).parent.name.split("seed")[1]
    data = folder / f"data-seed{seed}.safetensors"
    data = read(data if data.exists() else folder / "data.safetensors")
    names = [n for n in read(checkpoint) if not n.startswith("optimiser.")]
    theta = {n: torch.tensor(read(checkpoint)[n], dtype=torch.float64, requires_grad=True) for n in names}
    rng = numpy.random.default_rng(0)
    vector = {n: rng.standard_normal(theta[n].shape) for n in names}
    with tempfile.TemporaryDirectory() as scratch:
        write(f"{scratch}/v.safetensors", vector)
        subprocess.run([program, "hvp", checkpoint, "--vector", f"{scratch}/v.safetensors", "--output",
                        f"{scratch}/hv.safetensors", "--precision", "double"], check=True, stdout=2)
        ours = read(f"{scratch}/hv.safetensors")

    inputs = torch.tensor(data["train.inputs"].copy())
    labels = torch.tensor(data["train.targets"].copy()).long()
    loss = torch.nn.functional.cross_entropy(logits(config, theta, inputs), labels)
    gradient = torch.autograd.grad(loss, list(theta.values()), create_graph=True)
    slope = sum((g * torch.tensor(vector[n])).sum() for g, n in zip(gradient, names))
    product = torch.autograd.grad(slope, list(theta.values()))

    def difference(kind, theirs):
        mine = numpy.concatenate([ours[f"{kind}.{n}"].ravel() for n in names])
        other = numpy.concatenate([t.detach().numpy().ravel() for t in theirs])
        return numpy.linalg.norm(mine - other) / numpy.linalg.norm(other)

    found = {"loss": abs(float(ours["loss"]) / loss.item() - 1),
             "gradient": difference("gradient", gradient), "hvp": difference("hvp", product)}
    for name, value in found.items():
        print(f"{name}\t{value:.3g}")
    return 0 if max(found.values()) <= 1e-10 else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
