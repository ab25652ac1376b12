"""Numbers that Swift and Python both compute to the bit, so fixtures need not store them.

All arithmetic is 64-bit, unsigned and wrapping. `>>` is a logical shift.

    hash(name)      = FNV-1a, 64 bits, of the name's UTF-8 bytes:
                      h = 0xcbf29ce484222325; for each byte b: h = (h ^ b) * 0x100000001b3
    draw(name, i)   = SplitMix64's output i (from 0) of the generator seeded with hash(name):
                      z = hash(name) + (i + 1) * 0x9e3779b97f4a7c15
                      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
                      z = (z ^ (z >> 27)) * 0x94d049bb133111eb
                      z ^ (z >> 31)
    uniform(name, i) = Float(Int32(draw(name, i) >> 40) - 8388608) / 8388608, in -1 ..< 1, exact

Parameter `name` (PyTorch's, OIHW order), element i of its flat array, all in Float (float32):

    convolution weight:  uniform(name, i) * bound(fanIn),  fanIn = I * H * W of its shape
    convolution bias:    uniform(name, i) * bound(fanIn),  fanIn of the weight beside it
    PReLU slope:         0.25 + 0.125 * uniform(name, i)
    bound(fanIn) = Float(1.0 / Double(fanIn).squareRoot()), rounded once; one Float product

Image pairs, uint8, k = 0, 1, ...; height and width are those of the high-resolution image:

    m = ((3 + k % 5) * x + (5 + 2 * c) * y + 40 * c + 17 * k) % 480
    high(k, y, x, c) = (m < 240 ? m : 479 - m) + (draw("image k", i) >> 60),
                       i = (y * width + x) * channels + c, the name as in "image 7"
    low(k, y, x, c)  = (sum of high over the s x s block at (sy, sx) + s^2 / 2) / s^2, in whole
                       numbers, where s is the scale

The network sees them as Float(value) / 255.
"""

from __future__ import annotations

import numpy as np

_FNV_OFFSET = 0xCBF29CE484222325
_FNV_PRIME = 0x100000001B3
_MASK = (1 << 64) - 1


def name_hash(name: str) -> int:
    h = _FNV_OFFSET
    for byte in name.encode():
        h = ((h ^ byte) * _FNV_PRIME) & _MASK
    return h


def draws(name: str, count: int) -> np.ndarray:
    """draw(name, 0 ..< count) as uint64."""
    index = np.arange(1, count + 1, dtype=np.uint64)
    z = np.uint64(name_hash(name)) + index * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def uniform(name: str, count: int) -> np.ndarray:
    """uniform(name, 0 ..< count) as float32."""
    centred = (draws(name, count) >> np.uint64(40)).astype(np.int32) - 8388608
    return centred.astype(np.float32) / np.float32(8388608)


def parameters(shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Initial values of every parameter of a state dict's names and shapes."""
    values = {}
    for name, shape in shapes.items():
        layer = name.removesuffix(".weight").removesuffix(".bias")
        weight_shape = shapes[f"{layer}.weight"]
        drawn = uniform(name, int(np.prod(shape))).reshape(shape)
        if len(weight_shape) == 1:
            values[name] = np.float32(0.25) + np.float32(0.125) * drawn
        else:
            values[name] = drawn * np.float32(1 / np.sqrt(np.float64(np.prod(weight_shape[1:]))))
    return values


def image_pair(
    k: int, height: int, width: int, channels: int = 3, scale: int = 4
) -> tuple[np.ndarray, np.ndarray]:
    """Low- and high-resolution picture k, uint8 HWC. `height`, `width`: of the high one."""
    y, x, c = np.indices((height, width, channels))
    m = ((3 + k % 5) * x + (5 + 2 * c) * y + 40 * c + 17 * k) % 480
    noise = (draws(f"image {k}", height * width * channels) >> np.uint64(60)).astype(np.int64)
    high = np.where(m < 240, m, 479 - m) + noise.reshape(height, width, channels)
    blocks = high.reshape(height // scale, scale, width // scale, scale, channels).sum((1, 3))
    low = (blocks + scale**2 // 2) // scale**2
    return low.astype(np.uint8), high.astype(np.uint8)


def image_pairs(
    count: int, height: int, width: int, channels: int = 3, scale: int = 4
) -> tuple[np.ndarray, np.ndarray]:
    """`count` pairs as NHWC arrays, low then high."""
    pairs = (image_pair(k, height, width, channels, scale) for k in range(count))
    low, high = zip(*pairs, strict=True)
    return np.stack(low), np.stack(high)
