"""Terms: what two texts are compared by when words are counted."""

from __future__ import annotations

from collections.abc import Iterable

from prismrec.media.text import PUNCTUATION, TokenStep
from prismrec.media.text.segment import segment

__all__ = ["terms"]


def terms(text: str, steps: Iterable[TokenStep] = ()) -> list[str]:
    """The words of a text in order, after `steps`, without marks and capitals.

    Raises:
        MissingPackage: where a package that its language or a step needs is not installed.
    """
    tokens = segment(text)
    for step in steps:
        tokens = step(tokens)
    return [token.text.casefold() for token in tokens if token.tag != PUNCTUATION]
