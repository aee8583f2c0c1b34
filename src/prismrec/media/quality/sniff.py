"""What a file is, judged by its first bytes and not by its name; and whether it was cut off."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["SUFFIXES", "Format", "has_wrong_checksum", "is_cut", "sniff"]


@dataclass(frozen=True)
class Format:
    """A file format, as far as its first bytes tell."""

    name: str  # "png", "wav", "zip", ...; "" for bytes that nothing is known to begin with
    family: str  # "image", "audio", "video", "web page", "text", "archive", "document", "unknown"


# Suffixes that a file of each format may rightly have.
SUFFIXES: dict[str, tuple[str, ...]] = {
    "jpeg": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    "png": (".png", ".apng"),
    "gif": (".gif",),
    "webp": (".webp",),
    "bmp": (".bmp", ".dib"),
    "tiff": (".tif", ".tiff"),
    "jpeg2000": (".jp2", ".j2k", ".jpx", ".jpf", ".j2c", ".jpc"),
    "ppm": (".ppm", ".pgm", ".pbm", ".pnm", ".pam", ".pfm"),
    "avif": (".avif", ".avifs"),
    "heic": (".heic", ".heif"),
    "ico": (".ico", ".cur"),
    "psd": (".psd", ".psb"),
    "svg": (".svg",),
    "wav": (".wav", ".wave", ".rf64"),
    "aiff": (".aif", ".aiff", ".aifc"),
    "flac": (".flac",),
    "ogg": (".ogg", ".oga", ".opus", ".ogv", ".spx"),
    "mp3": (".mp3", ".mp2", ".mpga"),
    "aac": (".aac",),
    "au": (".au", ".snd"),
    "caf": (".caf",),
    "midi": (".mid", ".midi"),
    "m4a": (".m4a", ".m4b", ".mp4", ".aac"),
    "mp4": (".mp4", ".m4v", ".mov", ".m4a", ".3gp", ".qt"),
    "matroska": (".mkv", ".webm", ".mka", ".weba"),
    "avi": (".avi",),
    "flv": (".flv",),
    "asf": (".wma", ".wmv", ".asf"),
}

_STARTS = (
    (b"\xff\xd8\xff", "jpeg", "image"),
    (b"\x89PNG\r\n\x1a\n", "png", "image"),
    (b"GIF8", "gif", "image"),
    (b"II*\0", "tiff", "image"),
    (b"MM\0*", "tiff", "image"),
    (b"II+\0", "tiff", "image"),
    (b"MM\0+", "tiff", "image"),
    (b"\0\0\0\x0cjP  ", "jpeg2000", "image"),
    (b"\xff\x4f\xff\x51", "jpeg2000", "image"),
    (b"8BPS", "psd", "image"),
    (b"\0\0\1\0", "ico", "image"),
    (b"fLaC", "flac", "audio"),
    (b"OggS", "ogg", "audio"),
    (b"ID3", "mp3", "audio"),
    (b".snd", "au", "audio"),
    (b"caff", "caf", "audio"),
    (b"MThd", "midi", "audio"),
    (b"RF64", "wav", "audio"),
    (b"\x1aE\xdf\xa3", "matroska", "video"),
    (b"FLV\1", "flv", "video"),
    (b"0&\xb2u\x8ef\xcf\x11", "asf", "video"),
    (b"PK\3\4", "zip", "archive"),
    (b"PK\5\6", "zip", "archive"),
    (b"\x1f\x8b", "gzip", "archive"),
    (b"7z\xbc\xaf'\x1c", "7z", "archive"),
    (b"Rar!", "rar", "archive"),
    (b"BZh", "bzip2", "archive"),
    (b"\xfd7zXZ\0", "xz", "archive"),
    (b"(\xb5/\xfd", "zstandard", "archive"),
    (b"%PDF", "pdf", "document"),
    (b"%!PS", "postscript", "document"),
    (b"\xd0\xcf\x11\xe0", "office", "document"),
    (b"MZ", "exe", "program"),
    (b"\x7fELF", "elf", "program"),
    (b"PAR1", "parquet", "document"),
    (b"SQLite format 3", "sqlite", "document"),
)
_RIFF = {b"WAVE": ("wav", "audio"), b"WEBP": ("webp", "image"), b"AVI ": ("avi", "video")}
_BRANDS = {
    b"avif": ("avif", "image"),
    b"avis": ("avif", "image"),
    b"heic": ("heic", "image"),
    b"heix": ("heic", "image"),
    b"mif1": ("heic", "image"),
    b"M4A ": ("m4a", "audio"),
    b"M4B ": ("m4a", "audio"),
}


def sniff(data: bytes) -> Format:
    """The format of a file's bytes; a few hundred of them are enough."""
    head = data[:1024]
    boxed = _boxed(head)
    if boxed is not None:
        return Format(*boxed)
    for start, name, family in _STARTS:
        if head.startswith(start):
            return Format(name, family)
    return _weakly_marked(head) or _written(head)


