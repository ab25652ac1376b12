"""The tables of bench-vs-pytorch: the measurements, and the ratios beside the bars."""

from __future__ import annotations

import argparse
import os
import platform
import statistics
from dataclasses import dataclass
from pathlib import Path

FLOAT32_MODES = ("eager", "channels_last", "compiled")


@dataclass(frozen=True)
class Bar:
    """How many times as fast as the fastest of other sides a side must be.

    None to only report it.
    """

    title: str
    workload: str
    side: str
    against: tuple[str, ...]
    at_least: float | None


def _workload_bars(workload: str, title: str, eager: float, best: float) -> list[Bar]:
    return [
        Bar(f"{title}, 1 thread / PyTorch eager", workload, "1 thread", ("eager",), eager),
        Bar(f"{title}, 1 thread / PyTorch's best fp32", workload, "1 thread", FLOAT32_MODES, best),
    ]


def _none_kept(workload: str, title: str) -> list[Bar]:
    """Without kept features of targets: a report, no bar."""
    side = "1 thread, none kept"
    return [
        Bar(f"{title}, none kept / PyTorch eager", workload, side, ("eager",), None),
        Bar(f"{title}, none kept / PyTorch's best fp32", workload, side, FLOAT32_MODES, None),
        Bar(f"{title}, kept / none kept", workload, "1 thread", (side,), None),
    ]


BARS = (
    *_workload_bars("pixel", "SE-SRResNet + Charbonnier", 5.0, 4.0),
    *_workload_bars("hybrid", "SE-SRResNet + hybrid loss", 6.0, 5.0),
    *_none_kept("hybrid", "SE-SRResNet + hybrid loss"),
    *_workload_bars("vgg", "attention preset (VGG loss)", 5.0, 4.5),
    *_none_kept("vgg", "attention preset (VGG loss)"),
    Bar("2 ranks / DDP with 2 processes", "pixel", "2 ranks", ("ddp",), 5.0),
    Bar("fp32 / PyTorch bf16 channels_last", "pixel", "1 thread", ("bfloat16",), 2.2),
    Bar("2 ranks / 1 rank", "pixel", "2 ranks", ("1 thread",), 1.85),
    Bar("2 threads / 1 thread", "pixel", "2 threads", ("1 thread",), 1.85),
)


def machine(torch_version: str, cores: list[int]) -> dict:
    information = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":", 1)[1].strip() for line in information if line.startswith("model name")]
    return {
        "cpu": names[0] if names else platform.processor(),
        "cpus": os.cpu_count(),
        "pinned_to": cores,
        "load_average": os.getloadavg()[0],
        "torch": torch_version,
        "python": platform.python_version(),
    }


def _ratios(bar: Bar, cells: dict) -> list[float]:
    """The rounds' ratios. Empty if a side was not measured."""
    ours = cells.get((bar.workload, bar.side))
    others = [cells[(bar.workload, s)] for s in bar.against if (bar.workload, s) in cells]
    if ours is None or not others:
        return []
    return [
        mine.images_per_second / max(theirs.images_per_second for theirs in round_of_others)
        for mine, *round_of_others in zip(ours.rounds, *(c.rounds for c in others), strict=True)
    ]


def _spread(values: list[float]) -> str:
    """The median, and the range if there is one."""
    median = f"{statistics.median(values):.2f}"
    return f"{median} ({min(values):.2f} to {max(values):.2f})" if len(values) > 1 else median


def _left_out(options: argparse.Namespace) -> str:
    return (
        "Left out on both sides: start-up, reading data and networks, and untimed steps at first: "
        f"{options.warmup} of PyTorch's, which compile, and srdist's first epoch, in which it "
        "writes the features that it keeps. Also left out, on srdist's side: validation, pictures, "
        "checkpoints and the log. Timed are batches, forward and backward passes, the loss and "
        "Adam; with srdist also PSNR and SSIM of each training image. An epoch of a real run has "
        "all of it: see the times of epochs in metrics.jsonl."
    )


def text(machine: dict, cell_list: list, options: argparse.Namespace) -> str:
    """Both tables in Markdown."""
    cells = {(cell.workload, cell.side): cell for cell in cell_list}
    lines = [
        f"{machine['cpu']}, {machine['cpus']} CPUs, load {machine['load_average']:.1f}; "
        f"PyTorch {machine['torch']}; batch 8, optimizer included; "
        f"medians and ranges of {len(cell_list[0].rounds)} rounds",
        "",
        "| work | side | images/s | CPU ms/image | peak MB per process |",
        "|---|---|---|---|---|",
    ]
    for cell in cell_list:
        engine = "srdist" if cell.side[0].isdigit() else "PyTorch"
        speeds = [measurement.images_per_second for measurement in cell.rounds]
        lines.append(
            f"| {cell.workload} | {engine} {cell.side} | {_spread(speeds)} "
            f"| {1e3 * cell.median('cpu_seconds_per_image'):.1f} "
            f"| {cell.median('peak_bytes') / 1e6:.0f} |"
        )
    lines += ["", "| ratio | measured | bar | |", "|---|---|---|---|"]
    for bar in BARS:
        ratios = _ratios(bar, cells)
        if not ratios:
            continue
        if bar.at_least is None:
            asked, verdict = "", ""
        else:
            asked = bar.at_least
            verdict = "ok" if statistics.median(ratios) >= bar.at_least else "MISSED"
        lines.append(f"| {bar.title} | {_spread(ratios)} | {asked} | {verdict} |")
    lines += ["", _left_out(options)]
    return "\n".join(lines)
