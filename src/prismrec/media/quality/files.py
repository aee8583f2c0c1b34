"""Files: each is loaded, recognised, decoded and judged once, by several threads."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from prismrec.data.limits import is_address
from prismrec.errors import BadMedia, MissingPackage
from prismrec.media.image import picture_size
from prismrec.media.load import Load
from prismrec.media.quality import pictures, sounds
from prismrec.media.quality.finding import kind
from prismrec.media.quality.sniff import SUFFIXES, Format, has_wrong_checksum, is_cut, sniff

__all__ = ["Look", "look_at_all"]

MAX_WORKERS = 16
AHEAD = 4  # files that wait for each worker
HEAVY_BYTES, HEAVY_PIXELS = 32 * 1024**2, 16_000_000  # such files are decoded one at a time
UNSUPPORTED = ("psd", "ico", "heic", "midi", "svg")
# Two families each: what a modality is made of, and videos, which show frames and play sounds.
FAMILIES = {"image": ("image", "video"), "audio": ("audio", "video")}

ABSENT = "left out: its rows are treated as if they had none, and the other modalities speak"
kind(
    "file.empty",
    "error",
    "files of zero bytes",
    will=ABSENT,
    can="copy the file again, or clear the cell",
)
kind(
    "file.unreadable",
    "error",
    "files that are no picture and no sound that is known",
    will=ABSENT,
    can="replace the file, or save it in a usual format such as JPEG, PNG, FLAC or MP3",
)
kind(
    "file.damaged",
    "error",
    "files of a known format whose content is broken",
    will=ABSENT,
    can="export or copy the file again",
)
kind(
    "file.wrong-kind",
    "error",
    "files that hold something else than their column says",
    will=ABSENT,
    can="put the right file there, or name it in the column that it belongs to",
)
kind(
    "file.web-page",
    "error",
    "web pages saved under the name of a medium",
    will=ABSENT,
    can="download again: the address answered with a page (often 'not found' or a log-in)",
)
kind(
    "file.unsupported",
    "error",
    "formats that prismrec knows but does not decode",
    will=ABSENT,
    can="save the file as PNG or JPEG (pictures), FLAC or MP3 (sounds); "
    'videos need pip install "prismrec[media]"',
)
kind(
    "file.too-large",
    "error",
    "files beyond the limits of bytes, pixels or seconds",
    will=ABSENT + "; nothing of it is decoded, so a bomb does no harm",
    can="make it smaller, or raise the limit under [limits] in shop.toml if it is meant",
)
kind(
    "file.wrong-extension",
    "warning",
    "files whose name ends otherwise than their content",
    will="used: the content decides, never the name",
    can="rename the file; other programs may trust the name",
)
kind(
    "file.no-access",
    "error",
    "files that may not be read",
    will=ABSENT,
    can="give the account that runs prismrec the right to read them",
)
kind(
    "file.checksum",
    "warning",
    "files that were changed since they were written",
    will="used as far as they can be decoded",
    can="copy the file again; a disk or a transfer has damaged it",
)
kind(
    "image.cut-short",
    "warning",
    "pictures whose last part is missing",
    will="used; the missing part is grey or, in a moving picture, not needed",
    can="copy or download the file again",
)
kind(
    "image.truncated",
    "error",
    "pictures that are cut off",
    will=ABSENT + "; half a picture would say something false",
    can="copy or download the file again",
)


@dataclass(frozen=True, eq=False)
class Look:
    """What one file turned out to be."""

    path: str
    faults: tuple[tuple[str, str], ...] = ()  # code and detail
    usable: bool = False  # an encoder would get a vector of it
    digest: bytes = b""  # of the content; empty where it could not be loaded
    sketch: npt.NDArray[np.generic] | None = None  # what near duplicates are found by
    size: float = 0.0  # pixels of a picture, seconds of a sound


def look_at_all(
    paths: Sequence[str], modality: str, load: Load, *, folder: Path, tick: Callable[[], None]
) -> Iterator[Look]:
    """A look at each file, in order; a few are ahead, so that memory stays bounded."""
    one_at_a_time = threading.RLock()
    look = partial(_look, modality=modality, load=load, folder=folder, heavy=one_at_a_time)
    workers = min(os.cpu_count() or 1, MAX_WORKERS)
    rest = iter(paths)
    with ThreadPoolExecutor(workers) as pool:
        waiting: list[Future[Look]] = [
            pool.submit(look, path) for path in islice(rest, workers * AHEAD)
        ]
        while waiting:
            found = waiting.pop(0).result()
            waiting += [pool.submit(look, path) for path in islice(rest, 1)]
            tick()
            yield found


def _look(
    path: str, *, modality: str, load: Load, folder: Path, heavy: AbstractContextManager[object]
) -> Look:
    with heavy if _bytes_of(folder, path) > HEAVY_BYTES else nullcontext():
        try:
            data = load(path)
        except BadMedia as bad:
            return Look(path, ((bad.code or _why_not_loaded(folder, path), bad.reason),))
        with heavy if _is_heavy(data, modality) else nullcontext():
            return _judged(path, data, modality)


def _bytes_of(folder: Path, path: str) -> int:
    try:
        return 0 if is_address(path) else (folder / path).stat().st_size
    except (OSError, ValueError):
        return 0


def _why_not_loaded(folder: Path, path: str) -> str:
    """For loaders that give no code."""
    if is_address(path):
        return "file.address"
    try:
        size = (folder / path).stat().st_size
        (folder / path).open("rb").close()
    except PermissionError:
        return "file.no-access"
    except (OSError, ValueError, RuntimeError):
        return "file.missing"
    return "file.too-large" if size else "file.unreadable"


def _is_heavy(data: bytes, modality: str) -> bool:
    if modality != "image":
        return False
    try:
        width, height = picture_size(data)
    except (BadMedia, MissingPackage):
        return False
    return width * height > HEAVY_PIXELS


def _judged(path: str, data: bytes, modality: str) -> Look:
    digest = hashlib.sha256(data).digest()
    if not data:
        return Look(path, (("file.empty", "0 bytes"),), digest=digest)
    format_ = sniff(data)
    try:
        if modality == "image":
            faults, sketch, size = pictures.judged(data)
        else:
            faults, sketch, size = sounds.judged(data, cut=is_cut(data, format_.name))
    except BadMedia as bad:
        return Look(path, (_why_not_decoded(data, format_, modality, bad),), digest=digest)
    except MissingPackage as missing:
        return Look(path, (("file.unsupported", str(missing)),), digest=digest)
    faults = [*_marked(path, data, format_, modality), *faults]
    return Look(path, tuple(faults), True, digest, sketch, size)


def _why_not_decoded(data: bytes, format_: Format, modality: str, bad: BadMedia) -> tuple[str, str]:
    """Code and detail, told by what the bytes are rather than by what the decoder says."""
    if bad.code:
        return bad.code, bad.reason
    if format_.family == "unknown":
        return "file.unreadable", bad.reason
    if format_.family == "web page":
        return "file.web-page", "begins as HTML"
    if format_.family not in FAMILIES[modality]:
        return "file.wrong-kind", f"holds {_named(format_)}"
    if format_.name in UNSUPPORTED:
        return "file.unsupported", f"is {_named(format_)}"
    code = "file.damaged"
    if modality == "image" and (is_cut(data, format_.name) or "truncat" in bad.reason.lower()):
        code = "image.truncated"
    return code, bad.reason


def _named(format_: Format) -> str:
    return format_.name if format_.name == format_.family else f"{format_.name} ({format_.family})"


def _marked(path: str, data: bytes, format_: Format, modality: str) -> list[tuple[str, str]]:
    """What is odd about a file that can be decoded all the same."""
    found = []
    suffix = PurePosixPath(path).suffix.lower()
    right = SUFFIXES.get(format_.name, ())
    if suffix and right and suffix not in right and not is_address(path):
        detail = f"is {format_.name}, so its name should end in {right[0]}"
        found.append(("file.wrong-extension", detail))
    if modality == "image" and is_cut(data, format_.name):
        found.append(("image.cut-short", f"{format_.name} without its end"))
    if has_wrong_checksum(data, format_.name):
        found.append(("file.checksum", f"a part of the {format_.name} was changed"))
    return found
