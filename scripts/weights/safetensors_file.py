"""Writes safetensors files of float32 tensors."""

from __future__ import annotations

import json
import os
import sys
from array import array
from pathlib import Path
from typing import NamedTuple


class Tensor(NamedTuple):
    shape: tuple[int, ...]
    # Of type "f", row-major.
    values: array


def write_safetensors(file: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Writes under a temporary name, then renames."""
    header: dict[str, object] = {"__metadata__": metadata}
    offset = 0
    for name, tensor in sorted(tensors.items()):
        count = 1
        for size in tensor.shape:
            count *= size
        if count != len(tensor.values):
            raise ValueError(f"{name} has {len(tensor.values)} values for shape {tensor.shape}")
        end = offset + 4 * count
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    with temporary.open("wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
        for _, tensor in sorted(tensors.items()):
            values = tensor.values
            if sys.byteorder == "big":
                values = array("f", values)
                values.byteswap()
            stream.write(values.tobytes())
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(file)
