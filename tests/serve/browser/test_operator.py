"""The operator's view, signing in, and the sums that the page does itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serve.browser.sites import Open, Site, prismrec, serving

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("lang", ["en", "zh"])


@BOTH
def test_the_operator_sees_how_the_server_is(visit: Open, site: Site, lang: str) -> None:
    made = visit(lang, "/operator")
    made.page.wait_for_selector("[data-panel='op.traffic'] svg", timeout=10_000)
    status = site.ask("/v1/status")
    for _ in range(5):
        site.recommended("u0001")
    tiles = made.page.inner_text("#tiles")
    for key in ("items", "users"):
        assert made.say(f"op.{key}") in tiles and f"{status[key]:,}" in tiles
    assert made.say("op.ready") in made.page.inner_text("#state")
    route = made.page.locator("[data-panel='op.routes']").get_by_text("POST /v1/recommendations")
    route.wait_for()
    for modality, part in status["coverage"].items():
        row = made.page.locator(f"[data-panel='op.coverage'] .tone-{modality}")
        assert made.say(f"mod.{modality}") in row.inner_text()
        assert str(round(part["encoded"] * status["items"])) in row.inner_text()
    missing = status["quality"]["problems"].get("file.missing")
    if missing:
        quality = made.page.inner_text("[data-panel='op.quality']")
        assert made.say("op.problem-file.missing") in quality and str(missing) in quality
    details = made.page.locator("[data-panel='op.latency'] details")
    details.locator("summary").click()
    made.page.locator("#pause").focus()
    made.page.wait_for_timeout(2300)
    assert details.get_attribute("open") is not None  # what is open stays open
    made.page.click("#pause")
    assert made.page.inner_text("#pause") == made.say("op.go-on")


@BOTH
def test_the_operator_changes_the_version_and_goes_back(visit: Open, site: Site, lang: str) -> None:
    made = visit(lang, "/operator")
    made.page.on("dialog", lambda dialog: dialog.accept())
    made.page.wait_for_selector("[data-version]")
    live = site.ask("/v1/status")["version"]
    other = next(v["id"] for v in site.ask("/v1/models")["versions"] if v["id"] != live)
    row = made.page.locator(f"[data-version='{other}']")
    row.get_by_role("button", name=made.say("op.activate-this", id=other)).click()
    row.locator(".live").wait_for()
    assert site.ask("/v1/status")["version"] == other
    made.page.get_by_text(made.say("op.activated", id=other)).wait_for()
    back = made.page.locator(f"[data-version='{live}']").get_by_role("button")
    back.click()
    made.page.locator(f"[data-version='{live}'] .live").wait_for()
    assert site.ask("/v1/status")["version"] == live


@pytest.fixture(scope="module")
def locked(shop: Path) -> Iterator[Site]:
    """The same shop, for those with a key only."""
    import json

    database = f"sqlite:///{shop.parent / 'locked.db'}"
    made = prismrec(
        "keys", "add", "page", "--scopes", "read,write,admin", "--database", database, "--json"
    )
    key = next(v for v in json.loads(made).values() if str(v).startswith("prk_"))
    with serving(shop, "--database", database, key=key) as found:
        yield found


@BOTH
def test_signing_in_and_out(visit: Open, locked: Site, lang: str) -> None:
    made = visit(lang, at=locked, settled=False)
    made.expected = ("401",)
    form = made.page.locator("#signin[open]")
    form.wait_for()
    assert made.page.locator(".card[data-item]").count() == 0
    made.page.keyboard.press("Escape")
    made.page.get_by_label(made.say("signin.key")).fill("prk_wrong_wrong")
    made.page.keyboard.press("Enter")
    made.page.get_by_text(made.say("signin.wrong")).wait_for()
    made.page.get_by_label(made.say("signin.key")).fill(locked.key)
    made.page.keyboard.press("Enter")
    made.page.wait_for_selector(".card[data-item]")
    made.settle()
    assert locked.key not in str(
        made.page.evaluate("document.cookie + JSON.stringify(localStorage)")
    )
    assert made.page.locator(".card img").first.evaluate("e => e.complete") is True
    made.page.reload()
    made.page.wait_for_selector(".card[data-item]")
    made.page.get_by_role("button", name=made.say("sign-out")).click()
    form.wait_for()
    assert made.page.locator(".card[data-item]").count() == 0


def run(made: Any, module: str, code: str) -> Any:
    """The value of some code that sees what a module exports as `m`."""
    place = "document.body.dataset.static"
    return made.page.evaluate(
        f"async () => {{ const m = await import(`${{{place}}}/js/{module}`); {code} }}"
    )


def test_quantiles_come_from_buckets(visit: Open) -> None:
    made = visit(path="/operator")
    code = """
      const even = new Map([[0.01, 50], [0.1, 100], [Infinity, 100]]);
      return [m.quantile(even, .25), m.quantile(even, .5), m.quantile(even, .75),
        m.quantile(even, .99),
        m.quantile(new Map(), .5), m.quantile(new Map([[0.01, 0], [Infinity, 4]]), .5)];"""
    assert run(made, "prometheus.js", code) == pytest.approx(
        [5, 10, 55, 98.2, None, 10], nan_ok=True
    )


def test_metrics_are_read_as_prometheus_writes_them(visit: Open) -> None:
    made = visit(path="/operator")
    text = (
        "# HELP x y\n"
        'prismrec_requests_total{route="/v1/search",method="POST",status="200"} 7.0\n'
        'prismrec_requests_total{route="/v1/status",method="GET",status="200"} 90.0\n'
        'prismrec_requests_total{route="/v1/search",method="POST",status="503"} 2.0\n'
        'prismrec_request_seconds_sum{route="/v1/search",method="POST"} 1.5\n'
    )
    code = f"const t = m.taken({text!r}); return [t.count, t.errors, t.routes];"
    row = {"route": "POST /v1/search", "count": 9, "seconds": 1.5}
    assert run(made, "prometheus.js", code) == [9, 2, [row]]


def test_axes_end_at_round_numbers(visit: Open) -> None:
    made = visit(path="/operator")
    values = run(made, "charts.js", "return [0, .3, 1, 1.2, 3, 7, 99, 101].map(m.ceiling);")
    assert values == [1, 0.5, 1, 2, 5, 10, 100, 200]


def test_times_are_told_in_two_parts(visit: Open) -> None:
    made = visit(path="/operator")
    told = run(made, "status.js", "return [0, 40, 61, 720, 15120, 273600].map(m.lasting);")
    assert told == ["0 s", "40 s", "1 min", "12 min", "4 h 12 min", "3 d 4 h"]


def test_shares_are_ordered_and_averaged(visit: Open) -> None:
    made = visit()
    code = """return [m.mean([{image: 1}, {text: .5, image: .5}, {}]),
      m.ordered({popularity: 1, zeta: 1, audio: 1, alpha: 1, image: 1}), m.tone("zeta")];"""
    mean, order, tone = run(made, "tones.js", code)
    assert mean == {"image": 0.75, "text": 0.25}
    assert order == ["image", "audio", "popularity", "alpha", "zeta"] and tone == "tone-other"


@pytest.mark.parametrize(("lang", "part"), [("en", "black"), ("zh", "黑色")])
def test_of_words_in_two_languages_one_is_shown(visit: Open, lang: str, part: str) -> None:
    made = visit(lang)
    told = run(made, "words.js", "return [m.tail('black 黑色'), m.tail('plain'), m.tail('海')];")
    assert told == [part, "plain", "海"]
