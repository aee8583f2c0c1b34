"""The result of `modalities` as one HTML page with heat maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prismrec.evaluation.agreement import Pair
from prismrec.evaluation.intervals import Interval
from prismrec.evaluation.modalities import BEHAVIOUR, Modalities
from prismrec.pages import environment, tone

__all__ = ["to_html"]


def to_html(found: Modalities, words: Sequence[str], *, shop: str, measured: str) -> str:
    """A page that needs nothing else.

    Args:
        found: the result.
        words: it in sentences, see `in_words`.
        shop: its name.
        measured: which split, on which part.
    """
    names = [*found.coverage, BEHAVIOUR]
    return (
        environment("prismrec.evaluation")
        .get_template("modalities.html")
        .render(
            shop=shop,
            measured=measured,
            words=words,
            found=found,
            names=names,
            overlap=_matrix(found.items, names, {p: p.overlap.mean for p in found.items}),
            cka=_matrix(found.items, names, {p: p.cka for p in found.items}),
            cca=_matrix(found.items, names, {p: p.cca for p in found.items}),
            chance=max((pair.chance for pair in found.items), default=0.0),
            foretold=_foretold(found),
            alone=[_bar(name, each.alone) for name, each in found.worth.items()],
            adds=[_bar(n, each.adds) for n, each in found.worth.items() if each.adds],
            voices=_voices(found),
        )
    )


def _matrix(
    pairs: Sequence[Pair], names: Sequence[str], values: Mapping[Pair, float]
) -> list[list[float | None]]:
    """Rows of a heat map; the diagonal, which says nothing, is empty."""
    known = {frozenset((pair.one, pair.other)): values[pair] for pair in pairs}
    return [[known.get(frozenset((one, other))) for other in names] for one in names]


def _bar(label: str, value: Interval) -> dict[str, Any]:
    return {"label": label, **value._asdict(), "tone": tone(label)}


def _foretold(found: Modalities) -> list[dict[str, Any]]:
    if found.explained is None:
        return []
    alone = [_bar(name, value) for name, value in found.explained.alone.items()]
    unique = [_bar(name, value) for name, value in found.explained.unique.items()]
    return [
        {
            "label": "by each alone",
            "bars": [*alone, _bar("all together", found.explained.together)],
        },
        {"label": "what no other has", "bars": unique},
    ]


def _voices(found: Modalities) -> list[tuple[str, list[dict[str, Any]]]]:
    """Groups of one kind together, in their order."""
    out: dict[str, list[dict[str, Any]]] = {}
    for voice in found.voices:
        figures = [voice.figures[name].mean for name in found.coverage]
        row = {"voice": voice, "figures": figures, "best": voice.best if voice.clear else ""}
        out.setdefault(voice.by, []).append(row)
    return [*out.items()]
