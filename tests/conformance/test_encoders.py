"""What every registered encoder promises; a new one is tested by adding its row."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import numpy as np
import pytest
import soundfile
from PIL import Image, ImageDraw, ImageOps

from prismrec import registry
from prismrec.encoders import Encoder
from prismrec.errors import BadData, BadMedia, UnknownName
from prismrec.media.audio import Sound

BICUBIC = Image.Resampling.BICUBIC


@dataclasses.dataclass(frozen=True)
class Negative:
    """A step that turns pixels, or samples, into their opposites."""

    version: ClassVar[int] = 1

    def __call__(self, medium: Any) -> Any:
        if isinstance(medium, Sound):
            return Sound(-medium.samples, medium.rate)
        return 255 - medium


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


def _has(name: str, ability: str) -> bool:
    return hasattr(registry.load("encoders", name), ability)


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
        other = _other(field.name, value)
        changed = dataclasses.replace(encoder, **{field.name: other})  # type: ignore[type-var]
        same = changed.fingerprint == encoder.fingerprint
        assert same == (field.name == "threads"), field.name


def _other(field: str, value: Any) -> Any:
    steps = (Negative(),)
    others = {"segment": "onset", "pool": "max", "precision": "int8", "steps": steps}
    others |= {"tokens": steps, "length_share": 0.5}
    if field in others:
        return others[field]
    return value + 1 if isinstance(value, int | float) else f"{value}x"


@pytest.mark.parametrize("name", [n for n in registry.names("encoders") if _has(n, "labels")])
def test_evidence_is_probabilities_and_of_the_same_pass(name: str) -> None:
    encoder = registry.build("encoders", name)
    media = MEDIA[encoder.modality]
    evidence = encoder.describe(media)
    assert evidence.shape == (len(media), len(encoder.labels))
    assert evidence.dtype == np.float32
    assert ((evidence >= 0) & (evidence <= 1)).all()
    assert len(set(encoder.labels)) > 0.95 * len(encoder.labels)
    vectors, again = encoder.embed_and_describe(media)
    assert (again == evidence).all()
    assert (vectors == encoder(media)).all()
    assert encoder.describe([]).shape == (0, len(encoder.labels))


def test_a_picture_is_one_class_and_a_song_has_many_tags() -> None:
    classes = registry.build("encoders", "efficientnet-lite0").describe(MEDIA["image"])
    assert classes.sum(axis=1) == pytest.approx(np.ones(len(classes)), abs=1e-5)
    tags = registry.build("encoders", "musicnn").describe(MEDIA["audio"])
    assert not (abs(tags.sum(axis=1) - 1) < 1e-3).all()


VARIANTS = [
    "musicnn:segment=silence:pool=max",
    "musicnn:pool=mean-std:seconds=2",
    "aisfx:segment=onset:pool=median",
    "efficientnet-lite0:precision=int8",
    "musicnn:precision=int8",
    "aisfx:precision=int8",
    "mfcc:segment=windows:pool=mean-std",
    "mfcc:segment=silence:pool=max:steps=pre-emphasis",
]


@pytest.mark.parametrize("spec", VARIANTS)
def test_variants_keep_the_promises(spec: str) -> None:
    encoder = registry.build("encoders", spec)
    media = MEDIA[encoder.modality][:3]
    vectors = encoder(media)
    assert vectors.shape == (len(media), encoder.dim)
    assert np.isfinite(vectors).all()
    assert (np.vstack([encoder([medium]) for medium in media]) == vectors).all()
    plain = registry.build("encoders", spec.partition(":")[0])
    assert encoder.fingerprint != plain.fingerprint
    assert vectors.shape != plain(media).shape or (vectors != plain(media)).any()


@pytest.mark.parametrize("name", ["aisfx", "efficientnet-lite0", "musicnn"])
def test_eight_bits_are_close_to_thirty_two(name: str) -> None:
    plain = registry.build("encoders", name)
    media = MEDIA[plain.modality]
    exact, whole = plain(media), dataclasses.replace(plain, precision="int8")(media)
    lengths = np.linalg.norm(exact, axis=1) * np.linalg.norm(whole, axis=1)
    assert ((exact * whole).sum(axis=1) / lengths).min() > 0.95


@pytest.mark.parametrize("name", ["colour-histogram", "efficientnet-lite0"])
def test_steps_come_before_the_eyes(name: str) -> None:
    plain = registry.build("encoders", name)
    negative = dataclasses.replace(plain, steps=(Negative(),))
    (picture,) = (media for media in MEDIA["image"] if media[:4] == b"RIFF")
    with Image.open(io.BytesIO(picture)) as opened:
        file = io.BytesIO()
        ImageOps.invert(opened.convert("RGB").resize((341, 256), BICUBIC)).save(file, "PNG")
    by_step, by_hand = negative([picture]), plain([file.getvalue()])
    assert np.abs(by_step - by_hand).max() <= 0.01 * np.abs(by_hand).max()


@pytest.mark.parametrize("field", ["segment", "pool"])
@pytest.mark.parametrize("name", ["aisfx", "mfcc", "musicnn"])
def test_an_unknown_way_is_refused_at_once(name: str, field: str) -> None:
    with pytest.raises(UnknownName, match=r"median|onset"):
        registry.build("encoders", f"{name}:{field}=best")
    with pytest.raises(BadData, match="seconds=0"):
        registry.build("encoders", f"{name}:seconds=0")
