"""Modalities as players: what an item would score if only some of its media were known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.errors import BadData
from prismrec.explain.shapley import coalitions, shapley
from prismrec.rankers import Query, Ranker
from prismrec.rankers.content_towers import ContentTowers
from prismrec.types import Bools, Ints

__all__ = ["OTHERWISE", "MediaGame", "media_game", "refit_game"]

OTHERWISE = "behaviour"  # what a score has beyond the media of the item
CHANCE = 0.5  # share of other items that an item beats of which nothing is known


@dataclass(frozen=True, eq=False)
class MediaGame:
    """One item's value for one person by each set of its modalities, and the Shapley values."""

    item: int
    values: Mapping[frozenset[str], float]
    total: float  # what the model itself gives the item
    by_modality: dict[str, float]  # Shapley values, then `OTHERWISE`; they add up to the total


def media_game(ranker: Any, query: Query, item: int, *, items: Mapping[str, Feature]) -> MediaGame:
    """The score of an item whose vector the model reads from its media, by modality.

    The item is read anew with each set of its modalities, all else left as it is, so that a set
    is worth what a new item with just these media would score; no media are worth 0. What the
    item's own score has beyond all its media, as from a vector learnt for it, is "behaviour".

    Args:
        ranker: content towers, as `content-tower` and `vbpr` give where their fusion is linear.
        query: one person.
        item: row of the item.
        items: modality -> features of the catalogue, as the model was fitted on.

    Raises:
        BadData: for a ranker that reads no media when it scores, for an item without media, and
            for more than one person.
    """
    if not isinstance(ranker, ContentTowers):
        raise BadData(
            f"{type(ranker).__name__} reads no media when it scores, so none can be left out; "
            "explain it by the history (leave_one_out), or by fits without a modality (refit_game)"
        )
    _check_one(query)
    players = [name for name, feature in items.items() if feature.present[item]]
    players = [name for name in players if name in ranker.network.readers]
    if not players:
        raise BadData(f"item {item} has no media that the model reads; nothing can be left out")
    groups = coalitions(players)
    copies = {
        name: _kept(items[name], item, np.array([name in group for group in groups]))
        for name in players
    }
    # Towers with one item, so that the scores of the catalogue are not worked out 2^m times.
    bias = None if ranker.towers.bias is None else ranker.towers.bias[[item]]
    one = replace(ranker.towers, items=ranker.items[[item]], bias=bias, has_opinion=None)
    read = ContentTowers(one, ranker.network).with_items(copies).towers
    scores = ranker.vectors(query)[0] @ read.items.T
    scores = scores + (0 if read.bias is None else read.bias)
    values = {group: float(scores[1 + row]) for row, group in enumerate(groups)}
    values[frozenset()] = 0.0
    found = shapley(players, values.__getitem__)
    total = float(scores[0])
    return MediaGame(item, values, total, {**found, OTHERWISE: total - sum(found.values())})


def _kept(feature: Feature, item: int, present: Bools) -> Feature:
    """Copies of one row, present where wanted."""
    values = np.where(present[:, None], feature.values[item], np.float32(0))
    return Feature(values, present, feature.encoder)


def refit_game(
    fit: Callable[[Dataset], Ranker], train: Dataset, *, query: Query, item: int
) -> MediaGame:
    """What each modality does for an item's place, by fitting the model without it: 2^m fits.

    A set of modalities is worth the share of the other items that the person has not used which
    the item beats, 0 to 1, under the model fitted with these modalities alone: scores of two fits
    have no common unit. A model that cannot be fitted without media is worth 1/2 there, chance.
    "behaviour" is what it is worth without media, less chance; to all comes chance: the values
    add up to the total less 1/2.

    Args:
        fit: such as `registry.build("models", "vbpr").fit`.
        train: what the model is fitted on; its modalities are the players.
        query: one person of the log, or a stranger.
        item: row of the item.

    Raises:
        BadData: for more than one person, or where the data has no media.
    """
    _check_one(query)
    if not train.items:
        raise BadData("the items have no media; nothing can be left out")
    values = {}
    for group in coalitions(list(train.items)):
        data = replace(
            train, items={name: train.items[name] for name in train.items if name in group}
        )
        try:
            values[group] = _beaten(fit(data), query, item)
        except BadData:
            if group:
                raise
            values[group] = CHANCE
    found = shapley(list(train.items), values.__getitem__)
    rest = values[frozenset()] - CHANCE
    return MediaGame(item, values, values[frozenset(train.items)], {**found, OTHERWISE: rest})


def _beaten(ranker: Ranker, query: Query, item: int) -> float:
    """Share of the other unused items that score lower; ties count half."""
    scores = np.nan_to_num(ranker.score(query)[0].astype(np.float64), nan=-np.inf)
    others: Ints = np.setdiff1d(np.arange(len(scores)), [*query.history.values.tolist(), item])
    lower = (scores[others] < scores[item]).sum() + (scores[others] == scores[item]).sum() / 2
    return float(lower) / max(1, len(others))


def _check_one(query: Query) -> None:
    if len(query) != 1:
        raise BadData(f"one person is explained at a time, not {len(query)}")
