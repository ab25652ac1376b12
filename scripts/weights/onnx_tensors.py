"""Reads the float32 initialisers of an ONNX model. Knows only the few protocol buffer fields that hold them."""

from __future__ import annotations

import sys
from array import array

from safetensors_file import Tensor

# Field numbers of onnx.proto.
_MODEL_GRAPH = 7
_GRAPH_INITIALIZER = 5
_TENSOR_DIMS, _TENSOR_DATA_TYPE, _TENSOR_FLOAT_DATA, _TENSOR_NAME, _TENSOR_RAW_DATA = 1, 2, 4, 8, 9
_FLOAT = 1


def read_initializers(model: memoryview) -> dict[str, Tensor]:
    tensors = {}
    for number, graph in _fields(model):
        if number != _MODEL_GRAPH:
            continue
        for number, value in _fields(graph):
            if number == _GRAPH_INITIALIZER:
                name, tensor = _tensor(value)
                if tensor is not None:
                    tensors[name] = tensor
    return tensors


def _tensor(message: memoryview) -> tuple[str, Tensor | None]:
    name, shape, data_type = "", [], 0
    values = array("f")
    for number, value in _fields(message):
        if number == _TENSOR_DIMS:
            shape += [value] if isinstance(value, int) else _varints(value)
        elif number == _TENSOR_DATA_TYPE:
            data_type = value
        elif number == _TENSOR_NAME:
            name = bytes(value).decode()
        elif number in (_TENSOR_RAW_DATA, _TENSOR_FLOAT_DATA) and len(value) % 4 == 0:
            values.frombytes(value)
    if data_type != _FLOAT:
        return name, None
    if sys.byteorder == "big":
        values.byteswap()
    return name, Tensor(tuple(shape), values)


def _fields(message: memoryview):
    """Yields (field number, value). The value is an int for varints, and bytes for everything else."""
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        kind = tag & 7
        if kind == 0:
            value, position = _varint(message, position)
        else:
            if kind == 2:
                length, position = _varint(message, position)
            elif kind in (1, 5):
                length = 8 if kind == 1 else 4
            else:
                raise ValueError(f"protocol buffer field {tag >> 3} has wire type {kind}")
            if position + length > len(message):
                raise ValueError(f"protocol buffer field {tag >> 3} reaches beyond its message")
            value = message[position : position + length]
            position += length
        yield tag >> 3, value


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def _varints(message: memoryview) -> list[int]:
    values, position = [], 0
    while position < len(message):
        value, position = _varint(message, position)
        values.append(value)
    return values
