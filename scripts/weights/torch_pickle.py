"""Reads state dicts of float tensors that `torch.save` wrote, in the zip format or the older one. Needs no PyTorch.

A pickle names the functions that it wants to call. Only the parts of a state dict are allowed.
"""

from __future__ import annotations

import collections
import io
import pickle
import sys
import zipfile
from array import array
from typing import NamedTuple

from safetensors_file import Tensor

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C


class _Storage(NamedTuple):
    key: str
    count: int


class _View(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _rebuild_tensor(storage, offset, shape, strides, *_) -> _View:
    return _View(storage, offset, tuple(shape), tuple(strides))


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if module == "torch._utils" and name in ("_rebuild_tensor", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return lambda data, *_: data
        if module in ("torch", "torch.cuda") and name == "FloatStorage":
            return "float32"
        raise pickle.UnpicklingError(f"a state dict of floats has no {module}.{name}")

    def persistent_load(self, identifier) -> _Storage:
        kind, data_type, key, _, count, *_ = identifier
        if kind != "storage" or data_type != "float32":
            raise pickle.UnpicklingError(f"unknown storage {identifier[:2]}")
        return _Storage(str(key), count)


def read_state_dict(data: bytes) -> dict[str, Tensor]:
    views, storages = _read_zip(data) if data[:4] == b"PK\3\4" else _read_legacy(data)
    return {name: _gather(name, view, storages) for name, view in views.items()}


def _read_zip(data: bytes):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        index = next(n for n in names if n.endswith("/data.pkl"))
        folder = index.removesuffix("data.pkl")
        views = _Unpickler(io.BytesIO(archive.read(index))).load()
        storages = {v.storage.key: _floats(archive.read(f"{folder}data/{v.storage.key}")) for v in views.values()}
    return views, storages


def _read_legacy(data: bytes):
    stream = io.BytesIO(data)
    if _Unpickler(stream).load() != LEGACY_MAGIC:
        raise pickle.UnpicklingError("not a file of torch.save")
    for _ in range(2):  # protocol version, system information
        _Unpickler(stream).load()
    views = _Unpickler(stream).load()
    storages = {}
    for key in _Unpickler(stream).load():
        count = int.from_bytes(stream.read(8), "little")
        storages[str(key)] = _floats(stream.read(4 * count))
    return views, storages


def _floats(data: bytes) -> array:
    values = array("f", data)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def _gather(name: str, view: _View, storages: dict[str, array]) -> Tensor:
    expected, count = [], 1
    for size in reversed(view.shape):
        expected.insert(0, count)
        count *= size
    if any(s != e for s, e, size in zip(view.strides, expected, view.shape) if size > 1):
        raise ValueError(f"{name} is not contiguous: shape {view.shape}, strides {view.strides}")
    return Tensor(view.shape, storages[view.storage.key][view.offset : view.offset + count])
