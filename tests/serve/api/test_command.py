"""`prismrec serve` as a process: it starts without torch, keeps to itself, and ends in order."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from serve.system.running import fit_model, write_shop

MAIN = """
import os, sys
from prismrec.cli import main

def tell():
    print("torch" in sys.modules, flush=True)

def leave(status, end=os._exit):  # where a thread is still within an encoder
    tell()
    end(status)

os._exit = leave
try:
    main()
finally:
    tell()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("command")
    fit_model(write_shop(made / "shop"), made / "model", "item-knn", media=False)
    return made


def begun(folder: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", MAIN, "serve", str(folder / "model"), "--json"]
    command += ["--shop", str(folder / "shop"), *more]
    env = {k: v for k, v in os.environ.items() if not k.startswith("PRISMREC_H")}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=env)


def test_it_serves_and_ends(folder: Path) -> None:
    process = begun(folder, "--port", "0")
    assert process.stdout is not None
    address = json.loads(process.stdout.readline())["address"]
    got = httpx.get(f"{address}/v1/users/u1/recommendations?k=3")
    assert got.status_code == 200 and len(got.json()["items"]) == 3
    assert httpx.get(f"{address}/").headers["content-type"].startswith("text/html")
    assert httpx.get(f"{address}/v1/status").json()["items"] == 40
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out.split() == ["False"]
    lines = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
    messages = [line["message"] for line in lines]
    assert messages.count("request") == 3 and messages[-1] == "stopped"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--host", "0.0.0.0"), "prismrec keys add NAME --scopes read,write"),
        (("--trusted-hosts", "shop.example"), "make a key first"),
        (("--host", "0.0.0.0", "--open"), "leave out --open"),
        (("--database", "mysql://x"), "sqlite:///FILE"),
        (("--log-level", "loud"), "PRISMREC_LOG_LEVEL"),
    ],
)
def test_what_it_does_not_start_with(folder: Path, flags: tuple[str, ...], said: str) -> None:
    process = begun(folder, "--port", "0", *flags)
    _, err = process.communicate(timeout=60)
    told = [line for line in err.splitlines() if not line.startswith("{")]
    assert process.returncode == 1
    assert len(told) == 1 and said in told[0]


def test_a_port_that_is_taken(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = begun(folder, "--port", str(taken.getsockname()[1]))
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1 and "choose another with --port" in err
    assert out.split() == ["False"]
