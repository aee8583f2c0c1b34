"""Tables of how models stand: figures with intervals, who is ahead, what a modality is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from prismrec.cli.output import complain, note, say, table
from prismrec.errors import UnknownName

if TYPE_CHECKING:
    from prismrec.evaluation.comparison import Comparison
    from prismrec.evaluation.cost import Cost
    from prismrec.evaluation.knockout import KnockOut
    from prismrec.evaluation.result import Evaluation

__all__ = ["columns_of", "print_comparison", "print_runs"]

FEWEST = 30  # users from which an interval can be believed
SHOWN = ("recall", "ndcg")  # metrics of a table, where nothing else is asked for
WHOSE = {"all_items": "all items", "new_items": "new items"}


def columns_of(
    run: Evaluation, metrics: Sequence[str] | None, sizes: Sequence[int]
) -> tuple[str, ...]:
    """Names like "recall@20" of the columns of a table.

    Args:
        run: any of those in the table.
        metrics: names with or without a length of the list; None for the usual ones.
        sizes: lengths of the lists.

    Raises:
        UnknownName: for a metric that was not measured.
    """
    if metrics is None:
        usual = (f"{name}@{size}" for size in sizes for name in SHOWN)
        return (*usual, f"coverage@{max(sizes)}")
    known = [*run.metrics, *run.lists]
    out = [
        name if "@" in name else f"{name}@{size}"
        for name in metrics
        for size in (sizes if "@" not in name else sizes[:1])
    ]
    for name in out:
        if name not in known:
            there = ", ".join(dict.fromkeys(each.partition("@")[0] for each in known))
            raise UnknownName(f"no metric here is called {name!r}; there is {there}")
    return tuple(dict.fromkeys(out))


def print_comparison(
    found: Comparison, sizes: Sequence[int], *, metrics: Sequence[str] | None = None
) -> None:
    """Print the tables of each split: all items, new items where there are any, knock-outs."""
    for model, why in found.skipped.items():
        complain(f"{model} was skipped: {why}")
    for standing in found.standings:
        by = f"split {standing.split}"
        for title, runs in (
            (f"All items, {by}", standing.all_items),
            (f"New items, ranked among themselves, {by}", standing.new_items),
        ):
            if runs:
                columns = columns_of(next(iter(runs.values())), metrics, sizes)
                print_runs(title, runs, columns, standing.costs)
        _print_knock_outs(standing.knock_outs, f"ndcg@{max(sizes)}")
        for text in dict.fromkeys(n for run in standing.all_items.values() for n in run.notes):
            note(text)


def print_runs(
    title: str, runs: Mapping[str, Evaluation], columns: Sequence[str], costs: Mapping[str, Cost]
) -> None:
    """Print a table with a row per model, ± half of a 95 % interval, and how clear the lead is."""
    first = next(iter(runs.values()))
    rows = [
        [model, *(_figure(run, name) for name in columns), f"{costs[model].fit_seconds:.1f}"]
        for model, run in runs.items()
    ]
    table(f"{title} ({first.n_users} users, {first.n_items} items)", ("", *columns, "fit s"), rows)
    ranked = [name for name in first.metrics if name.startswith("ndcg@")]
    say(_lead(runs, ranked[-1]))
    say()


def _lead(runs: Mapping[str, Evaluation], metric: str) -> str:
    """How far the best model is ahead of the next one, paired by user."""
    from prismrec.evaluation.result import difference

    ranked = sorted(runs, key=lambda name: -runs[name].metrics[metric].mean)
    if len(ranked) < 2:
        return ""
    if runs[ranked[0]].n_users < FEWEST:
        return f" fewer than {FEWEST} users are too few to tell models apart"
    gap = difference(runs[ranked[0]], runs[ranked[1]])[metric]
    verdict = "" if gap.low > 0 else ", which may be chance"
    return (
        f" {ranked[0]} is ahead of {ranked[1]} by {gap.mean:.4f} in {metric}, user by user "
        f"{gap.low:.4f} to {gap.high:.4f}{verdict}"
    )


def _print_knock_outs(found: Sequence[KnockOut], metric: str) -> None:
    """Print what each model loses, a row per model and modality and a column per way.

    Models that lose exactly nothing, since they read no media, are named below.
    """
    ways = list(dict.fromkeys(each.way for each in found))
    for candidates, whose in WHOSE.items():
        rows: dict[tuple[str, str], dict[str, str]] = {}
        unmoved = dict.fromkeys(each.model for each in found if each.candidates == candidates)
        for each in found:
            if each.candidates == candidates and any(each.change[metric]):
                mean, low, high = each.change[metric]
                row = rows.setdefault((each.model, each.modality), {})
                row[each.way] = f"{mean:+.4f} ±{(high - low) / 2:.4f}"
                unmoved.pop(each.model, None)
        if rows:
            title = f"Knocked out, {whose}: change in {metric}"
            lines = [[*head, *(row.get(way, "0") for way in ways)] for head, row in rows.items()]
            table(title, ("", "modality", *ways), lines)
        if unmoved:
            say(f" no change of {whose} in {metric}: {', '.join(unmoved)}")
        if rows or unmoved:
            say()


def _figure(run: Evaluation, name: str) -> str:
    if name in run.lists:
        return f"{run.lists[name]:.2f}"
    mean, low, high = run.metrics[name]
    return f"{mean:.4f} ±{(high - low) / 2:.4f}"
