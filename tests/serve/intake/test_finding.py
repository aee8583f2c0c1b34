"""A catalogue that grows is searched all the while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from prismrec.data.shop import Media, Shop
from prismrec.encoders.choice import encoder_of
from prismrec.errors import BadData, BadMedia, PrismrecError
from prismrec.search import Request, Searcher
from prismrec.serve.intake import Finder, Intake, NotReady, Readers, Uploads
from prismrec.serve.intake import finding as module
from prismrec.serve.values import Item
from prismrec.store.memory import MemoryStore
from prismrec.types import Floats
from serve.intake.making import a_picture, a_sound

PATIENCE = 20.0
CHEAP = {"image": ("pixels", "colour-names"), "text": ("tfidf",), "audio": ("mfcc",)}


def with_item(shop: Shop, item: Item) -> Shop:
    values = {**item.media, "text": item.text}
    return replace(
        shop,
        item_ids=shop.item_ids.extended([item.item]),
        titles=(*shop.titles, item.title),
        item_media={
            name: Media(name, (*old.values, values.get(name)))
            for name, old in shop.item_media.items()
        },
    )


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.005)


class Gate:
    """A store whose look-ups wait until it is opened, and fail as often as they are told to."""

    def __init__(self) -> None:
        self.inner, self.open, self.failures = MemoryStore(), threading.Event(), 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def get_many(self, keys: Any) -> dict[str, Floats]:
        assert self.open.wait(PATIENCE)
        if self.failures:
            self.failures -= 1
            raise BadData("the store cannot be used now; try again")
        return self.inner.get_many(keys)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def finder(shop: Shop, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Finder]:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.02)
    out = Finder(shop, CHEAP, store=gate)
    yield out
    gate.open.set()
    out.close()


def ready(finder: Finder, shop: Shop) -> None:
    finder.warm()
    finder.grow(shop).result(PATIENCE)


def test_nothing_is_found_before_it_is_ready(finder: Finder, gate: Gate, shop: Shop) -> None:
    with pytest.raises(NotReady, match="warming"):
        finder(Request("ruby"))
    finder.warm()
    finder.warm()
    assert not finder.ready
    with pytest.raises(PrismrecError, match="ask again"):
        finder(Request("ruby"))
    gate.open.set()
    ready(finder, shop)
    assert finder.ready
    assert finder.state == "ready"
    assert finder(Request("ruby"))[0].item == "ruby"


def test_a_posted_item_is_found_by_its_words_its_colour_and_its_sound(
    finder: Finder, gate: Gate, shop: Shop
) -> None:
    gate.open.set()
    ready(finder, shop)
    uploads = Uploads(shop.path)
    picture, sound = a_picture((128, 0, 128)), a_sound(3000.0)
    told: list[Mapping[str, Floats]] = []
    readers = Readers({m: encoder_of(CHEAP[m][0], m) for m in CHEAP})
    intake = Intake(
        shop, readers, store=gate, done=lambda item, row, v: told.append(v), uploads=uploads
    )
    media = {"image": uploads.put(picture), "audio": uploads.put(sound)}
    item = Item("plum", "A plum", "a zorblax 在紫色的夜里", media=media)
    assert intake.wait(intake.submit(item, 4), PATIENCE).encoded == ("image", "text", "audio")
    finder.grow(with_item(shop, item)).result(PATIENCE)
    intake.close()
    for request in (
        Request("zorblax"),
        Request("plum"),
        Request("夜里"),
        Request("紫色的封面"),
        Request("a purple cover"),
        Request(image=picture),
        Request(audio=sound),
    ):
        assert finder(request, k=1)[0].item == "plum", request.text
    assert {*told[0]} == {"image", "text", "audio"}


def test_it_equals_a_new_searcher(finder: Finder, gate: Gate, shop: Shop) -> None:
    gate.open.set()
    ready(finder, shop)
    later = with_item(shop, Item("oak", "Oak", "the old oak by the river"))
    finder.grow(later).result(PATIENCE)
    fresh = Searcher(later, CHEAP, store=MemoryStore())
    for request in (Request("river"), Request("风筝"), Request(image=a_picture())):
        mine, other = (
            [(h.item, round(h.score, 5)) for h in ask(request)] for ask in (finder, fresh)
        )
        assert mine == other


def test_rows_that_may_not_be_returned_are_not(finder: Finder, gate: Gate, shop: Shop) -> None:
    gate.open.set()
    ready(finder, shop)
    hits = finder(Request(image=a_picture((200, 10, 10))), only=np.array([1, 3]))
    assert {hit.item for hit in hits} == {"leaf", "sun"}


def test_searching_goes_on_while_the_catalogue_grows(
    finder: Finder, gate: Gate, shop: Shop
) -> None:
    gate.open.set()
    ready(finder, shop)
    gate.open.clear()
    later = finder.grow(with_item(shop, Item("oak", "Oak", "a zorblax")))
    assert finder(Request("ruby"))[0].item == "ruby"
    assert not later.done()
    gate.open.set()
    later.result(PATIENCE)
    assert finder(Request("zorblax"))[0].item == "oak"


def test_of_many_states_the_last_is_prepared(finder: Finder, gate: Gate, shop: Shop) -> None:
    gate.open.set()
    ready(finder, shop)
    futures = []
    for number in range(20):
        shop = with_item(shop, Item(f"n{number}", f"N{number}", f"word{number}x"))
        futures.append(finder.grow(shop))
    for future in futures:
        future.result(PATIENCE)
    for number in (0, 19):
        assert finder(Request(f"word{number}x"), k=1)[0].item == f"n{number}"


def test_a_store_that_fails_is_asked_again(finder: Finder, gate: Gate, shop: Shop) -> None:
    gate.failures = 2
    gate.open.set()
    finder.warm()
    finder.grow(shop).result(PATIENCE)
    assert gate.failures == 0
    assert finder.state == "ready"
    gate.failures = 10**9
    later = finder.grow(with_item(shop, Item("oak", "Oak", "a zorblax")))
    until(lambda: "stays behind: the store cannot be used now" in finder.state)
    assert not later.done()
    assert finder(Request("ruby"))[0].item == "ruby"
    gate.failures = 0
    later.result(PATIENCE)
    assert finder(Request("zorblax"))[0].item == "oak"
    assert finder.state == "ready"


def test_what_cannot_be_read_is_told_to_who_asked(finder: Finder, gate: Gate, shop: Shop) -> None:
    gate.open.set()
    ready(finder, shop)
    with pytest.raises(BadMedia):
        finder(Request(image=b"broken"))
    with pytest.raises(BadData, match="nothing in the request"):
        finder(Request("的"))


def test_closing_ends_what_waits(shop: Shop, gate: Gate) -> None:
    finder = Finder(shop, CHEAP, store=gate)
    waiting = finder.grow(shop)
    finder.close()
    with pytest.raises(NotReady, match="stopped"):
        waiting.result(PATIENCE)


def test_what_is_known_is_not_read_again(finder: Finder, gate: Gate, shop: Shop) -> None:
    gate.open.set()
    ready(finder, shop)
    for name in ("ruby", "leaf", "sky", "sun"):
        (shop.path / f"images/{name}.png").unlink()
    finder.grow(with_item(shop, Item("oak", "Oak", "a zorblax"))).result(PATIENCE)
    assert finder(Request(image=a_picture((200, 10, 10))), modalities=("image",))[0].item == "ruby"


def test_what_texts_teach_is_learnt_anew_when_the_catalogue_has_grown(
    finder: Finder, gate: Gate, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, bool]] = []
    grown = Searcher.grown

    def spy(self: Searcher, later: Shop, *, learn_again: bool = False) -> Searcher:
        asked.append((len(later.item_ids), learn_again))
        return grown(self, later, learn_again=learn_again)

    monkeypatch.setattr(Searcher, "grown", spy)
    monkeypatch.setattr(module, "LEARN_AGAIN", 1.3)
    gate.open.set()
    ready(finder, shop)
    asked.clear()
    for number in range(3):  # five items of four are a quarter more, six are half
        shop = with_item(shop, Item(f"n{number}", "New", "a text"))
        finder.grow(shop).result(PATIENCE)
    assert asked == [(5, False), (6, False), (6, True), (7, False)]


def test_words_are_answered_while_pictures_are_still_read(
    shop: Shop, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, gone_on = threading.Event(), threading.Event()
    inner = encoder_of("pixels", "image")

    class Slow:
        def __getattr__(self, name: str) -> Any:
            return getattr(inner, name)

        def __call__(self, media: Any) -> Floats:
            entered.set()
            assert gone_on.wait(PATIENCE)
            return inner(media)

    gate.open.set()
    finder = Finder(shop, {**CHEAP, "image": (Slow(), "colour-names")}, store=gate)
    whole = finder.grow(shop)
    finder.warm()
    try:
        assert entered.wait(PATIENCE)
        assert not finder.ready
        assert finder(Request("风筝"), k=1)[0].item == "sky"
        assert finder(Request("风筝"), only=np.array([0]))[0].item != "sky"
        for request in (
            Request(image=a_picture()),
            Request("ruby", audio=a_sound()),
            Request("的"),
        ):
            with pytest.raises(NotReady):
                finder(request)
        with pytest.raises(NotReady):
            finder(Request("a ruby"), modalities=("image",))
        with pytest.raises(NotReady):
            finder(Request("a red cover"))
    finally:
        gone_on.set()
    whole.result(PATIENCE)
    assert finder.ready
    assert finder(Request("a red cover"))[0].item == "ruby"
    finder.close()
