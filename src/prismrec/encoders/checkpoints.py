"""Tensors out of PyTorch checkpoint files, without PyTorch and without running what they hold.

A checkpoint is a pickle that describes tensors, and raw storages that the tensors are views of:
one zip archive (since PyTorch 1.6) or one stream (before). The pickle is read with an allow-list
of the names a plain state dict needs; any other name is refused, so nothing in it is ever called.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from prismrec.errors import BadModel

__all__ = ["read_checkpoint"]

Array = npt.NDArray[Any]

STORAGES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
}


@dataclass(frozen=True)
class _Storage:
    key: str
    dtype: str
    length: int


@dataclass(frozen=True)
class _View:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]  # in elements

    def of(self, storage: Array) -> Array:
        # Checked indexing rather than numpy's strides, which would read whatever lies beyond.
        places = np.array(self.offset)
        for length, stride in zip(self.shape, self.strides, strict=True):
            places = places[..., None] + np.arange(length) * stride
        return np.asarray(storage[places])


def _view(
    storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> _View:
    return _View(storage, offset, shape, strides)


def _nothing(*_: object) -> None:
    """Stands for the numpy numbers that some checkpoints carry beside their tensors."""


class _Unpickler(pickle.Unpickler):
    allowed: ClassVar[Mapping[tuple[str, str], Any]] = {
        ("collections", "OrderedDict"): OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): _view,
        ("numpy.core.multiarray", "scalar"): _nothing,
        ("_codecs", "encode"): _nothing,
        ("numpy", "dtype"): np.dtype,
        **{("torch", name): dtype for name, dtype in STORAGES.items()},
    }

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self.allowed[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed") from None

    def persistent_load(self, pid: Any) -> _Storage:
        _, dtype, key, _, length = pid[:5]
        return _Storage(key, dtype, length)


def read_checkpoint(data: bytes) -> dict[str, Array]:
    """Tensors by name: those of the first mapping that holds any.

    Raises:
        BadModel: where the bytes are no checkpoint or name anything beyond plain tensors.
    """
    try:
        if data.startswith(b"PK"):
            return _read_zip(data)
        return _read_stream(io.BytesIO(data))
    except (pickle.UnpicklingError, zipfile.BadZipFile, ValueError, LookupError, EOFError) as error:
        raise BadModel(f"not a checkpoint that can be read safely: {error}") from error


def _read_zip(data: bytes) -> dict[str, Array]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        root = archive.namelist()[0].partition("/")[0]
        views = _views(_Unpickler(io.BytesIO(archive.read(f"{root}/data.pkl"))).load())
        storages = {
            storage.key: np.frombuffer(archive.read(f"{root}/data/{storage.key}"), storage.dtype)
            for storage in _distinct(views)
        }
    return {name: view.of(storages[view.storage.key]) for name, view in views.items()}


def _read_stream(stream: io.BytesIO) -> dict[str, Array]:
    for _ in ("magic number", "protocol version", "system"):
        _Unpickler(stream).load()
    views = _views(_Unpickler(stream).load())
    kinds = {storage.key: storage for storage in _distinct(views)}
    storages = {}
    for key in _Unpickler(stream).load():  # the storages follow in this order
        length = int.from_bytes(stream.read(8), "little")
        dtype = np.dtype(kinds[key].dtype)
        storages[key] = np.frombuffer(stream.read(length * dtype.itemsize), dtype)
    return {name: view.of(storages[view.storage.key]) for name, view in views.items()}


def _views(pickled: Any) -> dict[str, _View]:
    for part in pickled if isinstance(pickled, tuple | list) else (pickled,):
        if isinstance(part, Mapping):
            views = {name: view for name, view in part.items() if isinstance(view, _View)}
            if views:
                return views
    raise ValueError("it holds no tensors")


def _distinct(views: Mapping[str, _View]) -> Iterable[_Storage]:
    return {view.storage.key: view.storage for view in views.values()}.values()
