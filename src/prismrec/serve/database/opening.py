"""Opening a database: its engines, and its tables brought up to date."""

from __future__ import annotations

import errno
import re
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from prismrec.cache import folder_of
from prismrec.errors import BadData, MissingPackage, PrismrecError
from prismrec.serve.database.errors import Full, Unavailable

__all__ = ["NEWEST", "address_of", "default_address", "locked", "migrated", "opened", "reason"]

NEWEST = "0001"  # the last step in migrations/versions
PATIENCE = 10.0  # seconds that a writer waits for another one, and a connection for an answer
ABANDONED = 60.0  # seconds after which PostgreSQL ends a transaction whose server is silent
LOCK = 0x70726973  # of writers, in PostgreSQL
STEPS = Path(__file__).parent / "migrations"
FORMS = "write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"


def default_address(shop: Path) -> str:
    """Where a shop's database is when nothing else is said: SQLite, beside what is made of it."""
    return f"sqlite:///{folder_of(shop) / 'serve.sqlite'}"


def address_of(text: str) -> URL:
    """The address of a database, with the driver that is used for it.

    Raises:
        BadData: for an address of another kind.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        raise BadData(f"the address of the database cannot be read; {FORMS}") from None
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise BadData(f"a database in memory would lose what is written; {FORMS}")
        return url.set(drivername="sqlite", database=str(Path(url.database).expanduser()))
    if url.get_backend_name() in ("postgresql", "postgres"):
        word = url.query.get("password")
        if isinstance(word, str):  # where it would be shown with the rest of the address
            url = url.difference_update_query(["password"]).set(password=word)
        return url.set(drivername="postgresql+psycopg")
    raise BadData(f"no database of the kind {url.drivername!r} is known; {FORMS}")


def opened(url: URL) -> tuple[Engine, Engine]:
    """An engine for the one writer, and one for readers.

    Raises:
        MissingPackage: where the driver is not installed.
    """
    if url.get_backend_name() == "sqlite":
        assert url.database is not None
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        Path(url.database).touch(mode=0o600)  # what people did is nobody else's business
        options: dict[str, Any] = {"connect_args": {"timeout": PATIENCE}, "hide_parameters": True}
        writer = create_engine(url, pool_size=1, max_overflow=0, **options)
        event.listen(writer, "connect", _prepare)
        event.listen(writer, "begin", lambda c: c.exec_driver_sql("BEGIN IMMEDIATE"))
        reader = create_engine(url, isolation_level="AUTOCOMMIT", **options)
        event.listen(reader, "connect", _prepare)
        return writer, reader
    options = {"pool_pre_ping": True, "connect_args": _bounds(url), "hide_parameters": True}
    try:
        writer = create_engine(url, pool_size=1, max_overflow=0, **options)
        return writer, create_engine(url, isolation_level="AUTOCOMMIT", **options)
    except (ModuleNotFoundError, NoSuchModuleError):
        remedy = 'pip install "prismrec[postgresql]"'
        raise MissingPackage(f"PostgreSQL needs the package psycopg: {remedy}") from None


def _bounds(url: URL) -> dict[str, Any]:
    """How long PostgreSQL, and a network that swallows packets, are waited for."""
    given = url.query.get("options", "")
    own = given if isinstance(given, str) else " ".join(given)
    bounds = (
        f"-c statement_timeout={int(PATIENCE * 1000)} "
        f"-c idle_in_transaction_session_timeout={int(ABANDONED * 1000)}"
    )
    return {
        "connect_timeout": max(2, int(PATIENCE)),
        "application_name": "prismrec",
        "options": f"{bounds} {own}".strip(),
        "tcp_user_timeout": int(2 * PATIENCE * 1000),
        "keepalives_idle": max(1, int(PATIENCE)),
        "keepalives_interval": 2,
        "keepalives_count": 3,
    }


def _prepare(connection: Any, _: Any) -> None:
    """Every commit on the disk before it is told; readers do not wait for the writer."""
    connection.isolation_level = None  # transactions are begun by the listener alone
    # Only with fullfsync does macOS wait for the disk; elsewhere it changes nothing.
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "fullfsync = ON"):
        connection.execute(f"PRAGMA {pragma}")


def locked(connection: Connection) -> None:
    """Wait for other servers' writers, so that numbers are given in the order of commits.

    Whoever reads what came after a number would otherwise miss a lower one that commits later.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def migrated(writer: Engine) -> None:
    """Bring the tables up to date, in one transaction.

    Raises:
        BadData: where the database was written by a newer version, or cannot hold every text.
        Unavailable: where it cannot be asked.
    """
    try:
        with writer.begin() as connection:
            _check_encoding(connection)
            found = _version(connection)
            if found == NEWEST:
                return
            if found is not None and found > NEWEST:
                name = connection.engine.url.render_as_string(hide_password=True)
                raise BadData(f"{name} was written by a newer prismrec ({found}); upgrade prismrec")
            locked(connection)
            _migrate(connection)
    except SQLAlchemyError as error:
        if "file is not a database" in str(error):
            raise BadData(f"{writer.url.database} is no SQLite file; name another one") from None
        raise reason(error) from error


def _check_encoding(connection: Connection) -> None:
    if connection.dialect.name != "postgresql":
        return
    found = connection.execute(text("SHOW server_encoding")).scalar()
    if found != "UTF8":
        name = connection.engine.url.render_as_string(hide_password=True)
        remedy = "make one WITH ENCODING 'UTF8' TEMPLATE template0"
        raise BadData(f"{name} keeps texts as {found}, which lacks most characters; {remedy}")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    if connection.dialect.name == "postgresql":  # a large table takes its time
        connection.execute(text("SET LOCAL statement_timeout = 0"))
    steps = Config()
    steps.set_main_option("script_location", str(STEPS).replace("%", "%%"))
    steps.attributes["connection"] = connection
    command.upgrade(steps, "head")


def reason(error: SQLAlchemyError | OSError) -> PrismrecError:
    """What went wrong as one of our errors; no address and no statement is part of it."""
    origin = getattr(error, "orig", None) or error
    told = re.sub(r"\s+", " ", str(origin)).strip()
    told = re.sub(r"(?i)(password|pwd)=\S+", r"\1=...", told)[:200]
    no_room = isinstance(origin, OSError) and origin.errno in (errno.ENOSPC, errno.EDQUOT)
    if no_room or getattr(origin, "sqlstate", None) == "53100" or "disk is full" in told:
        return Full(f"the database's disk is full ({told}); free some room, then write again")
    return Unavailable(f"the database cannot be used now ({told}); try again")
