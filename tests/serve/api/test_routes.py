"""Every route: what it answers, and what it refuses."""

from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient

from prismrec.serve.api.schemas.answers import AnswerBody, Found, ProblemBody
from serve.api.fake import PNG, SOUND, FakeService

PEOPLE = {"people": [{"user": "ann"}]}
ITEM = {"title": "Vase", "text": "Blue.", "columns": {"genre": "vases"}}


def form(item: object = None, **files: bytes) -> dict[str, tuple[str | None, bytes | str]]:
    parts: dict[str, tuple[str | None, bytes | str]] = {
        name: (f"{name}.bin", data) for name, data in files.items()
    }
    if item is not None:
        parts["item"] = (None, json.dumps(item))
    return parts


def test_recommend(client: TestClient, fake: FakeService) -> None:
    asked = {
        "people": [{"user": "ann", "history": ["rug-2"]}, {}],
        "k": 2,
        "offset": 1,
        "where": {"columns": {"genre": ["jazz"]}, "exclude": ["lamp-7"], "in_stock": True},
        "modality_weights": {"image": 2},
        "diversity": 0.5,
        "together": "least-misery",
        "repeat": True,
        "fresh": 0.2,
    }
    seen = []
    fake.recommend = lambda ask: seen.append(ask) or FakeService.recommend(fake, ask)  # type: ignore[method-assign]
    got = client.post("/v1/recommendations", json=asked)
    assert got.status_code == 200
    answer = AnswerBody.model_validate_json(got.content, strict=True)
    assert [each.item for each in answer.items] == ["a/b c"]
    (ask,) = seen
    assert ask.people[0].history == ("rug-2",) and ask.people[1].user is None
    assert (ask.k, ask.offset, ask.diversity, ask.together) == (2, 1, 0.5, "least-misery")
    assert ask.weights == {"image": 2.0} and ask.repeat and ask.fresh == 0.2
    assert ask.where.columns == {"genre": ("jazz",)} and ask.where.in_stock


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "body.people"),
        ({"people": []}, "body.people"),
        ({**PEOPLE, "k": 0}, "body.k"),
        ({**PEOPLE, "k": 201}, "body.k"),
        ({**PEOPLE, "k": 10**400}, "body.k"),
        ({**PEOPLE, "offset": -1}, "body.offset"),
        ({**PEOPLE, "unknown": 1}, "body.unknown"),
        ({"people": [{"user": "ann", "age": 9}]}, "body.people.0.age"),
        ({"people": [{"history": ["x"] * 1001}]}, "body.people.0.history"),
        ({"people": [{"user": "x" * 257}]}, "body.people.0.user"),
        ({**PEOPLE, "modality_weights": {"image": -1}}, "body.modality_weights.image"),
        ({**PEOPLE, "modality_weights": {"IMAGE!": 1}}, "body.modality_weights.IMAGE!.[key]"),
        ({**PEOPLE, "diversity": 1.5}, "body.diversity"),
        ({**PEOPLE, "together": "max"}, "body.together"),
        ({**PEOPLE, "where": {"columns": {"genre": []}}}, "body.where.columns.genre"),
    ],
)
def test_recommend_refuses(client: TestClient, body: object, where: str) -> None:
    got = client.post("/v1/recommendations", json=body)
    assert got.status_code == 422
    problem = ProblemBody.model_validate_json(got.content)
    assert where in [error.where for error in problem.errors or ()]
    assert got.headers["content-type"] == "application/problem+json"
    assert got.headers["x-request-id"] == problem.request_id


def test_unknown_names_are_404(client: TestClient) -> None:
    for path in ("items/none", "items/none/similar", "items/none/image", "items/none/audio"):
        assert client.get(f"/v1/{path}").status_code == 404
    body = {"people": [{"history": ["none"]}]}
    assert client.post("/v1/recommendations", json=body).status_code == 404
    assert client.get("/v1/items/rug-2/audio").status_code == 404  # it has none
    assert client.get("/v1/nothing").json()["detail"] == "There is nothing at this path."


