"""What the figures say, in sentences for the owner of a shop."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from prismrec.evaluation.report.sections import FEWEST
from prismrec.pages import figure, percent

__all__ = ["METRICS", "SPLITS", "command", "headline", "meanings", "protocol"]

SPLITS = {
    "time": "everything after one moment was kept back, as in real life: the models know the past "
    "and are asked for the future",
    "user-time": "the latest choices of each person were kept back",
    "leave-one-out": "the very last choice of each person was kept back",
    "random": "choices drawn at random were kept back; past and future are mixed, so that a live "
    "shop would see lower figures",
    "new-items": "some items were kept back with all that happened to them: the models know them "
    "by their media only",
    "given": "what is kept back comes with the data",
}
METRICS = {
    "ndcg": "right items found, those near the top of the list counting more; 1 is perfect",
    "ndcg-linear": "as ndcg, a right item counting as much as its event weighs: a purchase more",
    "ndcg-exponential": "likewise, with 2 to the power of the weight, so that the heaviest rule",
    "recall": "share of what each person went on to choose that is in the list",
    "precision": "share of the list that was right",
    "f1": "precision and recall in one figure",
    "hit": "share of people with at least one right item in the list",
    "map": "precision at each right item, averaged",
    "mrr": "one divided by the place of the first right item",
    "accuracy": "share of all items sorted rightly into recommended or not; nearly 1 for any model",
    "auc": "how often a right item is ranked above a wrong one; 0.5 is chance",
    "coverage": "share of the catalogue that anybody was shown",
    "gini": "how unevenly items are shown: 0 all alike, 1 one item takes all",
    "novelty": "how rarely used the items in a list are, in bits: one more is half as popular",
    "diversity": "how different the items of one list are from each other: 0 all alike",
    "serendipity": "share of the list that was right and that popularity would not have shown",
    "calibration": "how well the mix of popular and rare items suits a person's past: 1 is equal",
}

Json = Mapping[str, Any]


def headline(found: Json) -> dict[str, str]:
    """A title and the paragraph below it."""
    table = found["all_items"]
    if table is None:
        return {"title": "No model could be fitted", "text": "The reasons stand below."}
    best, *others = table["rows"]
    if not others:
        return {"title": f"How well {best['label']} does", "text": _found(table, best)}
    if table["n_users"] < FEWEST:
        title = (
            f"{best['label']} comes out first, but {table['n_users']} people are too few to tell"
        )
        return {"title": title, "text": _found(table, best, others[0])}
    return {
        "title": f"{best['label']} leads; {_clearly(others)}",
        "text": f"{_found(table, best, others[0])} {_gap(table, best, others)}",
    }


def protocol(found: Json, results: Sequence[Json]) -> str:
    """What was measured, in one paragraph that asks for no knowledge."""
    table = found["all_items"]
    if table is None:
        return ""
    name = found["split"]
    how = SPLITS.get(name, f"what is kept back is marked in the column {name} of the data")
    seeds = len({run["seed"] for run in results})
    times = (
        "This was done once."
        if seeds == 1
        else (
            f"This was done {seeds} times with other random choices (seeds 0 to {seeds - 1}); "
            "figures are means over all of them."
        )
    )
    refit = any(run["refit"] for run in results)
    last = (
        "Before the lists were made, each model was fitted once more with the part of the log on "
        "which settings are chosen."
        if refit
        else "Settings were chosen on a part of the log that is neither fitted on nor tested on."
    )
    return (
        f"Part of the log was kept back from the models ({how}). Each model then had to fill a "
        f"list of {found['k']} for each of {table['n_users']:,} people, out of all "
        f"{table['n_items']:,} items except those the person had used before. An item in the list "
        "is right if the person chose it in the part that was kept back. Everybody counts alike, "
        f"however active. {last} {times}"
    )


def meanings(columns: Iterable[str]) -> list[tuple[str, str]]:
    """What the metrics of some columns mean, each once; those without a word are left out."""
    names = dict.fromkeys(column.partition("@")[0] for column in columns)
    pairs = [(name, METRICS.get(name, METRICS.get(name.partition("-")[0]))) for name in names]
    return [(name, words) for name, words in pairs if words]


def command(comparison: Json) -> str:
    """The command line that makes the same comparison."""
    runs = comparison["results"]
    models = ",".join(dict.fromkeys(run["model"] for run in runs))
    ways = dict.fromkeys(run["damage"]["way"] for run in runs if run.get("damage"))
    parts = ["prismrec compare", shlex.quote(comparison["shop"]), "--models", shlex.quote(models)]
    parts += ["--split", shlex.quote(comparison["split"])]
    parts += ["--seeds", str(len({run["seed"] for run in runs}))]
    lengths = {name.partition("@")[2] for run in runs for name in run["metrics"] if "@" in name}
    parts += ["--k", ",".join(sorted(lengths, key=int))] if lengths else []
    parts += ["--knock-out", ",".join(ways)] if ways else []
    parts += ["--refit"] if any(run["refit"] for run in runs) else []
    return " ".join([*parts, "--html report.html"])


def _found(table: Json, best: Json, second: Json | None = None) -> str:
    k = table["metric"].partition("@")[2]
    text = (
        f"Shown {k} items each, {table['n_users']:,} people find "
        f"{percent(best['recall']['mean'])} of what they went on to choose with {best['label']}"
    )
    if second is None:
        return text + "."
    return f"{text}, and {percent(second['recall']['mean'])} with {second['label']}, which is next."


def _clearly(others: Sequence[Json]) -> str:
    """How clear the lead is, over the next model and over all."""
    behind = [other["behind"] for other in others]
    if any(each is None for each in behind):
        return "whether that is more than chance was not tested"
    if all(each["sure"] for each in behind):
        return "that is clear" if len(behind) == 1 else "its lead over every other model is clear"
    equal = [o["label"] for o in others if not o["behind"]["sure"]]
    if len(equal) == len(behind):
        return "that may be chance"
    names = equal[0] if len(equal) == 1 else f"{', '.join(equal[:-1])} and {equal[-1]}"
    return f"its lead over {names} may be chance"


def _gap(table: Json, best: Json, others: Sequence[Json]) -> str:
    second = others[0]
    gap = second["behind"]
    if gap is None:
        return ""
    more = (best["mean"] / second["mean"] - 1) if second["mean"] else None
    relative = "" if more is None else f", which is {percent(more, 0)} more"
    so = (
        "Were they equally good, a lead as large would be rare"
        if gap["sure"]
        else "Were they equally good, a lead as large would be nothing unusual"
    )
    return (
        f"In {table['metric']}, where an item near the top counts for more, {best['label']} has "
        f"{figure(best['mean'])} and {second['label']} {figure(second['mean'])}{relative}. "
        f"Compared person by person the lead is {figure(gap['mean'])}, with 95 % confidence "
        f"between {figure(gap['low'])} and {figure(gap['high'])}. {so} "
        f"(p = {_p(gap['p'])}, corrected for {gap['family']} "
        f"comparison{'s' if gap['family'] > 1 else ''})."
    )


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
