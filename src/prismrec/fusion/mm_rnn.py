"""MM-RNN: modalities read one after another by a recurrent cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from prismrec.errors import BadData
from prismrec.fusion import any_present, masked

__all__ = ["MmRnn"]


@dataclass(frozen=True)
class MmRnn:
    """A GRU or LSTM over the present modalities, in their order; an absent one is skipped.

    Strength: what is read late can correct what was read early. Weakness: the order matters, and
    nothing says which is right.

    Source: cells: Cho and others 2014 (arXiv 1406.1078); Hochreiter and Schmidhuber 1997.
    Departure: a skipped modality leaves the state as it was, so that a missing one is no event.

    Relations: `transformer` reads all at once.
    """

    cell: str = "gru"  # "gru" or "lstm"

    symmetric: ClassVar[bool] = False

    def build(self, n_modalities: int, dim: int) -> nn.Module:
        """One cell with d inputs and d outputs.

        Raises:
            BadData: for another cell.
        """
        if self.cell not in ("gru", "lstm"):
            raise BadData(f"mm-rnn: the cell is gru or lstm, not {self.cell!r}")
        return _MmRnn(dim, long=self.cell == "lstm")


class _MmRnn(nn.Module):
    def __init__(self, dim: int, *, long: bool) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(dim, dim) if long else nn.GRUCell(dim, dim)
        self.long = long

    def forward(self, x: Tensor, present: Tensor) -> Tensor:
        x = masked(x, present)
        state = memory = x.new_zeros(len(x), x.shape[2])
        for place in range(x.shape[1]):
            here = present[:, place : place + 1]  # (n, 1)
            if self.long:
                new_state, new_memory = self.cell(x[:, place], (state, memory))
                memory = here * new_memory + ~here * memory
            else:
                new_state = self.cell(x[:, place], state)
            state = here * new_state + ~here * state
        return state * any_present(present)
