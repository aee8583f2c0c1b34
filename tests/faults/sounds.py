"""Sounds: every format that is read, and every fault that a sound may have."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import numpy as np
import soundfile

from faults.film import film
from faults.kind import Kind, bad, good
from faults.pictures import PAGE, noise, of, zipped

__all__ = ["SOUNDS", "tune"]

RATE = 22_050


def tune(seed: int, seconds: float = 2.0, rate: int = RATE) -> np.ndarray:
    """(n,) a melody of eight notes with overtones; another one for each seed."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * rate)) / rate
    notes = 220 * 2 ** (rng.integers(0, 24, 8) / 12)
    pitch = notes[(time * 4).astype(int) % 8]
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    return 0.3 * np.sin(phase) + 0.1 * np.sin(2 * phase) + 0.02 * rng.normal(size=len(time))


def written(samples: np.ndarray, kind: str, subtype: str | None = None, rate: int = RATE) -> bytes:
    """The bytes of a file."""
    out = io.BytesIO()
    soundfile.write(out, samples, rate, format=kind, subtype=subtype)
    return out.getvalue()


def of_tune(seed: int, kind: str, subtype: str | None = None, rate: int = RATE):
    """A melody as a file of that format."""
    return lambda: written(tune(seed, rate=rate), kind, subtype, rate)


def cut(content: Callable[[], bytes], share: float) -> Callable[[], bytes]:
    """The beginning of a file."""
    return lambda: (whole := content())[: int(share * len(whole))]


def patched(content: bytes, mark: bytes, shift: int, value: bytes) -> bytes:
    """A file with other bytes at some distance from a mark."""
    place = content.index(mark) + shift
    return content[:place] + value + content[place + len(value) :]


def spoilt(value: float) -> bytes:
    """A sound of floats, some of which are no numbers."""
    samples = tune(60).astype(np.float32)
    samples[1000:1010] = value
    return written(samples, "WAV", "FLOAT")


def hours(n: float) -> bytes:
    """Compressed silence of that length."""
    out = io.BytesIO()
    rate = 8000 if n < 2 else 1000  # quicker to write
    with soundfile.SoundFile(out, "w", rate, 1, "PCM_16", format="FLAC") as file:
        block = np.zeros(60 * rate, np.int16)
        for _ in range(int(60 * n)):
            file.write(block)
    return out.getvalue()


def streamed() -> bytes:
    """A WAV that was written to a pipe, so that its sizes were not known."""
    content = patched(of_tune(61, "WAV")(), b"RIFF", 4, b"\xff\xff\xff\xff")
    return patched(content, b"data", 4, b"\xff\xff\xff\xff")


def boastful() -> bytes:
    """A WAV whose header promises an hour."""
    content = patched(of_tune(62, "WAV")(), b"RIFF", 4, struct.pack("<I", 158_760_036))
    return patched(content, b"data", 4, struct.pack("<I", 158_760_000))


def tagged() -> bytes:
    """An MP3 with a large tag before it."""
    size = 40_000
    digits = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\4\0\0" + digits + bytes(size) + of_tune(63, "MP3")()


def mostly_silent() -> bytes:
    """A short melody in a long silence."""
    return written(np.concatenate([np.zeros(10 * RATE), tune(64, 1.0)]), "FLAC")


