"""What the tests of the engine share: small shops, and a ranker of every kind over them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.data.shop import Media, Shop
from prismrec.fitted import Fitted
from prismrec.models.content_knn import ContentKnn
from prismrec.models.item_knn import ItemKnn
from prismrec.models.popularity import Popularity
from prismrec.models.prism import Prism
from prismrec.models.random import Random
from prismrec.rankers import Towers
from prismrec.rankers.content_towers import ContentTowers, ItemNetwork, Layer, Reader
from prismrec.rankers.int8_towers import Int8Towers
from prismrec.rankers.newcomers import Newcomers
from prismrec.rankers.sequence import SequenceRanker
from prismrec.reduction import Projection
from prismrec.serve.catalogue import Catalogue
from prismrec.serve.live import Live
from prismrec.serve.now import Now
from prismrec.serve.people import People
from prismrec.serve.values import Ask, Person
from prismrec.serve.vectors_held import Vectors

KINDS = (
    "prism",
    "item-knn",
    "content-knn",
    "popularity",
    "random",
    "towers",
    "biased-towers",
    "content-towers",
    "int8-towers",
    "sequence",
)
SUMS = ("prism", "item-knn", "content-knn")
VECTORS = ("towers", "biased-towers", "content-towers", "int8-towers", "sequence")
DIM = 8


def ranker_of(kind: str, data: Dataset, seed: int = 0):
    """A ranker of that kind; those that training would make have vectors drawn at random."""
    plain = {
        "prism": Prism(),
        "item-knn": ItemKnn(),
        "content-knn": ContentKnn(neighbours=10),
        "popularity": Popularity(),
        "random": Random(),
    }
    if kind in plain:
        return plain[kind].fit(data)
    rng = np.random.default_rng(seed)

    def draw(*shape: int) -> np.ndarray:
        return (rng.normal(size=shape) / shape[-1] ** 0.5).astype(np.float32)

    users, items = draw(data.n_users, DIM), draw(data.n_items, DIM)
    newcomers = Newcomers.of(data.items)
    if kind == "sequence":
        weights = {
            "cell.weight_ih_l0": draw(3 * DIM, DIM),
            "cell.weight_hh_l0": draw(3 * DIM, DIM),
            "cell.bias_ih_l0": draw(3 * DIM),
            "cell.bias_hh_l0": draw(3 * DIM),
            "out.weight": draw(DIM, DIM),
            "out.bias": draw(DIM),
        }
        return SequenceRanker(items, draw(DIM), "gru", weights, 10, newcomers=newcomers)
    if kind == "content-towers":
        readers = {
            name: Reader(Projection(np.zeros(DIM, np.float32)), Layer(draw(DIM, DIM), draw(DIM)))
            for name in data.items
        }
        network = ItemNetwork(readers, (Layer(draw(DIM, DIM), draw(DIM)),))
        vectors, present = network(data.items, data.n_items)
        return ContentTowers(Towers(users, vectors, has_opinion=present), network)
    bias = draw(data.n_items) if kind == "biased-towers" else None
    towers = Towers(users, items, bias, newcomers=newcomers)
    return Int8Towers.of(towers) if kind == "int8-towers" else towers


def shop_of(data: Dataset, path: Path) -> Shop:
    """A shop whose items have the features as ready vectors, and texts to be read."""
    texts = tuple(f"sound of {name} 第{row}张" for row, name in enumerate(data.item_ids))
    titles = tuple(f"Item {name}" for name in data.item_ids)
    return Shop(
        path,
        data.interactions,
        data.user_ids,
        data.item_ids,
        {"text": Media("text", texts)},
        titles=titles,
    )


def fitted_of(kind: str, data: Dataset, seed: int = 0) -> Fitted:
    """A fitted model as `open_model` gives it."""
    train = Dataset(data.interactions, data.user_ids, data.item_ids)
    titles = tuple(f"Item {name}" for name in data.item_ids)
    return Fitted(ranker_of(kind, data, seed), train, titles, {}, {})


def now_of(kind: str, data: Dataset, path: Path) -> Now:
    """A server's memory over a data set."""
    shop = shop_of(data, path)
    catalogue = Catalogue.of(shop)
    people = People.of(shop, catalogue)
    vectors = Vectors(data.items)
    return Now(Live.of(fitted_of(kind, data), "v1", catalogue, vectors=vectors), catalogue, people)


def feature(*rows: list[float] | np.ndarray | None) -> Feature:
    """Vectors of new items; None for one that lacks the modality."""
    dim = next((len(row) for row in rows if row is not None), DIM)
    values = np.array([np.zeros(dim) if row is None else row for row in rows], np.float32)
    return Feature(values, np.array([row is not None for row in rows]))


def for_user(user: str, **more) -> Ask:
    """What one known user asks."""
    return replace(Ask((Person(user),)), **more)


def ids(answer) -> list[str]:
    """Identifiers of a list."""
    return [each.item for each in answer.items]


@pytest.fixture(scope="session")
def data(make_dataset) -> Dataset:
    """60 users, 40 items in 4 groups."""
    return make_dataset()


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Every kind of ranker."""
    return request.param


@pytest.fixture
def now(kind: str, data: Dataset, tmp_path: Path) -> Now:
    """A server's memory with a ranker of every kind."""
    return now_of(kind, data, tmp_path)


@pytest.fixture
def prism(data: Dataset, tmp_path: Path) -> Now:
    """A server's memory with a prism."""
    return now_of("prism", data, tmp_path)
