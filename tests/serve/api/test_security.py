"""The layers one by one: keys, attempts, rates, hosts, bodies, sessions, CORS."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prismrec.errors import BadData
from prismrec.serve.api.problems import Problem
from prismrec.serve.api.running import allowed_to_listen
from prismrec.serve.api.security.attempts import FREE, LONGEST, MOST, Attempts
from prismrec.serve.api.security.bodies import limited
from prismrec.serve.api.security.hosts import answered, own_name
from prismrec.serve.api.security.keys import FRESH, SOON, Keys
from prismrec.serve.api.security.rates import Rates
from prismrec.serve.database import Unavailable
from prismrec.serve.settings import is_loopback, read_settings
from serve.api.conftest import MakeClient
from serve.api.fake import FakeDatabase

EVENT = {"user": "ann", "item": "rug-2", "event": "like"}


class Clock:
    """A clock that stands until it is told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_keys_are_asked_for_once_in_a_while() -> None:
    database, clock = FakeDatabase(), Clock()
    token = database.add_key("shop", ("read", "other"))

    async def use() -> None:
        keys = Keys(database, clock=clock)
        for _ in range(100):
            caller = await keys.find(token)
            assert caller is not None
            assert caller.name == "shop" and caller.scopes == {"read"}
        assert database.asked == 1
        database.revoke_key("shop")
        clock.now += FRESH
        assert await keys.find(token) is None
        assert FRESH < 5  # what is promised
        asked = database.asked
        later = database.add_key("later", ("read",))
        clock.now += SOON
        assert await keys.find(later)
        for n in range(50):
            assert await keys.find(f"prk_{n:012x}_{'A' * 43}") is None
        assert database.asked <= asked + 1

    asyncio.run(use())


def test_keys_stay_known_while_the_database_is_away() -> None:
    database, clock = FakeDatabase(), Clock()
    token = database.add_key("shop", ("read",))

    async def use() -> None:
        keys = Keys(database, clock=clock)
        database.away = True
        with pytest.raises(Unavailable):
            await keys.find(token)
        database.away = False
        clock.now += FRESH
        assert await keys.find(token)
        database.away = True
        for _ in range(5):
            clock.now += FRESH
            assert await keys.find(token)

    asyncio.run(use())


def test_a_database_that_hangs_does_not_hang_callers() -> None:
    database, clock, go = FakeDatabase(), Clock(), threading.Event()
    token = database.add_key("shop", ("read",))

    async def use() -> None:
        keys = Keys(database, clock=clock)
        assert await keys.find(token)
        ready = database.keys
        database.keys = lambda: go.wait(20) and ready()  # type: ignore[method-assign]
        clock.now += FRESH
        asking = asyncio.create_task(keys.find(token))
        await asyncio.sleep(0)
        clock.now += 5  # whoever comes now does not wait at all
        assert await asyncio.wait_for(keys.find(token), 5)
        assert await asyncio.wait_for(asking, 5)
        go.set()

    asyncio.run(use())


def test_keys_that_are_none() -> None:
    async def use() -> None:
        database = FakeDatabase()
        keys = Keys(database)
        for text in ("", "prk_", "prk_a_b", "prk_" + "a" * 99999, "é", "prk_00_\0", "Bearer x"):
            assert await keys.find(text) is None
        assert database.asked == 0

    asyncio.run(use())


def test_attempts_wait_longer_each_time() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    waits = []
    for _ in range(30):
        attempts.failed("a")
        waits.append(attempts.wait("a"))
    assert waits[:FREE] == [0] * FREE
    assert waits[FREE : FREE + 4] == [1, 2, 4, 8]
    assert max(waits) == LONGEST and waits == sorted(waits)
    assert attempts.wait("b") == 0
    clock.now += 901
    assert attempts.wait("a") == 0
    attempts.failed("a")
    assert attempts.wait("a") == 0  # begun anew


def test_attempts_and_rates_hold_so_many_addresses() -> None:
    attempts, rates = Attempts(), Rates(1.0, 1.0)
    for n in range(MOST + 500):
        attempts.failed(str(n))
        rates.take(str(n))
    assert len(attempts.failures) == MOST == len(rates.buckets)


