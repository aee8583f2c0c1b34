"""The same database twice: in a file, and in a PostgreSQL that the tests start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from prismrec.serve.database import Database
from serve.postgres import Postgres, postgres

__all__ = ["address", "database", "postgres"]


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that is empty, or not there yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state' / 'serve.sqlite'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.database()


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    """An open one."""
    opened = Database(address)
    yield opened
    opened.close()
