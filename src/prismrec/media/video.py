"""Videos: some frames for the image modality, the soundtrack for the audio modality (PyAV)."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from prismrec.errors import BadMedia
from prismrec.packages import require
from prismrec.types import Floats

__all__ = ["frame_size", "frames_of", "is_container", "is_video", "soundtrack", "soundtrack_info"]

Frame = npt.NDArray[np.uint8]  # (h, w, 3) RGB

MAX_FRAME_PIXELS = 36_000_000  # 8K; a decoder keeps up to sixteen frames
STEP_PIXELS = 600_000_000  # decoded at most to reach one moment: ten seconds of full HD
STEP_FRAMES = 300  # likewise
MAX_SHORT_SIDE = 1080  # of frames whose reader names no size
BLACK = 24  # level that 99 % of the values of a black frame stay below

PICTURES = (b"avif", b"avis", b"heic", b"heix", b"hevc", b"hevx", b"mif1", b"msf1")  # in MP4 boxes
SOUNDS = (b"M4A ", b"M4B ")
STARTS = {  # first bytes -> name that FFmpeg gives the format
    b"\x1aE\xdf\xa3": "matroska",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "asf",
    b"FLV\x01": "flv",
    b"\x00\x00\x01\xba": "mpeg",
    b"caff": "caf",
}
BOXES = (b"moov", b"mdat", b"wide", b"free", b"skip")  # how a QuickTime file may begin


def is_video(data: bytes) -> bool:
    """Whether the bytes begin as a container of video does; it may still hold sound alone."""
    if data[4:8] == b"ftyp" and data[8:12] in SOUNDS:
        return False
    return _container(data) not in (None, "aac", "caf")


def is_container(data: bytes) -> bool:
    """Whether the bytes begin as a file that `soundtrack` may read."""
    return _container(data) is not None


def frames_of(data: bytes, *, short_side: int | None = None, frames: int = 8) -> list[Frame]:
    """Up to `frames` (h, w, 3) RGB arrays, evenly spread, upright, without the black ones.

    A video that is all black gives one black frame. Larger frames are scaled down until the
    shorter side has `short_side` pixels, 1,080 by default. The file is searched, not decoded as a
    whole: where key frames are rare a frame may come from before its moment.

    Raises:
        BadMedia: where the bytes are no video, or no frame can be decoded.
        MissingPackage: where PyAV is not installed.
    """
    with _opened(data) as container:
        stream = _video_stream(container)
        _checked_size(stream.width, stream.height)
        found = [_pixels(frame, short_side) for frame in _spread(container, stream, frames)]
    lit = [frame for frame in found if np.percentile(frame, 99) >= BLACK]
    if not found:
        raise BadMedia(0, "no frame of the video can be decoded")
    return lit or found[:1]


def frame_size(data: bytes) -> tuple[int, int]:
    """Width and height of the frames, as the header tells them.

    Raises:
        BadMedia: where the bytes are no video, or claim more than 36 million pixels a frame.
        MissingPackage: where PyAV is not installed.
    """
    with _opened(data) as container:
        stream = _video_stream(container)
        return _checked_size(stream.width, stream.height)


def soundtrack(data: bytes, *, seconds: float) -> tuple[Floats, int]:
    """(n,) mean of the channels of the first `seconds`, full scale -1 to 1, and samples a second.

    Reads MP4, M4A, MOV, Matroska, WebM, AVI, WMA, FLV, MPEG, CAF and plain AAC. A file cut off in
    its middle gives what can still be read.

    Raises:
        BadMedia: where the bytes hold no sound that can be decoded.
        MissingPackage: where PyAV is not installed.
    """
    parts: list[Floats] = []
    rate, left = 0, 1
    with _opened(data) as container:
        if not container.streams.audio:
            raise BadMedia(0, "the file holds no sound", "audio.no-samples")
        for frame in _until_broken(container.decode(container.streams.audio[0])):
            if not rate:  # the header may tell half of it
                rate, left = frame.sample_rate, max(1, int(seconds * frame.sample_rate))
                resampler = require("av", "media").AudioResampler(format="fltp", rate=rate)
            for piece in resampler.resample(frame):
                parts.append(piece.to_ndarray().mean(axis=0)[:left])
                left -= len(parts[-1])
            if left <= 0:
                break
    samples = np.concatenate(parts) if parts else np.empty(0, np.float32)
    if not len(samples):
        raise BadMedia(0, "no sound of the file can be decoded")
    return np.ascontiguousarray(samples, np.float32), rate


def soundtrack_info(data: bytes) -> tuple[float, int, int]:
    """Seconds, samples a second and channels of the sound, as the header tells them.

    Plain AAC has no header; its length is an estimate from its first frames.

    Raises:
        BadMedia: where the bytes hold no sound.
        MissingPackage: where PyAV is not installed.
    """
    with _opened(data) as container:
        if not container.streams.audio:
            raise BadMedia(0, "the file holds no sound", "audio.no-samples")
        stream = container.streams.audio[0]
        if stream.duration:
            seconds = float(stream.duration * stream.time_base)
        else:
            seconds = (container.duration or 0) / 1_000_000
        return seconds, stream.rate, stream.channels


def _container(data: bytes) -> str | None:
    """FFmpeg's name for the format; it never guesses, since some formats open other files."""
    if data[4:8] == b"ftyp":
        return None if data[8:12] in PICTURES else "mp4"
    if data[4:8] in BOXES:
        return "mov"
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return "avi"
    if data[:1] == b"\x47" and data[188:189] == b"\x47":
        return "mpegts"
    if data[:1] == b"\xff" and len(data) > 1 and data[1] & 0xF6 == 0xF0:
        return "aac"
    return next((name for start, name in STARTS.items() if data.startswith(start)), None)


