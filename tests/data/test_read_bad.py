"""Reading bad input: one clear line with file, row and remedy; nothing is silently dropped."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prismrec.data.read import read
from prismrec.errors import BadData

LOG = "user,item\nann,1\nbob,2\n"


def refusal(folder, **options) -> str:
    with pytest.raises(BadData) as caught:
        read(folder, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


def only_problem(folder):
    shop = read(folder)
    (problem,) = shop.problems
    assert problem.remedy
    return shop, problem


@pytest.mark.parametrize(
    ("log", "row", "what"),
    [
        ("user,item\nann,1\n,2\nbob,2\n,\n,1\n", 3, "names no user"),
        ("user,item\nann,1\nann\nbob,2\nbob, \n", 3, "names no item"),
        ("user,item\nann,1\nbob,2,3\nbob,2\na,b,c\n", 3, "3 cells where the header has 2"),
        ('user,item\nann,1\nbob,"2"x\nbob,2\nbob,"1"x\n', 3, "expected after"),
        ("user,item\nann,1\nbob,9\nbob,2\ncy,8\n", 3, "item '9' is not in the catalogue"),
        ("user,item,timestamp\na,1,5\na,2,soon\na,1,6\na,1,\n", 3, "'soon' is not a time"),
        ("user,item,rating\na,1,5\na,2,good\na,1,nan\na,1,2\n", 3, "'good' in rating"),
        ("user,item,event\na,1,view\na,2,gaze\na,1,gaze\na,1,buy\n", 3, "event 'gaze'"),
        ("user,item,split\na,1,train\na,2,exam\na,1,\na,2,test\n", 3, "'exam' in split"),
        ("user,item,weight\na,1,1\na,2,0\na,1,-1\na,2,2\n", 3, "no interest"),
    ],
)
def test_a_row_that_cannot_be_used_is_skipped_counted_and_listed(write_shop, log, row, what):
    shop, problem = only_problem(write_shop(interactions=log, items="item,title\n1,A\n2,B\n"))
    assert (problem.file, problem.row, problem.count) == ("interactions.csv", row, 2)
    assert what in problem.what
    assert len(shop.interactions) == 2


def test_an_unknown_event_is_remedied_in_shop_toml(write_shop):
    log = "user,item,event\na,1,view\na,2,wishlist\n"
    _, problem = only_problem(write_shop(interactions=log))
    assert "shop.toml under [events]" in problem.remedy
    folder = write_shop(interactions=log, toml="[events]\nwishlist = 2\n")
    assert read(folder).problems == ()


CELLS = st.sampled_from(["", " ", "1", "2", "9", "x", "view", "buy", "gaze", "5", "nan", "-1"])


@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), min_size=1, max_size=12))
def test_what_is_kept_and_what_is_listed_add_up(rows, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    lines = ["user,item,event,timestamp", "ann,1,view,5", *map(",".join, rows)]
    (folder / "interactions.csv").write_text("\n".join(lines), "utf-8")
    (folder / "items.csv").write_text("item\n1\n2\n", "utf-8")
    shop = read(folder)
    n_rows = sum(bool(line.replace(",", "").strip()) for line in lines[1:])
    assert len(shop.interactions) + sum(p.count for p in shop.problems) == n_rows
    for problem in shop.problems:
        assert 2 <= problem.row <= len(lines)


def test_the_line_is_that_of_the_file_even_after_quoted_newlines_and_blank_lines(write_shop):
    items = 'item,title\n1,"two\nlines"\n\n2,B\n1,again\n'
    shop, problem = only_problem(write_shop(interactions=LOG, items=items))
    assert (problem.file, problem.row) == ("items.csv", 6)
    assert "item '1' stands here again" in problem.what
    assert shop.titles == ("two\nlines", "B")


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("covers/gone.png", "does not exist"),
        ("covers", "is not a file"),
        ("../secret.png", "lies outside"),
        ("covers/../../secret.png", "lies outside"),
        ("link.png", "lies outside"),
        ("out/secret.png", "lies outside"),
        ("circle.png", "does not exist"),
        ("circle.png/a.png", "does not exist"),
    ],
)
def test_a_media_path_must_lead_to_a_file_below_the_shop(write_shop, tmp_path, path, what):
    (tmp_path / "secret.png").write_bytes(b"picture")
    folder = write_shop(
        interactions=LOG,
        items=f"item,image\n1,covers/ok.png\n2,{path}\n",
        files={"covers/ok.png": b"picture"},
    )
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / "out").symlink_to(tmp_path)
    (folder / "circle.png").symlink_to(folder / "circle.png")
    shop, problem = only_problem(folder)
    assert shop.item_media["image"].values == ("covers/ok.png", None)
    assert (problem.file, problem.row) == ("items.csv", 3)
    assert what in problem.what


def test_an_absolute_media_path_is_refused(write_shop, tmp_path):
    (tmp_path / "secret.png").write_bytes(b"picture")
    items = f"item,image\n1,{tmp_path / 'secret.png'}\n2,\n"
    shop, problem = only_problem(write_shop(interactions=LOG, items=items))
    assert shop.item_media["image"].values == (None, None)
    assert "is not a path below" in problem.what


def test_a_link_within_the_shop_is_fine(write_shop):
    files = {"covers/a.png": b"picture"}
    folder = write_shop(interactions=LOG, items="item,image\n1,b.png\n2,\n", files=files)
    (folder / "b.png").symlink_to(folder / "covers" / "a.png")
    assert read(folder).problems == ()


def test_features_follow_the_items_table_when_a_row_of_it_is_skipped(write_shop):
    features = {"image": np.array([[1.0], [2.0], [3.0]])}
    shop = read(write_shop(interactions=LOG, items="item\n1\n1\n2\n", features=features))
    assert shop.item_features["image"].values.tolist() == [[1], [3]]


def test_features_that_are_not_finite_are_absent_and_listed(write_shop):
    features = {"image": np.array([[1.0, 1], [np.nan, 1], [np.inf, 1]])}
    shop, problem = only_problem(write_shop(interactions=LOG, features=features))
    assert (problem.file, problem.count) == ("features/image.npy", 2)
    assert "row 1" in problem.what
    assert shop.item_features["image"].present.tolist() == [True, False, False]


def test_features_with_another_number_of_rows_are_refused(write_shop):
    features = {"image": np.ones((3, 2))}
    message = refusal(write_shop(interactions=LOG, items="item\n1\n2\n", features=features))
    assert re.search("3 rows but items.csv has 2; row k", message)
    features["text"] = np.ones((4, 2))
    assert "image.npy 3, text.npy 4" in refusal(write_shop(interactions=LOG, features=features))


@pytest.mark.parametrize("array", [np.ones(3), np.array(["a"]), np.array([[{}]], object)])
def test_a_feature_file_must_be_a_table_of_numbers(write_shop, array):
    assert "features/image.npy: " in refusal(
        write_shop(interactions=LOG, features={"image": array})
    )


@pytest.mark.parametrize(
    ("log", "message"),
    [
        ("", "interactions.csv: the file is empty"),
        ("user,item\n", "no rows below its header"),
        ("user,item\n\n,\n", "no rows below its header"),
        ("User,item\na,1\n", r"line 1: there is no column 'user' among 'User', 'item'; .*'user'"),
        ("user;item\na;1\n", "there is no column 'user' among 'user;item'"),
        ("user,item,weight\na,1,0\n", "no row of the log can be used.*line 2.*no interest"),
        ('user,item\na,1\na,"2\nb,3\n', "line 3: a quote is opened here and never closed"),
        ("user,item\na,1\n小明,2\n".encode("gb18030"), "line 3: not UTF-8.*save the file as UTF-8"),
        ("用户,item\na,1\n".encode("gb18030"), "line 1: not UTF-8"),
        ("user,item\na,1\n".encode("utf-16"), "not UTF-8"),
    ],
)
def test_a_log_that_cannot_be_used_is_refused(write_shop, log, message):
    assert re.search(message, refusal(write_shop(interactions=log)))


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[log]\nusers = 'a'\n", "shop.toml: log.users is not a key; did you mean user?"),
        ("[itms]\n", "shop.toml: itms is not a key; did you mean items?"),
        ("[events]\nbuy = -1\n", "events.buy: .*greater than or equal to 0, not -1"),
        ("[events]\nbuy = 'much'\n", "events.buy: .*number.*not 'much'"),
        ("[items]\ntext = 'title'\n", "items.text: .*list"),
        ("[log\n", "not valid TOML.*line 1"),
        ("[log]\nweight = 'stars'\n", "there is no column 'stars'"),
    ],
)
def test_a_bad_shop_toml_is_refused(write_shop, toml, message):
    assert re.search(message, refusal(write_shop(interactions=LOG, toml=toml)))


def test_options_that_do_not_fit_are_refused(write_shop):
    folder = write_shop(interactions=LOG)
    assert "no column 'n'" in refusal(folder, weight="n")
    assert "event 'buy' must be a number" in refusal(folder, events={"buy": float("nan")})


def test_a_folder_without_a_log_is_refused(tmp_path):
    assert "write one with the columns user and item" in refusal(tmp_path)
    assert "is not a folder" in refusal(tmp_path / "nowhere")


def test_the_same_table_in_two_formats_is_refused(write_shop):
    folder = write_shop(interactions=LOG)
    pl.DataFrame({"user": ["a"], "item": ["b"]}).write_parquet(folder / "interactions.parquet")
    assert "keep one of them" in refusal(folder)


def test_a_column_of_lists_is_refused(tmp_path):
    frame = pl.DataFrame({"user": [["a"]], "item": ["b"]})
    frame.write_parquet(tmp_path / "interactions.parquet")
    assert "column 'user' holds lists" in refusal(tmp_path)


def test_a_parquet_file_that_is_none_is_refused(tmp_path):
    (tmp_path / "interactions.parquet").write_bytes(b"user,item\na,1\n")
    assert "interactions.parquet: not a parquet file" in refusal(tmp_path)
