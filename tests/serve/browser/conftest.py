"""A real server over a generated record shop, and a browser that looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prismrec.serve.page.language import words
from serve.browser.sites import (
    CHROMIUM,
    DESK,
    FLAGS,
    LOCALES,
    PHONE,
    Open,
    Site,
    Visit,
    prismrec,
    serving,
)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop of 60 records and 60 listeners with two versions of a model."""
    for package, extra in (("uvicorn", "serve"), ("sqlalchemy", "serve"), ("onnxruntime", "media")):
        pytest.importorskip(package, reason=f"needs the extra {extra}")
    pytest.importorskip("playwright", reason="needs playwright")
    if CHROMIUM is None:
        pytest.skip("needs chromium, which is not on this machine's path")
    folder = tmp_path_factory.mktemp("browser") / "shop"
    prismrec("make-shop", str(folder), "--items", "60", "--users", "60", "--seed", "3")
    prismrec("fit", str(folder), "--model", "content-knn", "--out", str(folder / "model" / "a"))
    prismrec("fit", str(folder), "--out", str(folder / "model" / "b"))
    return folder


@pytest.fixture(scope="session")
def site(shop: Path) -> Iterator[Site]:
    with serving(shop) as found:
        yield found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    if CHROMIUM is None:
        pytest.skip("needs chromium, which is not on this machine's path")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def contexts(chromium: Any) -> Iterator[dict[Any, Any]]:
    """Browsers set up in some way, which keep what they loaded from one test to the next."""
    held: dict[Any, Any] = {}
    yield held
    for context in held.values():
        context.close()


@pytest.fixture
def visit(chromium: Any, contexts: dict[Any, Any], site: Site) -> Iterator[Open]:
    """Opens the page; nothing may go wrong in it until the test is over."""
    opened: list[Visit] = []

    def go(lang: str = "en", path: str = "/", *, at: Site | None = None, **how: Any) -> Visit:
        where = at or site
        look = {"size": DESK, "theme": "light", "motion": "reduce"}
        look |= {name: how[name] for name in look if name in how}
        key = (where.address, lang, *look.values())
        if key not in contexts:
            contexts[key] = _context(chromium, where, lang, look)
        contexts[key].clear_cookies()
        made = Visit(contexts[key].new_page(), where, dict(words(lang)))
        made.page.set_default_timeout(8000)
        _watch(made)
        opened.append(made)
        made.page.goto(path)
        if path == "/" and how.get("settled", True):
            made.page.wait_for_selector(".card[data-item]")
            made.settle()
        return made

    yield go
    for made in opened:
        made.page.close()
        wrong = [each for each in made.wrong if not any(part in each for part in made.expected)]
        assert wrong == []


def _context(chromium: Any, site: Site, lang: str, look: dict[str, Any]) -> Any:
    phone = look["size"] == PHONE
    return chromium.new_context(
        base_url=site.address,
        locale=LOCALES[lang],
        viewport=dict(zip(("width", "height"), look["size"], strict=True)),
        color_scheme=look["theme"],
        reduced_motion=look["motion"],
        is_mobile=phone,
        has_touch=phone,
    )


def _watch(made: Visit) -> None:
    page, wrong = made.page, made.wrong
    page.on("console", lambda said: said.type == "error" and wrong.append(f"console: {said.text}"))
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    page.on("response", lambda r: r.status >= 400 and wrong.append(f"{r.status} {r.url}"))
    page.on("requestfailed", lambda r: _given_up(r) or wrong.append(f"failed: {r.url}"))


def _given_up(request: Any) -> bool:
    """Whether the page itself let go: of an older list, or of a sound that was stopped."""
    return "ERR_ABORTED" in (request.failure or "")
