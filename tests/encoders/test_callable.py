"""`python:` on modules that are written here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prismrec.encoders.choice import encoder_of
from prismrec.encoders.tfidf import HashedTfidf
from prismrec.errors import BadData, BadMedia

CODE = """
import numpy as np
from prismrec.encoders.tfidf import HashedTfidf
from prismrec.errors import BadMedia

def lengths(media):
    for index, each in enumerate(media):
        if each == b"broken":
            raise BadMedia(index, "it is broken")
    return [[len(each), 1] for each in media]

def flat(media):
    return np.zeros(len(media))

def fails(media):
    raise ValueError("what is this")

def ready():
    return HashedTfidf(dim=8)

class Own(HashedTfidf):
    pass

instance = HashedTfidf(dim=4)
number = 3
"""
Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write a module into the current folder; it is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def module(code: str = CODE, name: str = "own_encoders") -> None:
        sys.modules.pop(name, None)
        (tmp_path / f"{name}.py").write_text(code)

    yield module
    for name in ("own_encoders", "own_broken"):
        sys.modules.pop(name, None)


def test_a_function_of_a_list_of_bytes(write: Write) -> None:
    write()
    encoder = encoder_of("python:own_encoders:lengths", "text")
    assert (encoder.modality, encoder.dim) == ("text", 2)
    assert encoder([b"abc", b""]).tolist() == [[3, 1], [0, 1]]
    assert encoder([b"abc"]).dtype == np.float32
    assert encoder([]).shape == (0, 2)
    with pytest.raises(BadMedia) as caught:
        encoder([b"a", b"broken"])
    assert caught.value.index == 1


@pytest.mark.parametrize("modality", ["image", "text", "audio"])
def test_any_modality(write: Write, modality: str) -> None:
    write()
    assert encoder_of("python:own_encoders:lengths", modality).dim == 2


@pytest.mark.parametrize(("name", "dim"), [("ready", 8), ("Own", 1024), ("instance", 4)])
def test_what_makes_an_encoder(write: Write, name: str, dim: int) -> None:
    write()
    encoder = encoder_of(f"python:own_encoders:{name}", "text")
    assert isinstance(encoder, HashedTfidf) or type(encoder).__name__ == "Own"
    assert encoder.dim == dim
    with pytest.raises(BadData, match="is for text; choose another one for image"):
        encoder_of(f"python:own_encoders:{name}", "image")
    with pytest.raises(BadData, match="takes no fields"):
        encoder_of(f"python:own_encoders:{name}?dim=3", "text")


def test_the_fingerprint_follows_the_code_or_the_version(write: Write) -> None:
    spec = "python:own_encoders:lengths"
    write()
    first = encoder_of(spec, "text").fingerprint
    one = encoder_of(f"{spec}?version=1", "text").fingerprint
    write(CODE + "\n# changed\n")
    assert encoder_of(spec, "text").fingerprint != first
    assert encoder_of(f"{spec}?version=1", "text").fingerprint == one
    assert encoder_of(f"{spec}?version=2", "text").fingerprint != one
    assert "/" not in first


@pytest.mark.parametrize(
    ("address", "match"),
    [
        ("own_encoders", "names no function; write python:MODULE:NAME"),
        ("own_encoders:absent", "has no absent"),
        ("own_absent:f", "no module own_absent, neither installed nor in"),
        ("own_encoders:number", "is a int, not a function"),
        ("own_encoders:flat", r"gives shape \(1,\) for 1 media"),
        ("own_encoders:fails", "gives no array: what is this"),
        ("own_encoders:lengths?dim=3", "gives 2 values, not 3"),
    ],
)
def test_what_is_wrong_is_named(write: Write, address: str, match: str) -> None:
    write()
    with pytest.raises(BadData, match=match):
        encoder_of(f"python:{address}", "text")([b"abc"])


def test_what_a_module_lacks_is_not_hidden(write: Write) -> None:
    write("import a_module_that_is_absent\n", "own_broken")
    with pytest.raises(ModuleNotFoundError, match="a_module_that_is_absent"):
        encoder_of("python:own_broken:f", "text")


def test_the_path_is_left_as_it_was(write: Write) -> None:
    write()
    before: list[Any] = [*sys.path]
    encoder_of("python:own_encoders:lengths", "text")
    assert sys.path == before
