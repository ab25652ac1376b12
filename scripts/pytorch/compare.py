"""Compares srdist's first training steps with PyTorch's, from the same weights and data order.

For each model and loss, it compares the losses of the first steps and every parameter's gradient at
step 1. PyTorch's float64 is the reference for both sides. Losses must agree to 5e-5, relative.
Gradients must agree to 1e-4 of their norm.

Perceptual terms pass through the ReLUs and maxima of a deep network. With them, losses must agree
to 1e-4, or to the error of PyTorch's own float32 by that step if that is larger. Gradients must
agree to 1e-4, or to three times PyTorch's own error if that is larger (gradients.py says why).

The column `above 1e-4` counts the gradients of each side whose error is above 1e-4. Exits with 1 if
anything differs by more than it may.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

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
    """One model with one loss, and the srdist arguments for them."""

    title: str
    model: str
    loss: str
    arguments: tuple[str, ...]

    @property
    def is_perceptual(self) -> bool:
        return bool(reference.parse_loss(self.loss).keys() & set(reference.PERCEPTUAL_TERMS))

    def allowed_loss_error(self, float32_error: float) -> float:
        return max(COMPOSITE_LOSS_BAR, float32_error) if self.is_perceptual else LOSS_BAR

    def allowed_gradient_error(self, float32_error: float) -> float:
        return max(GRADIENT_BAR, 3 * float32_error) if self.is_perceptual else GRADIENT_BAR


@dataclass(frozen=True)
class Expected:
    """What PyTorch computes for a case."""

    losses: list[float]
    float32_losses: list[float]
    gradients: gradients.Gradients
    scatter: dict[str, float]

    @property
    def loss_scatter(self) -> list[float]:
        """The largest error of float32 against float64 up to each step."""
        errors = map(relative, self.float32_losses, self.losses)
        return list(itertools.accumulate(errors, max))


@dataclass(frozen=True)
class Found:
    """What srdist computed for a case."""

    losses: list[float]
    gradients: gradients.Gradients


class ComparisonError(Exception):
    """srdist could not be run, or did not write what was asked for."""


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


def initial_weights(model: str, options: argparse.Namespace, folder: Path) -> Path:
    """A file with PyTorch's default initialisation, for both sides."""
    path = folder / f"initial-{model}.safetensors"
    network = models.seeded_model(model, options.seed, options.scale, options.channels)
    save_file(network.state_dict(), path)
    return path


def first_losses(
    case: Case, weights: Path, options: argparse.Namespace, dtype: torch.dtype
) -> list[float]:
    data = pairs.Pairs(options.data)
    criterion = reference.WeightedSum(case.loss, options.weights_dir).to(dtype)
    network = loaded(case.model, weights, options).to(dtype)
    optimizer = reference.adam(network, options.learning_rate)
    losses = []
    for step in range(options.steps):
        batch = data.batch(step * options.batch_size, options.batch_size)
        low_res, high_res = (images.to(dtype) for images in batch)
        losses.append(reference.training_step(network, criterion, optimizer, low_res, high_res))
    return losses


def loaded(model: str, weights: Path, options: argparse.Namespace) -> nn.Module:
    channels = options.channels
    network = models.build(
        model, options.scale, in_channels=channels, out_channels=channels
    )
    network.load_state_dict(load_file(weights))
    return network


def expected(case: Case, weights: Path, options: argparse.Namespace) -> Expected:
    exact, single = (
        first_losses(case, weights, options, dtype) for dtype in (torch.float64, torch.float32)
    )
    batch = pairs.Pairs(options.data).batch(0, options.batch_size)
    criterion = reference.WeightedSum(case.loss, options.weights_dir)
    network = loaded(case.model, weights, options)
    return Expected(
        exact, single, *gradients.exact_and_scatter(network, criterion, *batch)
    )


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
            f"no srdist at {options.srdist}: build it (swift build -c release) or give --srdist"
        ) from None
    if finished.returncode != 0:
        raise ComparisonError(
            f"{' '.join(command)}\nended with {finished.returncode}:\n{finished.stderr[-2000:]}"
        )
    lines = (output / "metrics.jsonl").read_text().splitlines()
    steps = [line for line in map(json.loads, lines) if line["kind"] == "step"]
    if len(steps) != options.steps:
        raise ComparisonError(
            f"{output}/metrics.jsonl: expected {options.steps} steps, found {len(steps)}"
        )
    return Found([step["loss"] for step in steps], load_file(dump))


