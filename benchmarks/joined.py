"""Does joining two encoders of one modality help, and do parts want to be centred first?

    python benchmarks/joined.py [--data ../shared/data]

Agreement as in benchmarks/encoders.py: how often the nearest other item by cosine shares a label.
Each pair is judged alone, joined as the library joins (unit length each), centred and then joined,
and simply concatenated.
"""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

import numpy as np
import polars as pl

from encoders import TASKS, agreement, encoded, media
from prismrec.encoders.choice import encoder_of
from prismrec.encoders.joined import join
from prismrec.store.sqlite import SqliteStore, default_path

PAIRS = {
    "image": ("efficientnet-lite0", "colour-histogram"),
    "text": ("use-multilingual", "tfidf"),
    "audio": ("musicnn", "mfcc"),
}


def centred(values: np.ndarray) -> np.ndarray:
    return values - values.mean(axis=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    data = parser.parse_args().data
    for shop, (label, columns) in TASKS.items():
        for modality, column in columns.items():
            table = pl.read_csv(data / shop / "items.csv").drop_nulls([column, label])
            contents = [*media(data / shop, table, modality, column)]
            names = PAIRS[modality]
            with closing(SqliteStore(default_path(data / shop))) as store:
                parts = [encoded(encoder_of(name, modality), contents, store) for name in names]
            words = [set(text.split()) for text in table[label]]
            ways = {
                names[0]: parts[0],
                names[1]: parts[1],
                "joined": join(parts),
                "centred, joined": join([centred(part) for part in parts]),
                "concatenated": np.hstack(parts),
            }
            for way, vectors in ways.items():
                share, error, chance = agreement(vectors, words)
                shown = f"{share:.3f} ± {1.96 * error:.3f}"
                print(f"{shop:20}{modality:8}{way:20}{shown}  chance {chance:.3f}", flush=True)


if __name__ == "__main__":
    main()
