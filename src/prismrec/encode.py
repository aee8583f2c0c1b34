"""encode: a shop's pictures, texts and sounds to vectors, each content once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.data.shop import Problem, Shop
from prismrec.encoders import Encoder
from prismrec.encoders.choice import encoder_of
from prismrec.encoders.joined import join, parts_of
from prismrec.encoders.pairs import pack
from prismrec.errors import BadData
from prismrec.media.load import Load, loader
from prismrec.media.text import is_blank
from prismrec.store import Store, opened
from prismrec.types import MODALITIES
from prismrec.vectors import Counts, Vectors, vectors_of

__all__ = ["DEFAULTS", "Encoded", "choose_encoders", "encode", "encode_media"]

DEFAULTS = {"image": "efficientnet-lite0", "text": "use-multilingual", "audio": "musicnn"}

Choice = str | Encoder | None
Progress = Callable[[str, int, int], None]  # modality, contents done, contents in all


@dataclass(frozen=True, eq=False)
class Encoded:
    """A data set with its vectors, and what happened on the way."""

    data: Dataset
    problems: tuple[Problem, ...] = ()  # media that were skipped
    counts: Mapping[str, Counts] = field(default_factory=dict)  # by modality, summed over parts
    parts: Mapping[str, Mapping[str, Counts]] = field(default_factory=dict)  # and by fingerprint


def encode(
    shop: Shop,
    *,
    image: Choice = "auto",
    text: Choice = "auto",
    audio: Choice = "auto",
    store: Store | str | None = None,
) -> Dataset:
    """The shop's log with a vector for every picture, text and sound of its items and users.

    Vectors are kept under what made them and the content they were made of, so a second call
    reads them, and a call that was killed goes on where it was. Media that are missing, blank or
    broken leave their rows absent; `encode_media` also lists them.

    Args:
        shop: what was read from disk.
        image: a name (`prismrec list encoders`) with its fields, or several with "+" between them,
            see `encoders.choice.encoder_of`; an encoder; None to leave pictures out; or "auto": the
            default encoder where there are pictures, unless there are ready vectors called "image".
        text: likewise.
        audio: likewise.
        store: where vectors are kept: a store, or the place of one such as "s3://bucket/vectors",
            see `prismrec.store.open_store`. By default the place that PRISMREC_STORE names, else a
            file in the shop's folder or, where that is read-only, in the cache folder.

    Raises:
        MissingPackage: where an encoder is not installed; the message has the command to run.
        UnknownName: where an encoder does not exist.
        BadData: where an encoder reads another modality, or the store cannot be used.
    """
    encoders = choose_encoders(shop, image=image, text=text, audio=audio)
    return encode_media(shop, encoders, store=store).data


def choose_encoders(
    shop: Shop, *, image: Choice = "auto", text: Choice = "auto", audio: Choice = "auto"
) -> dict[str, Encoder]:
    """The encoder of each modality that is to be encoded; see `encode`."""
    encoders: dict[str, Encoder] = {}
    for modality, choice in (("image", image), ("text", text), ("audio", audio)):
        if choice is None or (choice == "auto" and not _is_wanted(shop, modality)):
            continue
        spec = DEFAULTS[modality] if choice == "auto" else choice
        encoder = encoder_of(spec, modality) if isinstance(spec, str) else spec
        if encoder.modality != modality:
            raise BadData(f"{spec} is for {encoder.modality}; choose another one for {modality}")
        encoders[modality] = encoder
    return encoders


def encode_media(
    shop: Shop,
    encoders: Mapping[str, Encoder],
    *,
    store: Store | str | None = None,
    progress: Progress | None = None,
) -> Encoded:
    """Encode items and users with the same encoder for each modality; see `encode`.

    The parts of a joined encoder are encoded and kept one after another, each under its own
    fingerprint; a row is present where every part has a vector. `progress` is called after every
    batch with the modality, how many of its different contents are done, and how many there are;
    it starts again with each part.
    """
    if not encoders:
        return Encoded(shop.dataset())
    if store is None or isinstance(store, str):
        with opened(store, shop.path) as own:
            return encode_media(shop, encoders, store=own, progress=progress)
    items, users = dict(shop.item_features), dict(shop.user_features)
    problems: list[Problem] = []
    counts, parts = {}, {}
    for modality, encoder in encoders.items():
        load = loader(shop, modality)
        by_part = {
            part.fingerprint: _vectors(
                shop,
                part,
                load=load,
                store=store,
                progress=partial(progress, modality) if progress else _silent,
            )
            for part in parts_of(encoder)
        }
        found = _together([*by_part.values()])
        counts[modality] = found.counts
        parts[modality] = {name: part.counts for name, part in by_part.items()}
        problems += _problems(shop, modality, found)
        n_items = len(shop.item_media.get(modality, ()))
        for side, media, part in (
            (items, shop.item_media, slice(None, n_items)),
            (users, shop.user_media, slice(n_items, None)),
        ):
            if modality in media:
                side[modality] = Feature(
                    found.values[part],
                    found.present[part],
                    encoder.fingerprint,
                    layout=getattr(encoder, "layout", "vector"),
                )
    data = replace(shop.dataset(), items=_in_order(items), users=_in_order(users))
    return Encoded(data, tuple(problems), counts, parts)


def _is_wanted(shop: Shop, modality: str) -> bool:
    ready = modality in shop.item_features or modality in shop.user_features
    return not ready and any(value is not None for value in _values(shop, modality))


def _values(shop: Shop, modality: str, *, beside: str | None = None) -> list[str | None]:
    """Texts or paths of all items, then of all users; None for what is blank.

    With `beside`, of those sides that have media of that modality, in the same order.
    """
    values: list[str | None] = []
    for side in (shop.item_media, shop.user_media):
        if (leader := side.get(beside or modality)) is not None:
            absent = (None,) * len(leader.values)
            values += side[modality].values if modality in side else absent
    return [None if value is None or is_blank(value) else value for value in values]


def _vectors(
    shop: Shop,
    encoder: Encoder,
    *,
    load: Load,
    store: Store,
    progress: Callable[[int, int], None],
) -> Vectors:
    """The vectors of one encoder; one that has `also` is given pairs of an item's media."""
    values = _values(shop, encoder.modality)
    also: str | None = getattr(encoder, "also", None)
    if also is None:
        return vectors_of(values, encoder, load=load, store=store, progress=progress)
    others = [other or "" for other in _values(shop, also, beside=encoder.modality)]
    pairs = {
        f"{len(value)} {value}{other}": (value, other)  # a name for both that no other pair has
        for value, other in zip(values, others, strict=True)
        if value is not None
    }
    names = dict(zip(pairs.values(), pairs, strict=True))
    load_other = loader(shop, also)

    def load_pair(name: str) -> bytes:
        value, other = pairs[name]
        return pack(load(value), load_other(other) if other else b"")

    found = vectors_of(
        [None if v is None else names[v, o] for v, o in zip(values, others, strict=True)],
        encoder,
        load=load_pair,
        store=store,
        progress=progress,
    )
    return replace(found, faults={pairs[name][0]: why for name, why in found.faults.items()})


def _together(parts: Sequence[Vectors]) -> Vectors:
    """The vectors of a joined encoder from those of its parts."""
    if len(parts) == 1:
        return parts[0]
    present = np.logical_and.reduce([part.present for part in parts])
    faults = {value: reason for part in parts for value, reason in part.faults.items()}
    counts = Counts(
        sum(part.counts.computed for part in parts),
        sum(part.counts.reused for part in parts),
        len(faults),
    )
    values = np.where(present[:, None], join([part.values for part in parts]), np.float32(0))
    return Vectors(values, present, faults, counts)


def _problems(shop: Shop, modality: str, found: Vectors) -> list[Problem]:
    rows = Counter(_values(shop, modality))
    return [
        Problem(
            value if modality != "text" else f"text {value[:40]!r}",
            None,
            reason,
            f"repair it and encode again; until then it is left out as {modality}",
            rows[value],
        )
        for value, reason in found.faults.items()
    ]


def _in_order(features: Mapping[str, Feature]) -> dict[str, Feature]:
    names = dict.fromkeys([*MODALITIES, *features])
    return {name: features[name] for name in names if name in features}


def _silent(done: int, total: int) -> None:
    """Progress that nobody watches."""
