"""Limits: how much one medium of a shop may cost, and which addresses may be asked for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

__all__ = ["ANY_HOST", "MOST_BYTES", "MOST_PIXELS", "Limits", "is_address", "why_not_ask"]

MOST_BYTES = 2 * 1024**3  # of a file, which is read as a whole; no setting goes beyond it
MOST_PIXELS = 256_000_000  # 768 MB as RGB; likewise
ANY_HOST = "any"


@dataclass(frozen=True)
class Limits:
    """What a shop sets in the table [limits] of shop.toml; a medium above a limit is left out.

    Sizes are taken from the head of a file, before anything is decoded. A text above its limit is
    not left out but cut. How much of a sound is heard is a field of its encoder.
    """

    bytes: int = 256 * 1024**2  # of a file, or of what an address sends
    pixels: int = 64_000_000  # of a picture
    seconds: float = 6 * 3600.0  # of a sound
    characters: int = 100_000  # of a text
    urls: tuple[str, ...] = ()  # hosts that may be asked for media; ("any",) for every public one
    fetch_seconds: float = 30.0  # for one address, redirections included


def is_address(value: str) -> bool:
    """Whether a value of a media column is an address (URL) rather than a path."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://|data:", value) is not None


def why_not_ask(url: str, hosts: tuple[str, ...]) -> str:
    """Why an address may not be asked, as the end of a sentence about it; "" where it may."""
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return "is not a valid address"
    if parts.scheme.lower() not in ("http", "https"):
        return "is an address that is neither http nor https"
    if not host or "@" in parts.netloc:
        return "is an address without a host" if not host else "is an address with a password"
    wanted = (ANY_HOST, host, *("*." + tail for tail in _tails(host)))
    return "" if set(wanted) & set(hosts) else "is an address whose host is not allowed"


def _tails(host: str) -> list[str]:
    """Domains above a host."""
    parts = host.split(".")
    return [".".join(parts[start:]) for start in range(1, len(parts))]
