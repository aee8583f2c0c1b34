"""Uploads made to fill a memory, several at once: each is answered, and memory stays bounded."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parents[2]
MOST_MEGABYTES = 900  # numpy, soundfile, PyAV, and two pictures of 64 million pixels

CHECK = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from faults.peak import peak_mib
from prismrec.data.limits import Limits
from prismrec.errors import BadMedia
from prismrec.serve.intake import checked

def told(path):
    try:
        return checked(path.suffix[1:], path.read_bytes(), Limits(bytes=20 * 1024**2)) or "taken"
    except BadMedia as bad:
        return bad.reason

paths = sorted(Path(sys.argv[2]).iterdir())
with ThreadPoolExecutor(8) as pool:
    results = dict(zip([path.stem for path in paths], pool.map(told, paths)))
    whole = [*pool.map(told, [path for path in paths if path.stem == "whole"] * 8)]
print(json.dumps({"megabytes": peak_mib(), "results": results, "whole": whole}))
"""


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def zeros(n: int, piece: int = 1_000_000) -> bytes:
    """That many zeros as deflate packs them, a thousand times smaller."""
    pack = zlib.compressobj(6)
    return b"".join(pack.compress(bytes(piece)) for _ in range(n // piece)) + pack.flush()


def png(width: int, height: int, rows: int, *more: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zeros(rows * (1 + 3 * width), 1 + 3 * width))
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
    return start + b"".join(more) + data + chunk(b"IEND", b"")


def silence(seconds: int, rate: int, channels: int = 1) -> bytes:
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", rate, channels, format="FLAC") as file:
        for _ in range(seconds // 10):
            file.write(np.zeros((rate * 10, channels), np.int16))
    return out.getvalue()


def animation(n: int) -> bytes:
    out = io.BytesIO()
    rest = (Image.new("P", (300, 300), k % 250) for k in range(n))
    Image.new("P", (300, 300)).save(out, "GIF", save_all=True, append_images=rest, duration=10)
    return out.getvalue()


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("bombs")
    bombs = {
        "whole.image": png(8000, 8000, 8000),
        "wide.image": png(30_000, 30_000, 50),
        "note.image": png(8, 8, 8, chunk(b"zTXt", b"note\0\0" + zeros(400_000_000))),
        "profile.image": png(8, 8, 8, chunk(b"iCCP", b"a\0\0" + zeros(400_000_000))),
        "frames.image": animation(2000),
        "hours.audio": silence(8 * 3600, 1000),
        "rate.audio": silence(60, 655_350),
        "channels.audio": silence(60, 96_000, 8),
    }
    for name, data in bombs.items():
        assert len(data) < 2 * 1024**2, name
        (folder / name).write_bytes(data)
    command = [sys.executable, "-c", CHECK, str(TESTS), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_memory_stays_bounded(found: dict[str, Any]) -> None:
    assert found["megabytes"] < MOST_MEGABYTES


def test_what_is_within_the_limits_is_taken_a_few_at_a_time(found: dict[str, Any]) -> None:
    assert found["whole"] == ["taken"] * 8


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("whole", "taken"),
        ("wide", "30000 x 30000 pixels is over"),
        ("note", "not a readable picture"),
        ("profile", "not a readable picture"),
        ("frames", "taken"),  # of which the first is looked at
        ("hours", "8.0 hours is over 6.0; post a smaller one"),
        ("rate", "taken"),  # half a minute of which is heard
        ("channels", "taken"),
    ],
)
def test_each_is_answered(found: dict[str, Any], name: str, reason: str) -> None:
    assert reason in found["results"][name]
