"""Fetching media from addresses that a shop allows: once, public hosts only, within limits."""

from __future__ import annotations

import hashlib
import http.client
import ipaddress
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, urljoin, urlsplit

from prismrec.data.limits import Limits, why_not_ask
from prismrec.errors import BadMedia
from prismrec.media.files import read_inside

__all__ = ["Fetcher", "is_public"]

AT_ONCE = 8  # addresses
REDIRECTIONS = 5
MOVED = (301, 302, 303, 307, 308)
CHUNK = 1 << 16
SAFE = "/%:@!$&'()*+,;=~?"  # characters of an address that are sent as they are
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(eq=False)
class Fetcher:
    """Gives what an address sends, and keeps it in a folder, where it is found the next time.

    A name is looked up once and the connection goes to the address that was checked, so that a
    second answer of the name server changes nothing. Proxies are not used: behind one, nothing
    could be checked. To fetch anew, delete the folder.
    """

    folder: Path
    limits: Limits
    loopback: bool = False  # for tests, which serve themselves; no setting of a shop leads here
    _failed: dict[str, str] = field(default_factory=dict)  # reasons of this run, by address

    def __call__(self, url: str) -> bytes:
        """The content at an address.

        Raises:
            BadMedia: where it may not be asked, does not answer in time, or sends too much.
        """
        self._fetch(url)
        return read_inside(self.folder, self._kept(url).name, most=self.limits.bytes)

    def fetch_all(self, urls: Iterable[str]) -> None:
        """Fetch what is not kept yet, several at a time; failures wait for their own call."""

        def fetch(url: str) -> None:
            with suppress(BadMedia):
                self._fetch(url)

        missing = [url for url in urls if not self._kept(url).exists()]
        if missing:
            with ThreadPoolExecutor(min(AT_ONCE, len(missing))) as pool:
                list(pool.map(fetch, missing))

    def has(self, url: str) -> bool:
        """Whether what an address sends was kept earlier."""
        return self._kept(url).exists()

    def _kept(self, url: str) -> Path:
        return self.folder / hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()

    def _fetch(self, url: str) -> None:
        if fault := why_not_ask(url, self.limits.urls):
            raise BadMedia(0, fault)
        path = self._kept(url)
        if path.exists():
            return
        if url in self._failed:
            raise BadMedia(0, self._failed[url])
        part = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                with part.open("wb") as file:
                    self._follow(url, file)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
        except BadMedia as bad:
            self._failed[url] = bad.reason
            raise
        except OSError as error:
            raise BadMedia(0, f"cannot be kept in {self.folder} ({error.strerror})") from error

    def _follow(self, url: str, file: BinaryIO) -> None:
        deadline = time.monotonic() + self.limits.fetch_seconds
        try:
            for _ in range(REDIRECTIONS + 1):
                moved = self._ask(url, file, deadline)
                if not moved:
                    return
                if url.lower().startswith("https:") and not moved.lower().startswith("https:"):
                    raise BadMedia(0, "leads from https to another scheme")
                url = moved
        except (OSError, http.client.HTTPException, ValueError) as error:
            if time.monotonic() >= deadline:
                late = f"did not answer within {self.limits.fetch_seconds:g} seconds; encode again"
                raise BadMedia(0, late) from error
            text = (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:80]
            raise BadMedia(0, f"cannot be fetched ({' '.join(text.split())})") from error
        raise BadMedia(0, f"leads on more than {REDIRECTIONS} times")

    def _ask(self, url: str, file: BinaryIO, deadline: float) -> str:
        """Write what is sent, or return the address that is named instead."""
        if fault := why_not_ask(url, self.limits.urls):
            raise BadMedia(0, f"leads to {url[:80]}, which {fault}")
        with self._connected(url, deadline) as connection:
            parts = urlsplit(url)
            asked = parts._replace(scheme="", netloc="", path=parts.path or "/", fragment="")
            target = quote(asked.geturl(), SAFE)
            sent = {"Accept-Encoding": "identity", "User-Agent": "prismrec"}
            connection.request("GET", target, headers=sent)
            answer = connection.getresponse()
            place = answer.getheader("Location")
            if answer.status in MOVED and place:
                return urljoin(url, place)
            if answer.status != 200:
                raise BadMedia(0, f"answered {answer.status} {answer.reason[:40]}".strip())
            self._receive(answer, file)
        if time.monotonic() >= deadline:  # what broke off then may look like an end
            raise TimeoutError
        return ""

    def _receive(self, answer: http.client.HTTPResponse, file: BinaryIO) -> None:
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise BadMedia(0, "is sent compressed, which was not asked for")
        announced, got, most = answer.length, 0, self.limits.bytes
        while (announced or 0) <= most and got <= most and (chunk := answer.read(CHUNK)):
            got += len(chunk)
            file.write(chunk)
        if max(got, announced or 0) > most:
            over = f"sends more than {most / 1024**2:,.1f} MiB"
            raise BadMedia(0, f"{over}; raise bytes under [limits] in shop.toml if it is meant")
        if announced is not None and got < announced:
            raise ConnectionError("it broke off; encode again")

    @contextmanager
    def _connected(self, url: str, deadline: float) -> Iterator[http.client.HTTPConnection]:
        """A connection to a checked address, that ends at the deadline whatever is going on."""
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        kind = http.client.HTTPConnection if parts.scheme == "http" else http.client.HTTPSConnection
        connection = kind(host, parts.port)
        plain = self._socket(host, connection.port, deadline)
        # A server that sends a byte now and then never runs into the timeout of a read.
        watch = threading.Timer(max(0.0, deadline - time.monotonic()), _cut, [plain])
        try:
            watch.start()
            connection.sock = plain
            if parts.scheme == "https":
                connection.sock = ssl.create_default_context().wrap_socket(
                    plain, server_hostname=host
                )
                watch.args = [connection.sock]
            yield connection
        finally:
            watch.cancel()
            connection.close()
            plain.close()

    def _socket(self, host: str, port: int, deadline: float) -> socket.socket:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        for *_, address in found:
            ip = ipaddress.ip_address(str(address[0]).partition("%")[0])
            if not (is_public(ip) or (self.loopback and ip.is_loopback)):
                raise BadMedia(0, f"leads to {ip}, which is no public address")
        fault: OSError = OSError("the host has no address")
        for family, kind, protocol, _, address in found:
            plain = socket.socket(family, kind, protocol)
            plain.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                plain.connect(address)
            except OSError as error:
                plain.close()
                fault = error
            else:
                return plain
        raise fault


def is_public(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address lies in the open internet, in whatever form it is written."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped or ip in NAT64:
            return is_public(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        inner = [each for each in (ip.sixtofour, *(ip.teredo or ())) if each is not None]
        if ip.is_site_local or not all(map(is_public, inner)):
            return False
    closed = (ip.is_private, ip.is_loopback, ip.is_link_local, ip.is_multicast, ip.is_reserved)
    return ip.is_global and not (any(closed) or ip.is_unspecified)


def _cut(plain: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(plain, socket.SHUT_RDWR)  # below TLS, which another thread reads
