"""A record that is posted with picture, text and sound reaches the people whose taste it meets."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from prismrec.cli.fit import fit
from prismrec.data.demo import make_shop
from serve.system.running import listed, served

pytestmark = pytest.mark.slow

POSTED = 6
ENOUGH = 10  # events from which a listener's taste can be known
TRAITS = {"image": "look", "text": "theme", "audio": "genre"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("onnxruntime")
    return make_shop(tmp_path_factory.mktemp("right") / "whole", seed=7)


@pytest.fixture(scope="module")
def posted(whole: Path) -> list[dict[str, str]]:
    """Rows of records that have a picture, a text and a sound, and that the shop will lack."""
    truth = json.loads((whole / "truth.json").read_text("utf-8"))
    broken = {Path(name).stem for name in truth["broken"]}
    with (whole / "items.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    full = [
        row
        for row in rows
        if row["item"] not in broken
        and not any(row["item"] in names for names in truth["missing"].values())
    ]
    return full[:: len(full) // POSTED][:POSTED]


@pytest.fixture(scope="module")
def client(
    whole: Path, posted: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A server of the shop without these records, and without what people did with them."""
    folder = tmp_path_factory.mktemp("served")
    shop = Path(shutil.copytree(whole, folder / "shop", ignore=shutil.ignore_patterns(".prismrec")))
    gone = {row["item"] for row in posted}
    for name in ("items.csv", "interactions.csv"):
        with (shop / name).open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        with (shop / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(row for row in rows if row["item"] not in gone)
    fit(shop, folder / "model", as_json=True)
    patient = {"PRISMREC_ENCODE_WAIT": "60"}  # the encoders are still being opened
    with served(folder / "model", shop, log=folder / "log", more=patient) as client:
        yield client


def test_the_right_listeners_have_it_in_their_twenty(
    whole: Path, posted: list[dict[str, str]], client: httpx.Client
) -> None:
    truth: dict[str, Any] = json.loads((whole / "truth.json").read_text("utf-8"))
    events = _events(client)
    people = {
        user: each
        for user, each in truth["listeners"].items()
        if each["driver"] in TRAITS and events.get(user, 0) >= ENOUGH
    }
    right: list[bool] = []
    others: list[bool] = []
    for row in posted:
        blurb = "\n".join(row[name] for name in ("blurb", "blurb_zh") if row[name])
        item = {"title": row["title"], "text": blurb, "columns": {"artist": row["artist"]}}
        files = {
            "item": (None, json.dumps(item).encode(), "application/json"),
            "image": ("picture", (whole / row["image"]).read_bytes()),
            "audio": ("sound", (whole / row["audio"]).read_bytes()),
        }
        answer = client.put(f"/v1/items/{row['item']}", files=files)
        assert (answer.status_code, answer.json()["encoded"]) == (201, ["image", "text", "audio"])
        record = truth["records"][row["item"]]
        for user, each in people.items():
            there = row["item"] in listed(client, user, 20)
            trait = record[TRAITS[each["driver"]]]
            if trait == each["favourites"][0]:
                right.append(there)
            elif trait not in each["favourites"]:  # a second love is neither right nor wrong
                others.append(there)
        assert client.delete(f"/v1/items/{row['item']}").status_code == 200
    shares = f"{sum(right)} of {len(right)} right ones, {sum(others)} of {len(others)} others"
    assert len(right) > 50
    assert sum(right) / len(right) > 0.8, shares
    assert sum(others) / len(others) < 0.05, shares


def _events(client: httpx.Client) -> dict[str, int]:
    found: dict[str, int] = {}
    while True:
        page = client.get("/v1/users", params={"k": 200, "offset": len(found)}).json()
        found |= {each["user"]: each["events"] for each in page["users"]}
        if len(found) >= page["total"]:
            return found
