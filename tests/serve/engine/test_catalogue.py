"""The catalogue: rows, what is known of items, filters, changes, many threads."""

from __future__ import annotations

import threading
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.serve.engine.conftest import feature, for_user, ids

from prismrec.data.read import read
from prismrec.errors import BadData, UnknownName
from prismrec.serve.catalogue import Catalogue
from prismrec.serve.recommending import recommend
from prismrec.serve.values import UPLOAD, Event, Item, Where
from prismrec.serve.vectors_held import Vectors

PROSE = "A long winter by the lake. 冬天的湖很冷，要穿厚衣服。 It goes on and on and on and on"
ITEMS = f"""item,title,artist,genre,year,blurb,image
a,Frost 霜,The Lakes,Drama|Comedy,1999,{PROSE},covers/a.png
b,Bakery,The Lakes,Comedy,2001,Bread at dawn,
c,Comet,Mori,Drama; Crime,2001.0,,covers/a.png
d,Lone,Solo,Western,1950,Nobody,
"""
TOML = '[items]\ntext = ["blurb"]\n'
PNG = bytes.fromhex("89504e470d0a1a0a")


@pytest.fixture
def shop(write_shop):
    """Four items with columns of several kinds."""
    log = "user,item,timestamp\nann,a,1\nann,b,2\nbob,c,3\n"
    return read(write_shop(interactions=log, items=ITEMS, toml=TOML, files={"covers/a.png": PNG}))


@pytest.fixture
def catalogue(shop) -> Catalogue:
    """The items of that shop."""
    return Catalogue.of(shop)


def names(catalogue: Catalogue, **where) -> list[str]:
    """Identifiers that a filter lets through."""
    return [catalogue.ids[row] for row in catalogue.allowed(Where(**where))]


def test_facets_are_the_columns_that_name_something_shared(catalogue):
    assert catalogue.facets() == {
        "artist": [("The Lakes", 2), ("Mori", 1), ("Solo", 1)],
        "genre": [("Comedy", 2), ("Drama", 2), ("Crime", 1), ("Western", 1)],
        "year": [("2001", 2), ("1950", 1), ("1999", 1)],
    }


def test_filters_by_columns(catalogue):
    assert names(catalogue, columns={"genre": ("Drama",)}) == ["a", "c"]
    assert names(catalogue, columns={"genre": ("Drama", "Western")}) == ["a", "c", "d"]
    assert names(catalogue, columns={"genre": ("Drama",), "year": ("2001",)}) == ["c"]
    assert names(catalogue, columns={"genre": ("Opera",)}) == []
    with pytest.raises(BadData, match="'blurb'; by these they can: artist, genre, year"):
        names(catalogue, columns={"blurb": ("x",)})


def test_filters_by_words(catalogue):
    assert names(catalogue, text="LAKE") == ["a", "b"]
    assert names(catalogue, text="lake winter") == ["a"]
    assert names(catalogue, text="湖很冷") == ["a"]
    assert names(catalogue, text="霜 mori") == []
    assert names(catalogue, text="mori 2001") == ["c"]
    assert names(catalogue, text="   ") == ["a", "b", "c", "d"]
    assert names(catalogue, text="a.*b (") == []


def test_an_item_of_the_shop_is_told_of_as_if_posted(catalogue):
    assert catalogue.item(2) == Item(
        "c",
        "Comet",
        None,
        {"artist": "Mori", "genre": "Drama; Crime", "year": "2001.0"},
        {"image": "covers/a.png"},
    )
    assert catalogue.medium(0, "image") == "covers/a.png"
    assert catalogue.medium(1, "image") is None
    assert catalogue.medium(1, "smell") is None
    assert catalogue.medium(0, "text").startswith("A long winter")


