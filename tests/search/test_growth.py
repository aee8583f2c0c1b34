"""A searcher that grew finds what a new one finds, and encodes only what is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prismrec.data.features import Feature
from prismrec.data.shop import Media, Shop
from prismrec.search import Hit, Request, Searcher
from prismrec.search.bridge import learn
from prismrec.search.memo import Memo
from prismrec.search.words import WordIndex
from prismrec.store.memory import MemoryStore
from prismrec.types import Floats

REQUESTS = ["ruby", "a green leaf", "蓝色的图片", "the kite", "throne", "emerald 翡翠"]


@dataclass(eq=False)
class Counting:
    """An encoder, and what it was given."""

    inner: Any
    given: list[bytes] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def __call__(self, media: Sequence[bytes]) -> Floats:
        self.given += media
        return self.inner(media)


@pytest.fixture
def counted(encoders: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    image, names = encoders["image"]
    return {"image": (Counting(image), names), "text": (Counting(encoders["text"][0]),)}


def extended(shop: Shop, name: str, **media: str | None) -> Shop:
    return replace(
        shop,
        item_ids=shop.item_ids.extended([name]),
        titles=(*shop.titles, name.title()),
        item_media={m: Media(m, (*old.values, media.get(m))) for m, old in shop.item_media.items()},
    )


def changed(shop: Shop, row: int, modality: str, value: str | None) -> Shop:
    values = [*shop.item_media[modality].values]
    values[row] = value
    media = {**shop.item_media, modality: Media(modality, tuple(values))}
    return replace(shop, item_media=media)


def seen(hits: Sequence[Hit]) -> list[tuple[Any, ...]]:
    return [(hit.row, hit.item, hit.title, round(hit.score, 5), _read(hit)) for hit in hits]


def _read(hit: Hit) -> list[tuple[Any, ...]]:
    return [(r.kind, r.modality, round(r.adds, 5), r.words) for r in hit.reasons]


def same(one: Searcher, other: Searcher, pictures: dict[str, bytes]) -> None:
    requests = [Request(text) for text in REQUESTS]
    requests += [Request(image=picture) for picture in pictures.values()]
    for request in requests:
        assert seen(one(request, k=20)) == seen(other(request, k=20))


def test_it_finds_what_a_new_one_finds(
    shop: Shop, encoders: dict[str, tuple[Any, ...]], pictures: dict[str, bytes]
) -> None:
    (shop.path / "images/emerald.png").write_bytes(pictures["leaf"])
    steps = [shop]
    steps.append(extended(steps[-1], "emerald", image="images/emerald.png", text="翡翠 in a leaf"))
    steps.append(extended(steps[-1], "nothing"))
    steps.append(changed(steps[-1], 0, "text", "a throne for the kite"))
    steps.append(changed(steps[-1], 1, "image", None))
    steps.append(replace(steps[-1], titles=("Renamed ruby", *steps[-1].titles[1:])))
    searcher = Searcher(shop, encoders, store=MemoryStore())
    searcher.prepare()
    for step in steps[1:]:
        searcher = searcher.grown(step)
        same(searcher, Searcher(step, encoders, store=MemoryStore()), pictures)


def test_one_that_was_never_asked_can_grow(
    shop: Shop, encoders: dict[str, tuple[Any, ...]], pictures: dict[str, bytes]
) -> None:
    later = extended(shop, "emerald", text="翡翠")
    grown = Searcher(shop, encoders, store=MemoryStore()).grown(later)
    same(grown, Searcher(later, encoders, store=MemoryStore()), pictures)


def test_the_earlier_one_goes_on_unchanged(
    shop: Shop, encoders: dict[str, tuple[Any, ...]]
) -> None:
    searcher = Searcher(shop, encoders, store=MemoryStore())
    before = [seen(searcher(Request(text))) for text in REQUESTS[:4]]
    searcher.grown(extended(shop, "ruby two", text="a ruby leaf for a kite"))
    assert [seen(searcher(Request(text))) for text in REQUESTS[:4]] == before


def test_only_what_is_new_is_read(
    shop: Shop, counted: dict[str, tuple[Any, ...]], pictures: dict[str, bytes]
) -> None:
    searcher = Searcher(shop, counted, store=MemoryStore())
    searcher.prepare()
    image, text = counted["image"][0], counted["text"][0]
    image.given.clear()
    text.given.clear()
    for name in pictures:  # the files of the rows that are known are not even opened
        (shop.path / f"images/{name}.png").unlink()
    (shop.path / "images/new.png").write_bytes(pictures["leaf"][:-1] + b"\x82")
    grown = searcher.grown(extended(shop, "new", image="images/new.png", text="new words"))
    assert len(image.given) <= 1
    assert text.given == [b"new words"]
    assert grown.feature(counted["image"][0]).present.tolist() == [True] * 4 + [False, True]


def test_rows_that_may_be_found_are_a_part_of_the_whole_list(
    shop: Shop, encoders: dict[str, tuple[Any, ...]], pictures: dict[str, bytes]
) -> None:
    searcher = Searcher(shop, encoders, store=MemoryStore())
    for request in [Request(text) for text in REQUESTS[:4]] + [Request(image=pictures["sky"])]:
        whole = searcher(request, k=20)
        for rows in ([0, 3], [1], [], [2, 4, 99]):
            part = searcher(request, k=20, only=np.array(rows, np.int64))
            assert seen(part) == seen([hit for hit in whole if hit.row in rows])


TEXTS = st.lists(
    st.none() | st.text(alphabet="ab 翡翠的", max_size=8).map(lambda t: f"kite {t}"), max_size=8
)


@given(TEXTS, TEXTS, st.sampled_from(["kite", "ab", "翡翠", "a kite", "翠", "b ab unknown"]))
def test_a_grown_word_index_is_a_new_one(
    old: list[str | None], new: list[str | None], asked: str
) -> None:
    index = WordIndex(old)
    index.match("kite")
    new += [None] * (len(old) - len(new))  # rows are never taken away
    unlike = [row for row, text in enumerate(new) if row >= len(old) or text != old[row]]
    rows = np.array(unlike, np.int64)
    grown, fresh = index.grown(rows, [new[row] for row in unlike]), WordIndex(new)
    for _ in range(2):
        one, other = grown.match(asked), fresh.match(asked)
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
            every = range(len(new))
            words = [[each.shared(asked, row) for row in every] for each in (grown, fresh)]
            assert words[0] == words[1]
        assert grown.present.tolist() == fresh.present.tolist()
        grown = grown.grown(rows, [new[row] for row in unlike])


def test_a_bridge_predicts_what_came_later_as_it_predicts_others() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(150, 6)).astype(np.float32)
    texts = inputs @ rng.normal(size=(6, 4)).astype(np.float32)
    has = np.ones(150, np.bool_)
    has[140:] = False  # items without a text are predicted by all folds, as new ones are
    whole = learn(Feature(inputs, np.ones(150, np.bool_)), Feature(texts * has[:, None], has))
    assert whole.strength > 0
    small = learn(Feature(inputs[:145], np.ones(145, np.bool_)), Feature(texts[:145], has[:145]))
    media = Feature(inputs, np.arange(150) != 149)
    grown = small.grown(media, np.arange(145, 150))
    np.testing.assert_allclose(
        grown.predicted.values[:149], whole.predicted.values[:149], rtol=1e-3, atol=1e-4
    )
    assert grown.predicted.present.tolist() == [True] * 149 + [False]
    assert not grown.predicted.values[149].any()
    assert (grown.strength, grown.teachers.tolist()) == (small.strength, small.teachers.tolist())


def test_a_bridge_that_learnt_nothing_grows_to_nothing() -> None:
    few = Feature(np.eye(3, dtype=np.float32), np.ones(3, np.bool_))
    more = Feature(np.eye(4, 3, dtype=np.float32), np.ones(4, np.bool_))
    grown = learn(few, few).grown(more, np.array([3]))
    assert grown.strength == 0
    assert grown.predicted.values.shape == (4, 3)


def test_a_memo_keeps_the_latest_used_within_its_bytes() -> None:
    memo, asked = Memo(most=100), []

    def compute(key: int) -> Floats:
        asked.append(key)
        return np.zeros(10, np.float32)  # 40 bytes

    for key in (1, 2, 1, 3, 1, 2):
        memo(key, lambda key=key: compute(key))
    assert asked == [1, 2, 3, 2]
    assert len(memo) == 2


def test_what_fails_is_not_remembered(tmp_path: Path) -> None:
    memo = Memo()
    with pytest.raises(ZeroDivisionError):
        memo("a", lambda: np.zeros(1 // 0, np.float32))
    assert memo("a", lambda: np.ones(1, np.float32)).tolist() == [1]
