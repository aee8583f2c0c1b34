"""Service: everything that a server holds, put together; the API and the page ask only this."""

from __future__ import annotations

import gc
import logging
import os
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prismrec.data.shop import Shop
from prismrec.errors import BadData, BadMedia, BadModel, UnknownName
from prismrec.search import Hit, Request
from prismrec.serve.catalogue import EVERYTHING, Catalogue
from prismrec.serve.database import Database, Once, Unavailable
from prismrec.serve.database.opening import default_address
from prismrec.serve.describing import described
from prismrec.serve.following import Follower
from prismrec.serve.intake import Covers, Finder, Intake, NotReady, Readers, Served, Uploads
from prismrec.serve.people import People
from prismrec.serve.posting import Posting
from prismrec.serve.recommending import recommend
from prismrec.serve.settings import Settings
from prismrec.serve.similar import similar
from prismrec.serve.stage import Stage
from prismrec.serve.status import status
from prismrec.serve.telling import Teller
from prismrec.serve.values import Answer, Ask, Event, Item, Person, Where
from prismrec.serve.versions import Versions
from prismrec.store import default_place, open_store

__all__ = ["Service"]

LOG = logging.getLogger("prismrec.serve")
PIN = "model"  # setting that names the version which is held on to
LATEST = "latest"  # in place of a version: hold on to none
AT_ONCE = int(__import__("os").environ.get("X_AT", "2"))
FAREWELL = 2.0  # seconds that closing waits for what goes on behind
PRUNING = 3600.0  # seconds between two clearings of the database


