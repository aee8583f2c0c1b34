"""Checking: what was posted is a picture, a sound or a text, and no more than may be decoded."""

from __future__ import annotations

import re
from functools import partial

from prismrec.data.limits import Limits
from prismrec.errors import BadMedia
from prismrec.media import video
from prismrec.media.audio import audio_info, decode_audio
from prismrec.media.image import picture_size
from prismrec.media.limits import check_head
from prismrec.media.quality.sniff import Format, sniff
from prismrec.serve.intake.decoding import apart, seen

__all__ = ["checked", "disguise"]

PICTURES = {"jpeg", "png", "gif", "webp", "bmp", "tiff", "jpeg2000", "avif"}
SOUNDS = {"wav", "aiff", "flac", "ogg", "mp3", "aac", "m4a", "caf", "au"}
VIDEOS = {"mp4", "matroska", "avi"}
HEARD = 30.0  # seconds that are decoded to see whether they can be
RATE = 8_000  # samples a second, likewise
RATES = 1_000, 768_000  # samples a second that a sound may have
CHANNELS = 64
SEEN = 96  # pixels of the shorter side, where a decoder can stop there
ASPECT = 100  # longer side to shorter; beyond it nothing can be seen, and resizing explodes
HEAD, ZIP_TAIL = 1024, 65_557  # bytes in which other programs look for their own beginning
MARKUP = re.compile(rb"<(?:!doctype\s+html|html|head|body|script|svg|iframe|\?php)[\s>/]", re.I)
TAILS = {b"PK\3\4": "a zip archive", b"%PDF-": "a PDF", b"Rar!\x1a": "a rar archive"}
WANTED = {"image": "picture", "audio": "sound", "text": "text"}
TAKEN = {
    "image": "JPEG, PNG, WebP, GIF, AVIF, TIFF, BMP or JPEG 2000, or a video",
    "audio": "WAV, MP3, FLAC, Ogg, M4A, AAC or AIFF, or a video",
}


def checked(modality: str, data: bytes, limits: Limits) -> None:
    """Refuse what is not a picture ("image"), a sound ("audio") or a text, or is too much.

    Content alone is looked at, never a name or a declared type. Sizes are taken from the head
    first; then the first frame of a picture, or the first half minute of a sound, is decoded.

    Raises:
        BadMedia: with the reason.
        MissingPackage: for a video, where PyAV is not installed.
    """
    what = WANTED[modality]
    if not data:
        raise BadMedia(0, f"the {what} is empty; post its content")
    if len(data) > limits.bytes:
        size = f"{len(data) / 1024**2:,.1f} MiB, over {limits.bytes / 1024**2:,.1f}"
        raise BadMedia(0, f"the {what} has {size}; post a smaller one", "file.too-large")
    if modality == "text":
        _check_text(data, limits)
        return
    _check_format(modality, sniff(data))
    if hidden := disguise(data):
        raise BadMedia(0, f"the {what} is also {hidden}; save it anew without what is hidden in it")
    _check_head(modality, data, limits)
    if modality == "image":
        apart(partial(seen, data, SEEN), pixels=_pixels(data))
    else:
        apart(partial(_check_sound, data))


def disguise(data: bytes) -> str:
    """What else a file is, told by what other programs look for; "" for nothing else.

    A file may be a picture to one program and a web page, a PDF or an archive to another.
    """
    head, tail = data[:HEAD], data[-ZIP_TAIL:]
    if MARKUP.search(head) or MARKUP.search(data[-HEAD:]):
        return "a web page"
    if b"%PDF-" in head:
        return "a PDF"
    end = tail.rfind(b"PK\5\6")
    if end >= 0 and len(tail) - end >= 22:
        said = int.from_bytes(tail[end + 20 : end + 22], "little")
        if end + 22 + said == len(tail):
            return "a zip archive"
    after = data[_end_of(data) :]
    return next((name for mark, name in TAILS.items() if mark in after[:HEAD]), "")


def _end_of(data: bytes) -> int:
    """Where a picture or sound says that it ends, as far as that is told cheaply."""
    if data.startswith(b"\x89PNG"):
        place = data.rfind(b"IEND")
        return place + 8 if place >= 0 else len(data)
    if data.startswith(b"\xff\xd8"):
        place = data.rfind(b"\xff\xd9")
        return place + 2 if place >= 0 else len(data)
    if data.startswith(b"RIFF"):
        return int.from_bytes(data[4:8], "little") + 8
    return len(data)


def _check_format(modality: str, found: Format) -> None:
    takes = (PICTURES if modality == "image" else SOUNDS) | VIDEOS
    if found.name not in takes:
        what = WANTED[modality]
        name = found.name.upper() if found.name else "something unknown"
        why = " (drawings in XML may hold programs)" if found.name == "svg" else ""
        raise BadMedia(0, f"not a {what} but {name}{why}; post {TAKEN[modality]}", "file.refused")


def _check_head(modality: str, data: bytes, limits: Limits) -> None:
    """As for media of the shop, but the remedy is that of who posts, not of who owns the shop."""
    try:
        check_head(data, modality, limits)
    except BadMedia as bad:
        what = bad.reason.partition(";")[0]
        raise BadMedia(0, f"{what}; post a smaller one", bad.code) from None


def _pixels(data: bytes) -> int:
    width, height = picture_size(data)
    if max(width, height) > ASPECT * min(width, height):
        raise BadMedia(0, f"a picture of {width} x {height} pixels is too narrow; cut it")
    return width * height


def _check_sound(data: bytes) -> None:
    if video.is_video(data) and not video.is_container(data):
        raise BadMedia(0, "the file holds no sound")
    info = audio_info(data)
    if not RATES[0] <= info.rate <= RATES[1]:
        raise BadMedia(0, f"{info.rate} samples a second are no sound; save it anew")
    if not 1 <= info.channels <= CHANNELS:
        raise BadMedia(0, f"{info.channels} channels are over {CHANNELS}; mix them down")
    decode_audio(data, RATE, seconds=HEARD)


def _check_text(data: bytes, limits: Limits) -> None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadMedia(0, "the text is not UTF-8; send it so") from None
    if "\0" in text:
        raise BadMedia(0, "not a text: it holds zero bytes")
    if len(text) > limits.characters:
        raise BadMedia(
            0, f"the text has {len(text):,} characters, over {limits.characters:,}; shorten it"
        )
