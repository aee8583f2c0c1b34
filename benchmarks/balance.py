"""Does a weak modality learn more where the strong one is held back?

    python benchmarks/balance.py ../shared/data/lastfm-audio [--epochs 15]

A content model, users x the mean of linear maps of the media, is trained on the log with the loss
over the items of the batch. Recall@20 on valid at the best epoch: of all modalities, of each alone,
and without each, for training as it is, with modality dropout, with gradient modulation (OGM), with
noise (OGM-GE), and with turns. Intervals are over three seeds: the highest and lowest.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import normalize

import prismrec as pr
from prismrec.encode import encode
from prismrec.holdout import hold_out
from prismrec.nn.balance import Turns, dropped, modulate, pace
from prismrec.nn.embeddings import embedding, rows
from prismrec.nn.losses import Temperature, in_batch, repeats
from prismrec.nn.media import Media
from prismrec.nn.sampling import Pairs
from prismrec.train import Training
from prismrec.train.loop import Schedule, run
from prismrec.train.ranking import Recall


@dataclass(frozen=True)
class Balance:
    name: str
    hidden: float = 0.0  # modality dropout
    strength: float = 0.0  # of slowing what is ahead
    how: str = ""  # modulate, noise or turns


BALANCES = (
    Balance("as it is"),
    Balance("dropout .3", hidden=0.3),
    Balance("dropout .5", hidden=0.5),
    Balance("OGM .5", strength=0.5, how="modulate"),
    Balance("OGM-GE .5", strength=0.5, how="noise"),
    Balance("turns .5", strength=0.5, how="turns"),
    Balance("turns 1", strength=1.0, how="turns"),
)


class Content(nn.Module):
    def __init__(self, train: pr.Dataset, balance: Balance) -> None:
        super().__init__()
        self.balance, self.pairs = balance, Pairs(train)
        self.users = embedding(train.n_users, 64)
        self.media = Media(train.items, train.n_items, 64)
        self.temperature, self.turns = Temperature(), Turns(len(self.media))
        support = train.item_support()
        share = np.log(np.maximum(support, 1) / support.sum()).astype(np.float32)
        self.register_buffer("log_share", torch.from_numpy(share), persistent=False)
        self.asked = torch.ones(len(self.media), dtype=torch.bool)  # which modalities may speak

    def batches(self, rng):
        return ((u, i) for u, i, _ in self.pairs.batches(rng, 1024))

    def fused(self, x, present):
        return normalize((x * present.unsqueeze(-1)).sum(dim=1), dim=1)

    def towers(self):
        x, present = self.media()
        return normalize(self.users, dim=1), self.fused(x, present & self.asked)

    def forward(self, users, used):
        user, (x, present) = normalize(rows(self.users, users), dim=1), self.media(used)
        if self.balance.strength:
            with torch.no_grad():
                self.by = pace(self.alone(user, x, present), self.balance.strength)
        return in_batch(
            user,
            self.fused(x, dropped(present, self.balance.hidden, self.training)),
            temperature=self.temperature(),
            log_share=rows(self.log_share, used),
            hits=repeats(users, used),
        )

    def alone(self, user, x, present):
        """(m,) mean probability of the used item in its batch when one modality speaks."""
        out = []
        for k in range(x.shape[1]):
            p = (user @ normalize(x[:, k], dim=1).T / self.temperature()).softmax(dim=1)
            own = p.diagonal()[present[:, k]]
            out.append(own.mean() if len(own) else p.new_tensor(1 / len(p)))
        return torch.stack(out)

    def after_backward(self):
        parts = [*self.media.projections]
        if self.balance.how == "turns":
            self.turns(parts, self.by)
        elif self.balance.how:
            modulate(parts, self.by, noise=self.balance.how == "noise")


def figures(task: Content, recall: Recall) -> list[float]:
    m = len(task.media)
    masks = [torch.ones(m, dtype=torch.bool)]
    masks += [torch.arange(m) == k for k in range(m)] + [torch.arange(m) != k for k in range(m)]
    out = []
    for mask in masks:
        task.asked = mask
        with torch.no_grad():
            out.append(recall(task))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shop", type=Path)
    parser.add_argument("--by", default="given")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=3)
    chosen = parser.parse_args()
    train, valid, _ = pr.split(encode(pr.read(chosen.shop)), by=chosen.by)
    names = train.modalities
    recall = Recall(hold_out(train, Training(valid=valid)))
    print("all, " + ", ".join([*names, *(f"no {name}" for name in names)]))
    for balance in BALANCES:
        found = []
        for seed in range(chosen.seeds):
            torch.manual_seed(seed)
            task = Content(train, balance)
            schedule = Schedule(learning_rate=3e-3, epochs=chosen.epochs, patience=5)
            task = run(task, Training(seed=seed), schedule=schedule, measure=recall).task
            found.append(figures(task, recall))
        low, high, middle = np.min(found, 0), np.max(found, 0), np.mean(found, 0)
        cells = [f"{m:.4f} [{a:.4f}, {b:.4f}]" for m, a, b in zip(middle, low, high, strict=True)]
        print(f"{balance.name:12}" + "  ".join(cells), flush=True)


if __name__ == "__main__":
    main()
