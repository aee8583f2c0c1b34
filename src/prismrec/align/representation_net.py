"""Representation net: pictures, texts and sounds in one space, with one vector for the whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, normalize

from prismrec.align.contrast import Branches, begun, between_pairs, fit, found
from prismrec.align.infonce import FindEachOther
from prismrec.align.representation import Joint, Labels, Representation
from prismrec.data.features import Feature
from prismrec.errors import BadData
from prismrec.nn.balance import Turns, dropped, pace, successes
from prismrec.nn.losses import info_nce
from prismrec.nn.sampling import shuffled
from prismrec.train import Training, group
from prismrec.train.loop import Schedule
from prismrec.types import Ints

__all__ = ["RepresentationNet"]

START, SILENT = "ridge-map", 0.5  # of the maps; dimensions that are silent in a step


@dataclass(frozen=True)
class RepresentationNet:
    """A map for each modality into one space, any fusion of them, and two heads.

    The loss is the sum of a contrast and a classification. The contrast: each modality of an item
    finds the others in the batch, and the joint vector of some modalities finds that of all. The
    classification: the joint vector tells the item's classes, such as its genres, one by one; in
    training a modality is hidden at random, so that each learns to tell them alone.

    Source: A. Radford and others 2021, CLIP, arXiv 2103.00020, for the contrast; N. Neverova and
    others 2015, ModDrop, arXiv 1501.00102, for hiding; X. Peng and others 2022, OGM-GE, arXiv
    2203.15332, for slowing what is ahead. Departures: encoders stay as they are and maps start at a
    ridge regression, since a catalogue has thousands of pairs and not millions.

    Relations: `infonce` is its contrast alone; `joint-net` learns from the log instead.
    """

    fusion: str = "mean"  # of the modalities, with its fields in brackets
    temperature: float = 0.1  # of the contrast at the beginning; it is learnt
    classes: float = 1.0  # weight of the classification
    hidden: float = 0.3  # share of modalities that the joint vector does without in a step
    slowing: float = 0.0  # of modalities that are ahead in telling classes; 0 slows none
    learning_rate: float = 1e-4
    batch_size: int = 256
    epochs: int = 100  # at most
    patience: int = 8  # epochs without a better figure on held-out items

    def fit(
        self,
        items: Mapping[str, Feature],
        how: Training = Training(),
        *,
        labels: Labels | None = None,
    ) -> Representation:
        """Learn from the features of a catalogue; no log is needed.

        Args:
            items: vectors of two modalities or more. Guesses of absent ones teach nothing.
            how: options of the run; `how.valid` is not looked at.
            labels: what the classification is to tell; an item without any class teaches it none.

        Raises:
            BadData: for less than two modalities, or raw media instead of vectors.
        """
        for name, feature in items.items():
            if feature.layout != "vector":
                raise BadData(
                    f"{name} is {feature.layout}; representation-net reads vectors: choose an "
                    "encoder of vectors, or the model joint-net"
                )
        if labels is None or not self.classes:
            labels = Labels((), np.zeros((len(next(iter(items.values()), ())), 0), np.bool_))

        def measure(task: _Net, held: Ints) -> float:
            learnt = task.learnt()
            told = _told(learnt, items, labels=labels, rows=held)
            return found(learnt.maps, items, held) + told

        task = fit(
            lambda some: _Net(self, some, labels=labels),
            items,
            how=replace(how, valid=None),
            schedule=Schedule(self.learning_rate, self.epochs, self.patience),
            measure=measure,
        )
        return task.learnt()


class _Net(nn.Module):
    rows: Tensor
    labels: Tensor

    def __init__(
        self, model: RepresentationNet, items: Mapping[str, Feature], *, labels: Labels
    ) -> None:
        super().__init__()
        self.model, self.class_names = model, labels.names
        first = begun(items, START)
        self.branches = Branches(items, first)
        m, self.dim = len(items), next(iter(first.values())).dim
        self.joint = Joint(model.fusion, m, self.dim, len(labels.names))
        self.contrast = FindEachOther(model.temperature)
        self.turns, self.success = Turns(m), torch.full((m,), 0.5)
        rows = self.branches.present.any(dim=1).nonzero().squeeze(1)
        self.register_buffer("rows", rows, persistent=False)
        values = torch.from_numpy(labels.values.astype(np.float32))
        with torch.no_grad():
            seen = values[rows][values[rows].any(dim=1)]
            self.joint.bias.copy_(seen.mean(dim=0).nan_to_num(0.5).logit(eps=1e-3))
        self.register_buffer("labels", values, persistent=False)

    def batches(self, rng: np.random.Generator) -> Iterator[tuple[Tensor, ...]]:
        return shuffled(rng, self.rows.cpu().numpy(), self.model.batch_size)

    def forward(self, rows: Tensor) -> Tensor:
        x, present = self.branches(rows, SILENT)
        x = normalize(x, dim=2)
        whole, _ = self.joint(x, present)
        part, odds = self.joint(x, dropped(present, self.model.hidden, self.training))
        loss: Tensor = between_pairs(self.contrast, x, present)
        loss += info_nce(part, whole, temperature=self.contrast.temperature())
        if not self.class_names:
            return loss
        labels = self.labels.index_select(0, rows)
        if self.model.slowing:
            self.success = self._alone(x.detach(), present, labels)
        wrong = binary_cross_entropy_with_logits(odds, labels, reduction="none").sum(dim=1)
        known = labels.any(dim=1)
        told = (wrong * known).sum() / known.sum().clamp_min(1)
        loss += self.model.classes * told
        return loss

    def after_backward(self) -> None:
        if self.model.slowing and self.class_names:
            by = pace(group.mean(self.success), self.model.slowing)
            self.turns([*self.branches.maps], by)

    def _alone(self, x: Tensor, present: Tensor, labels: Tensor) -> Tensor:
        """(m,) how well each modality tells the classes when nothing else is present."""
        sides = []
        for k in range(x.shape[1]):
            only = torch.zeros_like(present)
            only[:, k] = present[:, k]
            with torch.no_grad():
                sides.append(self.joint(x, only)[1].softmax(dim=1))
        share = torch.stack([(side * labels).sum(dim=1) for side in sides], dim=1)
        share = share / labels.sum(dim=1, keepdim=True).clamp_min(1)
        return successes(share.logit(eps=1e-6), present & labels.any(dim=1, keepdim=True))

    def learnt(self) -> Representation:
        """What has been learnt so far."""
        joint = Joint(self.model.fusion, len(self.branches.maps), self.dim, len(self.class_names))
        joint.load_state_dict({k: v.cpu() for k, v in self.joint.state_dict().items()})
        maps = self.branches.projections()
        return Representation(maps, joint.eval(), self.model.fusion, self.class_names)


def _told(
    learnt: Representation, items: Mapping[str, Feature], *, labels: Labels, rows: Ints
) -> float:
    """Share of an item's classes among as many most probable ones, meaned over some items."""
    rows = rows[labels.values[rows].any(axis=1)]
    if not len(rows):
        return 0.0
    probable = learnt.classify({name: feature.take(rows) for name, feature in items.items()})
    truth = labels.values[rows]
    rank = (-probable).argsort(axis=1).argsort(axis=1)
    n = truth.sum(axis=1, keepdims=True)
    return float((((rank < n) & truth).sum(axis=1) / n[:, 0]).mean())
