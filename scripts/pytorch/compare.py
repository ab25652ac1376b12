"""Compares srdist's first training steps with PyTorch's, from the same weights and data order.

For each model and loss: the losses of the first steps, and every parameter's gradient at step 1.
Losses must agree with PyTorch's float32 to 5e-5 relative (1e-4 with perceptual terms). Gradients
must agree with PyTorch's float64 to 1e-4 of their norm, or to thrice the scatter of PyTorch's own
float32 where that is larger (gradients.py says why); `above 1e-4` counts such parameters of each.
Exits with 1 if anything differs by more.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

import gradients
import model as models
import pairs
import perceptual
import reference

ROOT = Path(__file__).resolve().parents[2]
PIXEL_LOSSES = ("mse=1", "charbonnier=1", "ssim=1", "ssim_box=1", "edge=1")
LOSS_BAR, COMPOSITE_LOSS_BAR, GRADIENT_BAR = 5e-5, 1e-4, 1e-4


@dataclass(frozen=True)
class Case:
    """One model with one loss, and how srdist is asked for them."""

    title: str
    model: str
    loss: str
    arguments: tuple[str, ...]

    @property
    def loss_bar(self) -> float:
        perceptual_terms = reference.parse_loss(self.loss).keys() & set(reference.PERCEPTUAL_TERMS)
        return COMPOSITE_LOSS_BAR if perceptual_terms else LOSS_BAR


@dataclass(frozen=True)
class Expected:
    """What PyTorch computes for a case."""

    losses: list[float]
    gradients: gradients.Gradients
    scatter: dict[str, float]


@dataclass(frozen=True)
class Found:
    """What srdist computed for a case."""

    losses: list[float]
    gradients: gradients.Gradients


class ComparisonError(Exception):
    """srdist could not be run or wrote something else than asked for."""


def plain_case(model: str, loss: str) -> Case:
    return Case(f"{model} {loss}", model, loss, ("--model", model, "--loss", loss))


def preset_case(name: str) -> Case:
    preset = reference.PRESETS[name]
    return Case(f"preset {name}", preset.model, preset.loss, ("--preset", name))


def selected_cases(options: argparse.Namespace) -> list[Case]:
    if options.preset:
        return [preset_case(name) for name in options.preset]
    return [
        plain_case(model, loss)
        for model in options.model or models.MODELS
        for loss in options.loss or PIXEL_LOSSES
    ]


def initial_weights(model: str, seed: int, folder: Path) -> Path:
    """PyTorch's default initialisation as a file for both sides."""
    path = folder / f"initial-{model}.safetensors"
    save_file(models.seeded_model(model, seed).state_dict(), path)
    return path


def expected(case: Case, weights: Path, options: argparse.Namespace) -> Expected:
    data = pairs.Pairs(options.data)
    criterion = reference.WeightedSum(case.loss, options.weights_dir)
    network = models.SRResNet(case.model)
    network.load_state_dict(load_file(weights))
    optimizer = reference.adam(network, options.learning_rate)
    losses = []
    for step in range(options.steps):
        batch = data.batch(step * options.batch_size, options.batch_size)
        losses.append(reference.training_step(network, criterion, optimizer, *batch))

    network = models.SRResNet(case.model)
    network.load_state_dict(load_file(weights))
    batch = data.batch(0, options.batch_size)
    return Expected(losses, *gradients.exact_and_scatter(network, criterion, *batch))


def found(case: Case, weights: Path, options: argparse.Namespace, folder: Path) -> Found:
    output, dump = folder / "run", folder / "gradients.safetensors"
    command = [
        str(options.srdist), "train", *case.arguments,
        "--data", str(options.data), "--init-weights", str(weights), "--no-shuffle",
        "--learning-rate", str(options.learning_rate), "--max-steps", str(options.steps),
        "--batch-size", str(options.batch_size), "--output", str(output), "--resume", "never",
        "--dump-gradients", str(dump),
    ]  # fmt: skip
    if options.weights_dir:
        command += ["--weights-dir", str(options.weights_dir)]
    try:
        finished = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        raise ComparisonError(
            f"no srdist at {options.srdist}: build it (swift build -c release) or say --srdist"
        ) from None
    if finished.returncode != 0:
        raise ComparisonError(
            f"{' '.join(command)}\nended with {finished.returncode}:\n{finished.stderr[-2000:]}"
        )
    lines = (output / "metrics.jsonl").read_text().splitlines()
    steps = [line for line in map(json.loads, lines) if line["kind"] == "step"]
    if len(steps) != options.steps:
        raise ComparisonError(f"{output}/metrics.jsonl: {len(steps)} steps, not {options.steps}")
    return Found([step["loss"] for step in steps], load_file(dump))


