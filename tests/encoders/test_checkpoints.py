from __future__ import annotations

import io
import pickle
import zipfile

import numpy as np
import pytest

from prismrec.encoders.checkpoints import read_checkpoint
from prismrec.errors import BadModel

VALUES = np.arange(12, dtype=np.float32)


def tensor(key: str, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> bytes:
    """The pickle of one tensor, as PyTorch writes it."""
    storage = b"(Vstorage\nctorch\nFloatStorage\nV%s\nVcpu\nI12\ntQ" % key.encode()
    sizes = b"(" + b"".join(b"I%d\n" % n for n in shape) + b"t"
    steps = b"(" + b"".join(b"I%d\n" % n for n in strides) + b"t"
    head = b"ctorch._utils\n_rebuild_tensor_v2\n("
    return head + storage + b"I%d\n" % offset + sizes + steps + b"I0\nNtR"


def state(**tensors: bytes) -> bytes:
    entries = b"".join(b"V%s\n" % name.encode() + value + b"s" for name, value in tensors.items())
    return b"ccollections\nOrderedDict\n)R" + entries


def zipped(pickled: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/data/7", VALUES.tobytes())
    return file.getvalue()


def stream(pickled: bytes) -> bytes:
    head = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({}, 2)
    return head + pickled + pickle.dumps(["7"], 2) + (12).to_bytes(8, "little") + VALUES.tobytes()


@pytest.mark.parametrize("written", [zipped, stream])
def test_tensors_are_views_of_their_storage(written) -> None:
    tensors = read_checkpoint(
        written(
            state(
                rows=tensor("7", 2, (2, 3), (3, 1)),
                columns=tensor("7", 0, (3, 4), (1, 3)),
                number=tensor("7", 5, (), ()),
            )
            + b"."
        )
    )
    assert tensors["rows"].tolist() == VALUES[2:8].reshape(2, 3).tolist()
    assert tensors["columns"].tolist() == VALUES.reshape(4, 3).T.tolist()
    assert tensors["number"] == 5


def test_the_first_mapping_of_tensors_is_taken() -> None:
    both = b"(" + b"}V x\nI1\ns" + state(a=tensor("7", 0, (12,), (1,))) + b"t."
    assert list(read_checkpoint(zipped(both))) == ["a"]


@pytest.mark.parametrize(
    "pickled",
    [
        b"cos\nsystem\n(Vecho\ntR.",
        b"cbuiltins\neval\n(V1\ntR.",
        b"ctorch\nload\n(V1\ntR.",
        b"cnumpy\nload\n(V1\ntR.",
        state(a=b"I1\n") + b".",
        state(a=tensor("7", 0, (13,), (1,))) + b".",
        state(a=tensor("8", 0, (2,), (1,))) + b".",
        state(a=tensor("7", 0, (2, 2), (1,))) + b".",
        b"not a pickle",
    ],
)
@pytest.mark.parametrize("written", [zipped, stream])
def test_anything_else_is_refused(pickled: bytes, written) -> None:
    with pytest.raises(BadModel):
        read_checkpoint(written(pickled))


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x03\x04 cut off", b"\x80"])
def test_damaged_files_are_refused(data: bytes) -> None:
    with pytest.raises(BadModel):
        read_checkpoint(data)