@given(
    rate=st.floats(0.1, 100), burst=st.floats(1, 10), gaps=st.lists(st.floats(0, 2), max_size=60)
)
def test_a_rate_is_kept(rate: float, burst: float, gaps: list[float]) -> None:
    clock = Clock()
    rates = Rates(rate, burst, clock)
    taken = 0
    for gap in gaps:
        clock.now += gap
        wait = rates.take("a")
        taken += not wait
        if wait:
            clock.now += wait
            assert rates.take("a") == 0  # as was said
            taken += 1
    assert taken <= max(1.0, rate * burst) + rate * (clock.now - 100.0) + 1e-6


def test_too_many_requests(make_client: MakeClient) -> None:
    client = make_client(rate_read=1.0, rate_write=1.0, burst=3)
    statuses = [client.get("/v1/users").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    got = client.get("/v1/users", headers={"X-Forwarded-For": "10.1.1.1"})  # believed of nobody
    assert got.status_code == 429 and int(got.headers["retry-after"]) >= 1
    assert client.post("/v1/events", json=EVENT).status_code == 200  # another bucket
    assert client.get("/health/live").status_code == 200
    database = client.app.state.service.database
    keys = [database.add_key(name, ("read",)) for name in ("a", "b")]
    client.app.state.keys.begun = float("-inf")
    for key in keys:  # a bucket each
        shown = {"Authorization": f"Bearer {key}"}
        statuses = [client.get("/v1/users", headers=shown).status_code for _ in range(5)]
        assert statuses == [200, 200, 200, 429, 429]


def test_too_many_at_once(make_client: MakeClient) -> None:
    client = make_client(in_flight=1)
    service = client.app.state.service
    inside, go = threading.Event(), threading.Event()

    def slow() -> dict[str, Any]:
        inside.set()
        assert go.wait(10)
        return {}

    service.facets = slow
    first = threading.Thread(target=client.get, args=("/v1/facets",))
    first.start()
    assert inside.wait(10)
    got = client.get("/v1/users")
    assert got.status_code == 503 and got.headers["retry-after"] == "1"
    assert client.get("/health/live").status_code == 200
    go.set()
    first.join(10)
    assert client.get("/v1/users").status_code == 200


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.1", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_loopback(host: str, local: bool) -> None:
    assert is_loopback(host) == local
    database = FakeDatabase()
    settings = read_settings({"host": host})
    if local:
        allowed_to_listen(database, settings)
        return
    with pytest.raises(BadData, match="prismrec keys add NAME --scopes read,write"):
        allowed_to_listen(database, settings)
    database.add_key("a", ("read",))
    allowed_to_listen(database, settings)
    with pytest.raises(BadData, match="--open"):
        allowed_to_listen(database, read_settings({"host": host, "open": True}))
    database.revoke_key("a")
    with pytest.raises(BadData):
        allowed_to_listen(database, settings)


@pytest.mark.parametrize(
    "others", [{"trusted_hosts": "shop.example"}, {"https": True}, {"proxies": "10.0.0.1"}]
)
def test_behind_a_proxy_a_key_is_asked_for(make_client: MakeClient, others: Any) -> None:
    settings = read_settings(others)
    with pytest.raises(BadData, match="prismrec keys add"):
        allowed_to_listen(FakeDatabase(), settings)
    client = make_client(**others)
    assert client.get("/v1/users").status_code == 401
    assert make_client(open=True, **others).get("/v1/users").status_code == 401


def test_health_is_not_for_hammering(make_client: MakeClient) -> None:
    client = make_client(rate_read=1.0, burst=2)
    statuses = [client.get("/health/ready").status_code for _ in range(4)]
    assert statuses == [200, 200, 429, 429]
    assert client.get("/health/live").status_code == 200


def test_names_of_hosts() -> None:
    settings = read_settings({"host": "10.0.0.5", "trusted_hosts": "Shop.example, b.example"})
    assert answered(settings) == {
        *("localhost", "127.0.0.1", "[::1]", "10.0.0.5", "shop.example", "b.example"),
    }
    assert own_name("Shop.EXAMPLE:8000") == "shop.example"
    assert own_name("shop.example.") == "shop.example"
    assert own_name("[::1]:80") == "[::1]"
    for wrong in ("", "a b", "a@b", "a/b", "a:b", "a:123456", "[::1", "a,b", "\x00", "http://a"):
        assert own_name(wrong) is None


def test_a_trusted_host(make_client: MakeClient) -> None:
    client = make_client(trusted_hosts="shop.example")
    assert client.get("/v1/facets", headers={"Host": "shop.example:8443"}).status_code == 401
    key = client.app.state.service.database.add_key("a", ("read",))
    client.app.state.keys.begun = float("-inf")
    shown = {"Authorization": f"Bearer {key}"}
    for host, status in (("shop.example:8443", 200), ("other.example", 421)):
        got = client.get("/v1/users", headers={"Host": host, **shown})
        assert got.status_code == status
    assert client.get("/health/live", headers={"Host": "10.2.3.4"}).status_code == 200


def test_a_key_closes_the_door(make_client: MakeClient) -> None:
    client = make_client()
    service = client.app.state.service
    assert client.get("/session").json()["open"]
    key = service.database.add_key("a", ("read",))
    client.app.state.keys.begun = float("-inf")
    assert client.get("/v1/users").status_code == 401
    assert client.get("/session").json() == {"name": None, "scopes": [], "open": False}
    service.database.revoke_key("a")  # no key that can be used is not the same as none
    client.app.state.keys.begun = float("-inf")
    assert client.get("/v1/users").status_code == 401
    shown = {"Authorization": f"Bearer {key}"}
    assert client.get("/v1/users", headers=shown).status_code == 401


def test_open_though_there_are_keys(make_client: MakeClient) -> None:
    client = make_client(open=True)
    client.app.state.service.database.add_key("a", ("read",))
    assert client.get("/v1/status").status_code == 200


def test_a_session(make_client: MakeClient) -> None:
    client = make_client()
    database = client.app.state.service.database
    key = database.add_key("page", ("read", "write"))
    assert client.post("/session", json={"key": "prk_wrong"}).status_code == 401
    assert client.post("/session", json={"key": key, "more": 1}).status_code == 422
    signed = client.post("/session", json={"key": f"{key}"})
    assert signed.json() == {"name": "page", "scopes": ["read", "write"], "open": False}
    assert client.get("/session").json()["name"] == "page"
    assert client.post("/v1/events", json=EVENT).status_code == 200
    assert client.get("/v1/status").status_code == 403
    database.revoke_key("page")
    client.app.state.keys.begun = float("-inf")
    got = client.get("/v1/users")
    assert got.status_code == 401 and "Max-Age=0" in got.headers["set-cookie"]
    assert not client.cookies
    got = client.delete("/session")
    assert got.is_success and 'prismrec_key="";' in got.headers["set-cookie"]


def test_cors_is_off_unless_asked_for(make_client: MakeClient) -> None:
    friend, other = "https://shop.example", "https://evil.example"
    client = make_client(cors=friend)
    asked = {"Origin": friend, "Access-Control-Request-Method": "POST"}
    got = client.options("/v1/events", headers=asked)
    assert got.status_code == 200 and got.headers["access-control-allow-origin"] == friend
    assert "access-control-allow-credentials" not in got.headers
    got = client.get("/v1/users", headers={"Origin": friend})
    assert got.headers["access-control-allow-origin"] == friend
    assert (
        "access-control-allow-origin"
        not in client.get("/v1/users", headers={"Origin": other}).headers
    )
    assert client.options("/v1/events", headers={**asked, "Origin": other}).status_code == 400
    assert client.post("/v1/events", json=EVENT, headers={"Origin": friend}).status_code == 200
    assert client.post("/v1/events", json=EVENT, headers={"Origin": other}).status_code == 403


def test_bodies() -> None:
    messages = [{"type": "http.request", "body": b"x" * 60, "more_body": True}] * 3

    async def use() -> None:
        waiting = iter(messages)

        async def receive() -> Any:
            return next(waiting)

        taken = limited(receive, {}, most=120, seconds=5)
        assert (await taken())["body"] and (await taken())["body"]
        with pytest.raises(Problem) as refused:
            await taken()
        assert refused.value.status_code == 413

        async def never() -> Any:
            await asyncio.sleep(60)

        with pytest.raises(Problem) as refused:
            await limited(never, {}, most=9, seconds=0.01)()
        assert refused.value.status_code == 408
        for headers, status in (
            ({"content-length": "10"}, 413),
            ({"content-length": "9" * 5000}, 413),
            ({"content-encoding": "br"}, 415),
        ):
            with pytest.raises(Problem) as refused:
                limited(never, headers, most=9, seconds=1)
            assert refused.value.status_code == status

    asyncio.run(use())
