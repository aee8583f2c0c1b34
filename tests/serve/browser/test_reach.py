"""Who can use the page: by eye in any light and size, by ear, by keyboard, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from serve.browser.sites import DESK, PHONE, Open, Site, Visit

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("lang", ["en", "zh"])
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="session")
def axe() -> str:
    spec = find_spec("axe_playwright_python")
    if spec is None or spec.origin is None:
        pytest.skip("needs axe-playwright-python, which carries axe-core")
    return (Path(spec.origin).parent / "axe.min.js").read_text("utf-8")


def violations(made: Visit, axe: str) -> list[str]:
    """What axe-core finds wrong with what is shown now."""
    made.page.evaluate(axe)
    asked = {"runOnly": RULES, "resultTypes": ["violations"]}
    found: Any = made.page.evaluate("asked => axe.run(document, asked)", asked)
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


def _list(made: Visit) -> None:
    made.listen_as("u0020")


def _stranger(made: Visit) -> None:
    made.page.click("#stranger")
    made.settle()
    made.page.locator("[data-act=like]").first.click()
    made.page.wait_for_selector("#past button")
    made.settle()


def _record(made: Visit) -> None:
    made.page.locator(".card .open").nth(2).click()
    made.page.wait_for_selector("#record .speakers")
    made.page.wait_for_selector("#record .shelf button")
    made.page.select_option("#against", index=2)
    made.page.wait_for_selector("#record [aria-live] .amounts")
    made.page.click("#record summary")


def _search(made: Visit) -> None:
    made.page.fill("#search [type=search]", "rain 雨")
    made.page.keyboard.press("Enter")
    made.until("document.querySelectorAll('.reasons li').length > 0")


def _listeners(made: Visit) -> None:
    made.page.click("#listener-open")
    made.page.wait_for_selector(".person")


def _together(made: Visit) -> None:
    _listeners(made)
    made.page.get_by_label(made.say("listener.many")).check()
    made.page.locator(".person input").first.check()


def _adding(made: Visit) -> None:
    made.page.click("#add-open")
    made.page.set_input_files("#add [name=image]", str(next((made.site.shop / "images").iterdir())))
    made.page.wait_for_selector("#add .picked .link")


def _filters(made: Visit) -> None:
    made.page.locator(".facet summary").first.click()
    made.page.locator(".facet[open] input[type=checkbox]").first.check()
    made.settle()


def _trouble(made: Visit) -> None:
    made.expected = ("ERR_FAILED", "events")
    made.page.route("**/v1/events", lambda route: route.abort())
    made.page.locator("[data-act=like]").first.click()
    made.page.wait_for_selector(".toast.bad")
    made.page.locator(".card .play").first.click()
    made.page.wait_for_selector("#dock:not([hidden])")


VIEWS: dict[str, Callable[[Visit], None]] = {
    "list": _list, "stranger": _stranger, "record": _record, "search": _search,
    "listeners": _listeners, "together": _together, "adding": _adding, "filters": _filters,
    "trouble": _trouble,
}  # fmt: skip


LOOKS = {"en-light-desk": ("en", "light", DESK), "zh-dark-phone": ("zh", "dark", PHONE)}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_open_to_everybody(visit: Open, axe: str, view: str, look: str) -> None:
    lang, theme, size = LOOKS[look]
    made = visit(lang, theme=theme, size=size)
    VIEWS[view](made)
    assert violations(made, axe) == []
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert made.page.evaluate(wide)  # nothing is cut off or scrolls sideways


@pytest.mark.parametrize("look", LOOKS)
def test_the_operators_view_is_open_to_everybody(visit: Open, axe: str, look: str) -> None:
    lang, theme, size = LOOKS[look]
    made = visit(lang, "/operator", theme=theme, size=size)
    made.page.wait_for_selector("[data-panel='op.latency'] svg", timeout=10_000)
    assert violations(made, axe) == []
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert made.page.evaluate(wide)


def test_the_language_is_switched_and_remembered(visit: Open) -> None:
    made = visit("en")
    made.listen_as("u0021")
    made.page.click("#language")
    made.page.wait_for_selector("html[lang=zh-Hans] .card[data-item]")
    made.settle()
    assert "u0021" in made.page.inner_text("#whose") and "为" in made.page.inner_text("#whose")
    assert made.page.url == made.site.address + "/"
    made.page.goto("/operator")
    assert made.page.get_attribute("html", "lang") == "zh-Hans"


def test_light_and_dark_are_switched_and_remembered(visit: Open) -> None:
    made = visit(theme="light")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = made.page.evaluate(paper)
    made.page.click("#theme")
    dark = made.page.evaluate(paper)
    assert light != dark and made.page.get_attribute("#theme", "aria-pressed") == "true"
    made.page.reload()
    assert made.page.evaluate(paper) == dark
    assert made.page.get_attribute("html", "data-theme") == "dark"


@BOTH
def test_titles_in_another_language_say_so(visit: Open, lang: str) -> None:
    made = visit(lang)
    made.listen_as("u0022")
    for title in made.page.locator(".card .open").all():
        text = title.inner_text()
        han = any("\u4e00" <= letter <= "\u9fff" for letter in text)
        other = {"en": "zh-Hans" if han else None, "zh": None if han else "en"}[lang]
        assert title.get_attribute("lang") == other


def test_the_keyboard_reaches_the_list_at_once(visit: Open) -> None:
    made = visit()
    made.page.keyboard.press("Tab")
    assert made.page.evaluate("document.activeElement.className") == "skip-link"
    box = made.page.locator(".skip-link").bounding_box()
    assert box is not None and box["y"] >= 0  # it is seen once it has the focus
    made.page.keyboard.press("Enter")
    assert made.page.evaluate("document.activeElement.id") == "main"


def test_every_stop_of_the_keyboard_is_seen(visit: Open) -> None:
    made = visit()
    seen = set()
    for _ in range(40):
        made.page.keyboard.press("Tab")
        width, place = made.page.evaluate(
            """() => { const at = document.activeElement, style = getComputedStyle(at);
            const around = at.closest('.search, .pick') ?? at, outer = getComputedStyle(around);
            const marked = style.outlineStyle !== 'none' || outer.outlineStyle !== 'none'
              || outer.boxShadow !== 'none';
            return [marked, at.id || at.className || at.name]; }"""
        )
        assert width, f"the focus on {place} cannot be seen"
        seen.add(place)
    assert {"listener-open", "weigh-image", "variety"} <= seen


def test_motion_is_left_out_where_it_is_not_wanted(visit: Open) -> None:
    made = visit(motion="reduce")
    made.page.eval_on_selector(
        "#weigh-text", "e => { e.value = '2'; e.dispatchEvent(new Event('input')); }"
    )
    made.settle()
    assert made.page.evaluate("document.getAnimations().length") == 0


@BOTH
def test_changes_of_the_list_are_told_to_who_cannot_see_them(visit: Open, lang: str) -> None:
    made = visit(lang)
    made.listen_as("u0023")
    said = made.page.inner_text("#said")
    first = made.page.locator(".card .open").first.inner_text()
    assert said.strip() == made.say("list.count", n=24, title=first)


def test_the_site_is_named(visit: Open, site: Site) -> None:
    assert visit().page.title() == f"{site.shop.name} · prismrec"
