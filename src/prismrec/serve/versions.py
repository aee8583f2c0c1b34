"""Versions of a model folder: watched, verified, kept for a way back.

The folder is one that `prismrec fit` wrote, or holds such folders. A version is named after its
`fit.json`, which is written last and names manifest and log by their checksums. What is loaded is
kept below `.versions` first: files that are named after their content as hard links, the others as
copies, so that nothing that happens to the folder later reaches them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from prismrec import saving
from prismrec.errors import BadModel
from prismrec.fitted import PROJECTIONS, RECORD, Fitted, open_model

__all__ = ["Version", "Versions"]

KEPT, ASIDE = ".versions", ".writing-"
ID = 12  # hexadecimal digits of a version's name
STALE = 600  # seconds after which nobody is still writing

Stamp = tuple[tuple[str, int, int, int], ...]  # name, inode, size and time of each file


@dataclass(frozen=True)
class Version:
    """A version that is in the folder or was kept."""

    id: str
    created: str  # when it was fitted, ISO 8601; empty where the manifest cannot be read
    kind: str  # of the ranker
    model: str  # registered name of the model
    current: bool  # whether it was loaded last
    valid: bool  # False once it was found damaged or incomplete


class Versions:
    """What a model folder holds and held; safe to use from several threads."""

    def __init__(self, folder: Path, keep: int = 5) -> None:
        """Look at a folder; `keep` versions stay for a way back, the current one among them."""
        self._folder, self._keep = folder, max(1, keep)
        self._lock = threading.RLock()
        self._current: str | None = None
        self._damaged: dict[str, Stamp] = {}
        self._doubtful: dict[Path, Stamp] = {}
        self._seen = {at: _stamp(at) for at in self._sources() if _complete(at)}
        _sweep(folder / KEPT)

    def current(self) -> str:
        """The version that was loaded last; before that the newest that is complete.

        Raises:
            BadModel: where there is no complete version at all.
        """
        with self._lock:
            return self._current or self._newest()[0]

    def known(self) -> list[Version]:
        """All that can be loaded or was found damaged, newest first."""
        with self._lock:
            return sorted(
                (self._described(name, at) for name, at in self._places().items()),
                key=lambda version: version.created,
                reverse=True,
            )

    def poll(self) -> str | None:
        """Name of a version that has appeared since the last call, else None.

        One that is being written is waited for. One that stays damaged is named once; loading it
        says what is wrong.
        """
        with self._lock:
            for at in self._sources():
                stamp = _stamp(at)
                if stamp == self._seen.get(at) or not _complete(at):
                    continue
                if not _intact(at) and self._doubtful.get(at) != stamp:
                    self._doubtful[at] = stamp  # a copy may be under way: look again
                    continue
                self._seen[at] = stamp
                self._doubtful.pop(at, None)
                if (name := _name_of(at)) != self._current:
                    return name
            return None

    def load(self, version: str) -> Fitted:
        """Read a version with its checksums verified, and keep it.

        Raises:
            BadModel: where it is not there, incomplete or damaged; the current one stays.
        """
        with self._lock:
            places = self._places()
            if version not in places:
                known = ", ".join(places) or "none"
                raise BadModel(f"{self._folder}: no version {version!r}; there are: {known}")
            at = places[version]
            try:
                fitted = self._kept(version, at)
            except BadModel:
                self._damaged[version] = _stamp(at)
                raise
            self._damaged.pop(version, None)
            self._current = version
            self._prune()
            return fitted

    def load_newest(self) -> tuple[str, Fitted]:
        """The newest version that is sound, with its name; damaged ones are passed over.

        Raises:
            BadModel: where none is; it says what is wrong with the newest.
        """
        with self._lock:
            first: BadModel | None = None
            for name in self._newest():
                try:
                    return name, self.load(name)
                except BadModel as error:
                    first = first or error
            assert first is not None
            raise first

    def place(self, version: str) -> Path | None:
        """Folder in which files that belong to a version may be put; None where it is not kept."""
        at = self._folder / KEPT / version
        return at if version and at.is_dir() else None

    def _sources(self) -> list[Path]:
        """Folders that may hold a version, but for the kept ones."""
        if not self._folder.is_dir():
            return []
        inside = sorted(at for at in self._folder.iterdir() if not at.name.startswith("."))
        return [at for at in (self._folder, *inside) if (at / RECORD).is_file()]

    def _places(self) -> dict[str, Path]:
        """Name of each complete version -> where it is; the kept copy where there is one."""
        found = {_name_of(at): at for at in self._sources() if _complete(at)}
        kept = self._folder / KEPT
        if kept.is_dir():
            found |= {at.name: at for at in kept.iterdir() if not at.name.startswith(".")}
        return {name: at for name, at in found.items() if name}

    def _newest(self) -> list[str]:
        """Names of the sources' versions, newest first, then those that were only kept."""
        places = self._places()
        here = {_name_of(at) for at in self._sources()}
        order = sorted(places, key=lambda name: (name in here, _age(places[name])), reverse=True)
        if not order:
            raise BadModel(
                f"{self._folder}: no complete model there; write one with `prismrec fit --out`"
            )
        return order

    def _described(self, name: str, at: Path) -> Version:
        manifest, record = _json(at / saving.MANIFEST), _json(at / RECORD)
        return Version(
            name,
            str(manifest.get("created", "")),
            str(manifest.get("kind", "")),
            str(record.get("model", "")),
            current=name == self._current,
            valid=_complete(at) and self._damaged.get(name) != _stamp(at),
        )

    def _kept(self, version: str, at: Path) -> Fitted:
        """Open a version, from a copy of its own where the folder can be written."""
        kept = self._folder / KEPT
        if at.parent == kept:
            return _opened(at, version)
        try:
            kept.mkdir(exist_ok=True)
            aside = Path(tempfile.mkdtemp(dir=kept, prefix=ASIDE))
        except OSError:  # a folder that is read-only is served, without a way back
            return _opened(at, version)
        try:
            _linked(at, aside)
            fitted = _opened(aside, version)
            _on_disk(aside)
            if not (kept / version).is_dir():  # another process may have been faster
                aside.rename(kept / version)
            _on_disk(kept)
        except OSError as error:
            raise BadModel(f"{at}: version {version} changed while it was read: {error}") from None
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return fitted

    def _prune(self) -> None:
        """Remove the oldest kept versions beyond `keep`, never the current one."""
        kept = self._folder / KEPT
        if not kept.is_dir():
            return
        others = [at for at in kept.iterdir() if at.name[0] != "." and at.name != self._current]
        for at in sorted(others, key=_age)[: max(0, len(others) + 1 - self._keep)]:
            aside = at.with_name(ASIDE + at.name)  # at once, so that no half of it is ever found
            at.rename(aside)
            shutil.rmtree(aside, ignore_errors=True)


