"""Limits: how much one medium of a shop may cost, so that no single file can stop a shop."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ANY_HOST", "MOST_BYTES", "MOST_PIXELS", "Limits"]

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
