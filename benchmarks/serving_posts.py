"""How soon a posted record is in the right lists: python benchmarks/serving_posts.py [--records N].

Records of a generated demo shop are hidden from the fit and posted to its server, one after the
other, each with picture, text and sound. Measured are the seconds from the first byte of the
request to the end of the next list of a listener whose taste it meets, and in how many lists of 20
it then stands.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from prismrec.cli.fit import fit
from prismrec.data.demo import make_shop
from serve.system.records import Reached, complete, post, reached, without
from serve.system.running import listed, served


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=12)
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 11, 12])
    given = parser.parse_args()
    print("| seed | seconds, median | largest | in the lists of the right ones | of others |")
    print("|---|---|---|---|---|")
    for seed in given.seeds:
        with tempfile.TemporaryDirectory() as folder:
            seconds, found = measured(Path(folder), given.records, seed)
        right, others = (f"{sum(part)} of {len(part)} ({np.mean(part):.1%})" for part in found)
        print(
            f"| {seed} | {np.median(seconds):.3f} | {max(seconds):.3f} | {right} | {others} |",
            flush=True,
        )


def measured(folder: Path, n: int, seed: int) -> tuple[list[float], Reached]:
    whole = make_shop(folder / "whole", seed=seed)
    rows = complete(whole, n)
    shop = without(whole, {row["item"] for row in rows}, folder / "shop")
    fit(shop, folder / "model", as_json=True)
    truth = json.loads((whole / "truth.json").read_text("utf-8"))
    seconds, found = [], Reached([], [])
    with served(folder / "model", shop, log=folder / "log") as client:
        while client.get("/health/ready").json()["search"] != "ready":
            time.sleep(0.2)
        for row in rows:
            begun = time.perf_counter()
            answer = post(client, row, whole)
            listed(client, "u0001", 20)
            seconds.append(time.perf_counter() - begun)
            assert answer.json()["pending"] == [], answer.text
            one = reached(client, row["item"], truth)
            found.right.extend(one.right)
            found.others.extend(one.others)
            client.delete(f"/v1/items/{row['item']}")
    return seconds, found


if __name__ == "__main__":
    main()
