"""A shop folder: interactions, and optionally items, users, features and shop.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from prismrec.data.features import Feature
from prismrec.data.interactions import EVENT_WEIGHTS
from prismrec.data.shop import Media, Problem, Shop
from prismrec.data.sources.catalogue import Catalogue, read_catalogue
from prismrec.data.sources.log import read_log
from prismrec.data.sources.ready import as_feature, load_vectors
from prismrec.data.sources.settings import ShopFile, read_settings
from prismrec.data.sources.table import find, read_table
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadData
from prismrec.types import Floats

__all__ = ["read"]

USER = "user-"  # features/user-NAME.npy describes users


def read(path: Path, *, events: Mapping[str, float] | None, weight: str | None) -> Shop:
    """Read a shop folder.

    Rows of items are those of the items table; without one, the identifiers in order, or the
    numbers 0 to n - 1 where there are ready features of n rows. Users likewise; users that only
    the log knows come after those of the users table.

    Raises:
        BadData: where the folder cannot be used; the message names file, row and remedy.
    """
    settings = read_settings(path)
    paths = {file.stem: file for file in sorted((path / "features").glob("*.npy"))}
    item_paths = {name: file for name, file in paths.items() if not name.startswith(USER)}
    user_paths = {name.removeprefix(USER): paths[name] for name in paths if name.startswith(USER)}
    item_vectors, user_vectors = load_vectors(item_paths), load_vectors(user_paths)
    items = _catalogue(path, "item", settings, item_vectors)
    users = _catalogue(path, "user", settings, user_vectors)
    file = find(path, "interactions")
    if file is None:
        raise BadData(
            f"{path} has no interactions.csv, .csv.gz or .parquet; write one with the columns "
            "user and item"
        )
    log = read_log(
        read_table(file),
        settings.log if weight is None else settings.log.model_copy(update={"weight": weight}),
        users=None if users is None else users.ids,
        items=None if items is None else items.ids,
        events=_event_weights(settings.events, events or {}),
    )
    items = items or Catalogue(log.items, titles=log.items.ids)
    users = users or Catalogue(log.users)
    item_features, item_problems = _features(item_vectors, item_paths, items, len(log.items))
    user_features, user_problems = _features(user_vectors, user_paths, users, len(log.users))
    return Shop(
        path,
        log.interactions,
        log.users,
        log.items,
        items.media,
        {name: _padded(media, len(log.users)) for name, media in users.media.items()},
        item_features,
        user_features,
        items.titles,
        (*items.problems, *users.problems, *log.problems, *item_problems, *user_problems),
        settings.limits.limits(),
    )


def _catalogue(
    folder: Path, side: str, settings: ShopFile, vectors: dict[str, Floats]
) -> Catalogue | None:
    """The items or users known before the log is read, None where the log alone knows them."""
    file = find(folder, f"{side}s")
    n = next((len(matrix) for matrix in vectors.values()), None)
    if file is not None:
        columns = settings.items if side == "item" else settings.users
        found = read_catalogue(read_table(file), side, columns, limits=settings.limits.limits())
        if n is not None and n != found.n_rows:
            raise BadData(
                f"ready features of {side}s have {n} rows but {file.name} has {found.n_rows}; "
                f"row k of the features must be row k of {file.name}"
            )
        return found
    if n is None:
        return None
    ids = tuple(pl.int_range(n, eager=True).cast(pl.String).to_list())
    return Catalogue(Vocabulary(ids), titles=ids, rows=np.arange(n), n_rows=n)


def _event_weights(*tables: Mapping[str, float]) -> dict[str, float]:
    weights = dict(EVENT_WEIGHTS)
    for table in tables:
        weights |= {name.strip().lower(): float(weight) for name, weight in table.items()}
    bad = [name for name, weight in weights.items() if not 0 <= weight < float("inf")]
    if bad:
        raise BadData(f"the weight of event {bad[0]!r} must be a number from 0; correct it")
    return weights


def _features(
    vectors: dict[str, Floats], paths: dict[str, Path], catalogue: Catalogue, n: int
) -> tuple[dict[str, Feature], list[Problem]]:
    features: dict[str, Feature] = {}
    problems: list[Problem] = []
    rows = np.arange(0) if catalogue.rows is None else catalogue.rows
    for name, matrix in vectors.items():
        features[name], found = as_feature(matrix, paths[name], rows=rows, n=n)
        problems += found
    return features, problems


def _padded(media: Media, n: int) -> Media:
    return replace(media, values=(*media.values, *[None] * (n - len(media))))
