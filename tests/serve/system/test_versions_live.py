"""Versions of the model change while people ask, and nobody notices but by better lists."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from serve.system.running import served

TIMES = 20
SECONDS = 60.0  # after which something that should happen does not happen any more

QUICK = {"PRISMREC_POLL_SECONDS": "0.05", "PRISMREC_PAGE": "false"}


def wait_for(what: Callable[[], Any]) -> Any:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.02)
    raise AssertionError("it does not happen")


def copy_over(source: Path, model: Path) -> None:
    """Replace a model as `prismrec fit` does: its own files first, what names them last."""
    for file in sorted(
        source.iterdir(), key=lambda f: (f.name == "fit.json", f.name == "manifest.json")
    ):
        if file.is_file():
            shutil.copy(file, model / f".{file.name}.part")
            (model / f".{file.name}.part").replace(model / file.name)


def version_of(client: httpx.Client) -> str:
    return str(client.get("/health/ready").json()["version"])


@pytest.mark.slow
def test_swapped_under_load(own: Path, tmp_path: Path) -> None:
    live = Path(shutil.copytree(own / "knn", own / "live"))
    failures: list[str] = []
    answers: dict[str, int] = {}
    done = threading.Event()

    def ask(address: str, user: str) -> None:
        with httpx.Client(base_url=address, timeout=30) as client:
            while not done.is_set():
                try:
                    answer = client.get(f"/v1/users/{user}/recommendations", params={"k": 5})
                    if answer.status_code != 200 or len(answer.json()["items"]) != 5:
                        failures.append(answer.text)
                    version = answer.json()["version"]
                    answers[version] = answers.get(version, 0) + 1
                except httpx.HTTPError as error:
                    failures.append(repr(error))

    with served(live, own / "shop", log=tmp_path / "log", more=QUICK) as client:
        threads = [
            threading.Thread(target=ask, args=(str(client.base_url), f"u{n}")) for n in range(3)
        ]
        for thread in threads:
            thread.start()
        seen = version_of(client)
        for turn in range(TIMES):
            copy_over(own / ("knn" if turn % 2 else "prism"), live)
            before = seen
            wait_for(lambda before=before: version_of(client) != before)
            seen = version_of(client)
        done.set()
        for thread in threads:
            thread.join(30)
    assert not failures
    assert len(answers) == 2 and min(answers.values()) > 0


def test_a_damaged_version_is_refused_and_the_old_one_goes_on(own: Path, tmp_path: Path) -> None:
    live = Path(shutil.copytree(own / "knn", own / "live"))
    with served(live, own / "shop", log=tmp_path / "log", more=QUICK) as client:
        first = version_of(client)
        bad = Path(shutil.copytree(own / "prism", tmp_path / "bad"))
        (arrays,) = bad.glob("arrays-*.safetensors")
        raw = bytearray(arrays.read_bytes())
        raw[len(raw) // 2] ^= 255
        arrays.write_bytes(raw)
        copy_over(bad, live)
        told = wait_for(lambda: client.get("/v1/status").json()["model"]["problem"])
        assert "checksum" in told or "damaged" in told
        assert version_of(client) == first
        assert len(client.get("/v1/users/u1/recommendations").json()["items"]) == 10

        copy_over(own / "prism", live)
        wait_for(lambda: version_of(client) != first)
        assert client.get("/v1/status").json()["model"]["problem"] == ""


def test_rolled_back_and_held_on_to(own: Path, tmp_path: Path) -> None:
    live = Path(shutil.copytree(own / "knn", own / "live"))
    shop, log = own / "shop", tmp_path / "log"
    with served(live, shop, log=log, more=QUICK) as client:
        first = version_of(client)
        copy_over(own / "prism", live)
        wait_for(lambda: version_of(client) != first)
        second = version_of(client)
        back = client.post("/v1/models/rollback")
        assert (back.status_code, version_of(client)) == (200, first)
        assert client.post("/v1/models/nothing/activate").status_code == 404
    with served(live, shop, log=log, more=QUICK) as client:  # also after a new start
        assert version_of(client) == first
        assert client.post("/v1/models/latest/activate").status_code == 200
        assert version_of(client) == second
        assert [v["pinned"] for v in client.get("/v1/models").json()["versions"]] == [False] * 2
