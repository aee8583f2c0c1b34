"""Reading a shop folder: what is understood, and in which order."""

from __future__ import annotations

import gzip

import numpy as np
import polars as pl
import pytest

from prismrec.data.read import read

LOG = "user,item\nann,lamp\nbob,rug\nann,rug\n"


def triples(shop):
    log = shop.interactions
    users = [shop.user_ids[row] for row in log.users.tolist()]
    items = [shop.item_ids[row] for row in log.items.tolist()]
    return list(zip(users, items, log.weight.tolist(), strict=True))


def test_a_log_alone_is_a_shop(write_shop):
    shop = read(write_shop(interactions=LOG))
    assert triples(shop) == [("ann", "lamp", 1), ("bob", "rug", 1), ("ann", "rug", 1)]
    assert shop.user_ids.ids == ("ann", "bob")
    assert shop.item_ids.ids == ("lamp", "rug") == shop.titles
    assert shop.name == "shop"
    assert shop.problems == ()
    assert shop.interactions.time is None


def test_whole_numbers_are_in_order_of_number_other_identifiers_of_text(write_shop):
    shop = read(write_shop(interactions="user,item\n10,b\n9,a\n007,B\n"))
    assert shop.user_ids.ids == ("007", "10", "9")
    shop = read(write_shop(interactions="user,item\n10,b\n9,a\n-1,B\n"))
    assert shop.user_ids.ids == ("-1", "9", "10")
    assert shop.item_ids.ids == ("B", "a", "b")


def test_rows_of_items_are_those_of_the_items_table_and_cold_items_stay(write_shop):
    items = "item,title\nrug,A rug\nvase,\nlamp,A lamp\n"
    shop = read(write_shop(interactions=LOG, items=items))
    assert shop.item_ids.ids == ("rug", "vase", "lamp")
    assert shop.titles == ("A rug", "vase", "A lamp")
    assert shop.interactions.items.tolist() == [2, 0, 0]


def test_features_without_a_table_number_the_items(write_shop):
    features = {"image": np.arange(6, dtype=np.float16).reshape(3, 2)}
    shop = read(write_shop(interactions="user,item\n5,2\n5,1\n", features=features))
    assert shop.item_ids.ids == ("0", "1", "2")
    assert shop.item_features["image"].values.dtype == np.float32
    assert shop.item_features["image"].values[2].tolist() == [4, 5]
    assert shop.dataset().modalities == ("image",)


def test_rows_of_zeros_are_absent(write_shop):
    features = {"image": np.array([[1.0, 2], [0, 0]])}
    shop = read(write_shop(interactions="user,item\n5,1\n", features=features))
    assert shop.item_features["image"].present.tolist() == [True, False]
    assert shop.problems == ()


def test_users_of_the_log_follow_those_of_the_users_table(write_shop):
    shop = read(
        write_shop(
            interactions="user,item\nzoe,1\nbob,1\nann,1\n",
            users="user,about,image\nzoe,likes lamps,z.png\nbob,,\n",
            features={"user-graph": np.array([[1.0], [2.0]])},
            files={"z.png": b"picture"},
        )
    )
    assert shop.user_ids.ids == ("zoe", "bob", "ann")
    assert shop.user_media["text"].values == ("likes lamps", None, None)
    assert shop.user_media["image"].values == ("z.png", None, None)
    assert shop.user_features["graph"].present.tolist() == [True, True, False]


def test_title_comes_first_and_numbers_dates_and_truths_are_no_text(write_shop):
    items = (
        "item,blurb,title,year,since,new,image\n"
        "1,warm light,Lamp,1999.0,2020-01-31,true,\n"
        "2,,Rug,,2020-02-01,FALSE,\n"
        "3, ,,1980,,,\n"
    )
    shop = read(write_shop(interactions="user,item\na,1\n", items=items))
    assert shop.item_media["text"].values == ("Lamp\nwarm light", "Rug", None)
    assert shop.item_media["text"].coverage == pytest.approx(2 / 3)
    assert shop.item_media["image"].values == (None, None, None)


def test_a_title_that_looks_like_a_number_is_text(write_shop):
    shop = read(write_shop(interactions="user,item\na,1\n", items="item,title\n1,1984\n"))
    assert shop.item_media["text"].values == ("1984",)


EVENTS = "user,item,event\na,1,view\na,2, Buy \na,3,dislike\na,4,like\n"


def test_events_become_weights_by_one_table(write_shop):
    shop = read(write_shop(interactions=EVENTS))
    log = shop.interactions
    assert log.weight.tolist() == [1, 5, 3]
    assert [log.kinds[kind] for kind in log.kind.tolist()] == ["view", "buy", "like"]
    (problem,) = shop.problems
    assert (problem.row, problem.count) == (4, 1)


def test_the_caller_overrides_shop_toml_and_shop_toml_the_table(write_shop):
    folder = write_shop(interactions=EVENTS, toml="[events]\nview = 0.25\nbuy = 7\n")
    assert read(folder).interactions.weight.tolist() == [0.25, 7, 3]
    assert read(folder, events={"View": 0.5}).interactions.weight.tolist() == [0.5, 7, 3]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("weight", [3, 1]),
        ("rating", [3, 1]),
        ("count", [2, 1]),
        ("liked", [3, 1]),
        ("stars", [1, 1]),
    ],
)
def test_the_weight_of_a_column_of_numbers(write_shop, column, expected):
    shop = read(write_shop(interactions=f"user,item,{column}\na,1,3\na,2,1\n"))
    assert shop.interactions.weight.tolist() == expected


