"""Towers that read the vector of a new item from its media by a small network of arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from prismrec import saving
from prismrec.data.features import Feature
from prismrec.errors import BadModel
from prismrec.rankers.growing import appended
from prismrec.rankers.item_weights import count_new
from prismrec.rankers.query import Query
from prismrec.rankers.towers import Towers
from prismrec.reduction.projection import Projection
from prismrec.types import Bools, Floats

__all__ = ["ACTIVATIONS", "ContentTowers", "ItemNetwork", "Layer", "Reader"]

ACTIVATIONS: dict[str, Callable[[Floats], Floats]] = {
    "": lambda x: x,
    "relu": lambda x: np.maximum(x, np.float32(0)),
}
SHORTEST = np.float32(1e-12)  # a length that is still divided by


@dataclass(frozen=True, eq=False)
class Layer:
    """`activation(x @ weight + bias)`.

    Raises:
        BadModel: where the shapes disagree or the activation is none of `ACTIVATIONS`.
    """

    weight: Floats  # (d_in, d_out)
    bias: Floats  # (d_out,)
    activation: str = ""  # a key of ACTIVATIONS

    def __post_init__(self) -> None:
        if self.weight.ndim != 2 or self.bias.shape != self.weight.shape[1:]:
            raise BadModel(f"a layer of weight {self.weight.shape} and bias {self.bias.shape}")
        if self.activation not in ACTIVATIONS:
            known = ", ".join(repr(name) for name in ACTIVATIONS)
            raise BadModel(f"activation {self.activation!r} is unknown; there is {known}")

    def __call__(self, x: Floats) -> Floats:
        """(n, d_in) to (n, d_out)."""
        return ACTIVATIONS[self.activation](x @ self.weight + self.bias)


@dataclass(frozen=True, eq=False)
class Reader:
    """How one modality enters the sum: what its encoder said, projected, then one layer."""

    projection: Projection
    layer: Layer
    share: float = 1.0  # of the modality, where the sum becomes a weighted mean


@dataclass(frozen=True, eq=False)
class ItemNetwork:
    """Media of items -> vectors: the sum over present modalities, sent through layers.

    x = sum of share_m layer_m(projection_m(f_m)), divided by the sum of the shares if `mean`; then
    the layers one after the other; then length 1 if `unit`.
    """

    readers: Mapping[str, Reader]  # by modality; all of one width
    layers: tuple[Layer, ...]
    mean: bool = False
    unit: bool = False

    @property
    def dim(self) -> int:
        """Width d of the vectors."""
        return len(self.layers[-1].bias)

    def __call__(self, items: Mapping[str, Feature], n: int) -> tuple[Floats, Bools]:
        """Vectors (n, d), zero where no modality is present, and where one is (n,).

        Args:
            items: modality -> features of n items; one left out is absent, others are ignored.
            n: number of items.

        Raises:
            BadData: for a modality of another dimension, of another encoder that is.
        """
        total: Floats = np.zeros((n, len(self.layers[0].weight)), np.float32)
        shares = np.zeros((n, 1), np.float32)
        for name, reader in self.readers.items():
            if name in items:
                present = items[name].present[:, None] * np.float32(reader.share)
                total += reader.layer(reader.projection(items[name].values)) * present
                shares += present
        x: Floats = (total / shares.clip(SHORTEST) if self.mean else total).astype(np.float32)
        for layer in self.layers:
            x = layer(x)
        if self.unit:
            x = x / np.linalg.norm(x, axis=1, keepdims=True).clip(SHORTEST)
        return np.asarray(x * (shares > 0), np.float32), shares[:, 0] > 0


@dataclass(frozen=True, eq=False)
class ContentTowers:
    """`Towers` whose new items stand exactly where the trained network puts them.

    Raises:
        BadModel: where the network's vectors are of another width than those of the items.
    """

    kind: ClassVar[str] = "content-towers"

    towers: Towers  # where they have a bias, it is the network's last dimension
    network: ItemNetwork

    def __post_init__(self) -> None:
        width = self.towers.items.shape[1] + (self.towers.bias is not None)
        if self.network.dim != width:
            raise BadModel(
                f"content towers need one width: the network gives {self.network.dim} dimensions, "
                f"the items with their bias have {width}"
            )

    @property
    def users(self) -> Floats:
        """(n_users, d)."""
        return self.towers.users

    @property
    def items(self) -> Floats:
        """(n_items, d)."""
        return self.towers.items

    @property
    def n_items(self) -> int:
        """Number of items that it scores."""
        return self.towers.n_items

    def vectors(self, query: Query) -> Floats:
        """(n, d) where each person stands; zero for a stranger without history."""
        return self.towers.vectors(query)

    def score(self, query: Query) -> Floats:
        """(n, n_items) float32, higher is better; NaN where it has no opinion."""
        return self.towers.score(query)

    def with_items(
        self, items: Mapping[str, Feature], *, ids: Sequence[str] | None = None
    ) -> ContentTowers:
        """This ranker with new items appended, as the trained network sees them.

        A new item without media scores NaN.

        Args:
            items: modality -> features of the new items only.
            ids: their identifiers, which say how many there are where no item has features.
        """
        old = self.towers
        known = np.ones(old.n_items, bool) if old.has_opinion is None else old.has_opinion
        vectors, present = self.network(items, count_new(items, ids))
        bias = old.bias
        if bias is not None:
            bias, vectors = np.concatenate([bias, vectors[:, -1]]), vectors[:, :-1]
        return replace(
            self,
            towers=replace(
                old,
                items=appended(old.items, vectors),
                bias=bias,
                has_opinion=np.concatenate([known, present]),
            ),
        )

    def save(self, path: str | Path) -> None:
        """Write a folder that `prismrec.load` reads."""
        saving.save(self, path)

    def to_arrays(self) -> tuple[dict[str, saving.Array], dict[str, Any]]:
        """What `from_arrays` needs to build an equal ranker."""
        arrays, meta = self.towers.to_arrays()
        readers = self.network.readers
        for row, reader in enumerate(readers.values()):
            arrays |= {f"readers.{row}.{name}": a for name, a in _arrays_of(reader).items()}
        for row, layer in enumerate(self.network.layers):
            arrays |= {f"layers.{row}.weight": layer.weight, f"layers.{row}.bias": layer.bias}
        network = {
            "readers": [
                {"modality": name, "unit": r.projection.unit, "share": r.share}
                | {"activation": r.layer.activation}
                for name, r in readers.items()
            ],
            "layers": [layer.activation for layer in self.network.layers],
            "mean": self.network.mean,
            "unit": self.network.unit,
        }
        return arrays, {**meta, "network": network}

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, saving.Array], meta: Mapping[str, Any]
    ) -> ContentTowers:
        """The ranker that `to_arrays` took apart."""
        said = meta["network"]
        readers = {
            given["modality"]: _reader(arrays, f"readers.{row}.", given)
            for row, given in enumerate(said["readers"])
        }
        layers = tuple(
            Layer(arrays[f"layers.{row}.weight"], arrays[f"layers.{row}.bias"], activation)
            for row, activation in enumerate(said["layers"])
        )
        network = ItemNetwork(readers, layers, mean=said["mean"], unit=said["unit"])
        return cls(Towers.from_arrays(arrays, meta), network)


def _arrays_of(reader: Reader) -> dict[str, saving.Array]:
    projection, layer = reader.projection, reader.layer
    arrays = {"centre": projection.centre, "weight": layer.weight, "bias": layer.bias}
    return arrays if projection.matrix is None else {**arrays, "matrix": projection.matrix}


def _reader(arrays: Mapping[str, saving.Array], place: str, given: Mapping[str, Any]) -> Reader:
    centre, matrix = arrays[f"{place}centre"], arrays.get(f"{place}matrix")
    layer = Layer(arrays[f"{place}weight"], arrays[f"{place}bias"], given["activation"])
    return Reader(Projection(centre, matrix, given["unit"]), layer, given["share"])
