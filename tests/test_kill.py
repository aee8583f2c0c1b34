"""kill -9 at random moments, and two processes at once, by the benchmark that does it at length."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "kill.py"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sounds that take some seconds to encode, some twice, and a text for each."""
    folder = tmp_path_factory.mktemp("kill") / "shop"
    folder.mkdir()
    rng = np.random.default_rng(0)
    items = ["item,title,audio"]
    for place in range(80):
        if place % 8:
            soundfile.write(folder / f"{place}.wav", 0.1 * rng.normal(size=8000 * 20), 8000)
        else:
            (folder / f"{place}.wav").write_bytes(b"broken")
        items.append(f"i{place},Sound {place // 2},{place}.wav")
    (folder / "items.csv").write_text("\n".join(items) + "\n", "utf-8")
    (folder / "interactions.csv").write_text("user,item\nann,i0\nbob,i1\n", "utf-8")
    return folder


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
def test_nothing_is_lost_or_done_twice(shop: Path) -> None:
    options = ["--text=tfidf:dim=64", "--audio=mfcc", "--kills=2", "--seed=3", "--pause=0.3"]
    command = [sys.executable, str(SCRIPT), str(shop), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["vectors"] == 40 + 70
    assert found["kills"] > 0
    assert found["equal after kills"]
    assert found["kept, then computed again"] == 0
    assert sum(found["kept by each run"]) == found["vectors"]
    assert found["equal after two at once"]
    together = found["computed by each of two at once"]
    assert found["vectors"] <= sum(together) <= 2 * found["vectors"]
