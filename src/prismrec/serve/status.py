"""Status: how a server is, in numbers, for an operator."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from prismrec.serve.values import Where
from prismrec.types import MODALITIES

if TYPE_CHECKING:
    from prismrec.serve.service import Service

__all__ = ["status"]

SHOWN = 20  # problems that are spelt out


def status(service: Service) -> dict[str, Any]:
    """Model, catalogue, people, coverage, queue and the quality of the data; JSON can hold it."""
    live, catalogue = service.stage.now.live, service.catalogue
    allowed = catalogue.allowed(Where())
    people = service.people.users()
    return {
        "version": live.version,
        "model": {
            "name": live.made.get("model", ""),
            "kind": getattr(live.ranker, "kind", type(live.ranker).__name__),
            "shop": live.made.get("shop", ""),
            "problem": service.model_problem,
            "new_items": int(live.fresh(allowed).sum()),
        },
        "versions": service.versions(),
        "items": len(allowed),
        "users": len(people),
        "events": int(service.people.used(len(catalogue)).sum()),
        "coverage": _coverage(service, allowed),
        "queue": {"waiting": sum(service.intake.waiting.values()), **service.intake.waiting},
        "database": {"kind": service.database.url.get_backend_name(), **service.readiness()},
        "search": service.finder.state,
        "quality": _quality(service),
        "started": int(service.started),
        "uptime": round(time.time() - service.started, 1),
    }


def _coverage(service: Service, rows: Any) -> dict[str, dict[str, float]]:
    """Of the items that may be returned, the share that has a medium, and that has its vector."""
    spaces = service.stage.now.live.vectors.spaces
    total = max(1, len(rows))
    found: dict[str, dict[str, float]] = {}
    media = service.catalogue.shop().item_media
    for name in dict.fromkeys((*MODALITIES, *spaces)):
        values = media[name].values if name in media else ()
        there = sum(values[row] is not None for row in rows.tolist()) if values else 0
        encoded = int(np.sum(spaces[name].has(rows))) if name in spaces else 0
        if there or encoded:
            found[name] = {"media": there / total, "encoded": encoded / total}
    return found


def _quality(service: Service) -> dict[str, Any]:
    """What was skipped while the shop was read, counted by kind, and the first of it in words."""
    problems = service.shop.problems
    kinds: Counter[str] = Counter()
    for problem in problems:
        kinds[problem.code] += problem.count
    return {"problems": dict(kinds.most_common()), "first": [str(p) for p in problems[:SHOWN]]}
