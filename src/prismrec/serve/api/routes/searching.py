"""Search: by words, by a picture, by a sound, or by several of these together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from prismrec.search.request import Request as Wanted
from prismrec.serve.api.answering import answer
from prismrec.serve.api.forms import Forms, form_schema, validated
from prismrec.serve.api.guarding import Reading, strict_json
from prismrec.serve.api.problems import Problem
from prismrec.serve.api.schemas.answers import Found
from prismrec.serve.api.schemas.asking import WhereBody, WhereQuery
from prismrec.serve.api.schemas.words import Amount, Line, Modality, Texts, Words

if TYPE_CHECKING:
    from prismrec.serve.service import Service

__all__ = ["searching"]

Modalities = Annotated[list[Modality], Field(max_length=8)]
NOTHING = "Say what to search for: text, image or audio."


class _Asked(WhereQuery):
    """A search by words."""

    text: Words = Field(description="Words in English or Chinese.", examples=["蓝色的封面"])
    k: Amount = Field(default=10, description="How many items.")
    modality: Modalities = Field(
        default_factory=list, description="Look at these parts of the items only."
    )
    having: Line = Field(default="", description="Words, all of which the item's texts must have.")


class _Sent(Texts):
    """The fields of a search by files; the files come beside them."""

    text: Words | None = Field(default=None, description="Words in English or Chinese.")
    k: Amount = Field(default=10, description="How many items.")
    modality: Modalities = Field(
        default_factory=list, description="Look at these parts of the items only."
    )
    where: WhereBody = Field(
        default=WhereBody(), description="Which items may be returned, as JSON."
    )


_FORM = form_schema(_Sent, files=("image", "audio"), as_json=("where",))
_FORM["requestBody"]["content"]["multipart/form-data"]["schema"]["anyOf"] = [
    {"required": [name]} for name in ("text", "image", "audio")
]


def searching(service: Service, forms: Forms) -> APIRouter:
    """The routes."""
    router = APIRouter(route_class=Reading, tags=["search"])

    @router.get("/v1/search", response_model=Found)
    def search(asked: Annotated[_Asked, Query()]) -> Response:
        """Search by words."""
        where = asked.model_copy(update={"text": asked.having}).where()
        hits = service.search(
            Wanted(asked.text), k=asked.k, modalities=tuple(asked.modality), where=where
        )
        return answer({"hits": [_plain(hit) for hit in hits]})

    @router.post("/v1/search", response_model=Found, openapi_extra=_FORM)
    async def search_files(request: Request) -> Response:
        """Search by a picture, a sound, words, or several of them."""
        form = await forms.read(request, ("text", "k", "modality", "where"))
        asked = validated(_Sent, _fields(form.texts))
        wanted = Wanted(asked.text or "", form.files.get("image"), form.files.get("audio"))
        if asked.text is None and not form.files:
            raise Problem(422, NOTHING, errors=({"where": "body", "message": NOTHING},))
        hits = await run_in_threadpool(
            service.search,
            wanted,
            k=asked.k,
            modalities=tuple(asked.modality),
            where=asked.where.where(),
        )
        return answer({"hits": [_plain(hit) for hit in hits]})

    return router


def _fields(texts: dict[str, list[str]]) -> dict[str, Any]:
    fields: dict[str, Any] = {name: values[-1] for name, values in texts.items()}
    if "modality" in texts:
        fields["modality"] = texts["modality"]
    if "where" in texts:
        fields["where"] = strict_json(fields["where"].encode())
    return fields


def _plain(hit: Any) -> dict[str, Any]:
    return {
        "item": hit.item,
        "title": hit.title,
        "score": hit.score,
        "shares": hit.shares,
        "reasons": [_reason(reason) for reason in hit.reasons],
    }


def _reason(reason: Any) -> dict[str, Any]:
    words: Sequence[Any] = reason.words
    return {
        "kind": reason.kind,
        "modality": reason.modality,
        "adds": reason.adds,
        "standard": reason.standard,
        "words": [word._asdict() for word in words],
    }
