"""The convolutions of torchvision's ImageNet classifiers, from PyTorch's model hub."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import downloads
import torch_pickle

INPUT = "RGB in 0..1 normalised by ImageNet's mean and standard deviation"


class Trunk(NamedTuple):
    file: str
    hub_name: str
    sha256: str
    kind: str = "hub"

    def fetch(self, folder: Path) -> tuple[dict, dict[str, str]]:
        file = downloads.hub_file(self.hub_name, self.sha256, folder)
        tensors = torch_pickle.read_state_dict(file.read_bytes())
        features = {name: tensor for name, tensor in tensors.items() if name.startswith("features.")}
        origin = f"torchvision, {downloads.HUB}/{self.hub_name}"
        return features, {"origin": origin, "origin_sha256": self.sha256, "input": INPUT}


# The SHA-256 digests of the hub's files. Each file's name contains the first eight digits.
VGG16 = Trunk(
    "vgg16-torchvision-features",
    "vgg16-397923af.pth",
    "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
)
ALEXNET = Trunk(
    "alexnet-torchvision-features",
    "alexnet-owt-7be5be79.pth",
    "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
)
SQUEEZENET = Trunk(
    "squeezenet1_1-torchvision-features",
    "squeezenet1_1-b8a52dc0.pth",
    "b8a52dc049b60e4b6ab68ad0df457362afab8b6304b2febdc1650a5dab4d7e7b",
)
