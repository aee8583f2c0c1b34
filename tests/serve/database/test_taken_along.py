"""What an export and a copy are for: a fit, an upgrade, a disk that spoils a file."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from sqlalchemy import text
from typer.testing import CliRunner

import prismrec
from prismrec.cli.fit import fit
from prismrec.cli.state import state
from prismrec.errors import BadData
from prismrec.fitted import open_model
from prismrec.serve.database import Database
from prismrec.serve.database.opening import default_address
from prismrec.serve.values import Event, Item
from prismrec.store import default_place, open_store
from serve.postgres import PASSWORD, Postgres

app = typer.Typer()
app.add_typer(state, name="state")


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["state", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two items that everybody uses together, and one that is used by nobody."""
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "items.csv").write_text("item,title\na,Lamp A\nb,Lamp B\nlonely,Lamp C\n")
    rows = [f"u{n},{item},{n},like" for n in range(6) for item in "ab"]
    (shop / "interactions.csv").write_text("\n".join(["user,item,timestamp,event", *rows, ""]))
    return shop


@pytest.fixture
def told(folder: Path) -> str:
    """The database of a server of the shop: whoever uses a uses a new item as well."""
    address = default_address(folder)
    database = Database(address)
    database.put_item(Item("new", "Lamp N", "glows"), {})
    database.take_events([Event(f"u{n}", "new", "buy", 100 + n) for n in range(6)])
    database.take_events([Event("u0", "lonely", "dislike", 200), Event("u0", "b", "skip", 201)])
    database.close()
    return address


def test_a_fit_on_the_new_shop_knows_what_the_server_was_told(
    folder: Path, told: str, tmp_path: Path
) -> None:
    out, model = tmp_path / "next", tmp_path / "model"
    assert run("export", folder, "--out", out).exit_code == 0
    fit(out, model, model="item-knn", image="none", text="none", audio="none", as_json=True)
    fitted = open_model(model)
    items = fitted.train.item_ids
    assert set(items) == {"a", "b", "lonely", "new"}
    assert len(fitted.train.interactions) == 18
    used = [items[row] for row in fitted.train.interactions.items]
    assert used.count("new") == 6 and "lonely" not in used


def test_computed_vectors_come_along(
    folder: Path, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PRISMREC_STORE", raising=False)
    key = "encoder/content"
    with closing(open_store(default_place(folder))) as store:
        store[key] = np.arange(4, dtype=np.float32)
        assert run("export", folder, "--out", tmp_path / "next").exit_code == 0
    with closing(open_store(default_place(tmp_path / "next"))) as store:
        np.testing.assert_array_equal(store[key], np.arange(4))
    assert not (tmp_path / "next" / ".prismrec" / "serve.sqlite").exists()


def test_an_export_goes_on_beside_a_server(folder: Path, told: str, tmp_path: Path) -> None:
    server = Database(told, serving=True)
    try:
        assert run("export", folder, "--out", tmp_path / "next").exit_code == 0
        assert run("backup", folder, "--out", tmp_path / "copy").exit_code == 0
        assert run("prune", folder).exit_code == 0
        assert server.take_events([Event("u9", "a", "view", 300)]).answer["stored"] == 1
    finally:
        server.close()
    assert len(prismrec.read(tmp_path / "next").interactions) == 18


def test_a_copy_leaves_an_older_database_as_it_is(folder: Path, told: str, tmp_path: Path) -> None:
    database = Database(told)
    with database._engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    database.close()
    copy = tmp_path / "copy.sqlite"
    assert run("backup", folder, "--out", copy).exit_code == 0
    for path in (copy, Path(str(database.url.database))):
        with closing(sqlite3.connect(path)) as raw:
            assert raw.execute("SELECT version_num FROM alembic_version").fetchone() == ("0000",)


def test_a_damaged_database_is_not_copied(folder: Path, told: str, tmp_path: Path) -> None:
    path = folder / ".prismrec" / "serve.sqlite"
    raw = bytearray(path.read_bytes())
    for page in range(1, len(raw) // 4096):
        raw[page * 4096 : page * 4096 + 40] = b"\xff" * 40
    path.write_bytes(raw)
    found = run("backup", folder, "--out", tmp_path / "copy").exception
    assert isinstance(found, BadData) and "damaged" in str(found) and "\n" not in str(found)
    assert not [each.name for each in tmp_path.iterdir() if "copy" in each.name]


def test_a_database_elsewhere_is_named(folder: Path, told: str, postgres: Postgres) -> None:
    address = postgres.database()
    Database(address).close()
    found = run("info", folder, "--database", address, "--json")
    assert json.loads(found.stdout)["rows"]["events"] == 0
    assert PASSWORD not in found.output
    assert json.loads(run("info", folder, "--json").stdout)["rows"]["events"] == 8
    assert run("prune", folder, "--database", address).exit_code == 0
    told_command = run("backup", folder, "--database", address, "--out", "x.dump").exception
    assert "pg_dump" in str(told_command) and PASSWORD not in str(told_command)
