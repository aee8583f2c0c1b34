"""Every format and fault goes through check and encode: named rightly, bounded, without a crash."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faults import FILES, PATHS, TEXTS, Kind, write_files, write_paths
from prismrec.data.read import read
from prismrec.errors import BadMedia
from prismrec.media.audio import decode_audio
from prismrec.media.image import decode_image
from prismrec.media.quality import KINDS, check
from prismrec.media.quality.files import look_at_all
from prismrec.media.quality.sniff import sniff
from prismrec.media.text import decode_text

# Pillow warns of odd remarks; a warning that is raised would make another verdict of them.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
SCRIPT = Path(__file__).parent / "faults" / "run.py"
SECONDS = 300  # after which a process counts as hung; it takes a tenth of that
PEAK_MIB = 1536
LIGHT = ("image=colour-histogram", "text=tfidf", "audio=mfcc")
HEAVY = ("wide.png", "zip-like.png", "remark-bomb.png", "bomb.png", "huge")
HEAVY += ("podcast.ogg", "night.flac", "ten-hours.flac")
QUICK = [kind for kind in (*FILES, *TEXTS) if kind.name not in HEAVY]
SMALL = [kind for kind in FILES if kind.usable and not kind.codes]


def run(folder: Path, *encoders: str) -> dict[str, Any]:
    """Check and encode in a process that is watched."""
    command = [sys.executable, str(SCRIPT), str(folder), str(SECONDS), *encoders]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=SECONDS + 30, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="session")
def all_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_files(tmp_path_factory.mktemp("fuzz") / "files")


def test_there_are_enough_kinds_and_all_verdicts_are_documented() -> None:
    kinds = (*FILES, *TEXTS, *PATHS)
    assert len(kinds) >= 200
    assert not [
        name for name, n in Counter(kind.name for kind in (*FILES, *TEXTS)).items() if n > 1
    ]
    assert {code for kind in kinds for code in kind.codes} <= set(KINDS)


def test_every_quick_kind_is_named_rightly(tmp_path: Path) -> None:
    report = check(read(write_files(tmp_path / "shop", QUICK)))
    found: dict[str, set[str]] = {kind.name: set() for kind in QUICK}
    for finding in report.findings:
        if finding.side == "item" and finding.modality and "duplicate" not in finding.code:
            for case in finding.cases:
                for name in case.ids:
                    found[name].add(finding.code)
    wrong = {k.name: (k.codes, found[k.name]) for k in QUICK if set(k.codes) != found[k.name]}
    assert not wrong


def test_every_path_is_named_rightly_and_none_leads_out(tmp_path: Path) -> None:
    found = run(write_paths(tmp_path / "deep" / "shop"), "image=colour-histogram")
    assert set(found["present"]["image"]) == {kind.name for kind in PATHS if kind.usable}
    expected = Counter(code for kind in PATHS for code in kind.codes)
    assert {code: n for code, n in found["counts"].items() if code.startswith("file.")} == expected


def judge(found: dict[str, Any], kinds: tuple[Kind, ...]) -> None:
    """Names, vectors and memory of one run over the whole folder."""
    wrong = {
        kind.name: (kind.codes, found["codes"][kind.name])
        for kind in kinds
        if set(kind.codes) != set(found["codes"][kind.name])
    }
    assert not wrong
    for modality, present in found["present"].items():
        usable = {kind.name for kind in kinds if kind.usable and kind.modality == modality}
        assert set(present) == usable
    assert found["counts"]["table.skipped"] == 1  # NUL bytes, which reading drops
    assert found["peak_mib"] < PEAK_MIB


@pytest.mark.slow
def test_all_files_with_light_encoders(all_files: Path) -> None:
    found = run(all_files, *LIGHT)
    assert set(found["present"]) == {"image", "text", "audio"}
    judge(found, (*FILES, *TEXTS))


@pytest.mark.slow
@pytest.mark.parametrize("choice", ["image=auto", "text=auto", "audio=auto"])
def test_all_files_with_the_default_encoders(all_files: Path, choice: str) -> None:
    pytest.importorskip("onnxruntime")
    judge(run(all_files, choice), (*FILES, *TEXTS))


@functools.cache
def content_of(kind: Kind) -> bytes:
    return kind.content()


@st.composite
def mutations(draw: st.DrawFn) -> tuple[Kind, bytes]:
    """A good file with flipped bytes, a piece taken out, or one spliced in from another file."""
    kind = draw(st.sampled_from(SMALL))
    content = bytearray(content_of(kind)[:200_000])
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(content) - 1)))
        early = draw(st.booleans())  # heads are where the claims are
        place = place % 256 if early else place
        match draw(st.sampled_from(("flip", "cut", "remove", "splice", "fill"))):
            case "flip":
                content[place : place + 1] = draw(st.binary(min_size=1, max_size=1))
            case "cut":
                del content[place:]
            case "remove":
                del content[place : place + draw(st.integers(1, 4000))]
            case "splice":
                other = content_of(draw(st.sampled_from(SMALL)))
                content[place:place] = other[: draw(st.integers(1, 4000))]
            case "fill":
                content[place : place + 8] = draw(st.sampled_from((b"\0", b"\xff"))) * 8
    return kind, bytes(content)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutations())
def test_mutated_files_raise_nothing_but_bad_media(mutated: tuple[Kind, bytes]) -> None:
    kind, content = mutated
    decode = decode_image if kind.modality == "image" else lambda data: decode_audio(data, 16_000)
    try:
        decode(content)
    except BadMedia as bad:
        assert bad.reason
    (look,) = look_at_all(
        [kind.name], kind.modality, lambda _: content, folder=Path("nowhere"), tick=lambda: None
    )
    assert look.usable or look.faults
    assert {code for code, _ in look.faults} <= set(KINDS)


@given(st.binary(max_size=400))
def test_any_bytes_are_recognised_or_not_and_read_or_not(content: bytes) -> None:
    assert sniff(content).family
    try:
        assert isinstance(decode_text(content), str)
    except BadMedia as bad:
        assert bad.reason
