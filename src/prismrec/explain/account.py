"""Account: a story as plain values and sentences, for JSON, a terminal and a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prismrec.explain.contrast import Contrast
from prismrec.explain.evidence import Evidence, Likeness
from prismrec.explain.shares import drivers
from prismrec.explain.story import HISTORY, Story

__all__ = ["account", "ordinal", "sentence"]

MEDIA = {"image": "picture", "text": "text", "audio": "sound"}
ALIKE = {"image": "Looks", "text": "Reads", "audio": "Sounds"}
QUARTER = 4  # an item beyond the nearest quarter of the catalogue is not called alike
BEHAVIOUR = "behaviour"
LEAST = 0.1  # of what a past item adds, from which its modality is put into words

Rows = tuple[tuple[int, str, float], ...]


def account(
    story: Story,
    ids: Sequence[str],
    titles: Sequence[str],
    *,
    evidence: Evidence | None = None,
    most: int = 10,
) -> dict[str, Any]:
    """The story with names instead of rows; JSON can hold it.

    Args:
        story: what is told.
        ids: identifier of each item.
        titles: title of each item.
        evidence: with which past items are compared; None leaves the comparison out.
        most: past items told of.
    """
    told = story.told
    against = None
    if story.against is not None:
        against = _against(story.against, ids, titles, most=most)
    return {
        **_named(told.item, ids, titles),
        "score": told.score,
        "place": story.place,
        "of": story.of,
        "exact": story.exact,
        "as_stranger": story.as_stranger,
        "drivers": drivers([told]) if told.by_modality else {},
        "by_modality": told.by_modality,
        "by_reason": told.by_reason,
        "posted": told.posted,
        "by_item": [
            {**_named(past, ids, titles), "modality": modality, "adds": amount}
            for past, modality, amount in told.by_item[:most]
        ],
        "past": [
            {**_named(past, ids, titles), **parts, **_seen(evidence, told.item, past, parts)}
            for past, parts in _by_past(told.by_item)[:most]
        ],
        "against": against,
    }


def _named(row: int, ids: Sequence[str], titles: Sequence[str]) -> dict[str, Any]:
    return {"row": row, "item": ids[row], "title": titles[row]}


def _by_past(cells: Rows) -> list[tuple[int, dict[str, Any]]]:
    """Each past item with what it adds through each modality; what adds most comes first."""
    parts: dict[int, dict[str, float]] = {}
    for past, modality, amount in cells:
        parts.setdefault(past, {})[modality] = amount
    made = [
        (past, {"adds": sum(amounts.values()), "by_modality": amounts})
        for past, amounts in parts.items()
    ]
    return sorted(made, key=lambda pair: -abs(float(str(pair[1]["adds"]))))


def _seen(evidence: Evidence | None, item: int, past: int, parts: dict[str, Any]) -> dict[str, Any]:
    """What both items have in common, in the modalities through which the past item counts."""
    amounts: dict[str, float] = parts["by_modality"]
    whole = sum(max(0.0, amount) for amount in amounts.values()) or 1.0
    because = ["Used by the same people."] if amounts.get(BEHAVIOUR, 0.0) >= LEAST * whole else []
    if evidence is None:
        return {"alike": [], "columns": {}, "because": because}
    counted = [name for name, amount in amounts.items() if amount >= LEAST * whole]
    names = [name for name in evidence.items if HISTORY in amounts or name in counted]
    alike = [evidence.between(item, past, name) for name in names]
    columns = evidence.columns(item, past)
    because = [*map(sentence, alike), *because]
    because += [f"Same {column}: {', '.join(values)}." for column, values in columns.items()]
    return {"alike": [_plain(each) for each in alike], "columns": columns, "because": because}


def _plain(alike: Likeness) -> dict[str, Any]:
    return {**vars(alike), "shared": dict(alike.shared or {})}


def sentence(alike: Likeness) -> str:
    """A comparison in words; a medium that is missing is said to be, and nothing is made up."""
    medium = MEDIA.get(alike.modality, alike.modality)
    if alike.missing:
        who = {"item": "The recommended item has", "past": "The past item has"}
        lacks = "Neither item has" if len(alike.missing) == 2 else who[alike.missing[0]]
        return f"{lacks} {'a' if len(alike.missing) == 2 else 'no'} {medium}."
    assert alike.place is not None
    verb = ALIKE.get(alike.modality)
    if alike.place * QUARTER > alike.of:
        said = f"The {medium}s are not much alike (place {alike.place} of {alike.of})"
    else:
        rank = "the most alike" if alike.place == 1 else f"{ordinal(alike.place)} most alike"
        said = f"{verb or 'Is'} alike{'' if verb else ' by ' + medium}: {rank} of {alike.of}"
    for kind, words in (alike.shared or {}).items():
        said += f"; {kind}: {', '.join(words)}"
    return f"{said}."


def ordinal(n: int) -> str:
    """1st, 2nd, 3rd."""
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def _against(
    found: Contrast, ids: Sequence[str], titles: Sequence[str], *, most: int
) -> dict[str, Any]:
    return {
        **_named(found.other, ids, titles),
        "difference": found.difference,
        "by_modality": found.by_modality,
        "past": [
            {**_named(past, ids, titles), **parts} for past, parts in _by_past(found.by_item)[:most]
        ],
    }
