"""Speed of the server, and how much of the true ranking its short lists have.

    python benchmarks/serving.py [--folder FOLDER] [--models bpr prism] [--items 200000]
        [--rate 100] [--seconds 30] [--shop SHOP --model MODEL]

A shop is generated and models are fitted (benchmarks/serving_shop.py), once per folder: bpr in
2 minutes, prism in 20 on two cores. Then, model by model:

  short   one list of 20 from a short list, in milliseconds on one core; `whole` by all scores
  recall  share of the whole ranking's 20 that the short list has, over 200 users
  grow    seconds for one new item with media, the first time and after
  load    `prismrec serve` under requests at a fixed rate, see benchmarks/serving_load.py, after it
          has warmed up, with the seconds to the first answer and the memory that it holds
  most    requests per second for known users with 16 connections, where wrk is installed

With --shop and --model only the load is measured, on those. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy is loaded

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import serving_shop
from prismrec.data.features import Feature
from prismrec.fitted import Fitted, open_model
from prismrec.rankers import Query
from prismrec.serve.shortlist import shortlist_of

K, USERS = 20, 200
BIN = Path(sys.executable).parent


def library(model: Path) -> dict[str, object]:
    """Times and recall without a server."""
    fitted = open_model(model)
    with tempfile.TemporaryDirectory() as name:
        made = []
        for _ in range(2):
            start = time.perf_counter()
            short = shortlist_of(fitted.ranker, Path(name), small=0)
            made.append(round(time.perf_counter() - start, 2))
    report: dict[str, object] = {"prepared_s": made[0], "opened_s": made[1]}
    return report | lists(fitted, short) | growth(fitted, short)


def lists(fitted: Fitted, short: Any) -> dict[str, object]:
    rng = np.random.default_rng(0)
    users = rng.choice(fitted.train.n_users, min(USERS, fitted.train.n_users), replace=False)
    quick, whole, hits, off = [], [], 0, []
    everybody = Query.of(fitted.train, users)
    for row in range(len(users)):
        query = everybody.take(np.array([row]))
        only = np.ones(fitted.ranker.n_items, bool)
        only[query.history.values] = False
        start = time.perf_counter()
        rows, scores = short.scored(query, K, only)
        quick.append(time.perf_counter() - start)
        start = time.perf_counter()
        true = fitted.ranker.score(query)[0]
        best = np.argpartition(np.where(only, -true, np.inf), K)[:K]
        whole.append(time.perf_counter() - start)
        hits += len(np.intersect1d(rows, best))
        off.append(float(np.abs(scores - true[rows]).max() / np.abs(true[rows]).max()))
    return {
        "short_ms": quantiles(quick),
        "whole_ms": quantiles(whole),
        f"recall_at_{K}": round(hits / (K * len(users)), 4),
        "score_error": {"p50": f"{np.median(off):.1g}", "max": f"{max(off):.1g}"},
    }


def growth(fitted: Fitted, short: Any) -> dict[str, object]:
    ranker, rng, seconds = fitted.ranker, np.random.default_rng(0), []
    kept = {} if ranker.newcomers is None else ranker.newcomers.centres
    for _ in range(6):
        new = {
            name: Feature.of(rng.normal(size=(1, len(centre))).astype(np.float32))
            for name, centre in kept.items()
        }
        start = time.perf_counter()
        ranker = ranker.with_items(new, ids=["new"])
        short = short.grown(ranker)
        seconds.append(time.perf_counter() - start)
    return {
        "grow_s": {"first": round(seconds[0], 3), "then": round(float(np.median(seconds[1:])), 3)}
    }


def quantiles(seconds: list[float]) -> dict[str, float]:
    found = np.quantile(np.array(seconds) * 1000, [0.5, 0.99])
    return dict(zip(("p50", "p99"), found.round(2).tolist(), strict=True))


@contextmanager
def serving(model: Path, shop: Path) -> Iterator[tuple[subprocess.Popen[str], int, float]]:
    """A server of a model with a database of its own, its port, and seconds to its first answer."""
    free = {"PRISMREC_RATE_READ": "1000000", "PRISMREC_RATE_WRITE": "1000000"}
    with tempfile.TemporaryDirectory() as name:
        command = [str(BIN / "prismrec"), "serve", str(model), f"--shop={shop}", "--port=0"]
        command += [f"--database=sqlite:///{name}/serve.sqlite", "--json", "--log-level=warning"]
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={**os.environ, **free}
        )
        try:
            assert process.stdout is not None
            address = json.loads(process.stdout.readline())["address"]
            port = int(address.rpartition(":")[2])
            yield process, port, time.perf_counter() - start
        finally:
            process.terminate()
            process.wait(60)


def warmed(port: int, most: float) -> float:
    """Seconds until everything that goes on behind a start is done, or too long."""
    start = time.perf_counter()
    while time.perf_counter() - start < most:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=30) as answer:
            if "warming" not in json.load(answer).values():
                break
        time.sleep(0.5)
    return time.perf_counter() - start


def served(model: Path, shop: Path, chosen: argparse.Namespace) -> dict[str, object]:
    with serving(model, shop) as (process, port, began):
        report: dict[str, object] = {
            "start_s": round(began, 1),
            "warm_s": round(warmed(port, chosen.settle), 1),
        }
        script = Path(__file__).with_name("serving_load.py")
        command = [sys.executable, str(script), str(port), str(shop), f"--seconds={chosen.seconds}"]
        for name, options in (
            ("first", ["--seconds=5", "--seed=1"]),  # caches fill
            ("load", []),
            ("reads", ["--mix=80,20,0", "--seed=2"]),
        ):
            done = subprocess.run(
                [*command, f"--rate={chosen.rate}", *options],
                check=True,
                capture_output=True,
                text=True,
            )
            report[name] = json.loads(done.stdout.splitlines()[-1])
        report["most"] = most(port)
        report["memory_mib"] = memory(process.pid)
    return report


def most(port: int) -> str | None:
    """What wrk says of one known user after another; None where it is not installed."""
    if shutil.which("wrk") is None:
        return None
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/users?k=200", timeout=30) as answer:
        users = [each["user"] for each in json.load(answer)["users"]]
    script = (
        f"local n, users = 0, {{{', '.join(map(json.dumps, users))}}}\n"
        "request = function() n = n + 1\n"
        'return wrk.format("GET", "/v1/users/" .. users[n % #users + 1] .. '
        '"/recommendations?k=20") end\n'
    )
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "users.lua"
        file.write_text(script, "utf-8")
        command = ["wrk", "-t1", "-c16", "-d10s", "--latency", "-s", str(file)]
        done = subprocess.run(
            [*command, f"http://127.0.0.1:{port}"], check=True, capture_output=True, text=True
        )
    wanted = ("Requests/sec", "50%", "99%", "Non-2xx")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    return "; ".join(line for line in lines if line.startswith(wanted))


def memory(pid: int) -> dict[str, int]:
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return {
        name: int(fields[key].split()[0]) // 1024
        for name, key in (("now", "VmRSS"), ("peak", "VmHWM"))
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "serving")
    parser.add_argument("--models", nargs="*", default=["bpr", "prism"])
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--users", type=int, default=50_000)
    parser.add_argument("--events", type=int, default=2_500_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--settle", type=float, default=600, help="seconds to warm up at most")
    parser.add_argument("--shop", type=Path, help="an existing shop")
    parser.add_argument("--model", type=Path, help="a model of that shop")
    parser.add_argument("--no-library", action="store_true", help="the server only")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no server is left behind
    if chosen.shop and chosen.model:
        print(json.dumps(served(chosen.model, chosen.shop, chosen), indent=1))
        return
    sizes = {name: getattr(chosen, name) for name in ("items", "users", "events", "seed")}
    shop = serving_shop.shop_of(chosen.folder, **sizes)
    for name in chosen.models:
        model = serving_shop.fit(shop, name, chosen.seed)
        report = {} if chosen.no_library else library(model)
        print(json.dumps({name: report | served(model, shop, chosen)}, indent=1), flush=True)


if __name__ == "__main__":
    main()
