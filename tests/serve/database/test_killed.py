"""Processes that are killed while they write: what was acknowledged is there, and once only."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256

import pytest

from prismrec.serve.database import Database
from prismrec.serve.values import UPLOAD
from serve.postgres import Postgres

PROGRAM = """
import hashlib, itertools, os, sys, threading, time
from prismrec.serve.database import Database, Once, Unavailable
from prismrec.serve.values import UPLOAD, Event, Item

address, run, *again = sys.argv[1:]
database = Database(address)

def tell(line):
    os.write(1, f"{line}\\n".encode())

def write(key):
    tell(f"try {key}")
    data = (key * 700).encode()
    name = hashlib.sha256(data).hexdigest()
    item = Item(key, key, media={"image": UPLOAD + name})
    while True:
        try:
            database.take_events([Event(key, "lamp", "view", 1)], once=Once(key, "client", "e"))
            database.put_item(item, {name: data}, once=Once(key, "client's items", "i"))
            break
        except Unavailable:
            time.sleep(0.02)
    tell(f"ack {key}")

def work(thread):
    for n in itertools.count():
        write(f"{run}-{thread}-{n}")

for key in again:
    write(key)
threads = [threading.Thread(target=work, args=[n], daemon=True) for n in range(4)]
for each in threads:
    each.start()
threads[0].join()
"""


@dataclass
class Client:
    """Starts writers, hears what they tell, and lets the next one repeat what was in the air."""

    address: str
    tried: dict[str, None] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    runs: int = 0

    @contextmanager
    def writing(self) -> Iterator[subprocess.Popen[bytes]]:
        """A process that writes; killed at the end, and what it had told is heard."""
        again = [key for key in self.tried if key not in self.acknowledged]
        command = [sys.executable, "-c", PROGRAM, self.address, f"run{self.runs}", *again]
        self.runs += 1
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            try:
                yield process
            finally:
                process.kill()
                assert process.stdout is not None
                for line in process.stdout:
                    self._hear(line)

    def hear(self, process: subprocess.Popen[bytes], n: int) -> None:
        """Wait until n more writes were acknowledged."""
        assert process.stdout is not None
        target = len(self.acknowledged) + n
        while len(self.acknowledged) < target:
            line = process.stdout.readline()
            assert line, "the writer ended by itself"
            self._hear(line)

    def check(self) -> None:
        """All that was acknowledged is there once, and so is no more than what was tried."""
        database = Database(self.address)
        try:
            events = Counter(event.user for _, event in database.events())
            items = {item.item: item for _, item in database.items()}
            assert not self.acknowledged - events.keys()
            assert not self.acknowledged - items.keys()
            assert not events.keys() - self.tried.keys()
            assert set(events.values()) <= {1}, events.most_common(3)
            for key, item in items.items():
                data = (key * 700).encode()
                assert item.media == {"image": UPLOAD + sha256(data).hexdigest()}
                assert database.medium(sha256(data).hexdigest()) == data
        finally:
            database.close()

    def _hear(self, line: bytes) -> None:
        if not line.endswith(b"\n"):  # cut off by the kill
            return
        kind, key = line.decode().split()
        if kind == "try":
            self.tried[key] = None
        else:
            self.acknowledged.add(key)


@pytest.mark.parametrize("kills", [1, pytest.param(20, marks=pytest.mark.slow)])
def test_a_killed_writer_loses_and_doubles_nothing(address: str, kills: int) -> None:
    chance = random.Random(kills)
    client = Client(address)
    for _ in range(kills):
        with client.writing() as process:
            client.hear(process, chance.randint(1, 25))
        client.check()
    with client.writing() as process:  # repeats what was in the air
        client.hear(process, 10)
    client.check()
    assert len(client.acknowledged) > kills


@pytest.mark.slow
def test_a_killed_postgresql_loses_and_doubles_nothing(postgres: Postgres) -> None:
    client = Client(postgres.database())
    postgres.stop()
    postgres.start(careful=True)
    with client.writing() as process:
        for n in (5, 20):
            client.hear(process, n)
            try:
                postgres.stop("immediate")
            finally:
                postgres.start(careful=True)
            client.hear(process, 12)  # more than can have been in the pipe before
    client.check()
    assert client.runs == 1
