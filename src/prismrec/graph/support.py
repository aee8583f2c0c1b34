"""How much each item is used, lately or ever."""

from __future__ import annotations

import numpy as np

from prismrec.data.interactions import Interactions
from prismrec.types import Floats

__all__ = ["popularity", "support"]

DAY = 86_400


def support(log: Interactions, n_items: int, *, half_life: float | None = None) -> Floats:
    """(n_items,) number of distinct users of each item.

    Args:
        log: what happened.
        n_items: size of the catalogue.
        half_life: days after which a use counts half, the newest event of the log being now. A
            user counts by their latest use. None, or a log without times: uses never fade.
    """
    pair = log.users * n_items + log.items
    if half_life is None or log.time is None or not len(log):
        return np.bincount(np.unique(pair) % n_items, minlength=n_items).astype(np.float32)
    newest_first = log.in_time_order()[::-1]
    pair, latest = np.unique(pair[newest_first], return_index=True)
    age = (log.time.max() - log.time[newest_first][latest]) / (half_life * DAY)
    return np.bincount(pair % n_items, np.exp2(-age), minlength=n_items).astype(np.float32)


def popularity(counts: Floats) -> Floats:
    """(n_items,) counts as shares of the largest one, 0 to 1; all 0 where nothing is used."""
    return np.asarray(counts / max(1.0, float(counts.max(initial=0))), np.float32)
