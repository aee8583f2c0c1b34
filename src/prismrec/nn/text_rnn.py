"""Text RNN: a recurrent network that learns to read from scratch."""

from __future__ import annotations

from torch import Tensor, nn

__all__ = ["TextRnn", "mean_over_words"]

CELLS = {"lstm": nn.LSTM, "gru": nn.GRU}


class TextRnn(nn.Module):
    """Word numbers to vectors: an LSTM or a GRU from left to right, the mean over its states.

    Each state has read all words before it; the mean does not forget the first ones, as the last
    state of a long text does.

    Sources: Hochreiter and Schmidhuber 1997 (Neural Computation 9); K. Cho and others 2014, arXiv
    1406.1078.

    Relations: `TextTransformer` reads all words at once, in both directions.
    """

    def __init__(self, vocabulary: int, dim: int, *, cell: str = "lstm") -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary + 1, dim, padding_idx=0)
        self.cell = CELLS[cell](dim, dim, batch_first=True)

    def forward(self, ids: Tensor) -> Tensor:
        """(n, length) numbers, 0 after the last word, to (n, dim); 0 for a text without words."""
        states, _ = self.cell(self.words(ids))  # (n, length, dim)
        return mean_over_words(states, ids)


def mean_over_words(states: Tensor, ids: Tensor) -> Tensor:
    """(n, dim) the mean of (n, length, dim) where ids (n, length) are not 0."""
    words = (ids > 0).unsqueeze(-1)
    return (states * words).sum(dim=1) / words.sum(dim=1).clamp_min(1)
