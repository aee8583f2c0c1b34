"""Media of a shop as bytes: its files, what its addresses send, its texts, what was posted."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from prismrec.cache import folder_of
from prismrec.data.limits import is_address
from prismrec.data.shop import Shop
from prismrec.errors import BadMedia
from prismrec.media.fetch import Fetcher
from prismrec.media.files import read_inside
from prismrec.media.limits import check_head

__all__ = ["UPLOAD", "Load", "loader", "sha256_of", "uploads_of"]

UPLOAD = "upload:"  # begins the value of a medium that was posted to a server; see `uploads_of`

Load = Callable[[str], bytes]  # raises BadMedia


def loader(shop: Shop, modality: str, *, ahead: bool = True) -> Load:
    """What gives the content of a value of one modality, within the limits of its shop.

    Addresses among the values are fetched at once, several at a time, and kept; one that fails
    is at fault when it is loaded. Without `ahead` nothing is fetched: of addresses there is what
    was kept earlier, so that nobody who asks a server for a medium waits for another one.
    """
    if modality == "text":
        return partial(_text, most=shop.limits.characters)
    fetcher = Fetcher(folder_of(shop.path) / "fetched", shop.limits)
    if ahead:
        sides = (shop.item_media, shop.user_media)
        values = {value for side in sides if modality in side for value in side[modality].values}
        fetcher.fetch_all(sorted(value for value in values if value and is_address(value)))
    address = fetcher if ahead else partial(_fetched, fetcher)
    return partial(_medium, shop=shop, modality=modality, address=address)


def uploads_of(shop: Path) -> Path:
    """The folder of what was posted for a shop, each file called by the SHA-256 of its content."""
    return folder_of(shop) / "uploads"


def sha256_of(value: str) -> str:
    """The SHA-256 that a value beginning with `UPLOAD` names.

    Raises:
        BadMedia: where anything but 64 digits follows, so that no value becomes part of a path.
    """
    sha256 = value.removeprefix(UPLOAD)
    if not value.startswith(UPLOAD) or re.fullmatch("[0-9a-f]{64}", sha256) is None:
        raise BadMedia(0, "is not the name of anything that was posted")
    return sha256


def _medium(value: str, *, shop: Shop, modality: str, address: Load) -> bytes:
    if value.startswith(UPLOAD):
        data = _posted(shop, sha256_of(value))
    elif is_address(value):
        data = address(value)
    else:
        data = read_inside(shop.path, value, most=shop.limits.bytes)
    check_head(data, modality, shop.limits)
    return data


def _fetched(fetcher: Fetcher, url: str) -> bytes:
    if not fetcher.has(url):
        raise BadMedia(0, "was not fetched so far; encode the shop again")
    return fetcher(url)


def _posted(shop: Shop, sha256: str) -> bytes:
    data = read_inside(uploads_of(shop.path), sha256, most=shop.limits.bytes)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise BadMedia(0, "is damaged on disk; delete it, and it is taken from the database again")
    return data


def _text(value: str, *, most: int) -> bytes:
    return value[:most].encode("utf-8", "replace")
