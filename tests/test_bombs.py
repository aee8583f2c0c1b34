"""Media made to fill a memory: each is named, none is decoded, and what is good is encoded."""

from __future__ import annotations

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

pytestmark = pytest.mark.slow

HOURS = 10
HEAVY, MEGABYTES = 8, 200  # sounds of that size, which would fill the memory at once
MOST_MEGABYTES = 1200  # with numpy, polars and the media of two threads

PEAK = Path(__file__).parent / "faults"  # the folder of peak.py

ENCODE = """
import json, os, sys
sys.path.insert(0, sys.argv[2])
from peak import peak_mib
from prismrec.data.read import read
from prismrec.encode import choose_encoders, encode_media
if hasattr(os, 'sched_setaffinity'):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
shop = read(sys.argv[1])
encoders = choose_encoders(shop, image="colour-histogram", text="tfidf", audio="mfcc")
out = encode_media(shop, encoders)
print(json.dumps({
    "megabytes": peak_mib(),
    "problems": [str(problem) for problem in (*shop.problems, *out.problems)],
    "present": {name: f.present.tolist() for name, f in out.data.items.items()},
}))
"""


def png(width: int, height: int, *more: tuple[bytes, bytes]) -> bytes:
    """A picture of zeros, which deflate makes a thousand times smaller."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pack = zlib.compressobj(1)
    row = bytes(1 + 3 * width)
    body = b"".join(pack.compress(row) for _ in range(height)) + pack.flush()
    chunks = (chunk(b"IHDR", head), *(chunk(*each) for each in more), chunk(b"IDAT", body))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND", b"")


def silence(path: Path, form: str, rate: int = 1000) -> None:
    with soundfile.SoundFile(path, "w", rate, 1, format=form) as file:
        for _ in range(HOURS * 60):  # libsndfile crashes on longer pieces of Vorbis
            file.write(np.zeros(60 * rate, np.float32))


def wav_that_claims(n: int) -> bytes:
    head = struct.pack(
        "<4sI4s4sIHHIIHH", b"RIFF", n, b"WAVE", b"fmt ", 16, 1, 2, 8000, 32000, 4, 16
    )
    return head + struct.pack("<4sI", b"data", n) + b"\1\0" * 8000


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("bombs") / "shop"
    folder.mkdir()
    note = b"note\0\0" + zlib.compress(bytes(300_000_000), 1)
    (folder / "wide.png").write_bytes(png(16_000, 15_000))
    (folder / "note.png").write_bytes(png(8, 8, (b"zTXt", note)))
    (folder / "good.png").write_bytes(png(300, 200))
    (folder / "claims.png").write_bytes(png(60_000, 1)[:3000])
    silence(folder / "long.flac", "FLAC")
    silence(folder / "long.ogg", "OGG")
    (folder / "claims.wav").write_bytes(wav_that_claims(0xFFFFFF00))
    soundfile.write(folder / "good.wav", np.sin(np.arange(16_000) / 9), 8000)
    for place in range(HEAVY):  # holes take no room on the disk
        with (folder / f"heavy{place}.wav").open("wb") as file:
            file.write(wav_that_claims(MEGABYTES * 1024**2)[:44] + b"%d" % place)
            file.truncate(44 + MEGABYTES * 1024**2)
    rows = ["item,title,image,audio"]
    rows += ["a,A lamp,wide.png,long.flac", "b,A table,note.png,long.ogg"]
    rows += ["c," + "long words " * 4_700_000 + ",claims.png,claims.wav"]
    rows += ["d,A ch\0air,good.png,good.wav", "e,\0,/a.png,good.wav"]
    rows += [f"heavy{place},A chest,,heavy{place}.wav" for place in range(HEAVY)]
    (folder / "items.csv").write_text("\n".join(rows) + "\n", "utf-8")
    (folder / "interactions.csv").write_text("user,item\nann,a\nbob,e\n", "utf-8")
    command = [sys.executable, "-c", ENCODE, str(folder), str(PEAK)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_memory_stays_bounded(found: dict[str, Any]) -> None:
    assert 100 < found["megabytes"] < MOST_MEGABYTES, found["megabytes"]


def test_what_is_good_is_encoded(found: dict[str, Any]) -> None:
    present = found["present"]
    assert present["image"][0] is False
    assert present["image"][3:5] == [True, False]
    assert present["audio"][:2] == [False, False]
    assert present["audio"][2:] == [True] * (3 + HEAVY)
    assert present["text"][:4] == [True] * 4


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("wide.png", "16000 x 15000 pixels is over 64,000,000; raise pixels"),
        ("long.flac", "10.0 hours is over 6.0; raise seconds"),
        ("long.ogg", "10.0 hours is over 6.0; raise seconds"),
        ("items.csv, line 4", "characters, and was cut after 100,000"),
        ("items.csv, line 5", "a cell holds NUL bytes (2 such rows)"),
        ("items.csv, line 6", "is not a path below the shop's folder"),
    ],
)
def test_each_is_named(found: dict[str, Any], file: str, reason: str) -> None:
    assert [line for line in found["problems"] if line.startswith(file) and reason in line]
