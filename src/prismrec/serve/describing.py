"""Describing: an item in plain values, for whoever looks at the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prismrec.serve.service import Service

__all__ = ["described"]


def described(service: Service, row: int) -> dict[str, Any]:
    """An item as the catalogue has it, how far it is encoded, and how often it was used."""
    item = service.catalogue.item(row)
    media = {name: name in item.media for name in ("image", "audio")}
    spaces = service.stage.now.live.vectors.spaces
    state = service.intake.of_row(row)
    return {
        "item": item.item,
        "title": item.title,
        "text": item.text,
        "columns": dict(item.columns),
        "media": {**media, "text": bool(item.text)},
        "in_stock": item.in_stock,
        "encoded": [name for name, s in spaces.items() if row < len(s) and s.present[row]],
        "pending": list(state.pending) if state else [],
        "problems": dict(state.problems) if state else {},
        "events": int(service.people.used(row + 1)[row]),
    }
