"""Running: the app on a port, until a signal, and then to the end of every request."""

from __future__ import annotations

import errno
import importlib.util
import logging
import signal
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import uvicorn

from prismrec.errors import BadData
from prismrec.serve.api.app import create_app
from prismrec.serve.api.logs import LOGGER
from prismrec.serve.database import Database
from prismrec.serve.settings import Settings, is_private

if TYPE_CHECKING:
    from prismrec.serve.service import Service

__all__ = ["allowed_to_listen", "listening", "run"]

KEEP_ALIVE = 30  # seconds that an idle connection stays
BACKLOG = 2048
REMEDY = "prismrec keys add NAME --scopes read,write"


def allowed_to_listen(database: Database, settings: Settings) -> None:
    """Check that nobody but this machine can come without a key.

    Raises:
        BadData: where others could; says how to make a key.
    """
    if is_private(settings):
        return
    if settings.open:
        raise BadData(
            "without keys only this machine is served, and others can come by the address or a "
            f"proxy; leave out --open and make a key: {REMEDY}"
        )
    there = database.keys()
    if not any(key.revoked is None for key in there):
        raise BadData(f"others can reach this server, so make a key first: {REMEDY}")


def listening(settings: Settings) -> socket.socket:
    """A socket that listens where the settings say.

    Raises:
        BadData: where that cannot be; the port is taken, say.
    """
    place = f"{settings.host} port {settings.port}"
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        made = socket.socket(family, kind)
    except OSError as error:
        raise BadData(f"cannot listen on {place}: {error.strerror}") from None
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        taken = error.errno == errno.EADDRINUSE
        why = "it is taken; choose another with --port" if taken else error.strerror
        raise BadData(f"cannot listen on {place}: {why}") from None
    made.set_inheritable(True)
    return made


def run(
    service: Service,
    settings: Settings,
    *,
    at: socket.socket | None = None,
    started: Callable[[str], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; then finish what was begun and close the service.

    Args:
        service: what answers; it is closed in any case.
        settings: how.
        at: a socket that listens; None makes one.
        started: called with the address once requests are answered.

    Raises:
        BadData: where the address cannot be listened on, or not without a key.
    """
    try:
        allowed_to_listen(service.database, settings)
        at = at or listening(settings)
        server = _Server(_how(service, settings), address_of(at, settings.access.https), started)
        if threading.current_thread() is threading.main_thread():
            # The server passes a signal on when it is done, which must not end the process before
            # the service is closed.
            signal.signal(signal.SIGTERM, lambda _number, _frame: None)
            signal.signal(signal.SIGINT, lambda _number, _frame: None)
        server.run(sockets=[at])
    finally:
        service.close()
        LOGGER.info("stopped")


def address_of(at: socket.socket, https: bool) -> str:
    """Where a socket can be found, as a browser is told."""
    host, port = at.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    name = f"[{host}]" if ":" in host else host
    return f"http{'s' if https else ''}://{name}:{port}"


def _how(service: Service, settings: Settings) -> uvicorn.Config:
    # What it has to say before an answer is our own log's; its lines would name addresses.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    protocol: Any = "auto"
    if importlib.util.find_spec("httptools"):  # the other parser has such limits
        from prismrec.serve.api.heads import Heads

        protocol = Heads
    return uvicorn.Config(
        create_app(service),
        http=protocol,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.access.proxies),
        forwarded_allow_ips=list(settings.access.proxies),
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=round(settings.work.stop_seconds),
        ws="none",
    )


class _Server(uvicorn.Server):
    """A server that says when it has started."""

    def __init__(
        self, how: uvicorn.Config, address: str, started: Callable[[str], None] | None
    ) -> None:
        super().__init__(how)
        self.address = address
        self.tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            LOGGER.info("serving", extra={"values": {"address": self.address}})
            if self.tell is not None:
                self.tell(self.address)
