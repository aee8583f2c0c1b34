"""Texts: bytes to a tidy string, cleaning steps, and the words of a text."""

from __future__ import annotations

from typing import Annotated, NamedTuple, Protocol

from prismrec.media.text.decode import decode_text, is_blank

__all__ = [
    "PUNCTUATION",
    "TextStep",
    "TextSteps",
    "Token",
    "TokenStep",
    "TokenSteps",
    "decode_text",
    "is_blank",
]

PUNCTUATION = "PUNCT"  # the one tag that every token has from the start


class Token(NamedTuple):
    """A word of a text, or a mark between words."""

    text: str
    tag: str = ""  # universal part of speech (NOUN, VERB, ...); "" where nobody has looked yet
    language: str = "und"  # ISO 639; "und" where it makes no difference (digits) or is unknown


class TextStep(Protocol):
    """A frozen dataclass that makes one string of another; equal texts, equal result.

    Its fields and its class attribute `version`, which is raised whenever the result changes, are
    part of the fingerprint of every encoder that uses it.
    """

    def __call__(self, text: str) -> str:
        """The string may become empty."""
        ...


class TokenStep(Protocol):
    """A frozen dataclass that changes, drops or adds tokens; equal tokens, equal result.

    Marks between words are tokens too, so that a step sees where a phrase ends. `version` is as
    in a `TextStep`.
    """

    def __call__(self, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
        """The tuple may become empty."""
        ...


TextSteps = Annotated[tuple[TextStep, ...], "text-steps"]  # the kind of the registry
TokenSteps = Annotated[tuple[TokenStep, ...], "token-steps"]  # likewise
