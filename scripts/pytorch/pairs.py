"""Pairs of low- and high-resolution images: NumPy files as `srdist prepare` writes them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

import formulas

SCALE = 4
NAMES = ("lr_train", "hr_train", "lr_valid", "hr_valid")


def shared_data() -> Path | None:
    """The folder of faces and perceptual weights beside the project, or None."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    folder = Path(os.environ.get("SRDIST_SHARED_DATA", beside))
    return folder if folder.is_dir() else None


class Pairs:
    """Training pairs, memory-mapped, in the order of the arrays."""

    def __init__(self, directory: Path) -> None:
        self.low_res = np.load(directory / "lr_train.npy", mmap_mode="r")
        self.high_res = np.load(directory / "hr_train.npy", mmap_mode="r")
        if len(self.low_res) != len(self.high_res):
            raise ValueError(
                f"{directory}: lr_train.npy has {len(self.low_res)} images, "
                f"hr_train.npy has {len(self.high_res)}"
            )

    def __len__(self) -> int:
        return len(self.low_res)

    def batch(
        self, first: int, count: int, dtype: torch.dtype = torch.float32
    ) -> tuple[Tensor, Tensor]:
        """Images `first ..< first + count` as N x C x H x W in 0...1."""
        if first + count > len(self):
            raise ValueError(f"asked for images {first} ..< {first + count} of {len(self)}")
        window = slice(first, first + count)
        return to_tensor(self.low_res[window], dtype), to_tensor(self.high_res[window], dtype)


def to_tensor(images: np.ndarray, dtype: torch.dtype) -> Tensor:
    """NHWC bytes to N x C x H x W in 0...1."""
    channels_first = np.array(images.transpose(0, 3, 1, 2), order="C")
    return torch.from_numpy(channels_first).to(dtype) / 255


def prepare_faces(
    faces: Path, output: Path, train: int, valid: int, resize: int = 256, crop: int = 128,
    scale: int = SCALE, channels: int = 3,
) -> None:  # fmt: skip
    """Makes pairs of central crops of the first `train + valid` photographs, with Pillow alone."""
    files = sorted(p for p in faces.iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    if len(files) < train + valid:
        raise ValueError(f"{faces} has {len(files)} pictures, but {train + valid} are needed")
    high, low = [], []
    crop -= crop % scale
    margin = (resize - crop) // 2
    side = crop // scale
    mode = "L" if channels == 1 else "RGB"
    for file in files[: train + valid]:
        with Image.open(file) as image:
            photograph = image.convert(mode).resize((resize, resize), Image.Resampling.BICUBIC)
        high_res = split(photograph.crop((margin, margin, margin + crop, margin + crop)), channels)
        low_res = [band.resize((side, side), Image.Resampling.BICUBIC) for band in high_res]
        high.append(np.stack([np.asarray(band) for band in high_res], axis=-1))
        low.append(np.stack([np.asarray(band) for band in low_res], axis=-1))
    write_pairs(output, np.stack(low), np.stack(high), train)


def split(photograph: Image.Image, channels: int) -> list[Image.Image]:
    """The channels of a grey or coloured photograph or, for another number, mixtures of its colours."""
    if channels in (1, 3):
        return list(photograph.split())
    places = 2 * np.pi * (np.arange(channels)[:, None] / channels - np.arange(3) / 3)
    weights = (1 + np.cos(places)) / 3  # Not negative, with a sum of 1.
    mixed = np.asarray(photograph, dtype=np.float64) @ weights.T
    return [Image.fromarray(np.rint(mixed[..., c]).astype(np.uint8)) for c in range(channels)]


def prepare(
    faces: Path | None, output: Path, train: int, valid: int = 4, scale: int = SCALE,
    channels: int = 3,
) -> None:  # fmt: skip
    """Makes pairs from photographs if there are any, else from formulas.py."""
    if faces is not None:
        prepare_faces(faces, output, train, valid, scale=scale, channels=channels)
        return
    print("no photographs: formulas.py makes the pairs", file=sys.stderr)
    side = 128 - 128 % scale
    low_res, high_res = formulas.image_pairs(train + valid, side, side, channels, scale)
    write_pairs(output, low_res, high_res, train)


def write_pairs(output: Path, low_res: np.ndarray, high_res: np.ndarray, train: int) -> None:
    """Writes the four arrays. The first `train` pairs are for training."""
    output.mkdir(parents=True, exist_ok=True)
    parts = (low_res[:train], high_res[:train], low_res[train:], high_res[train:])
    for name, array in zip(NAMES, parts, strict=True):
        np.save(output / f"{name}.npy", np.ascontiguousarray(array))
