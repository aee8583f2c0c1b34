"""The plain values of one split, ordered as the page shows them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from prismrec import registry
from prismrec.errors import MissingPackage, UnknownName
from prismrec.pages import tone

__all__ = ["CLEAR", "FEWEST", "sections"]

CLEAR = 0.05  # a corrected p below which a lead is called clear
FEWEST = 30  # users from which an interval can be believed
SERIES = 8  # colours and shapes

Json = Mapping[str, Any]


def sections(standing: Json) -> dict[str, Any]:
    """Everything that the template shows of a split, best model first.

    Args:
        standing: `Standing.to_json()`, fresh or saved.
    """
    models = {m: _look(i) for i, m in enumerate(standing["all_items"])}
    k = _longest(standing["all_items"])
    lead = f"ndcg@{k}"
    found = {
        "split": standing["split"],
        "k": k,
        "metric": lead,
        "models": models,
        "all_items": _table(standing, "all_items", models, lead),
        "new_items": _table(standing, "new_items", models, lead),
    }
    order = [row["label"] for row in found["all_items"]["rows"]] if found["all_items"] else []
    return {
        **found,
        "costs": _costs(standing["costs"], found["all_items"]),
        "strata": _strata(standing["strata"], order, models, f"recall@{k}"),
        "knock_outs": _knock_outs(standing["knock_outs"], order, lead),
        "unmoved": _unmoved(standing["knock_outs"], order),
        "alignment": _alignment(standing["alignment"], order, models),
        "curves": _curves(standing["curves"], models),
        "beyond": _figures(standing["all_items"], order, _beyond(standing["all_items"], k)),
        "accuracy": _figures(standing["all_items"], order, _accuracy(standing["all_items"])),
        "examples": standing["examples"],
        "about": {model: words for model in order if (words := _about(model))},
        "order": order,
        "notes": _notes(standing),
    }


def _look(place: int) -> dict[str, Any]:
    """Colour and shape of a model, the same in every chart."""
    return {"tone": tone("", place), "shape": (place + place // SERIES) % SERIES}


def _about(spec: str) -> str:
    """What a model is, in the first sentence of its own words; "" where it is not known here."""
    try:
        model = registry.load("models", spec.partition(":")[0])
    except (MissingPackage, UnknownName):
        return ""
    words = inspect.getdoc(model) or ""
    return " ".join(words.partition("\n\n")[0].split()).replace("`", "")


def _longest(runs: Json) -> int:
    names = [name for run in runs.values() for name in run["metrics"]]
    return max((int(name.partition("@")[2]) for name in names if "@" in name), default=0)


def _table(standing: Json, candidates: str, models: Json, lead: str) -> dict[str, Any] | None:
    """Rows of a table of models, the best first, each with how far it is behind the best."""
    runs = standing[candidates]
    if not runs:
        return None
    recall = lead.replace("ndcg", "recall")
    ordered = sorted(runs, key=lambda m: -(_of(runs[m], lead)["mean"] or 0.0))
    best = ordered[0]
    behind = _behind(standing["significance"], candidates, lead, best)
    rows = [
        {
            "label": model,
            **_of(runs[model], lead),
            "recall": _of(runs[model], recall),
            "behind": behind.get(model),
            "best": model == best,
            **models[model],
        }
        for model in ordered
    ]
    first = runs[best]
    head = {"n_users": first["n_users"], "n_items": first["n_items"], "metric": lead}
    return {**head, "recall": recall, "rows": rows}


def _notes(standing: Json) -> list[str]:
    """What a reader should know of the figures, each once."""
    runs = [*standing["all_items"].values(), *standing["new_items"].values()]
    return list(dict.fromkeys(note for run in runs for note in run["notes"]))


def _of(run: Json, metric: str) -> dict[str, float | None]:
    """A figure with its interval; all None where it was not measured."""
    none = {"mean": None, "low": None, "high": None}
    return {**none, **run["metrics"].get(metric, {})}


def _behind(significance: Json, candidates: str, metric: str, best: str) -> dict[str, Any]:
    """Each other model against the best one: how far it is behind, and how clearly."""
    out: dict[str, dict[str, Any]] = {}
    tests = [t for t in _tests(significance.get(candidates, ())) if t["metric"] == metric]
    for test in tests:
        if best not in (test["ours"], test["theirs"]):
            continue
        other = test["theirs"] if test["ours"] == best else test["ours"]
        gap = test["gap"]
        if test["theirs"] == best:
            gap = {"mean": -gap["mean"], "low": -gap["high"], "high": -gap["low"]}
        p = test["bootstrap_holm"]
        out[other] = {**gap, "p": p, "wilcoxon": test["wilcoxon_holm"], "sure": p < CLEAR}
        out[other]["family"] = len(tests)
    return out


def _tests(value: Any) -> Iterator[Json]:
    """All tests in there, however they are filed."""
    if isinstance(value, Mapping) and "ours" in value:
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _tests(each)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for each in value:
            yield from _tests(each)


def _costs(costs: Json, table: Json | None) -> list[dict[str, Any]]:
    if table is None:
        return []
    return [{**row, **costs[row["label"]]} for row in table["rows"] if row["label"] in costs]


def _strata(strata: Json, order: Iterable[str], models: Json, metric: str) -> list[dict[str, Any]]:
    """Charts of groups: {by, groups: [{label, note, bars}]}."""
    charts: dict[str, dict[str, dict[str, Any]]] = {}
    for model in order:
        for each in strata.get(model, ()):
            # "new" against "known" is told by the other groups already.
            if metric not in each["metrics"] or "history" in each["by"]:
                continue
            groups = charts.setdefault(each["by"], {})
            note = f"{each['detail']} · {each['n_users']:,} people"
            few = " – too few to tell models apart" if each["n_users"] < FEWEST else ""
            group = groups.setdefault(
                each["name"], {"label": each["name"], "note": note + few, "bars": []}
            )
            group["bars"].append({"label": model, **each["metrics"][metric], **models[model]})
    return [{"by": by, "groups": list(groups.values())} for by, groups in charts.items()]


def _unmoved(found: Iterable[Json], order: list[str]) -> list[str]:
    """Models for which no damage changes anything."""
    moved = {e["model"] for e in found if any(c["low"] or c["high"] for c in e["change"].values())}
    return [m for m in order if m not in moved and any(e["model"] == m for e in found)]


def _knock_outs(found: Iterable[Json], order: list[str], metric: str) -> list[dict[str, Any]]:
    charts: dict[str, dict[str, dict[str, Any]]] = {}
    still = _unmoved(found, order)
    moved = [each for each in found if each["model"] not in still]
    for each in sorted(moved, key=lambda each: order.index(each["model"])):
        groups = charts.setdefault(each["candidates"], {})
        label = f"{each['modality']}, {each['way']}"
        group = groups.setdefault(label, {"label": label, "bars": []})
        look = {"label": each["model"], "tone": tone(each["modality"], len(groups))}
        group["bars"].append({**look, **each["change"][metric]})
    return [{"candidates": name, "groups": list(of.values())} for name, of in charts.items()]


def _alignment(found: Json, order: Iterable[str], models: Json) -> list[dict[str, Any]]:
    """Two charts, `near` and `mix`, with a group per modality."""
    charts: dict[str, dict[str, dict[str, Any]]] = {"near": {}, "mix": {}}
    for model in order:
        for modality, match in found.get(model, {"modalities": {}})["modalities"].items():
            for kind, groups in charts.items():
                group = groups.setdefault(modality, {"label": modality, "bars": []})
                group["bars"].append({"label": model, **match[kind], **models[model]})
    return [{"kind": kind, "groups": list(of.values())} for kind, of in charts.items() if of]


def _curves(curves: Json, models: Json) -> dict[str, list[dict[str, Any]]]:
    """Series of what was measured on valid, and of the loss, that of the first epoch being 1."""
    figures, losses = [], []
    for model, curve in curves.items():
        measured = [(n, v) for n, v in enumerate(curve["figures"], 1) if v is not None]
        if len(measured) > 1:
            best = max(measured, key=lambda point: point[1])[0]
            figures.append({"label": model, "points": measured, "best": best, **models[model]})
        first = next((loss for loss in curve["losses"] if loss), None)
        if first and len(curve["losses"]) > 1:
            points = [(n, v / first) for n, v in enumerate(curve["losses"], 1) if v is not None]
            losses.append({"label": model, "points": points, **models[model]})
    return {"figures": figures, "losses": losses}


def _accuracy(runs: Json) -> list[str]:
    """Names of all figures of accuracy."""
    return [name for name in _names(runs) if not _is_beyond(name)]


def _beyond(runs: Json, k: int) -> list[str]:
    """Names of the other figures of the longest lists."""
    return [name for name in _names(runs) if _is_beyond(name) and name.endswith(f"@{k}")]


def _is_beyond(name: str) -> bool:
    name = re.split("[@-]", name)[0]
    return name == "coverage" or name in registry.names("list-metrics")


def _names(runs: Json) -> list[str]:
    return list(dict.fromkeys(n for r in runs.values() for n in (*r["metrics"], *r["lists"])))


def _figures(runs: Json, order: list[str], columns: list[str]) -> dict[str, Any]:
    """A wide table: {columns, rows: [{label, cells: [{mean[, low, high]}]}]}."""
    rows = [
        {"label": model, "cells": [_cell(runs[model], column) for column in columns]}
        for model in order
    ]
    return {"columns": columns, "rows": rows}


def _cell(run: Json, name: str) -> Json:
    value: Json = run["metrics"].get(name, {"mean": run["lists"].get(name)})
    return value
