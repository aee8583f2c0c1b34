"""Small pictures, to be put into a page."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from prismrec.data.limits import Limits
from prismrec.errors import BadMedia, MissingPackage
from prismrec.media.files import read_inside
from prismrec.media.image import decode_image
from prismrec.media.limits import check_head

__all__ = ["thumbnails", "usual_aspect"]

SIDE = 128  # pixels of the longer side: twice what a page shows, for fine screens
QUALITY = 68
START = "data:image/webp;base64,"
ASPECTS = 2 / 3, 3 / 2  # of a frame


def thumbnails(
    folder: Path, pictures: Iterable[str], *, most: int = 60, side: int = SIDE
) -> dict[str, str]:
    """Pictures of a shop, scaled down, as `data:` addresses by the path that was given.

    They are read from within the shop's folder and the limits that every shop begins with. What
    cannot be read so is passed over, addresses among it: a page asks nobody for anything.

    Args:
        folder: of the shop.
        pictures: paths below the folder; those that matter most first.
        most: how many are made at most, some 3 kB each.
        side: pixels of the longer side.
    """
    limits = Limits()
    made: dict[str, str] = {}
    for picture in dict.fromkeys(pictures):
        if len(made) == most:
            break
        try:
            data = read_inside(folder, picture, most=limits.bytes)
            check_head(data, "image", limits)
            made[picture] = _small(data, side)
        except (BadMedia, MissingPackage):
            continue
    return made


def usual_aspect(made: Iterable[str]) -> float:
    """Width by height of the frame that most of some thumbnails fill, 2/3 to 3/2; 1 for none."""
    sizes = [Image.open(io.BytesIO(base64.b64decode(uri[len(START) :]))).size for uri in made]
    aspects = sorted(width / height for width, height in sizes)
    least, most = ASPECTS
    return min(max(aspects[len(aspects) // 2], least), most) if aspects else 1.0


def _small(data: bytes, side: int) -> str:
    picture = Image.fromarray(decode_image(data, short_side=side))
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=QUALITY)
    return START + base64.b64encode(out.getvalue()).decode("ascii")
