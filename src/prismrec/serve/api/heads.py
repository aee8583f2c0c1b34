"""Heads: how large the head of a request may be, and how long it may take.

The parser that uvicorn uses by default takes heads of any size, before anybody was asked for a key.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["Heads"]

MOST = 64 * 1024  # bytes that are no body: the head, and what parts a body into chunks
SECONDS = 20.0  # for a head to arrive
REFUSED = b"HTTP/1.1 431 Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Heads(HttpToolsProtocol):
    """A connection that is closed when a head is too large or does not come."""

    outside = inside = 0  # bytes of the present request that are no body, and that are
    head = 0  # bytes of its address and of its lines so far
    late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first head."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count, after the parser has taken what is body."""
        self.outside += len(data)
        super().data_received(data)
        if self.outside > MOST + self.inside // 2 and not self.transport.is_closing():
            if self.cycle is None or self.cycle.response_complete:
                self.transport.write(REFUSED)
            self.transport.close()

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        self.outside = self.inside = self.head = 0
        self._wait()

    def on_url(self, url: bytes) -> None:
        """Count the address."""
        self._more(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a line: a head that comes in one piece is over before `data_received` counts."""
        self._more(len(name) + len(value) + 4)
        super().on_header(name, value)

    def send_400_response(self, msg: str) -> None:
        """Say that a request is malformed, or too large."""
        if self.head <= MOST:
            super().send_400_response(msg)
            return
        self.transport.write(REFUSED)
        self.transport.close()

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._stop()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Bodies have limits of their own."""
        self.inside += len(body)
        self.outside -= len(body)
        super().on_body(body)

    def _more(self, size: int) -> None:
        self.head += size
        if self.head > MOST:
            raise ValueError("the head is too large")  # which ends the parser

    def _wait(self) -> None:
        self._stop()
        self.late = self.loop.call_later(SECONDS, self.transport.close)

    def _stop(self) -> None:
        if self.late is not None:
            self.late.cancel()
            self.late = None
