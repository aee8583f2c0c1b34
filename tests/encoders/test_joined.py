"""Joined encoders: parts meet as equals, and are encoded, kept and counted one by one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from prismrec.data.interactions import Interactions
from prismrec.data.shop import Media, Shop
from prismrec.data.vocabulary import Vocabulary
from prismrec.encode import choose_encoders, encode_media
from prismrec.encoders.colour import ColourHistogram
from prismrec.encoders.joined import Joined, join, parts_of
from prismrec.encoders.tfidf import HashedTfidf
from prismrec.errors import BadData
from prismrec.store.memory import MemoryStore

WIDE, NARROW = HashedTfidf(dim=64), HashedTfidf(dim=8)
TEXTS = ["a red lamp", "a blue lamp", "绿色的灯", None, "a red lamp"]


def shop_of(path: Path) -> Shop:
    return Shop(
        path,
        Interactions.of(np.array([0]), np.array([0])),
        Vocabulary(("ann",)),
        Vocabulary(tuple(f"i{row}" for row in range(len(TEXTS)))),
        {"text": Media("text", tuple(TEXTS))},
        {},
    )


def test_two_parts_by_hand() -> None:
    joined = join([np.array([[3, 4], [0, 0]], np.float32), np.array([[0, -2], [5, 0]], np.float32)])
    half = 0.5**0.5
    expected = [[0.6 * half, 0.8 * half, 0, -half], [0, 0, half, 0]]
    assert joined == pytest.approx(np.array(expected), abs=1e-6)
    assert joined.dtype == np.float32


values = st.floats(-100, 100, width=32)


@given(arrays(np.float32, (2, 3), elements=values), arrays(np.float32, (2, 7), elements=values))
def test_the_cosine_is_the_mean_of_the_cosines(a: np.ndarray, b: np.ndarray) -> None:
    def cosine(x: np.ndarray) -> float:
        unit = x.astype(float) / np.linalg.norm(x.astype(float), axis=1, keepdims=True).clip(1e-12)
        return float(unit[0] @ unit[1])

    joined = join([a, b])
    assert float(joined[0] @ joined[1]) == pytest.approx((cosine(a) + cosine(b)) / 2, abs=1e-5)


def test_the_fingerprint_follows_parts_and_order() -> None:
    both = Joined((WIDE, NARROW))
    assert both.fingerprint.startswith("tfidf+tfidf-")
    assert "/" not in both.fingerprint
    others = [Joined((NARROW, WIDE)), Joined((WIDE, replace(NARROW, dim=9)))]
    assert len({both.fingerprint, *(other.fingerprint for other in others)}) == 3


def test_parts_are_of_one_modality_and_differ() -> None:
    with pytest.raises(BadData, match="one modality"):
        Joined((WIDE, ColourHistogram()))
    with pytest.raises(BadData, match="joined to itself"):
        Joined((WIDE, WIDE))


def test_the_parts_of_a_single_encoder_are_itself() -> None:
    assert parts_of(WIDE) == (WIDE,)
    assert parts_of(Joined((WIDE, NARROW))) == (WIDE, NARROW)


def test_parts_are_kept_under_their_own_names(tmp_path: Path) -> None:
    shop, store = shop_of(tmp_path), MemoryStore()
    encode_media(shop, {"text": WIDE}, store=store)
    out = encode_media(shop, choose_encoders(shop, text="tfidf:dim=64+tfidf:dim=8"), store=store)
    assert vars(out.counts["text"]) == {"computed": 3, "reused": 3, "skipped": 0}
    assert out.parts["text"][WIDE.fingerprint].reused == 3
    assert out.parts["text"][NARROW.fingerprint].computed == 3
    feature = out.data.items["text"]
    assert feature.present.tolist() == [True, True, True, False, True]
    joined = Joined((WIDE, NARROW))
    direct = joined([text.encode() for text in TEXTS if text])
    assert (feature.values[feature.present] == direct).all()
    assert not feature.values[3].any()
    assert feature.encoder == joined.fingerprint
