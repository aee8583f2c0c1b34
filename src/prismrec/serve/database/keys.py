"""Keys: who may use the API; of their secrets only hashes are kept."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

__all__ = ["SCOPES", "Key", "made", "matches", "parts_of"]

SCOPES = ("read", "write", "admin")
FORM = re.compile(r"prk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True)
class Key:
    """What is kept of a key."""

    id: str
    name: str
    hash: str  # SHA-256 of the secret, in hexadecimal digits
    scopes: tuple[str, ...]
    created: int  # seconds since 1970
    expires: int | None = None
    revoked: int | None = None

    def is_valid(self, now: float) -> bool:
        """Whether it may be used at a time."""
        return self.revoked is None and (self.expires is None or now < self.expires)


def made() -> tuple[str, str, str]:
    """A new key as its holder needs it, its identifier, and the hash of its secret."""
    name, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    return f"prk_{name}_{secret}", name, _hash(secret)


def parts_of(text: str) -> tuple[str, str] | None:
    """Identifier and secret of what was sent; None where it is not of the form of a key."""
    found = FORM.fullmatch(text)
    return None if found is None else (found[1], found[2])


def matches(key: Key, secret: str) -> bool:
    """Whether a secret is that of a key, in a time that does not tell how much of it is right."""
    return hmac.compare_digest(key.hash, _hash(secret))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