def test_recommend_user(client: TestClient) -> None:
    got = client.get("/v1/users/ann/recommendations", params={"k": 1, "exclude": "lamp-7"})
    assert [each["item"] for each in got.json()["items"]] == ["rug-2"]
    assert client.get("/v1/users/ann/recommendations?k=0").status_code == 422
    assert client.get("/v1/users/ann/recommendations?kk=1").status_code == 422


def test_filters_of_a_query_string(client: TestClient, fake: FakeService) -> None:
    seen = []
    fake.browse = lambda where, **rest: seen.append(where) or ([], 0)  # type: ignore[method-assign]
    columns = ["genre:jazz", "genre:soul: neo", "year:1970"]
    assert client.get("/v1/items", params={"column": columns, "in_stock": "true"}).is_success
    assert seen[0].columns == {"genre": ("jazz", "soul: neo"), "year": ("1970",)}
    assert seen[0].in_stock
    assert client.get("/v1/items", params={"column": "no colon"}).status_code == 422


def test_similar(client: TestClient) -> None:
    got = client.get("/v1/items/lamp-7/similar", params={"k": 1, "modality": "image"})
    assert [each["item"] for each in got.json()["items"]] == ["rug-2"]
    assert client.get("/v1/items/lamp-7/similar?modality=smell").status_code == 404


def test_search(client: TestClient, fake: FakeService) -> None:
    got = client.get("/v1/search", params={"text": "绿色"})
    assert Found.model_validate_json(got.content).hits[0].reasons[0].words[0].chinese == "绿"
    assert client.get("/v1/search").status_code == 422
    assert client.get("/v1/search?text=%20").status_code == 422
    where = {"where": (None, '{"exclude": ["x"]}'), "k": (None, "1")}
    got = client.post("/v1/search", files={**form(image=b"x", audio=b"y"), **where})
    assert got.status_code == 200
    assert client.post("/v1/search", files={"text": (None, "green")}).status_code == 200
    assert client.post("/v1/search", files={"k": (None, "1")}).status_code == 422
    assert client.post("/v1/search", files=form(image=b"bad")).status_code == 422
    assert client.post("/v1/search", files=form(video=b"x")).status_code == 422
    assert client.post("/v1/search", files={"text": (None, "x"), "k": (None, "y")}).is_client_error
    assert client.post("/v1/search", json={"text": "x"}).status_code == 415
    fake.warm = False
    got = client.get("/v1/search?text=x")
    assert got.status_code == 503 and got.headers["retry-after"] == "2"


def test_events(client: TestClient, fake: FakeService) -> None:
    one = {"user": "ann", "item": "rug-2", "event": "like", "id": "e1"}
    assert client.post("/v1/events", json=one).json() == {"stored": 1, "duplicates": 0}
    batch = {"events": [one, {**one, "id": "e2", "time": 5, "weight": 2.5}]}
    assert client.post("/v1/events", json=batch).json() == {"stored": 1, "duplicates": 1}
    assert fake.events[0].time > 1_700_000_000  # now, where nothing is said
    assert (fake.events[1].time, fake.events[1].weight) == (5, 2.5)
    for wrong in (
        {**one, "event": "steal"},
        {**one, "time": -1},
        {**one, "weight": 0},
        {**one, "user": ""},
        {"events": []},
        {"events": [one] * 1001},
        [one],
        "x",
    ):
        assert client.post("/v1/events", json=wrong).status_code == 422
    assert client.post("/v1/events", json={**one, "item": "none"}).status_code == 404
    assert len(fake.events) == 2


def test_a_write_is_done_once(client: TestClient, fake: FakeService) -> None:
    one = {"user": "ann", "item": "rug-2", "event": "like"}
    key = {"Idempotency-Key": "7f1c"}
    first = client.post("/v1/events", json=one, headers=key)
    again = client.post("/v1/events", json=one, headers=key)
    assert first.json() == again.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert len(fake.events) == 1
    other = client.post("/v1/events", json={**one, "event": "buy"}, headers=key)
    assert other.status_code == 409
    for wrong in ("", "x" * 256, "with space"):
        got = client.post("/v1/events", json=one, headers={"Idempotency-Key": wrong})
        assert got.status_code == 422


