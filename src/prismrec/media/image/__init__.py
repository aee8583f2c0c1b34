"""Pictures: bytes to pixels, and the steps that prepare pixels for an encoder."""

from __future__ import annotations

from typing import Annotated, Protocol

from prismrec.media.image.decode import (
    MAX_PIXELS,
    Pixels,
    decode_frames,
    decode_image,
    open_image,
    picture_size,
)

__all__ = [
    "MAX_PIXELS",
    "ImageStep",
    "ImageSteps",
    "Pixels",
    "decode_frames",
    "decode_image",
    "open_image",
    "picture_size",
]


class ImageStep(Protocol):
    """A frozen dataclass that makes one picture of another; equal pixels, equal result.

    Its fields and its class attribute `version`, which is raised whenever the result changes, are
    part of the fingerprint of every encoder that uses it.
    """

    def __call__(self, pixels: Pixels) -> Pixels:
        """(h, w, 3) to (h', w', 3), uint8 RGB."""
        ...


ImageSteps = Annotated[tuple[ImageStep, ...], "image-steps"]  # the kind of the registry
