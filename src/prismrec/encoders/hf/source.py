"""The folder in which a model lies, downloaded where it must be, and what stands for it."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prismrec.errors import BadModel
from prismrec.packages import require

__all__ = ["Source", "find"]

# All that is ever read of a model: no pickled weights, no code, no other runtime's copies.
READ = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja")
OTHER_RUNTIMES = ("onnx/*", "openvino/*", "coreml/*", "*.msgpack", "*.h5")


@dataclass(frozen=True)
class Source:
    """A model's files."""

    name: str  # as it was asked for
    folder: Path
    version: str  # commit of the hub, else a hash of the files

    @property
    def slug(self) -> str:
        """The name, fit for a file name."""
        name = self.folder.name if Path(self.name).is_dir() else self.name
        return re.sub(r"[^\w.-]+", "-", name)

    def json(self, path: str) -> Any:
        """A JSON file of the model, {} where it is absent."""
        file = self.folder / path
        try:
            return json.loads(file.read_text("utf-8")) if file.is_file() else {}
        except (OSError, ValueError) as error:
            raise BadModel(
                f"{self.name}: {path} is not JSON ({error}); download it anew"
            ) from error


def find(address: str) -> Source:
    """The files of a model: a folder, else what was downloaded before, else a download.

    Args:
        address: a folder, `NAME` or `NAME@REVISION`.

    Raises:
        BadModel: where there is no such model, or no way to it.
        MissingPackage: where huggingface_hub is not installed.
    """
    folder = Path(address).expanduser()
    if folder.is_dir():
        return Source(address, folder, _version(folder.resolve()))
    found = re.fullmatch(r"([\w.-]+(?:/[\w.-]+)?)(?:@([\w./-]+))?", address)
    if found is None:
        raise BadModel(f"{address} is no folder, and no name of the hub either")
    name, revision = found.groups()
    snapshot = _downloaded(name, revision) or _download(name, revision)
    return Source(name, snapshot, snapshot.name)  # the hub calls the folder by its commit


def _downloaded(name: str, revision: str | None) -> Path | None:
    """What lies whole in the download cache."""
    hub = require("huggingface_hub", "hf")
    try:
        folder = hub.snapshot_download(
            name,
            revision=revision,
            local_files_only=True,
            allow_patterns=[*READ],
            ignore_patterns=[*OTHER_RUNTIMES],
        )
    except (OSError, ValueError, hub.errors.HfHubHTTPError):
        return None
    return _usable(Path(folder))


def _partly_downloaded(name: str, revision: str | None) -> Path | None:
    """What another library fetched for itself: without the files that it had no use for."""
    hub = require("huggingface_hub", "hf")
    file = hub.try_to_load_from_cache(name, "config.json", revision=revision)
    return _usable(Path(file).parent) if isinstance(file, str) else None


def _usable(folder: Path) -> Path | None:
    whole = (folder / "config.json").is_file() and any(folder.glob("*.safetensors"))
    return folder if whole else None


def _download(name: str, revision: str | None) -> Path:
    hub = require("huggingface_hub", "hf")
    errors = hub.errors
    which = f"{name}, revision {revision}," if revision else name
    try:
        return Path(
            hub.snapshot_download(
                name,
                revision=revision,
                allow_patterns=[*READ],
                ignore_patterns=[*OTHER_RUNTIMES],
            )
        )
    except errors.GatedRepoError as error:
        why = "asks for its licence to be accepted; do so on its page, then run: hf auth login"
        raise BadModel(f"{name} {why}") from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as error:
        raise BadModel(f"the hub has no {which} and there is no such folder") from error
    except Exception as error:  # no network, a proxy, a full disk: each raises something else
        if (partial := _partly_downloaded(name, revision)) is not None:
            return partial
        raise BadModel(
            f"{which} is neither a folder nor downloaded, and downloading failed ({_short(error)});"
            f" where there is a network run: hf download {name} --local-dir FOLDER"
            ", then write hf:FOLDER"
        ) from error


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0][:100]}"


def _version(folder: Path) -> str:
    """Stands for the contents of a folder, wherever it lies."""
    files = sorted({file for pattern in READ for file in folder.rglob(pattern) if file.is_file()})
    digest = hashlib.sha256()
    for file in files:
        state = file.stat()
        content = _hash_of(file, state.st_size, state.st_mtime_ns)
        digest.update(f"{file.relative_to(folder).as_posix()} {content}\n".encode())
    return digest.hexdigest()


@functools.cache  # the weights of a model may have gigabytes; size and time tell of a change
def _hash_of(file: Path, size: int, modified: int) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
