"""Pictures as the image processors of transformers take them."""

from __future__ import annotations

from PIL import Image

from prismrec.media.image import decode_image

__all__ = ["prepare_picture"]

SHORT_SIDE = 512  # at least as many pixels as the models look at
MAX_RATIO = 16  # a processor that scales the shorter side up would fill the memory with a banner


def prepare_picture(data: bytes) -> Image.Image:
    """RGB; of one that is more than 16 times as long as it is wide, the middle.

    Raises:
        BadMedia: where the bytes are no picture.
    """
    picture = Image.fromarray(decode_image(data, short_side=SHORT_SIDE))
    width, height = picture.size
    kept = (min(width, height * MAX_RATIO), min(height, width * MAX_RATIO))
    if kept == picture.size:
        return picture
    left, top = (width - kept[0]) // 2, (height - kept[1]) // 2
    return picture.crop((left, top, left + kept[0], top + kept[1]))
