"""What may be sent when: requests a minute, characters in all, waits after trouble."""

from __future__ import annotations

import random
import threading
import time
from email.utils import parsedate_to_datetime

from prismrec.errors import PrismrecError

__all__ = ["Pace", "wait_after", "wait_asked_for"]

FIRST_WAIT, LONGEST_WAIT = 0.5, 60.0  # seconds; the wait doubles from try to try
sleep = time.sleep  # a name of its own, so that tests need not wait


class Pace:
    """Shared by all threads that send to one endpoint."""

    def __init__(self, rate: float, budget: int | None) -> None:
        """Take requests a minute, 0 for no limit, and characters in all."""
        self.gap = 60 / rate if rate > 0 else 0.0
        self.budget = budget
        self.sent = 0
        self.next = 0.0
        self.lock = threading.Lock()

    def spend(self, characters: int) -> None:
        """Put characters to the account.

        Raises:
            PrismrecError: where they are too many; none are put there then.
        """
        with self.lock:
            if self.budget is not None and self.sent + characters > self.budget:
                raise PrismrecError(
                    f"the budget of {self.budget:,} characters is spent ({self.sent:,} were sent);"
                    " what was encoded is kept: run again, or with a larger budget, to go on"
                )
            self.sent += characters

    def wait(self) -> None:
        """Wait for the next moment at which a request may be sent."""
        with self.lock:
            now = time.monotonic()
            start = max(now, self.next)
            self.next = start + self.gap
        if start > now:
            sleep(start - now)


def wait_after(attempt: int, asked: float | None) -> float:
    """Seconds to wait after the failure of an attempt, counted from 0.

    Doubling, and between a half and the whole of it by chance, so that many clients do not come
    back at once; never less than the endpoint asked for.
    """
    longest = min(LONGEST_WAIT, FIRST_WAIT * 2.0**attempt)
    return max(asked or 0.0, longest * float(random.uniform(0.5, 1.0)))


def wait_asked_for(headers: dict[str, str]) -> float | None:
    """What `Retry-After` says in seconds: a number, or a date; None where it says nothing."""
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    if text is None:
        return None
    if (seconds := _number(text)) is not None:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None


def _number(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text is not None else None
    except ValueError:
        return None
