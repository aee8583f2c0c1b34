"""A real server in a process of its own, and a small shop for it."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import numpy as np
from PIL import Image

from prismrec.cli.fit import fit

N_ITEMS, N_USERS = 40, 24
MAIN = "from prismrec.cli import main; main()"
NO_LIMITS = {"PRISMREC_RATE_READ": "100000", "PRISMREC_RATE_WRITE": "100000"}


def picture(rng: np.random.Generator, hue: int, *, side: int = 24) -> bytes:
    """A small picture of one colour with a little noise."""
    base = np.zeros((side, side, 3), np.uint8) + np.array(
        [(200, 40, 30), (30, 60, 210)][hue], np.uint8
    )
    noisy = np.clip(base + rng.integers(-20, 20, base.shape), 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(noisy).save(out, "PNG")
    return out.getvalue()


def write_shop(folder: Path, *, seed: int = 0) -> Path:
    """Two kinds of items, red ones about bread and blue ones about ships; everybody likes one."""
    rng = np.random.default_rng(seed)
    (folder / "covers").mkdir(parents=True)
    rows = ["item,title,description,genre,image"]
    for number in range(N_ITEMS):
        kind = number % 2
        (folder / "covers" / f"{number}.png").write_bytes(picture(rng, kind))
        about = ("warm bread from the oven", "ships on the cold sea")[kind]
        genre = ("bread", "ships")[kind]
        rows.append(f"i{number},Item {number},{about} {number},{genre},covers/{number}.png")
    (folder / "items.csv").write_text("\n".join(rows) + "\n", "utf-8")
    log = ["user,item,timestamp,event"]
    for user in range(N_USERS):
        mine = rng.choice(np.arange(user % 2, N_ITEMS - 6, 2), 8, replace=False)
        log += [f"u{user},i{item},{1000 * user + k},view" for k, item in enumerate(mine)]
    (folder / "interactions.csv").write_text("\n".join(log) + "\n", "utf-8")
    return folder


def fit_model(shop: Path, out: Path, model: str = "prism", *, media: bool = True) -> Path:
    """A model of a shop; with media by encoders that are quick."""
    image, text = ("colour-histogram", "tfidf:dim=32") if media else ("none", "none")
    fit(shop, out, model=model, image=image, text=text, audio="none", as_json=True)
    return out


class Running(NamedTuple):
    """A server that answers."""

    process: subprocess.Popen[str]
    address: str
    log: Path

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.communicate(timeout=30)

    def stop(self) -> int:
        """Ask it to end; returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=30)
        return self.process.returncode


def start(
    model: Path, shop: Path, *, log: Path, database: str = "", more: Mapping[str, str] | None = None
) -> Running:
    """Start a server on a free port and wait until it says where."""
    command = [sys.executable, "-c", MAIN, "serve", str(model), "--shop", str(shop)]
    command += ["--port", "0", "--json", *(["--database", database] if database else [])]
    env = {**os.environ, "OMP_NUM_THREADS": "1", **NO_LIMITS, **(more or {})}
    with log.open("a") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=env
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.wait(30)
        raise AssertionError(f"the server did not start: {log.read_text()[-2000:]}")
    return Running(process, json.loads(line)["address"], log)


@contextmanager
def served(model: Path, shop: Path, *, log: Path, **given: Any) -> Iterator[httpx.Client]:
    """A client of a server that is stopped in the end."""
    server = start(model, shop, log=log, **given)
    try:
        with httpx.Client(base_url=server.address, timeout=120) as client:
            yield client
    finally:
        server.kill()


def listed(client: httpx.Client, user: str, k: int = 10) -> list[str]:
    """Identifiers of somebody's list."""
    answer = client.get(f"/v1/users/{user}/recommendations", params={"k": k})
    assert answer.status_code == 200, answer.text
    return [each["item"] for each in answer.json()["items"]]
