"""Journeys through the list: listeners, weights, filters, what is done with a record, sounds."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from serve.browser.sites import Open, Site, Visit

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("lang", ["en", "zh"])


def set_slider(made: Visit, name: str, value: float) -> None:
    made.page.eval_on_selector(
        f"#{name}", "(e, v) => { e.value = v; e.dispatchEvent(new Event('input')); }", str(value)
    )


def act(made: Visit, what: str, place: int = 0) -> str:
    """Do something with the record at a place of the list; gives its identifier."""
    item = made.cards()[place]
    with made.page.expect_response("**/v1/events"):
        made.page.locator(".card").nth(place).locator(f"[data-act={what}]").click()
    made.page.wait_for_selector(f".card[data-item={item}]", state="detached")
    made.settle()
    return item


@BOTH
def test_a_listener_is_found_and_their_list_shown(visit: Open, lang: str) -> None:
    made = visit(lang)
    assert made.page.get_attribute("html", "lang") == {"en": "en", "zh": "zh-Hans"}[lang]
    made.page.click("#listener-open")
    made.page.get_by_label(made.say("listener.find")).fill("u0007")
    made.until("document.querySelectorAll('.person').length === 1")
    events = made.site.ask("/v1/users?text=u0007")["users"][0]["events"]
    assert str(events) in made.page.inner_text(".person")
    made.page.click("[data-user=u0007]")
    made.settle()
    assert made.page.inner_text("#whose") == made.say("who.user", user="u0007")
    assert made.cards() == made.site.recommended("u0007")
    assert made.page.evaluate("document.activeElement.id") == "whose"
    made.page.reload()
    made.settle()
    assert made.page.inner_text("#whose") == made.say(
        "who.user", user="u0007"
    )  # as long as the tab


@BOTH
def test_several_listen_together(visit: Open, lang: str) -> None:
    made = visit(lang)
    made.page.click("#listener-open")
    made.page.get_by_label(made.say("listener.many")).check()
    button = made.page.locator(".many .primary")
    assert button.is_disabled()
    for user in ("u0003", "u0004"):
        made.page.check(f".person input[value={user}]")
    made.page.get_by_label(made.say("listener.least-misery")).check()
    button.click()
    made.settle()
    people = [{"user": "u0003"}, {"user": "u0004"}]
    asked = {"people": people, "k": 24, "together": "least-misery"}
    answer = made.site.ask("/v1/recommendations", asked)
    assert made.cards() == [each["item"] for each in answer["items"]]
    title = made.page.inner_text("#whose")
    assert "u0003" in title and "u0004" in title


@BOTH
def test_a_stranger_builds_a_history(visit: Open, lang: str) -> None:
    made = visit(lang)
    made.page.click("#stranger")
    made.settle()
    assert made.page.inner_text("#by") == made.say("by.popularity")
    first = made.cards()
    liked = [first[0], first[3]]
    for item in liked:
        made.page.click(f".card[data-item={item}] [data-act=like]")
        made.page.wait_for_selector(f".card[data-item={item}]", state="detached")
        made.settle()
    assert made.page.inner_text("#by") == made.say("by.model")
    assert made.page.locator("#past button").count() == 2
    asked = {"people": [{"history": liked}], "k": 24}
    answer = made.site.ask("/v1/recommendations", asked)
    assert made.cards() == [each["item"] for each in answer["items"]] != first
    made.page.locator("#past button").first.click()  # the last one that was liked leaves again
    made.settle()
    assert made.page.locator("#past button").count() == 1 and liked[1] in made.cards()
    made.page.click("#stranger")
    made.settle()
    assert made.cards() == first


@BOTH
def test_weights_reorder_the_list_and_cards_move(visit: Open, lang: str) -> None:
    made = visit(lang, motion="no-preference")
    made.listen_as("u0005")
    before = made.cards()
    made.page.eval_on_selector_all(".card", "all => all.forEach(card => { card.kept = true; })")
    for name, value in (("image", 0), ("text", 2), ("audio", 0), ("behaviour", 0)):
        set_slider(made, f"weigh-{name}", value)
    made.settle()
    weights = {"image": 0, "text": 2, "audio": 0, "behaviour": 0}
    assert made.cards() == made.site.recommended("u0005", modality_weights=weights) != before
    kept = "all => all.filter(card => card.kept).map(card => card.dataset.item)"
    stayed = made.page.locator(".card").evaluate_all(kept)
    assert set(stayed) == set(before) & set(made.cards())  # the same elements, moved
    assert made.page.evaluate("document.getAnimations().length") > 0
    value = made.page.get_attribute("#weigh-text", "aria-valuetext")
    assert "2.0" in value and made.say("mod.text") in value
    made.page.click("#mix-reset")
    made.settle()
    assert made.cards() == before
    assert made.page.locator("#mix-reset").is_disabled()


def test_a_burst_of_changes_is_one_request(visit: Open) -> None:
    made = visit()
    asked: list[str] = []
    made.page.on("request", lambda r: r.url.endswith("recommendations") and asked.append(r.url))
    made.page.eval_on_selector(
        "#weigh-image",
        """e => { for (let step = 0; step < 12; step++) {
          e.value = step / 10; e.dispatchEvent(new Event("input")); } }""",
    )
    made.settle()
    assert len(asked) == 1


@BOTH
def test_filters_and_variety(visit: Open, lang: str) -> None:
    made = visit(lang)
    made.listen_as("u0006")
    name, values = next(iter(made.site.ask("/v1/facets")["facets"].items()))
    made.page.click(f"[data-column={name}] summary")
    wanted = values[0][0]
    made.page.locator(f"[data-column={name}] input[type=checkbox]").first.check()
    made.settle()
    columns = {"columns": {name: [wanted]}}
    assert made.cards() == made.site.recommended("u0006", where=columns)
    made.page.keyboard.press("Escape")
    made.page.get_by_role("button", name=made.say("filter.drop", name=wanted), exact=True).click()
    made.settle()
    made.page.get_by_label(made.say("filter.stock"), exact=True).check()
    set_slider(made, "variety", 0.8)
    made.settle()
    asked = {"where": {"in_stock": True}, "diversity": 0.8}
    assert made.cards() == made.site.recommended("u0006", **asked)


@pytest.mark.parametrize(
    ("lang", "what"), [("en", "like"), ("zh", "buy"), ("zh", "like"), ("en", "dislike")]
)
def test_what_is_done_changes_the_list_at_once(visit: Open, lang: str, what: str) -> None:
    made = visit(lang)
    user = {"like": "u0010", "buy": "u0011", "dislike": "u0012"}[what]
    made.listen_as(user)
    item = act(made, what, 2)
    assert item not in made.cards()
    assert item not in made.site.recommended(user)
    assert made.page.locator("#said").inner_text()
    made.page.reload()
    made.settle()
    assert item not in made.cards()


def test_a_skip_is_told_and_hides_the_record_here(visit: Open) -> None:
    made = visit()
    made.listen_as("u0013")
    item = act(made, "skip")
    assert item not in made.cards()
    assert item in made.site.recommended("u0013")  # it says nothing of their taste


@BOTH
def test_a_failure_is_told_and_can_be_tried_again(visit: Open, lang: str) -> None:
    made = visit(lang)
    made.expected = ("ERR_FAILED", "/v1/events")
    made.listen_as("u0014")
    made.page.route("**/v1/events", lambda route: route.abort())
    item = made.cards()[0]
    made.page.locator("[data-act=like]").first.click()
    toast = made.page.get_by_role("alert").filter(has_text=made.say("why.offline"))
    toast.wait_for()
    assert made.cards()[0] == item and made.page.locator(".going").count() == 0
    made.page.unroute("**/v1/events")
    toast.get_by_role("button", name=made.say("retry")).click()
    made.page.wait_for_selector(f".card[data-item={item}]", state="detached")
    made.settle()
    assert item not in made.cards() and made.page.locator(".toast").count() == 0


def test_refusals_are_told_in_words(visit: Open) -> None:
    made = visit()
    made.expected = ("429", "503", "403")
    for status, key in ((429, "why.busy"), (503, "why.away"), (403, "why.forbidden")):
        refuse = partial(_refuse, status=status)
        made.page.route("**/v1/recommendations", refuse)
        set_slider(made, "weigh-image", 1.4)
        text = made.words[key].format(n=7)
        made.page.locator(".toast.bad p").filter(has_text=text).wait_for()
        assert made.cards()  # what was there stays


def _refuse(route: Any, _: Any, *, status: int) -> None:
    route.fulfill(status=status, headers={"Retry-After": "7"}, body="{}")


def playing(page: Any) -> int:
    count: int = page.locator(".play.on").count()
    return count


@BOTH
def test_one_sound_plays_at_a_time_and_counts_as_a_view(visit: Open, lang: str) -> None:
    made = visit(lang)
    made.listen_as("u0015")
    told: list[Any] = []
    made.page.on("request", lambda r: r.url.endswith("/v1/events") and told.append(r.post_data))
    plays = made.page.locator(".card .play")
    first = plays.nth(0).get_attribute("data-plays")
    plays.nth(0).click()
    made.page.wait_for_selector("#dock:not([hidden])")
    ring = f"document.querySelector('[data-plays={first}] .gone').getAttribute('stroke-dashoffset')"
    made.until(f"Number({ring}) < 100")
    made.page.wait_for_timeout(1700)
    plays.nth(1).click()
    made.until("document.querySelectorAll('.play.on').length === 1")
    assert plays.nth(1).get_attribute("class") == "play on" and playing(made.page) == 1
    label = plays.nth(1).get_attribute("aria-label")
    made.page.locator("#dock button").click()
    assert playing(made.page) == 0 and made.page.locator("#dock").is_hidden()
    assert plays.nth(1).get_attribute("aria-label") != label
    assert len(told) == 1 and f'"{first}"' in told[0] and '"view"' in told[0]
    act(made, "like", -1)
    assert first in made.cards()  # heard, and still there to be liked


def test_keys_move_between_cards_and_act(visit: Open) -> None:
    made = visit()
    made.listen_as("u0016")
    made.page.keyboard.press("Tab")
    here = "document.activeElement.closest('.card')?.dataset.item"
    made.page.locator(".card .open").first.focus()
    cards = made.cards()
    made.page.keyboard.press("ArrowRight")
    assert made.page.evaluate(here) == cards[1]
    made.page.keyboard.press("ArrowDown")
    across = cards.index(made.page.evaluate(here)) - 1
    assert across > 1
    made.page.keyboard.press("ArrowUp")
    with made.page.expect_response("**/v1/events"):
        made.page.keyboard.press("l")
    made.page.wait_for_selector(f".card[data-item={cards[1]}]", state="detached")
    made.settle()
    assert made.page.evaluate(here) == made.cards()[1]  # the focus went on to the next record


def test_more_are_shown_when_asked_for(visit: Open, site: Site) -> None:
    made = visit()
    made.page.click("#stranger")
    made.settle()
    first = made.cards()
    made.page.click("#more")
    made.until("document.querySelectorAll('.card[data-item]').length > 24")
    assert made.cards()[:24] == first and len(made.cards()) == 48
