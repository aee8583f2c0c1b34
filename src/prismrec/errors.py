"""Errors that a user can act on: each message names the place and the remedy in one line."""

from __future__ import annotations

__all__ = [
    "BadData",
    "BadMedia",
    "BadModel",
    "Leak",
    "MissingPackage",
    "PrismrecError",
    "TooLarge",
    "UnknownName",
]


class PrismrecError(Exception):
    """Anything that prismrec refuses, with the reason and the remedy in one line."""


class BadData(PrismrecError):
    """A table, a feature file or a shop folder that cannot be used as it is."""


class BadMedia(PrismrecError):
    """One medium that cannot be decoded; `index` is its place in the batch that was given.

    `code` names the finding that `prismrec check` makes of it, where the bytes alone do not tell.
    """

    def __init__(self, index: int, reason: str, code: str = "") -> None:
        super().__init__(f"medium {index}: {reason}")
        self.index = index
        self.reason = reason
        self.code = code


class BadModel(PrismrecError):
    """A saved model that is damaged, incomplete or written by a newer version."""


class Leak(PrismrecError):
    """An evaluation that would let the model see what it is asked to predict."""


class MissingPackage(PrismrecError):
    """An optional package is absent; the message ends with the command that installs it."""


class TooLarge(PrismrecError):
    """A computation that would not fit in memory; the message says what to use instead."""


class UnknownName(PrismrecError):
    """A name that no registry has; the message lists near ones."""
