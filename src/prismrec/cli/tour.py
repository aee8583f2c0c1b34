"""Four listeners of the record shop: what they get, what drove it, and what really drives them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from prismrec import registry
from prismrec.cli.output import say, table
from prismrec.data.dataset import Dataset
from prismrec.explain.shares import Explanation, drivers_of, explain_items
from prismrec.rankers import Query, top_k
from prismrec.types import Ints

__all__ = ["print_tour", "tour"]

SHOWN = 5  # recommendations per listener
REASONS = 2  # past items per recommendation
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
    driven = drivers_of(ranker, query)
    named = [next(iter(shares), "") for shares in driven]
    listeners = json.loads(truth.read_text("utf-8"))["listeners"]
    truly = [listeners[data.user_ids[user]]["driver"] for user in known.tolist()]
    shown = [_most_active(truly, events[known], kind) for kind in WORDS if kind in truly]
    people = [
        {
            "user": data.user_ids[int(known[row])],
            "driver": truly[row],
            "events": int(events[known[row]]),
            "drivers": driven[row],
            "items": [
                _reasons(each, data, titles)
                for each in explain_items(ranker, query.take(np.array([row])), best[row].tolist())
            ],
        }
        for row in shown
    ]
    right = sum(name == driver for name, driver in zip(named, truly, strict=True))
    return {"listeners": people, "agreement": {"right": right, "of": len(known)}}


def _most_active(truly: list[str], events: Ints, kind: str) -> int:
    rows = [row for row, name in enumerate(truly) if name == kind]
    return max(rows, key=lambda row: events[row])


def _reasons(told: Explanation, data: Dataset, titles: tuple[str, ...]) -> dict[str, Any]:
    """An item with the past items that speak most for it."""
    whole = sum(max(0.0, amount) for _, _, amount in told.by_item) or 1.0
    return {
        "item": data.item_ids[told.item],
        "title": titles[told.item],
        "score": told.score,
        "because": [
            {
                "item": data.item_ids[past],
                "title": titles[past],
                "modality": modality,
                "share": amount / whole,
            }
            for past, modality, amount in told.by_item[:REASONS]
        ],
    }


def print_tour(found: Mapping[str, Any]) -> None:
    """Print a table for each listener, and how often the explanation is right."""
    for person in found["listeners"]:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in person["drivers"].items())
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
