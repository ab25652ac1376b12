"""What the literature on super-resolution measures, written from the definitions, with NumPy in double precision: MATLAB's
bicubic `imresize`, luma as MATLAB's `rgb2ycbcr` gives it, PSNR, and SSIM of Wang et al. (IEEE TIP 2004).

Tests compare srdist with these functions. Pictures are arrays [height, width, channels] of whole numbers from 0 to 255."""

import numpy as np


def half_away(values):
    """Whole numbers in 0...255; halves go away from zero."""
    return np.floor(np.clip(values, 0, 255) + 0.5)


def cubic(x):
    """Keys' kernel with a = -0.5."""
    x = np.abs(x)
    square, cube = x * x, x * x * x
    inner = 1.5 * cube - 2.5 * square + 1
    outer = -0.5 * cube + 2.5 * square - 4 * x + 2
    return np.where(x <= 1, inner, np.where(x <= 2, outer, 0))


def contributions(length, new_length):
    """MATLAB's weights and indices (from 0) of each output."""
    scale = new_length / length
    shrink = min(scale, 1.0)
    width = 4.0 / shrink
    center = np.arange(1, new_length + 1) / scale + 0.5 * (1 - 1 / scale)
    left = np.floor(center - width / 2)
    positions = left[:, None] + np.arange(int(np.ceil(width)) + 2)
    weights = shrink * cubic(shrink * (center[:, None] - positions))
    weights /= weights.sum(axis=1, keepdims=True)
    mirrored = np.concatenate([np.arange(length), np.arange(length)[::-1]])
    return weights, mirrored[(positions.astype(int) - 1) % len(mirrored)]


def imresize(picture, height, width):
    """`imresize(double(picture), [height width], 'bicubic')`, rounded to 8 bits."""
    values = picture.astype(np.float64)
    sizes = (height, width)
    scales = [new / old for new, old in zip(sizes, picture.shape)]
    for axis in sorted((0, 1), key=lambda axis: scales[axis]):
        weights, indices = contributions(values.shape[axis], sizes[axis])
        lines = np.moveaxis(values, axis, 0)
        total = np.zeros((sizes[axis],) + lines.shape[1:])
        for tap in range(weights.shape[1]):
            total += weights[:, tap, None, None] * lines[indices[:, tap]]
        values = np.moveaxis(total, 0, axis)
    return half_away(values).astype(np.uint8)


def luma(picture):
    """Y of ITU-R BT.601, rounded to 8 bits."""
    red, green, blue = (picture[..., channel].astype(np.float64) for channel in range(3))
    return half_away(16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255)


def grey(picture):
    """The same weights over the full range: what a picture is compared by if its original is grey."""
    red, green, blue = (picture[..., channel].astype(np.float64) for channel in range(3))
    return half_away(0.299 * red + 0.587 * green + 0.114 * blue)


def planes(picture, border, y_channel, is_grey):
    if y_channel:
        picture = (grey if is_grey else luma)(picture)[..., None]
    inner = picture[border:picture.shape[0] - border, border:picture.shape[1] - border].astype(np.float64)
    return [inner[..., channel] for channel in range(inner.shape[2])]


def psnr(picture, original, border, y_channel=False, is_grey=False):
    pairs = zip(planes(picture, border, y_channel, is_grey), planes(original, border, y_channel, is_grey))
    error = np.mean([np.mean((x - y) ** 2) for x, y in pairs])
    return float(10 * np.log10(255.0**2 / error)) if error > 0 else float("inf")


def windows(values):
    """Means over the 11 x 11 windows within the picture, with Gaussian weights of deviation 1.5."""
    weights = np.exp(-((np.arange(11) - 5.0) ** 2) / (2 * 1.5**2))
    weights = np.outer(weights, weights)
    weights /= weights.sum()
    height, width = values.shape[0] - 10, values.shape[1] - 10
    total = np.zeros((height, width))
    for row in range(11):
        for column in range(11):
            total += weights[row, column] * values[row:row + height, column:column + width]
    return total


def ssim(picture, original, border, y_channel=False, is_grey=False):
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    means = []
    for x, y in zip(planes(picture, border, y_channel, is_grey), planes(original, border, y_channel, is_grey)):
        mx, my = windows(x), windows(y)
        vx, vy, cov = windows(x * x) - mx * mx, windows(y * y) - my * my, windows(x * y) - mx * my
        means.append(np.mean((2 * mx * my + c1) * (2 * cov + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))))
    return float(np.mean(means))
