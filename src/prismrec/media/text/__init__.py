"""Texts: bytes to a tidy string, cleaning steps, and the words of a text."""

from __future__ import annotations

from typing import Annotated, Protocol

from prismrec.media.text.decode import decode_text, is_blank

__all__ = ["TextStep", "TextSteps", "decode_text", "is_blank"]


class TextStep(Protocol):
    """A frozen dataclass that makes one string of another; equal texts, equal result.

    Its fields and its class attribute `version`, which is raised whenever the result changes, are
    part of the fingerprint of every encoder that uses it.
    """

    def __call__(self, text: str) -> str:
        """The string may become empty."""
        ...


TextSteps = Annotated[tuple[TextStep, ...], "text-steps"]  # the kind of the registry
