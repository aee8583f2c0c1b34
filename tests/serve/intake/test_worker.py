"""Items are encoded as the model was fitted, and nobody waits for a slow encoder."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from prismrec.data.shop import Media, Shop
from prismrec.encoders.choice import encoder_of
from prismrec.encoders.pairs import unpack
from prismrec.errors import BadMedia, BadModel
from prismrec.reduction import Projection
from prismrec.serve.intake import Intake, Readers, Uploads
from prismrec.serve.intake import worker as module
from prismrec.serve.intake.warming import SAMPLES
from prismrec.serve.values import Item
from prismrec.store import Store
from prismrec.store.memory import MemoryStore
from prismrec.store.sqlite import SqliteStore
from prismrec.types import Floats
from serve.intake.making import a_picture, a_sound

PATIENCE = 20.0  # seconds; only a failure takes so long
Told = list[tuple[str, int, dict[str, Floats]]]


@dataclass(eq=False)
class Lengths:
    """Media to the number of their bytes; waits while the gate is shut, fails as it is told."""

    modality: str = "text"
    dim: int = 2
    fingerprint: str = "lengths-00"
    gate: threading.Event = field(default_factory=threading.Event)
    entered: threading.Event = field(default_factory=threading.Event)
    failures: list[Exception] = field(default_factory=list)
    calls: list[bytes] = field(default_factory=list)
    samples: Callable[[Sequence[bytes]], None] = lambda media: None

    def __call__(self, media: Sequence[bytes]) -> Floats:
        if media == [SAMPLES[self.modality]()]:  # what an encoder is warmed with
            self.samples(media)
        else:
            self.entered.set()
            assert self.gate.wait(PATIENCE)
            self.calls += media
            if self.failures:
                raise self.failures.pop(0)
        return np.array([[len(each), 1] for each in media], np.float32)


def opened(modality: str) -> Lengths:
    encoder = Lengths(modality, fingerprint=f"lengths-{modality}")
    encoder.gate.set()
    return encoder


class Desk:
    """An intake, what it told, and its parts."""

    def __init__(self, shop: Shop, store: Store) -> None:
        self.shop, self.store = shop, store
        self.uploads = Uploads(shop.path)
        self.told: Told = []
        self.open: list[Intake] = []

    def intake(self, readers: Readers, done: Callable[..., None] | None = None) -> Intake:
        out = Intake(
            self.shop, readers, store=self.store, done=done or self.done, uploads=self.uploads
        )
        self.open.append(out)
        return out

    def done(self, item: Item, row: int, vectors: Mapping[str, Floats]) -> None:
        self.told.append((item.item, row, dict(vectors)))

    def item(self, name: str = "new", *, text: str | None = "a kite", sound: bool = True) -> Item:
        media = {"image": self.uploads.put(a_picture())}
        if sound:
            media["audio"] = self.uploads.put(a_sound())
        return Item(name, name.title(), text, media=media)


@pytest.fixture
def desk(shop: Shop) -> Iterator[Desk]:
    out = Desk(shop, MemoryStore())
    yield out
    for intake in out.open:
        for encoder in intake.readers.encoders.values():
            if isinstance(encoder, Lengths):
                encoder.gate.set()
        intake.close()


def of(*encoders: Lengths) -> Readers:
    return Readers({encoder.modality: encoder for encoder in encoders})


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.005)


def test_an_item_is_encoded_by_all_its_media_and_told_once(desk: Desk) -> None:
    intake = desk.intake(of(*map(opened, ("image", "text", "audio"))))
    found = intake.wait(intake.submit(desk.item(), 4), PATIENCE)
    assert found == (("image", "text", "audio"), (), {})
    ((name, row, vectors),) = desk.told
    assert (name, row) == ("new", 4)
    assert {m: v.tolist() for m, v in vectors.items()} == {
        "image": [len(a_picture()), 1],
        "text": [6, 1],
        "audio": [len(a_sound()), 1],
    }


def test_equal_to_what_the_whole_shop_is_encoded_to(desk: Desk) -> None:
    specs = {"image": "colour-histogram", "text": "tfidf:dim=64+bm25:dim=64", "audio": "mfcc"}
    readers = Readers({name: encoder_of(spec, name) for name, spec in specs.items()})
    intake = desk.intake(readers)
    all_of = intake.features(desk.shop)
    desk.store = MemoryStore()  # nothing is known there
    alone = desk.intake(readers)
    media = {name: desk.shop.item_media[name].values[0] for name in specs}
    item = Item("ruby", "First", media["text"], media={m: media[m] for m in ("image", "audio")})
    assert alone.wait(alone.submit(item, 0), PATIENCE).encoded == ("image", "text", "audio")
    for name, vector in desk.told[0][2].items():
        np.testing.assert_allclose(vector, all_of[name].values[0], rtol=1e-5, atol=1e-6)


def test_vectors_are_shortened_as_those_of_the_model_were(desk: Desk) -> None:
    half = Projection(np.ones(2, np.float32), np.array([[0.5], [0]], np.float32))
    intake = desk.intake(replace(of(opened("text")), projections={"text": half}))
    intake.wait(intake.submit(Item("new", "New", "a kite"), 4), PATIENCE)
    assert desk.told[0][2]["text"].tolist() == [2.5]
    assert intake.features(desk.shop)["text"].dim == 1


def test_a_slow_encoder_holds_up_neither_the_others_nor_who_waits(desk: Desk) -> None:
    slow = Lengths("audio", fingerprint="slow")
    intake = desk.intake(of(opened("image"), opened("text"), slow))
    first = intake.submit(desk.item("first"), 4)
    until(lambda: intake.state(first).pending == ("audio",))
    assert intake.wait(first, 0.01) == (("image", "text"), ("audio",), {})
    assert [sorted(vectors) for _, _, vectors in desk.told] == [["image", "text"]]
    second = intake.wait(intake.submit(desk.item("second", sound=False), 5), PATIENCE)
    assert second == (("image", "text"), (), {})
    assert intake.waiting["audio"] == 1
    slow.gate.set()
    assert intake.wait(first, PATIENCE).encoded == ("image", "text", "audio")
    assert [(name, sorted(v)) for name, _, v in desk.told] == [
        ("first", ["image", "text"]),
        ("second", ["image", "text"]),
        ("first", ["audio", "image", "text"]),
    ]
    assert intake.waiting["audio"] == 0


def test_an_endpoint_that_was_away_is_asked_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.02)
    text = opened("text")
    text.failures = [BadModel("http://there: no connection"), OSError("reset")]
    intake = desk.intake(of(text))
    ticket = intake.submit(Item("new", "New", "a kite"), 4)
    until(lambda: "text" in intake.state(ticket).problems)
    assert intake.state(ticket).pending == ("text",)
    assert intake.wait(ticket, PATIENCE) == (("text",), (), {})
    assert text.calls == [b"a kite"] * 3
    assert len(desk.told) == 1


def test_while_one_item_is_tried_again_others_go_on(desk: Desk) -> None:
    text = opened("text")
    text.failures = [BadModel("http://there: no connection")]
    intake = desk.intake(of(text))
    first = intake.submit(Item("a", "A", "a kite"), 4)
    until(lambda: "text" in intake.state(first).problems)
    assert intake.wait(intake.submit(Item("b", "B", "a bird"), 5), PATIENCE).encoded == ("text",)
    assert intake.state(first).problems == {"text": "http://there: no connection"}


def test_a_broken_medium_is_told_and_not_tried_again(desk: Desk) -> None:
    image = opened("image")
    image.failures = [BadMedia(0, "not a readable picture")]
    intake = desk.intake(of(image, opened("text")))
    found = intake.wait(intake.submit(desk.item(), 4), PATIENCE)
    assert found == (("text",), (), {"image": "not a readable picture"})
    assert len(image.calls) == 1
    assert [sorted(vectors) for _, _, vectors in desk.told] == [["text"]]


def test_a_medium_that_is_gone_is_told(desk: Desk) -> None:
    intake = desk.intake(of(opened("image")))
    item = Item("new", "New", media={"image": "upload:" + "0" * 64})
    found = intake.wait(intake.submit(item, 4), PATIENCE)
    assert "no longer kept" in found.problems["image"]
    assert desk.told == [("new", 4, {})]


def test_an_item_without_media_is_told_at_once(desk: Desk) -> None:
    intake = desk.intake(of(opened("text")))
    ticket = intake.submit(Item("new", "New"), 4)
    assert desk.told == [("new", 4, {})]
    assert intake.wait(ticket, 0) == ((), (), {})


def test_a_later_submission_takes_the_place_of_one_that_is_pending(desk: Desk) -> None:
    slow = Lengths("text")
    intake = desk.intake(of(slow))
    first = intake.submit(Item("new", "New", "the first text"), 4)
    assert slow.entered.wait(PATIENCE)
    between = intake.submit(Item("new", "New", "the second"), 4)
    second = intake.submit(Item("new", "New", "later"), 4)
    slow.gate.set()
    assert intake.wait(second, PATIENCE).encoded == ("text",)
    assert [vectors["text"][0] for _, _, vectors in desk.told] == [5]
    assert slow.calls == [b"the first text", b"later"]  # what lies between was never begun
    for old in (first, between):
        assert intake.wait(old, PATIENCE).encoded in ((), ("text",))
    assert intake.of_row(4) == (("text",), (), {})
    assert intake.of_row(5) is None


def test_what_fails_when_told_does_not_stop_the_next(desk: Desk) -> None:
    def done(item: Item, row: int, vectors: Mapping[str, Floats]) -> None:
        if item.item == "bad":
            raise BadModel("the ranker takes no new items")
        desk.done(item, row, vectors)

    intake = desk.intake(of(opened("text")), done)
    found = intake.wait(intake.submit(Item("bad", "Bad", "a kite"), 4), PATIENCE)
    assert found.problems == {"model": "the ranker takes no new items"}
    intake.wait(intake.submit(Item("good", "Good", "a kite"), 5), PATIENCE)
    assert [name for name, _, _ in desk.told] == ["good"]


def test_who_is_told_may_submit(desk: Desk) -> None:
    def done(item: Item, row: int, vectors: Mapping[str, Floats]) -> None:
        if row == 4:
            intake.submit(Item("empty", "Empty"), 5)
        desk.done(item, row, vectors)

    intake = desk.intake(of(opened("text")), done)
    intake.wait(intake.submit(Item("new", "New", "a kite"), 4), PATIENCE)
    until(lambda: len(desk.told) == 2)


def test_many_at_once_are_all_told(desk: Desk) -> None:
    intake = desk.intake(of(opened("text"), opened("image")))
    posted = [desk.item(f"n{n}", text=f"text {n}" * n, sound=False) for n in range(30)]
    tickets: list[object] = []
    threads = [
        threading.Thread(target=lambda n=n: tickets.append(intake.submit(posted[n], n)))
        for n in range(30)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(not intake.wait(ticket, PATIENCE).pending for ticket in tickets)  # type: ignore[arg-type]
    assert {row: len(vectors) for _, row, vectors in desk.told} == {0: 1} | dict.fromkeys(
        range(1, 30), 2
    )


def test_a_restart_finds_what_was_encoded(shop: Shop) -> None:
    path = shop.path / ".prismrec" / "vectors.sqlite"
    calls: list[list[bytes]] = []
    for _ in range(2):
        store = SqliteStore(path)
        desk, text = Desk(shop, store), opened("text")
        intake = desk.intake(of(text))
        assert intake.wait(intake.submit(Item("new", "New", "a kite"), 4), PATIENCE).encoded
        intake.close()
        store.close()
        calls.append(text.calls)
    assert calls == [[b"a kite"], []]


def test_closing_does_not_wait_for_a_hung_encoder(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FAREWELL", 0.05)
    slow = Lengths("text")
    intake = desk.intake(of(slow))
    ticket = intake.submit(Item("new", "New", "a kite"), 4)
    until(lambda: intake.waiting["text"] == 1)
    intake.close()
    assert intake.state(ticket).pending == ("text",)


def test_another_model_brings_its_encoders(desk: Desk) -> None:
    intake = desk.intake(of(opened("text")))
    intake.wait(intake.submit(desk.item(), 4), PATIENCE)
    intake.use(of(opened("text"), opened("image")))
    assert intake.wait(intake.submit(desk.item(), 4), PATIENCE).encoded == ("image", "text")
    assert [sorted(vectors) for _, _, vectors in desk.told] == [["text"], ["image", "text"]]


def test_features_leave_out_what_fails_and_say_so(desk: Desk) -> None:
    text = opened("text")
    text.failures = [BadModel("http://there: no connection")] * 9
    intake = desk.intake(of(text, opened("image")))
    assert [*intake.features(desk.shop)] == ["image"]
    assert "no connection" in intake.problems["text"]
    text.failures = []
    assert [*intake.features(desk.shop)] == ["text", "image"]
    assert not intake.problems


def test_a_modality_without_an_encoder_is_told_of_items_that_have_it(desk: Desk) -> None:
    why = "the model was fitted on ready vectors"
    intake = desk.intake(Readers({"text": opened("text")}, problems={"image": why, "clip": why}))
    found = intake.wait(intake.submit(desk.item(), 4), PATIENCE)
    assert found == (("text",), (), {"image": why})


def test_a_posted_text_that_is_blank_is_none(desk: Desk, shop: Shop) -> None:
    intake = desk.intake(of(opened("text")))
    found = intake.wait(intake.submit(Item("new", "New", " \u3000 "), 4), PATIENCE)
    assert found == ((), (), {})
    blank = replace(shop, item_media={"text": Media("text", (" ",) * 4)})
    assert not intake.features(blank)["text"].present.any()


def test_what_was_removed_is_not_told(desk: Desk) -> None:
    slow = Lengths("text")
    intake = desk.intake(of(slow))
    ticket = intake.submit(Item("new", "New", "a kite"), 4)
    assert slow.entered.wait(PATIENCE)
    intake.forget(4)
    intake.forget(5)
    slow.gate.set()
    until(lambda: not intake.waiting["text"])
    assert ticket.settled.is_set()
    assert desk.told == []
    assert intake.of_row(4) is None


@dataclass(frozen=True)
class Both:
    """A text and the picture beside it, to the number of bytes of each."""

    modality: str = "text"
    also: str = "image"
    dim: int = 2
    fingerprint: str = "both-00"

    def __call__(self, media: Sequence[bytes]) -> Floats:
        pairs = [unpack(each) for each in media]
        return np.array([[len(a), len(b or b"")] for a, b in pairs], np.float32)


def test_an_encoder_of_two_media_is_given_both(desk: Desk) -> None:
    readers = Readers({"text": Both()})
    intake = desk.intake(readers)
    whole = intake.features(desk.shop)["text"].values
    desk.store = MemoryStore()
    alone = desk.intake(readers)
    media = {name: desk.shop.item_media[name].values[0] for name in ("text", "image")}
    for row, image in ((4, {"image": media["image"]}), (5, {})):
        alone.wait(alone.submit(Item(f"n{row}", "New", media["text"], media=image), row), PATIENCE)
    assert [vectors["text"].tolist() for _, _, vectors in desk.told] == [
        whole[0].tolist(),
        [whole[0, 0], 0],
    ]


def test_encoders_are_warmed_before_the_first_item_but_remote_ones_are_not(desk: Desk) -> None:
    given: list[tuple[str, bytes]] = []

    def warmable(modality: str, version: str) -> Lengths:
        encoder = opened(modality)
        encoder.fingerprint = f"{modality}-{version}"
        encoder.samples = lambda media: given.extend((encoder.fingerprint, m) for m in media)
        return encoder

    readers = of(warmable("text", "1"), warmable("image", "1"))
    intake = desk.intake(replace(readers, remote=frozenset({"image"})))
    until(lambda: given == [("text-1", SAMPLES["text"]())])
    intake.use(readers)
    intake.use(of(warmable("text", "2")))
    until(lambda: [name for name, _ in given] == ["text-1", "text-2"])