@pytest.mark.parametrize("warm", [False, True])
def test_posting_replacing_and_removing(catalogue, warm):
    if warm:
        catalogue.facets()
        catalogue.mask(Where(text="x"))
    seen = catalogue.revision
    new = Item("e", "Éclair", "Sweet", {"genre": "Comedy, Opera"}, {"image": UPLOAD + "0" * 64})
    assert catalogue.put(new) == 4
    assert catalogue.revision > seen
    assert catalogue.item(4) == new
    assert names(catalogue, columns={"genre": ("Opera",)}) == ["e"]
    assert names(catalogue, text="éCLAIR sweet") == ["e"]
    assert catalogue.put(Item("c", "Comet II", None, {"genre": "Opera"}, in_stock=False)) == 2
    assert names(catalogue, columns={"genre": ("Crime",)}) == []
    assert names(catalogue, columns={"genre": ("Opera",)}) == ["c", "e"]
    assert names(catalogue, columns={"genre": ("Opera",)}, in_stock=True) == ["e"]
    assert names(catalogue, text="mori") == []
    assert names(catalogue, text="comet ii") == ["c"]
    assert catalogue.titles[2] == "Comet II"
    assert catalogue.medium(2, "image") is None
    assert dict(catalogue.facets()["genre"]) == {"Comedy": 3, "Opera": 2, "Drama": 1, "Western": 1}
    catalogue.remove("e")
    assert catalogue.item(4).removed
    assert names(catalogue) == ["a", "b", "c", "d"]
    assert dict(catalogue.facets()["genre"])["Opera"] == 1
    with pytest.raises(UnknownName):
        catalogue.remove("e")
    assert catalogue.put(new) == 4
    assert catalogue.row("e") == 4
    catalogue.put(Item("e", "E", removed=True))
    assert names(catalogue) == ["a", "b", "c", "d"]


def test_the_catalogue_as_a_shop(catalogue, shop):
    assert catalogue.shop() is shop
    catalogue.put(Item("e", "E", "words", media={"audio": UPLOAD + "1" * 64}))
    catalogue.put(Item("a", "A", "other words"))
    made = catalogue.shop()
    assert catalogue.shop() is made
    assert made.item_ids.ids == ("a", "b", "c", "d", "e")
    assert made.titles == ("A", "Bakery", "Comet", "Lone", "E")
    assert made.item_media["text"].values[::4] == ("other words", "words")
    assert made.item_media["image"].values == (None, None, "covers/a.png", None, None)
    assert made.item_media["audio"].values == (None,) * 4 + (UPLOAD + "1" * 64,)
    assert made.dataset().n_items == 5
    catalogue.remove("e")
    assert catalogue.shop() is not made


def test_many_posted_items_are_found_by_words(catalogue):
    for at in range(1200):
        catalogue.put(
            Item(f"n{at}", f"Number {at}", None, {"parity": "even" if at % 2 == 0 else "odd"})
        )
        if at == 0:
            catalogue.mask(Where(text="x"))
    assert names(catalogue, text="number 1199") == ["n1199"]
    assert len(names(catalogue, text="number")) == 1200
    assert len(names(catalogue, columns={"parity": ("odd",)})) == 600


@settings(max_examples=80, deadline=None)
@given(
    cells=st.lists(
        st.lists(
            st.sampled_from(["Jazz", "Folk", "Rock and Roll", "民谣"]), max_size=3, unique=True
        ),
        min_size=1,
        max_size=12,
    ),
    wanted=st.lists(st.sampled_from(["Jazz", "Folk", "Rock and Roll", "民谣"]), min_size=1),
)
def test_facets_are_those_of_a_slow_reference(cells, wanted):
    import polars as pl

    from prismrec.serve.facets import Facets

    written = [" | ".join(cell) or None for cell in cells]
    facets = Facets(pl.DataFrame({"genre": pl.Series(written, dtype=pl.String)}))
    counts = Counter(name for cell in cells for name in cell)
    n = len(cells)
    found = dict(facets.counts(np.ones(n, bool)).get("genre", []))
    if not counts or max(counts.values()) < 2:
        assert found == {}
        return
    assert found == counts
    expected = [any(name in cell for name in wanted) for cell in cells]
    assert facets.mask("genre", wanted, n).tolist() == expected


