"""From trained modules to a network of arrays that reads new items without torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from prismrec.data.dataset import Dataset
from prismrec.nn.media import Media
from prismrec.nn.towers import TwoTowers, as_towers
from prismrec.rankers import Towers
from prismrec.rankers.content_towers import ContentTowers, ItemNetwork, Layer, Reader
from prismrec.types import Floats

__all__ = ["ReadsItems", "as_content_towers", "item_network"]


class ReadsItems(TwoTowers, Protocol):
    """A task whose towers place an item that nobody used by its media alone."""

    def network(self) -> ItemNetwork | None:
        """What places such items, as `item_network` gives it."""
        ...


def as_content_towers(
    task: ReadsItems, train: Dataset, *, about: Mapping[str, Any]
) -> Towers | ContentTowers:
    """The vectors of a trained task as a ranker, with its network where that can be kept.

    Args:
        task: on the CPU, in evaluation mode.
        train: what it was trained on.
        about: for the manifest: hyperparameters and how the training went.
    """
    towers, network = as_towers(task, train, about=about), task.network()
    if network is None:
        return towers
    return ContentTowers(replace(towers, newcomers=None), network)


def item_network(
    media: Media,
    fusion: Any,
    layers: Sequence[tuple[Tensor, Tensor, str]],
    *,
    unit: bool = False,
) -> ItemNetwork | None:
    """Media, a fusion and what comes after it as arrays, or None where that cannot be done.

    It can be done for fusions that are linear, see `fusion.Linear`, and where there are media.

    Args:
        media: trained.
        fusion: trained operator for these media.
        layers: weight (d_out, d_in), bias (d_out,) and activation of each layer after the fusion.
        unit: whether vectors have length 1 at the end.
    """
    if not len(media) or not hasattr(fusion, "linear"):
        return None
    with torch.no_grad():
        maps, bias, shares = fusion.linear()
        (weight, offset, activation), *rest = layers
        readers = {
            name: Reader(
                media.preparations[name],
                Layer(_array(of.weight.T @ maps[k]), _array(of.bias @ maps[k])),
                1.0 if shares is None else float(shares[k]),
            )
            for k, (name, of) in enumerate(zip(media.names, media.projections, strict=True))
        }
        # The bias of the fusion is added once, whatever is present: the next layer takes it in.
        layers = [(weight, offset + weight @ bias, activation), *rest]
        after = tuple(Layer(_array(w.T), _array(b), act) for w, b, act in layers)
    return ItemNetwork(readers, after, mean=shares is not None, unit=unit)


def _array(tensor: Tensor) -> Floats:
    return np.ascontiguousarray(tensor.detach().float().numpy())
