#!/usr/bin/env python3
"""Writes tests/golden/optim/*.txt: ten steps of each optimiser by PyTorch, in float64.

Needs PyTorch (made with 2.13.0, CPU). The tests read the text files alone.
    python3 tests/golden/make_optimisers.py
"""
import math
import pathlib

import torch

P, STEPS = 7, 10
FOLDER = pathlib.Path(__file__).parent / "optim"

# name: (PyTorch's class, its arguments, schedule, max_norm); weight_decay means what the class says
CASES = {
    "sgd": (torch.optim.SGD, {}, "constant", None),
    "sgd_l2": (torch.optim.SGD, {"weight_decay": 0.1}, "constant", None),
    "sgd_momentum": (torch.optim.SGD, {"momentum": 0.9}, "constant", None),
    "sgd_dampened": (torch.optim.SGD, {"momentum": 0.8, "dampening": 0.3, "weight_decay": 0.01},
                     "constant", None),
    "sgd_nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}, "cosine", None),
    "adam": (torch.optim.Adam, {}, "constant", None),
    "adam_l2": (torch.optim.Adam, {"weight_decay": 0.1, "betas": (0.9, 0.98)}, "constant", None),
    "adamw": (torch.optim.AdamW, {"weight_decay": 1.0, "betas": (0.9, 0.98)}, "constant", None),
    "adamw_warm_up": (torch.optim.AdamW, {"weight_decay": 2.0, "betas": (0.9, 0.98)}, "warm_up",
                      None),
    "adam_cosine": (torch.optim.Adam, {}, "cosine", None),
    "adam_clip": (torch.optim.Adam, {"eps": 1e-3}, "warm_up", 1.5),
}
RATE, WARM_UP, FINAL = 0.02, 4, 0.002


def scheduler(optimiser, kind):
    if kind == "cosine":
        return torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=STEPS, eta_min=FINAL)
    factor = (lambda s: min(s / WARM_UP, 1.0)) if kind == "warm_up" else (lambda s: 1.0)
    return torch.optim.lr_scheduler.LambdaLR(optimiser, factor)


def row(name, values):
    return " ".join([name, *(repr(float(v)) for v in values)]) + "\n"


def write(name, rule, arguments, kind, max_norm, generator):
    theta = torch.nn.Parameter(torch.randn(P, dtype=torch.float64, generator=generator))
    optimiser = rule([theta], lr=RATE, **arguments)
    schedule = scheduler(optimiser, kind)
    arguments = dict(arguments)
    beta1, beta2 = arguments.pop("betas", (0.9, 0.999))
    with open(FOLDER / f"{name}.txt", "w", encoding="ascii") as file:
        file.write(f"# {STEPS} steps of torch.optim.{rule.__name__} in float64, random gradients.\n")
        file.write(f"# Made by tests/golden/make_optimisers.py with PyTorch {torch.__version__}.\n")
        file.write(f"rule {rule.__name__}\nschedule {kind}\n")
        file.write(row("rate", [RATE]) + row("warm_up_steps", [WARM_UP if kind == "warm_up" else 0]))
        file.write(row("final_rate", [FINAL]) + row("max_norm", [max_norm or 0.0]))
        file.write(row("beta1", [beta1]) + row("beta2", [beta2]))
        for key, value in arguments.items():
            file.write(row(key, [value]))
        file.write(row("theta", theta.detach()))
        for _ in range(STEPS):
            gradient = torch.randn(P, dtype=torch.float64, generator=generator)
            file.write(row("gradient", gradient))
            theta.grad = gradient.clone()
            if max_norm is not None:  # clip_grad_norm_ without its 1e-6
                theta.grad *= min(1.0, max_norm / math.sqrt(float((gradient**2).sum())))
            file.write(row("rate_now", [optimiser.param_groups[0]["lr"]]))
            optimiser.step()
            schedule.step()
            file.write(row("theta", theta.detach()))


def main():
    FOLDER.mkdir(exist_ok=True)
    generator = torch.Generator().manual_seed(20240229)
    for name, case in CASES.items():
        write(name, *case, generator)


if __name__ == "__main__":
    main()
