"""What every registered encoder promises; a new one is tested by adding its row."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image, ImageDraw

from prismrec import registry
from prismrec.encoders import Encoder
from prismrec.errors import BadMedia

BROKEN = {"image": b"\x89PNG\r\n\x1a\n broken", "text": b"caf\xe9", "audio": b"RIFF broken"}


def pictures() -> Iterator[bytes]:
    for size, mode, form in (
        ((300, 260), "RGB", "PNG"),
        ((40, 900), "L", "JPEG"),
        ((64, 64), "RGBA", "PNG"),
        ((1, 1), "RGB", "PNG"),
        ((640, 480), "RGB", "WEBP"),
    ):
        picture = Image.new(mode, size, 0)
        draw = ImageDraw.Draw(picture)
        draw.ellipse((0, 0, size[0] * 0.7, size[1] * 0.5), fill="white")
        file = io.BytesIO()
        picture.save(file, form)
        yield file.getvalue()


def texts() -> Iterator[bytes]:
    for text in (
        "A lamp of brass and green glass",
        "黄铜和绿色玻璃制成的台灯",
        "x",
        "",
        "日本語のレコード 🎵 and a very long story " * 500,
    ):
        yield text.encode()


def sounds() -> Iterator[bytes]:
    rng = np.random.default_rng(0)
    for seconds, rate, channels in (
        (5.0, 44_100, 2),
        (0.05, 8_000, 1),
        (3.1, 16_000, 1),
        (2.4, 48_000, 2),
    ):
        n = int(seconds * rate)
        wave = np.sin(np.arange(n)[:, None] * 0.05) + 0.1 * rng.normal(size=(n, channels))
        yield sound(0.5 * wave, rate)
    yield sound(np.zeros((16_000, 1)), 16_000)


def sound(samples: np.ndarray, rate: int) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples.clip(-1, 1), rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


MEDIA = {"image": [*pictures()], "text": [*texts()], "audio": [*sounds()]}


@pytest.fixture(scope="module", params=registry.names("encoders"))
def encoder(request: pytest.FixtureRequest) -> Encoder:
    return registry.build("encoders", request.param)


@pytest.fixture(scope="module")
def vectors(encoder: Encoder) -> np.ndarray:
    return encoder(MEDIA[encoder.modality])


def test_shape_and_type(encoder: Encoder, vectors: np.ndarray) -> None:
    assert vectors.shape == (len(MEDIA[encoder.modality]), encoder.dim)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()


def test_no_media_no_vectors(encoder: Encoder) -> None:
    assert encoder([]).shape == (0, encoder.dim)


def test_different_media_differ(vectors: np.ndarray) -> None:
    assert len(np.unique(vectors, axis=0)) == len(vectors)


def test_the_batch_does_not_matter(encoder: Encoder, vectors: np.ndarray) -> None:
    alone = np.vstack([encoder([medium]) for medium in MEDIA[encoder.modality]])
    assert np.abs(alone - vectors).max() <= 1e-5 * np.abs(vectors).max()


def test_another_instance_gives_the_same(encoder: Encoder, vectors: np.ndarray) -> None:
    again = dataclasses.replace(encoder)  # type: ignore[type-var]
    assert (again(MEDIA[encoder.modality]) == vectors).all()


def test_several_threads_may_call(encoder: Encoder, vectors: np.ndarray) -> None:
    with ThreadPoolExecutor(3) as pool:
        for out in pool.map(encoder, [MEDIA[encoder.modality]] * 3):
            assert (out == vectors).all()


@pytest.mark.parametrize("place", [0, 2])
def test_broken_media_are_named(encoder: Encoder, place: int) -> None:
    media = [*MEDIA[encoder.modality]]
    media[place] = BROKEN[encoder.modality]
    media[-1] = BROKEN[encoder.modality]
    with pytest.raises(BadMedia) as caught:
        encoder(media)
    assert caught.value.index == place
    assert str(caught.value)


def test_the_fingerprint_is_stable(encoder: Encoder) -> None:
    assert encoder.fingerprint == dataclasses.replace(encoder).fingerprint  # type: ignore[type-var]
    assert "/" not in encoder.fingerprint  # it is a part of keys and of file names


def test_fingerprints_are_distinct() -> None:
    names = registry.names("encoders")
    found = {registry.build("encoders", name).fingerprint for name in names}
    assert len(found) == len(names)


def test_the_fingerprint_follows_the_fields(encoder: Encoder) -> None:
    for field in dataclasses.fields(encoder):  # type: ignore[arg-type]
        value = getattr(encoder, field.name)
        changed = dataclasses.replace(encoder, **{field.name: _other(value)})  # type: ignore[type-var]
        same = changed.fingerprint == encoder.fingerprint
        assert same == (field.name == "threads"), field.name


def _other(value: Any) -> Any:
    return value + 1 if isinstance(value, int | float) else f"{value}x"
