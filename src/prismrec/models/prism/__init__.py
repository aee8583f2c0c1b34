"""Prism, the flagship: relations between items, weighed by what people chose."""

from __future__ import annotations

from prismrec.models.prism.model import Prism

__all__ = ["Prism"]
