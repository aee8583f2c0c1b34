"""Pictures of any mode to 8-bit sRGB: transparency, deep grey levels, embedded colour profiles."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

__all__ = ["to_srgb"]


def to_srgb(picture: Image.Image) -> Image.Image:
    """The picture in mode RGB: transparent parts on white, colours as its profile says.

    Grey levels of more than 8 bits are scaled. A profile that is broken or made for other channels
    is left aside.
    """
    profile = picture.info.get("icc_profile")
    if picture.mode.startswith("I") or picture.mode == "F":
        picture = _to_eight_bits(picture)
        profile = None  # made for the levels that were scaled
    elif picture.has_transparency_data:
        picture = _on_white(picture)
    if picture.mode not in ("L", "RGB", "CMYK"):
        picture = picture.convert("RGB")
    if profile:
        picture = _by_profile(picture, profile)
    return picture.convert("RGB")


def _on_white(picture: Image.Image) -> Image.Image:
    grey = picture.mode in ("L", "LA", "La")
    picture = picture.convert("LA" if grey else "RGBA")
    white = Image.new("L" if grey else "RGB", picture.size, "white")
    white.paste(picture.convert("L") if grey else picture, mask=picture.getchannel("A"))
    return white


def _to_eight_bits(picture: Image.Image) -> Image.Image:
    """Grey levels beyond 8 bits, which Pillow would clip at 255 instead of scaling."""
    values = np.asarray(picture)
    levels = _sixteen(values) if values.dtype.itemsize == 2 else _thirty_two(values)
    clear = picture.info.get("transparency")
    if isinstance(clear, int):
        levels = np.where(values == clear, np.uint8(255), levels)
    return Image.fromarray(levels)


def _sixteen(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    table = np.rint(np.arange(65536) / 257).astype(np.uint8)
    return table[values.astype(np.uint16, copy=False)]


def _thirty_two(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Full scale is not written in such files: it is the least usual one that holds all values."""
    levels = np.nan_to_num(values.astype(np.float32), posinf=0).clip(0)
    scales = (1, 255, 65535) if values.dtype.kind == "f" else (65535,)
    highest = levels.max(initial=0)
    top = next((scale for scale in scales if highest <= scale), highest)
    levels *= 255 / top
    np.rint(levels, out=levels)
    return levels.astype(np.uint8)


def _by_profile(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return picture
        moved = ImageCms.profileToProfile(picture, source, _srgb(), outputMode="RGB")
    except Exception:  # whatever a broken profile causes; the picture is good without it
        return picture
    return picture if moved is None else moved


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
