"""What every registered step promises; a new one is tested by adding its row.

A kind of steps joins with a row in MEDIA (what its steps are given, odd things among it) and a
row in VALID (what must hold of anything they give back).
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from prismrec import registry
from prismrec.media.audio import Sound
from prismrec.media.text import Token
from prismrec.media.text.segment import segment


def pictures() -> Iterator[np.ndarray]:
    rng = np.random.default_rng(0)
    for height, width in ((1, 1), (1, 300), (257, 2), (3, 5), (64, 48), (120, 200)):
        yield rng.integers(0, 256, (height, width, 3), np.uint8)
    for level in (0, 128, 255):
        yield np.full((40, 30, 3), level, np.uint8)
    yield np.tile(np.arange(100, dtype=np.uint8)[:, None, None], (1, 80, 3))


def is_picture(given: np.ndarray) -> bool:
    return given.dtype == np.uint8 and given.ndim == 3 and given.shape[2] == 3 and given.size > 0


def sounds() -> Iterator[Sound]:
    rng = np.random.default_rng(0)
    for rate in (1, 8_000, 44_100):
        for samples in ([0.5], [0, 1], [0.0], np.zeros(9_000), np.ones(3_000), [1e-30, -1e-30]):
            yield Sound(np.array(samples, np.float32), rate)
        wave = np.sin(np.arange(30_000) * 0.05) * (np.arange(30_000) % 9_000 > 5_000)
        yield Sound((wave + 0.01 * rng.normal(size=30_000)).astype(np.float32), rate)


def is_sound(given: Sound) -> bool:
    samples, rate = given
    fits = samples.dtype == np.float32 and samples.ndim == 1 and len(samples) > 0
    return fits and rate in (1, 8_000, 44_100) and bool(np.isfinite(samples).all())


def texts() -> Iterator[str]:
    yield from ("", " \n\t", "x", "1", "...", "<p>A &amp; B</p>", "\ud800\u202e\0", "cafÃ©")
    yield "See https://a.example, 灯塔🎵👨\u200d👩\u200d👧 ＬＥＤ遠方 sooooo ßﬁ"
    yield from ("word " * 3_000, "字" * 3_000, "<b" * 3_000, "مرحبا שלום हिन्दी 소년 海の")


def is_text(given: str) -> bool:
    return isinstance(given, str)


def tokens() -> Iterator[tuple[Token, ...]]:
    yield from (segment(text) for text in texts())
    yield (Token("mice", "NOUN", "en"), Token("的", "PART", "zh"), Token("x", "", "xx"))


def are_tokens(given: tuple[Token, ...]) -> bool:
    return isinstance(given, tuple) and all(
        isinstance(token, Token) and token.text and token.tag.isupper() | (token.tag == "")
        for token in given
    )


MEDIA: dict[str, list[Any]] = {
    "audio-steps": [*sounds()],
    "image-steps": [*pictures()],
    "text-steps": [*texts()],
    "token-steps": [*tokens()],
}
VALID: dict[str, Callable[[Any], bool]] = {
    "audio-steps": is_sound,
    "image-steps": is_picture,
    "text-steps": is_text,
    "token-steps": are_tokens,
}
STEPS = [(kind, name) for kind in MEDIA for name in registry.names(kind)]


@pytest.fixture(scope="module", params=STEPS, ids="/".join)
def kind_and_name(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param


@pytest.fixture(scope="module")
def kind(kind_and_name: tuple[str, str]) -> str:
    return kind_and_name[0]


@pytest.fixture(scope="module")
def step(kind_and_name: tuple[str, str]) -> Any:
    (made,) = registry.build_steps(*kind_and_name)
    return made


def equal(one: Any, other: Any) -> bool:
    """Equal in every value and type, for arrays and for tuples that hold some."""
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(equal, one, other))
    return type(one) is type(other) and one == other


def test_every_result_is_valid(kind: str, step: Any) -> None:
    for medium in MEDIA[kind]:
        assert VALID[kind](step(medium))


def test_the_same_medium_gives_the_same(kind: str, step: Any) -> None:
    another = dataclasses.replace(step)
    for medium in MEDIA[kind]:
        assert equal(step(medium), another(medium))


def test_what_is_given_is_not_changed(kind: str, step: Any) -> None:
    for medium in MEDIA[kind]:
        before = copy.deepcopy(medium)
        step(medium)
        assert equal(medium, before)


def test_arrays_may_be_read_only(kind: str, step: Any) -> None:
    for medium in copy.deepcopy(MEDIA[kind]):
        for part in medium if isinstance(medium, tuple) else (medium,):
            if isinstance(part, np.ndarray):
                part.flags.writeable = False
        assert VALID[kind](step(medium))


def test_a_step_is_a_frozen_dataclass_with_a_version(step: Any) -> None:
    assert step.__dataclass_params__.frozen
    assert isinstance(type(step).version, int)
    assert "version" not in {field.name for field in dataclasses.fields(step)}
    assert hash(step) == hash(dataclasses.replace(step))


def written(value: Any) -> str:
    if isinstance(value, tuple):
        return "+".join(map(written, value))
    return str(value) if isinstance(value, str) else str(value).lower()


def test_a_step_written_as_a_spec_reads_as_the_same_step(kind_and_name: tuple[str, str]) -> None:
    kind, name = kind_and_name
    (step,) = registry.build_steps(kind, name)
    values = (f"{f.name}={written(getattr(step, f.name))}" for f in dataclasses.fields(step))
    spec = f"{name}({','.join(values)})"
    assert registry.build_steps(kind, f"{spec},{name}") == (step, step)
