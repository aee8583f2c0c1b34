import io

import numpy as np
import pytest
from PIL import Image

from prismrec.data.features import Feature
from prismrec.data.read import read
from prismrec.explain.account import ordinal, sentence
from prismrec.explain.columns import Columns
from prismrec.explain.evidence import Evidence, Likeness

LOG = "user,item\nann,a\nbob,b\n"
ITEMS = """item,title,artist,genres,year,text,image
a,Snow,Otis Alder,Comedy Drama,1995.0,"A quiet lighthouse in the snow.",a.png
b,Ice,Otis Alder,Drama,1995.0,"Snow falls on the lighthouse keeper.",b.png
c,Sand,Mei Lin,Comedy,1996.0,"A camel crosses the desert.",c.png
d,Sea,Jo Day,Drama Comedy,1997.0,,../outside.png
e,Tea,Ann Ray,,,"茶馆里的灯塔和雪",
"""


def png(colour):
    out = io.BytesIO()
    Image.new("RGB", (32, 32), colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def shop(write_shop, tmp_path):
    (tmp_path / "outside.png").write_bytes(png("red"))
    pictures = {"a.png": png("red"), "b.png": png((220, 20, 20)), "c.png": png("blue")}
    folder = write_shop(
        interactions=LOG, items=ITEMS, files=pictures, toml='[items]\ntext = ["text"]\n'
    )
    return read(folder)


@pytest.fixture
def evidence(shop) -> Evidence:
    looks = np.float32([[1, 0], [0.9, 0.1], [-1, 0.2], [0, 0], [0, 0]])
    image = Feature.of(looks, np.array([True, True, True, False, False]))
    text = Feature.of(np.eye(5, dtype=np.float32), np.array([True, True, True, False, True]))
    return Evidence(shop, {"image": image, "text": text})


def test_columns_that_name_something_are_compared(shop):
    columns = Columns(shop)
    assert columns.shared(0, 1) == {
        "artist": ("Otis Alder",), "genres": ("Drama",), "year": ("1995",)
    }  # fmt: skip
    assert columns.shared(0, 3) == {"genres": ("Comedy", "Drama")}
    assert columns.shared(0, 4) == {}


def test_a_shop_without_a_table_of_items_has_no_columns(write_shop):
    assert Columns(read(write_shop(interactions=LOG))).shared(0, 1) == {}


def test_colours_places_and_words_of_two_items(evidence):
    seen = evidence.between(0, 1, "image")
    assert (seen.place, seen.of, seen.missing) == (1, 2, ())
    assert seen.cosine > 0.9
    assert seen.shared == {"colours": ("red 红色",)}
    assert evidence.between(0, 2, "image").place == 2
    assert evidence.between(0, 2, "image").shared == {}
    read = evidence.between(0, 1, "text")
    assert set(read.shared["words"]) == {"lighthouse", "snow"}
    assert evidence.between(0, 2, "text").shared == {}


def test_what_is_missing_is_said_and_nothing_is_made_up(evidence):
    assert evidence.between(0, 3, "image") == Likeness("image", ("past",))
    assert evidence.between(3, 0, "text") == Likeness("text", ("item",))
    assert sentence(evidence.between(0, 3, "image")) == "The past item has no picture."
    assert sentence(evidence.between(3, 0, "text")) == "The recommended item has no text."
    assert sentence(evidence.between(3, 4, "image")) == "Neither item has a picture."


def test_labels_of_an_encoder_are_named_where_both_have_them(shop, evidence):
    class Tagger:
        modality, fingerprint, labels = "audio", "tagger", ("drums", "voice", "choir")

        def describe(self, media):
            return np.float32([[0.9, 0.5, 0.01]])

    sounds = Feature.of(np.eye(5, dtype=np.float32))
    heard = Evidence(shop, {"audio": sounds}, {"audio": Tagger()}).between(0, 1, "audio")
    assert heard.shared == {}  # the shop has no sounds


def test_sentences():
    near = Likeness("audio", (), 0.5, 1, 40, {"heard in both": ("drums", "choir")})
    assert sentence(near) == "Sounds alike: the most alike of 40; heard in both: drums, choir."
    assert sentence(Likeness("text", (), 0.5, 3, 40)) == "Reads alike: 3rd most alike of 40."
    far = sentence(Likeness("image", (), 0.0, 30, 40))
    assert far == "The pictures are not much alike (place 30 of 40)."
    assert sentence(Likeness("taste", (), 0.5, 2, 40)) == "Is alike by taste: 2nd most alike of 40."
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 112)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th",
    ]  # fmt: skip
