"""Draws the pictures of docs/preprocessing-audio.md from the loops of a demo shop."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import soundfile
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from prismrec.media.audio import Sound, decode_audio, features
from prismrec.media.audio.level import loudness
from prismrec.media.audio.rhythm import decibels, frames_of, onset_strength, onsets, tempo
from prismrec.media.audio.segments import by_onset, by_silence, windows
from prismrec.registry import build_steps

RATE = 22_050
INK, BLUE, ORANGE, FAINT = "#1e2228", "#2f6db3", "#d9662b", "#9aa0a8"
MOST_BYTES = 80_000  # of a picture
FLOOR, CEILING = -80, -15  # decibels of full scale that a spectrogram shows

Loops = Callable[[str], Sound]  # name of a genre of the demo shop -> one of its loops


def main(shop: Path, out: Path) -> None:
    """Write audio-*.png into the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    loop = loops(shop)
    for name, figure in {
        "decode": decoding(loop),
        "denoise": changed("denoise", hissing(loop)),
        "high-pass": changed("high-pass", rumbling(loop), top=0.4),
        "pre-emphasis": changed("pre-emphasis", loop("chip")),
        "loudness": levelled("loudness", loop),
        "peak": levelled("peak", loop),
        "trim": changed("trim", silent_ends(loop)),
        "remove-silence": changed("remove-silence", phrases(loop)),
        "segments": segmented(phrases(loop)),
        "features": described(loop("house")),
    }.items():
        (out / f"audio-{name}.png").write_bytes(small_png(figure))


