"""Vectors of media: read from a store where they are known, else encoded in parallel and kept."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, TypeVar

import numpy as np

from prismrec.encoders import Encoder
from prismrec.errors import BadMedia
from prismrec.store import Store, vector_key
from prismrec.types import Bools, Floats

__all__ = ["Counts", "Vectors", "vectors_of"]

# Contents that each worker loses in a kill; an encoder may have a `batch_size` of its own.
BATCH = {"image": 32, "text": 256, "audio": 8}
HEAVY = 32 * 1024**2  # bytes of media in one thread, from which a batch is encoded in parts
LOOK_UP = 512  # values that are read, or looked up, at once
MAX_WORKERS = 16

Load = Callable[[str], bytes]
Progress = Callable[[int, int], None]  # contents done, contents in all
Each = TypeVar("Each")


@dataclass(frozen=True)
class Counts:
    """How many media of one modality had which fate."""

    computed: int = 0  # different contents encoded now
    reused: int = 0  # different contents found in the store
    skipped: int = 0  # texts or files that are missing or broken


@dataclass(frozen=True, eq=False)
class Vectors:
    """One row for each value that was given; absent rows are zero."""

    values: Floats  # (n, dim)
    present: Bools  # (n,)
    faults: Mapping[str, str]  # value -> why it has no vector
    counts: Counts


class _Batch(NamedTuple):
    vectors: dict[str, Floats]  # by key
    faults: dict[str, str]  # reasons by key
    kept: dict[str, Floats]  # what another process had finished meanwhile


def vectors_of(
    values: Sequence[str | None], encoder: Encoder, *, load: Load, store: Store, progress: Progress
) -> Vectors:
    """Load, look up and encode; equal contents are encoded once, whatever they are called.

    Each batch is kept in the store as soon as it is finished. One thread per core loads, decodes
    and encodes batches of its own, so that no model waits for a disk. Each process takes
    batches in an order of its own and looks each up once more, so that several share the work.

    Args:
        values: what `load` takes, None where there is nothing.
        encoder: called from several threads at once.
        load: gives the content of a value; a value for which it raises BadMedia is at fault.
        store: is asked first, and given what was computed.
        progress: called after the look-up and after each batch.
    """
    keys, faults = _keys(values, encoder.fingerprint, load)
    table = _Table([None if value is None else keys.get(value) for value in values], encoder.dim)
    known = _look_up(table, store)
    missing = {key: value for value, key in keys.items() if key not in known}
    refused: dict[str, str] = {}
    computed, done = 0, len(known)
    progress(done, len(table.rows))
    for batch in _encoded(missing, encoder, load, store):
        store.put_many(batch.vectors)
        table.place(batch.vectors | batch.kept)
        refused |= batch.faults
        computed += len(batch.vectors)
        done += len(batch.vectors) + len(batch.faults) + len(batch.kept)
        progress(done, len(table.rows))
    faults |= {value: refused[key] for value, key in keys.items() if key in refused}
    counts = Counts(computed, len(table.rows) - computed - len(refused), len(faults))
    return Vectors(table.values, table.present, faults, counts)


class _Table:
    """The matrix that is filled; several rows may wait for one key."""

    def __init__(self, keys: Sequence[str | None], dim: int) -> None:
        self.values = np.zeros((len(keys), dim), np.float32)
        self.present = np.zeros(len(keys), np.bool_)
        self.rows: dict[str, list[int]] = {}
        for row, key in enumerate(keys):
            if key is not None:
                self.rows.setdefault(key, []).append(row)

    def place(self, vectors: Mapping[str, Floats]) -> None:
        for key, vector in vectors.items():
            self.values[self.rows[key]] = vector
            self.present[self.rows[key]] = True


def _keys(
    values: Iterable[str | None], fingerprint: str, load: Load
) -> tuple[dict[str, str], dict[str, str]]:
    """Key of each different value, and the reasons of those that cannot be loaded."""

    def key(value: str) -> str | BadMedia:
        try:
            return vector_key(fingerprint, load(value))
        except BadMedia as bad:
            return bad

    keys, faults = {}, {}
    with ThreadPoolExecutor(_workers()) as pool:
        for chunk in _chunks(dict.fromkeys(v for v in values if v is not None), LOOK_UP):
            for value, found in zip(chunk, pool.map(key, chunk), strict=True):
                if isinstance(found, BadMedia):
                    faults[value] = found.reason
                else:
                    keys[value] = found
    return keys, faults


def _look_up(table: _Table, store: Store) -> set[str]:
    """Place what the store has; returns the keys of it."""
    known: set[str] = set()
    shape = table.values.shape[1:]
    for keys in _chunks(table.rows, LOOK_UP):
        found = {key: v for key, v in store.get_many(keys).items() if v.shape == shape}
        table.place(found)
        known |= found.keys()
    return known


def _encoded(
    jobs: Mapping[str, str], encoder: Encoder, load: Load, store: Store
) -> Iterator[_Batch]:
    """Batches of (key, value) encoded by a pool of threads, as they are finished."""
    pool = ThreadPoolExecutor(_workers())
    pending: set[Future[_Batch]] = set()
    share = -(-len(jobs) // _workers())  # of a small shop every thread has its part
    length = max(1, min(share, getattr(encoder, "batch_size", BATCH[encoder.modality])))
    try:
        batches = [*_chunks(jobs.items(), length)]
        random.SystemRandom().shuffle(batches)  # several processes seldom meet at one
        for batch in batches:
            pending.add(pool.submit(_encode_batch, batch, encoder, load=load, store=store))
            if len(pending) > 2 * _workers():
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                yield from _results(done)
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            yield from _results(done)
    except Exception:  # what the other threads are about to finish may have been paid for
        pool.shutdown(cancel_futures=True)
        yield from (f.result() for f in pending if not f.cancelled() and f.exception() is None)
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _results(done: Iterable[Future[_Batch]]) -> Iterator[_Batch]:
    """Those that went well first, then the first error of the others."""
    for future in sorted(done, key=lambda each: each.exception() is not None):
        yield future.result()


def _encode_batch(
    jobs: Sequence[tuple[str, str]], encoder: Encoder, *, load: Load, store: Store
) -> _Batch:
    found = store.get_many(key for key, _ in jobs)
    batch = _Batch({}, {}, {key: v for key, v in found.items() if v.shape == (encoder.dim,)})
    contents: dict[str, bytes] = {}
    for key, value in jobs:
        if key in batch.kept:
            continue
        try:
            contents[key] = load(value)
        except BadMedia as bad:
            batch.faults[key] = bad.reason
            continue
        if vector_key(encoder.fingerprint, contents[key]) != key:
            # A vector under the old content's key would be wrong for good.
            batch.faults[key] = "changed while it was read"
            del contents[key]
        if sum(map(len, contents.values())) > HEAVY:
            _encode_into(batch, contents, encoder)
            contents.clear()
    _encode_into(batch, contents, encoder)
    return batch


def _encode_into(batch: _Batch, contents: Mapping[str, bytes], encoder: Encoder) -> None:
    for key, out in zip(contents, _encode_each([*contents.values()], encoder), strict=True):
        if isinstance(out, BadMedia):
            batch.faults[key] = out.reason
        else:
            batch.vectors[key] = out


def _encode_each(contents: list[bytes], encoder: Encoder) -> list[Floats | BadMedia]:
    """One vector or reason for each content: a broken one divides its batch in two."""
    if not contents:
        return []
    try:
        vectors = encoder(contents)
    except BadMedia as bad:
        before, after = contents[: bad.index], contents[bad.index + 1 :]
        return [*_encode_each(before, encoder), bad, *_encode_each(after, encoder)]
    return [
        vector if np.isfinite(vector).all() else BadMedia(place, "its vector is not finite")
        for place, vector in enumerate(vectors)
    ]


def _chunks(values: Iterable[Each], length: int) -> Iterator[list[Each]]:
    iterator = iter(values)
    while chunk := list(islice(iterator, length)):
        yield chunk


def _workers() -> int:
    """One for each core that this process may use, which is fewer than there are in a container."""
    mine = getattr(os, "sched_getaffinity", None)  # not on every system
    return min(len(mine(0)) if mine else os.cpu_count() or 1, MAX_WORKERS)
