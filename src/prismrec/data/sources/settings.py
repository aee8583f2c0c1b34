"""shop.toml: what a shop says about its own files. Every key may be left out."""

from __future__ import annotations

import difflib
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from prismrec.data.limits import ANY_HOST, MOST_BYTES, MOST_PIXELS, Limits
from prismrec.errors import BadData

__all__ = ["CatalogueColumns", "LimitSettings", "LogColumns", "ShopFile", "read_settings"]

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]


def _hosts(value: Any) -> Any:
    """A list of hosts in small letters; "any" for all of them."""
    hosts = [ANY_HOST] if value == ANY_HOST else value
    if not isinstance(hosts, list | tuple) or not all(
        isinstance(host, str) and re.fullmatch(r"(\*\.)?[\w-]+(\.[\w-]+)*", host) for host in hosts
    ):
        raise ValueError('write "any", or hosts such as ["cdn.example.com", "*.example.org"]')
    return tuple(host.lower() for host in hosts)


class LogColumns(BaseModel):
    """Table [log]: which column of interactions holds what."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    user: str = "user"
    item: str = "item"
    timestamp: str | None = None  # "timestamp" where there is one
    event: str | None = None  # "event" where there is one
    weight: str | None = None  # a column of numbers, taken as they are


class CatalogueColumns(BaseModel):
    """Tables [items] and [users]: which column holds what."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str | None = None  # "item" or "user" where left out
    title: str | None = None  # "title" where there is one
    text: list[str] | None = None  # joined in this order; title first, then every text column
    separator: str = "\n"  # between joined texts
    image: str | None = None  # "image" where there is one
    audio: str | None = None  # "audio" where there is one
    video: str | None = None  # "video" where there is one; seen and heard


class LimitSettings(BaseModel):
    """Table [limits]: the fields of `Limits` that are to be other than usual."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    bytes: Annotated[int, Field(gt=0, le=MOST_BYTES)] = Limits.bytes
    pixels: Annotated[int, Field(gt=0, le=MOST_PIXELS)] = Limits.pixels
    seconds: Annotated[float, Field(gt=0)] = Limits.seconds
    characters: Annotated[int, Field(gt=0)] = Limits.characters
    urls: Annotated[tuple[str, ...], BeforeValidator(_hosts)] = Limits.urls
    fetch_seconds: Annotated[float, Field(gt=0, le=3600)] = Limits.fetch_seconds

    def limits(self) -> Limits:
        """As the library has them."""
        return Limits(**self.model_dump())


class ShopFile(BaseModel):
    """The whole of shop.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    log: LogColumns = LogColumns()
    items: CatalogueColumns = CatalogueColumns()
    users: CatalogueColumns = CatalogueColumns()
    events: dict[str, Weight] = {}
    limits: LimitSettings = LimitSettings()


KEYS = {
    "log": list(LogColumns.model_fields),
    "items": list(CatalogueColumns.model_fields),
    "users": list(CatalogueColumns.model_fields),
    "limits": list(LimitSettings.model_fields),
    "": list(ShopFile.model_fields),
}


def read_settings(folder: Path) -> ShopFile:
    """Read shop.toml; the defaults where there is none.

    Raises:
        BadData: for a file that is not TOML, and for a key or value that does not belong.
    """
    path = folder / "shop.toml"
    if not path.is_file():
        return ShopFile()
    try:
        return ShopFile.model_validate(tomllib.loads(path.read_text("utf-8-sig")))
    except UnicodeDecodeError:
        raise BadData("shop.toml: not UTF-8 text; save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise BadData(f"shop.toml: not valid TOML: {error}; repair that line") from None
    except ValidationError as error:
        raise BadData(_explained(error)) from None


def _explained(error: ValidationError) -> str:
    first = error.errors()[0]
    *table, key = [str(part) for part in first["loc"]]
    name = ".".join([*table, key])
    if first["type"] != "extra_forbidden":
        rule = first["msg"].removeprefix("Value error, ")
        return (
            f"shop.toml: {name}: {rule[0].lower() + rule[1:]}, not {first['input']!r}; correct it"
        )
    known = KEYS[".".join(table)]
    near = difflib.get_close_matches(key, known, 1)
    remedy = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(known)}"
    return f"shop.toml: {name} is not a key; {remedy}"
