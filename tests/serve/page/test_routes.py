"""The documents and what they load: addresses, headers, languages, escaping."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass

import pytest

pytest.importorskip("fastapi", reason="needs the extra serve")
httpx = pytest.importorskip("httpx", reason="needs httpx")
from fastapi import FastAPI  # noqa: E402
from fastapi.testclient import TestClient  # noqa: E402

from prismrec.serve.page import routes  # noqa: E402
from prismrec.serve.page.assets import assets  # noqa: E402


@dataclass(frozen=True)
class Named:
    name: str


@dataclass(frozen=True)
class Shop:
    shop: Named


def client(name: str = "records") -> TestClient:
    app = FastAPI(redirect_slashes=False)
    app.include_router(routes(Shop(Named(name))))
    return TestClient(app, follow_redirects=False)


@pytest.mark.parametrize("path", ["/", "/operator"])
@pytest.mark.parametrize(("accept", "lang"), [("en", "en"), ("zh-CN", "zh-Hans")])
def test_a_document_is_in_the_language_of_the_browser(path: str, accept: str, lang: str) -> None:
    answer = client().get(path, headers={"Accept-Language": accept})
    assert answer.status_code == 200
    assert f'<html lang="{lang}">' in answer.text
    assert answer.headers["content-language"] == lang
    assert "Accept-Language" in answer.headers["vary"] and "Cookie" in answer.headers["vary"]
    assert answer.headers["cache-control"] == "no-cache"


def test_a_chosen_language_is_remembered_and_leaves_the_address() -> None:
    here = client()
    answer = here.get("/operator?lang=zh", headers={"Accept-Language": "en"})
    assert answer.status_code == 303 and answer.headers["location"] == "/operator"
    assert '<html lang="zh-Hans">' in here.get("/", headers={"Accept-Language": "en"}).text


@pytest.mark.parametrize("lang", ["fr", "../../etc/passwd", '"><script>'])
def test_an_unknown_language_is_passed_over(lang: str) -> None:
    answer = client().get("/", params={"lang": lang}, headers={"Accept-Language": "zh"})
    assert answer.status_code == 200 and f"lang={lang}" not in answer.text
    assert "<script>" not in answer.text
    assert '<html lang="zh-Hans">' in answer.text


@pytest.mark.parametrize(
    ("cookie", "there"), [("dark", True), ("light", True), ('dark" onload="x', False)]
)
def test_the_theme_that_was_chosen_is_there_from_the_start(cookie: str, there: bool) -> None:
    answer = client().get("/", headers={"Cookie": f"prismrec_theme={cookie}"})
    assert (f'data-theme="{cookie}"' in answer.text) == there
    assert "onload" not in answer.text


def test_what_a_shop_is_called_is_text() -> None:
    text = client("<script>alert(1)</script>").get("/").text
    assert "&lt;script&gt;alert(1)" in text and "<script>alert" not in text


@pytest.mark.parametrize("path", ["/", "/operator"])
def test_a_strict_policy_has_nothing_to_forbid(path: str) -> None:
    text = client().get(path).text
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text)
    for script in re.findall(r"<script[^>]*>[^<]*", text):
        assert re.fullmatch(r'<script type="module" src="/static/[^"]+">', script)


@pytest.mark.parametrize("path", ["/", "/operator"])
def test_everything_that_a_document_names_is_served_for_good(path: str) -> None:
    here = client()
    named = set(re.findall(r'"(/static/[^"#]+/[^"#]+)', here.get(path).text))
    assert len(named) > 10
    for address in named:
        answer = here.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_a_file_of_another_version_is_not_kept() -> None:
    answer = client().get("/static/0123456789abcdef/js/shop.js")
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["js/none.js", "../routes.py", "%2e%2e/routes.py", "..%2f..%2fvalues.py", "/etc/passwd"]
)
def test_only_files_of_the_page_are_served(path: str) -> None:
    answer = client().get(f"/static/{assets().version}/{path}")
    assert answer.status_code == 404


def test_a_file_is_sent_zipped_to_who_takes_it() -> None:
    address = f"/static/{assets().version}/js/shop.js"
    plain = client().get(address, headers={"Accept-Encoding": "identity"})
    zipped = client().get(address, headers={"Accept-Encoding": "gzip"})
    assert plain.content == zipped.content == assets().files["js/shop.js"].data
    assert zipped.headers["content-encoding"] == "gzip" and "content-encoding" not in plain.headers
    assert gzip.decompress(assets().files["js/shop.js"].zipped) == plain.content
    assert plain.headers["content-type"] == "text/javascript; charset=utf-8"
