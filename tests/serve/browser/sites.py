"""A real server that runs for a while, and a tab that looks at it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PRISMREC = (sys.executable, "-c", "from prismrec.cli import main; main()")
ONE_CORE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
DESK, PHONE = (1280, 900), (390, 844)
LOCALES = {"en": "en-GB", "zh": "zh-CN"}
WARM = 60  # seconds that search and encoders may take to be ready
# A driver of its own flags: the sandbox needs rights that a container has not.
FLAGS = ("--no-sandbox", "--disable-dev-shm-usage", "--autoplay-policy=no-user-gesture-required")


@dataclass
class Site:
    """A server that runs, and how to ask it past the page."""

    address: str
    shop: Path
    key: str = ""

    def ask(self, path: str, body: Any = None, method: str | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        asked = urllib.request.Request(self.address + path, data, headers, method=method)
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return json.loads(answer.read() or b"null")

    def recommended(self, user: str, **more: Any) -> list[str]:
        asked = {"people": [{"user": user}], "k": 24, **more}
        return [each["item"] for each in self.ask("/v1/recommendations", asked)["items"]]


def prismrec(*flags: str) -> str:
    done = subprocess.run(
        [*PRISMREC, *flags],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **ONE_CORE},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def serving(shop: Path, *flags: str, key: str = "") -> Iterator[Site]:
    """A server on a free port until the block ends."""
    settings = {"PRISMREC_RATE_READ": "1000", "PRISMREC_RATE_WRITE": "1000"}
    log = (shop.parent / "serve.log").open("a")
    command = [*PRISMREC, "serve", str(shop / "model"), "--shop", str(shop), "--port", "0"]
    server = subprocess.Popen(
        [*command, "--json", *flags],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env={**os.environ, **ONE_CORE, **settings},
    )
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        assert line, Path(log.name).read_text()
        site = Site(json.loads(line)["address"], shop, key)
        until = time.monotonic() + WARM
        while "warming" in str(site.ask("/health/ready").values()) and time.monotonic() < until:
            time.sleep(0.2)
        yield site
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)
        assert server.stdout is not None
        server.stdout.close()
        log.close()


@dataclass
class Visit:
    """A tab, everything in it that went wrong, and the words of its language."""

    page: Any
    site: Site
    words: dict[str, str]
    wrong: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()  # parts of what may go wrong, since the test makes it go wrong

    def say(self, key: str, **put: object) -> str:
        return self.words[key].format(**put) if put else self.words[key]

    def cards(self) -> list[str]:
        """Items in the order in which they stand."""
        found = "all => all.map(card => card.dataset.item)"
        made: list[str] = self.page.locator(".card[data-item]").evaluate_all(found)
        return made

    def settle(self) -> None:
        """Wait until the list that was asked for is shown."""
        self.page.wait_for_timeout(130)  # changes are gathered for 90 ms
        self.page.wait_for_selector("#grid:not([aria-busy])")
        self.until("document.querySelectorAll('.ghost').length === 0")

    def until(self, expression: str, seconds: float = 8) -> None:
        """Wait for an expression to be true; the page's policy forbids the driver's own way."""
        end = time.monotonic() + seconds
        while not self.page.evaluate(expression):
            assert time.monotonic() < end, f"never came true: {expression}"
            self.page.wait_for_timeout(20)

    def listen_as(self, user: str) -> None:
        self.page.click("#listener-open")
        self.page.fill("#listeners input[type=search]", user)
        self.page.click(f"#listeners [data-user={user}]")
        self.settle()


Open = Callable[..., Visit]