def test_vectors_grow_and_are_replaced(data):
    vectors = Vectors(data.items)
    first = vectors.spaces["text"]
    given = data.items["text"].values.copy()
    vectors.put(np.array([45, 3]), {"text": feature(np.full(8, 2.0), None)})
    vectors.put(np.array([0]), {"text": feature(np.full(8, 3.0))})
    np.testing.assert_array_equal(data.items["text"].values, given)  # the caller's own
    assert len(first) == 40
    space = vectors.spaces["text"]
    assert len(space) == 46
    assert space.has(np.array([45, 44, 3, 0, 99])).tolist() == [True, False, False, True, False]
    taken = vectors.take(np.array([0, 45, 99]))
    np.testing.assert_array_equal(taken["text"].values[:2], [[3.0] * 8, [2.0] * 8])
    assert taken["text"].present.tolist() == [True, True, False]
    assert taken["image"].present.tolist() == [True, False, False]
    np.testing.assert_allclose(
        space.cosines(space.units(np.array([45]))[0])[[0, 45, 7]],
        space.cosines(space.units(np.array([45]))[0], np.array([0, 45, 7])),
        rtol=1e-4,
    )
    assert np.isnan(space.cosines(space.units(np.array([45]))[0])[3])
    with pytest.raises(BadData, match="same encoder"):
        vectors.put(np.array([0]), {"text": feature(np.ones(9))})


def test_vectors_of_a_modality_that_comes_late():
    vectors = Vectors()
    vectors.put(np.array([2, 5]), {"audio": feature(np.ones(3), np.arange(3))})
    assert vectors.known(7).tolist() == [False, False, True, False, False, True, False]
    assert list(vectors.take(np.array([5]))["audio"].values[0]) == [0, 1, 2]


def test_readers_never_fail_nor_see_what_was_removed_before(prism):
    """Threads that read while others post, remove and take events."""
    failed: list[BaseException] = []
    gone: set[str] = set()
    stop = threading.Event()

    def read_on(user: str) -> None:
        try:
            while not stop.is_set():
                before = set(gone)
                found = ids(recommend(prism, for_user(user, k=60, repeat=True)))
                assert not before & set(found)
                prism.catalogue.mask(Where(text="item"))
                prism.catalogue.facets()
                prism.people.users()
        except BaseException as error:
            failed.append(error)

    def write() -> None:
        try:
            for at in range(60):
                row = prism.catalogue.put(Item(f"new{at}", "New item", columns={"kind": "new"}))
                prism.live.vectors.put(np.array([row]), {"text": feature(np.full(8, at + 1.0))})
                prism.people.take(Event("u3", f"new{at}", "like", at))
                prism.people.take(Event(f"fresh{at}", "i1", "view", at))
                if at < 30:
                    prism.catalogue.remove(f"i{at}")
                    gone.add(f"i{at}")
        except BaseException as error:
            failed.append(error)

    readers = [threading.Thread(target=read_on, args=(f"u{user}",)) for user in (3, 4)]
    for each in readers:
        each.start()
    writer = threading.Thread(target=write)
    writer.start()
    writer.join()
    stop.set()
    for each in readers:
        each.join()
    assert not failed
    assert len(ids(recommend(prism, for_user("u3", k=100, repeat=True)))) == 70
    assert len(prism.people.history("u3")) == 12 + 60


def test_people_are_read_without_a_loop_over_them(shop, monkeypatch):
    """As many steps for a thousand users as for two."""
    import sys
    from dataclasses import replace

    from prismrec.data.interactions import Interactions
    from prismrec.data.vocabulary import Vocabulary
    from prismrec.serve.people import People

    def steps(n: int) -> int:
        users = Vocabulary(tuple(f"u{row}" for row in range(n)))
        log = Interactions.of(np.arange(n), np.arange(n) % 4)
        crowd = replace(shop, user_ids=users, interactions=log)
        catalogue = Catalogue.of(crowd)
        count = 0

        def counted(*_):
            nonlocal count
            count += 1

        sys.setprofile(counted)
        try:
            People.of(crowd, catalogue)
        finally:
            sys.setprofile(None)
        return count

    steps(2)
    assert abs(steps(1000) - steps(2)) < 50


def test_what_stands_in_the_columns_of_both(catalogue):
    assert catalogue.shared(0, 1) == {"artist": ("The Lakes",), "genre": ("Comedy",)}
    assert catalogue.shared(1, 2) == {"year": ("2001",)}
    assert catalogue.shared(0, 3) == {}
    catalogue.put(Item("d", "D", None, {"genre": "Crime/Drama", "blurb": "Bread at dawn"}))
    assert catalogue.shared(3, 2) == {"genre": ("Crime", "Drama")}


def test_a_filter_takes_so_many_words_and_no_more(catalogue):
    catalogue.warm()
    assert names(catalogue, text=" ".join(["lake"] * 40)) == ["a", "b"]
    with pytest.raises(BadData, match="at most 16 words"):
        names(catalogue, text=" ".join(map(str, range(17))))
