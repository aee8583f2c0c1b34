"""Logs: one line of JSON for each request or event, without names of people or what they asked."""

from __future__ import annotations

import json
import logging
import sys
import time
from types import TracebackType

__all__ = ["LOGGER", "Lines", "start_logging", "where"]

LOGGER = logging.getLogger("prismrec.serve")
FRAMES = 12  # of a traceback, innermost last


class Lines(logging.Formatter):
    """Makes of a record one line of JSON; an error is told by type and place, not by its message.

    Messages of errors of other libraries may hold values of a request.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        line |= getattr(record, "values", {})
        if record.exc_info and record.exc_info[0] is not None:
            line |= {"error": record.exc_info[0].__name__, "at": where(record.exc_info[2])}
        return json.dumps(line, ensure_ascii=True)


def where(trace: TracebackType | None) -> list[str]:
    """The places that an error came through, as module:line, outermost first."""
    places = []
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "?")
        places.append(f"{module}:{trace.tb_lineno}")
        trace = trace.tb_next
    return places[-FRAMES:]


def start_logging(level: str) -> None:
    """Send the lines of the server and of what serves it to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    for name in ("prismrec", "uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers = [handler] if name != "uvicorn.error" else []
        logger.propagate = name == "uvicorn.error"
        logger.setLevel(level.upper())
