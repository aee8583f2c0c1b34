"""Requests at a fixed rate, each timed from the moment at which it should have been sent.

    python benchmarks/serving_load.py PORT SHOP [--rate 100] [--seconds 20] [--mix 70,20,10]
        [--key KEY] [--seed 0]

Requests do not wait for each other: when the server is slow, the next is sent all the same, by
another connection, and what it had to wait for one counts as its own. Connections are kept alive.
The mix is of known users, strangers with a history, and events, in per cent. The last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

MOST = 512  # connections; a request that finds none free is an error
PATIENCE = 30.0  # seconds after which a request is an error
KINDS = ("known", "stranger", "event")


@dataclass(frozen=True)
class Sent:
    """One request as it goes over the wire."""

    kind: str
    raw: bytes


@dataclass(eq=False)
class Tally:
    """What came back."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    failed: Counter[str] = field(default_factory=Counter)
    late: float = 0.0  # the most that sending lagged behind


def requests(shop: Path, chosen: argparse.Namespace) -> Iterator[Sent]:
    """An endless mix, the same for the same seed."""
    (file,) = shop.glob("interactions.*")
    read = pl.scan_parquet if file.suffix == ".parquet" else pl.scan_csv
    log = read(file).select("user", "item").collect()
    users = log["user"].unique(maintain_order=True).to_list()
    items = log["item"].to_list()
    share = np.array([float(part) for part in chosen.mix.split(",")])
    rng = np.random.default_rng(chosen.seed)
    head = f"Host: 127.0.0.1:{chosen.port}\r\n"
    if chosen.key:
        head += f"Authorization: Bearer {chosen.key}\r\n"
    number = 0
    while True:
        number += 1
        kind = str(rng.choice(KINDS, p=share / share.sum()))
        user = users[rng.integers(len(users))]
        past = [items[row] for row in rng.integers(0, len(items), rng.integers(1, 30))]
        if kind == "known":
            line = f"GET /v1/users/{user}/recommendations?k=20 HTTP/1.1\r\n"
            yield Sent(kind, f"{line}{head}\r\n".encode())
        elif kind == "stranger":
            body = {"people": [{"history": list(dict.fromkeys(past))}], "k": 20}
            yield Sent(kind, posted("/v1/recommendations", head, body))
        else:
            body = {"user": user, "item": past[0], "event": "view"}
            body |= {
                "time": int(time.time()),
                "id": f"load-{chosen.seed}-{time.time_ns()}-{number}",
            }
            yield Sent(kind, posted("/v1/events", head, body))


def posted(path: str, head: str, body: dict[str, object]) -> bytes:
    data = json.dumps(body).encode()
    kind = f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n"
    return f"POST {path} HTTP/1.1\r\n{head}{kind}\r\n".encode() + data


class Client:
    """Connections that are free, and what came back by all of them."""

    def __init__(self, port: int) -> None:
        self.port, self.tally, self.open = port, Tally(), 0
        self.free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def send(self, request: Sent, due: float) -> None:
        """Send a request now; `due` is when that should have been, by the loop's clock."""
        clock = asyncio.get_running_loop().time
        self.tally.late = max(self.tally.late, clock() - due)
        try:
            status = await asyncio.wait_for(self._answer(request), PATIENCE)
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            self.tally.failed[type(error).__name__] += 1
            return
        if status != 200:
            self.tally.failed[str(status)] += 1
        self.tally.seconds[request.kind].append(clock() - due)

    async def _answer(self, request: Sent) -> int:
        reader, writer = await self._connection()
        try:
            writer.write(request.raw)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = int(head.split("content-length:", 1)[1].split("\r\n", 1)[0])
            await reader.readexactly(length)
        except BaseException:
            writer.close()
            self.open -= 1
            raise
        self.free.append((reader, writer))
        return int(head.split(" ", 2)[1])

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.free:
            return self.free.pop()
        if self.open >= MOST:
            raise OSError("no connection is free")
        self.open += 1
        return await asyncio.open_connection("127.0.0.1", self.port)


async def load(chosen: argparse.Namespace) -> dict[str, object]:
    client, loop = Client(chosen.port), asyncio.get_running_loop()
    queue = requests(chosen.shop, chosen)
    ready = [next(queue) for _ in range(int(chosen.rate * chosen.seconds))]
    start, tasks = loop.time() + 0.1, []
    for place, request in enumerate(ready):
        due = start + place / chosen.rate
        if (wait := due - loop.time()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(client.send(request, due)))
    await asyncio.gather(*tasks)
    return report(client.tally, len(ready), loop.time() - start)


def report(tally: Tally, sent: int, seconds: float) -> dict[str, object]:
    everything = [value for values in tally.seconds.values() for value in values]
    return {
        "sent": sent,
        "answered_per_second": round(len(everything) / seconds, 1),
        "errors": dict(tally.failed),
        "sent_late_ms": round(tally.late * 1000, 1),
        "all": quantiles(everything),
        **{kind: quantiles(values) for kind, values in tally.seconds.items() if values},
    }


def quantiles(seconds: list[float]) -> dict[str, float]:
    """Milliseconds."""
    if not seconds:
        return {}
    found = np.quantile(np.array(seconds) * 1000, [0.5, 0.9, 0.99, 1.0])
    return dict(zip(("p50", "p90", "p99", "max"), found.round(1).tolist(), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("port", type=int)
    parser.add_argument("shop", type=Path, help="as serving_shop.py writes it")
    parser.add_argument("--rate", type=float, default=100, help="requests per second")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--mix", default="70,20,10", help="known users, strangers, events")
    parser.add_argument("--key", help="API key, where the server asks for one")
    parser.add_argument("--seed", type=int, default=0)
    print(json.dumps(asyncio.run(load(parser.parse_args()))))


if __name__ == "__main__":
    main()
