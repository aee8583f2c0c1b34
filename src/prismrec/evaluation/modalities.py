"""modalities: what pictures, texts and sounds say about a shop, alike and apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.errors import BadData
from prismrec.evaluation.agreement import Pair, agreement, behaviour
from prismrec.evaluation.clusters import spread
from prismrec.evaluation.complement import Explained, Worth, explained, judged, worth
from prismrec.evaluation.voices import Voice, voices

__all__ = ["BEHAVIOUR", "Modalities", "modalities"]

BEHAVIOUR = "behaviour"  # name of the log among the modalities


@dataclass(frozen=True, eq=False)
class Modalities:
    """How modalities agree, what each adds, and for whom each speaks."""

    coverage: Mapping[str, float]  # share of items that have each
    items: tuple[Pair, ...]  # agreement on items, behaviour being one more modality
    users: tuple[Pair, ...]  # agreement on users of what they posted with what they used
    explained: Explained | None  # None with too few items
    worth: Mapping[str, Worth]  # modality -> what it is worth for recommending
    voices: tuple[Voice, ...]
    metric: str  # that `worth` is in
    n_users: int  # that `worth` is over

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "coverage": dict(self.coverage),
            "items": [pair.to_json() for pair in self.items],
            "users": [pair.to_json() for pair in self.users],
            "explained": None if self.explained is None else self.explained.to_json(),
            "worth": {name: each.to_json() for name, each in self.worth.items()},
            "voices": [voice.to_json() for voice in self.voices],
            "metric": self.metric,
            "n_users": self.n_users,
        }


def modalities(
    train: Dataset,
    held_out: Dataset,
    *,
    k: int = 20,
    names: Sequence[str] | None = None,
    columns: Mapping[str, Sequence[str | None]] | None = None,
) -> Modalities:
    """Compare the modalities of a shop's items with each other, with the log and by their worth.

    Agreement and what is foretold come from `train` alone. Worth and voices are figures on
    `held_out`; give it the valid part, for this is a diagnosis that choices follow from. They are
    over users with a history: without one likeness says nothing, and all media tie.

    Args:
        train: log and features; one modality of plain vectors at least.
        held_out: a later or other part of the log.
        k: length of the lists.
        names: (n_items,) what a reader calls an item.
        columns: columns of the item table whose values are groups, see `voices`.

    Raises:
        BadData: where there is no modality, or nothing to measure.
    """
    items = {name: each for name, each in train.items.items() if each.layout == "vector"}
    if not items:
        raise BadData("these items have no media as vectors; encode the shop first")
    plain = Dataset(train.interactions, train.user_ids, train.item_ids, items, train.users)
    log, held_out = behaviour(train), _with_history(train, held_out)
    runs = judged(plain, held_out, k=k)
    singles = {each: runs[each,] for each in items}
    metric = f"ndcg@{k}"
    return Modalities(
        coverage={name: float(each.observed.mean()) for name, each in items.items()},
        items=agreement({**items, BEHAVIOUR: log}),
        users=_posted(plain),
        explained=explained(items, log),
        worth=worth(runs, metric),
        voices=voices(singles, train=plain, held_out=held_out, names=names, columns=columns),
        metric=metric,
        n_users=next(iter(runs.values())).n_users,
    )


def _with_history(train: Dataset, held_out: Dataset) -> Dataset:
    known = np.bincount(train.interactions.users, minlength=train.n_users) > 0
    log = held_out.interactions
    return held_out.with_interactions(log.take(known[log.users]))


def _posted(train: Dataset) -> tuple[Pair, ...]:
    """Agreement of what users posted with the mean of the items that they used."""
    posted = {f"posted {name}": f for name, f in train.users.items() if f.layout == "vector"}
    if not posted:
        return ()
    used = {}
    for name, feature in train.items.items():
        mean = np.asarray(train.matrix() @ spread(feature), np.float32)
        used[f"used {name}"] = Feature(mean, np.asarray(mean.any(axis=1)))
    pairs = agreement({**posted, **used})
    return tuple(pair for pair in pairs if pair.one in posted)
