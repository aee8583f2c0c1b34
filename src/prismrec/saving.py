"""Fitted models on disk: arrays in safetensors, everything else in one JSON manifest.

A model is a folder. Its files are named after their content, and `manifest.json`, which names
them with their checksums, is replaced in one step and last. A process that is killed while it
writes leaves the model that was there before, or a folder without a manifest, which is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from scipy import sparse

from prismrec import __version__, registry
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadModel, UnknownName

__all__ = ["FORMAT", "Array", "Names", "Storable", "load", "load_names", "read_manifest", "save"]

FORMAT = 1  # of the folder; a reader refuses a higher one
MANIFEST = "manifest.json"
ARRAYS, NAMES = "arrays.safetensors", "names.json"
AGAIN = "fit and save the model again, or copy the whole folder again"
CSR_FIELDS = ("data", "indices", "indptr", "shape")

Array = Any  # an ndarray of any dtype, or a csr_array


class Storable(Protocol):
    """A ranker that can be saved; its class has `from_arrays(arrays, meta)` as the inverse."""

    @property
    def kind(self) -> str:
        """Name of its class in the registry's table of rankers."""
        ...

    def to_arrays(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Arrays (dense or csr) by name, and what JSON can hold."""
        ...


@dataclass(frozen=True)
class Names:
    """What the rows of a model stand for, so that it can recommend without the shop."""

    user_ids: Vocabulary
    item_ids: Vocabulary
    titles: tuple[str, ...] = ()  # one per item, or none at all


def save(ranker: Storable, path: str | Path, *, names: Names | None = None) -> None:
    """Write a model folder, or replace the model in it; other files there are left alone."""
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    before = _files_of(folder)
    arrays, meta = ranker.to_arrays()
    flat = _flattened(arrays)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".writing-") as aside:
        written = Path(aside)
        save_file(flat, written / ARRAYS)
        if names is not None:
            (written / NAMES).write_text(_names_as_json(names), "utf-8")
        manifest = {
            "format": FORMAT,
            "kind": ranker.kind,
            "version": __version__,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "meta": meta,
            "shapes": {name: [str(a.dtype), *a.shape] for name, a in sorted(flat.items())},
            "files": {file.name: _moved(file, folder) for file in sorted(written.iterdir())},
        }
        manifest["sha256"] = _digest_of(manifest)
        text = json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False)
        (written / MANIFEST).write_text(text, "utf-8")
        _on_disk(written / MANIFEST).replace(folder / MANIFEST)
    for name in before - _files_of(folder):
        (folder / name).unlink(missing_ok=True)


def load(path: str | Path) -> Any:
    """The ranker in a model folder.

    Raises:
        BadModel: for a folder that is no model, is incomplete or damaged, was written in a newer
            format, or holds a kind that nothing installed can read.
    """
    folder = Path(path)
    manifest = read_manifest(folder)
    try:
        target = registry.load("rankers", manifest["kind"])
    except UnknownName:
        raise BadModel(
            f"{folder / MANIFEST}: nothing installed reads models of kind {manifest['kind']!r} "
            f"(written by prismrec {manifest['version']}); install the package that brings it"
        ) from None
    file = _checked(folder, manifest, ARRAYS)
    try:
        return target.from_arrays(_unflattened(load_file(file)), manifest["meta"])
    except (KeyError, TypeError, SafetensorError) as error:
        raise BadModel(f"{file}: {error!r} while building {manifest['kind']}; {AGAIN}") from error


def load_names(path: str | Path) -> Names | None:
    """What the rows of a saved model stand for; None where it was saved without.

    Raises:
        BadModel: as `load`.
    """
    manifest = read_manifest(path)
    if NAMES not in manifest["files"]:
        return None
    given = json.loads(_checked(Path(path), manifest, NAMES).read_text("utf-8"))
    users, items = Vocabulary(tuple(given["users"])), Vocabulary(tuple(given["items"]))
    return Names(users, items, tuple(given["titles"]))


def read_manifest(path: str | Path) -> dict[str, Any]:
    """Kind, versions, hyperparameters, shapes and checksums of a saved model.

    Raises:
        BadModel: where there is none, it is damaged or its format is newer than this version.
    """
    file = Path(path) / MANIFEST
    if not file.is_file():
        raise BadModel(f"{file}: not found, so this is no complete model folder; {AGAIN}")
    try:
        manifest: dict[str, Any] = json.loads(file.read_text("utf-8"))
        number = int(manifest["format"])
    except (ValueError, TypeError, KeyError):
        raise BadModel(f"{file}: not a manifest; {AGAIN}") from None
    if number > FORMAT:
        raise BadModel(
            f"{file}: format {number}, written by prismrec {manifest.get('version')}; this is "
            f"prismrec {__version__}, which reads up to format {FORMAT}: upgrade prismrec"
        )
    if manifest.pop("sha256", None) != _digest_of(manifest):
        raise BadModel(f"{file}: the content does not match its checksum; {AGAIN}")
    return manifest


def _digest_of(manifest: Mapping[str, Any]) -> str:
    text = json.dumps(manifest, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _checked(folder: Path, manifest: Mapping[str, Any], role: str) -> Path:
    """The file that plays a role, once its checksum has been found right."""
    entry = manifest["files"][role]
    file = folder / Path(entry["name"]).name
    if not file.is_file():
        raise BadModel(f"{file}: missing, so the model is incomplete; {AGAIN}")
    if _sha256(file) != entry["sha256"]:
        raise BadModel(f"{file}: damaged, its checksum does not match; {AGAIN}")
    return file


def _files_of(folder: Path) -> set[str]:
    """Names of the files of the model that is there now; none where it cannot be read."""
    try:
        return {Path(entry["name"]).name for entry in read_manifest(folder)["files"].values()}
    except BadModel:
        return set()


def _flattened(arrays: Mapping[str, Array]) -> dict[str, np.ndarray[Any, Any]]:
    """Dense arrays only: a csr `x` becomes `x.data`, `x.indices`, `x.indptr`, `x.shape`."""
    flat: dict[str, np.ndarray[Any, Any]] = {}
    for name, value in arrays.items():
        if sparse.issparse(value):
            flat |= {f"{name}.{field}": np.asarray(getattr(value, field)) for field in CSR_FIELDS}
        else:
            flat[name] = np.asarray(value)
    return {name: np.ascontiguousarray(value) for name, value in flat.items()}


def _unflattened(flat: Mapping[str, Array]) -> dict[str, Array]:
    arrays = dict(flat)
    for name in [key.removesuffix(".indptr") for key in flat if key.endswith(".indptr")]:
        data, indices, indptr, shape = (arrays.pop(f"{name}.{field}") for field in CSR_FIELDS)
        arrays[name] = sparse.csr_array((data, indices, indptr), shape=tuple(shape.tolist()))
    return arrays


def _names_as_json(names: Names) -> str:
    lists = {"users": names.user_ids.ids, "items": names.item_ids.ids, "titles": names.titles}
    return json.dumps(lists, ensure_ascii=False)


def _moved(file: Path, folder: Path) -> dict[str, str]:
    """Put a finished file into the folder under a name made from its content."""
    digest = _sha256(file)
    target = folder / f"{file.stem}-{digest[:16]}{file.suffix}"
    _on_disk(file).replace(target)
    return {"name": target.name, "sha256": digest}


def _on_disk(file: Path) -> Path:
    """The file, once its content would survive a loss of power."""
    with file.open("rb+") as stream:
        os.fsync(stream.fileno())
    return file


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
