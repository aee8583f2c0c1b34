"""Finder: search on a catalogue that grows while it is searched."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress

from prismrec.data.shop import Shop
from prismrec.encoders import Encoder
from prismrec.errors import BadData
from prismrec.search import ENCODERS, Hit, Request, Searcher
from prismrec.serve.intake.errors import NotReady
from prismrec.serve.intake.warming import warm
from prismrec.store import Store
from prismrec.types import Ints

__all__ = ["Finder"]

LEARN_AGAIN = 1.1  # growth of the catalogue after which the bridges are learnt anew
FAREWELL = 2.0  # seconds that closing waits
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0  # seconds between attempts to prepare


class Finder:
    """Searches the latest state of a catalogue that is prepared, in a thread of its own.

    `warm` prepares, `grow` follows the catalogue. Until the first state is ready a search raises
    `NotReady`, but for words alone, which are compared with texts as soon as those are read.
    Afterwards none waits.
    """

    def __init__(
        self,
        shop: Shop,
        encoders: Mapping[str, Sequence[str | Encoder]] = ENCODERS,
        *,
        store: Store,
    ) -> None:
        self._wanted, self._encoders, self._store = shop, encoders, store
        self._searcher: Searcher | None = None
        self._texts: Searcher | None = None  # of texts alone, until all is ready
        self._learnt = 0  # items that the bridges were learnt with
        self._done: tuple[str, int, int] = ("", 0, 0)
        self._waiting: list[Future[None]] = []
        self._change = threading.Condition()
        self._dirty, self._closed, self._warmed = True, False, False
        self._problem = ""
        self._thread = threading.Thread(target=self._work, name="finder", daemon=True)

    def warm(self) -> None:
        """Begin to prepare; a second call changes nothing."""
        with self._change:
            if self._thread.ident is None:
                self._thread.start()

    def grow(self, shop: Shop) -> Future[None]:
        """Follow the catalogue to a later state; the future is done when it can be searched.

        Of several states that come at once only the last is prepared. Where one cannot be, it is
        tried again later, and what was ready before is searched until then; see `state`.
        """
        future: Future[None] = Future()
        with self._change:
            self._wanted, self._dirty = shop, True
            self._waiting.append(future)
            self._change.notify_all()
        return future

    @property
    def ready(self) -> bool:
        """Whether a search is answered."""
        return self._searcher is not None

    @property
    def state(self) -> str:
        """In words, for an operator."""
        if self.ready:
            return "ready" if not self._problem else f"ready, but stays behind: {self._problem}"
        modality, done, total = self._done
        doing = f"{modality} {done} of {total}" if total else "begins"
        return f"warming: {doing}" if not self._problem else f"warming: {self._problem}"

    def __call__(
        self,
        request: Request,
        *,
        k: int = 10,
        modalities: Sequence[str] = (),
        only: Ints | None = None,
    ) -> list[Hit]:
        """The k items that match best; see `prismrec.search.Searcher`.

        `only` are rows that may be found. Rows of hits are those of the catalogue.

        Raises:
            NotReady: while the first state is being prepared.
            BadData: where nothing in the request can be compared with anything in the shop.
            BadMedia: where the picture or the sound cannot be read.
        """
        early, searcher = self._texts, self._searcher  # in this order one of them is there
        if searcher is not None:
            return searcher(request, k=k, modalities=modalities, only=only)
        words_alone = request.image is None and request.audio is None
        if early is not None and words_alone and {*modalities} <= {"text"}:
            with suppress(BadData):  # of a picture, say, which cannot be compared yet
                return early(request, k=k, only=only)
        raise NotReady(f"the catalogue is not ready to be searched ({self.state}); ask again")

    def close(self) -> None:
        """Stop preparing; what is ready can still be searched."""
        with self._change:
            self._closed = True
            self._change.notify_all()
            started = self._thread.ident is not None
        if started and self._thread is not threading.current_thread():
            self._thread.join(FAREWELL)
        with self._change:
            waiting, self._waiting = self._waiting, []
        _settle(waiting, NotReady("the server is being stopped"))

    def _work(self) -> None:
        pause = FIRST_PAUSE
        while (wanted := self._next()) is not None:
            shop, waiting = wanted
            try:
                self._follow(shop)
            except Exception as error:  # the thread has to outlive a store that is away
                self._problem = " ".join(str(error).split())[:300] or type(error).__name__
                with self._change:
                    self._dirty = True
                    self._waiting = [*waiting, *self._waiting]
                    self._change.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                self._problem, pause = "", FIRST_PAUSE
                _settle(waiting, None)
                self._warm_encoders()

    def _next(self) -> tuple[Shop, list[Future[None]]] | None:
        """The state that is to be prepared, and who waits for it; None when it is time to stop."""
        with self._change:
            while not self._dirty and not self._closed:
                self._change.wait()
            if self._closed:
                return None
            waiting, self._waiting, self._dirty = self._waiting, [], False
            return self._wanted, waiting

    def _follow(self, shop: Shop) -> None:
        before = self._searcher
        if before is None:
            if self._texts is None and "text" in shop.item_media and "text" in self._encoders:
                texts = {"text": self._encoders["text"]}
                early = Searcher(shop, texts, store=self._store, progress=self._progress)
                early.prepare()
                self._texts = early
            searcher = Searcher(shop, self._encoders, store=self._store, progress=self._progress)
            searcher.prepare()
            self._learnt = len(shop.item_ids)
            self._searcher = searcher
            self._texts = None  # after the other, so that there is always one
            return
        self._searcher = grown = before.grown(shop)
        grown.prepare()
        if len(shop.item_ids) > LEARN_AGAIN * self._learnt:
            again = grown.grown(shop, learn_again=True)
            again.prepare()
            self._searcher, self._learnt = again, len(shop.item_ids)

    def _warm_encoders(self) -> None:
        """After a restart all vectors were in the store, and no encoder was asked so far."""
        searcher = self._searcher
        if searcher is not None and not self._warmed:
            self._warmed = True
            for chosen in searcher.encoders.values():
                for encoder in chosen:
                    warm(encoder)

    def _progress(self, modality: str, done: int, total: int) -> None:
        self._done = (modality, done, total)


def _settle(waiting: Sequence[Future[None]], error: NotReady | None) -> None:
    for future in waiting:
        with suppress(InvalidStateError):  # somebody cancelled it
            future.set_exception(error) if error else future.set_result(None)
