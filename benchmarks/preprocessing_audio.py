"""How fast sounds are decoded, prepared, cut and described, in seconds of sound per second.

    python benchmarks/preprocessing_audio.py ../shared/data/emotify

Time of the processor on one thread. What each choice does to lists: benchmarks/emotify.py.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from prismrec import registry
from prismrec.encoders.sound_features import SoundFeatures
from prismrec.media.audio import Sound, audio_info, decode_audio, features, rhythm
from prismrec.media.audio.level import loudness
from prismrec.media.audio.segments import WAYS, segments

RATE = 22_050


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shop", type=Path)
    parser.add_argument("--files", type=int, default=60)
    args = parser.parse_args()
    files = sorted(path for path in (args.shop / "audio").rglob("*") if path.is_file())
    data = [path.read_bytes() for path in files[: args.files]]
    with threadpool_limits(1):
        measure(data)


def measure(data: list[bytes]) -> None:
    """Print a row for everything that is done to a sound."""
    sounds = [Sound(decode_audio(each, RATE), RATE) for each in data]
    seconds = sum(len(sound.samples) for sound in sounds) / RATE
    print(f"{len(sounds)} sounds, {seconds:.0f} seconds in all")

    def show(name: str, do: Callable[[Sound], object]) -> None:
        row(name, seconds, lambda: [do(sound) for sound in sounds])

    row("header", seconds, lambda: [audio_info(each) for each in data])
    row("decode and resample", seconds, lambda: [decode_audio(each, RATE) for each in data])
    for name in registry.names("audio-steps"):
        show(f"step {name}", registry.build_steps("audio-steps", name)[0])
    for way in WAYS:
        show(f"segments by {way}", lambda sound, way=way: segments(sound, way))
    for name in ("log_mel", "mfcc", "chroma", "contrast", "shape", "zero_crossings"):
        show(name, getattr(features, name))
    for name in ("onset_strength", "tempo"):
        show(name, getattr(rhythm, name))
    show("loudness", loudness)
    row("sound-features, all of it", seconds, lambda: SoundFeatures()(data))


def row(name: str, seconds: float, do: Callable[[], object]) -> None:
    """The median of three runs."""
    spent = []
    for _ in range(3):
        start = time.process_time()
        do()
        spent.append(time.process_time() - start)
    print(f"{name:28}{seconds / np.median(spent):10,.0f} x real time", flush=True)


if __name__ == "__main__":
    main()
