"""Forms: what is well-formed is read as it was sent, and nothing makes the server fail."""

from __future__ import annotations

import random

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prismrec.serve.api.multipart import boundary_of, read_form
from prismrec.serve.api.problems import Problem
from serve.api.fake import PNG, FakeService

KINDS = {"item": 0, "where": 0, "image": 10_000, "audio": 10_000}
NAMES = st.sampled_from(sorted(KINDS))


def written(parts: list[tuple[str, bytes]], boundary: bytes = b"edge") -> bytes:
    made = b""
    for name, value in parts:
        head = f'Content-Disposition: form-data; name="{name}"; filename="a.bin"'.encode()
        made += b"--" + boundary + b"\r\n" + head + b"\r\n\r\n" + value + b"\r\n"
    return made + b"--" + boundary + b"--\r\n"


WHOLE = written([("item", b'{"title": "Vase"}'), ("image", PNG), ("audio", b"OggS" * 50)])
SENT = {"Content-Type": "multipart/form-data; boundary=edge"}


@given(
    values=st.dictionaries(NAMES, st.binary(max_size=300), min_size=1),
    boundary=st.text("abcXYZ019'-_", min_size=1, max_size=40),
)
@settings(max_examples=60, deadline=None)
def test_a_form_is_read_as_it_was_written(values: dict[str, bytes], boundary: str) -> None:
    edge = b"edge" + boundary.encode()
    values = {
        name: value.replace(edge, b"") if KINDS[name] else value.hex().encode()
        for name, value in values.items()
    }
    form = read_form(written(list(values.items()), edge), edge, KINDS)
    texts = {name: [value.decode()] for name, value in values.items() if not KINDS[name]}
    assert form.texts == texts
    assert form.files == {name: value for name, value in values.items() if KINDS[name]}


@given(raw=st.binary(max_size=600))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    for prefix in (b"", b"--edge\r\n", b"--edge\r\nContent-Disposition: form-data; name="):
        try:
            form = read_form(prefix + raw, b"edge", KINDS)
        except Problem as refused:
            assert refused.status_code in (400, 413, 422)
        else:
            assert not form.files or prefix


def test_types() -> None:
    assert boundary_of('multipart/form-data; boundary="a b"') == b"a b"
    assert boundary_of("Multipart/Form-Data; charset=utf-8; boundary=x") == b"x"
    for wrong, status in (
        ("", 415),
        ("application/json", 415),
        ("multipart/mixed; boundary=x", 415),
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        ("multipart/form-data; boundary=a\u00e9", 400),
        ("multipart/form-data; boundary=" + "x" * 71, 400),
    ):
        with pytest.raises(Problem) as refused:
            boundary_of(wrong)
        assert refused.value.status_code == status, wrong


def test_limits_of_a_form() -> None:
    for raw, status in (
        (written([("image", b"x" * 10_001)]), 413),
        (written([("item", b"x" * 300_000)]), 413),
        (written([("item", b"x")] * 65), 413),
        (written([("image", b"x")] * 2), 422),
        (written([("other", b"x")]), 422),
        (written([("item", b"\xff")]), 422),
        (written([("", b"x")]), 400),
        (b"--edge\r\nA: b\r\n\r\nx\r\n--edge--\r\n", 400),
        (b"--edge\r\n" + b"A: b\r\n" * 20 + b"\r\nx\r\n--edge--\r\n", 400),
        (b"", 400),
    ):
        with pytest.raises(Problem) as refused:
            read_form(raw, b"edge", KINDS)
        assert refused.value.status_code == status, raw[:80]


def sent(client: TestClient, raw: bytes, path: str = "/v1/items/vase") -> int:
    method = "PUT" if "items" in path else "POST"
    got = client.request(method, path, content=raw, headers=SENT)
    if got.is_error:
        assert got.headers["content-type"] == "application/problem+json"
        assert "Traceback" not in got.text
    return got.status_code


def test_cut_forms(client: TestClient, fake: FakeService) -> None:
    """Nothing is stored of a form that was cut anywhere before its last boundary."""
    last = WHOLE.rindex(b"--edge--") + len(b"--edge--")
    for end in range(0, last, 7):
        assert sent(client, WHOLE[:end]) in (400, 422), end
    assert "vase" not in fake.items
    assert sent(client, WHOLE) == 201


def test_mutated_forms(client: TestClient) -> None:
    rng = random.Random(7)
    statuses = set()
    for _ in range(250):
        raw = bytearray(WHOLE)
        for _ in range(rng.randint(1, 6)):
            place = rng.randrange(len(raw))
            match rng.randrange(3):
                case 0:
                    raw[place] = rng.randrange(256)
                case 1:
                    del raw[place : place + rng.randint(1, 20)]
                case _:
                    raw[place:place] = rng.randbytes(rng.randint(1, 20))
        statuses.add(sent(client, bytes(raw)))
    assert statuses <= {200, 201, 400, 413, 422}
    assert {200, 400, 422} <= statuses


@given(raw=st.binary(max_size=400))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_random_bodies(client: TestClient, raw: bytes) -> None:
    for path in ("/v1/items/vase", "/v1/search"):
        assert sent(client, raw, path) in (400, 422)
        kind = {"Content-Type": "application/json"}
        got = client.put("/v1/items/vase", content=raw, headers=kind)
        assert got.status_code in (400, 422)
