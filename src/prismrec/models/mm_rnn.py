"""MM-RNN: a recurrent network reads a history, item by item, each with all its media."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from prismrec.data.dataset import Dataset
from prismrec.errors import BadData
from prismrec.nn.sequences import NextItem, as_sequence_ranker
from prismrec.rankers.sequence import SequenceRanker
from prismrec.search_space import among, searched
from prismrec.train import Training
from prismrec.train.loop import Schedule, fit

__all__ = ["MmRnn"]

CELLS = {"gru": nn.GRU, "lstm": nn.LSTM}


@dataclass(frozen=True)
class MmRnn:
    """State = GRU or LSTM over the fused vectors of the latest items; score = map(state) . item.

    An item is the embedding of its id plus its fused media, the same as an input and as a
    candidate. Each place of a history is trained to name the next item.

    Sources: B. Hidasi and others 2016, GRU4Rec, arXiv 1511.06939, for the recurrence; B. Hidasi
    and others 2016, Parallel recurrent neural network architectures for feature-rich session-based
    recommendations, RecSys, for media. Departures: one network over fused vectors instead of one
    per modality; inputs and candidates share vectors; a softmax over all items (over a sample
    where there are more than 20,000) instead of ranking losses on the other items of a batch; a
    learnt start before the first item. User features are not looked at.

    Relations: `sasrec` sees all past items at once where this one carries a state along; the fusion
    `mm-rnn` runs over the modalities of one item instead of over time. `item-knn` and `ease` do not
    care in which order things were used.
    """

    cell: str = among("gru", ("gru", "lstm"))  # or lstm
    dim: int = among(64, (32, 64, 128))
    length: int = among(50, (20, 50, 100))  # items that are looked back at
    fusion: str = among("mean", "fusions")  # of the media of an item
    dropout: float = searched(0.2, 0.0, 0.7)  # of inputs and states while training
    learning_rate: float = searched(3e-3, 3e-4, 3e-2, log=True)
    batch_size: int = 4096  # places of histories in a step
    epochs: int = 200  # at most

    def fit(self, train: Dataset, how: Training = Training()) -> SequenceRanker:
        """Learn from a log in the order of its times, or of its rows where it has none.

        Raises:
            BadData: for a cell of another name.
        """
        if self.cell not in CELLS:
            raise BadData(f"mm-rnn: cell is gru or lstm, not {self.cell!r}")
        schedule = Schedule(self.learning_rate, self.epochs, patience=10)
        trained = fit(lambda log: NextItem(self, _Rnn(self), log), train, how, schedule=schedule)
        about = trained.about(self)
        return as_sequence_ranker(trained.task, self.cell, train, about=about)


class _Rnn(nn.Module):
    def __init__(self, model: MmRnn) -> None:
        super().__init__()
        self.cell = CELLS[model.cell](model.dim, model.dim, batch_first=True)
        self.out = nn.Linear(model.dim, model.dim)
        self.dropout = nn.Dropout(model.dropout)

    def forward(self, x: Tensor) -> Tensor:
        states: Tensor = self.out(self.dropout(self.cell(self.dropout(x))[0]))  # (b, t, d)
        return states
