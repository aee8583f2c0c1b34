"""`prismrec state`, and the shop that it writes."""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

import prismrec
from prismrec.cli.state import state
from prismrec.data.shop import Shop
from prismrec.errors import BadData
from prismrec.serve.database import Database, Once
from prismrec.serve.database.exporting import export
from prismrec.serve.database.opening import default_address
from prismrec.serve.values import UPLOAD, Event, Item
from serve.postgres import PASSWORD, Postgres

app = typer.Typer()
app.add_typer(state, name="state")
TOML = """
[items]
text = ["blurb", "blurb_zh"]
separator = " / "
[events]
wish = 2
"""


def png(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(file, "png")
    return file.getvalue()


RED, BLUE = png("red"), png("blue")
POSTED = UPLOAD + hashlib.sha256(BLUE).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three lamps, two of them with a picture, a photo of a user, ready vectors."""
    shop = tmp_path / "shop"
    (shop / "images").mkdir(parents=True)
    (shop / "features").mkdir()
    (shop / "interactions.csv").write_text(
        "user,item,timestamp,event\nann,a,100,view\nbob,b,200,wish\nann,c,300,buy\n"
        "ann,gone,1,view\n"
    )
    (shop / "items.csv").write_text(
        "item,title,blurb,blurb_zh,maker,image\na,Lamp A,shines,光,Foe,images/a.png\n"
        "b,Lamp B,glows,,Bar,images/b.png\nc,Lamp C,,,Foe,\n"
    )
    (shop / "users.csv").write_text("user,bio,image\nann,likes lamps,images/ann.png\nbob,,\n")
    (shop / "shop.toml").write_text(TOML, "utf-8")
    for name in ("a", "b", "ann"):
        (shop / "images" / f"{name}.png").write_bytes(RED)
    np.save(shop / "features" / "mood.npy", np.arange(6, dtype=np.float32).reshape(3, 2) + 1)
    return shop


@pytest.fixture
def database(folder: Path) -> Iterator[Database]:
    """What the server of the shop was told."""
    opened = Database(default_address(folder))
    tell(opened)
    yield opened
    opened.close()


def tell(database: Database) -> None:
    database.put_item(
        Item("new", "灯 N", 'new, and "odd"', {"maker": "Foe", "year": "2026"}, {"image": POSTED}),
        {POSTED.removeprefix(UPLOAD): BLUE},
    )
    changed = Item("a", "Lamp A2", "shines / 光", {"blurb": "shines", "blurb_zh": "光"})
    database.put_item(Item("b", "Lamp B", removed=True), {})
    database.put_item(Item("short", "Here for a day", removed=True), {})
    database.put_item(changed, {})
    database.take_events(
        [
            Event("cat", "new", "like", 400),
            Event("ann", "b", "like", 500),
            Event("ann", "a", "skip", 600),
            Event("ann", "a", "dislike", 700),
            Event("bob", "c", "wish", 800),
        ]
    )


def log_of(shop: Shop) -> list[tuple[Any, ...]]:
    log = shop.interactions
    assert log.time is not None
    users = [shop.user_ids[row] for row in log.users]
    items = [shop.item_ids[row] for row in log.items]
    return list(zip(users, items, log.weight.tolist(), log.time.tolist(), strict=True))


def test_a_new_shop_has_what_the_server_was_told(
    folder: Path, database: Database, tmp_path: Path
) -> None:
    made = export(prismrec.read(folder), database, tmp_path / "out" / "next")
    new = prismrec.read(tmp_path / "out" / "next")
    assert [each.what for each in new.problems] == ["the weight says no interest"]
    assert "ann,a,700,dislike" in (new.path / "interactions.csv").read_text("utf-8")
    assert list(new.item_ids) == ["a", "c", "new"]
    assert new.titles == ("Lamp A2", "Lamp C", "灯 N")
    assert new.item_media["text"].values == ("shines / 光", None, 'new, and "odd"')
    paths = new.item_media["image"].values
    assert paths[:2] == (None, None)
    assert paths[2] is not None and (new.path / paths[2]).read_bytes() == BLUE
    assert new.user_media["image"].values == ("images/ann.png", None, None)
    assert not (new.path / "images" / "b.png").exists()
    assert log_of(new) == [
        ("ann", "a", 1, 100),
        ("ann", "c", 5, 300),
        ("cat", "new", 3, 400),
        ("bob", "c", 2, 800),
    ]
    assert new.interactions.kind is not None
    kinds = [new.interactions.kinds[kind] for kind in new.interactions.kind]
    assert kinds == ["view", "buy", "like", "wish"]
    mood = new.item_features["mood"]
    np.testing.assert_array_equal(mood.values[:2], [[1, 2], [5, 6]])
    assert mood.present.tolist() == [True, True, False]
    assert vars(made) == {
        "items": 3,
        "posted": 2,
        "removed": 1,
        "interactions": 5,
        "events": 3,
        "left_out": 2,
        "media": 1,
        "lost": 0,
    }


def test_a_shop_that_was_told_nothing_stays_as_it_is(folder: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    old = prismrec.read(folder)
    export(old, database, tmp_path / "next")
    database.close()
    new = prismrec.read(tmp_path / "next")
    assert log_of(new) == log_of(old)
    assert (new.item_ids, new.titles) == (old.item_ids, old.titles)
    assert new.item_media == old.item_media
    assert new.user_media == old.user_media


def test_own_weights_are_kept(folder: Path, database: Database, tmp_path: Path) -> None:
    database.take_events([Event("bob", "c", "view", 900, 2.5)])
    export(prismrec.read(folder), database, tmp_path / "next")
    assert [row[2] for row in log_of(prismrec.read(tmp_path / "next"))] == [1, 5, 3, 2, 2.5]


def test_a_bare_log_becomes_a_shop(tmp_path: Path) -> None:
    """No table of items, no times: texts of posted items do not mix with titles."""
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "interactions.csv").write_text("user,item,rating\nann,a,4\nbob,b,2\n")
    database = Database(default_address(shop))
    database.put_item(Item("c", "A lamp", "glows"), {})
    database.take_events([Event("bob", "c", "buy", 900)])
    export(prismrec.read(shop), database, tmp_path / "next")
    database.close()
    new = prismrec.read(tmp_path / "next")
    assert not new.problems
    assert list(new.item_ids) == ["a", "b", "c"]
    assert new.titles == ("a", "b", "A lamp")
    assert new.item_media["text"].values == (None, None, "glows")
    assert new.interactions.weight.tolist() == [4, 2, 5]
    assert new.interactions.time is None


def test_nothing_is_left_where_an_export_fails(
    folder: Path, database: Database, tmp_path: Path
) -> None:
    shop = prismrec.read(folder)
    (folder / "images" / "ann.png").unlink()
    with pytest.raises(BadData, match="could not be written"):
        export(shop, database, tmp_path / "next")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shop"]
    with pytest.raises(BadData, match="already"):
        export(shop, database, folder)


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["state", *map(str, arguments)])


def test_info_counts(folder: Path, database: Database) -> None:
    found = json.loads(run("info", folder, "--json").stdout)
    assert found["rows"]["events"] == 5
    assert found["schema"] == "0001" and found["bytes"] > 4096
    assert "events" in run("info", str(database)).stdout


def test_export_says_what_it_wrote(folder: Path, database: Database, tmp_path: Path) -> None:
    done = run("export", folder, "--out", tmp_path / "next", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["events"] == 3
    assert len(prismrec.read(tmp_path / "next").item_ids) == 3


def test_a_copy_is_whole_and_can_be_served(
    folder: Path, database: Database, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.sqlite"
    assert run("backup", folder, "--out", copy).exit_code == 0
    database.take_events([Event("cat", "c", "like", 900)])
    assert not list(tmp_path.glob("*-wal"))
    opened = Database(f"sqlite:///{copy}")
    try:
        assert len(list(opened.events())) == 5
        assert opened.medium(POSTED.removeprefix(UPLOAD)) == BLUE
    finally:
        opened.close()
    assert isinstance(run("backup", folder, "--out", copy).exception, BadData)


def test_pruning_gives_room_back(folder: Path, database: Database) -> None:
    big = bytes(2_000_000)
    database.put_item(Item("c", "Lamp C"), {hashlib.sha256(big).hexdigest(): big})
    database.take_events([Event("ann", "c", "view", 1)], once=Once("k", "shop", "d"))
    found = json.loads(run("prune", folder, "--json").stdout)
    assert found["media"] == 1 and found["answers"] == 0
    assert found["freed_bytes"] > 1_900_000
    with sqlite3.connect(str(database.url.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_what_is_not_there_is_not_made(folder: Path, tmp_path: Path) -> None:
    told = run("info", folder).exception
    assert isinstance(told, BadData) and "no database" in str(told)
    assert not (folder / ".prismrec" / "serve.sqlite").exists()
    told = run("info", tmp_path / "nowhere").exception
    assert isinstance(told, BadData) and "no folder" in str(told)


def test_the_commands_over_postgresql(folder: Path, postgres: Postgres, tmp_path: Path) -> None:
    address = postgres.database()
    opened = Database(address)
    tell(opened)
    opened.close()
    done = run("export", folder, "--out", tmp_path / "next", "--database", address, "--json")
    assert json.loads(done.stdout)["events"] == 3
    assert run("prune", address).exit_code == 0
    shown = run("info", address)
    assert "events" in shown.stdout and PASSWORD not in shown.output
    told = run("backup", address, "--out", tmp_path / "x").exception
    assert isinstance(told, BadData)
    assert "pg_dump" in str(told) and PASSWORD not in str(told)
