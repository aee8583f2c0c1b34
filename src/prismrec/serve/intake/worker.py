"""Intake: encodes what was posted, each modality in a thread of its own."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

import numpy as np

from prismrec.data.features import Feature
from prismrec.data.shop import Shop
from prismrec.encode import encode_media
from prismrec.encoders import Encoder
from prismrec.errors import BadMedia
from prismrec.media.limits import check_head
from prismrec.media.load import Load, loader
from prismrec.reduction import projected
from prismrec.serve.intake.encoding import Readers, vector_of
from prismrec.serve.intake.uploads import Uploads, bare
from prismrec.serve.intake.warming import warm
from prismrec.serve.values import UPLOAD, Item
from prismrec.store import Store
from prismrec.types import MODALITIES, Floats

__all__ = ["Done", "Encoded", "Intake", "Ticket"]

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0  # seconds between attempts, doubled after each
FAREWELL = 2.0  # seconds that closing waits for a thread; what it was at is encoded again later

Done = Callable[[Item, int, Mapping[str, Floats]], None]  # item, row, what is known by modality


class Encoded(NamedTuple):
    """How far an item is."""

    encoded: tuple[str, ...]  # modalities whose vector is there
    pending: tuple[str, ...]  # that are being worked on, or are tried again later
    problems: Mapping[str, str]  # by modality, why there is no vector (yet)


@dataclass(eq=False)
class Ticket:
    """An item that is being encoded; all of it changes under the lock of its `Intake` alone."""

    item: Item
    row: int
    readers: Readers
    vectors: dict[str, Floats] = field(default_factory=dict)
    pending: set[str] = field(default_factory=set)
    problems: dict[str, str] = field(default_factory=dict)
    told: int = -1  # how many vectors the last call of `done` was given
    late: bool = False  # whether somebody stopped waiting, so that each vector is told as it comes
    settled: threading.Event = field(default_factory=threading.Event)

    @property
    def media(self) -> dict[str, str]:
        """Values of the item's media, by modality."""
        text = {"text": self.item.text} if self.item.text else {}
        return {**self.item.media, **text}


class _Job(NamedTuple):
    due: float  # time.monotonic()
    number: int  # in order of arrival
    ticket: Ticket
    attempt: int = 0


@dataclass(eq=False)
class _Line:
    """What waits for the encoder of one modality."""

    jobs: list[_Job] = field(default_factory=list)  # a heap
    busy: bool = False
    thread: threading.Thread | None = None


