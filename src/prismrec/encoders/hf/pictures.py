"""Pictures as the image processors of transformers take them, a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PIL import Image

from prismrec.media import decode_each
from prismrec.media.image import decode_frames
from prismrec.packages import require

__all__ = ["mean_over_frames", "prepare_frames"]

SHORT_SIDE = 512  # at least as many pixels as the models look at
MAX_RATIO = 16  # a processor that scales the shorter side up would fill the memory with a banner
AT_ONCE = 32  # frames


def mean_over_frames(
    media: Sequence[bytes], features: Callable[[list[Image.Image]], Any], *, width: int
) -> Any:
    """(n, width) of torch: what `features` makes of each picture, the mean over a video's frames.

    Raises:
        BadMedia: for a medium that cannot be decoded; it names the place.
    """
    torch = require("torch", "hf")
    frames = decode_each(media, prepare_frames)
    if not frames:
        return torch.empty(0, width)
    flat = [frame for each in frames for frame in each]
    found = torch.cat(
        [features(flat[start : start + AT_ONCE]) for start in range(0, len(flat), AT_ONCE)]
    )
    return torch.stack([part.mean(0) for part in found.split([len(each) for each in frames])])


def prepare_frames(data: bytes) -> list[Image.Image]:
    """RGB; of frames that are more than 16 times as long as they are wide, the middle.

    Raises:
        BadMedia: where the bytes are no picture and no video.
    """
    frames = decode_frames(data, short_side=SHORT_SIDE)
    return [_shortened(Image.fromarray(pixels)) for pixels in frames]


def _shortened(picture: Image.Image) -> Image.Image:
    width, height = picture.size
    kept = (min(width, height * MAX_RATIO), min(height, width * MAX_RATIO))
    if kept == picture.size:
        return picture
    left, top = (width - kept[0]) // 2, (height - kept[1]) // 2
    return picture.crop((left, top, left + kept[0], top + kept[1]))
