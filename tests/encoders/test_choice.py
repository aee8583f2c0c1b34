"""From the name of an encoder to the encoder; wrong names teach the right ones."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from prismrec import registry
from prismrec.encoders.choice import encoder_of
from prismrec.encoders.joined import Joined
from prismrec.encoders.tfidf import HashedTfidf
from prismrec.errors import BadData, UnknownName


def test_a_registered_name_with_fields() -> None:
    assert encoder_of("tfidf:dim=16", "text") == HashedTfidf(dim=16)


def test_plus_joins_encoders() -> None:
    encoder: Any = encoder_of("tfidf:dim=16+tfidf:dim=8", "text")
    assert encoder == Joined((HashedTfidf(dim=16), HashedTfidf(dim=8)))
    assert encoder.dim == 24


def test_a_scheme_may_be_joined_and_its_name_may_hold_a_plus() -> None:
    encoder: Any = encoder_of("openai:a+b@http://localhost:1/v1?dimensions=4+tfidf:dim=8", "text")
    assert [part.dim for part in encoder.parts] == [4, 8]
    assert encoder.parts[0].client.address.name == "a+b"


@pytest.mark.parametrize(
    ("spec", "near"),
    [("tfid", "tfidf"), ("hff:some/name", "hf:..."), ("opnai:x", "openai:..."), ("?", "onnx:...")],
)
def test_an_unknown_name_lists_near_ones(spec: str, near: str) -> None:
    with pytest.raises(UnknownName) as caught:
        encoder_of(spec, "text")
    assert near in str(caught.value)


def test_a_part_that_does_not_exist_is_named() -> None:
    with pytest.raises(UnknownName, match=r"'tfidf\+nothing'|nothing"):
        encoder_of("tfidf+nothing", "text")


def test_the_wrong_modality_lists_the_right_encoders() -> None:
    with pytest.raises(BadData, match=r"mfcc is for audio.*tfidf, token-ids, use-multilingual"):
        encoder_of("mfcc", "text")
    with pytest.raises(BadData, match="is for audio"):
        encoder_of("tfidf+mfcc", "text")


@pytest.mark.parametrize("name", registry.names("encoder-schemes"))
def test_a_scheme_without_an_address_is_refused(name: str) -> None:
    with pytest.raises(BadData, match=f"write {name}:ADDRESS"):
        encoder_of(f"{name}:", "text")


@pytest.mark.parametrize("name", registry.names("encoder-schemes"))
def test_an_unknown_field_lists_the_fields(name: str) -> None:
    with pytest.raises(UnknownName, match=f"{name} has no field 'colour'; it has "):
        encoder_of(f"{name}:somewhere?colour=red", "text")


def test_choosing_imports_no_torch() -> None:
    code = (
        "from prismrec import registry\nfrom prismrec.encoders.choice import encoder_of\n"
        "encoder_of('tfidf', 'text')\n"
        "s = 'encoder-schemes'; [registry.load(s, name) for name in registry.names(s)]\n"
        "import sys; print([n for n in ('torch', 'transformers', 'httpx') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
