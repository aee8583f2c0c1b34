"""The result of a search as one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import NamedTuple

from jinja2 import Environment
from PIL import Image

from prismrec.data.shop import Shop
from prismrec.errors import BadMedia
from prismrec.media.image import decode_image
from prismrec.media.load import loader
from prismrec.search.request import Request
from prismrec.search.searcher import Hit, Reason

__all__ = ["to_html"]

SIDE = 360  # pixels of a thumbnail's longer side
MAX_SOUND = 400_000  # bytes of a sound that is put into the page
MAX_SOUNDS = 8_000_000  # bytes of all of them
SHOWN = 4  # reasons of one item
LEAST_ASPECT = 2 / 3  # of a frame
LEAST = 0.15  # what a reason adds to be shown
MODALITIES = {"image": ("picture", "图片"), "text": ("text", "文字"), "audio": ("sound", "声音")}
KINDS = {
    "words": ("words in it", "文中有"),
    "meaning": ("it says", "文中说"),
    "colours": ("colours", "颜色"),
    "palette": ("similar colours", "颜色相近"),
    "seen": ("seen in it", "画面中有"),
    "heard": ("heard in it", "听起来"),
    "joint": ("fits the request", "与所找相符"),
    "learnt": ("resembles", "与之相像"),
    "looks": ("looks alike", "看起来相似"),
    "sounds": ("sounds alike", "听起来相似"),
    "crossed": ("fits what was given", "与所给的相配"),
}
QUOTED = ("meaning",)
TYPES = {b"RIFF": "audio/wav", b"OggS": "audio/ogg", b"fLaC": "audio/flac"}


class _Picture(NamedTuple):
    uri: str = ""  # a data URI; empty where there is none
    aspect: float = 1.0  # width by height


@dataclass(frozen=True)
class _Card:
    hit: Hit
    reasons: Sequence[Reason]
    picture: _Picture
    sound: str  # a data URI; empty where there is none
    width: int  # of the bar, in hundredths


def to_html(shop: Shop, request: Request, hits: Sequence[Hit]) -> str:
    """A page with a thumbnail, the score, the reasons and, if it is short, the sound of each hit.

    It is written in English and in Chinese; the language of the request is shown first. Pictures
    are scaled down and put into the page, so nothing is loaded from anywhere.
    """
    top = max((hit.score for hit in hits), default=0.0)
    left = MAX_SOUNDS
    cards = []
    for hit in hits:
        sound = _sound(_content(shop, "audio", hit.row), most=min(MAX_SOUND, left))
        left -= len(sound)
        picture = _thumbnail(_content(shop, "image", hit.row))
        width = round(100 * max(hit.score, 0.0) / top) if top > 0 else 0
        cards.append(_Card(hit, _shown(hit), picture, sound, width))
    source = resources.files("prismrec.search").joinpath("page.html.j2").read_text("utf-8")
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return template.from_string(source).render(
        shop=shop.name,
        n_items=len(shop.item_ids),
        request=request.text,
        picture=_thumbnail(request.image).uri,
        sound=_sound(request.audio, most=MAX_SOUND),
        language="zh" if re.search("[\u4e00-\u9fff]", request.text) else "en",
        cards=cards,
        aspect=_aspect(cards),
        modalities=MODALITIES,
        used={reason.modality for hit in hits for reason in hit.reasons},
        kinds=KINDS,
        quoted=QUOTED,
    )


def _shown(hit: Hit) -> list[Reason]:
    """Reasons that count and that say something."""
    return [reason for reason in hit.reasons if reason.words and reason.adds > LEAST][:SHOWN]


def _content(shop: Shop, modality: str, row: int) -> bytes | None:
    media = shop.item_media.get(modality)
    value = media.values[row] if media else None
    if value is None:
        return None
    try:
        return loader(shop, modality)(value)
    except BadMedia:
        return None


def _aspect(cards: Sequence[_Card]) -> float:
    """The middle one of the pictures' aspects, so that most fill their frame."""
    known = sorted(card.picture.aspect for card in cards if card.picture.uri)
    return min(max(known[len(known) // 2], LEAST_ASPECT), 1 / LEAST_ASPECT) if known else 1.0


def _thumbnail(content: bytes | None) -> _Picture:
    if content is None:
        return _Picture()
    try:
        picture = Image.fromarray(decode_image(content, short_side=SIDE))
    except BadMedia:
        return _Picture()
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=82)
    return _Picture(_uri(file.getvalue(), "image/jpeg"), picture.width / picture.height)


def _sound(content: bytes | None, *, most: int) -> str:
    if content is None or len(content) > most:
        return ""
    return _uri(content, TYPES.get(content[:4], "audio/mpeg"))


def _uri(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
