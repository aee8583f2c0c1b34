"""Database: what a server was told, kept safe before it is acknowledged."""

from __future__ import annotations

import json
import math
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from prismrec.errors import BadData, UnknownName
from prismrec.serve.database import keys as api_keys
from prismrec.serve.database import tables
from prismrec.serve.database.errors import Conflict
from prismrec.serve.database.keys import SCOPES, Key
from prismrec.serve.database.opening import address_of, migrated, opened, reason
from prismrec.serve.database.reserving import reserved
from prismrec.serve.database.writing import Writer
from prismrec.serve.values import UPLOAD, Event, Item

__all__ = ["Database", "Once", "Taken"]

CHUNK = 500  # values in one statement
PAGE = 5000  # rows that are read at once
REMEMBERED = 7 * 86_400  # seconds for which an answer is repeated


@dataclass(frozen=True)
class Once:
    """A request that is to be done once, however often it is sent."""

    key: str  # given by the client
    who: str  # name of the client's API key
    digest: str  # SHA-256 of method, path and body


@dataclass(frozen=True)
class Taken:
    """What came of a write."""

    answer: Mapping[str, Any]  # that of the first time, where the request was sent before
    replayed: bool = False
    fresh: tuple[Event, ...] = ()  # events that were not there before


class Database:
    """Events, posted items with their media, keys and settings; safe to use from several threads.

    All that writes returns after the commit, and raises `Unavailable` or `Full` where there was
    none; all that reads raises `Unavailable` where the database is away.
    """

    def __init__(self, url: str, *, serving: bool = False) -> None:
        """Open a database, and bring its tables up to date.

        Args:
            url: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`.
            serving: whether answers are given from what was read of it. A file is for one such
                server, because none would know of what another one writes; commands that read or
                add beside it are free to.

        Raises:
            BadData: for another address, a database of a newer version, and a file that another
                server uses.
            MissingPackage: where the driver is not installed.
            Unavailable: where it cannot be opened.
        """
        self.url = address_of(url)
        with ExitStack() as undone:
            if serving and not self.shared:
                undone.enter_context(reserved(self.url))
            try:
                writer, self.reader = opened(self.url)
            except OSError as error:
                raise reason(error) from error
            undone.callback(writer.dispose)
            undone.callback(self.reader.dispose)
            migrated(writer)
            self._engine, self._writer = writer, Writer(writer)
            self._held = undone.pop_all()

    @property
    def shared(self) -> bool:
        """Whether other servers may write to it."""
        return self.url.get_backend_name() != "sqlite"

    def __str__(self) -> str:
        return self.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Finish what waits to be written, and let go."""
        self._writer.close()
        self._held.close()

    def check(self) -> None:
        """Raise `Unavailable` where the database does not answer."""
        with self._asked() as connection:
            connection.execute(select(tables.settings.c.name).limit(1))  # from the file, not memory

    def take_events(self, given: Sequence[Event], *, once: Once | None = None) -> Taken:
        """Keep events; of those with the same `id` only the first, whenever it came.

        Raises:
            BadData: for what cannot be kept.
            Conflict: where the idempotency key was used for another request.
        """
        for event in given:
            _check(event.user, event.item, event.event, event.id)
            if event.weight is not None and not math.isfinite(event.weight):
                raise BadData(
                    f"the weight {event.weight} is no strength of interest; send a number"
                )
        named: dict[str, Event] = {}
        for each in map(_named, given):
            named.setdefault(each.id or "", each)
        ordered = list(named.values())

        def job(connection: Connection) -> Taken:
            there: set[str] = set()
            ids = [each.id for each in ordered]
            for start in range(0, len(ids), CHUNK):
                chunk = ids[start : start + CHUNK]
                found = select(tables.events.c.id).where(tables.events.c.id.in_(chunk))
                there |= set(connection.execute(found).scalars())
            fresh = tuple(each for each in ordered if each.id not in there)
            now = int(time.time())
            rows = [{**asdict(each), "received": now} for each in fresh]
            if rows:
                connection.execute(insert(tables.events), rows)
            return Taken(
                {"stored": len(fresh), "duplicates": len(given) - len(fresh)}, False, fresh
            )

        return self._once(job, once)

    def put_item(
        self,
        item: Item,
        contents: Mapping[str, bytes],
        *,
        once: Once | None = None,
        answer: Mapping[str, Any] | None = None,
    ) -> Taken:
        """Keep an item as a whole with its media; one that is removed is put as `removed`.

        Args:
            item: replaces what was there under its identifier.
            contents: SHA-256 in hexadecimal digits -> what was posted.
            once: so that it is done once.
            answer: what is answered, now and when the request is sent again.

        Raises:
            BadData: for what cannot be kept.
            Conflict: where the idempotency key was used for another request.
        """
        _check(item.item, item.title, item.text)
        table = tables.items

        def job(connection: Connection) -> Taken:
            now = int(time.time())
            for sha256, data in contents.items():
                found = select(tables.media.c.sha256).where(tables.media.c.sha256 == sha256)
                if connection.execute(found).scalar() is None:
                    row = {"sha256": sha256, "data": data, "kept": now}
                    connection.execute(insert(tables.media), row)
            latest = connection.execute(select(func.max(table.c.revision))).scalar() or 0
            row = {**_as_row(item), "revision": latest + 1, "changed": now}
            changed = connection.execute(update(table).where(table.c.item == item.item).values(row))
            if not changed.rowcount:
                connection.execute(insert(table), row)
            return Taken(answer or {})

        return self._once(job, once)

    def _once(self, job: Callable[[Connection], Taken], once: Once | None) -> Taken:
        if once is None:
            return self._writer.write(job)
        table = tables.answers
        mine = (table.c.who == once.who) & (table.c.key == once.key)

        def wrapped(connection: Connection) -> Taken:
            before = connection.execute(select(table.c.digest, table.c.answer).where(mine)).first()
            if before is not None:
                if before.digest != once.digest:
                    raise Conflict(
                        "this Idempotency-Key was used for another request; send a new one"
                    )
                return Taken(json.loads(before.answer), replayed=True)
            done = job(connection)
            told = json.dumps(dict(done.answer), ensure_ascii=False)
            row = {**asdict(once), "answer": told, "made": int(time.time())}
            connection.execute(insert(table), row)
            return done

        return self._writer.write(wrapped)

    def events(self, after: int = 0) -> Iterator[tuple[int, Event]]:
        """Number and event of all that were committed after a number, in that order."""
        table = tables.events
        names = ("user", "item", "event", "time", "weight", "id")
        columns = [table.c[name] for name in names]
        while True:
            wanted = select(table.c.seq, *columns).where(table.c.seq > after)
            with self._asked() as connection:
                rows = connection.execute(wanted.order_by(table.c.seq).limit(PAGE)).all()
            for row in rows:
                after = int(row[0])
                yield after, Event(*row[1:])
            if len(rows) < PAGE:
                return

    def items(self, after: int = 0) -> Iterator[tuple[int, Item]]:
        """Revision and latest state of each item that was changed after a revision, in order."""
        table = tables.items
        while True:
            wanted = select(table).where(table.c.revision > after).order_by(table.c.revision)
            with self._asked() as connection:
                rows = connection.execute(wanted.limit(PAGE)).mappings().all()
            for row in rows:
                after = int(row["revision"])
                yield after, _as_item(row)
            if len(rows) < PAGE:
                return

    def medium(self, sha256: str) -> bytes | None:
        """What was posted, by its SHA-256; None where nothing was."""
        wanted = select(tables.media.c.data).where(tables.media.c.sha256 == sha256)
        with self._asked() as connection:
            data = connection.execute(wanted).scalar()
        return None if data is None else bytes(data)

    def add_key(self, name: str, scopes: Sequence[str], *, expires: int | None = None) -> str:
        """Make a key; what is returned is shown once and kept nowhere.

        Raises:
            BadData: for a name that is taken or empty, and a scope that there is none of.
        """
        unknown = set(scopes) - set(SCOPES)
        if unknown or not scopes or not name.strip():
            raise BadData(f"a key needs a name and scopes of {', '.join(SCOPES)}")
        secret, ident, hashed = api_keys.made()
        table = tables.api_keys

        def job(connection: Connection) -> None:
            if connection.execute(select(table.c.id).where(table.c.name == name)).scalar():
                raise BadData(f"there is a key called {name!r} already; choose another name")
            row = {"id": ident, "name": name, "hash": hashed, "scopes": ",".join(scopes)}
            more = {"created": int(time.time()), "expires": expires}
            connection.execute(insert(table), {**row, **more})

        self._writer.write(job)
        return secret

    def key(self, ident: str) -> Key | None:
        """What is kept of a key, by its identifier."""
        return next((key for key in self.keys() if key.id == ident), None)

    def keys(self) -> list[Key]:
        """All keys, revoked ones too, oldest first."""
        table = tables.api_keys
        with self._asked() as connection:
            rows = connection.execute(select(table).order_by(table.c.created, table.c.id)).all()
        return [
            Key(r.id, r.name, r.hash, tuple(r.scopes.split(",")), r.created, r.expires, r.revoked)
            for r in rows
        ]

    def revoke_key(self, name: str) -> None:
        """Let a key be used no more.

        Raises:
            UnknownName: where there is none of that name.
        """
        table = tables.api_keys

        def job(connection: Connection) -> None:
            values = {"revoked": int(time.time())}
            if not connection.execute(
                update(table).where(table.c.name == name).values(values)
            ).rowcount:
                raise UnknownName(f"no key is called {name!r}; see `prismrec keys list`")

        self._writer.write(job)

    def setting(self, name: str) -> str | None:
        """A value that was set, such as the version of the model that is held on to."""
        table = tables.settings
        with self._asked() as connection:
            found = connection.execute(select(table.c.value).where(table.c.name == name)).scalar()
        return None if found is None else str(found)

    def set_setting(self, name: str, value: str | None) -> None:
        """Keep a value; None forgets it."""
        table = tables.settings

        def job(connection: Connection) -> None:
            connection.execute(delete(table).where(table.c.name == name))
            if value is not None:
                connection.execute(insert(table), {"name": name, "value": value})

        self._writer.write(job)

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        with self._asked() as connection:
            return {
                table.name: int(
                    connection.execute(select(func.count()).select_from(table)).scalar_one()
                )
                for table in tables.metadata.sorted_tables
            }

    def size(self) -> int:
        """Bytes that the database takes."""
        asked = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        if self.shared:
            asked = "SELECT pg_database_size(current_database())"
        with self._asked() as connection:
            return int(connection.execute(text(asked)).scalar_one())

    def prune(self, *, seconds: int = REMEMBERED) -> dict[str, int]:
        """Forget old answers, and media that no item refers to; returns how many of each."""

        def job(connection: Connection) -> dict[str, int]:
            before = int(time.time()) - seconds
            old = connection.execute(delete(tables.answers).where(tables.answers.c.made < before))
            texts = connection.execute(select(tables.items.c.media)).scalars()
            used = {value.removeprefix(UPLOAD) for t in texts for value in json.loads(t).values()}
            kept = connection.execute(select(tables.media.c.sha256)).scalars().all()
            unused = sorted(set(kept) - used)
            for sha256 in unused:
                connection.execute(delete(tables.media).where(tables.media.c.sha256 == sha256))
            return {"answers": old.rowcount, "media": len(unused)}

        return self._writer.write(job)

    @contextmanager
    def _asked(self) -> Iterator[Connection]:
        try:
            with self.reader.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise reason(error) from error


def _check(*texts: str | None) -> None:
    """Refuse what one kind of database keeps and another does not."""
    if any(each is not None and "\0" in each for each in texts):
        raise BadData("a text holds NUL bytes, which no text has; leave them out")


def _named(event: Event) -> Event:
    return event if event.id else replace(event, id=uuid.uuid4().hex)


def _as_row(item: Item) -> dict[str, Any]:
    texts = {
        name: json.dumps(dict(getattr(item, name)), ensure_ascii=False, sort_keys=True)
        for name in ("columns", "media")
    }
    plain = {name: getattr(item, name) for name in ("item", "title", "text", "in_stock", "removed")}
    return {**plain, **texts}


def _as_item(row: Mapping[Any, Any]) -> Item:
    maps = {name: json.loads(row[name]) for name in ("columns", "media")}
    names = ("item", "title", "text", "in_stock", "removed")
    return Item(**{name: row[name] for name in names}, **maps)
