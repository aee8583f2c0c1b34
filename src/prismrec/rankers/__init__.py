"""What a fitted model is: a Query in, a score per item out.

`ItemWeights` is linear in the history, so strangers are served at once and every score is an
exact sum over parts and past items. `Towers` is a dot product of user and item vectors.
"""

from __future__ import annotations

from prismrec.rankers.item_weights import ItemWeights
from prismrec.rankers.mixture import Mixture
from prismrec.rankers.parts import Part
from prismrec.rankers.profile import Profile
from prismrec.rankers.query import Query, Ranker
from prismrec.rankers.shares import Shares
from prismrec.rankers.topk import TopK, top_k
from prismrec.rankers.towers import Towers

__all__ = [
    "ItemWeights",
    "Mixture",
    "Part",
    "Profile",
    "Query",
    "Ranker",
    "Shares",
    "TopK",
    "Towers",
    "top_k",
]
