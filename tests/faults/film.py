"""Videos and soundtracks in containers, written by PyAV."""

from __future__ import annotations

import io

import numpy as np

__all__ = ["film"]

RATE = 44_100


def film(kind: str, *, seed: int, sound: bool = False, picture: bool = True) -> bytes:
    """One second of moving grain, of a tone, or of both; `kind` is a name of FFmpeg's formats."""
    import av

    video, audio = ("libvpx", "libopus") if kind in ("webm", "matroska") else ("mpeg4", "aac")
    out = io.BytesIO()
    with av.open(out, "w", format=kind) as container:
        streams = []
        if picture:
            stream = container.add_stream(video, rate=8)
            stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
            streams.append((stream, _grain(seed)))
        if sound:
            rate = 48_000 if audio == "libopus" else RATE
            streams.append((container.add_stream(audio, rate=rate, layout="mono"), _tone(rate)))
        for stream, frames in streams:
            for frame in frames:
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return out.getvalue()


def _grain(seed: int):
    import av

    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 256, (15, 20, 3), np.uint8).repeat(8, axis=0).repeat(8, axis=1)
    for step in range(8):
        frame = av.VideoFrame.from_ndarray(np.roll(blocks, step, axis=1), format="rgb24")
        frame.pts = step
        yield frame


def _tone(rate: int):
    import av

    samples = 0.4 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate).astype(np.float32)
    for start in range(0, rate - 960, 960):
        frame = av.AudioFrame.from_ndarray(
            samples[None, start : start + 960], format="fltp", layout="mono"
        )
        frame.rate, frame.pts = rate, start
        yield frame
