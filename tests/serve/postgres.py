"""A PostgreSQL of the tests' own: Debian's programs, a folder of its own, loopback only.

Import the fixture `postgres` in a conftest to use it.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

__all__ = ["PASSWORD", "Postgres", "postgres"]

PASSWORD = "amber-7-lantern"  # no message may hold it
USER = "tester"
SETTINGS = (  # small, and reached from this machine alone
    "max_connections=60",
    "unix_socket_directories=",
    "listen_addresses=127.0.0.1",
    "shared_buffers=16MB",
)


class Postgres:
    """One cluster; it can be stopped, killed and started again at the same address."""

    def __init__(self, programs: Path, folder: Path, as_user: tuple[str, ...]) -> None:
        self._programs, self._folder, self._as_user = programs, folder, as_user
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = int(found.getsockname()[1])
        self._made = 0

    def make(self) -> None:
        """Make the cluster."""
        word = self._folder / "word"
        word.write_text(PASSWORD)
        word.chmod(0o644)
        where = ("-D", str(self._folder / "data"), "-U", USER, f"--pwfile={word}", "--no-sync")
        self._run("initdb", *where, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C")

    def start(self, *, careful: bool = False) -> None:
        """Start it, and wait until it answers.

        What is written survives a kill either way, since the machine goes on; `careful` waits for
        the disk at every commit, as servers of others do.
        """
        fsync = f"fsync={'on' if careful else 'off'}"
        options = " ".join(f"-c {each}" for each in (*SETTINGS, fsync, f"port={self.port}"))
        log = str(self._folder / "log")
        self._run(
            "pg_ctl", "-D", str(self._folder / "data"), "-l", log, "-o", options, "-w", "start"
        )

    def stop(self, mode: str = "fast") -> None:
        """Stop it; with `immediate` as a crash would."""
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", mode, "-w", "stop")

    def is_running(self) -> bool:
        """Whether it runs."""
        return self._run("pg_ctl", "-D", str(self._folder / "data"), "status", check=False) == 0

    def database(self) -> str:
        """The address of a new, empty database."""
        self._made += 1
        name = f"shop{self._made}"
        self.sql(f"CREATE DATABASE {name}")
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{name}"

    def sql(self, statement: str) -> None:
        """Run a statement as the owner of the cluster."""
        import psycopg

        address = f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())

    def _run(self, program: str, *arguments: str, check: bool = True) -> int:
        # Output to a file: the server inherits a pipe and keeps it open.
        with (self._folder / "told").open("wb") as told:
            command = [*self._as_user, str(self._programs / program), *arguments]
            done = subprocess.run(
                command, stdout=told, stderr=told, cwd=self._folder, timeout=60, check=False
            )
        if check and done.returncode:
            text = (self._folder / "told").read_text(errors="replace")
            raise RuntimeError(f"{program} failed: {text[-500:]}")
        return done.returncode


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL; skipped where it or its driver is not installed."""
    pytest.importorskip("psycopg", reason="PostgreSQL needs psycopg")
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL: install Debian's package postgresql")
    as_user, owner = _somebody()
    # Not below pytest's own folder: that belongs to the superuser alone where he runs the tests.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if owner is not None:
        shutil.chown(folder, owner)
    server = Postgres(programs, folder, as_user)
    try:
        server.make()
        server.start()
        yield server
    finally:
        if server.is_running():
            server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path | None:
    """The folder of the newest PostgreSQL's programs."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"),
        key=lambda path: int(path.parts[-3]) if path.parts[-3].isdigit() else 0,
    )
    on_path = shutil.which("pg_ctl")
    if found:
        return found[-1].parent
    return None if on_path is None else Path(on_path).resolve().parent


def _somebody() -> tuple[tuple[str, ...], str | None]:
    """How to run a program as somebody else, where the superuser runs the tests: it refuses him."""
    if os.geteuid() != 0:
        return (), None
    tool = shutil.which("setpriv")
    if tool is None:
        pytest.skip("PostgreSQL does not run as the superuser, and there is no setpriv")
    return (tool, "--reuid=nobody", "--regid=nogroup", "--clear-groups"), "nobody"
