"""Fetching: a server on this machine stands for the internet, by leave of the tests alone."""

from __future__ import annotations

import ipaddress
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from prismrec.data.limits import Limits
from prismrec.errors import BadMedia
from prismrec.media import fetch
from prismrec.media.fetch import Fetcher, is_public
from prismrec.media.load import loader

from .test_load import make_shop

CLOSED = """
0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 169.254.169.254 172.16.0.1 192.168.1.1 192.0.2.1 198.18.0.1
224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 ::ffff:10.0.0.1 ::ffff:127.0.0.1 fe80::1 fc00::1
fd00:ec2::254 fec0::1 ff02::1 2001:db8::1 2002:7f00:1:: 2002:a00:1:: 64:ff9b::a00:1
64:ff9b::7f00:1 ::7f00:1 2001:0:7f00:1::
"""
SLOW = threading.Event()  # set when the slow answers may end


class Answers(BaseHTTPRequestHandler):
    """What is asked decides what is sent."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        name = self.path.partition("?")[0].strip("/").replace("-", "_")
        getattr(self, f"_{name}", self._missing)()

    def log_message(self, *_: object) -> None:
        pass

    def _send(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _missing(self) -> None:
        self._send(b"nothing", 404)

    def _fine(self) -> None:
        self._send(b"picture")

    def _empty(self) -> None:
        self._send(b"")

    def _moved(self) -> None:
        self._send(b"", 302, Location="/fine")

    def _circle(self) -> None:
        self._send(b"", 302, Location="/circle")

    def _to_metadata(self) -> None:
        self._send(b"", 302, Location="http://169.254.169.254/latest/meta-data")

    def _to_private(self) -> None:
        self._send(b"", 302, Location="http://10.0.0.1/")

    def _to_file(self) -> None:
        self._send(b"", 302, Location="file:///etc/passwd")

    def _to_other(self) -> None:
        self._send(b"", 302, Location="http://other.example/")

    def _large(self) -> None:
        self._send(b"x" * 5000)

    def _claims(self) -> None:
        self._send(b"x", Content_Length="99999999999")

    def _endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        while not SLOW.is_set():
            self.wfile.write(b"x" * 1000)

    def _short(self) -> None:
        self._send(b"x" * 10, Content_Length="20")

    def _packed(self) -> None:
        self._send(b"x", Content_Encoding="gzip")

    def _drips(self) -> None:
        self._send(b"", Content_Length="1000")
        while not SLOW.wait(0.05):
            self.wfile.write(b"x")

    def _drips_head(self) -> None:
        while not SLOW.wait(0.05):
            self.wfile.write(b"H")

    def _silent(self) -> None:
        SLOW.wait()


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    SLOW.clear()

    class Server(ThreadingHTTPServer):
        asked: ClassVar[list[str]] = []

        def handle_error(self, *_: object) -> None:
            pass  # clients that leave are what is tested

    with Server(("127.0.0.1", 0), Answers) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield server
        SLOW.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def site(server: ThreadingHTTPServer) -> str:
    return f"http://localhost:{server.server_address[1]}"


@pytest.fixture
def fetcher(tmp_path: Path) -> Fetcher:
    limits = Limits(urls=("localhost", "169.254.169.254", "10.0.0.1"), bytes=4000, fetch_seconds=5)
    return Fetcher(tmp_path / "fetched", limits, loopback=True)


def test_what_is_sent_is_kept(fetcher: Fetcher, site: str, server) -> None:
    assert fetcher(f"{site}/fine") == b"picture"
    again = Fetcher(fetcher.folder, fetcher.limits)  # may not even ask
    assert again(f"{site}/fine") == b"picture"
    assert fetcher(f"{site}/empty") == b""
    assert server.asked == ["/fine", "/empty"]
    assert len(list(fetcher.folder.iterdir())) == 2  # nothing half done lies about


def test_redirections_are_followed(fetcher: Fetcher, site: str) -> None:
    assert fetcher(f"{site}/moved") == b"picture"


def test_addresses_are_sent_as_they_must_be(fetcher: Fetcher, site: str, server) -> None:
    for path in ("/封面 1.jpg?名=灯&b=%20", "?a", ""):
        with pytest.raises(BadMedia, match="404"):
            fetcher(site + path)
    assert server.asked == ["/%E5%B0%81%E9%9D%A2%201.jpg?%E5%90%8D=%E7%81%AF&b=%20", "/?a", "/"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/nothing", "answered 404"),
        ("/circle", "more than 5 times"),
        ("/to-metadata", "leads to 169.254.169.254, which is no public address"),
        ("/to-private", "leads to 10.0.0.1, which is no public address"),
        ("/to-file", "neither http nor https"),
        ("/to-other", "host is not allowed"),
        ("/large", "sends more than"),
        ("/claims", "sends more than"),
        ("/endless", "sends more than"),
        ("/short", "broke off"),
        ("/packed", "compressed"),
        ("/a\nb", "cannot be fetched|answered 404"),
    ],
)
def test_what_is_refused(fetcher: Fetcher, site: str, path: str, reason: str) -> None:
    for _ in range(2):
        with pytest.raises(BadMedia, match=reason) as caught:
            fetcher(site + path)
        assert "\n" not in str(caught.value)
    assert not list(fetcher.folder.iterdir())


@pytest.mark.parametrize("path", ["/silent", "/drips", "/drips-head"])
def test_slow_answers_end_at_the_limit(fetcher: Fetcher, site: str, path: str) -> None:
    hasty = replace(fetcher, limits=replace(fetcher.limits, fetch_seconds=0.4), _failed={})
    with pytest.raises(BadMedia, match=r"within 0\.4 seconds"):
        hasty(site + path)


def test_this_machine_is_refused_unless_a_test_allows_it(tmp_path: Path, site: str, server) -> None:
    fetcher = Fetcher(tmp_path, Limits(urls=("any",)))
    port = site.rpartition(":")[2]
    hosts = ["localhost", "127.0.0.1", "127.1", "0x7f.1", "2130706433", "0.0.0.0"]
    hosts += ["[::1]", "[::ffff:127.0.0.1]", "[::]", "[64:ff9b::7f00:1]", "[::127.0.0.1]"]
    for host in hosts:
        with pytest.raises(BadMedia, match=r"no public address|cannot be fetched"):
            fetcher(f"http://{host}:{port}/fine")
    assert server.asked == []


def test_a_second_answer_of_the_name_server_changes_nothing(
    tmp_path: Path, site: str, server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the name is public when it is checked, and local when it is asked again."""
    real, answers = socket.getaddrinfo, iter(["93.184.216.34", "127.0.0.1", "127.0.0.1"])
    connected = []

    def look_up(host, port, *more, **named):
        return real(next(answers), port, *more, **named)

    def connect(_: socket.socket, address: tuple[str, int]) -> None:
        connected.append(address[0])
        raise ConnectionRefusedError(111, "refused")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(fetch.socket.socket, "connect", connect)
    fetcher = Fetcher(tmp_path, Limits(urls=("any",)))
    with pytest.raises(BadMedia, match="refused"):
        fetcher(f"{site}/fine")
    assert connected == ["93.184.216.34"]
    assert server.asked == []


