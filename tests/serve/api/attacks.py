"""The table of attacks: what is sent, and the status that answers it."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

UPLOAD = 50_000
PEOPLE = {"people": [{"user": "ann"}]}
EVENT = {"user": "ann", "item": "rug-2", "event": "like"}
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "multipart/form-data; boundary=bbb"}
TITLE = (None, '{"title": "x"}')
ONE_ITEM = '--bbb\r\nContent-Disposition: form-data; name="item"\r\n\r\n{"title": "x"}\r\n'


@dataclass(frozen=True)
class Attack:
    """A request, and what must come of it."""

    name: str
    method: str
    path: str
    status: int | tuple[int, ...]
    headers: dict[str, str] = field(default_factory=dict)
    sent: dict[str, Any] = field(default_factory=dict)  # json, content or files
    who: str | None = "all"  # key; None: none
    absent: tuple[str, ...] = ()  # must be in no header and no body


def chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 1000):
        yield b"x" * 1000


def parts(n: int, *, end: bool = True) -> str:
    return ONE_ITEM * n + ("--bbb--\r\n" if end else "")


def header_of(size: int) -> str:
    return f'--bbb\r\nContent-Disposition: form-data; name="{"n" * size}"\r\n\r\nx\r\n--bbb--\r\n'


def files(name: str, data: bytes) -> dict[str, Any]:
    return {"files": {"item": TITLE, "image": (name, data, "image/png")}}


def item(**more: Any) -> dict[str, Any]:
    return {"json": {"title": "x", **more}}


def shown(value: str) -> dict[str, str]:
    return {"Authorization": value}


def raw(text: str | bytes) -> dict[str, Any]:
    return {"content": text}


TRAVERSAL = [
    Attack("dots", "GET", "/v1/items/..%2f..%2f..%2fetc%2fpasswd", 404),
    Attack("coded dots", "GET", "/v1/items/%2e%2e%2f%2e%2e%2fetc%2fpasswd/image", 404),
    Attack("backslashes", "GET", "/v1/items/..%5c..%5cwindows%5cwin.ini/image", 404),
    Attack("coded twice", "GET", "/v1/items/%252e%252e%252fetc%252fpasswd/image", 404),
    Attack("overlong UTF-8", "GET", "/v1/items/..%c0%af..%c0%afetc/image", 422),
    Attack("absolute", "GET", "/v1/items/%2fetc%2fpasswd/audio", 404),
    Attack("empty segment", "GET", "/v1/items//etc/passwd/image", 404),
    Attack("NUL", "GET", "/v1/items/lamp-7%00.png/image", 422),
    Attack("file scheme", "GET", "/v1/items/file:%2f%2f%2fetc%2fpasswd/image", 404),
    Attack("static", "GET", "/static/../../../etc/passwd", 404),
    Attack("version", "POST", "/v1/models/..%2f..%2fmodel/activate", 404),
    Attack("path of a picture", "PUT", "/v1/items/v", 422, sent=item(image="../../etc/passwd")),
    Attack("column image", "PUT", "/v1/items/v", 422, sent=item(columns={"image": "../x.png"})),
    Attack("column Audio", "PUT", "/v1/items/v", 422, sent=item(columns={" Audio ": "/x.wav"})),
    Attack("upload value", "PUT", "/v1/items/v", 422, sent=item(media={"image": "upload:00"})),
    Attack("file name", "PUT", "/v1/items/v", 201, sent=files("../../../etc/cron.d/x", b"png")),
]
FETCHING = [
    Attack("address", "PUT", "/v1/items/v", 422, sent=item(image="http://169.254.169.254/")),
    Attack(
        "address in a column", "PUT", "/v1/items/v", 422, sent=item(columns={"audio": "http://a/"})
    ),
    Attack("address as file", "PUT", "/v1/items/v", 422, sent=files("a", b"http://a/bad.png")),
    Attack(
        "address to search by",
        "POST",
        "/v1/search",
        422,
        sent={"files": {"url": (None, "http://a")}},
    ),
]
SIZES = [
    Attack(
        "declared", "POST", "/v1/events", 413, headers={**JSON, "Content-Length": "10000000000"}
    ),
    Attack("chunked", "POST", "/v1/events", 413, headers=JSON, sent=raw(chunks(2_000_000))),  # type: ignore[arg-type]
    Attack("file", "PUT", "/v1/items/v", 413, sent=files("a.png", b"x" * (UPLOAD + 1))),
    Attack(
        "picture to search by",
        "POST",
        "/v1/search",
        413,
        sent={"files": {"image": ("a", b"x" * (UPLOAD + 1))}},
    ),
    Attack("field", "PUT", "/v1/items/v", 413, sent={"files": {"item": (None, "x" * 300_000)}}),
    Attack("parts", "PUT", "/v1/items/v", 413, headers=FORM, sent=raw(parts(100))),
    Attack("item twice", "PUT", "/v1/items/v", 422, headers=FORM, sent=raw(parts(2))),
    Attack("name of a part", "PUT", "/v1/items/v", 400, headers=FORM, sent=raw(header_of(10_000))),
    Attack("unclosed form", "PUT", "/v1/items/v", 400, headers=FORM, sent=raw(parts(1, end=False))),
    Attack(
        "no boundary",
        "PUT",
        "/v1/items/v",
        400,
        sent=raw("x"),
        headers={"Content-Type": "multipart/form-data"},
    ),
    Attack(
        "long boundary",
        "PUT",
        "/v1/items/v",
        400,
        sent=raw("x"),
        headers={"Content-Type": f"multipart/form-data; boundary={'b' * 300}"},
    ),
    Attack("nesting", "POST", "/v1/recommendations", 400, headers=JSON, sent=raw("[" * 100_000)),
    Attack("nested objects", "POST", "/v1/events", 400, headers=JSON, sent=raw('{"a":' * 50_000)),
    Attack(
        "packed",
        "POST",
        "/v1/events",
        415,
        headers={**JSON, "Content-Encoding": "gzip"},
        sent=raw(gzip.compress(b" " * 10**7)),
    ),
    Attack("bomb of pixels", "PUT", "/v1/items/v", 422, sent=files("a.png", b"\x89PNG bad")),
    Attack("events", "POST", "/v1/events", 422, sent={"json": {"events": [EVENT] * 1001}}),
    Attack(
        "history",
        "POST",
        "/v1/recommendations",
        422,
        sent={"json": {"people": [{"history": ["x"] * 1001}]}},
    ),
    Attack("group", "POST", "/v1/recommendations", 422, sent={"json": {"people": [{}] * 51}}),
    Attack("huge k", "GET", "/v1/users/ann/recommendations?k=999999999999", 422),
    Attack("negative offset", "GET", "/v1/items?offset=-1", 422),
    Attack("endless address", "GET", "/v1/items?text=" + "a" * 60_000, 422),
    Attack("cookies", "GET", "/v1/items", 401, headers={"Cookie": "a=b; " * 10_000}, who=None),
]
VALUES = [
    Attack(
        "NaN",
        "POST",
        "/v1/recommendations",
        400,
        headers=JSON,
        sent=raw('{"people": [{}], "modality_weights": {"image": NaN}}'),
    ),
    Attack(
        "Infinity",
        "POST",
        "/v1/recommendations",
        400,
        headers=JSON,
        sent=raw('{"people": [{}], "diversity": -Infinity}'),
    ),
    Attack(
        "1e999",
        "POST",
        "/v1/recommendations",
        (400, 422),
        headers=JSON,
        sent=raw('{"people": [{}], "diversity": 1e999}'),
    ),
    Attack(
        "digits",
        "POST",
        "/v1/recommendations",
        (400, 422),
        headers=JSON,
        sent=raw('{"people": [{}], "k": ' + "9" * 10_000 + "}"),
    ),
    Attack(
        "text for number", "POST", "/v1/recommendations", 422, sent={"json": {**PEOPLE, "k": "5"}}
    ),
    Attack(
        "lone surrogate",
        "POST",
        "/v1/events",
        400,
        headers=JSON,
        sent=raw('{"user": "\\ud800", "item": "rug-2", "event": "like"}'),
    ),
    Attack("no UTF-8", "POST", "/v1/events", 400, headers=JSON, sent=raw(b'{"user": "\xff\xfe"}')),
    Attack("NUL in a name", "POST", "/v1/events", 422, sent={"json": {**EVENT, "user": "a\0b"}}),
    Attack("turned text", "POST", "/v1/events", 422, sent={"json": {**EVENT, "user": "a\u202eb"}}),
    Attack("byte order mark", "POST", "/v1/events", 422, sent={"json": {**EVENT, "id": "\ufeffa"}}),
    Attack("turned title", "PUT", "/v1/items/v", 422, sent=item(text="a\u2067b")),
    Attack("overlong id", "GET", "/v1/items/" + "a" * 5000, 422),
    Attack("prototype", "POST", "/v1/events", 422, sent={"json": {**EVENT, "__proto__": {"a": 1}}}),
    Attack("as somebody else", "POST", "/v1/events", 422, sent={"json": {**EVENT, "who": "admin"}}),
    Attack("slow pattern", "GET", "/v1/items?text=" + "a" * 400 + "!(a%2B)%2B$", 200),
    Attack("quote", "GET", "/v1/items/'%20OR%201=1--", 404),
    Attack("drop", "DELETE", "/v1/items/x';DROP%20TABLE%20items;--", 404),
    Attack("union", "GET", "/v1/users?text='%20UNION%20SELECT%20*%20FROM%20keys--", 200),
    Attack("template", "GET", "/v1/items/%7B%7B7*7%7D%7D", 404, absent=("item '49'",)),
]
TYPES = [
    Attack(
        "plain text",
        "POST",
        "/v1/events",
        415,
        headers={"Content-Type": "text/plain"},
        sent=raw('{"user": "ann", "item": "rug-2", "event": "like"}'),
    ),
    Attack("no type", "POST", "/v1/events", 415, sent=raw(b"{}")),
    Attack("form", "POST", "/v1/events", 415, sent={"data": {"user": "ann"}}),
    Attack(
        "XML",
        "PUT",
        "/v1/items/v",
        415,
        headers={"Content-Type": "application/xml"},
        sent=raw('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
    ),
    Attack("page as picture", "PUT", "/v1/items/v", 422, sent=files("a.png", b"<html>bad</html>")),
    Attack(
        "two kinds", "PUT", "/v1/items/v", 422, sent=files("a.gif", b"GIF89a/*bad*/=1;alert(1)")
    ),
    Attack("script in a path", "GET", "/v1/items/%3Cscript%3Ealert(1)%3C%2Fscript%3E", 404),
    Attack("picture that is none", "GET", "/v1/items/rug-2/image", 200, absent=("image/svg",)),
]
HEADERS = [
    Attack(
        "CRLF in an id", "GET", "/v1/items/a%0d%0aSet-Cookie:%20x=1", 422, absent=("set-cookie",)
    ),
    Attack(
        "request id",
        "GET",
        "/v1/items",
        200,
        headers={"X-Request-ID": "<script>"},
        absent=("<script>alert(2)",),
    ),
    Attack(
        "idempotency key",
        "POST",
        "/v1/events",
        422,
        headers={"Idempotency-Key": "a b"},
        sent={"json": EVENT},
    ),
    Attack(
        "other host", "GET", "/v1/items", 421, headers={"Host": "evil.example"}, absent=("evil",)
    ),
    Attack("longer host", "GET", "/v1/items", 421, headers={"Host": "localhost.evil.example"}),
    Attack("user in the host", "GET", "/v1/items", 421, headers={"Host": "localhost@evil.example"}),
    Attack(
        "forwarded host",
        "GET",
        "/v1/none",
        404,
        headers={"X-Forwarded-Host": "evil.example"},
        absent=("evil",),
    ),
    Attack("rewritten path", "GET", "/v1/none", 404, headers={"X-Original-URL": "/v1/status"}),
    Attack(
        "override", "POST", "/v1/items/lamp-7", 405, headers={"X-HTTP-Method-Override": "DELETE"}
    ),
    Attack("TRACE", "TRACE", "/v1/items", 405, absent=("prk_",)),
    Attack("other method", "PROPFIND", "/v1/items", 405),
    Attack(
        "many ranges",
        "GET",
        "/v1/items/lamp-7/audio",
        200,
        headers={"Range": "bytes=" + ",".join(["0-"] * 1000)},
    ),
    Attack("far range", "GET", "/v1/items/lamp-7/audio", 416, headers={"Range": "bytes=99999999-"}),
    Attack("odd range", "GET", "/v1/items/lamp-7/audio", 200, headers={"Range": "bytes=-1-2"}),
    Attack("redirect", "GET", "//evil.example/%2f..", 404, absent=("\nlocation:",)),
    Attack("slash at the end", "GET", "/v1/items/?to=//evil.example", 404, absent=("\nlocation:",)),
    Attack(
        "foreign origin reads",
        "GET",
        "/v1/items",
        200,
        headers={"Origin": "https://evil.example"},
        absent=("access-control",),
    ),
    Attack(
        "preflight",
        "OPTIONS",
        "/v1/events",
        405,
        who=None,
        absent=("access-control",),
        headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
    ),
]
KEYS = [
    Attack("no key", "GET", "/v1/items", 401, who=None),
    Attack("no key, write", "POST", "/v1/events", 401, sent={"json": EVENT}, who=None),
    Attack("no key, bad body", "POST", "/v1/events", 401, sent=raw("["), who=None),
    Attack("no key, metrics", "GET", "/metrics", 401, who=None),
    Attack("malformed", "GET", "/v1/items", 401, headers=shown("Bearer prk_1_2"), who=None),
    Attack("long", "GET", "/v1/items", 401, headers=shown("Bearer " + "a" * 9999), who=None),
    Attack("another scheme", "GET", "/v1/items", 401, headers=shown("Basic YTpi"), who=None),
    Attack("wrong secret", "GET", "/v1/items", 401, who="wrong"),
    Attack("wrong secret, metrics", "GET", "/metrics", 401, who="wrong"),
    Attack("revoked", "GET", "/v1/items", 401, who="revoked"),
    Attack("expired", "GET", "/v1/items", 401, who="expired"),
    Attack("reader writes", "POST", "/v1/events", 403, sent={"json": EVENT}, who="read"),
    Attack("reader removes", "DELETE", "/v1/items/rug-2", 403, who="read"),
    Attack("writer reads", "GET", "/v1/items", 403, who="write"),
    Attack("writer rolls back", "POST", "/v1/models/rollback", 403, who="write"),
    Attack("reader's status", "GET", "/v1/status", 403, who="read"),
    Attack("writer's metrics", "GET", "/metrics", 403, who="write"),
    Attack("scope in the body", "POST", "/v1/events", 403, who="read",
           sent={"json": {**EVENT, "scopes": ["write"]}}),
]  # fmt: skip
COOKIES = [
    Attack("foreign origin", "POST", "/v1/events", 403, {"Origin": "https://evil.example"}),
    Attack("foreign port", "POST", "/v1/events", 403, {"Origin": "http://localhost:9999"}),
    Attack("no origin", "POST", "/v1/events", 403, {"Origin": "null"}),
    Attack("cross site", "POST", "/v1/events", 403, {"Sec-Fetch-Site": "cross-site"}),
    Attack("same site", "POST", "/v1/events", 403, {"Sec-Fetch-Site": "same-site"}),
    Attack("removal", "DELETE", "/v1/items/rug-2", 403, {"Origin": "https://evil.example"}),
    Attack("signing in for somebody", "POST", "/session", 403, {"Origin": "https://evil.example"}),
]
ALL = {
    "traversal": TRAVERSAL,
    "fetching": FETCHING,
    "sizes": SIZES,
    "values": VALUES,
    "types": TYPES,
    "headers": HEADERS,
    "keys": KEYS,
}
TABLE = [(f"{group}: {attack.name}", attack) for group, rows in ALL.items() for attack in rows]