def compare(title: str, loss_bar: float, want: Expected, have: Found) -> tuple[str, list[str]]:
    """A row of the table, and what is wrong."""
    faults = []
    loss_errors = [abs(a / b - 1) for a, b in zip(have.losses, want.losses, strict=True)]
    worst_loss = max(loss_errors)
    if not worst_loss <= loss_bar:
        step = loss_errors.index(worst_loss)
        faults.append(
            f"step {step + 1}: loss {have.losses[step]:.9g}, PyTorch {want.losses[step]:.9g}"
        )
    if have.gradients.keys() != want.gradients.keys():
        difference = sorted(have.gradients.keys() ^ want.gradients.keys())
        return "", [*faults, f"gradients on one side only: {', '.join(difference)}"]

    errors = {}
    for name, exact in want.gradients.items():
        if have.gradients[name].shape != exact.shape:
            shapes = f"{tuple(have.gradients[name].shape)}, PyTorch {tuple(exact.shape)}"
            faults.append(f"gradient of {name}: shape {shapes}")
            continue
        if exact.norm() == 0:
            if have.gradients[name].norm() != 0:
                faults.append(f"gradient of {name}: not zero, as PyTorch's is")
            continue
        errors[name] = gradients.relative_error(have.gradients[name], exact)
        allowed = gradients.tolerance(want.scatter[name], GRADIENT_BAR)
        if not errors[name] <= allowed:
            faults.append(
                f"gradient of {name}: off by {errors[name]:.1e}, allowed {allowed:.1e}"
            )
    worst = max(errors, key=errors.__getitem__)
    above = sum(error > GRADIENT_BAR for error in errors.values())
    pytorch_above = sum(want.scatter[name] > GRADIENT_BAR for name in errors)
    row = (
        f"| {title} | {worst_loss:.1e} | {statistics.median(errors.values()):.1e} "
        f"| {errors[worst]:.1e} | {want.scatter[worst]:.1e} | {worst} | {above}, PyTorch {pytorch_above}, of "
        f"{len(errors)} | {'FAIL' if faults else 'ok'} |"
    )
    return row, faults


HEADING = (
    "| case | worst loss | median gradient | worst gradient | PyTorch's scatter there "
    "| parameter | above 1e-4 | |\n|---|---|---|---|---|---|---|---|"
)


def run(case: Case, options: argparse.Namespace, folder: Path) -> bool:
    folder.mkdir()
    weights = initial_weights(case.model, options.seed, folder)
    want = expected(case, weights, options)
    row, faults = compare(case.title, case.loss_bar, want, found(case, weights, options, folder))
    print(row, flush=True)
    for fault in faults:
        print(f"{case.title}: {fault}", file=sys.stderr)
    return not faults


def parsed() -> argparse.Namespace:
    shared = pairs.shared_data()
    parser = argparse.ArgumentParser(
        prog="compare-with-pytorch", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--srdist", type=Path, default=ROOT / ".build/release/srdist")
    parser.add_argument("--data", type=Path, help="folder of the .npy pairs (from srdist prepare)")
    parser.add_argument(
        "--faces", type=Path, default=shared / "faces" if shared else None,
        help="photographs to make pairs of, without --data",
    )  # fmt: skip
    parser.add_argument(
        "--weights-dir", type=Path, default=shared / "weights" if shared else None,
        help="folder of the perceptual weights, for the presets",
    )  # fmt: skip
    parser.add_argument("--model", action="append", choices=models.MODELS, help="default: both")
    parser.add_argument("--loss", action="append", help="default: each pixel loss by itself")
    parser.add_argument("--preset", action="append", choices=list(reference.PRESETS))
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="PyTorch's")
    return parser.parse_args()


def main() -> int:
    options = parsed()
    reference.deterministic(options.threads)
    with tempfile.TemporaryDirectory(prefix="compare-with-pytorch-") as name:
        folder = Path(name)
        if options.data is None:
            options.data = folder / "data"
            pairs.prepare(options.faces, options.data, options.steps * options.batch_size)
        try:
            print(HEADING, flush=True)
            passed = [
                run(case, options, folder / f"case-{index}")
                for index, case in enumerate(selected_cases(options))
            ]
        except (ComparisonError, perceptual.MissingWeights, ValueError) as error:
            print(f"compare-with-pytorch: {error}", file=sys.stderr)
            return 1
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
