"""Makes Tests/SROptimizersTests/Fixtures/optimizers.json: ten steps of PyTorch's optimizers, and its learning rates.

Weights and gradients are formulas of whole numbers, which Tests/SROptimizersTests/OptimizerAgreementTests.swift has too.
"""

import json
import math
from pathlib import Path

import torch

FIXTURE = Path(__file__).resolve().parents[2] / "Tests/SROptimizersTests/Fixtures/optimizers.json"
SIZES = [5, 37]
STEPS = 10
RATE = 0.01


def weights(tensor):
    return torch.tensor(
        [((37 * i + 11 * tensor) % 64 - 32) / 32 for i in range(SIZES[tensor])], dtype=torch.float64)


def gradients(tensor, step):
    return torch.tensor(
        [((31 * i + 17 * step + 7 * tensor) % 61 - 30) / (16 * step) for i in range(SIZES[tensor])],
        dtype=torch.float64)


def ten_steps(optimizer, clip=None, **options):
    parameters = [torch.nn.Parameter(weights(t)) for t in range(len(SIZES))]
    made = getattr(torch.optim, optimizer)(parameters, lr=RATE, **options)
    schedule = torch.optim.lr_scheduler.MultiStepLR(made, milestones=[3, 7], gamma=0.5)
    norms = []
    for step in range(1, STEPS + 1):
        for tensor, parameter in enumerate(parameters):
            parameter.grad = gradients(tensor, step)
        if clip:
            norms.append(torch.nn.utils.clip_grad_norm_(parameters, clip).item())
        made.step()
        schedule.step()
    return {
        "optimizer": optimizer, "betas": options["betas"], "epsilon": options.get("eps", 1e-8),
        "weightDecay": options.get("weight_decay", 0), "clip": clip, "norms": norms,
        "weights": [p.detach().tolist() for p in parameters],
    }


def rates(name, make, steps):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=RATE)
    schedule = make(optimizer)
    values = []
    for _ in range(steps):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return {"schedule": name, "rates": values}


def cosine_restart(steps, periods, weights, eta_min):
    """`CosineAnnealingRestartLR.get_lr` of BasicSR (basicsr/models/lr_scheduler.py)."""
    cumulative = [sum(periods[: i + 1]) for i in range(len(periods))]
    values = []
    for epoch in range(steps):
        index = next(i for i, period in enumerate(cumulative) if epoch <= period)
        nearest = 0 if index == 0 else cumulative[index - 1]
        values.append(
            eta_min + weights[index] * 0.5 * (RATE - eta_min)
            * (1 + math.cos(math.pi * ((epoch - nearest) / periods[index]))))  # fmt: skip
    return {"schedule": "cosine-restart", "rates": values}


def main():
    schedulers = torch.optim.lr_scheduler
    contents = {
        "torch": torch.__version__,
        "seed": "none: nothing is random",
        "runs": [
            ten_steps("Adam", betas=(0.9, 0.999)),
            ten_steps("Adam", betas=(0.9, 0.99), weight_decay=0.1, eps=1e-6),
            ten_steps("AdamW", betas=(0.9, 0.99), weight_decay=0.1),
            ten_steps("AdamW", betas=(0.5, 0.9), weight_decay=0.5, clip=1.5),
        ],
        "schedules": [
            rates("step", lambda o: schedulers.StepLR(o, step_size=4, gamma=0.5), 20),
            rates("multistep", lambda o: schedulers.MultiStepLR(o, milestones=[3, 7, 12], gamma=0.1), 20),
            rates("cosine", lambda o: schedulers.CosineAnnealingLR(o, T_max=20, eta_min=RATE * 0.1), 20),
            cosine_restart(20, [6, 6, 8], [1, 0.5, 0.25], RATE * 0.01),
        ],
    }
    FIXTURE.parent.mkdir(exist_ok=True)
    FIXTURE.write_text(json.dumps(contents, indent=1) + "\n")


if __name__ == "__main__":
    main()