def small_png(figure: Figure) -> bytes:
    """With as many colours as fit into `MOST_BYTES`."""
    whole = io.BytesIO()
    figure.savefig(whole, format="png", dpi=100)
    drawn = Image.open(whole).convert("RGB")
    for colours in (128, 64, 40, 24):
        file = io.BytesIO()
        drawn.quantize(colours, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        if file.tell() <= MOST_BYTES:
            break
    return file.getvalue()


def loops(shop: Path) -> Loops:
    """The first whole loop of a genre, as the shop's records say."""
    truth = json.loads((shop / "truth.json").read_text("utf-8"))
    absent = {*truth["missing"]["audio"], *(Path(file).stem for file in truth["broken"])}

    def of(genre: str) -> Sound:
        keys = [k for k, r in truth["records"].items() if r["genre"] == genre and k not in absent]
        return Sound(decode_audio((shop / "audio" / f"{keys[0]}.flac").read_bytes(), RATE), RATE)

    return of


def hissing(loop: Loops) -> Sound:
    """A loop on an old tape."""
    sound = loop("chip")
    hiss = np.random.default_rng(0).normal(0, 0.02, len(sound.samples))
    return Sound((0.5 * sound.samples + hiss).astype(np.float32), RATE)


def rumbling(loop: Loops) -> Sound:
    """A loop from a turntable that trembles, through a converter with an offset."""
    sound = loop("silk")
    t = np.arange(len(sound.samples)) / RATE
    rumble = 0.25 + 0.25 * np.sin(2 * np.pi * 9 * t)
    return Sound((0.4 * sound.samples + rumble).astype(np.float32), RATE)


def silent_ends(loop: Loops) -> Sound:
    """A loop with silence before and after it that is not quite silent."""
    samples = np.pad(0.8 * loop("house").samples[: 2 * RATE], (RATE, int(1.4 * RATE)))
    hum = np.random.default_rng(0).normal(0, 1e-4, len(samples))
    return Sound((samples + hum).astype(np.float32), RATE)


def phrases(loop: Loops) -> Sound:
    """Parts of a loop with pauses between them."""
    played = 0.8 * loop("jungle").samples
    parts = [played[: int(1.2 * RATE)], played[int(1.2 * RATE) : int(2.9 * RATE)]]
    parts.append(played[int(2.9 * RATE) : int(3.6 * RATE)])
    gaps = [np.zeros(int(seconds * RATE), np.float32) for seconds in (0.4, 0.7, 1.1, 0.3)]
    woven = [gaps[0], *(piece for pair in zip(parts, gaps[1:], strict=True) for piece in pair)]
    return Sound(np.concatenate(woven), RATE)


def after(spec: str, sound: Sound) -> Sound:
    """A sound after the steps of a spec."""
    for step in build_steps("audio-steps", spec):
        sound = step(sound)
    return sound


def changed(spec: str, before: Sound, *, top: float = 11) -> Figure:
    """Waveform and spectrogram up to `top` kHz of a sound, and the same after a step."""
    sounds = {"before": before, f"after {spec}": after(spec, before)}
    figure, axes = panels(2, 2, 4.2)
    longest = max(len(sound.samples) for sound in sounds.values()) / RATE
    highest = 1.05 * max(float(np.abs(sound.samples).max()) for sound in sounds.values())
    for column, (words, sound) in enumerate(sounds.items()):
        upper, lower = axes[:, column]
        waveform(upper, sound, highest)
        title(upper, words)
        spectrogram(lower, sound)
        lower.set_ylim(0, top)
        for axis in (upper, lower):
            axis.set_xlim(0, longest)
        upper.set_xticklabels([])
        lower.set_xlabel("seconds")
    axes[0, 0].set_ylabel("amplitude")
    axes[1, 0].set_ylabel("kHz")
    return figure


def decoding(loop: Loops) -> Figure:
    """A file of two channels as an encoder for 16,000 samples a second hears it."""
    left, right = loop("chip").samples, loop("house").samples
    n = min(len(left), len(right))
    file = io.BytesIO()
    soundfile.write(file, np.stack([left[:n], right[:n]], axis=1), RATE, format="WAV")
    stereo, rate = soundfile.read(io.BytesIO(file.getvalue()), dtype="float32")
    figure, axes = panels(1, 3, 2.4)
    heard = Sound(decode_audio(file.getvalue(), 16_000), 16_000)
    sounds = {
        "left channel, 22,050 Hz": Sound(np.ascontiguousarray(stereo[:, 0]), rate),
        "right channel": Sound(np.ascontiguousarray(stereo[:, 1]), rate),
        "decoded: their mean at 16,000 Hz": heard,
    }
    for axis, (words, sound) in zip(axes[0], sounds.items(), strict=True):
        spectrogram(axis, sound)
        axis.set_ylim(0, 11)
        title(axis, words)
        axis.set_xlabel("seconds")
    axes[0, 0].set_ylabel("kHz")
    return figure


def levelled(spec: str, loop: Loops) -> Figure:
    """Three records from three studios, before and after they are brought to one level."""
    gains = {"ambient": 0.05, "house": 0.9, "silk": 0.25}
    figure, axes = panels(2, 3, 3.6)
    for column, (genre, gain) in enumerate(gains.items()):
        before = Sound((gain * loop(genre).samples).astype(np.float32), RATE)
        for row, sound in enumerate((before, after(spec, before))):
            axis = axes[row, column]
            waveform(axis, sound, 1.0)
            peak = 20 * np.log10(np.abs(sound.samples).max())
            name = f"{genre}, after {spec}" if row else genre
            words = f"{name}: {loudness(sound):.0f} LUFS, peak {peak:.0f} dB"
            title(axis, words.replace("-", "−"))
            if row == 0:
                axis.set_xticklabels([])
            else:
                axis.set_xlabel("seconds")
    return figure


def segmented(sound: Sound) -> Figure:
    """The three ways in which a sound is cut."""
    ways = {
        "windows: 3 s, one every 1.5 s": windows(sound),
        "silence: what lies between pauses": by_silence(sound),
        "onset: from one beginning to the next": by_onset(sound),
    }
    figure, axes = panels(3, 1, 4.6)
    for axis, (words, stretches) in zip(axes[:, 0], ways.items(), strict=True):
        waveform(axis, sound, 1.0)
        axis.set_ylim(-1.9, 1.05)
        rows = 2 if axis is axes[0, 0] else 1  # windows overlap
        for number, (start, end) in enumerate(stretches):
            low = -1.3 - 0.4 * (number % rows)
            bar = {"color": (BLUE, ORANGE, FAINT, INK)[number % 4], "solid_capstyle": "butt"}
            axis.plot([start / RATE, end / RATE], [low, low], linewidth=5, **bar)
        title(axis, f"{words} ({len(stretches)} parts)")
        axis.set_yticks([])
        axis.set_xticklabels([])
    axes[-1, 0].set_xticks(range(7), [str(second) for second in range(7)])
    axes[-1, 0].set_xlabel("seconds")
    return figure


def described(sound: Sound) -> Figure:
    """Every feature by frame of one loop."""
    figure, axes = panels(4, 2, 8.4)
    places = iter(axes.T.reshape(-1))
    mfcc = features.mfcc(sound)
    image(next(places), features.log_mel(sound), "log-mel: 128 bands, dB")
    image(next(places), mfcc[:, 1:], "MFCC: coefficients 1 to 19", span=(-60, 60))
    image(next(places), features.delta(mfcc)[:, 1:], "MFCC slope", span=(-6, 6))
    image(next(places), features.delta(mfcc, order=2)[:, 1:], "MFCC bend", span=(-2, 2))
    chroma = next(places)
    image(chroma, features.chroma(sound), "chroma: share of each pitch")
    chroma.set_yticks(range(0, 12, 2), features.PITCHES[::2])
    contrast = next(places)
    image(contrast, features.contrast(sound), "spectral contrast: dB in each octave")
    contrast.set_yticks([0, 3, 6], ["< 0.2 kHz", "0.8", "> 6.4"])
    brightness(next(places), sound)
    rhythm(next(places), sound)
    for axis in axes[:-1].reshape(-1):
        axis.set_xticklabels([])
    for axis in axes[-1]:
        axis.set_xlabel("seconds")
    return figure


def brightness(axis: Axes, sound: Sound) -> None:
    """Centroid, bandwidth and rolloff over time."""
    shape = features.shape(sound)
    colours = {"centroid": BLUE, "rolloff": ORANGE, "bandwidth": FAINT}
    for name, colour in colours.items():
        values = shape[name] / 1000
        axis.plot(times(len(values)), values, color=colour, linewidth=1, label=name)
    title(axis, "brightness, kHz")
    axis.legend(loc="upper right", fontsize=7, frameon=False, ncols=3)
    axis.set_ylim(0, 13)
    axis.set_xlim(0, len(sound.samples) / RATE)


def rhythm(axis: Axes, sound: Sound) -> None:
    """Onset strength with the onsets, and the tempo."""
    strength = onset_strength(sound)
    axis.plot(times(len(strength)), strength, color=BLUE, linewidth=1)
    axis.vlines(onsets(sound) / RATE, 0, strength.max(), color=ORANGE, linewidth=0.8, alpha=0.7)
    title(axis, f"onset strength, onsets, tempo {tempo(sound):.0f}")
    axis.set_xlim(0, len(sound.samples) / RATE)


def panels(rows: int, columns: int, height: float) -> tuple[Figure, np.ndarray]:
    """A figure of 9 inches with (rows, columns) axes in one style."""
    figure = Figure(figsize=(9, height), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.reshape(-1):
        axis.tick_params(labelsize=7, color=FAINT, labelcolor=INK)
        axis.xaxis.label.set_fontsize(8)
        axis.yaxis.label.set_fontsize(8)
        for side in axis.spines.values():
            side.set_color("#d6d9dd")
    return figure, axes


def title(axis: Axes, words: str) -> None:
    """Write above the axes, at the left."""
    axis.set_title(words, loc="left", fontsize=8.5, color=INK)


def waveform(axis: Axes, sound: Sound, highest: float) -> None:
    """The extremes of each of 600 stretches: what a wave looks like from afar."""
    edges = np.linspace(0, len(sound.samples), 601).astype(int)[:-1]
    top = np.maximum.reduceat(sound.samples, edges)
    bottom = np.minimum.reduceat(sound.samples, edges)
    axis.fill_between(edges / sound.rate, bottom, top, color=INK, linewidth=0.3)
    axis.axhline(0, color=FAINT, linewidth=0.4)
    axis.set_ylim(-highest, highest)
    axis.set_xlim(0, len(sound.samples) / sound.rate)


def spectrogram(axis: Axes, sound: Sound) -> None:
    """Decibels under the loudest bin a sound of full scale could have."""
    window, _ = frames_of(sound.rate)
    found = decibels(features.spectrum(sound) ** 2, span=200) - 20 * np.log10(window / 4)
    extent = (0, len(sound.samples) / sound.rate, 0, sound.rate / 2000)
    place = {"origin": "lower", "aspect": "auto", "extent": extent, "cmap": "magma"}
    axis.imshow(found.T, vmin=FLOOR, vmax=CEILING, interpolation="nearest", **place)
    axis.set_facecolor("white")


def image(
    axis: Axes, values: np.ndarray, words: str, *, span: Sequence[float] | None = None
) -> None:
    """(t, c) values by colour; around 0 where a span is given."""
    low, high = span or (None, None)
    extent = (0, times(len(values))[-1], -0.5, values.shape[1] - 0.5)
    place = {"origin": "lower", "aspect": "auto", "extent": extent, "interpolation": "nearest"}
    axis.imshow(values.T, cmap="RdBu_r" if span else "magma", vmin=low, vmax=high, **place)
    title(axis, words)


def times(frames: int) -> np.ndarray:
    """Seconds of the middle of each frame."""
    return np.arange(frames) * frames_of(RATE)[1] / RATE