FORMATS = (
    *(
        good(f"{subtype.lower()}.wav", "audio", of_tune(1 + place, "WAV", subtype))
        for place, subtype in enumerate(
            ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "IMA_ADPCM")
        )
    ),
    good("extended.wav", "audio", of_tune(10, "WAVEX")),
    good("large.rf64", "audio", of_tune(11, "RF64")),
    good("pcm.aiff", "audio", of_tune(12, "AIFF")),
    good("pcm.au", "audio", of_tune(13, "AU")),
    good("apple.caf", "audio", of_tune(14, "CAF")),
    good("sixteen.flac", "audio", of_tune(15, "FLAC")),
    good("deep.flac", "audio", of_tune(16, "FLAC", "PCM_24")),
    good("vorbis.ogg", "audio", of_tune(17, "OGG", "VORBIS")),
    good("opus.opus", "audio", of_tune(18, "OGG", "OPUS", 48_000)),
    good("layer.mp3", "audio", of_tune(19, "MP3")),
    good("tagged.mp3", "audio", tagged),
    good("streamed.wav", "audio", streamed),
    good("studio.wav", "audio", of_tune(20, "WAV", "PCM_24", 96_000)),
    good("eight.wav", "audio", lambda: written(np.stack([tune(21)] * 8, axis=1), "WAV")),
    good("integers.wav", "audio", lambda: written(tune(22) * 32768, "WAV", "FLOAT")),
    good("song.m4a", "audio", lambda: film("ipod", seed=23, sound=True, picture=False)),
    good("clip.mp4", "audio", lambda: film("mp4", seed=24, sound=True)),
    good("clip.webm", "audio", lambda: film("webm", seed=25, sound=True)),
    good("clip.mkv", "audio", lambda: film("matroska", seed=26, sound=True)),
    good("bare.aac", "audio", lambda: film("adts", seed=27, sound=True, picture=False)),
)
FAULTS = (
    good("flac-as.mp3", "audio", of_tune(30, "FLAC"), "file.wrong-extension"),
    good("phone.wav", "audio", of_tune(31, "WAV", None, 6000), "audio.low-rate"),
    good(
        "sample.wav",
        "audio",
        lambda: written(np.array([0.5]), "WAV"),
        *("audio.short", "audio.silent"),
    ),
    good("click.wav", "audio", lambda: written(tune(32, 0.1), "WAV"), "audio.short"),
    good("silence.wav", "audio", lambda: written(np.zeros(2 * RATE), "WAV"), "audio.silent"),
    good(
        "constant.wav",
        "audio",
        lambda: written(np.full(2 * RATE, 0.5), "WAV"),
        *("audio.silent", "audio.dc-offset"),
    ),
    good("offset.wav", "audio", lambda: written(tune(33) + 0.3, "WAV"), "audio.dc-offset"),
    good(
        "overdriven.wav",
        "audio",
        lambda: written((tune(34) * 9).clip(-1, 1), "WAV"),
        "audio.clipped",
    ),
    good("gap.flac", "audio", mostly_silent, "audio.mostly-silent"),
    good("podcast.ogg", "audio", lambda: written(tune(35, 90), "OGG"), "audio.long"),
    good("night.flac", "audio", lambda: hours(1), *("audio.long", "audio.silent")),
    good("cut.wav", "audio", cut(of_tune(36, "WAV"), 0.5), "audio.truncated"),
    good("cut.flac", "audio", cut(of_tune(37, "FLAC"), 0.5), "audio.truncated"),
    good("cut.ogg", "audio", cut(of_tune(38, "OGG"), 0.7), "audio.truncated"),
    good("cut.aiff", "audio", cut(of_tune(39, "AIFF"), 0.5), "audio.truncated"),
    good("boastful.wav", "audio", boastful, "audio.truncated"),
    bad(
        "cut.m4a",
        "audio",
        cut(lambda: film("ipod", seed=40, sound=True, picture=False), 0.5),
        "file.damaged",
    ),
    bad("cut-at-head.flac", "audio", lambda: of_tune(41, "FLAC")()[:60], "file.damaged"),
    bad("no-samples.wav", "audio", lambda: written(np.empty(0), "WAV"), "audio.no-samples"),
    bad("mute.mp4", "audio", lambda: film("mp4", seed=42), "audio.no-samples"),
    bad("no-number.wav", "audio", lambda: spoilt(np.nan), "audio.not-finite"),
    bad("infinite.wav", "audio", lambda: spoilt(np.inf), "audio.not-finite"),
    bad(
        "no-channels.wav",
        "audio",
        lambda: patched(of_tune(43, "WAV")(), b"fmt ", 10, b"\0\0"),
        "file.damaged",
    ),
    bad("nothing.wav", "audio", bytes, "file.empty"),
    bad("page.mp3", "audio", lambda: PAGE, "file.web-page"),
    bad("words.wav", "audio", lambda: b"no sound at all, only words", "file.wrong-kind"),
    bad("archive.ogg", "audio", zipped, "file.wrong-kind"),
    bad("picture.wav", "audio", of(90, "PNG"), "file.wrong-kind"),
    bad("noise.mp3", "audio", lambda: noise(5000, 1), "file.unreadable"),
    bad(
        "notes.mid", "audio", lambda: b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk\0\0\0\0", "file.unsupported"
    ),
    bad("ten-hours.flac", "audio", lambda: hours(10), "file.too-large"),
)
SOUNDS: tuple[Kind, ...] = (*FORMATS, *FAULTS)
