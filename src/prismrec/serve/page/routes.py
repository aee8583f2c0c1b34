"""Routes of the page: two documents and what they load."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from prismrec.serve.page.assets import assets, modules
from prismrec.serve.page.language import LANGUAGES, chosen, tag, words

__all__ = ["routes"]

LANGUAGE, THEME = "prismrec_lang", "prismrec_theme"  # cookies; they tell nothing of who reads
THEMES = ("light", "dark")
YEAR = 365 * 24 * 3600


class _Shop(Protocol):
    @property
    def name(self) -> str: ...


class _Service(Protocol):
    @property
    def shop(self) -> _Shop: ...


def routes(service: _Service) -> APIRouter:
    """The page at `/`, the operator's view at `/operator`, and their modules and styles."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def shop(request: Request) -> Response:
        return _document("shop.html", request, service.shop.name)

    @router.get("/operator")
    def operator(request: Request) -> Response:
        return _document("operator.html", request, service.shop.name)

    @router.get("/static/{version}/{path:path}")
    def static(version: str, path: str, request: Request) -> Response:
        return _static(version, path, request.headers.get("accept-encoding", ""))

    return router


def _document(template: str, request: Request, shop: str) -> Response:
    asked = request.query_params.get("lang")
    if asked in LANGUAGES:  # remember it, and leave an address that can be shared
        answer: Response = RedirectResponse(request.url.path, status_code=303)
        answer.set_cookie(LANGUAGE, str(asked), max_age=YEAR, samesite="lax")
        return answer
    language = chosen(request.cookies.get(LANGUAGE), request.headers.get("accept-language"))
    theme = request.cookies.get(THEME)
    page = _templates().get_template(template)
    made = page.render(
        lang=tag(language),
        language=language,
        theme=theme if theme in THEMES else None,
        words=words(language),
        shop=shop,
        here=request.url.path,
        static=f"/static/{assets().version}",
        modules=modules(f"js/{template.removesuffix('.html')}.js"),
    )
    headers = {
        "Content-Language": tag(language),
        "Vary": "Accept-Language, Cookie",
        "Cache-Control": "no-cache",
    }
    return HTMLResponse(made, headers=headers)


def _static(version: str, path: str, accepts: str) -> Response:
    found = assets().files.get(path)
    if found is None:
        return PlainTextResponse("There is no such file.", status_code=404)
    # A page that was opened before an upgrade still gets a file, but nobody keeps it by that name.
    current = version == assets().version
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable" if current else "no-cache",
        "Vary": "Accept-Encoding",
        "ETag": f'"{assets().version}"',
    }
    if "gzip" in accepts:
        return Response(found.zipped, headers={**headers, **_ZIPPED}, media_type=found.type)
    return Response(found.data, headers=headers, media_type=found.type)


_ZIPPED: Mapping[str, str] = {"Content-Encoding": "gzip"}


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("prismrec.serve.page", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.globals["icon"] = _icon
    return made


def _icon(name: str) -> Any:
    from markupsafe import Markup

    return Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>').format(
        f"/static/{assets().version}/icons.svg", name
    )
