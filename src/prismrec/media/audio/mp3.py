"""MP3 streams: which bytes are frames, so that a decoder never meets anything else.

libmpg123 tells the console about whatever it does not like, gives up where a kilobyte of junk
lies between two frames, and cannot be told to be silent. So the stream is checked first, and one
that is not clean is rebuilt from its frames.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

__all__ = ["is_mp3", "only_frames"]

RATES = (44_100, 48_000, 32_000)  # of MPEG 1; half in MPEG 2, a quarter in 2.5
BITRATES = {  # kilobits a second by index, from 1
    1: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
DIVISOR = {0b11: 1, 0b10: 2, 0b00: 4}  # version bits -> what the rate is divided by
TAGS = (b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"ID3")  # what may follow the last frame
MOST_JUNK = 1 << 20  # bytes without a frame after which the rest is given up
SUMMARIES = (b"Xing", b"Info")  # in a first frame that tells how many follow


class _Header(NamedTuple):
    size: int  # bytes of the whole frame
    kind: tuple[int, int]  # version and rate, the same in all frames of a stream


def is_mp3(data: bytes) -> bool:
    """Whether the bytes, after any ID3 tags, begin with the header of an MP3 frame."""
    return _header(data, _after_tags(data)) is not None


def only_frames(data: bytes) -> bytes:
    """The data itself where every byte belongs to a tag or a frame, else its whole frames.

    A first frame that tells how many others there are is put right, since decoders stop by it.
    Empty where there is no whole frame.
    """
    place = _after_tags(data)
    frames: list[tuple[int, int]] = []
    clean = True
    while place < len(data) and not data.startswith(TAGS, place):
        found = _header(data, place)
        if found is not None and place + found.size <= len(data) and _goes_on(data, place, found):
            frames.append((place, place + found.size))
            place += found.size
            continue
        clean = False
        place = _next_frame(data, place + 1)
    if clean and frames:
        return data
    if not frames:
        return b""
    return _counted([data[start:end] for start, end in frames])


def _counted(frames: list[bytes]) -> bytes:
    """The frames joined; their number and size corrected where the first one tells them."""
    whole = bytearray(b"".join(frames))
    place = min((p for name in SUMMARIES if (p := frames[0].find(name, 0, 64)) >= 0), default=-1)
    if place >= 0 and place + 16 <= len(frames[0]):
        (told,) = struct.unpack_from(">I", whole, place + 4)
        fields = [len(frames) - 1] * (told & 1) + [len(whole)] * (told >> 1 & 1)
        struct.pack_into(f">{len(fields)}I", whole, place + 8, *fields)
    return bytes(whole)


def _header(data: bytes, place: int) -> _Header | None:
    """What four bytes say where they are the header of a layer III frame."""
    if place + 4 > len(data) or data[place] != 0xFF or data[place + 1] & 0xE6 != 0xE2:
        return None
    version = data[place + 1] >> 3 & 3
    bits, rate = data[place + 2] >> 4, data[place + 2] >> 2 & 3
    if version == 1 or not 1 <= bits <= 14 or rate == 3:
        return None
    hertz = RATES[rate] // DIVISOR[version]
    generation = 1 if version == 3 else 2
    bitrate = BITRATES[generation][bits - 1] * 1000
    padding = data[place + 2] >> 1 & 1
    return _Header(144 // generation * bitrate // hertz + padding, (version, rate))


def _goes_on(data: bytes, place: int, found: _Header) -> bool:
    """Whether a frame is followed by the end, by a tag, or by one of the same kind."""
    end = place + found.size
    follower = _header(data, end)
    if follower is not None:
        return follower.kind == found.kind
    return end == len(data) or data.startswith(TAGS, end)


def _next_frame(data: bytes, place: int) -> int:
    """Where the next frame begins that another one follows; the end of the data where none does."""
    limit = min(len(data), place + MOST_JUNK)
    while (place := data.find(b"\xff", place, limit)) >= 0:
        found = _header(data, place)
        if found is not None and place + found.size <= len(data) and _goes_on(data, place, found):
            return place
        place += 1
    return len(data)


def _after_tags(data: bytes) -> int:
    """Length of the ID3v2 tags at the beginning."""
    place = 0
    while data.startswith(b"ID3", place) and place + 10 <= len(data):
        size = 0
        for byte in data[place + 6 : place + 10]:
            size = size << 7 | byte & 0x7F
        place += 10 + size + 10 * bool(data[place + 5] & 0x10)
    return place
