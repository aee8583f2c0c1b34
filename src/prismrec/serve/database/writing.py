"""Writer: one thread that commits what waits together, so that many share one flush of the disk."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, SQLAlchemyError

from prismrec.errors import BadData, PrismrecError
from prismrec.serve.database.errors import Unavailable
from prismrec.serve.database.opening import locked, reason

__all__ = ["Writer"]

TOGETHER = 256  # writes in one transaction
PATIENCE = 30.0  # seconds that a caller waits
UNFIT = (DataError, IntegrityError, UnicodeError, OverflowError)  # faults of one write alone
TOO_LONG = "54"  # class of PostgreSQL's errors for what exceeds a limit, such as a key of an index

Result = TypeVar("Result")
Job = Callable[[Connection], Any]


class Writer:
    """Runs writes one after another; `write` returns once they are committed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.SimpleQueue[tuple[Job, Future[Any]] | None] = queue.SimpleQueue()
        self._door = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    def write(self, job: Callable[[Connection], Result]) -> Result:
        """Run a job within a transaction and wait until that is committed.

        Raises:
            Unavailable, Full: where it is not; nothing of it was written.
        """
        future: Future[Result] = Future()
        with self._door:  # so that nothing is put behind the end, where nobody would answer it
            if self._closed:
                raise Unavailable("the server is being stopped; try again")
            self._jobs.put((job, future))
        try:
            return future.result(PATIENCE)
        except TimeoutError:
            if future.cancel():  # it was not begun
                raise Unavailable("the database does not answer in time; try again") from None
            return future.result()  # its transaction is under way: only its end tells the truth

    def close(self) -> None:
        """Finish what waits, then stop."""
        with self._door:
            if not self._closed:
                self._jobs.put(None)
            self._closed = True
        self._thread.join()

    def _work(self) -> None:
        while True:
            first = self._jobs.get()
            jobs = [] if first is None else [first]
            last = first is None
            while not last and len(jobs) < TOGETHER and not self._jobs.empty():
                more = self._jobs.get()
                last = more is None
                if more is not None:
                    jobs.append(more)
            self._run([each for each in jobs if each[1].set_running_or_notify_cancel()])
            if last:
                return

    def _run(self, jobs: Sequence[tuple[Job, Future[Any]]]) -> None:
        """All in one transaction; where one of them breaks it, each by itself."""
        if not jobs:
            return
        outcomes: list[Any] = []
        try:
            with self._engine.begin() as connection:
                locked(connection)
                outcomes = [_tried(job, connection) for job, _ in jobs]
        except Exception as error:
            told = _ours(error)
            # A database that is away is away for all: asking once for each would take minutes.
            if len(jobs) > 1 and not isinstance(told, Unavailable):
                for job in jobs:
                    self._run([job])
                return
            outcomes = [told] if len(jobs) == 1 else [Unavailable(str(told)) for _ in jobs]
        for (_, future), outcome in zip(jobs, outcomes, strict=True):
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)


def _tried(job: Job, connection: Connection) -> Any:
    """What a job returns or is refused for; other jobs of the transaction are left alone."""
    savepoint = connection.begin_nested()
    try:
        done = job(connection)
    except (PrismrecError, OperationalError, *UNFIT) as error:
        if isinstance(error, OperationalError) and not _is_too_long(error):
            raise
        savepoint.rollback()
        return _ours(error)
    # After any other error there may be no savepoint to go back to: SQLite ends the transaction
    # of a full disk by itself, and asking for more would hide why.
    savepoint.commit()
    return done


def _is_too_long(error: Exception) -> bool:
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    return str(state).startswith(TOO_LONG)


def _ours(error: Exception) -> Exception:
    if _is_too_long(error):
        return BadData("an identifier is longer than the database can keep; send a shorter one")
    if isinstance(error, UNFIT):
        return BadData(
            "a value is none that the database can keep; send text without NUL bytes and halves "
            "of characters, and whole numbers below 2**63"
        )
    return reason(error) if isinstance(error, SQLAlchemyError | OSError) else error
