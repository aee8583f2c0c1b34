"""Four listeners of the record shop: what they get, what drove it, and what really drives them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from prismrec import registry
from prismrec.cli.output import say, table
from prismrec.data.dataset import Dataset
from prismrec.explain.shares import explain
from prismrec.rankers import Query, top_k
from prismrec.types import Ints

__all__ = ["print_tour", "tour"]

SHOWN = 5  # recommendations per listener
ENOUGH = 10  # events from which a listener's taste can be known
WORDS = {"image": "by eye", "text": "by word", "audio": "by ear", "behaviour": "with the crowd"}


def tour(data: Dataset, titles: tuple[str, ...], truth: Path) -> dict[str, Any]:
    """Fit prism on the whole log; recommend to one listener of each kind and say why.

    The truth is read only afterwards, to choose one listener of each kind and to tell the reader
    what really drives them. `agreement` counts for how many the first-named modality is right.
    """
    ranker = registry.build("models", "prism").fit(data)
    events = np.bincount(data.interactions.users, minlength=data.n_users)
    known = np.flatnonzero(events >= ENOUGH)
    query = Query.of(data, known)
    best = top_k(ranker, query, SHOWN).items
    told = [_Told(ranker, query.take(np.array([row])), best[row]) for row in range(len(known))]
    listeners = json.loads(truth.read_text("utf-8"))["listeners"]
    drivers = [listeners[data.user_ids[user]]["driver"] for user in known.tolist()]
    right = sum(each.first == driver for each, driver in zip(told, drivers, strict=True))
    shown = {
        driver: _most_active(drivers, events[known], driver) for driver in sorted(set(drivers))
    }
    people = [
        {
            "user": data.user_ids[int(known[row])],
            "driver": driver,
            "events": int(events[known[row]]),
            **told[row].to_json(data, titles),
        }
        for driver, row in shown.items()
    ]
    return {"listeners": people, "agreement": {"right": right, "of": len(known)}}


def _most_active(drivers: list[str], events: Ints, driver: str) -> int:
    rows = [row for row, name in enumerate(drivers) if name == driver]
    return max(rows, key=lambda row: events[row])


class _Told:
    """What one listener is recommended, each item taken apart."""

    def __init__(self, ranker: Any, query: Query, items: Ints) -> None:
        self.items = [int(item) for item in items if item >= 0]
        self.explained = [explain(ranker, query, item) for item in self.items]

    @property
    def shares(self) -> dict[str, float]:
        """Mean share of each modality over the recommendations, largest first."""
        total: dict[str, float] = defaultdict(float)
        for each in self.explained:
            for modality, share in each.by_modality.items():
                total[modality] += share / len(self.explained)
        return dict(sorted(total.items(), key=lambda pair: -pair[1]))

    @property
    def first(self) -> str:
        """The modality that is named first."""
        return next(iter(self.shares), "")

    def to_json(self, data: Dataset, titles: tuple[str, ...]) -> dict[str, Any]:
        return {
            "by_modality": self.shares,
            "items": [
                {
                    "item": data.item_ids[item],
                    "title": titles[item],
                    "score": each.score,
                    "because": [
                        {
                            "item": data.item_ids[past],
                            "title": titles[past],
                            "modality": m,
                            "share": s,
                        }
                        for past, m, s in each.by_item[:2]
                    ],
                }
                for item, each in zip(self.items, self.explained, strict=True)
            ],
        }


def print_tour(found: Mapping[str, Any]) -> None:
    """Print a table for each listener, and how often the explanation is right."""
    for person in found["listeners"]:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in person["by_modality"].items())
        say()
        say(
            f"[bold]{person['user']}[/bold], {person['events']} events, chooses in truth "
            f"{WORDS[person['driver']]}; prism says: {shares}"
        )
        rows = [
            (f"{item['title']} ({item['item']})", "; ".join(map(_reason, item["because"])))
            for item in person["items"]
        ]
        table("", ("recommended", "because of"), rows)
    right, of = found["agreement"]["right"], found["agreement"]["of"]
    say(
        f"\nThe explanation names first what really drives them for {right} of {of} listeners "
        f"with {ENOUGH} events or more ({right / max(1, of):.0%})."
    )


def _reason(past: Mapping[str, Any]) -> str:
    return f"{past['title']} ({past['modality']} {past['share']:.0%})"
