"""The log: rows and users that look odd, and how it changes over time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np

from prismrec.data.interactions import Interactions
from prismrec.data.shop import Shop
from prismrec.data.vocabulary import Vocabulary
from prismrec.media.quality.finding import Case, Finding, finding, kind
from prismrec.types import Bools, Ints

__all__ = ["FEW", "log_findings", "moment", "recent"]

FEW = 5  # users with fewer events are hard to serve by their history
RECENT = 0.2  # share of the newest events that are compared with the older ones
TOP = 100  # most popular items of both parts
DAY = 86_400
OLD = 631_152_000  # 1990: before there were logs of this kind
BUSY = 200  # events of a user, below which nobody is called a robot
FAR = 6.0  # robust standard deviations of log(events) above the median

REPEATED = kind(
    "log.repeated",
    "info",
    "rows that stand twice, with the same user, item, kind and time",
    will="kept; models that count pairs see one, models that add weights see both",
    can="remove them where they were written twice, by a double click or a double export",
)
ROBOTS = kind(
    "log.robots",
    "warning",
    "users with extremely many events",
    will="kept; they shape what seems popular and what seems to go together",
    can="look whether they are robots, tests or shared accounts, and remove their rows",
)
FUTURE = kind(
    "log.future",
    "warning",
    "events in the future",
    will="kept; a split by time puts them into the test part",
    can="correct the clock or the unit (seconds since 1970, UTC)",
)
ANCIENT = kind(
    "log.ancient",
    "warning",
    "events before 1990",
    will="kept, in the order of their times",
    can="correct the unit (seconds since 1970); 0 often stands for an unknown time",
)
TIES = kind(
    "log.same-moment",
    "info",
    "events of one user at the same moment",
    will="kept in the order of the file; what came first is not known",
    can="write finer timestamps where you have them",
)
ONCE = kind(
    "log.one-item-users",
    "info",
    "users with a single item",
    will="served by popularity and by the media of their one item; nothing of theirs can be tested",
    can="nothing needs to be done; more history makes better recommendations",
)
UNUSED = kind(
    "log.unused-items",
    "info",
    "items that nobody has used",
    will="recommended by their media, if they have any",
    can="give them pictures, texts or sounds; see coverage.unreachable",
)
NEWCOMERS = kind(
    "drift.new-items",
    "info",
    "much of what is used now is new",
    will="models with media can recommend new items, models of behaviour alone cannot",
    can="judge with the split new-items, and fit again often",
)
TURNOVER = kind(
    "drift.popularity",
    "info",
    "what is popular changes quickly",
    will="nothing by itself; the whole log is learnt from",
    can="fit again often, or leave out old rows",
)


def log_findings(shop: Shop, *, now: float) -> Iterator[Finding]:
    """Oddities of the log; `now` is in seconds since 1970."""
    log = shop.interactions
    yield from _repeated(log)
    yield from _users(shop)
    used = np.bincount(log.items, minlength=len(shop.item_ids)) > 0
    if not used.all():
        yield finding(UNUSED, _each(shop.item_ids, np.flatnonzero(~used)), side="item")
    if log.time is not None:
        yield from _times(log, log.time, now)
        yield from _drift(shop)


def recent(log: Interactions) -> Bools:
    """(n,) whether a row is among the newest fifth."""
    newest = np.zeros(len(log), np.bool_)
    newest[log.in_time_order()[int((1 - RECENT) * len(log)) :]] = True
    return newest


def _each(ids: Vocabulary, rows: Ints) -> list[Case]:
    return [Case((ids[int(row)],)) for row in rows]


def _repeated(log: Interactions) -> Iterator[Finding]:
    if log.time is None:
        return
    kinds = np.zeros(len(log), np.int64) if log.kind is None else log.kind.astype(np.int64)
    order = np.lexsort((kinds, log.time, log.items, log.users))
    rows = np.stack([log.users, log.items, log.time, kinds])[:, order]
    again = int((rows[:, 1:] == rows[:, :-1]).all(axis=0).sum())
    if again:
        detail = f"{again:,} of {len(log):,} rows"
        yield finding(REPEATED, [Case(detail=detail)], count=again)


def _users(shop: Shop) -> Iterator[Finding]:
    log, ids = shop.interactions, shop.user_ids
    events = np.bincount(log.users, minlength=len(ids))
    size = np.log(events[events > 0])
    middle = float(np.median(size))
    spread = 1.4826 * float(np.median(np.abs(size - middle)))
    limit = max(BUSY, np.exp(middle + FAR * max(spread, 0.25)))
    busy = np.flatnonzero(events > limit)
    if len(busy):
        busy = busy[np.argsort(-events[busy], kind="stable")]
        usual = f"the median is {np.exp(middle):.0f}"
        cases = [Case((ids[int(u)],), detail=f"{events[u]:,} events; {usual}") for u in busy]
        yield finding(ROBOTS, cases, side="user")
    pairs = np.unique(log.users * len(shop.item_ids) + log.items) // len(shop.item_ids)
    once = np.flatnonzero(np.bincount(pairs, minlength=len(ids)) == 1)
    if len(once):
        yield finding(ONCE, _each(ids, once), side="user")


def _times(log: Interactions, time: Ints, now: float) -> Iterator[Finding]:
    for known, wrong in ((FUTURE, time > now + DAY), (ANCIENT, time < OLD)):
        n = int(wrong.sum())
        if n:
            last = time[wrong].max() if known is FUTURE else time[wrong].min()
            extreme = "the last" if known is FUTURE else "the first"
            detail = f"{n:,} of {len(log):,} rows, {extreme} at {moment(int(last))}"
            yield finding(known, [Case(detail=detail)], count=n)
    order = np.lexsort((time, log.users))
    same = (np.diff(log.users[order]) == 0) & (np.diff(time[order]) == 0)
    differs = np.diff(log.items[order]) != 0
    n = int((same & differs).sum())
    if n > 0.1 * len(log):
        detail = f"{n:,} of {len(log):,} rows have the time of the user's row before"
        yield finding(TIES, [Case(detail=detail)], count=n)


def _drift(shop: Shop) -> Iterator[Finding]:
    log, n_items = shop.interactions, len(shop.item_ids)
    new = recent(log)
    if new.sum() < FEW or new.all():
        return
    before = np.bincount(log.items[~new], minlength=n_items)
    after = np.bincount(log.items[new], minlength=n_items)
    fresh = int(after[before == 0].sum())
    if fresh > 0.2 * after.sum():
        detail = (
            f"{fresh / after.sum():.0%} of the newest {RECENT:.0%} of events are of items that "
            "had none before"
        )
        yield finding(NEWCOMERS, [Case(detail=detail)], count=fresh)
    n_top = min(TOP, max(1, n_items // 10))
    old_top, new_top = (set(np.argsort(-part, kind="stable")[:n_top]) for part in (before, after))
    stayed = len(old_top & new_top) / n_top
    if stayed < 0.5 and n_items > 20:
        detail = f"of the {n_top} most popular items before, {stayed:.0%} are so among the newest"
        yield finding(TURNOVER, [Case(detail=detail)], count=round((1 - stayed) * n_top))


def moment(seconds: int) -> str:
    """ISO 8601 in UTC, or the number where no calendar goes that far."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return f"{seconds:,} s after 1970"
