"""Shapley values: what each player of a game adds, averaged over all orders of joining."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from math import comb

from prismrec.errors import TooLarge

__all__ = ["Game", "coalitions", "shapley"]

Game = Callable[[frozenset[str]], float]  # what a set of players is worth together

MOST = 12  # players; each more doubles the work


def coalitions(players: Sequence[str]) -> list[frozenset[str]]:
    """All 2^m sets of m players, smaller first; the empty one is the first.

    Raises:
        TooLarge: for more than 12 players.
    """
    if len(players) > MOST:
        raise TooLarge(
            f"{len(players)} players have {2 ** len(players):,} coalitions; "
            f"join some of them, so that there are {MOST} at most"
        )
    sizes = range(len(players) + 1)
    return [frozenset(group) for size in sizes for group in combinations(players, size)]


def shapley(players: Sequence[str], value: Game) -> dict[str, float]:
    """Exact Shapley values; they add up to `value(all) - value(none)`.

    A player's value is the mean, over all orders in which the players could join, of what the
    player adds to those who are there already. `value` is asked once for each of the 2^m sets.

    >>> shapley(["left", "right"], lambda gloves: float(len(gloves) == 2))
    {'left': 0.5, 'right': 0.5}

    Raises:
        TooLarge: for more than 12 players.

    Source: Shapley, "A value for n-person games", 1953.
    """
    worth = {group: value(group) for group in coalitions(players)}
    m = len(players)
    return {
        player: sum(
            (worth[group | {player}] - worth[group]) / (m * comb(m - 1, len(group)))
            for group in worth
            if player not in group
        )
        for player in players
    }
