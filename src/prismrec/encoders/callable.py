"""An encoder of one's own in Python: `python:module:callable?field=value`."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from prismrec.encoders import Encoder
from prismrec.encoders.samples import sample_of
from prismrec.encoders.weights import fingerprint_of
from prismrec.errors import BadData
from prismrec.types import Floats

__all__ = ["PythonCallable"]

VERSION = 1  # of what is done with the values of a function


@dataclass(frozen=True)
class PythonCallable:
    """A function of one's own: a list of bytes to one row each; or what makes an encoder.

    The address is a module, which may lie in the current folder, a colon and a name in it. A
    function is called with a list of bytes and returns an array of shape (n, dim); it may raise
    prismrec.errors.BadMedia. A class, or a function without parameters, is called once and
    returns an encoder; an encoder may stand there, too.
    """

    version: str | None = None  # of a function; left out, its module's code: raise it with weights
    dim: int | None = None  # of a function's rows; left out, one small medium is tried

    def open(self, address: str, modality: str) -> Encoder:
        """The encoder; the module is imported.

        Raises:
            BadData: where there is no such thing, or it is no encoder and no function.
        """
        found = _imported(address)
        if _is_made_first(found):
            found = found()
        if _is_encoder(found):
            if self != PythonCallable():
                raise BadData(f"python:{address} is an encoder and takes no fields; set them in it")
            encoder: Encoder = found
            return encoder
        if not callable(found):
            raise BadData(f"python:{address} is a {type(found).__name__}, not a function of a list")
        return FunctionEncoder(address, modality, found, self)


@dataclass(frozen=True)
class FunctionEncoder:
    """What a function makes of media, checked."""

    address: str
    modality: str
    function: Callable[[list[bytes]], Any]
    options: PythonCallable

    @cached_property
    def fingerprint(self) -> str:
        """Stands for the address, and for the version or else the code of the module."""
        version = self.options.version
        name = "python-" + self.address.replace(":", "-")
        return fingerprint_of(name, self.modality, version or _code_of(self.function), VERSION)

    @cached_property
    def dim(self) -> int:
        """As said, or as found out."""
        if self.options.dim is not None:
            return self.options.dim
        return int(self._called([sample_of(self.modality)]).shape[1])

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, dim)."""
        if not media:
            return np.empty((0, self.dim), np.float32)
        found = self._called([*media])
        if found.shape[1] != self.dim:
            raise BadData(f"python:{self.address} gives {found.shape[1]} values, not {self.dim}")
        return found

    def _called(self, media: list[bytes]) -> Floats:
        try:
            found = np.asarray(self.function(media), np.float32)
        except (TypeError, ValueError) as error:
            raise BadData(f"python:{self.address} fails or gives no array: {error}") from error
        if found.ndim != 2 or len(found) != len(media):
            raise BadData(
                f"python:{self.address} gives shape {found.shape} for {len(media)} media;"
                " it is to give one row each"
            )
        return found


def _imported(address: str) -> Any:
    module, _, name = address.partition(":")
    if not name:
        raise BadData(f"python:{address} names no function; write python:MODULE:NAME")
    here = str(Path.cwd())
    added = here not in sys.path  # as where Python itself is started in that folder
    if added:
        sys.path.append(here)
    try:
        found = importlib.import_module(module)
        return getattr(found, name)
    except ModuleNotFoundError as error:
        if error.name is not None and not (module + ".").startswith(error.name + "."):
            raise  # something that the module itself imports
        raise BadData(f"there is no module {module}, neither installed nor in {here}") from error
    except AttributeError as error:
        raise BadData(f"the module {module} has no {name}") from error
    finally:
        if added:
            sys.path.remove(here)


def _is_encoder(found: Any) -> bool:
    return not inspect.isclass(found) and all(
        hasattr(found, name) for name in ("modality", "dim", "fingerprint", "__call__")
    )


def _is_made_first(found: Any) -> bool:
    """Whether it stands for a class, or a function without parameters, which gives an encoder."""
    if inspect.isclass(found):
        return True
    return inspect.isroutine(found) and not inspect.signature(found).parameters


def _code_of(function: Any) -> str:
    """Stands for the file in which a function is written."""
    try:
        path = Path(inspect.getfile(inspect.unwrap(function)))
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, TypeError):
        raise BadData(
            "the code of the function cannot be read, so say which one it is: ?version=1"
        ) from None