def _boxed(head: bytes) -> tuple[str, str] | None:
    """Containers, which tell what they hold a few bytes later."""
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], ("mp4", "video"))
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return ("aiff", "audio")
    return ("mp4", "video") if head[4:8] in (b"moov", b"mdat", b"wide") else None


def _weakly_marked(head: bytes) -> Format | None:
    """Two bytes are weak signs: what follows must make sense as well."""
    if head[:2] == b"BM" and len(head) >= 18 and 12 <= _number(head[14:18]) <= 256:
        return Format("bmp", "image")
    if re.match(rb"P[1-7fF]\s", head):
        return Format("ppm", "image")
    if len(head) > 3 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[2] >> 4 < 15:
        layer = head[1] >> 1 & 3
        return Format("aac" if layer == 0 else "mp3", "audio")
    return None


def is_cut(data: bytes, name: str) -> bool:
    """Whether a file of that format ends before its own structure says it should."""
    judge: Callable[[bytes], bool] | None = {
        **dict.fromkeys(("wav", "webp", "avi"), _riff_is_cut),
        **dict.fromkeys(("mp4", "m4a", "avif", "heic"), _boxes_are_cut),
        "jpeg": _jpeg_is_cut,
        "png": lambda data: b"IEND" not in data[-4096:],
        "gif": lambda data: b";" not in data[-64:],
        "jpeg2000": lambda data: b"\xff\xd9" not in data[-4096:],
        "aiff": lambda data: int.from_bytes(data[4:8]) + 8 > len(data) + 1,
        "bmp": lambda data: _number(data[2:6]) > len(data),
        "ogg": lambda data: not _ogg_ends(data),
    }.get(name)
    return judge is not None and judge(data)


def has_wrong_checksum(data: bytes, name: str) -> bool:
    """Whether a PNG was changed after it was written; other formats have no checksum here."""
    place = 8
    while name == "png" and place + 12 <= len(data):
        size = int.from_bytes(data[place : place + 4])
        end = place + 8 + size
        if end + 4 > len(data):
            return False  # cut off, which is_cut tells
        if zlib.crc32(data[place + 4 : end]) != int.from_bytes(data[end : end + 4]):
            return True
        place = end + 4
    return False


def _jpeg_is_cut(data: bytes) -> bool:
    """Whether no end mark follows the first scan; segments before it may hold pictures too."""
    place = 2
    while data[place : place + 1] == b"\xff" and data[place + 1 : place + 2] != b"\xda":
        place += 2 + int.from_bytes(data[place + 2 : place + 4])
    return b"\xff\xd9" not in data[place:]


def _riff_is_cut(data: bytes) -> bool:
    said = _number(data[4:8])  # a stream says 0 or all ones; a pad byte may lack
    return data[:4] == b"RIFF" and said not in (0, 0xFFFFFFFF) and said + 8 > len(data) + 1


def _number(raw: bytes) -> int:
    return int.from_bytes(raw, "little")


def _written(head: bytes) -> Format:
    """Web pages, drawings in XML, and other texts."""
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:  # else a character that 1024 bytes cut in two
            return Format("", "unknown")
        text = head[: error.start].decode("utf-8-sig", "replace")
    start = text.lstrip().lower()
    if "<svg" in start:
        return Format("svg", "image")
    if start.startswith(("<!doctype html", "<html", "<head", "<body")):
        return Format("html", "web page")
    if not text or any(c < " " and c not in "\t\r\n\f" for c in text):
        return Format("", "unknown")
    return Format("text", "text")


def _boxes_are_cut(data: bytes) -> bool:
    """ISO base media: boxes of a stated length, one after the other."""
    place = 0
    while place + 8 <= len(data):
        size = int.from_bytes(data[place : place + 4])
        if size == 1 and place + 16 <= len(data):
            (size,) = struct.unpack(">Q", data[place + 8 : place + 16])
        if size == 0:  # to the end of the file
            return False
        if size < 8:
            return True
        place += size
    return place != len(data)


def _ogg_ends(data: bytes) -> bool:
    """Whether the last page is whole and says that the stream ends."""
    place = data.rfind(b"OggS")
    page = data[place : place + 27]
    if len(page) < 27 or not page[5] & 4:
        return False
    sizes = data[place + 27 : place + 27 + page[26]]
    return len(sizes) == page[26] and place + 27 + page[26] + sum(sizes) <= len(data)