class Intake:
    """Encodes items with the encoders that a model was fitted with; see `submit`.

    Each modality has a thread, so that a slow encoder holds up neither another one nor whoever
    posted. Vectors are kept in the store, where they are found after a restart; what was not
    finished then is submitted once more.
    """

    def __init__(
        self,
        shop: Shop,
        readers: Readers,
        *,
        store: Store,
        done: Done,
        uploads: Uploads | None = None,
    ) -> None:
        """`done` is called for one item at a time, in a thread of this intake or of who waits.

        A lock that `done` takes must not be held by who calls `submit` or `wait`.
        """
        self.uploads = uploads or Uploads(shop.path)
        self._shop, self._store, self._done = shop, store, done
        self._change = threading.Condition()
        self._telling = threading.RLock()  # what is told may submit in its turn
        self._latest: dict[int, Ticket] = {}
        self._lines: dict[str, _Line] = {}
        self._numbers = itertools.count()
        self._closed = False
        self.problems: dict[str, str] = {}  # by modality, why `features` left it out
        self._load: dict[str, Load] = {
            modality: partial(self._content, modality, loader(bare(shop), modality, ahead=False))
            for modality in MODALITIES
        }
        self._readers = Readers()
        self.use(readers)

    @property
    def readers(self) -> Readers:
        """The encoders that items are given to."""
        return self._readers

    def use(self, readers: Readers) -> None:
        """Go over to another model's encoders.

        Items that wait keep those they were submitted for, and are to be submitted again.
        """
        with self._change:
            before, self._readers = self._readers, readers
            for modality, encoder in readers.encoders.items():
                if modality in self._lines:
                    if encoder.fingerprint != _print_of(before, modality):
                        args = (encoder, readers.remote)
                        threading.Thread(target=_warmed, args=args, daemon=True).start()
                else:
                    line = _Line()
                    name = f"intake-{modality}"
                    line.thread = threading.Thread(
                        target=self._work, args=(modality, line), name=name, daemon=True
                    )
                    self._lines[modality] = line
                    line.thread.start()

    def submit(self, item: Item, row: int) -> Ticket:
        """Have an item encoded; `done` is called with its vectors when all modalities are there.

        Where one is slower than `wait` waits, `done` is called with what there is, and again with
        each that follows. An item that is submitted anew takes the place of what was pending for
        its row. An item without media is told at once.
        """
        with self._change:
            readers = self._readers
            ticket = Ticket(item, row, readers)
            media = ticket.media
            ticket.pending = {name for name in readers.encoders if media.get(name)}
            ticket.problems = {name: why for name, why in readers.problems.items() if name in media}
            self._latest[row] = ticket
            for modality in ticket.pending:
                self._put(modality, _Job(time.monotonic(), next(self._numbers), ticket))
            idle = not ticket.pending
        if idle:
            self._tell(ticket)
        return ticket

    def wait(self, ticket: Ticket, seconds: float) -> Encoded:
        """Wait until an item is done, but no longer than that; then tell how far it is."""
        if not ticket.settled.wait(max(seconds, 0.0)):
            ticket.late = True
            self._tell(ticket)
        return self.state(ticket)

    def forget(self, row: int) -> None:
        """Drop what is pending for a row, whose item was removed; what is being told still is."""
        with self._change:
            ticket = self._latest.pop(row, None)
        if ticket is not None:
            ticket.settled.set()

    def state(self, ticket: Ticket) -> Encoded:
        """How far an item is."""
        with self._change:
            return Encoded(
                tuple(name for name in MODALITIES if name in ticket.vectors),
                tuple(name for name in MODALITIES if name in ticket.pending),
                dict(ticket.problems),
            )

    def of_row(self, row: int) -> Encoded | None:
        """How far the item of a row is that was submitted; None where none was."""
        with self._change:
            ticket = self._latest.get(row)
        return None if ticket is None else self.state(ticket)

    def features(self, shop: Shop) -> dict[str, Feature]:
        """Vectors of all items of a shop as the model wants them, by modality; shop.item_ids rows.

        Encodes what the store does not have, which may take long; media that cannot be read leave
        their rows absent. An encoder that fails leaves its modality out, with a problem.
        """
        found: dict[str, Feature] = {}
        bare = replace(shop, user_media={}, user_features={}, item_features={})
        for modality, encoder in self._readers.encoders.items():
            if modality not in shop.item_media:
                continue
            try:
                out = encode_media(bare, {modality: encoder}, store=self._store).data
                found[modality] = projected(out, self._readers.projections).items[modality]
                self.problems.pop(modality, None)
            except Exception as error:  # an endpoint that is away, say: the others go on
                self.problems[modality] = _told(error)
        return found

    @property
    def waiting(self) -> dict[str, int]:
        """How many media wait for the encoder of each modality, with the one it is at."""
        with self._change:
            return {name: len(line.jobs) + line.busy for name, line in self._lines.items()}

    def close(self) -> None:
        """Stop; what waits is forgotten here, and is still in the database."""
        with self._change:
            self._closed = True
            self._change.notify_all()
            threads = [line.thread for line in self._lines.values() if line.thread]
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(FAREWELL)

    def _put(self, modality: str, job: _Job) -> None:
        heapq.heappush(self._lines[modality].jobs, job)
        self._change.notify_all()

    def _work(self, modality: str, line: _Line) -> None:
        with self._change:
            readers = self._readers
        if modality in readers.encoders:
            _warmed(readers.encoders[modality], readers.remote)
        while (job := self._next(line)) is not None:
            try:
                self._serve(modality, job)
            finally:
                with self._change:
                    line.busy = False

    def _next(self, line: _Line) -> _Job | None:
        """The job that is due, waiting for one; None when it is time to stop."""
        with self._change:
            while not self._closed:
                pause = line.jobs[0].due - time.monotonic() if line.jobs else None
                if pause is not None and pause <= 0:
                    line.busy = True
                    return heapq.heappop(line.jobs)
                self._change.wait(pause)
        return None

    def _serve(self, modality: str, job: _Job) -> None:
        ticket, problem, again = job.ticket, "", False
        if self._latest.get(ticket.row) is not ticket:
            return
        vector = None
        try:
            encoder = ticket.readers.encoders[modality]
            vector = vector_of(encoder, ticket.media, self._load, store=self._store)
            if vector is not None:
                vector = ticket.readers.shortened(modality, vector)
        except BadMedia as bad:
            problem = bad.reason
        except Exception as error:  # an encoder may raise anything, and its thread has to go on
            problem, again = _told(error), True
        with self._change:
            ticket.problems.pop(modality, None)
            if problem:
                ticket.problems[modality] = problem
            if again:
                pause = min(FIRST_PAUSE * 2.0**job.attempt, LONGEST_PAUSE)
                due = time.monotonic() + pause
                self._put(modality, _Job(due, next(self._numbers), ticket, job.attempt + 1))
                return
            if vector is not None:
                ticket.vectors[modality] = vector
            ticket.pending.discard(modality)
        self._tell(ticket)

    def _tell(self, ticket: Ticket) -> None:
        """Give what is there to `done`, unless it has it already or the item was replaced."""
        with self._telling:
            with self._change:
                complete, vectors = not ticket.pending, dict(ticket.vectors)
                current = self._latest.get(ticket.row) is ticket
                current = current and ticket.readers is self._readers  # of the model that answers
            due = complete or (ticket.late and vectors)
            try:
                if current and due and len(vectors) > ticket.told:
                    ticket.told = len(vectors)
                    self._done(ticket.item, ticket.row, vectors)
            except Exception as error:  # whoever is told must not stop the thread
                with self._change:
                    ticket.problems["model"] = _told(error)
            if complete or not current:
                with self._change:  # names are enough from here on
                    ticket.vectors = dict.fromkeys(ticket.vectors, np.empty(0, np.float32))
                ticket.settled.set()

    def _content(self, modality: str, load: Load, value: str) -> bytes:
        """Of what was posted from the database, where the disk has no room for the file."""
        if not value.startswith(UPLOAD):
            return load(value)
        data = self.uploads.read(value)
        check_head(data, modality, self._shop.limits)
        return data


def _warmed(encoder: Encoder, remote: frozenset[str]) -> None:
    if encoder.modality not in remote:
        warm(encoder)


def _print_of(readers: Readers, modality: str) -> str:
    encoder = readers.encoders.get(modality)
    return "" if encoder is None else encoder.fingerprint


def _told(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:300]