class Service:
    """One model over one shop, and everything that was told since.

    Reads are answered from memory; writes return once the database has committed them and memory
    knows of them. Safe to use from several threads.
    """

    def __init__(self, model: Path, shop: Shop, settings: Settings) -> None:
        """Open everything; what takes long goes on in threads, see `begin`.

        Raises:
            BadModel: where no version of the model can be used.
            BadData, MissingPackage, Unavailable: where the database cannot be used.
        """
        self.shop, self.settings = shop, settings
        self.started = time.time()
        self.model_problem = ""  # why a newer version was refused
        address = settings.database or default_address(shop.path)
        self.database = Database(address, serving=True)
        self.versions_kept = Versions(model, settings.work.keep_versions)
        pinned = self.database.setting(PIN)
        version, fitted = self._loaded(pinned)
        self.catalogue = Catalogue.of(shop, fitted.train.item_ids.ids, fitted.titles)
        self.people = People.of(shop, self.catalogue)
        self.posting = Posting(self.database, self.catalogue, self.people, limits=shop.limits)
        self.posting.remember()
        self.stage = Stage(self.versions_kept, self.catalogue, self.people)
        self.stage.enter(fitted, version)
        self.store = open_store(default_place(shop.path))
        self.uploads = Uploads(shop.path, self.database.medium)
        self.covers = Covers(shop, self.uploads)
        self.intake = Intake(
            shop, Readers(), store=self.store, done=self._placed, uploads=self.uploads
        )
        self.finder = Finder(self.catalogue.shop(), store=self.store)
        self._telling = Teller()
        self._changing = threading.Lock()  # of the version
        # More at once than there are cores take twice the time of each, and a queue never ends.
        self._ranking = threading.BoundedSemaphore(_cores())
        self._fitted = fitted
        self.reading = threading.Event()  # the model's encoders are open
        self.encoded = threading.Event()  # and have read the catalogue
        looks = [self._follow_versions, self._tidy]
        if self.database.shared:
            looks.insert(0, self._follow_database)
        self._follower = Follower(looks, seconds=settings.work.poll_seconds)
        self._warming = threading.Thread(target=self._warm, name="warming", daemon=True)
        self._pruned, self._settled = time.monotonic(), False

    @classmethod
    def open(cls, model: Path, shop: Shop, settings: Settings) -> Service:
        """A service that answers at once, while encoders and search warm up behind."""
        made = cls(model, shop, settings)
        made.begin()
        return made

    def begin(self) -> None:
        """Start what goes on behind: encoders, search, and the look for what others change."""
        self._follower.start()
        self._warming.start()

    def close(self) -> None:
        """Stop what goes on behind, and let go of the database."""
        self._follower.close()
        self.intake.close()
        self.finder.close()
        if self._warming.ident is not None:
            self._warming.join(FAREWELL)
        self.database.close()
        self.store.close()

    def recommend(self, ask: Ask) -> Answer:
        """The best items for somebody, or a group; see `recommending.recommend`."""
        with self._ranking:
            return recommend(self.stage.now, ask)

    def similar(
        self, item: str, *, modality: str | None = None, k: int = 10, where: Where = EVERYTHING
    ) -> Answer:
        """The items most like one; see `similar.similar`."""
        with self._ranking:
            return similar(self.stage.now, item, modality=modality, k=k, where=where)

    def search(
        self,
        request: Request,
        *,
        k: int = 10,
        modalities: Sequence[str] = (),
        where: Where = EVERYTHING,
    ) -> list[Hit]:
        """The items that match words, a picture or a sound.

        Raises:
            NotReady: while the catalogue is prepared for it.
            BadMedia: where the picture or the sound cannot be read.
        """
        only = self.catalogue.allowed(where)
        return self.finder(request, k=k, modalities=modalities, only=only)

    def tell(self, person: Person, item: str, *, against: str | None = None) -> dict[str, Any]:
        """Why an item is recommended to somebody, and not another; see `telling.tell`."""
        with self._ranking:
            return self._telling(self.stage.now, person, item, against=against)

    def take_events(self, events: Sequence[Event], *, once: Once | None = None) -> dict[str, Any]:
        """Keep what people did; the very next answer knows of it.

        Returns:
            "stored": how many were new, "duplicates": how many were there, "replayed".

        Raises:
            UnknownName: for an item that there is none of; nothing is stored then.
            Conflict, Unavailable, Full: where nothing was stored.
        """
        return self.posting.take_events(events, once=once)

    def put_item(
        self, item: Item, contents: Mapping[str, bytes | None], *, once: Once | None = None
    ) -> dict[str, Any]:
        """Add an item or replace it; it is encoded and can be recommended and found at once.

        Args:
            item: as it is to be, its media apart.
            contents: "image" and "audio" as they were posted; None takes one away, and what is
                left out stays.
            once: so that it is done once.

        Returns:
            "item", "created", "replayed"; "encoded" and "pending" modalities; "problems" by
            modality; "seconds" that it took. What is pending counts once it is encoded.

        Raises:
            BadMedia: for a medium that cannot be used; nothing is stored then.
            Conflict, Unavailable, Full: where nothing was stored.
        """
        begun = time.monotonic()
        until = begun + self.settings.work.encode_wait
        done, is_new = self.posting.put_item(item, contents, once=once, to=self.intake)
        row = self.catalogue.rows[item.item]
        if is_new:
            ready = self.reading.wait(max(0.0, until - time.monotonic()))
            ticket = self.intake.submit(self.catalogue.item(row), row)
            if ready:
                self.intake.wait(ticket, until - time.monotonic())
        if not done["replayed"]:
            found = self.finder.grow(self.catalogue.shop())
            if self.finder.ready:  # else it takes long, and finds the item once it is
                _waited(found, until - time.monotonic())
        known = described(self, row)
        state = {name: known[name] for name in ("encoded", "pending", "problems")}
        return {**done, **state, "seconds": round(time.monotonic() - begun, 4)}

    def remove_item(self, item: str, *, once: Once | None = None) -> dict[str, Any]:
        """Let an item be returned no more; histories keep it, and it may be put again."""
        done = self.posting.remove_item(item, once=once)
        self.intake.forget(self.catalogue.rows[item])
        self.finder.grow(self.catalogue.shop())
        return done

    def describe(self, item: str) -> dict[str, Any]:
        """An item as the catalogue has it."""
        return described(self, self.catalogue.row(item))

    def browse(self, where: Where, *, k: int, offset: int) -> tuple[list[dict[str, Any]], int]:
        """A page of the catalogue, and how many items the filter leaves."""
        rows = self.catalogue.allowed(where)
        return [described(self, int(row)) for row in rows[offset : offset + k]], len(rows)

    def medium(self, item: str, modality: str, *, side: int | None = None) -> Served:
        """A picture, scaled down to a side, or a sound, as a browser is given it.

        Raises:
            UnknownName, BadMedia: where there is none that can be shown.
        """
        value = self.catalogue.medium(self.catalogue.row(item), modality)
        if value is None:
            raise BadMedia(0, f"the item has no {modality}")
        if modality == "image":
            return self.covers.picture(value, side or 320)
        return self.covers.sound(value)

    def users(
        self, *, text: str = "", k: int = 50, offset: int = 0
    ) -> tuple[list[dict[str, Any]], int]:
        """A page of the people whose identifier holds a text, and how many these are."""
        wanted = text.casefold()
        found = [pair for pair in self.people.users() if wanted in pair[0].casefold()]
        page = found[offset : offset + k]
        return [{"user": user, "events": n} for user, n in page], len(found)

    def facets(self) -> dict[str, list[tuple[str, int]]]:
        """Columns that items can be filtered by, with their values."""
        return self.catalogue.facets()

    def versions(self) -> list[dict[str, Any]]:
        """Versions of the model, newest first."""
        live, pinned = self.stage.now.live.version, self.database.setting(PIN)
        return [
            {**vars(each), "current": each.id == live, "pinned": each.id == pinned}
            for each in self.versions_kept.known()
        ]

    def activate(self, version: str) -> dict[str, Any]:
        """Put a version on and hold on to it; "latest" goes with the newest from now on.

        Raises:
            UnknownName: where there is no such version.
            BadModel: where it is damaged; the present one stays.
        """
        latest = version == LATEST
        known = {each.id for each in self.versions_kept.known()}
        if not latest and version not in known:
            raise UnknownName(f"no version is called {version!r}; see GET /v1/models")
        before = self.stage.now.live.version
        self._change(None if latest else version)
        self.database.set_setting(PIN, None if latest else version)
        return {"version": self.stage.now.live.version, "before": before, "pinned": not latest}

    def roll_back(self) -> dict[str, Any]:
        """Put the version before the present one on, and hold on to it.

        Raises:
            BadData: where there is none.
        """
        live = self.stage.now.live.version
        known = [each for each in self.versions_kept.known() if each.valid or each.id == live]
        names = [each.id for each in known]
        place = names.index(live) if live in names else -1
        if place + 1 >= len(names):
            raise BadData("there is no earlier version of the model to go back to")
        return self.activate(names[place + 1])

    def status(self) -> dict[str, Any]:
        """How the server is, for an operator; see `status.status`."""
        return status(self)

    def readiness(self) -> dict[str, Any]:
        """Whether requests can be answered, and what goes on."""
        try:
            self.database.check()
            database = "ok"
        except Unavailable:
            database = "away"
        return {
            "ready": database == "ok",
            "database": database,
            "search": "ready" if self.finder.ready else "warming",
            "media": "ready" if self.encoded.is_set() else "warming",
            "version": self.stage.now.live.version,
        }

    def _placed(self, item: Item, row: int, vectors: Mapping[str, Any]) -> None:
        """An item has been encoded."""
        if self.catalogue.there(row):
            self.stage.place(row, vectors)

    def _loaded(self, pinned: str | None) -> tuple[str, Any]:
        if pinned is not None:
            try:
                return pinned, self.versions_kept.load(pinned)
            except BadModel as error:
                self.model_problem = str(error)
                LOG.warning("%s; the newest version is served instead", error)
        return self.versions_kept.load_newest()

    def _change(self, version: str | None) -> None:
        """Put a version on; None stands for the newest. The present one answers until then."""
        with self._changing:
            if version == self.stage.now.live.version:
                return
            if version is None:
                version, fitted = self.versions_kept.load_newest()
            else:
                fitted = self.versions_kept.load(version)
            self.stage.change(fitted, version, self.intake)
            self._fitted = fitted
            self.model_problem = ""
            LOG.info("model %s answers now", version)
        self._encode_rest()

    def _warm(self) -> None:
        """Open the encoders, give the catalogue its vectors, and prepare search."""
        try:
            with self._changing:
                reads = self.stage.now.live.reads()
                self.intake.use(Readers.of(self._fitted, reads))
            self.reading.set()
            self._encode_rest()
        except Exception as error:  # what is there goes on; the operator is told
            LOG.warning("the catalogue's media are not read: %s", " ".join(str(error).split()))
        finally:
            self.reading.set()
            self.encoded.set()
            self.finder.warm()
            self.catalogue.warm()

    def _encode_rest(self) -> None:
        version, readers = self.stage.now.live.version, self.intake.readers
        shop = self.catalogue.shop()
        self.uploads.restore(self._values())
        found = self.intake.features(shop)
        if self.intake.readers is not readers:
            return  # another model came meanwhile, and who put it on goes on from here
        self.stage.place_all(found, shop, changed=self.posting.changed, version=version)
        for row in self.posting.overtaken(shop, self.intake):
            self.intake.submit(self.catalogue.item(row), row)

    def _values(self) -> list[str]:
        media = self.catalogue.shop().item_media.values()
        return [value for each in media for value in each.values if value]

    def _follow_versions(self) -> None:
        version = self.versions_kept.poll()
        if version is None or self.database.setting(PIN) is not None:
            return
        try:
            self._change(version)
        except BadModel as error:
            self.model_problem = str(error)
            raise

    def _follow_database(self) -> None:
        for row in self.posting.remember():
            self.intake.submit(self.catalogue.item(row), row)
            self.finder.grow(self.catalogue.shop())

    def _tidy(self) -> None:
        if self.finder.ready and not self._settled:
            self._settled = True
            # What is there now stays. Looking through it for garbage again and again would stop
            # every answer for a fifth of a second.
            gc.collect()
            gc.freeze()
        if time.monotonic() - self._pruned > PRUNING:
            self._pruned = time.monotonic()
            self.database.prune()
            self.uploads.prune(self._values())


def _waited(found: Any, seconds: float) -> None:
    """Wait for search to follow; where it does not in time, it does later."""
    try:
        found.result(max(0.0, seconds))
    except (TimeoutError, NotReady):
        return


def _cores() -> int:
    """How many this process may use."""
    mine = getattr(os, "sched_getaffinity", None)  # not on every system
    return len(mine(0)) if mine else os.cpu_count() or 1
