"""What a medium may cost is told by its head: nothing is decoded here, and nothing large read."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from prismrec.cache import folder_of
from prismrec.data.interactions import Interactions
from prismrec.data.limits import Limits
from prismrec.data.shop import Media, Shop
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadMedia
from prismrec.media.fetch import Fetcher
from prismrec.media.load import loader

USUAL = Limits()


def make_shop(folder: Path, limits: Limits = USUAL, **media: str) -> Shop:
    one = Vocabulary(("a",))
    log = Interactions.of(np.zeros(1, np.int64), np.zeros(1, np.int64))
    items = {name: Media(name, (value,)) for name, value in media.items()}
    return Shop(folder, log, one, one, items, limits=limits)


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def flac_of_silence(seconds: int) -> bytes:
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", 8000, 1, format="FLAC") as file:
        for _ in range(seconds // 60):
            file.write(np.zeros(8000 * 60, np.int16))
    return out.getvalue()


@pytest.mark.parametrize(("width", "height"), [(8001, 8000), (16_000, 16_000), (200_000_000, 1)])
def test_a_picture_is_judged_by_its_head(tmp_path: Path, width: int, height: int) -> None:
    (tmp_path / "a.png").write_bytes(png_that_claims(width, height))
    with pytest.raises(BadMedia, match=f"{width} x {height} pixels is over"):
        loader(make_shop(tmp_path), "image")("a.png")


def test_the_limit_of_pixels_can_be_set(tmp_path: Path) -> None:
    Image.new("RGB", (20, 10)).save(tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    assert loader(make_shop(tmp_path, Limits(pixels=200)), "image")("a.png") == data
    with pytest.raises(BadMedia, match="over 199; raise pixels under"):
        loader(make_shop(tmp_path, Limits(pixels=199)), "image")("a.png")


def test_a_long_sound_is_judged_by_its_head(tmp_path: Path) -> None:
    (tmp_path / "a.flac").write_bytes(flac_of_silence(7200))
    load = loader(make_shop(tmp_path), "audio")
    assert len(load("a.flac")) < 200_000
    with pytest.raises(BadMedia, match=r"2\.0 hours is over 1\.5; raise seconds"):
        loader(make_shop(tmp_path, Limits(seconds=5400)), "audio")("a.flac")


@pytest.mark.parametrize("modality", ["image", "audio"])
@pytest.mark.parametrize("data", [b"", b"\0", b"RIFF", b"\x89PNG\r\n\x1a\n", b"text", b"fLaC\0"])
def test_a_head_that_cannot_be_read_is_left_to_the_decoder(
    tmp_path: Path, modality: str, data: bytes
) -> None:
    (tmp_path / "a").write_bytes(data)
    assert loader(make_shop(tmp_path), modality)("a") == data


def test_a_file_beyond_its_limit_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.truncate(300 * 1024**2)  # takes no room on disk
    for modality in ("image", "audio"):
        with pytest.raises(BadMedia, match=r"300\.0 MiB, over 256\.0"):
            loader(make_shop(tmp_path), modality)("a")


def test_a_text_is_cut(tmp_path: Path) -> None:
    load = loader(make_shop(tmp_path, Limits(characters=3)), "text")
    assert load("灯灯灯灯") == "灯灯灯".encode()
    assert load("\ud800") == b"?"


def test_without_looking_ahead_nothing_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "https://pictures.example/a.png"
    shop = make_shop(tmp_path, Limits(urls=("pictures.example",)), image=url)
    monkeypatch.setattr(Fetcher, "_follow", lambda *_: pytest.fail("fetched"))
    load = loader(shop, "image", ahead=False)
    with pytest.raises(BadMedia, match="not fetched so far"):
        load(url)
    kept = Fetcher(folder_of(tmp_path) / "fetched", shop.limits)._kept(url)
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"picture")
    assert load(url) == b"picture"
