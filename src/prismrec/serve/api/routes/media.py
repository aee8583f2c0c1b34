"""Media: pictures and sounds of items, with caching and ranges."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Header, Path, Query, Response

from prismrec.errors import BadMedia
from prismrec.serve.api.guarding import Reading
from prismrec.serve.api.problems import Problem
from prismrec.serve.api.schemas.words import Identifier

if TYPE_CHECKING:
    from prismrec.serve.service import Service

__all__ = ["media"]

ItemId = Annotated[Identifier, Path(description="As in the catalogue.", examples=["lamp-7"])]
Side = Annotated[
    int | None,
    Query(ge=16, le=2048, description="Largest side in pixels; left out: the usual size."),
]
Etags = Annotated[str | None, Header(alias="If-None-Match", description="Known versions.")]
Wanted = Annotated[str | None, Header(alias="Range", description="As in bytes=0-1023.")]
Unchanged = Annotated[str | None, Header(alias="If-Range", description="The known version.")]
# What is sent as its own type. Nothing among them can hold a script.
TYPES = frozenset(
    {"image/webp", "image/png", "image/jpeg", "image/gif"}
    | {
        "audio/ogg",
        "audio/wav",
        "audio/x-wav",
        "audio/flac",
        "audio/mpeg",
        "audio/mp4",
        "audio/aac",
    }
)
SPAN = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
_BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_KNOWN: dict[int | str, dict[str, Any]] = {304: {"description": "As known."}}
_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The picture.", "content": {"image/*": _BINARY}}
}
_SOUND: dict[int | str, dict[str, Any]] = {
    200: {"description": "The sound.", "content": {"audio/*": _BINARY}},
    206: {"description": "A part of the sound.", "content": {"audio/*": _BINARY}},
    416: {"description": "No such part."},
}


def media(service: Service) -> APIRouter:
    """The routes."""
    router = APIRouter(route_class=Reading, tags=["items"])

    @router.get("/v1/items/{item:name}/image", response_class=Response, responses=_PICTURE | _KNOWN)
    def image(item: ItemId, side: Side = None, if_none_match: Etags = None) -> Response:
        """The picture of an item."""
        return _sent(_found(service, item, "image", side=side), item, if_none_match)

    @router.get("/v1/items/{item:name}/audio", response_class=Response, responses=_SOUND | _KNOWN)
    def audio(
        item: ItemId,
        *,
        if_none_match: Etags = None,
        range_: Wanted = None,
        if_range: Unchanged = None,
    ) -> Response:
        """The sound of an item, as a whole or in part."""
        whole = _sent(_found(service, item, "audio"), item, if_none_match)
        whole.headers["Accept-Ranges"] = "bytes"
        if range_ is None or whole.status_code != 200:
            return whole
        return whole if if_range not in (None, whole.headers["ETag"]) else _part(whole, range_)

    return router


def _found(service: Service, item: str, modality: str, *, side: int | None = None) -> Any:
    try:
        return service.medium(item, modality, side=side)
    except BadMedia:
        raise Problem(404, f"The item has no {modality} that can be shown.") from None


def _sent(medium: Any, item: str, known: str | None) -> Response:
    etag = f'"{medium.etag.strip(chr(34))}"'
    headers = {
        "ETag": etag,
        "Cache-Control": "private, max-age=60, must-revalidate",
        "Vary": "Authorization, Cookie",
    }
    if known is not None and _among(etag, known):
        return Response(status_code=304, headers=headers)
    safe = medium.type in TYPES
    headers["Content-Disposition"] = _disposition(item, inline=safe)
    kind = medium.type if safe else "application/octet-stream"
    return Response(medium.data, headers=headers, media_type=kind)


def _among(etag: str, known: str) -> bool:
    return known.strip() == "*" or etag in (
        part.strip().removeprefix("W/") for part in known.split(",")
    )


def _disposition(item: str, *, inline: bool) -> str:
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", item)[:80].lstrip(".") or "medium"
    coded = quote(item[:80], safe="")
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{coded}"


def _part(whole: Response, wanted: str) -> Response:
    """One span of bytes; what is no single span is answered by the whole, as RFC 9110 allows."""
    found = SPAN.fullmatch(wanted.strip())
    data = bytes(whole.body)
    if found is None or found[0] == "bytes=-":
        return whole
    first, last = _span(found[1], found[2], len(data))
    if first > last:
        reach = {"Content-Range": f"bytes */{len(data)}"}
        raise Problem(416, "The medium has no such bytes.", headers=reach)
    headers = {name: value for name, value in whole.headers.items() if name != "content-length"} | {
        "Content-Range": f"bytes {first}-{last}/{len(data)}"
    }
    return Response(data[first : last + 1], 206, headers=headers)


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:  # the last bytes
        return (max(0, size - int(last)), size - 1) if int(last) else (1, 0)
    begin = int(first)
    end = min(int(last), size - 1) if last else size - 1
    if begin >= size or (last and int(last) < begin):
        return 1, 0
    return begin, end
