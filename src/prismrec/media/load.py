"""Media of a shop as bytes: its files, what its addresses send, its texts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from prismrec.cache import folder_of
from prismrec.data.limits import is_address
from prismrec.data.shop import Shop
from prismrec.media.fetch import Fetcher
from prismrec.media.files import read_inside
from prismrec.media.limits import check_head

__all__ = ["Load", "loader"]

Load = Callable[[str], bytes]  # raises BadMedia


def loader(shop: Shop, modality: str) -> Load:
    """What gives the content of a value of one modality, within the limits of its shop.

    Addresses among the values are fetched at once, several at a time, and kept; one that fails
    is at fault when it is loaded.
    """
    if modality == "text":
        return partial(_text, most=shop.limits.characters)
    fetcher = Fetcher(folder_of(shop.path) / "fetched", shop.limits)
    sides = (shop.item_media, shop.user_media)
    values = {value for side in sides if modality in side for value in side[modality].values}
    fetcher.fetch_all(sorted(value for value in values if value and is_address(value)))
    return partial(_medium, shop=shop, modality=modality, fetcher=fetcher)


def _medium(value: str, *, shop: Shop, modality: str, fetcher: Fetcher) -> bytes:
    if is_address(value):
        data = fetcher(value)
    else:
        data = read_inside(shop.path, value, most=shop.limits.bytes)
    check_head(data, modality, shop.limits)
    return data


def _text(value: str, *, most: int) -> bytes:
    return value[:most].encode("utf-8", "replace")
