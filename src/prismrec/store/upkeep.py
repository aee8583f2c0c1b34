"""What a store holds, what of it some shops still use, and dropping the rest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from prismrec.data.shop import Shop
from prismrec.errors import BadMedia
from prismrec.media.load import loader
from prismrec.store import Store

__all__ = ["Holding", "contents_of", "holdings", "prune", "unused"]


@dataclass(frozen=True)
class Holding:
    """The vectors of one encoder in a store."""

    encoder: str  # fingerprint
    modalities: tuple[str, ...]  # of the contents in use; empty where none is
    vectors: int
    dims: tuple[int, ...]  # lengths that occur
    bytes: int  # of the numbers alone
    used: int  # vectors of contents that the shops have now


def contents_of(shops: Iterable[Shop]) -> dict[str, set[str]]:
    """Modalities of every content that shops have now, by its SHA-256."""
    found: dict[str, set[str]] = {}
    for shop in shops:
        for modality in dict.fromkeys([*shop.item_media, *shop.user_media]):
            for digest in _digests(shop, modality):
                found.setdefault(digest, set()).add(modality)
    return found


def holdings(store: Store, contents: dict[str, set[str]]) -> list[Holding]:
    """What each encoder has in a store, in order of their names."""
    sizes: dict[str, list[tuple[str, int]]] = {}
    for key, dim in store.sizes():
        encoder, _, digest = key.rpartition("/")
        sizes.setdefault(encoder, []).append((digest, dim))
    out = []
    for encoder, each in sorted(sizes.items()):
        used = [digest for digest, _ in each if digest in contents]
        out.append(
            Holding(
                encoder,
                tuple(sorted({name for digest in used for name in contents[digest]})),
                len(each),
                tuple(sorted({dim for _, dim in each})),
                4 * sum(dim for _, dim in each),
                len(used),
            )
        )
    return out


def unused(store: Store, contents: Collection[str], encoders: Sequence[str] = ()) -> list[str]:
    """Keys of vectors of contents that no shop has, or of other encoders than those named.

    `encoders` are fingerprints or their beginnings; all are kept where none is named.
    """

    def stays(key: str) -> bool:
        encoder, _, digest = key.rpartition("/")
        wanted = not encoders or any(encoder.startswith(name) for name in encoders)
        return wanted and digest in contents

    return [key for key, _ in store.sizes() if not stays(key)]


def prune(store: Store, keys: Iterable[str]) -> None:
    """Drop vectors and give back their room."""
    store.drop_many(keys)
    store.compact()


def _digests(shop: Shop, modality: str) -> set[str]:
    load = loader(shop, modality)

    def digest(value: str) -> str:
        try:
            return hashlib.sha256(load(value)).hexdigest()
        except BadMedia:
            return ""

    sides = (shop.item_media, shop.user_media)
    values = {value for side in sides if modality in side for value in side[modality].values}
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        return {*pool.map(digest, values - {None})} - {""}
