#!/usr/bin/env python3
"""Writes tests/golden/models/*.txt: loss, gradient, Hessian and Gauss-Newton products by PyTorch.

Needs PyTorch (made with 2.13.0, CPU). The tests read the text files alone.
    python3 tests/golden/make_models.py

The networks are those of tests/support/networks.cpp, written again in PyTorch's own words. A case
is a function of its parameters (a dict in the order of theta) and data, which returns the network
output z and the loss as a function of z; z is None where Gauss-Newton is not defined.
"""
import pathlib

import torch
import torch.nn.functional as F
from torch.autograd.functional import hvp, jvp, vjp

FOLDER = pathlib.Path(__file__).parent / "models"
B = 11  # samples
torch.set_default_dtype(torch.float64)


def mlp(activation):
    shapes = {"w0": (7, 5), "b0": (7,), "w1": (6, 7), "b1": (6,), "w2": (4, 6), "b2": (4,)}
    data = {"x": torch.randn(B, 5), "labels": torch.randint(4, (B,))}

    def run(p, d):
        h = activation(F.linear(d["x"], p["w0"], p["b0"]))
        h = activation(F.linear(h, p["w1"], p["b1"]))
        return F.linear(h, p["w2"], p["b2"]), lambda z: F.cross_entropy(z, d["labels"])

    return shapes, data, run


def embedding():
    shapes = {"e": (4, 7), "w": (6, 8), "b": (6,), "u": (7, 6), "c": (7,)}
    data = {"ab": torch.randint(7, (B, 2)), "labels": torch.randint(7, (B,))}

    def run(p, d):
        x = F.embedding(d["ab"], p["e"].T).flatten(1)
        h = F.relu(F.linear(x, p["w"], p["b"]))
        return F.linear(h, p["u"], p["c"]), lambda z: F.cross_entropy(z, d["labels"])

    return shapes, data, run


def regression():
    shapes = {"w": (5, 3), "b": (5,), "u": (2, 5)}
    data = {"x": torch.randn(B, 4, 3), "target": torch.randn(B, 2)}

    def run(p, d):
        h = F.gelu(F.linear(d["x"], p["w"], p["b"])).mean(1)
        return F.linear(h, p["u"]), lambda z: F.mse_loss(z, d["target"])

    return shapes, data, run


def sequence():
    shapes = {"e": (5, 6), "positions": (5, 3), "w": (5, 5), "b": (5,), "m": (5, 5)}
    data = {"text": torch.randint(6, (B, 3)), "labels": torch.randint(6, (B, 3))}

    def run(p, d):
        x = F.embedding(d["text"], p["e"].T) + p["positions"].T
        h = torch.tanh(F.linear(x, p["w"], p["b"])) + x
        z = h @ p["m"].T @ p["e"]
        return z, lambda z: F.cross_entropy(z.flatten(0, 1), d["labels"].flatten())

    return shapes, data, run


def decayed():
    shapes = {"w": (4, 3), "u": (3, 4), "b": (4,)}
    data = {"x": torch.randn(B, 3), "labels": torch.randint(3, (B,))}

    def run(p, d):
        h = torch.sigmoid(F.linear(d["x"], p["w"], p["b"]))
        loss = F.cross_entropy(F.linear(h, p["u"]), d["labels"])
        return None, loss + 0.1 * (p["w"] ** 2).sum() + 0.05 * (p["u"] ** 2).sum()

    return shapes, data, run


def gated():
    shapes = {"w": (6, 4), "b": (6,), "unused": (2, 4), "u": (3, 10)}
    data = {"x": torch.randn(B, 4), "target": torch.randn(B, 3)}

    def run(p, d):
        h = F.linear(d["x"], p["w"], p["b"])
        gate = torch.softmax(h[:, :3], 1) * F.gelu(h[:, 3:], approximate="tanh")
        y = F.linear(torch.cat([gate, d["x"], gate], 1), p["u"])
        residual = y * y - d["x"][:, 1:] - d["target"]
        return None, 0.5 * (residual ** 2).sum(1).mean()

    return shapes, data, run


def potential():
    shapes = {"a": (3, 4), "b": (4, 2), "c": (3,)}

    def run(p, d):
        y = p["a"] @ torch.tanh(p["b"]) + p["c"][:, None]
        return None, (y ** 2).sum() + 0.25 * (p["a"] ** 4).sum()

    return shapes, {}, run


CASES = {
    "mlp tanh": lambda: mlp(torch.tanh),
    "mlp relu": lambda: mlp(F.relu),
    "mlp gelu": lambda: mlp(F.gelu),
    "mlp gelu_tanh": lambda: mlp(lambda x: F.gelu(x, approximate="tanh")),
    "mlp silu": lambda: mlp(F.silu),
    "mlp sigmoid": lambda: mlp(torch.sigmoid),
    "mlp square": lambda: mlp(torch.square),
    "embedding, reshaped": embedding,
    "regression over positions": regression,
    "a label at every position": sequence,
    "weight decay in the loss": decayed,
    "gates, slices and repeats": gated,
    "a potential without data": potential,
}


def unpack(theta, shapes):
    """Parameters from a flat theta: each column-major, as the engine keeps them."""
    result, offset = {}, 0
    for name, shape in shapes.items():
        size = torch.Size(shape).numel()
        part = theta[offset:offset + size]
        result[name] = part.reshape(shape[::-1]).T if len(shape) == 2 else part
        offset += size
    return result, offset


def line(name, tensor):
    numbers = tensor.reshape(-1).tolist()
    return " ".join([name] + [repr(x) for x in numbers])


def main():
    FOLDER.mkdir(exist_ok=True)
    for index, (name, make) in enumerate(CASES.items()):
        torch.manual_seed(index)
        shapes, data, run = make()
        size = unpack(torch.zeros(10000), shapes)[1]
        theta, v = 0.6 * torch.randn(size), torch.randn(size)

        def loss(t):
            z, rest = run(unpack(t, shapes)[0], data)
            return rest if z is None else rest(z)

        theta.requires_grad_()
        value = loss(theta)
        gradient, = torch.autograd.grad(value, theta)
        product = hvp(loss, theta, v)[1]
        lines = [f"# {name}: loss, gradient, H v and G v by PyTorch in float64.",
                 f"# Made by tests/golden/make_models.py with PyTorch {torch.__version__}.",
                 f"network {name}", f"samples {B if data else 0}"]
        for slot, tensor in data.items():
            lines.append(line(("tokens " if tensor.dtype == torch.int64 else "input ") + slot, tensor))
        lines += [line("theta", theta), line("v", v), line("loss", value),
                  line("gradient", gradient), line("hessian", product)]
        z, rest = run(unpack(theta, shapes)[0], data)
        if z is not None:
            output = lambda t: run(unpack(t, shapes)[0], data)[0]
            z_dot = jvp(output, theta, v)[1]
            lines.append(line("gauss_newton", vjp(output, theta, hvp(rest, z.detach(), z_dot)[1])[1]))
        path = FOLDER / (name.replace(",", "").replace(" ", "_") + ".txt")
        path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
