"""A record that is posted with picture, text and sound reaches the people whose taste it meets."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from prismrec.cli.fit import fit
from prismrec.data.demo import make_shop
from serve.system.records import Reached, complete, post, reached, without
from serve.system.running import served

pytestmark = pytest.mark.slow

POSTED = 6


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("onnxruntime")
    return make_shop(tmp_path_factory.mktemp("right") / "whole", seed=7)


@pytest.fixture(scope="module")
def client(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server of the shop without the records that will be posted."""
    folder = tmp_path_factory.mktemp("served")
    gone = {row["item"] for row in complete(whole, POSTED)}
    shop = without(whole, gone, folder / "shop")
    fit(shop, folder / "model", as_json=True)
    patient = {"PRISMREC_ENCODE_WAIT": "100"}  # other tests may have the cores
    with served(folder / "model", shop, log=folder / "log", more=patient) as client:
        while client.get("/health/ready").json()["search"] != "ready":
            time.sleep(0.2)
        yield client


def test_the_right_listeners_have_it_in_their_twenty(whole: Path, client: httpx.Client) -> None:
    truth = json.loads((whole / "truth.json").read_text("utf-8"))
    found = Reached([], [])
    for row in complete(whole, POSTED):
        answer = post(client, row, whole)
        assert (answer.status_code, answer.json()["encoded"]) == (201, ["image", "text", "audio"])
        one = reached(client, row["item"], truth)
        found.right.extend(one.right)
        found.others.extend(one.others)
        assert client.delete(f"/v1/items/{row['item']}").status_code == 200
    shares = [f"{sum(part)} of {len(part)}" for part in found]
    assert len(found.right) > 50
    assert sum(found.right) / len(found.right) > 0.8, shares
    assert sum(found.others) / len(found.others) < 0.05, shares