def test_a_form_sent_again_is_the_same_request(client: TestClient, fake: FakeService) -> None:
    key = {"Idempotency-Key": "k"}
    sent = [client.put("/v1/items/v", files=form(ITEM, image=PNG), headers=key) for _ in "12"]
    assert [each.status_code for each in sent] == [201, 201]  # each has a boundary of its own
    assert sent[1].headers["idempotency-replayed"] == "true"
    other = client.put("/v1/items/v", files=form(ITEM, image=PNG + b"!"), headers=key)
    assert other.status_code == 409


def test_put_and_remove_an_item(client: TestClient, fake: FakeService) -> None:
    got = client.put("/v1/items/vase%2F1", files=form(ITEM, image=PNG, audio=b"OggS"))
    assert got.status_code == 201 and got.headers["location"] == "/v1/items/vase%2F1"
    assert got.json()["encoded"] == ["image", "audio"]
    assert fake.items["vase/1"].columns == {"genre": "vases"}
    assert client.get(got.headers["location"]).json()["title"] == "Vase"
    got = client.put("/v1/items/vase%2F1", json={**ITEM, "without": ["audio"]})
    assert got.status_code == 200 and not got.json()["created"]
    assert ("vase/1", "audio") not in fake.files and ("vase/1", "image") in fake.files
    assert client.delete("/v1/items/vase%2F1").json() == {"item": "vase/1", "removed": True}
    assert client.delete("/v1/items/vase%2F1").status_code == 404


def test_an_item_that_is_still_encoded(client: TestClient, fake: FakeService) -> None:
    done = {"item": "v", "created": True, "encoded": [], "pending": ["image"], "seconds": 2.0}
    fake.put_item = lambda item, contents, *, once: done  # type: ignore[method-assign]
    assert client.put("/v1/items/v", json=ITEM).status_code == 202


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": "x" * 501},
        {"title": "x", "text": "y" * 20_001},
        {"title": "x", "image": "http://127.0.0.1/secret"},
        {"title": "x", "columns": {"image": "../../etc/passwd"}},
        {"title": "x", "columns": {"a": 1}},
        {"title": "x", "columns": {str(n): "" for n in range(51)}},
        {"title": "x", "without": ["text"]},
        {"title": "nul\0"},
        [],
        "title",
    ],
)
def test_put_refuses(client: TestClient, fake: FakeService, body: object) -> None:
    before = dict(fake.items)
    assert client.put("/v1/items/v", json=body).status_code == 422
    assert client.put("/v1/items/v", files=form(body or {})).status_code == 422
    assert fake.items == before


def test_put_refuses_other_forms(client: TestClient) -> None:
    for files in (
        form(image=PNG),  # no item
        form(ITEM, video=b"x"),
        form(ITEM, image=b"bad"),
    ):
        assert client.put("/v1/items/v", files=files).status_code == 422
    assert client.put("/v1/items/v", content=b"x").status_code == 415
    assert client.put("/v1/items/v", data={"title": "x"}).status_code == 415


def test_browse_users_facets(client: TestClient) -> None:
    got = client.get("/v1/items", params={"k": 1, "offset": 1}).json()
    assert got["total"] == 3 and [each["item"] for each in got["items"]] == ["rug-2"]
    got = client.get("/v1/users", params={"text": "an"}).json()
    assert got == {"users": [{"user": "ann", "events": 7}], "total": 1}
    assert client.get("/v1/facets").json() == {"facets": {"genre": [["jazz", 2]]}}
    assert client.get("/v1/users?offset=-1").status_code == 422


def test_pictures(client: TestClient) -> None:
    got = client.get("/v1/items/lamp-7/image?side=256")
    assert got.content == PNG and got.headers["content-type"] == "image/png"
    etag = got.headers["etag"]
    for known in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        again = client.get("/v1/items/lamp-7/image", headers={"If-None-Match": known})
        assert again.status_code == 304 and not again.content and again.headers["etag"] == etag
    other = client.get("/v1/items/lamp-7/image", headers={"If-None-Match": '"x"'})
    assert other.status_code == 200
    assert client.get("/v1/items/lamp-7/image?side=5000").status_code == 422


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [("0-0", 0, 0), ("4-", 4, 1023), ("-4", 1020, 1023), ("1000-99999", 1000, 1023)],
)
def test_parts_of_sounds(client: TestClient, wanted: str, first: int, last: int) -> None:
    got = client.get("/v1/items/lamp-7/audio", headers={"Range": f"bytes={wanted}"})
    assert got.status_code == 206 and got.content == SOUND[first : last + 1]
    assert got.headers["content-range"] == f"bytes {first}-{last}/1024"
    assert got.headers["content-length"] == str(last + 1 - first)