def test_one_private_address_among_public_ones_is_enough_to_refuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80))
        for ip in ("93.184.216.34", "10.1.1.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(BadMedia, match=r"10\.1\.1\.1, which is no public"):
        Fetcher(tmp_path, Limits(urls=("any",)))("http://mixed.example/a")


@pytest.mark.parametrize("ip", CLOSED.split())
def test_addresses_that_are_not_public(ip: str) -> None:
    assert not is_public(ipaddress.ip_address(ip))


@pytest.mark.parametrize(
    "ip", ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_addresses_that_are_public(ip: str) -> None:
    assert is_public(ipaddress.ip_address(ip))


def test_several_are_fetched_at_once_and_failures_wait(
    fetcher: Fetcher, site: str, server, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(4, timeout=20)

    def fine(answers: Answers) -> None:
        together.wait()  # answers none before all have asked
        answers._send(b"picture")

    monkeypatch.setattr(Answers, "_fine", fine)
    urls = [f"{site}/fine?{k}" for k in range(4)]
    fetcher.fetch_all([*urls, f"{site}/nothing"])
    n = len(server.asked)
    assert all(fetcher(url) == b"picture" for url in urls)
    with pytest.raises(BadMedia, match="404"):
        fetcher(f"{site}/nothing")
    assert len(server.asked) == n == 5


def test_a_link_in_the_folder_of_fetched_files_is_not_followed(
    fetcher: Fetcher, site: str, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    fetcher(f"{site}/fine")
    (kept,) = fetcher.folder.iterdir()
    kept.unlink()
    kept.symlink_to(tmp_path / "secret")
    with pytest.raises(BadMedia, match="outside"):
        fetcher(f"{site}/fine")


def test_a_folder_that_cannot_be_written_is_named(fetcher: Fetcher, tmp_path, site: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(BadMedia, match="cannot be kept"):
        replace(fetcher, folder=tmp_path / "file" / "fetched")(f"{site}/fine")


def test_a_shop_never_reaches_this_machine(tmp_path: Path, site: str, server) -> None:
    shop = make_shop(tmp_path, Limits(urls=("any",)), image=f"{site}/fine")
    load = loader(shop, "image")
    with pytest.raises(BadMedia, match="no public address"):
        load(f"{site}/fine")
    assert server.asked == []


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate with openssl")
def test_https_is_checked_against_the_name_that_was_asked(
    fetcher: Fetcher, tmp_path: Path, server, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    made += ["-subj", "/CN=x", "-addext", "subjectAltName=DNS:localhost"]
    made += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    port = server.server_address[1]
    with pytest.raises(BadMedia, match="certificate"):
        fetcher(f"https://localhost:{port}/fine")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    anew = replace(fetcher, limits=Limits(urls=("any",)), _failed={})
    assert anew(f"https://localhost:{port}/fine") == b"picture"
    with pytest.raises(BadMedia, match="certificate"):
        anew(f"https://127.0.0.1:{port}/fine")
