"""Covers and sounds: media of items as a browser is given them."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections import OrderedDict
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from prismrec.cache import folder_of
from prismrec.data.limits import is_address
from prismrec.data.shop import Shop
from prismrec.errors import BadMedia
from prismrec.media.audio import audio_info
from prismrec.media.image import picture_size
from prismrec.media.load import UPLOAD, loader, sha256_of
from prismrec.media.quality.sniff import sniff
from prismrec.serve.intake.decoding import apart, seen
from prismrec.serve.intake.uploads import Uploads, bare, durably

__all__ = ["SIDES", "Covers", "Served"]

SIDES = (96, 160, 320, 640)  # pixels of a cover's longer side
QUALITY = 82
MOST_BYTES = 256 * 1024**2  # of all covers on disk
KNOWN = 100_000  # values whose content is remembered by its SHA-256
TYPES = {
    "wav": "audio/wav",
    "aiff": "audio/aiff",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "mp3": "audio/mpeg",
    "aac": "audio/aac",
    "m4a": "audio/mp4",
    "mp4": "audio/mp4",
    "matroska": "audio/webm",
}


class Served(NamedTuple):
    """What a browser is given."""

    data: bytes
    type: str  # of the content
    etag: str  # changes with the content; without quotation marks


class _Stamp(NamedTuple):
    """Tells whether a file is still the one that was read."""

    place: str
    size: int
    changed: int  # nanoseconds


class Covers:
    """Pictures scaled down and written anew, kept on disk, the newest up to a limit.

    So nothing but what is seen leaves the shop: no place, no camera, no remarks.
    """

    def __init__(self, shop: Shop, uploads: Uploads, *, most: int = MOST_BYTES) -> None:
        """`most` is how many bytes of covers are kept."""
        self.folder = folder_of(shop.path) / "covers"
        self._shop, self._uploads, self._most = shop, uploads, most
        self._load = {name: loader(bare(shop), name, ahead=False) for name in ("image", "audio")}
        self._known: OrderedDict[_Stamp, str | BadMedia] = OrderedDict()
        self._lock = threading.Lock()
        self._size: int | None = None

    def picture(self, value: str, side: int) -> Served:
        """A cover as WebP whose longer side has `side` pixels, or fewer where the picture has.

        Of a video a frame is taken. `side` is one of `SIDES`; of another the next larger is taken.

        Raises:
            BadMedia: where there is no such picture, it cannot be read, or lies outside the shop.
        """
        side = next((each for each in SIDES if each >= side), SIDES[-1])
        stamp = self._stamp(value)
        known = self._recall(stamp)
        if isinstance(known, BadMedia):
            raise BadMedia(0, known.reason, known.code)
        if known is not None:
            with suppress(OSError):
                return self._served((self.folder / f"{known}-{side}.webp").read_bytes(), known)
        try:
            data = self._content("image", value)
            sha256 = hashlib.sha256(data).hexdigest()
            width, height = picture_size(data)
            small = apart(partial(_small, data, side), pixels=width * height)
        except BadMedia as bad:
            self._remember(stamp, bad)
            raise
        self._remember(stamp, sha256)
        self._keep(self.folder / f"{sha256}-{side}.webp", small)
        return self._served(small, sha256)

    def sound(self, value: str) -> Served:
        """A sound as it is, with the type that its content has.

        Raises:
            BadMedia: where there is no such sound, it is of no kind that browsers play, or lies
                outside the shop.
        """
        data = self._content("audio", value)
        kind = TYPES.get(sniff(data).name)
        if kind is None:
            raise BadMedia(0, "not a sound of a kind that browsers play", "file.refused")
        audio_info(data)
        return Served(data, kind, hashlib.sha256(data).hexdigest()[:32])

    def _content(self, modality: str, value: str) -> bytes:
        if value.startswith(UPLOAD):
            return self._uploads.read(value)
        return self._load[modality](value)

    def _served(self, data: bytes, sha256: str) -> Served:
        etag = hashlib.sha256(sha256.encode() + data).hexdigest()[:32]
        return Served(data, "image/webp", etag)

    def _stamp(self, value: str) -> _Stamp:
        """What was read is not read again while its size and time stay the same."""
        if value.startswith(UPLOAD):
            return _Stamp(sha256_of(value), 0, 0)
        if is_address(value):
            return _Stamp(value, 0, 0)
        try:
            found = (self._shop.path / value).stat()
        except (OSError, ValueError):
            return _Stamp(value, -1, -1)
        return _Stamp(value, found.st_size, found.st_mtime_ns)

    def _recall(self, stamp: _Stamp) -> str | BadMedia | None:
        with self._lock:
            return self._known.get(stamp)

    def _remember(self, stamp: _Stamp, found: str | BadMedia) -> None:
        """A fault of a file that may come back is not remembered."""
        if isinstance(found, BadMedia) and (stamp.size < 1 or not stamp.place):
            return
        with self._lock:
            self._known[stamp] = found
            self._known.move_to_end(stamp)
            if len(self._known) > KNOWN:
                self._known.popitem(last=False)

    def _keep(self, path: Path, data: bytes) -> None:
        with suppress(OSError):  # a cover can be made again
            durably(path, data, sync=False)
            with self._lock:
                self._size = len(data) + (self._weigh() if self._size is None else self._size)
                if self._size > self._most:
                    self._size = self._thinned()

    def _weigh(self) -> int:
        return sum(entry.stat().st_size for entry in os.scandir(self.folder) if entry.is_file())

    def _thinned(self) -> int:
        """Delete the oldest covers until a fifth of the room is free; returns what is left."""
        files = [
            (entry.stat().st_mtime_ns, entry.stat().st_size, Path(entry.path))
            for entry in os.scandir(self.folder)
            if entry.is_file()
        ]
        left = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if left <= 0.8 * self._most:
                break
            path.unlink(missing_ok=True)
            left -= size
        return left


def _small(data: bytes, side: int) -> bytes:
    picture = seen(data, side)
    picture.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=QUALITY, method=4, exif=b"", icc_profile=None, xmp=b"")
    return file.getvalue()
