"""Representation: what representation-net has learnt, for items known and new."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.functional import normalize

from prismrec import registry
from prismrec.data.features import Feature
from prismrec.errors import BadData, BadModel
from prismrec.reduction import Projection
from prismrec.types import Bools, Floats

__all__ = ["Joint", "Labels", "Representation"]


@dataclass(frozen=True, eq=False)
class Labels:
    """Classes of items, any number for each."""

    names: tuple[str, ...]  # c of them
    values: Bools  # (n, c)

    @classmethod
    def of_words(cls, texts: list[str | None], *, fewest: int = 10) -> Labels:
        """Every word of a column of words, such as genres, that `fewest` items have or more."""
        words = [set((text or "").split()) for text in texts]
        every = sorted({word for row in words for word in row})
        table = np.array([[word in row for word in every] for row in words], np.bool_)
        table = table.reshape(len(texts), len(every))
        kept = np.flatnonzero(table.sum(axis=0) >= fewest)
        return cls(tuple(every[k] for k in kept), table[:, kept])


class Joint(nn.Module):
    """Modalities in one space -> one vector, and classes."""

    def __init__(self, fusion: str, n_modalities: int, dim: int, n_classes: int) -> None:
        super().__init__()
        (operator,) = registry.build_steps("fusions", fusion)
        self.fusion = operator.build(n_modalities, dim)
        self.weight = nn.Parameter(torch.zeros(n_classes, dim))
        self.bias = nn.Parameter(torch.zeros(n_classes))

    def forward(self, x: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """Joint vectors (n, dim) of length 1, and logarithmic odds of the classes (n, c).

        Args:
            x: (n, m, dim) of length 1.
            present: (n, m) bool.
        """
        joint = normalize(self.fusion(x, present), dim=1)
        # Entries of a vector of length 1 are small: without the factor classes come late.
        return joint, joint @ self.weight.T * x.shape[2] + self.bias


@dataclass(frozen=True, eq=False)
class Representation:
    """Modalities in one space, their joint vector, and the classes it speaks for.

    Items may lack modalities, also such that no item lacked before; all that matters is that the
    encoders are the same.
    """

    maps: Mapping[str, Projection]  # of each modality into the space
    joint: Joint
    fusion: str  # name with fields
    classes: tuple[str, ...] = ()

    def apart(self, items: Mapping[str, Feature]) -> dict[str, Feature]:
        """Each modality in the shared space, of length 1: they compare by dot product.

        Raises:
            BadData: where no modality is known, or vectors are of another length.
        """
        known = [name for name in self.maps if name in items]
        if not known:
            raise BadData(f"this was learnt from {', '.join(self.maps)}; give one of them")
        return {name: self.maps[name].apply(items[name]) for name in known}

    def encode(self, items: Mapping[str, Feature]) -> Feature:
        """One vector of length 1 for each item that has any modality; see `apart`."""
        joint, _, present = self._joined(items)
        return Feature.of(joint, present, f"representation-net/{self.fingerprint}")

    def classify(self, items: Mapping[str, Feature]) -> Floats:
        """(n, c) probability of each class; that of an item without media says nothing of it."""
        odds = self._joined(items)[1]
        return np.asarray(1 / (1 + np.exp(-odds)), np.float32)

    @property
    def fingerprint(self) -> str:
        """Stands for all that was learnt."""
        hasher = hashlib.sha256(self.fusion.encode())
        for name, projection in self.maps.items():
            hasher.update(f"{name} {projection.fingerprint}".encode())
        for tensor in self.joint.state_dict().values():
            hasher.update(tensor.numpy().tobytes())
        return hasher.hexdigest()[:16]

    def _joined(self, items: Mapping[str, Feature]) -> tuple[Floats, Floats, Bools]:
        placed = self.apart(items)
        n = len(next(iter(placed.values())))
        absent = np.zeros((n, next(iter(self.maps.values())).dim), np.float32)
        x = [placed[name].values if name in placed else absent for name in self.maps]
        never = np.zeros(n, np.bool_)
        present = np.stack(
            [placed[name].present if name in placed else never for name in self.maps], axis=1
        )
        with torch.no_grad():
            joint, odds = self.joint(
                torch.from_numpy(np.stack(x, axis=1)), torch.from_numpy(present)
            )
        return joint.numpy(), odds.numpy(), np.asarray(present.any(axis=1))

    def save(self, path: str | Path) -> None:
        """Write one safetensors file."""
        tensors = {f"joint/{key}": value for key, value in self.joint.state_dict().items()}
        for name, projection in self.maps.items():
            tensors[f"centre/{name}"] = torch.from_numpy(projection.centre)
            if projection.matrix is not None:
                tensors[f"matrix/{name}"] = torch.from_numpy(projection.matrix)
        about: dict[str, Any] = {
            "modalities": list(self.maps),
            "fusion": self.fusion,
            "classes": self.classes,
            "dim": next(iter(self.maps.values())).dim,
        }
        contiguous = {key: value.contiguous() for key, value in tensors.items()}
        save_file(contiguous, path, metadata={"representation-net": json.dumps(about)})

    @classmethod
    def load(cls, path: str | Path) -> Representation:
        """What `save` wrote.

        Raises:
            BadModel: where the file is damaged or is another.
        """
        try:
            with safe_open(path, framework="pt") as file:
                about = json.loads((file.metadata() or {})["representation-net"])
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            names, classes = about["modalities"], tuple(about["classes"])
            maps = {name: _projection(tensors, name) for name in names}
            joint = Joint(about["fusion"], len(names), about["dim"], len(classes))
            state = {k.removeprefix("joint/"): v for k, v in tensors.items() if k[:6] == "joint/"}
            joint.load_state_dict(state)
        except (OSError, SafetensorError, KeyError, ValueError, RuntimeError) as error:
            raise BadModel(f"{path}: holds no representation ({error}); fit it again") from None
        return cls(maps, joint.eval(), about["fusion"], classes)


def _projection(tensors: Mapping[str, Tensor], name: str) -> Projection:
    matrix = tensors.get(f"matrix/{name}")
    return Projection(
        tensors[f"centre/{name}"].numpy(), None if matrix is None else matrix.numpy(), unit=True
    )