@contextmanager
def _opened(data: bytes) -> Iterator[Any]:
    name = _container(data)
    if name is None:
        raise BadMedia(0, "neither a video nor a soundtrack of a known format")
    av = require("av", "media")
    try:
        with av.open(
            io.BytesIO(data),
            format=name,
            metadata_errors="replace",
            options={"protocol_whitelist": "none"},  # whatever it refers to stays closed
        ) as container:
            yield container
    except BadMedia:
        raise
    except Exception as error:  # a decoder that is fed broken bytes may raise anything
        reason = getattr(error, "strerror", "") or str(error) or type(error).__name__
        raise BadMedia(0, f"not a readable video or soundtrack ({reason})") from error


def _video_stream(container: Any) -> Any:
    if not container.streams.video:
        raise BadMedia(0, "the file holds no moving picture")
    stream = container.streams.video[0]
    stream.codec_context.thread_count = 1  # encode already runs on every core
    return stream


def _checked_size(width: int, height: int) -> tuple[int, int]:
    if width * height > MAX_FRAME_PIXELS:
        size = f"frames of {width} x {height} pixels"
        raise BadMedia(0, f"{size} are over {MAX_FRAME_PIXELS:,}", "file.too-large")
    return width, height


def _spread(container: Any, stream: Any, n: int) -> Iterator[Any]:
    """The frames at the middles of `n` equal parts, each once, as far as they can be reached."""
    start, length = _extent(container, stream)
    size = max(1, stream.width * stream.height)
    most = max(1, min(STEP_FRAMES, STEP_PIXELS // size))
    shown_until: int | None = None  # when the frame that was decoded last gives way
    source: Iterator[Any] = _until_broken(container.decode(stream))
    for moment in (start + (2 * part + 1) * length // (2 * n) for part in range(n)):
        if shown_until is not None and shown_until > moment:
            continue
        if shown_until is None or _key_frame(stream, moment) >= shown_until:
            container.seek(moment, stream=stream)
            source = _until_broken(container.decode(stream))
        last = None
        for last in itertools.islice(source, most):
            shown_until = _end(last, shown_until)
            if shown_until > moment:
                break
        if last is not None:
            yield last


def _end(frame: Any, before: int | None) -> int:
    """When a frame gives way to the next, as far as it says so."""
    if frame.pts is None:
        return (before or 0) + 1
    return int(frame.pts) + max(1, frame.duration or 0)


def _extent(container: Any, stream: Any) -> tuple[int, int]:
    """First moment and length in units of the stream; read through where no header tells it."""
    start = stream.start_time or 0
    if stream.duration:
        return start, stream.duration
    if container.duration:
        return start, int(container.duration / 1_000_000 / stream.time_base)
    last = max((p.pts for p in container.demux(stream) if p.pts is not None), default=start)
    container.seek(start, stream=stream)
    return start, max(0, last - start)


def _key_frame(stream: Any, moment: int) -> int:
    """The last moment at or before `moment` that decoding can start from, as far as is known."""
    entries = stream.index_entries
    place = entries.search_timestamp(moment, backward=True)
    return int(entries[place].timestamp) if place >= 0 else moment


def _until_broken(frames: Iterator[Any]) -> Iterator[Any]:
    """What can be decoded before the first fault."""
    error = require("av", "media").error.FFmpegError
    try:
        yield from frames
    except error:
        return


def _pixels(frame: Any, short_side: int | None) -> Frame:
    width, height = _checked_size(frame.width, frame.height)
    scale = min(1.0, (short_side or MAX_SHORT_SIDE) / min(width, height))
    small = frame.reformat(
        width=max(1, round(width * scale)),
        height=max(1, round(height * scale)),
        format="rgb24",
        interpolation="AREA",
    )
    return np.ascontiguousarray(np.rot90(small.to_ndarray(), round(frame.rotation / 90)))
