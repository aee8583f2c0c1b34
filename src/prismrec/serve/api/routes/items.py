"""Items: read, browsed, added, changed and removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from prismrec.serve.api.answering import answer, answer_once
from prismrec.serve.api.forms import Forms, form_schema, validated
from prismrec.serve.api.guarding import Reading, Writing, is_json, strict_json
from prismrec.serve.api.idempotency import IdempotencyKey, once_of, once_of_parts
from prismrec.serve.api.metrics import Metrics
from prismrec.serve.api.problems import Problem
from prismrec.serve.api.schemas.answers import Browsed, Described, Put, Removed
from prismrec.serve.api.schemas.asking import WhereQuery
from prismrec.serve.api.schemas.words import Amount, Identifier, Texts
from prismrec.serve.api.schemas.writing import ITEM_EXAMPLE, ItemBody

if TYPE_CHECKING:
    from prismrec.serve.service import Service

__all__ = ["items", "items_written"]

ItemId = Annotated[Identifier, Path(description="As in the catalogue.", examples=["lamp-7"])]
BOTH = "Send application/json, or multipart/form-data with a part `item` and files."


class _Asked(WhereQuery):
    """Which part of the catalogue."""

    k: Amount = Field(default=50, description="How many items.")
    offset: Annotated[int, Field(ge=0, le=10_000_000)] = Field(
        default=0, description="From which on."
    )


class _Parts(Texts):
    """The fields of a form with an item; its files come beside it."""

    item: ItemBody = Field(description="The item, as JSON.")


def _body() -> dict[str, Any]:
    extra = form_schema(_Parts, files=("image", "audio"), as_json=("item",))
    schema = {"$ref": "#/components/schemas/ItemBody"}
    extra["requestBody"]["content"]["application/json"] = {
        "schema": schema,
        "examples": {"item": {"value": ITEM_EXAMPLE}},
    }
    return extra


def items(service: Service) -> APIRouter:
    """The routes that read."""
    router = APIRouter(route_class=Reading, tags=["items"])

    @router.get("/v1/items", response_model=Browsed)
    def browse(asked: Annotated[_Asked, Query()]) -> Response:
        """Browse the catalogue, with filters."""
        found, total = service.browse(asked.where(), k=asked.k, offset=asked.offset)
        return answer({"items": found, "total": total})

    @router.get("/v1/items/{item:name}", response_model=Described)
    def describe(item: ItemId) -> Response:
        """Describe an item."""
        return answer(service.describe(item))

    return router


def items_written(service: Service, forms: Forms, metrics: Metrics) -> APIRouter:
    """The routes that write."""
    router = APIRouter(route_class=Writing, tags=["items"])

    @router.put(
        "/v1/items/{item:name}",
        response_model=Put,
        responses={
            201: {"model": Put, "description": "Added."},
            202: {"model": Put, "description": "Stored; some of its media are still encoded."},
        },
        openapi_extra=_body(),
    )
    async def put(request: Request, item: ItemId, key: IdempotencyKey = None) -> Response:
        """Add an item or replace it. Its media are encoded at once, and it can be recommended."""
        body, raw, files = await _sent(request, forms)
        contents: dict[str, bytes | None] = {**dict.fromkeys(body.without), **files}
        parts = [raw, *(part for name in sorted(files) for part in (name.encode(), files[name]))]
        once = once_of_parts(request, key, parts)
        done = await run_in_threadpool(service.put_item, body.item(item), contents, once=once)
        if not done.get("replayed"):
            metrics.items.labels("added" if done["created"] else "changed").inc()
            for modality in done.get("encoded", ()):
                metrics.encoded.labels(modality).inc()
        status = 202 if done.get("pending") else 201 if done["created"] else 200
        return answer_once(done, status, {"Location": f"/v1/items/{quote(item, safe='')}"})

    @router.delete("/v1/items/{item:name}", response_model=Removed)
    def remove(item: ItemId, once: Annotated[Any, Depends(once_of)]) -> Response:
        """Remove an item: it is not returned any more."""
        done = service.remove_item(item, once=once)
        if not done.get("replayed"):
            metrics.items.labels("removed").inc()
        return answer_once({"item": item, "removed": True, **done})

    return router


async def _sent(request: Request, forms: Forms) -> tuple[ItemBody, bytes, dict[str, bytes]]:
    """The item of a request, as it was written, and its files."""
    kind = request.headers.get("content-type", "")
    if is_json(kind):
        raw = await request.body()
        return validated(ItemBody, strict_json(raw)), raw, {}
    if not kind.lower().startswith("multipart/"):
        raise Problem(415, BOTH)
    form = await forms.read(request, ("item",))
    texts = form.texts.get("item", [])
    if len(texts) != 1:
        raise Problem(422, "The form needs one part `item`, with the item as JSON.")
    raw = texts[0].encode()
    return validated(ItemBody, strict_json(raw)), raw, form.files
