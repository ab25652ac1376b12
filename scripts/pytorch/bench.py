"""Compares the speed of srdist train with PyTorch's.

Both sides have the same machine, cores, model, loss, batch, weights and data. Each measurement is
its own process, pinned to its cores. A round goes through a workload's measurements in turn, srdist
and PyTorch by turns, and the next round in the opposite order. So a slow minute of the machine
affects both sides, and none is always the first. Ratios are taken within a round. The report shows
medians and ranges, and what is left out. In each round, both sides' losses at step 1 must agree to
1e-4.

srdist is timed from the second epoch on, when it has kept the features of targets, and also
with --cache-features off.

Exits with 1 if they do not agree, or if a process fails (a PyTorch process: twice). The tables of
the complete rounds are printed first. A bar that is missed is only marked.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

import bench_report
from bench_process import BenchmarkError, Measurement, Runner

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("SRDIST_SHARED_DATA", ROOT.parent / "shared/data"))
LOSS_AGREEMENT = 1e-4
BATCH_SIZE = 8


@dataclass(frozen=True)
class Workload:
    """One training task, and the ways in which each side runs it."""

    name: str
    model: str
    loss: str
    pytorch: tuple[str, ...]
    srdist: tuple[str, ...] = ("1 thread",)
    preset: str | None = None

    @property
    def sides(self) -> list[str]:
        """srdist and PyTorch by turns, as far as there are both."""
        both = [side for pair in zip(self.srdist, self.pytorch, strict=False) for side in pair]
        shorter = min(len(self.srdist), len(self.pytorch))
        return [*both, *self.srdist[shorter:], *self.pytorch[shorter:]]

    @property
    def srdist_arguments(self) -> list[str]:
        if self.preset:
            return ["--preset", self.preset]
        return ["--model", self.model, "--loss", self.loss]


# Features of targets are kept, or computed in each step.
KEPT = ("1 thread", "1 thread, none kept")

WORKLOADS = (
    Workload(
        "pixel", "attention", "charbonnier=1",
        ("eager", "channels_last", "compiled", "bfloat16", "ddp"),
        ("1 thread", "2 threads", "2 ranks"),
    ),
    Workload(
        "hybrid", "attention", "lpips_vgg=0.4,ssim_box=0.3,charbonnier=0.2,edge=0.1",
        ("eager", "channels_last", "compiled"), KEPT, preset="hybrid",
    ),
    Workload(
        "vgg", "attention", "mse=1,ssim=0.1,vgg=0.1",
        ("eager", "channels_last", "compiled"), KEPT, preset="attention",
    ),
    Workload("vanilla", "vanilla", "charbonnier=1", ("eager", "channels_last")),
)  # fmt: skip


@dataclass
class Cell:
    """One way of running one workload, measured once a round."""

    workload: str
    side: str
    rounds: list[Measurement] = field(default_factory=list)

    def median(self, attribute: str) -> float:
        return statistics.median(getattr(m, attribute) for m in self.rounds)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench-vs-pytorch", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--srdist", type=Path, default=ROOT / ".build/release/srdist")
    parser.add_argument("--data", type=Path, help="folder of the .npy pairs (from srdist prepare)")
    parser.add_argument("--faces", type=Path, help="photographs for pairs, if there is no --data")
    parser.add_argument("--weights-dir", type=Path, help="folder of the perceptual weights")
    parser.add_argument(
        "--workload", action="append", choices=[w.name for w in WORKLOADS], help="default: all"
    )
    parser.add_argument("--mode", action="append", help="a PyTorch mode; default: all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8, help="timed steps per process")
    parser.add_argument(
        "--warmup", type=int, default=2,
        help="PyTorch's untimed steps before these; srdist's are its first epoch (4 steps)",
    )
    parser.add_argument("--quick", action="store_true", help="1 round, 3 timed steps, 1 untimed")
    parser.add_argument("--pytorch-only", action="store_true")
    parser.add_argument("--json", type=Path, help="write every measurement to this file")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.steps, options.warmup = 1, 3, 1
    if options.faces is None and (SHARED / "faces").is_dir():
        options.faces = SHARED / "faces"
    if options.weights_dir is None:
        found = [p for p in (ROOT / "weights", SHARED / "weights") if p.is_dir()]
        options.weights_dir = found[0] if found else None
    return options


def selected_cells(options: argparse.Namespace) -> list[tuple[Workload, Cell]]:
    cells = []
    for workload in WORKLOADS:
        if options.workload and workload.name not in options.workload:
            continue
        for side in workload.sides:
            if side in workload.pytorch:
                is_chosen = not options.mode or side in options.mode
            else:
                is_chosen = not options.pytorch_only
            if is_chosen:
                cells.append((workload, Cell(workload.name, side)))
    return cells


def measure(runner: Runner, workload: Workload, side: str) -> Measurement:
    if side in workload.pytorch:
        return runner.pytorch(side, workload.model, workload.loss)
    return runner.srdist(side, workload.model, workload.srdist_arguments)


def check_losses(measured: list[tuple[Cell, Measurement]]) -> None:
    """Raises unless the sides do the same work: equal losses before the first update."""
    for workload in {cell.workload for cell, _ in measured}:
        here = {c.side: m.first_loss for c, m in measured if c.workload == workload}
        # Reduced precision is compared only by speed.
        here.pop("bfloat16", None)
        expected = next(iter(here.values()))
        for side, loss in here.items():
            if not abs(loss / expected - 1) <= LOSS_AGREEMENT:
                raise BenchmarkError(
                    f"{workload}: the sides do not do the same work: the first loss is {loss:.9g} "
                    f"with {side}, and {expected:.9g} with {next(iter(here))}"
                )


def run_round(runner: Runner, number: int, selected: list[tuple[Workload, Cell]]) -> None:
    """Adds a measurement to every cell. Adds none if a process fails or the losses differ."""
    measured = []
    for workload, cell in selected if number % 2 == 1 else reversed(selected):
        measurement = measure(runner, workload, cell.side)
        measured.append((cell, measurement))
        print(
            f"round {number}  {cell.workload:8} {cell.side:20} "
            f"{measurement.images_per_second:7.2f} images/s",
            file=sys.stderr,
        )
    check_losses(measured)
    for cell, measurement in measured:
        cell.rounds.append(measurement)


def main() -> int:
    options = parsed()
    selected = selected_cells(options)
    cells = [cell for _, cell in selected]
    status = 0
    with tempfile.TemporaryDirectory(prefix="bench-vs-pytorch-") as name:
        try:
            runner = Runner(options, Path(name), BATCH_SIZE)
            for number in range(1, options.rounds + 1):
                run_round(runner, number, selected)
        except BenchmarkError as error:
            print(f"bench-vs-pytorch: {error}", file=sys.stderr)
            status = 1
    if cells and cells[0].rounds:
        machine = bench_report.machine(runner.torch_version, runner.cores)
        print(bench_report.text(machine, cells, options))
        if options.json:
            content = {"machine": machine, "cells": [asdict(cell) for cell in cells]}
            options.json.write_text(json.dumps(content, indent=1) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
