"""Files and forms of nonsense, sent to a real server: refused, or kept and given back whole."""

from __future__ import annotations

import io
import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from serve.system.running import Running, picture, start
from serve.system.test_attacked import INSIDE
from serve.system.whole import tone

pytestmark = pytest.mark.slow

FILES, FORMS = 320, 120
GROWTH = 200 * 2**20  # bytes that the server may take more than before
BOUNDARY = b"----aboundary"


@pytest.fixture(scope="module")
def server(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = Path(shutil.copytree(made, tmp_path_factory.mktemp("fuzzed") / "own"))
    more = {"PRISMREC_PAGE": "false", "PRISMREC_ENCODE_WAIT": "10"}
    running = start(folder / "prism", folder / "shop", log=folder / "log", more=more)
    yield running
    running.kill()


@pytest.fixture(scope="module")
def client(server: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.address, timeout=60) as made:
        yield made


def seeds() -> list[tuple[str, bytes]]:
    """Good files of every kind."""
    rng = np.random.default_rng(5)
    png = picture(rng, 0, side=40)
    found = [("image", png), ("audio", tone())]
    for kind, options in (
        ("JPEG", {}),
        ("WEBP", {}),
        ("GIF", {}),
        ("WEBP", {"lossless": True}),
        ("JPEG", {"progressive": True}),
    ):
        out = io.BytesIO()
        Image.open(io.BytesIO(png)).save(out, kind, **options)
        found.append(("image", out.getvalue()))
    return found


def mutated(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """A file that is a little, or very, wrong."""
    way = rng.randrange(8)
    if way == 0:
        return data  # now and then one that is right
    if way == 1:
        return data[: rng.randrange(len(data))]
    if way == 2:
        return data[: rng.randrange(len(data))] + other[rng.randrange(len(other)) :]
    if way == 3:
        return data + other
    changed = bytearray(data)
    reach = len(changed) if way > 5 else min(64, len(changed))  # heads tell most
    for _ in range(rng.choice((1, 2, 8, 40))):
        place = rng.randrange(reach)
        if way == 4:
            changed[place : place + 4] = rng.choice(
                (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f")
            )
        elif way == 5:
            del changed[place : place + rng.randrange(9)]
            reach = max(1, min(reach, len(changed)))
        else:
            changed[place] ^= 1 << rng.randrange(8)
    return bytes(changed) or b"\0"


def memory(server: Running) -> int:
    """Bytes of memory that the server holds."""
    status = Path(f"/proc/{server.process.pid}/status")
    if not status.exists():
        pytest.skip("the memory of a process is read from /proc")
    line = next(each for each in status.read_text().splitlines() if each.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def quiet(answer: httpx.Response) -> None:
    assert answer.status_code < 500, answer.text[:300]
    for word in INSIDE:
        assert word not in answer.text


def put(client: httpx.Client, item: str, modality: str, data: bytes) -> httpx.Response:
    files = {
        "item": (None, b'{"title": "Loaf", "text": "warm bread"}', "application/json"),
        modality: ("a", data, "application/octet-stream"),
    }
    answer = client.put(f"/v1/items/{item}", files=files)
    quiet(answer)
    return answer


def test_files(server: Running, client: httpx.Client) -> None:
    rng, good = random.Random(11), seeds()
    for modality, data in good:
        assert put(client, f"good-{modality}", modality, data).is_success
    warm_up(client, good)
    before = memory(server)
    accepted: dict[str, str] = {}
    refused = 0
    for number in range(FILES):
        (modality, data), (_, other) = rng.choice(good), rng.choice(good)
        data = mutated(rng, data, other)
        answer = put(client, f"fuzz-{number}", modality, data)
        assert answer.status_code in (201, 202, 422), answer.text
        if answer.is_success:
            accepted[f"fuzz-{number}"] = modality
        else:
            refused += 1
        if number % 8 == 0:
            searched = client.post("/v1/search", files={modality: ("a", data)})
            assert searched.status_code in (200, 422, 503)
    assert len(accepted) > FILES // 10 and refused > FILES // 10
    assert memory(server) - before < GROWTH
    check_kept(client, accepted)


def warm_up(client: httpx.Client, good: list[tuple[str, bytes]]) -> None:
    """Have the encoders of search opened, whose weights are much of the memory."""
    end = time.monotonic() + 60
    while client.get("/health/ready").json()["search"] != "ready":
        assert time.monotonic() < end
        time.sleep(0.1)
    for modality, data in good:
        client.post("/v1/search", files={modality: ("a", data)})


def check_kept(client: httpx.Client, accepted: dict[str, str]) -> None:
    """What was accepted is given back, and is in lists; what was refused is nowhere."""
    encoded = set()
    for item, modality in accepted.items():
        shown = client.get(f"/v1/items/{item}/{modality}")
        assert shown.status_code == 200 and shown.content, (item, shown.text)
        assert shown.headers["content-type"].startswith(modality)
        if modality == "image":
            Image.open(io.BytesIO(shown.content)).load()
        if "text" in client.get(f"/v1/items/{item}").json()["encoded"]:
            encoded.add(item)
    assert encoded == set(accepted)
    ask = {"people": [{"history": ["i0", "i2"]}], "k": 100, "where": {"only": sorted(accepted)}}
    listed = client.post("/v1/recommendations", json=ask).json()["items"]
    assert {each["item"] for each in listed} == set(sorted(accepted)[:100]) or len(listed) == min(
        100, len(accepted)
    )
    there = client.get("/v1/items", params={"k": 1}).json()["total"]
    assert there == 40 + 2 + len(accepted)


def form(parts: list[tuple[bytes, bytes]]) -> bytes:
    out = b""
    for head, data in parts:
        out += b"--" + BOUNDARY + b"\r\n" + head + b"\r\n\r\n" + data + b"\r\n"
    return out + b"--" + BOUNDARY + b"--\r\n"


def test_forms(server: Running, client: httpx.Client) -> None:
    rng = random.Random(12)
    data = picture(np.random.default_rng(1), 1, side=16)
    whole = form(
        [
            (
                b'Content-Disposition: form-data; name="item"\r\nContent-Type: application/json',
                b'{"title": "Loaf", "text": "warm bread", "columns": {"genre": "bread"}}',
            ),
            (b'Content-Disposition: form-data; name="image"; filename="a.png"', data),
        ]
    )
    head = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY.decode()}"}
    statuses = []
    before = memory(server)
    for number in range(FORMS):
        body = mutated(rng, whole, whole)
        answer = client.put(f"/v1/items/form-{number}", content=body, headers=head)
        quiet(answer)
        statuses.append(answer.status_code)
        stays = client.get(f"/v1/items/form-{number}").status_code
        assert stays == (200 if answer.is_success else 404)
    assert {400, 422} <= set(statuses) and any(status < 300 for status in statuses)
    assert memory(server) - before < GROWTH


def test_json(client: httpx.Client) -> None:
    rng = random.Random(13)
    whole = b'{"events": [{"user": "eve", "item": "i1", "event": "like", "time": 1700000000}]}'
    kind = {"Content-Type": "application/json"}
    for _ in range(FORMS):
        quiet(client.post("/v1/events", content=mutated(rng, whole, whole), headers=kind))
    assert client.get("/v1/users/u0/recommendations").json()["items"]


def test_its_log_is_quiet(server: Running) -> None:
    told = server.log.read_text()
    for word in ("Traceback", "request failed", "fuzz-", "form-1", '"level": "error"'):
        assert word not in told, next(line for line in told.splitlines() if word in line)
