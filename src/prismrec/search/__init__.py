"""Search: words, a picture or a sound find the items of a shop, with readable reasons."""

from __future__ import annotations

from prismrec.search.reasons import Word
from prismrec.search.request import Request
from prismrec.search.searcher import ENCODERS, Hit, Reason, Searcher, search

__all__ = ["ENCODERS", "Hit", "Reason", "Request", "Searcher", "Word", "search"]
