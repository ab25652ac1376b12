"""The tables of bench-vs-pytorch: the measurements, and the ratios beside the bars."""

from __future__ import annotations

import os
import platform
import statistics
from dataclasses import dataclass
from pathlib import Path

FLOAT32_MODES = ("eager", "channels_last", "compiled")


@dataclass(frozen=True)
class Bar:
    """How many times as fast as the fastest of some other sides one side must be."""

    title: str
    workload: str
    side: str
    against: tuple[str, ...]
    at_least: float


def _workload_bars(workload: str, title: str) -> list[Bar]:
    return [
        Bar(f"{title}, 1 thread / PyTorch eager", workload, "1 thread", ("eager",), 5.0),
        Bar(f"{title}, 1 thread / PyTorch's best fp32", workload, "1 thread", FLOAT32_MODES, 4.0),
    ]


BARS = (
    *_workload_bars("pixel", "SE-SRResNet + Charbonnier"),
    *_workload_bars("hybrid", "SE-SRResNet + hybrid loss"),
    *_workload_bars("vgg", "attention preset (VGG loss)"),
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


def _ratio(bar: Bar, cells: dict) -> float | None:
    """The median of the rounds' ratios. None if a side was not measured."""
    ours = cells.get((bar.workload, bar.side))
    others = [cells[(bar.workload, s)] for s in bar.against if (bar.workload, s) in cells]
    if ours is None or not others:
        return None
    ratios = [
        mine.images_per_second / max(theirs.images_per_second for theirs in round_of_others)
        for mine, *round_of_others in zip(ours.rounds, *(c.rounds for c in others), strict=True)
    ]
    return statistics.median(ratios)


def text(machine: dict, cell_list: list) -> str:
    """Both tables in Markdown."""
    cells = {(cell.workload, cell.side): cell for cell in cell_list}
    lines = [
        f"{machine['cpu']}, {machine['cpus']} CPUs, load {machine['load_average']:.1f}; "
        f"PyTorch {machine['torch']}; batch 8, optimizer included; "
        f"medians of {len(cell_list[0].rounds)} rounds",
        "",
        "| work | side | images/s | CPU ms/image | peak MB per process |",
        "|---|---|---|---|---|",
    ]
    for cell in cell_list:
        engine = "srdist" if cell.side.split()[-1] in ("thread", "threads", "ranks") else "PyTorch"
        lines.append(
            f"| {cell.workload} | {engine} {cell.side} | {cell.median('images_per_second'):.2f} "
            f"| {1e3 * cell.median('cpu_seconds_per_image'):.1f} "
            f"| {cell.median('peak_bytes') / 1e6:.0f} |"
        )
    lines += ["", "| ratio | measured | bar | |", "|---|---|---|---|"]
    for bar in BARS:
        ratio = _ratio(bar, cells)
        if ratio is not None:
            verdict = "ok" if ratio >= bar.at_least else "MISSED"
            lines.append(f"| {bar.title} | {ratio:.2f} | {bar.at_least} | {verdict} |")
    return "\n".join(lines)
