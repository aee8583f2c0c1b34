from __future__ import annotations

import numpy as np
import pytest

from prismrec.encoders.tensorbundle import MAGIC, read_bundle
from prismrec.errors import BadModel

KERNEL = np.arange(6, dtype=np.float32).reshape(2, 3)
STEP = np.array(300, np.int64)
DATA = KERNEL.tobytes() + STEP.tobytes()


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def entry(dtype: int, shape: tuple[int, ...], offset: int, size: int) -> bytes:
    axes = b"".join(field(2, field(1, n)) for n in shape)
    check = varint(6 << 3 | 5) + b"\x00\x00\x00\x00"  # a field of 32 bits
    return field(1, dtype) + field(2, axes) + field(4, offset) + field(5, size) + check


def block(*pairs: tuple[int, bytes, bytes]) -> bytes:
    """Pairs of (length of the prefix shared with the key before, rest of the key, value)."""
    body = b"".join(
        varint(shared) + varint(len(rest)) + varint(len(value)) + rest + value
        for shared, rest, value in pairs
    )
    return body + bytes(4) + (1).to_bytes(4, "little")


def table(compression: int = 0) -> bytes:
    entries = block(
        (0, b"", b"\x08\x01"),
        (0, b"layer/kernel", entry(1, (2, 3), 0, 24)),
        (6, b"name", entry(7, (1,), 0, 4)),
        (6, b"step", entry(9, (), 24, 8)),
    )
    trailer = bytes([compression]) + bytes(4)
    index = block((0, b"z", varint(0) + varint(len(entries))))
    start = len(entries) + len(trailer)
    handles = varint(0) + varint(0) + varint(start) + varint(len(index))
    return entries + trailer + index + bytes(5) + handles.ljust(40, b"\0") + MAGIC


def test_tensors_come_out_by_name() -> None:
    tensors = read_bundle(table(), DATA)
    assert set(tensors) == {"layer/kernel", "layer/step"}  # texts are left out
    assert tensors["layer/kernel"].tolist() == KERNEL.tolist()
    assert tensors["layer/step"] == 300


def test_compressed_tables_are_refused() -> None:
    with pytest.raises(BadModel, match="compressed"):
        read_bundle(table(compression=1), DATA)


def test_other_files_are_refused() -> None:
    with pytest.raises(BadModel, match="not the index"):
        read_bundle(b"something else", DATA)


def test_a_data_file_cut_off_is_refused() -> None:
    with pytest.raises(BadModel, match="damaged"):
        read_bundle(table(), DATA[:-1])
