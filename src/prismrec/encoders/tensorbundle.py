"""Tensors out of a TensorFlow checkpoint (`.index` and `.data-00000-of-00001`), without TensorFlow.

The index is a sorted table of blocks in LevelDB's format whose values are protocol buffers
(`BundleEntryProto`: 1 type, 2 shape, 4 offset, 5 size); the data file holds the raw tensors.
Source: tensorflow/core/util/tensor_bundle and tensorflow/core/lib/io/table_format.txt.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from prismrec.errors import BadModel

__all__ = ["read_bundle"]

FOOTER = 48  # bytes: two block handles, padding and the magic number
MAGIC = bytes.fromhex("57fb808b247547db")
DTYPES = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8"}


def read_bundle(index: bytes, data: bytes) -> dict[str, npt.NDArray[Any]]:
    """Tensors by name; those of other types than 32 or 64 bit numbers are left out.

    Raises:
        BadModel: where the index is not a table, is compressed or is cut off.
    """
    if index[-8:] != MAGIC:
        raise BadModel("not the index of a TensorFlow checkpoint")
    try:
        return dict(_tensors(index, data))
    except (IndexError, ValueError, KeyError) as error:
        raise BadModel(f"the TensorFlow checkpoint is damaged: {error}") from error


def _tensors(index: bytes, data: bytes) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    for _, handle in _block(index, *_index_handle(index)):
        offset, at = _varint(handle, 0)
        size, _ = _varint(handle, at)
        for name, entry in _block(index, offset, size):
            if name:  # the empty name holds the header
                fields = _message(entry)
                dtype = DTYPES.get(fields.get(1, [1])[0])
                if dtype is not None:
                    yield name.decode(), _tensor(fields, dtype, data)


def _tensor(fields: dict[int, list[Any]], dtype: str, data: bytes) -> npt.NDArray[Any]:
    offset, size = fields.get(4, [0])[0], fields.get(5, [0])[0]
    axes = _message(fields[2][0]).get(2, []) if 2 in fields else []
    shape = [_message(axis).get(1, [0])[0] for axis in axes]
    return np.frombuffer(data[offset : offset + size], dtype).reshape(shape)


def _index_handle(index: bytes) -> tuple[int, int]:
    footer = index[-FOOTER:]
    _, at = _varint(footer, 0)  # handle of the meta-index: offset and size
    _, at = _varint(footer, at)
    offset, at = _varint(footer, at)
    return offset, _varint(footer, at)[0]


def _block(table: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of one block; each key shares a prefix with the one before it."""
    if table[offset + size] != 0:
        raise ValueError("a block is compressed")
    block = table[offset : offset + size]
    restarts = int.from_bytes(block[-4:], "little")
    at, end, key = 0, len(block) - 4 * (restarts + 1), b""
    while at < end:
        shared, at = _varint(block, at)
        own, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + own]
        yield key, block[at + own : at + own + length]
        at += own + length


def _message(data: bytes) -> dict[int, list[Any]]:
    """Fields of a protocol buffer by number: integers, and bytes for everything else."""
    fields: dict[int, list[Any]] = {}
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value: int | bytes
            value, at = _varint(data, at)
        else:
            length = {1: 8, 5: 4}.get(wire)
            if length is None:
                length, at = _varint(data, at)
            value, at = data[at : at + length], at + length
        fields.setdefault(number, []).append(value)
    return fields


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
