"""What a medium would cost to decode, told by its head, against what its shop allows."""

from __future__ import annotations

from prismrec.data.limits import Limits
from prismrec.errors import BadMedia, MissingPackage
from prismrec.media.audio.decode import audio_info
from prismrec.media.image import picture_size

__all__ = ["check_head"]

RAISE = "raise {} under [limits] in shop.toml if it is meant"


def check_head(data: bytes, modality: str, limits: Limits) -> None:
    """Refuse a picture or sound that is larger than its shop allows, before it is decoded.

    A head that cannot be read is passed over: the decoder says better what is wrong with it.

    Raises:
        BadMedia: for too many pixels or seconds.
    """
    if modality == "image":
        width, height = _size(data)
        if width * height > limits.pixels:
            size = f"a picture of {width} x {height} pixels"
            reason = f"{size} is over {limits.pixels:,}; {RAISE.format('pixels')}"
            raise BadMedia(0, reason, "file.too-large")
    elif modality == "audio":
        seconds = _seconds(data)
        if seconds > limits.seconds:
            length = f"a sound of {seconds / 3600:.1f} hours is over {limits.seconds / 3600:.1f}"
            raise BadMedia(0, f"{length}; {RAISE.format('seconds')}", "file.too-large")


def _size(data: bytes) -> tuple[int, int]:
    try:
        return picture_size(data)
    except (BadMedia, MissingPackage):
        return 0, 0


def _seconds(data: bytes) -> float:
    try:
        return audio_info(data).seconds
    except (BadMedia, MissingPackage):
        return 0.0
