"""Following: what others change: new versions of the model and other servers' writes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

__all__ = ["Follower"]

LOG = logging.getLogger("prismrec.serve")


class Follower:
    """Looks again and again, in a thread of its own; what goes wrong is told and tried again."""

    def __init__(self, looks: Sequence[Callable[[], None]], *, seconds: float) -> None:
        self._looks, self._seconds = looks, seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="follower", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Stop, after the look that is under way."""
        self._stop.set()
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join(self._seconds + 5)

    def _work(self) -> None:
        told: dict[int, str] = {}
        while not self._stop.wait(self._seconds):
            for place, look in enumerate(self._looks):
                try:
                    look()
                except Exception as error:  # the thread has to outlive a database that is away
                    text = " ".join(str(error).split()) or type(error).__name__
                    if told.get(place) != text:  # once, not every second
                        LOG.warning("%s", text)
                    told[place] = text
                else:
                    told.pop(place, None)
