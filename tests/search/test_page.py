"""The page needs nothing but itself, and nothing in it is taken for markup."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from prismrec.data.shop import Shop
from prismrec.search import Request, Searcher
from prismrec.search.evidence import STRENGTHS
from prismrec.search.page import KINDS, to_html
from prismrec.search.searcher import SAME


@pytest.fixture
def searcher(shop: Shop, encoders: dict[str, tuple[Any, ...]]) -> Searcher:
    return Searcher(shop, encoders)


def test_pictures_stand_in_the_page_and_nothing_is_loaded(
    shop: Shop, searcher: Searcher, pictures: dict[str, bytes]
) -> None:
    request = Request("ruby", image=pictures["ruby"])
    html = to_html(shop, request, searcher(request))
    assert html.count("data:image/jpeg;base64,") == 5  # four items and the picture that was given
    assert not re.search(r"(?:src|href)=\"(?!data:)", html)
    assert "http" not in html
    assert "没有图片" in html


def test_the_language_of_the_request_comes_first(shop: Shop, searcher: Searcher) -> None:
    for text, language in (("红色", "zh"), ("red", "en")):
        html = to_html(shop, Request(text), searcher(Request(text)))
        assert f'<html lang="{language}">' in html
        assert f'id="{language}" checked' in html


def test_markup_in_titles_and_requests_is_text(shop: Shop, searcher: Searcher) -> None:
    evil = "<script>alert(1)</script> ruby"
    renamed = replace(shop, titles=(evil, *shop.titles[1:]))
    html = to_html(renamed, Request(evil), [replace(searcher(Request("ruby"))[0], title=evil)])
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_no_hits_make_a_page_too(shop: Shop) -> None:
    assert "0 of 5 items" in to_html(shop, Request("nothing"), [])


def test_every_kind_of_evidence_has_a_name_in_both_languages() -> None:
    assert set(KINDS) == {*STRENGTHS, *SAME.values(), "learnt"}