def test_truth_values_are_numbers(write_shop):
    shop = read(write_shop(interactions="user,item,liked\na,1,True\na,2,false\na,3,1\n"))
    assert triples(shop) == [("a", "1", 1), ("a", "3", 1)]


def test_any_column_of_numbers_can_be_the_weight(write_shop):
    log = "user,item,liked,n\na,1,0,4\na,2,1,2\n"
    folder = write_shop(interactions=log)
    assert triples(read(folder)) == [("a", "2", 1)]
    assert triples(read(folder, weight="n")) == [("a", "1", 4), ("a", "2", 2)]
    folder = write_shop(interactions=log, toml='[log]\nweight = "n"\n')
    assert triples(read(folder)) == [("a", "1", 4), ("a", "2", 2)]


def test_labels_are_read_in_words_and_in_numbers(write_shop):
    log = "user,item,split,ua_split\na,1,train,0\na,2,VAL,1\na,3,test,2\n"
    labels = read(write_shop(interactions=log)).interactions.labels
    assert {name: column.tolist() for name, column in labels.items()} == {
        "split": [0, 1, 2],
        "ua_split": [0, 1, 2],
    }


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("1700000000", "1700000001.9"), [1700000000, 1700000001]),
        (("1700000000123", "1700000001000"), [1700000000, 1700000001]),
        (("1700000000123456", "1700000001000000"), [1700000000, 1700000001]),
        (("2023-11-14", "2023-11-15"), [1699920000, 1700006400]),
        (("2023-11-14T22:13:20", "2023-11-14 22:13:21"), [1700000000, 1700000001]),
        (("2023-11-14T22:13:20Z", "2023-11-15T06:13:21+08:00"), [1700000000, 1700000001]),
        (("2023-11-14T22:13:20.5Z", "2023-11-14"), [1700000000, 1699920000]),
        (("1969-12-31T23:59:59", "1970-01-01"), [-1, 0]),
    ],
)
def test_times_in_any_usual_form(write_shop, cells, expected):
    log = "user,item,timestamp\n" + "".join(f"a,{k},{cell}\n" for k, cell in enumerate(cells))
    shop = read(write_shop(interactions=log))
    assert shop.problems == ()
    assert shop.interactions.time.tolist() == expected


TOML = """
[log]
user = "customer"
item = "sku"
timestamp = "when"
event = "action"
[items]
id = "sku"
title = "name"
text = ["name", "price"]
separator = " / "
image = "cover"
[users]
id = "customer"
[events]
wish = 2.5
"""


def test_shop_toml_names_the_columns(write_shop):
    shop = read(
        write_shop(
            interactions="when,customer,sku,action\n5,ann,x,wish\n",
            items="sku,name,price,cover,blurb\nx,Lamp,9.5,c/x.png,not read\n",
            users="customer,about\nann,likes lamps\n",
            toml=TOML,
            files={"c/x.png": b"picture"},
        )
    )
    assert triples(shop) == [("ann", "x", 2.5)]
    assert shop.interactions.time.tolist() == [5]
    assert shop.item_media["text"].values == ("Lamp / 9.5",)
    assert shop.item_media["image"].values == ("c/x.png",)
    assert shop.titles == ("Lamp",)
    assert shop.user_media["text"].values == ("likes lamps",)


def test_a_csv_from_a_spreadsheet_is_read(write_shop):
    items = (
        '\ufeffitem, title ,blurb\r\n1,红灯笼,"two\r\nlines, and a ""word"""\r\n\r\n2,Lamp,x\r\n'
    )
    shop = read(write_shop(interactions="user,item\r\n小明, 1\r\n", items=items))
    assert shop.titles == ("红灯笼", "Lamp")
    assert shop.item_media["text"].values == ('红灯笼\ntwo\r\nlines, and a "word"', "Lamp\nx")
    assert triples(shop) == [("小明", "1", 1)]
    assert shop.problems == ()


def test_parquet_and_gz_hold_the_same_as_csv(tmp_path):
    rows = {"user": [3, 1], "item": ["b", "a"], "count": [1, 3], "split": [0, 2]}
    frame = pl.DataFrame(rows).with_columns(
        timestamp=pl.Series([1_700_000_000, 1_700_000_001]).cast(pl.Datetime("ms", "UTC"))
    )
    frame = frame.with_columns(timestamp=pl.from_epoch(pl.Series([1_700_000_000, 1_700_000_001])))
    shops = []
    for suffix in ("parquet", "csv.gz", "csv"):
        folder = tmp_path / suffix
        folder.mkdir()
        if suffix == "parquet":
            frame.write_parquet(folder / "interactions.parquet")
        else:
            raw = frame.write_csv(datetime_format="%Y-%m-%dT%H:%M:%S").encode()
            file = folder / f"interactions.{suffix}"
            file.write_bytes(gzip.compress(raw) if suffix == "csv.gz" else raw)
        shops.append(read(folder))
    for shop in shops:
        assert triples(shop) == [("3", "b", 1), ("1", "a", 2)]
        assert shop.user_ids.ids == ("1", "3")
        assert shop.interactions.time.tolist() == [1_700_000_000, 1_700_000_001]
        assert shop.interactions.labels["split"].tolist() == [0, 2]


def test_whole_numbers_stored_as_floats_are_the_same_identifiers(tmp_path):
    pl.DataFrame({"user": [1.0, 2.0], "item": [7, 8]}).write_parquet(
        tmp_path / "interactions.parquet"
    )
    assert read(tmp_path).user_ids.ids == ("1", "2")
