"""Listeners: what drives each of them, and what they view, like and buy over a year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from prismrec.data.demo.catalogue import (
    COMMUNITIES,
    GENRES,
    LOOKS,
    YEAR_DAYS,
    Record,
    Stream,
    stream,
)
from prismrec.data.demo.themes import THEMES
from prismrec.types import Bools, Doubles, Ints

__all__ = ["DRIVERS", "WHIM", "Events", "Listener", "listen", "listeners"]

STYLES: Mapping[str, tuple[str, ...]] = {  # driver -> what a listener of that kind has tastes in
    "image": LOOKS,
    "text": tuple(THEMES),
    "audio": GENRES,
    "behaviour": tuple(f"community-{k}" for k in range(COMMUNITIES)),
}
DRIVERS = tuple(STYLES)
WHIM = 0.12  # share of choices that follow popularity alone
TASTES = (1.0, 0.8)  # weight of the first and the second favourite
INDIFFERENCE = 0.003  # weight of everything else
PULL = (0.25, 1.0)  # power of popularity for those with a taste of their own, and for the crowd
CROWD_DELAY = 21  # days after a release until the crowd takes notice
BLOCK_USERS = 512
DAY = 86_400


@dataclass(frozen=True)
class Listener:
    """Who chooses how."""

    number: int
    driver: str  # one of DRIVERS
    favourites: tuple[str, ...]  # one or two styles of that kind, dearest first
    joined: float  # day of the year
    choices: int  # how many records are chosen within the year

    @property
    def id(self) -> str:
        """Identifier in the log."""
        return f"u{self.number + 1:04d}"


class Events(NamedTuple):
    """A log in order of time; row k is one event."""

    users: Ints  # (n,) numbers of listeners
    items: Ints  # (n,) numbers of records
    seconds: Ints  # (n,) since the year began
    kinds: Ints  # (n,) 0 view, 1 like, 2 buy


def listeners(users: int, seed: int) -> list[Listener]:
    """The first `users` listeners of a seed; each driver has a quarter of them."""
    return [_listener(number, stream(seed, Stream.TASTE, number)) for number in range(users)]


def _listener(number: int, rng: np.random.Generator) -> Listener:
    driver = DRIVERS[number % len(DRIVERS)]
    styles = STYLES[driver]
    liked = rng.permutation(len(styles))[: 1 + int(rng.random() < 0.3)]
    joined = rng.uniform(0, 0.85 * YEAR_DAYS) if rng.random() < 0.3 else 0.0
    choices = int(np.clip(np.exp(rng.normal(np.log(6), 0.65)), 2, 45))
    return Listener(number, driver, tuple(styles[k] for k in liked), joined, choices)


def listen(
    people: Sequence[Listener],
    records: Sequence[Record],
    shown: Mapping[str, Bools],
    *,
    seed: int,
) -> Events:
    """A year of choices: each is viewed, some are then liked, and some of those bought.

    `shown` says for each modality which records really show it: who chooses by eye does not
    choose a record without a picture.
    """
    parts = []
    for start in range(0, len(people), BLOCK_USERS):
        rng = stream(seed, Stream.CHOICES, start)
        block = people[start : start + BLOCK_USERS]
        parts.append(_funnel(*_choices(block, records, shown, rng), rng))
    users, items, seconds, kinds = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.lexsort((kinds, items, users, seconds))
    order = order[seconds[order] < YEAR_DAYS * DAY]
    return Events(users[order], items[order], seconds[order], kinds[order])


def _liking(
    people: Sequence[Listener], records: Sequence[Record], shown: Mapping[str, Bools]
) -> Doubles:
    """(n_users, n_items) how much each listener takes to each record, popularity apart."""
    styles = {
        "image": [record.look for record in records],
        "text": [record.theme for record in records],
        "audio": [record.genre for record in records],
        "behaviour": [f"community-{record.community}" for record in records],
    }
    out = np.full((len(people), len(records)), INDIFFERENCE)
    for person, row in zip(people, out, strict=True):
        for style, weight in zip(person.favourites, TASTES, strict=False):
            row[np.asarray(styles[person.driver]) == style] = weight
        row[~shown.get(person.driver, np.ones(len(records), bool))] = INDIFFERENCE
    return out


def _choices(
    people: Sequence[Listener],
    records: Sequence[Record],
    shown: Mapping[str, Bools],
    rng: np.random.Generator,
) -> tuple[Ints, Ints, Doubles, Bools]:
    """Users, items, days and whether taste decided; in each round everyone chooses once more.

    A choice is drawn in proportion to liking times popularity by the Gumbel-max trick.
    """
    liking = np.log(_liking(people, records, shown))
    released = np.array([record.released for record in records])
    appeal = np.array([record.appeal for record in records])
    counts = np.array([person.choices for person in people])
    delay = np.array([CROWD_DELAY * (person.driver == "behaviour") for person in people])
    pull = np.array([PULL[person.driver == "behaviour"] for person in people])
    chosen = np.zeros(liking.shape, bool)
    joined = np.array([person.joined for person in people])
    days = joined[:, None] + (YEAR_DAYS - joined[:, None]) * rng.random((len(people), counts.max()))
    days[np.arange(counts.max()) >= counts[:, None]] = np.inf
    days.sort(axis=1)
    found = []
    for turn in range(counts.max()):
        who = np.flatnonzero(counts > turn)
        when = days[who, turn]
        wanted = pull[who, None] * _demand((when - delay[who])[:, None] - released, appeal)
        tasteful = rng.random(len(who)) >= WHIM
        wanted += liking[who] * tasteful[:, None] + rng.gumbel(size=wanted.shape)
        wanted[chosen[who]] = -np.inf
        what = wanted.argmax(axis=1)
        fits = np.isfinite(wanted[np.arange(len(who)), what])
        chosen[who, what] = True
        found.append((who[fits], what[fits], when[fits], tasteful[fits]))
    users, items, at, taste = (np.concatenate(columns) for columns in zip(*found, strict=True))
    numbers = np.array([person.number for person in people])
    return numbers[users], items, at, taste


def _demand(age: Doubles, appeal: Doubles) -> Doubles:
    """Logarithm of the demand for a record at an age in days: a rise of a week, a long decay."""
    known = age > 0
    grown = np.where(known, age, 1.0)
    demand = appeal * (1 - np.exp(-grown / 4)) * (0.2 + 0.5 ** (grown / 60))
    out: Doubles = np.where(known, np.log(demand), -np.inf)
    return out


def _funnel(
    users: Ints, items: Ints, days: Doubles, taste: Bools, rng: np.random.Generator
) -> tuple[Ints, Ints, Ints, Ints]:
    """Events of choices: each viewed in some evening hour, later perhaps liked, perhaps bought."""
    n = len(users)
    hour = rng.normal(20, 3, n) % 24
    viewed = np.floor(days) * DAY + hour * 3600
    liked = viewed + 60 + rng.exponential(0.2 * DAY, n)
    bought = liked + 60 + rng.exponential(2.0 * DAY, n)
    likes = rng.random(n) < np.where(taste, 0.6, 0.2)
    buys = likes & (rng.random(n) < 0.5)
    rows = np.concatenate([np.arange(n), np.flatnonzero(likes), np.flatnonzero(buys)])
    seconds = np.concatenate([viewed, liked[likes], bought[buys]]).astype(np.int64)
    kinds = np.repeat([0, 1, 2], [n, likes.sum(), buys.sum()])
    return users[rows], items[rows], seconds, kinds
