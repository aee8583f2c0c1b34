"""Records of the demo shop that are hidden from a fit, posted to its server, and looked for."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from serve.system.running import listed

__all__ = ["Reached", "complete", "post", "reached", "without"]

ENOUGH = 10  # events from which a listener's taste can be known
TRAITS = {"image": "look", "text": "theme", "audio": "genre"}
Row = dict[str, str]


class Reached(NamedTuple):
    """In how many lists of 20 a record stands."""

    right: list[bool]  # listeners who choose by what the record looks, reads or sounds like
    others: list[bool]  # listeners who choose by another look, theme or genre


def complete(shop: Path, n: int) -> list[Row]:
    """Rows of n records that have a picture, a text and a sound."""
    truth = json.loads((shop / "truth.json").read_text("utf-8"))
    broken = {Path(name).stem for name in truth["broken"]}
    lacking = broken.union(*truth["missing"].values())
    with (shop / "items.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["item"] not in lacking]
    return rows[:: len(rows) // n][:n]


def without(shop: Path, items: Collection[str], to: Path) -> Path:
    """A copy of a shop without some records, and without what people did with them."""
    shutil.copytree(shop, to, ignore=shutil.ignore_patterns(".prismrec"))
    for name in ("items.csv", "interactions.csv"):
        with (to / name).open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        with (to / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(row for row in rows if row["item"] not in items)
    return to


def post(client: httpx.Client, row: Row, shop: Path) -> httpx.Response:
    """Put a record with its picture, text and sound."""
    text = "\n".join(row[name] for name in ("blurb", "blurb_zh") if row[name])
    item = {"title": row["title"], "text": text, "columns": {"artist": row["artist"]}}
    files = {
        "item": (None, json.dumps(item).encode(), "application/json"),
        "image": ("picture", (shop / row["image"]).read_bytes()),
        "audio": ("sound", (shop / row["audio"]).read_bytes()),
    }
    return client.put(f"/v1/items/{row['item']}", files=files)


def reached(client: httpx.Client, item: str, truth: dict[str, Any]) -> Reached:
    """Look for a record in the lists of everybody who chooses by a modality."""
    found = Reached([], [])
    record = truth["records"][item]
    events = _events(client)
    for user, each in truth["listeners"].items():
        if each["driver"] not in TRAITS or events.get(user, 0) < ENOUGH:
            continue
        trait = record[TRAITS[each["driver"]]]
        if trait == each["favourites"][0]:
            found.right.append(item in listed(client, user, 20))
        elif trait not in each["favourites"]:  # a second love is neither right nor wrong
            found.others.append(item in listed(client, user, 20))
    return found


def _events(client: httpx.Client) -> dict[str, int]:
    found: dict[str, int] = {}
    while True:
        page = client.get("/v1/users", params={"k": 200, "offset": len(found)}).json()
        found |= {each["user"]: each["events"] for each in page["users"]}
        if len(found) >= page["total"]:
            return found
