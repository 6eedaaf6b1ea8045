"""Reads a run folder of dualtape: tables, manifest and checkpoints. Standard library only.

    from load_run import load_table, load_manifest, load_checkpoint
    metrics = load_table("runs/.../metrics.tsv")      # {"step": [0.0, 100.0, ...], ...}
    weights = load_checkpoint("runs/.../checkpoints/step-00010000.safetensors")
    weights["layers.0.weight"]                        # {"shape": [128, 97], "values": [...]}

With more installed: pandas.read_csv(path, sep="\\t"), safetensors.torch.load_file(path).
"""
import csv
import json
import struct
import sys

CODES = {"F64": "d", "F32": "f", "I64": "q", "I32": "i", "U8": "B"}


def number(cell):
    """A float; nan for an empty cell, "not measured"; the text itself if it is no number."""
    try:
        return float(cell or "nan")
    except ValueError:
        return cell


def load_table(path):
    """Columns by name. A last line without its end, left by a killed run, is dropped."""
    with open(path, encoding="utf-8", newline="") as file:
        lines = [line for line in file if line.endswith("\n")]
    header, *rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    return {name: [number(row[i]) for row in rows] for i, name in enumerate(header)}


def load_manifest(folder):
    """manifest.json; numbers that are not finite stand there as "nan", "inf", "-inf"."""
    with open(f"{folder}/manifest.json", encoding="utf-8") as file:
        return json.load(file)


def load_checkpoint(path):
    """Shape and values, row by row, of each tensor by name."""
    with open(path, "rb") as file:
        data = file.read()
    end = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:end])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        first, last = (end + offset for offset in entry["data_offsets"])
        code = CODES[entry["dtype"]]
        count = (last - first) // struct.calcsize(code)
        values = struct.unpack(f"<{count}{code}", data[first:last])
        tensors[name] = {"shape": entry["shape"], "values": list(values)}
    return tensors


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: load_run.py RUN_FOLDER")
    for column, cells in load_table(f"{sys.argv[1]}/metrics.tsv").items():
        print(f"{column}: {len(cells)} rows, last {cells[-1] if cells else 'none'}")
