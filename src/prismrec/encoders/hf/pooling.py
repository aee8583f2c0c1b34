"""Hidden states to one vector each. Shapes: n media, t tokens, d dimensions."""

from __future__ import annotations

from typing import Any

from prismrec.errors import BadData
from prismrec.packages import require

__all__ = ["POOLINGS", "pool"]

POOLINGS = ("cls", "mean", "max", "last")


def pool(hidden: Any, mask: Any, how: str) -> Any:
    """(n, t, d) and (n, t), 1 where there is a token, to (n, d) in float32.

    Tokens are padded on the right: the first one is at 0, the last one where the mask ends.

    Raises:
        BadData: for another way than those of `POOLINGS`.
    """
    torch = require("torch", "hf")
    hidden = hidden.float()
    if how == "cls":
        return hidden[:, 0]
    if how == "mean":
        weights = mask[..., None].float()  # (n, t, 1)
        return (hidden * weights).sum(1) / weights.sum(1)
    if how == "max":
        return hidden.masked_fill(mask[..., None] == 0, -torch.inf).amax(1)
    if how == "last":
        rows = torch.arange(len(hidden), device=hidden.device)
        return hidden[rows, mask.sum(1) - 1]
    raise BadData(f"pooling {how!r} is none of {', '.join(POOLINGS)}")
