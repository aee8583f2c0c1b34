"""Settings: what an operator can set, by environment variables or by flags of `prismrec serve`."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from prismrec.errors import BadData

__all__ = [
    "Access",
    "Limits",
    "Settings",
    "Work",
    "is_loopback",
    "is_private",
    "read_settings",
]

PREFIX = "PRISMREC_"
MIB = 2**20
_HOW = SettingsConfigDict(
    env_prefix=PREFIX, frozen=True, extra="forbid", populate_by_name=True, env_ignore_empty=True
)


def _split(value: Any) -> Any:
    """Names with commas, as an environment variable has them."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class Access(BaseSettings):
    """Who may ask, and from where."""

    model_config = _HOW

    trusted_hosts: Names = ()  # names in the Host header that are answered, beside the own address
    cors: Names = ()  # origins of other sites whose scripts may read answers
    metrics: Literal["key", "open", "off"] = "key"  # who may read /metrics
    https: bool = False  # whether clients come by TLS, through a proxy: HSTS and Secure cookies
    proxies: Names = ()  # addresses whose X-Forwarded-For and X-Forwarded-Proto are believed


class Limits(BaseSettings):
    """How much may be asked at once."""

    model_config = _HOW

    rate_read: float = Field(default=100.0, gt=0)  # requests per second of one key or address
    rate_write: float = Field(default=20.0, gt=0)
    burst: float = Field(default=4.0, ge=1)  # seconds' worth of requests that may come at once
    body_bytes: int = Field(default=MIB, ge=1024)  # of a request without files
    upload_bytes: int = Field(default=20 * MIB, ge=1024)  # of one picture or sound
    body_seconds: float = Field(default=60.0, gt=0)  # for a body to arrive
    in_flight: int = Field(default=256, ge=1)  # requests that are worked on or wait; more get 503


class Work(BaseSettings):
    """How the server does its work."""

    model_config = _HOW

    threads: int = Field(default=8, ge=1, le=256)  # that answer requests
    encode_wait: float = Field(
        default=2.0, ge=0
    )  # seconds that a posted item's request waits for vectors
    poll_seconds: float = Field(
        default=1.0, gt=0
    )  # between looks at the database and the model folder
    keep_versions: int = Field(default=5, ge=1)  # of the model, to roll back to
    stop_seconds: float = Field(default=20.0, gt=0)  # for requests to finish once told to stop


class Settings(BaseSettings):
    """All settings; every field is also the environment variable PRISMREC_ + its name.

    The groups have no name of their own there: `limits.rate_read` is PRISMREC_RATE_READ.
    """

    model_config = _HOW

    database: str | None = None  # address; None: SQLite in the shop's .prismrec folder
    host: str = "127.0.0.1"  # address to listen on
    port: int = Field(default=8000, ge=0, le=65535)  # 0: any that is free
    open: bool = False  # whether keys are asked for not even where there are some; loopback only
    page: bool = True  # whether the page is served at /
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    access: Access = Field(default_factory=Access)
    limits: Limits = Field(default_factory=Limits)
    work: Work = Field(default_factory=Work)


def read_settings(given: Mapping[str, Any] | None = None) -> Settings:
    """Settings from the environment; what is given by name, of a group too, comes before it.

    Raises:
        BadData: for a value that cannot be used; names the setting.
    """
    values = {name: value for name, value in (given or {}).items() if value is not None}
    groups: dict[str, type[BaseSettings]] = {"access": Access, "limits": Limits, "work": Work}
    try:
        made: dict[str, Any] = {
            group: kind(**_taken(values, kind)) for group, kind in groups.items()
        }
        return Settings(**made, **values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        raise BadData(f"{PREFIX}{name.upper()}: {first['msg']}") from None


def _taken(values: dict[str, Any], kind: type[BaseSettings]) -> dict[str, Any]:
    return {name: values.pop(name) for name in kind.model_fields if name in values}


def is_private(settings: Settings) -> bool:
    """Whether only this machine can come: it listens on loopback, and no proxy stands before it.

    Names that are trusted, TLS, and proxies that are believed tell of others who come through one.
    """
    access = settings.access
    others = [name for name in access.trusted_hosts if not is_loopback(name)]
    return is_loopback(settings.host) and not (others or access.https or access.proxies)


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine can reach an address."""
    if host.lower() in ("localhost", "localhost."):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
