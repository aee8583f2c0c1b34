import hashlib
import io
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import soundfile
from PIL import Image

from prismrec.data.demo import make_shop
from prismrec.data.demo.writing import MARK
from prismrec.data.read import read
from prismrec.errors import BadData


def digests(path: Path) -> dict[str, str]:
    files = [file for file in path.rglob("*") if file.is_file()]
    return {
        str(file.relative_to(path)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files
    }


def test_same_seed_gives_the_same_bytes(shop: Path, asked: dict[str, Any], tmp_path: Path) -> None:
    again = make_shop(tmp_path / "again", **asked)
    assert digests(again) == digests(shop)


def test_another_seed_gives_another_shop(shop: Path, tmp_path: Path) -> None:
    other = digests(make_shop(tmp_path / "other", items=24, users=8, seed=4))
    first = digests(shop)
    assert [name for name in other if other[name] == first.get(name)] == ["shop.toml"]


def test_a_longer_catalogue_begins_with_the_shorter_one(shop: Path, tmp_path: Path) -> None:
    short = digests(make_shop(tmp_path / "short", items=24, users=8, seed=3))
    media = {name: value for name, value in short.items() if name.startswith(("images", "audio"))}
    same = [name for name, value in media.items() if digests(shop).get(name) == value]
    assert len(same) > 0.6 * len(media)  # what is missing or broken is chosen anew


def test_files_are_there_exactly_where_the_catalogue_says(
    shop: Path, items: pl.DataFrame, truth: dict[str, Any]
) -> None:
    for column, folder in (("image", "images"), ("audio", "audio")):
        named = set(items[column].drop_nulls())
        absent = {name for name, how in truth["broken"].items() if how == "not there"}
        assert {f"{folder}/{file.name}" for file in (shop / folder).iterdir()} == named - absent


def test_gaps_are_those_of_the_truth(items: pl.DataFrame, truth: dict[str, Any]) -> None:
    blurbs = items.select(pl.coalesce("blurb", "blurb_zh")).to_series()
    for modality, column in (
        ("image", items["image"]),
        ("audio", items["audio"]),
        ("text", blurbs),
    ):
        lacking = items["item"].filter(column.is_null()).to_list()
        assert lacking == truth["missing"][modality]
        assert 0.04 < len(lacking) / len(items) < 0.16
    lacks = [set(ids) for ids in truth["missing"].values()]
    assert len(lacks[0] & lacks[1] & lacks[2]) == 1


def test_only_the_broken_files_do_not_decode(shop: Path, truth: dict[str, Any]) -> None:
    assert len(truth["broken"]) == 5
    for file in [*(shop / "images").iterdir(), *(shop / "audio").iterdir()]:
        name = f"{file.parent.name}/{file.name}"
        data = io.BytesIO(file.read_bytes())
        try:
            if file.suffix == ".jpg":
                Image.open(data).convert("RGB")
            else:
                samples, rate = soundfile.read(data)
                assert (len(samples), rate) == (4 * 22_050, 22_050)
            assert name not in truth["broken"]
        except (OSError, soundfile.LibsndfileError):
            assert name in truth["broken"]


def test_the_reader_takes_the_shop(shop: Path, truth: dict[str, Any]) -> None:
    found = read(shop)
    assert ["does not exist" in problem.what for problem in found.problems] == [True]
    assert found.item_media["text"].coverage == 1 - len(truth["missing"]["text"]) / len(
        found.item_ids
    )
    assert 0 < found.user_media["text"].coverage < 1
    assert 0 < found.user_media["image"].coverage < 1
    assert set(found.interactions.weight.tolist()) == {1.0, 3.0, 5.0}
    assert found.titles[0] != found.item_ids.ids[0]


def test_new_releases_have_no_history(log: pl.DataFrame, truth: dict[str, Any]) -> None:
    assert len(truth["new_releases"]) == 32 // 8
    assert not set(truth["new_releases"]) & set(log["item"])


def test_texts_come_in_both_languages(items: pl.DataFrame) -> None:
    chinese = re.compile("[\u4e00-\u9fff]")
    english_only = items.filter(pl.col("blurb").is_not_null() & pl.col("blurb_zh").is_null())
    chinese_only = items.filter(pl.col("blurb").is_null() & pl.col("blurb_zh").is_not_null())
    assert len(english_only) > 5
    assert len(chinese_only) > 5
    assert not any(chinese.search(title) for title in english_only["title"])
    assert all(chinese.search(title) for title in chinese_only["title"])


def test_truth_names_every_listener_and_record(items: pl.DataFrame, truth: dict[str, Any]) -> None:
    assert list(truth["records"]) == items["item"].to_list()
    assert len(truth["listeners"]) == 40
    drivers = [listener["driver"] for listener in truth["listeners"].values()]
    assert all(drivers.count(d) == 40 / 4 for d in ("image", "text", "audio", "behaviour"))


def test_progress_counts_records(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    make_shop(tmp_path, items=24, users=8, progress=lambda done, of: seen.append((done, of)))
    assert seen == [(k, 24) for k in range(1, 25)]


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(BadData, match="not empty"):
        make_shop(tmp_path, items=24, users=8)
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(BadData, match="is a file"):
        make_shop(tmp_path / "thesis.txt", items=24, users=8)


def test_our_own_shop_is_replaced_and_foreign_files_stay(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "shop.toml").write_text(MARK)
    (tmp_path / "images" / "r9999.jpg").write_bytes(b"old")
    (tmp_path / "notes.txt").write_text("mine")
    make_shop(tmp_path, items=24, users=8)
    assert not (tmp_path / "images" / "r9999.jpg").exists()
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("items", "users", "seed", "message"),
    [(3, 40, 0, "items is 3"), (40, 2, 0, "users is 2"), (24, 8, -1, "seed is -1")],
)
def test_numbers_out_of_range(
    tmp_path: Path, items: int, users: int, seed: int, message: str
) -> None:
    with pytest.raises(BadData, match=message):
        make_shop(tmp_path / "shop", items=items, users=users, seed=seed)
    assert not (tmp_path / "shop").exists()
