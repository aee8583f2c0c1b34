"""Searching a small shop with encoders whose space can be checked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from prismrec.data.shop import Shop
from prismrec.errors import BadData, BadMedia
from prismrec.search import Request, Searcher
from prismrec.search.evidence import Evidence, standardised
from prismrec.store.memory import MemoryStore


@pytest.fixture
def searcher(shop: Shop, encoders: dict[str, tuple[Any, ...]]) -> Searcher:
    return Searcher(shop, encoders, store=MemoryStore())


def test_words_find_pictures_through_the_joint_space(
    searcher: Searcher, pictures: dict[str, bytes]
) -> None:
    hits = searcher(Request("leaf"), k=2)
    assert hits[0].item == "leaf"  # it has no text: only its picture is green
    assert {reason.kind for reason in hits[0].reasons} == {"joint"}
    assert hits[0].shares == {"image": 1.0}


def test_colours_are_read_in_both_languages(searcher: Searcher) -> None:
    for text in ("a blue picture", "蓝色的图片"):
        hit = searcher(Request(text), k=1)[0]
        assert hit.item == "sky"
        assert [reason.kind for reason in hit.reasons] == ["colours"]
        assert [(word.text, word.share) for word in hit.reasons[0].words] == [("blue", 1.0)]


def test_a_picture_finds_itself_first(searcher: Searcher, pictures: dict[str, bytes]) -> None:
    for name, picture in pictures.items():
        hits = searcher(Request(image=picture), modalities=("image",))
        assert hits[0].item == name
        assert {reason.kind for reason in hits[0].reasons} == {"looks", "palette"}


def test_a_picture_finds_texts_of_its_space(searcher: Searcher, pictures: dict[str, bytes]) -> None:
    hits = searcher(Request(image=pictures["ruby"]), modalities=("text",))
    assert {hit.item for hit in hits[:2]} == {"ruby", "word"}


def test_words_and_a_picture_together(searcher: Searcher, pictures: dict[str, bytes]) -> None:
    hits = searcher(Request("throne", image=pictures["ruby"]))
    assert hits[0].item == "word"
    assert {hit.item for hit in hits} == {*pictures, "word"}


def test_the_score_is_the_sum_of_the_reasons(
    searcher: Searcher, pictures: dict[str, bytes]
) -> None:
    for hit in searcher(Request("a ruby", image=pictures["night"])):
        assert hit.score == pytest.approx(sum(reason.adds for reason in hit.reasons), abs=1e-5)
        assert sum(hit.shares.values()) == pytest.approx(1 if hit.shares else 0)


def test_an_item_with_nothing_to_compare_is_not_listed(searcher: Searcher) -> None:
    hits = searcher(Request("ruby"), modalities=("image",), k=50)
    assert len(hits) == 4
    assert "word" not in {hit.item for hit in hits}


def test_naming_a_medium_looks_at_that_medium_only(searcher: Searcher) -> None:
    kinds = {e.modality for e in searcher.evidence(Request("a ruby poster"))}
    assert kinds == {"image"}
    assert {e.modality for e in searcher.evidence(Request("a ruby"))} == {"image", "text"}


@pytest.mark.parametrize("request_", [Request(), Request("的"), Request(audio=b"RIFF")])
def test_nothing_to_go_by_is_said(searcher: Searcher, request_: Request) -> None:
    with pytest.raises(BadData, match="stones"):
        searcher(request_)


def test_a_broken_picture_is_refused(searcher: Searcher) -> None:
    with pytest.raises(BadMedia):
        searcher(Request(image=b"broken"), modalities=("text",))


def test_evidence_speaks_for_good_scores_and_never_much_against() -> None:
    standard = np.array([-3.0, 0.0, 3.0, np.nan], np.float32)
    adds = Evidence("words", "text", 2.0, standard, lambda row: ()).adds
    assert adds[2] == pytest.approx(np.log((1 + np.exp(4.0)) / 2))
    assert -np.log(2) < adds[0] < adds[1] < 0 < adds[2]
    assert adds[3] == 0


def test_standard_scores_are_taken_over_what_is_present() -> None:
    present = np.array([True, True, True, False])
    out = standardised(np.array([1, 2, 3, 900], np.float32), present)
    assert out[:3] == pytest.approx([-(1.5**0.5), 0, 1.5**0.5])
    assert np.isnan(out[3])
    assert not standardised(np.ones(3, np.float32), np.ones(3, np.bool_)).any()
