"""Tables are brought up to date with what is in them; a newer version's are left alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from prismrec.errors import BadData
from prismrec.serve.database import Database, opening, tables
from prismrec.serve.database.opening import address_of
from prismrec.serve.values import Event, Item
from serve.postgres import PASSWORD

NEXT = '''
"""A further step."""
import sqlalchemy as sa
from alembic import op
revision = "0002"
down_revision = "0001"
def upgrade():
    with op.batch_alter_table("events") as table:
        table.add_column(sa.Column("place", sa.Text))
    op.execute("UPDATE events SET place = 'here'")
'''
BROKEN = NEXT.replace("SET place", "SET nowhere")


@pytest.fixture
def next_step(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """As if prismrec had a further step; the file that holds it."""
    steps = tmp_path / "100%steps"
    shutil.copytree(opening.STEPS, steps, ignore=shutil.ignore_patterns("__pycache__"))
    file = steps / "versions" / "0002_next.py"
    file.write_text(NEXT)
    monkeypatch.setattr(opening, "STEPS", steps)
    monkeypatch.setattr(opening, "NEWEST", "0002")
    return file


def fill(address: str) -> None:
    database = Database(address)
    database.take_events([Event("ann", "lamp", "like", 7, 1.5, "e")])
    database.put_item(Item("lamp", "Lamp"), {"0" * 64: b"data"})
    database.set_setting("pinned", "v1")
    database.close()


def asked(address: str, statement: str) -> list[tuple[object, ...]]:
    engine = create_engine(address_of(address))
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(text(statement))]
    engine.dispose()
    return rows


def test_the_steps_lead_to_the_tables(address: str) -> None:
    Database(address).close()
    engine = create_engine(address_of(address))
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), tables.metadata)
    engine.dispose()
    assert not found
    assert ScriptDirectory(str(opening.STEPS)).get_current_head() == opening.NEWEST


def test_an_older_database_keeps_what_it_has(address: str, request: pytest.FixtureRequest) -> None:
    fill(address)
    request.getfixturevalue("next_step")
    database = Database(address)
    try:
        assert [each for _, each in database.events()] == [
            Event("ann", "lamp", "like", 7, 1.5, "e")
        ]
        assert [each.item for _, each in database.items()] == ["lamp"]
        assert database.medium("0" * 64) == b"data"
        assert database.setting("pinned") == "v1"
        assert database.take_events([Event("bob", "lamp", "like", 8)]).answer["stored"] == 1
        assert [number for number, _ in database.events()] == [1, 2]
    finally:
        database.close()
    assert asked(address, "SELECT place FROM events ORDER BY seq") == [("here",), (None,)]
    assert asked(address, "SELECT version_num FROM alembic_version") == [("0002",)]


def test_a_step_that_fails_changes_nothing(address: str, request: pytest.FixtureRequest) -> None:
    fill(address)
    request.getfixturevalue("next_step").write_text(BROKEN)
    with pytest.raises(Exception, match="nowhere"):
        Database(address)
    assert asked(address, "SELECT version_num FROM alembic_version") == [("0001",)]
    assert len(asked(address, "SELECT * FROM events")[0]) == 8


def test_a_newer_database_is_refused(address: str) -> None:
    fill(address)
    engine = create_engine(address_of(address))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0009'"))
    engine.dispose()
    with pytest.raises(BadData, match=r"newer prismrec \(0009\); upgrade") as told:
        Database(address)
    assert "\n" not in str(told.value) and PASSWORD not in str(told.value)
    assert asked(address, "SELECT item FROM events") == [("lamp",)]


def test_alembic_is_not_needed_to_open_what_is_up_to_date(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'serve.sqlite'}"
    fill(address)
    program = (
        "import sys; from prismrec.serve.database import Database;"
        f"d = Database({address!r}); print(len(list(d.events()))); d.close();"
        "sys.exit('alembic' in sys.modules or 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


@pytest.mark.slow
def test_two_that_open_a_new_database_at_once(address: str) -> None:
    """Both begin where there are no tables; one of them makes these."""
    program = (
        "import sys; from prismrec.serve.database import Database;"
        f"d = Database({address!r}); d.set_setting(sys.argv[1], 'x'); d.close()"
    )
    command = [sys.executable, "-c", program]
    running = [subprocess.Popen([*command, str(n)], stderr=subprocess.PIPE) for n in range(2)]
    told = [each.communicate(timeout=60)[1] for each in running]
    assert [each.returncode for each in running] == [0, 0], told
    database = Database(address)
    try:
        assert [database.setting(str(n)) for n in range(2)] == ["x"] * 2
    finally:
        database.close()
