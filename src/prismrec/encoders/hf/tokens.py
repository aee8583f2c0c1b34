"""Texts to batches of token numbers, short ones with short ones, so that little is padded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from prismrec.packages import require

__all__ = ["NO_LIMIT", "Batch", "batches", "token_numbers"]

TOKENS_AT_ONCE = 8_192  # of one batch, padding included
NO_LIMIT = 100_000  # a tokenizer that knows no limit says a number far above
UNKNOWN_LIMIT = 512  # tokens; time and memory grow with the square


class Batch(NamedTuple):
    """Texts of similar length. Shapes: n texts, t tokens of the longest."""

    rows: list[int]  # their places among all texts
    ids: Any  # (n, t) int64, padded on the right
    mask: Any  # (n, t) int64, 1 where there is a token


def token_numbers(tokenizer: Any, texts: Sequence[str], limit: int | None) -> list[list[int]]:
    """Token numbers of each text, at least one each, cut after `limit` or what the model is for.

    The tokenizer is no thread's own: call this under a lock.
    """
    if limit is None:
        known = tokenizer.model_max_length < NO_LIMIT
        limit = tokenizer.model_max_length if known else UNKNOWN_LIMIT
    found: list[list[int]] = tokenizer(list(texts), truncation=True, max_length=limit)["input_ids"]
    return [ids or [_padding(tokenizer)] for ids in found]


def batches(
    tokenizer: Any, ids: Sequence[list[int]], *, width: int | None = None
) -> Iterator[Batch]:
    """Pad on the right, to `width` tokens or to the longest of each batch.

    On the right also where a model reads the last token: a causal model never looks there, and
    positions count from the left, so padding changes nothing.
    """
    torch = require("torch", "hf")
    order = np.argsort([len(each) for each in ids], kind="stable")[::-1]
    place = 0
    while place < len(order):
        longest = width or len(ids[order[place]])
        rows = order[place : place + max(1, TOKENS_AT_ONCE // longest)].tolist()
        padded = np.full((len(rows), longest), _padding(tokenizer), np.int64)
        mask = np.zeros_like(padded)
        for line, row in enumerate(rows):
            padded[line, : len(ids[row])] = ids[row]
            mask[line, : len(ids[row])] = 1
        yield Batch(rows, torch.from_numpy(padded), torch.from_numpy(mask))
        place += len(rows)


def _padding(tokenizer: Any) -> int:
    for number in (tokenizer.pad_token_id, tokenizer.eos_token_id):
        if number is not None:
            return int(number)
    return 0