def test_ranges_that_are_none(client: TestClient) -> None:
    for wanted in ("bytes=1024-", "bytes=5-4", "bytes=-0"):
        got = client.get("/v1/items/lamp-7/audio", headers={"Range": wanted})
        assert got.status_code == 416 and got.headers["content-range"] == "bytes */1024"
    for wanted in ("bytes=-", "bytes=0-1,5-6", "lines=1-2", "bytes=a-b", "x"):
        got = client.get("/v1/items/lamp-7/audio", headers={"Range": wanted})
        assert got.status_code == 200 and got.content == SOUND
    changed = {"Range": "bytes=0-0", "If-Range": '"old"'}
    assert client.get("/v1/items/lamp-7/audio", headers=changed).status_code == 200
    assert (
        client.get("/v1/items/lamp-7/audio", headers={**changed, "If-Range": '"s1"'}).status_code
        == 206
    )


def test_explanations(client: TestClient) -> None:
    asked = {"person": {"user": "ann"}, "item": "rug-2", "against": "lamp-7"}
    got = client.post("/v1/explanations", json=asked)
    assert got.json()["against"] == "Desk lamp, green"
    assert got.json()["score"] is None  # what JSON cannot write
    assert client.post("/v1/explanations", json={"item": "rug-2"}).status_code == 422
    assert client.post("/v1/explanations", json={**asked, "item": "none"}).status_code == 404


def test_models(client: TestClient) -> None:
    assert client.post("/v1/models/v1/activate").json() == {"version": "v1"}
    assert client.get("/v1/models").json()["versions"][1] == {"id": "v1", "current": True}
    assert client.post("/v1/models/rollback").status_code == 409  # there is none before
    assert client.post("/v1/models/v9/activate").status_code == 404
    assert client.post("/v1/models/v2/activate").is_success
    assert client.post("/v1/models/rollback").json() == {"version": "v1"}
    assert client.get("/v1/status").json()["version"] == "v1"


def test_health(client: TestClient, fake: FakeService) -> None:
    assert client.get("/health/live").json() == {"status": "live"}
    assert client.get("/health/ready").json()["ready"]
    fake.database.away = True
    assert client.get("/health/live").is_success
    assert client.get("/health/ready").status_code == 503


def test_what_the_database_cannot_take(client: TestClient, fake: FakeService) -> None:
    one = {"user": "ann", "item": "rug-2", "event": "like"}
    fake.full = True
    got = client.post("/v1/events", json=one)
    assert got.status_code == 507 and "inside" not in got.text
    fake.full, fake.database.away = False, True
    got = client.post("/v1/events", json=one)
    assert got.status_code == 503 and got.headers["retry-after"] == "5"
    assert "postgresql" not in got.text
    assert client.get("/v1/users/ann/recommendations").is_success  # reads go on


def test_other_methods_and_paths(client: TestClient) -> None:
    got = client.patch("/v1/items/lamp-7")
    assert got.status_code == 405 and got.headers["allow"] == "DELETE, GET, HEAD, PUT"
    assert client.get("/v1/items/").status_code == 404
    assert client.get("/docs").status_code == 404
    assert client.get("/v1/openapi.json").json()["openapi"].startswith("3.1")


def test_nothing_leaks_where_the_server_fails(client: TestClient, fake: FakeService) -> None:
    fake.fails = ZeroDivisionError("inside /srv/secret")
    got = client.get("/v1/items/lamp-7")
    assert got.status_code == 500
    problem = ProblemBody.model_validate_json(got.content)
    assert problem.request_id == got.headers["x-request-id"]
    assert "secret" not in got.text and "Zero" not in got.text and "File" not in got.text
    fake.fails = None
    assert client.get("/v1/items/lamp-7").is_success