def relative(found: float, expected: float) -> float:
    return abs(found / expected - 1)


def loss_faults(case: Case, want: Expected, have: Found) -> list[str]:
    return [
        f"step {step}: loss {mine:.9g}, PyTorch {theirs:.9g}, in float32 {single:.9g}"
        for step, (mine, theirs, single, scatter) in enumerate(
            zip(have.losses, want.losses, want.float32_losses, want.loss_scatter, strict=True), 1
        )
        if not relative(mine, theirs) <= case.allowed_loss_error(scatter)
    ]


def shape_faults(want: gradients.Gradients, have: gradients.Gradients) -> list[str]:
    shapes = [{name: tuple(g.shape) for name, g in side.items()} for side in (have, want)]
    return [
        f"gradient of {name}: shape {shapes[0].get(name)}, PyTorch {shapes[1].get(name)}"
        for name in sorted(want.keys() | have.keys())
        if shapes[0].get(name) != shapes[1].get(name)
    ]


def compare(case: Case, want: Expected, have: Found) -> tuple[str, list[str]]:
    """A row of the table, and the faults."""
    faults = loss_faults(case, want, have)
    mismatched = shape_faults(want.gradients, have.gradients)
    if mismatched:
        return f"| {case.title} | | | | | | | | FAIL |", faults + mismatched

    mine, exact = gradients.comparable(have.gradients), gradients.comparable(want.gradients)
    errors = {name: gradients.relative_error(mine[name], exact[name]) for name in exact}
    for name, error in errors.items():
        allowed = case.allowed_gradient_error(want.scatter[name])
        if not error <= allowed:
            faults.append(f"gradient of {name}: error {error:.1e}, allowed {allowed:.1e}")
    worst = max(errors, key=errors.__getitem__)
    above, pytorch_above = (
        sum(error > GRADIENT_BAR for error in side.values()) for side in (errors, want.scatter)
    )
    columns = (
        case.title,
        f"{max(map(relative, have.losses, want.losses)):.1e}",
        f"{want.loss_scatter[-1]:.1e}",
        f"{statistics.median(errors.values()):.1e}",
        f"{statistics.median(want.scatter.values()):.1e}",
        f"{errors[worst]:.1e} {worst}",
        f"{want.scatter[worst]:.1e}",
        f"{above}, PyTorch {pytorch_above}, of {len(errors)}",
        "FAIL" if faults else "ok",
    )
    return f"| {' | '.join(columns)} |", faults


HEADING = (
    "| case | worst loss | PyTorch float32 | median gradient | PyTorch float32 | worst gradient "
    "| PyTorch float32 | above 1e-4 | |\n|---|---|---|---|---|---|---|---|---|"
)


def run(case: Case, options: argparse.Namespace, folder: Path) -> bool:
    folder.mkdir()
    weights = initial_weights(case.model, options, folder)
    want = expected(case, weights, options)
    row, faults = compare(case, want, found(case, weights, options, folder))
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
        help="photographs to make pairs from, if --data is not given",
    )  # fmt: skip
    parser.add_argument(
        "--weights-dir", type=Path, default=shared / "weights" if shared else None,
        help="folder of the perceptual weights, for the presets",
    )  # fmt: skip
    parser.add_argument("--model", action="append", choices=models.MODELS, help="default: all")
    parser.add_argument("--loss", action="append", help="default: each pixel loss by itself")
    parser.add_argument("--preset", action="append", choices=list(reference.PRESETS))
    parser.add_argument("--scale", type=int, default=4, choices=(1, 2, 3, 4, 8))
    parser.add_argument("--channels", type=int, default=3, help="of all pictures: 1, 3 or another")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument(
        "--batch-size", type=int, default=8,
        help="in a small batch, one unit at a kink may move gradients by more than they may differ",
    )  # fmt: skip
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="PyTorch's threads")
    return parser.parse_args()


def main() -> int:
    options = parsed()
    reference.deterministic(options.threads)
    with tempfile.TemporaryDirectory(prefix="compare-with-pytorch-") as name:
        folder = Path(name)
        if options.data is None:
            options.data = folder / "data"
            count = options.steps * options.batch_size
            pairs.prepare(
                options.faces, options.data, count, scale=options.scale, channels=options.channels
            )
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