def _opened(at: Path, version: str) -> Fitted:
    """The model in a folder, which must be the version it is taken for."""
    if _name_of(at) != version:
        raise BadModel(f"{at}: is not version {version} any more; another was written there")
    return open_model(at)


def _complete(at: Path) -> bool:
    """Whether nothing is missing. A manifest that `fit.json` does not name is still being added to.

    A manifest that does not match its own checksum was damaged, and waiting for it is in vain.
    """
    try:
        manifest = saving.read_manifest(at)
    except BadModel:
        return (at / saving.MANIFEST).is_file() and (at / RECORD).is_file()
    record = _json(at / RECORD)
    here = all((at / name).is_file() for name in _names(manifest, record))
    return here and record.get("manifest") == _sha256(at / saving.MANIFEST)


def _intact(at: Path) -> bool:
    """Whether every file has the content that its name or the manifest promises."""
    try:
        entries = saving.read_manifest(at)["files"].values()
        log = str(_json(at / RECORD)["log"])
        return _sha256(at / f"log-{log[:16]}.npz") == log and all(
            _sha256(at / Path(entry["name"]).name) == entry["sha256"] for entry in entries
        )
    except (BadModel, KeyError, TypeError, OSError):
        return False


def _names(manifest: dict[str, object], record: dict[str, object]) -> list[str]:
    """Files of a version that are named after their content."""
    files = manifest.get("files")
    entries = files.values() if isinstance(files, dict) else ()
    names = [Path(str(entry["name"])).name for entry in entries]
    return [*names, f"log-{str(record.get('log', ''))[:16]}.npz"]


def _linked(at: Path, to: Path) -> None:
    """A second folder with the files of a version."""
    for name in _names(saving.read_manifest(at), _json(at / RECORD)):
        try:
            os.link(at / name, to / name)
        except OSError:  # another file system, or one without links
            shutil.copyfile(at / name, to / name)
            _on_disk(to / name)
    for name in (saving.MANIFEST, PROJECTIONS, RECORD):
        if (at / name).is_file():
            shutil.copyfile(at / name, to / name)
            _on_disk(to / name)


def _stamp(at: Path) -> Stamp:
    """What changes when a file of the folder does."""
    found = []
    with os.scandir(at) as entries:
        for entry in _files(entries):
            try:
                what = entry.stat()
            except OSError:
                continue
            found.append((entry.name, what.st_ino, what.st_size, what.st_mtime_ns))
    return tuple(sorted(found))


def _files(entries: Iterator[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
    return (
        each
        for each in entries
        if each.name in (saving.MANIFEST, RECORD, PROJECTIONS)
        or each.name.startswith(("arrays-", "names-", "log-"))
    )


def _age(at: Path) -> tuple[str, int]:
    """Sorts versions by when they were fitted."""
    created = str(_json(at / saving.MANIFEST).get("created", ""))
    try:
        return created, (at / RECORD).stat().st_mtime_ns
    except OSError:
        return created, 0


def _name_of(at: Path) -> str:
    """Name of the version in a folder; empty where there is none."""
    try:
        return _sha256(at / RECORD)[:ID]
    except OSError:
        return ""


def _json(file: Path) -> dict[str, object]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _on_disk(path: Path) -> None:
    """Wait until a file or folder would survive a loss of power."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _sweep(kept: Path) -> None:
    """Remove what a process that was killed left half done, but not what another is writing."""
    for aside in kept.glob(f"{ASIDE}*"):
        with suppress(OSError):
            if time.time() - aside.stat().st_mtime > STALE:
                shutil.rmtree(aside, ignore_errors=True)
