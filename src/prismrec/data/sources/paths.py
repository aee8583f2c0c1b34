"""Paths in a table to files below the shop's folder, however the table spells them."""

from __future__ import annotations

import os
import stat
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import NamedTuple
from urllib.parse import urlsplit

from prismrec.data.limits import is_address, why_not_ask

__all__ = ["Finder", "Found"]

OUTSIDE = "lies outside the shop's folder"
NOT_BELOW = "is not a path below the shop's folder"
MISSING = "does not exist"


SPELLING = "file.spelling"


class Found(NamedTuple):
    """What a value of a column of media leads to."""

    value: str | None  # path below the folder as the disk spells it, or address; None for nothing
    fault: str = ""  # end of a sentence about the value, "" where all is well
    code: str = ""  # name of the finding that `check` makes of it
    remedy: str = ""

    @property
    def kind(self) -> str:
        """What values with a like fault share."""
        return SPELLING if self.code == SPELLING else self.fault


@dataclass(eq=False)
class Finder:
    """Finds the files of one shop.

    A name that differs from the one on disk in its case, in how its accents are composed, or by
    backslashes is found where only one file can be meant, and told; other systems will not find it.
    """

    root: Path  # resolved
    hosts: tuple[str, ...] = ()  # that may be asked; see `Limits`
    _inside: dict[str, bool] = field(default_factory=dict)  # folder -> whether below the root
    _names: dict[Path, dict[str, list[str]]] = field(default_factory=dict)  # by plain form

    def find(self, value: str) -> Found:
        """The file that a value means, or what is wrong with it."""
        if is_address(value):
            return self._address(value)
        fault = self._fault(value)
        if fault != MISSING:
            return Found(None if fault else value, fault, *_advice(fault))
        try:
            actual = self._spelt(value.replace("\\", "/"))
        except (OSError, RuntimeError):  # a name too long; links in a circle
            actual = None
        if actual is None or self._fault(actual):
            return Found(None, MISSING, *_advice(MISSING))
        told = f"is spelt {actual!r} on disk, and was found"
        return Found(actual, told, SPELLING, "spell it as the disk does; others will not")

    def _address(self, value: str) -> Found:
        fault = why_not_ask(value, self.hosts)
        if not fault:
            return Found(value)
        remedy = "save the file below the shop's folder"
        if "not allowed" in fault:
            host = urlsplit(value).hostname
            remedy += f', or write urls = ["{host}"] (or "any") under [limits] in shop.toml'
        return Found(None, fault, "file.address", remedy)

    def _fault(self, value: str) -> str:
        """Why a path cannot be used, "" where it can."""
        absolute = Path(value).is_absolute() or PureWindowsPath(value).is_absolute()
        if absolute or "\0" in value:
            return NOT_BELOW
        folder, _ = os.path.split(value)
        path = self.root / value
        try:
            if folder not in self._inside:
                self._inside[folder] = (self.root / folder).resolve().is_relative_to(self.root)
            if not self._inside[folder]:
                return OUTSIDE
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                if not path.resolve().is_relative_to(self.root):
                    return OUTSIDE
                mode = path.stat().st_mode
        except PermissionError:
            return "lies in a folder that may not be read"
        except (OSError, RuntimeError):  # RuntimeError: links in a circle
            return MISSING
        return "" if stat.S_ISREG(mode) else "is not a file"

    def _spelt(self, value: str) -> str | None:
        """The same path as the disk spells it; None where it has none, or several."""
        folder = self.root
        for part in value.split("/"):
            if part == ".." or not folder.resolve().is_relative_to(self.root):
                return None
            name = part if (folder / part).exists() else self._only_like(folder, part)
            if name is None:
                return None
            folder /= name
        return folder.relative_to(self.root).as_posix()

    def _only_like(self, folder: Path, part: str) -> str | None:
        """The one name in a folder that is the same but for case, or for composition alone."""
        if folder not in self._names:
            names: dict[str, list[str]] = {}
            for path in folder.iterdir() if folder.is_dir() else ():
                names.setdefault(_plain(path.name), []).append(path.name)
            self._names[folder] = names
        alike = self._names[folder].get(_plain(part), [])
        same = [name for name in alike if _composed(name) == _composed(part)]
        return (same or alike)[0] if len(same or alike) == 1 else None


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _plain(name: str) -> str:
    return _composed(_composed(name).casefold())


def _advice(fault: str) -> tuple[str, str]:
    """Code and remedy of a fault of a path."""
    code = {OUTSIDE: "file.outside", NOT_BELOW: "file.outside", MISSING: "file.missing"}
    return (code.get(fault, "file.refused"), "correct the path") if fault else ("", "")
