"""The next item: models of sequences beside models without order, and events per second.

    python benchmarks/sequences.py accuracy SHOP [--split leave-one-out] [--seeds 3] [--store FILE]
    python benchmarks/sequences.py speed SHOP

accuracy: each model is fitted on train, stops by its figure on valid and is asked with train and
valid as the history, so that the item to be found is the next one, as in the paper of SASRec. The
whole catalogue is ranked without what the history holds. Seeds are of the models; the splits have
no chance in them. Figures with one target among 100 sampled negatives are not comparable.

speed: five steps of the same mathematics by a plain torch implementation: batches at random, padded
to the full length, torch's own layers, all scores at once. CPU time of one thread; best of two.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

import prismrec as pr
from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.evaluation.protocol import evaluate
from prismrec.evaluation.result import Evaluation, difference, pool
from prismrec.models.mm_rnn import MmRnn, _Rnn
from prismrec.models.sasrec import SasRec, _SasRec
from prismrec.nn.sequences import NextItem, windows
from prismrec.rankers.sequence import padded
from prismrec.train import Training

PLAIN = ("popularity", "item-knn", "ease", "prism")  # know no order
ORDERED = ("mm-rnn:cell=gru", "mm-rnn:cell=lstm", "sasrec")
ROWS = 80  # histories in a batch of the plain implementation: as many places as ours has
STEPS, REPEATS = 5, 2  # of which the best counts
METRICS = ("recall@10", "ndcg@10", "recall@20", "ndcg@20")


def accuracy(data: Dataset, split: str, seeds: int) -> None:
    train, valid, test = pr.split(data, by=split)
    both = train.with_interactions(train.interactions.concatenated(valid.interactions))
    specs = [*((spec, True) for spec in PLAIN), *((s, m) for s in ORDERED for m in (True, False))]
    runs: dict[tuple[str, bool], Evaluation] = {}
    print(f"{split}: {len(np.unique(test.interactions.users))} users, {data.n_items} items\n")
    print(f"| model | {' | '.join(METRICS)} | recall@20 less prism's | epochs | seconds |")
    print("|---" * (len(METRICS) + 4) + "|")
    for spec, media in specs:
        log = train if media else replace(train, items={})
        found, epochs, start = [], [], time.perf_counter()
        for seed in range(seeds):
            ranker = registry.build("models", spec).fit(log, Training(seed=seed, valid=valid))
            epochs.append(ranker.about.get("epochs", "") if spec in ORDERED else "")
            found.append(evaluate(ranker, test, seen=both, k=(10, 20), metrics=("recall", "ndcg")))
        seconds = (time.perf_counter() - start) / seeds
        run = runs[spec, media] = pool(found)
        cells = [str(run.metrics[name]) for name in METRICS]
        gap = difference(run, runs["prism", True])["recall@20"] if ("prism", True) in runs else ""
        name = spec if media else f"{spec}, ids alone"
        print(
            "|",
            " | ".join([name, *cells, str(gap), f"{epochs}", f"{seconds:.0f}"]),
            "|",
            flush=True,
        )


class Plain(nn.Module):
    """The same network as a textbook has it."""

    def __init__(self, model: MmRnn | SasRec, n_items: int) -> None:
        super().__init__()
        d, self.length = model.dim, model.length + 1
        self.items = nn.Embedding(n_items + 1, d, padding_idx=n_items)
        self.start = nn.Parameter(torch.randn(d))
        self.dropout = nn.Dropout(model.dropout)
        if isinstance(model, SasRec):
            self.positions = nn.Embedding(self.length, d)
            layer = nn.TransformerEncoderLayer(
                d, model.heads, d, model.dropout, batch_first=True, norm_first=True
            )
            self.body = nn.TransformerEncoder(
                layer, model.layers, nn.LayerNorm(d), enable_nested_tensor=False
            )
        else:
            self.rnn = {"gru": nn.GRU, "lstm": nn.LSTM}[model.cell](d, d, batch_first=True)
            self.out = nn.Linear(d, d)

    def forward(self, items: Tensor) -> Tensor:
        x = torch.cat([self.start.expand(len(items), 1, -1), self.items(items[:, :-1])], dim=1)
        if hasattr(self, "rnn"):
            states = self.out(self.dropout(self.rnn(self.dropout(x))[0]))
        else:
            mask = nn.Transformer.generate_square_subsequent_mask(self.length)
            places = self.positions(torch.arange(self.length))
            states = self.body(self.dropout(x + places), mask=mask, is_causal=True)
        n_items = len(self.items.weight) - 1
        scores = states @ self.items.weight[:n_items].T
        return cross_entropy(scores.flatten(0, 1), items.flatten(), ignore_index=n_items)

    def batches(self, task: NextItem, rng: np.random.Generator) -> list[tuple[Tensor, ...]]:
        pieces = windows(task.history, self.length, rng)
        pieces = pieces.take(rng.permutation(len(pieces)))
        rows = padded(pieces)
        items = np.full((len(rows), self.length), len(self.items.weight) - 1)
        items[:, : rows.shape[1]] = np.where(rows < 0, items[:, : rows.shape[1]], rows)
        return [(batch,) for batch in torch.from_numpy(items).split(ROWS)]


def rate(module: nn.Module, batches: list[tuple[Tensor, ...]], n_items: int) -> float:
    """Events per second of CPU time; padding does not count."""
    optimizer, best = torch.optim.Adam(module.parameters(), fused=True), 0.0
    for _ in range(REPEATS):
        start, events = time.process_time(), 0
        for batch in batches:
            optimizer.zero_grad()
            module(*batch).backward()
            optimizer.step()
            events += int(((batch[0] >= 0) & (batch[0] < n_items)).sum())
        best = max(best, events / (time.process_time() - start))
    return best


def speed(data: Dataset) -> None:
    torch.set_num_threads(1)
    log, n = replace(data, items={}), len(data.interactions)
    print(f"{n} events, {data.n_items} items, {n / data.n_users:.1f} events a user\n")
    print("| model | events per second | plain torch | ratio |\n|---|---|---|---|")
    cases = ((MmRnn(), _Rnn), (MmRnn(cell="lstm"), _Rnn), (SasRec(), _SasRec))
    for model, encoder in cases:
        task, plain = NextItem(model, encoder(model), log), Plain(model, data.n_items)
        ours, theirs = (
            rate(module, chosen[:STEPS], data.n_items)
            for module, chosen in (
                (task, list(task.batches(np.random.default_rng(0)))),
                (plain, plain.batches(task, np.random.default_rng(0))),
            )
        )
        name = getattr(model, "cell", "sasrec")
        print(f"| {name} | {ours:,.0f} | {theirs:,.0f} | {ours / theirs:.1f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("part", choices=("accuracy", "speed"))
    parser.add_argument("shop")
    parser.add_argument("--split", default="leave-one-out")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--store", help="file that keeps the vectors of the media")
    given = parser.parse_args()
    shop = pr.read(given.shop)
    if given.part == "speed":
        speed(shop.dataset())
    else:
        accuracy(pr.encode(shop, store=given.store), given.split, given.seeds)


if __name__ == "__main__":
    main()
