"""Journeys around one record: why it is there, what is like it, search, and a new one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from serve.browser.sites import Open, Site, Visit

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("lang", ["en", "zh"])
# Puts a file onto an element as a mouse would, since a driver cannot drag from a desktop.
DROP = """(target, [name, type, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name, { type }));
  for (const kind of ["dragenter", "dragover", "drop"]) {
    target.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
  }
}"""


def drop(made: Visit, selector: str, file: Path, kind: str) -> None:
    import base64

    data = base64.b64encode(file.read_bytes()).decode()
    made.page.eval_on_selector(selector, DROP, [file.name, kind, data])


def a_file(site: Site, medium: str) -> Path:
    """A picture or a sound of a record whose medium can be read."""
    items = site.ask("/v1/items?k=60")["items"]
    item = next(each["item"] for each in items if medium in each["encoded"])
    folder = {"image": "images", "audio": "audio"}[medium]
    return next((site.shop / folder).glob(f"{item}.*"))


@BOTH
def test_a_record_says_why_it_is_recommended(visit: Open, lang: str) -> None:
    made = visit(lang)
    made.listen_as("u0005")
    item = made.cards()[1]
    made.page.locator(".card .open").nth(1).click()
    made.page.wait_for_selector("#record .speakers")
    told = made.site.ask("/v1/explanations", {"person": {"user": "u0005"}, "item": item})
    bars = made.page.locator("#record .amounts").first.locator(".amount")
    assert bars.count() == len(told["by_modality"])
    for name, adds in told["by_modality"].items():
        bar = made.page.locator("#record .amounts").first.locator(f".tone-{name}")
        assert bar.locator(".name").inner_text() == made.say(f"mod.{name}")
        shown = bar.locator(".n").inner_text().replace("+", "").replace("−", "-")
        assert float(shown) == pytest.approx(adds, abs=0.0051)
    place = made.page.locator("#record .part .note").first.inner_text()
    assert str(told["place"]) in place and str(told["of"]) in place
    titles = made.page.locator(".speaker h4").all_inner_texts()
    assert titles == [past["title"] for past in told["past"][: len(titles)]]
    assert made.page.locator(".speaker li").count() > 0
    made.page.keyboard.press("Escape")
    focus = "document.activeElement.closest('.card').dataset.item"
    assert made.page.evaluate(focus) == item


@BOTH
def test_a_record_says_why_it_is_ahead_of_another(visit: Open, lang: str) -> None:
    made = visit(lang)
    made.listen_as("u0008")
    item, other = made.cards()[0], made.cards()[5]
    made.page.locator(".card .open").first.click()
    made.page.get_by_label(made.say("record.against-pick")).select_option(other)
    answer = made.page.locator("#record [aria-live] p").first
    answer.wait_for()
    title = {each: made.site.ask(f"/v1/items/{each}")["title"] for each in (item, other)}
    said = made.say("record.ahead", title=title[item], other=title[other])
    assert answer.inner_text() == said


@BOTH
def test_what_is_like_a_record_as_a_whole_and_by_each_modality(visit: Open, lang: str) -> None:
    made = visit(lang)
    made.listen_as("u0009")
    items = made.site.ask("/v1/items?k=60")["items"]
    full = {each["item"] for each in items if len(each["encoded"]) == 3}
    place = next(n for n, item in enumerate(made.cards()) if item in full)
    item = made.cards()[place]
    made.page.locator(".card .open").nth(place).click()
    for modality in ("", "image", "text", "audio"):
        made.page.click(f"#record .tabs [data-way='{modality}']")
        query = f"?k=8&modality={modality}" if modality else "?k=8"
        found = made.site.ask(f"/v1/items/{item}/similar{query}")["items"]
        titles = [each["title"] for each in found]
        shown = "[...document.querySelectorAll('.shelf .title')].map(each => each.textContent)"
        made.until(f"JSON.stringify({shown}) === JSON.stringify({titles!r})")
    first = made.page.locator(".shelf button .title").first.inner_text()
    made.page.locator(".shelf button").first.click()
    made.until(f"document.querySelector('#record-title').textContent === {first!r}")


@pytest.mark.parametrize(("lang", "words"), [("en", "ocean"), ("zh", "铁路")])
def test_search_by_words(visit: Open, lang: str, words: str) -> None:
    made = visit(lang)
    made.page.get_by_role("searchbox", name=made.say("search.label")).fill(words)
    made.page.keyboard.press("Enter")
    made.until("document.querySelectorAll('.reasons li').length > 0")
    asked = made.site.ask(f"/v1/search?k=24&text={_quoted(words)}")
    assert made.cards() == [hit["item"] for hit in asked["hits"]]
    assert made.say("search.title", what=words) == made.page.inner_text("#list-title")
    assert made.page.locator(".booth").is_hidden()  # no taste is weighed here
    made.page.click("#search-end")
    made.settle()
    assert made.page.locator(".booth").is_visible() and made.page.locator(".reasons").count() == 0


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text)


@BOTH
@pytest.mark.parametrize("medium", ["image", "audio"])
def test_search_by_a_file_that_is_chosen(visit: Open, lang: str, medium: str) -> None:
    made = visit(lang)
    file = a_file(made.site, medium)
    made.page.set_input_files(f"#search [name={medium}]", str(file))
    made.until("document.querySelectorAll('.reasons li').length > 0")
    assert made.cards()[0] == file.stem  # nothing is more like it than itself
    made.page.get_by_role("button", name=made.say("search.detach", name=file.name)).click()
    made.settle()
    assert made.page.locator(".booth").is_visible()


def test_search_by_a_file_that_is_dropped(visit: Open) -> None:
    made = visit()
    file = a_file(made.site, "image")
    drop(made, "main", file, "image/jpeg")
    made.until("document.querySelectorAll('.reasons li').length > 0")
    assert made.cards()[0] == file.stem
    assert made.page.locator("#drop").is_hidden()


def test_a_file_of_another_kind_is_refused(visit: Open, tmp_path: Path) -> None:
    made = visit()
    (tmp_path / "list.txt").write_text("nothing to see")
    drop(made, "main", tmp_path / "list.txt", "text/plain")
    wrong = made.page.locator(".toast.bad p")
    assert wrong.inner_text() == made.say("search.wrong-type", name="list.txt")
    assert made.page.locator(".booth").is_visible()


def add(made: Visit, title: str, **media: Path) -> None:
    made.page.click("#add-open")
    made.page.get_by_label(made.say("add.name"), exact=True).fill(title)
    for medium, file in media.items():
        made.page.set_input_files(f"#add [name={medium}]", str(file))


@BOTH
def test_a_new_record_is_found_in_a_list_a_moment_later(visit: Open, lang: str) -> None:
    made = visit(lang)
    title = {"en": "Harbour Lights", "zh": "港湾的灯"}[lang]
    add(made, title, image=a_file(made.site, "image"))
    drop(made, "#add .zone:has([name=audio])", a_file(made.site, "audio"), "audio/flac")
    made.page.fill("#add [name=artist]", "Ines Tide")
    made.page.fill(
        "#add [name=text]", "A harbour at dusk: slow bells, fog and boats. 港湾，雾，钟声。"
    )
    made.page.wait_for_selector("#add .zone canvas:not(.wave)")
    made.page.wait_for_selector("#add .zone canvas.wave")
    listen = made.page.get_by_role("button", name=made.say("add.listen"), exact=True)
    listen.click()
    made.page.get_by_role("button", name=made.say("act.stop"), exact=True).click()
    with made.page.expect_response("**/v1/items/new-*") as put:
        made.page.get_by_role("button", name=made.say("add.do"), exact=True).click()
    answer = put.value.json()
    assert sorted(answer["encoded"]) == ["audio", "image", "text"]
    seen = made.page.locator(".lists button").first
    seen.wait_for(timeout=15_000)
    user = seen.get_attribute("data-user")
    assert made.say("add.see", user=user) in seen.inner_text()
    assert answer["item"] in made.site.recommended(str(user), k=20)
    seen.click()
    card = made.page.locator(f".card.found[data-item={answer['item']}]")
    card.wait_for()
    assert made.page.inner_text("#whose") == made.say("who.user", user=user)
    assert card.locator(".open").inner_text() == title
    assert card.locator(".cover img").evaluate("e => e.complete && e.naturalWidth > 0")


@BOTH
def test_a_new_record_can_be_taken_out_again(visit: Open, lang: str) -> None:
    made = visit(lang)
    add(made, "Soon Gone")
    with made.page.expect_response("**/v1/items/new-*") as put:
        made.page.get_by_role("button", name=made.say("add.do"), exact=True).click()
    made.page.get_by_role("button", name=made.say("add.remove")).click()
    made.page.wait_for_selector("#add", state="hidden")
    made.settle()
    item = put.value.json()["item"]
    ids = [each["item"] for each in made.site.ask("/v1/items?k=200")["items"]]
    assert item not in ids


@BOTH
def test_a_damaged_picture_is_refused_in_the_form(visit: Open, lang: str, tmp_path: Path) -> None:
    made = visit(lang)
    made.expected = ("/v1/items/new-", "status of 4")
    (tmp_path / "torn.jpg").write_bytes(b"\xff\xd8\xff\xe0 torn")
    add(made, "Torn", image=tmp_path / "torn.jpg")
    made.page.get_by_text(made.say("add.unreadable-picture")).wait_for()
    made.page.get_by_role("button", name=made.say("add.do"), exact=True).click()
    wrong = made.page.locator("#add .wrong")
    made.until("document.querySelector('#add .wrong').textContent !== ''")
    assert wrong.inner_text().startswith(made.words["add.wrong"].partition("{")[0])
    assert made.page.locator("#add form .primary").is_enabled()  # it can be corrected and sent
    assert made.page.input_value("#add [name=title]") == "Torn"


def test_titles_are_text_and_never_markup(visit: Open, site: Site) -> None:
    evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>{{3*3}}'
    body = {"title": evil, "text": evil, "columns": {"artist": evil}}
    site.ask("/v1/items/evil", body, method="PUT")
    try:
        made = visit()
        made.page.get_by_role("searchbox").fill("img onerror script")
        made.page.keyboard.press("Enter")
        made.page.locator(".card[data-item=evil] .open").click()
        made.page.wait_for_selector("#record .shelf li")
        assert made.page.inner_text("#record-title") == evil
        made.page.keyboard.press("Escape")
        assert made.page.locator("[onerror], main script").count() == 0
        assert made.page.title() not in ("1", "2")
    finally:
        site.ask("/v1/items/evil", method="DELETE")


def test_a_record_without_a_picture_is_drawn_always_alike(visit: Open) -> None:
    made = visit()
    script = """async () => {
      const { drawn } = await import(`${document.body.dataset.static}/js/drawn.js`);
      const names = Array.from({ length: 40 }, (_, n) => `r${n}`);
      const all = names.map((name) => drawn(name).outerHTML);
      const again = names.map((name) => drawn(name).outerHTML);
      return [new Set(all).size, JSON.stringify(all) === JSON.stringify(again)];
    }"""
    result: Any = made.page.evaluate(script)
    assert result == [40, True]
