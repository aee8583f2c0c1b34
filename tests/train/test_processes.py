"""Several processes that share each batch learn what one does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from prismrec.errors import BadData  # noqa: E402
from prismrec.models import LightGcn  # noqa: E402
from prismrec.train import Progress, Training  # noqa: E402
from prismrec.train.fabric import fabric_of, part_of  # noqa: E402

pytestmark = pytest.mark.slow
PARTS = """
import sys
from pathlib import Path
import numpy as np
from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.data.interactions import Interactions
from prismrec.data.vocabulary import Vocabulary
from prismrec.train import Training

rng = np.random.default_rng(0)
users = np.repeat(np.arange(60), 12)
items = rng.integers(0, 10, len(users)) * 4 + users % 4
data = Dataset(
    Interactions.of(users, items),
    Vocabulary(tuple(f"u{row}" for row in range(60))),
    Vocabulary(tuple(f"i{row}" for row in range(40))),
)
"""


def script(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "script.py"
    file.write_text(PARTS + text, "utf-8")
    return file


def ran(*command: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *map(str, command)],
        capture_output=True, text=True, timeout=300, env=environment, check=False,
    )  # fmt: skip


def test_two_are_as_good_as_one_and_tell_how_it_goes(make_dataset, tmp_path: Path) -> None:
    data = make_dataset()
    one = LightGcn(epochs=4).fit(data)
    told: list[Progress] = []
    how = Training(processes=2, device="cpu", progress=told.append, checkpoint=tmp_path)
    two = LightGcn(epochs=4).fit(data, how)
    assert two.items == pytest.approx(one.items, abs=1e-5)
    assert two.users == pytest.approx(one.users, abs=1e-5)
    assert two.about["losses"] == pytest.approx(one.about["losses"], rel=1e-4)
    assert [at.epoch for at in told][:4] == [1, 2, 3, 4]
    assert {at.stage for at in told} == {"finding the number of epochs", "on everything"}
    again = LightGcn(epochs=4).fit(data, Training(device="cpu", checkpoint=tmp_path))
    assert np.array_equal(again.items, two.items)  # the checkpoint is the same run's


def test_a_refusal_in_a_process_is_the_callers(make_dataset) -> None:
    model = LightGcn(learning_rate=float("inf"))
    with pytest.raises(BadData, match="not finite"):
        model.fit(make_dataset(), Training(processes=2, device="cpu", epochs=3))


def test_torchrun_gives_the_same(tmp_path: Path) -> None:
    text = """
import os
ranker = registry.build("models", "lightgcn:epochs=4").fit(data, Training(device="cpu"))
np.save(Path(sys.argv[1]) / f"items-{os.environ.get('RANK', 'alone')}.npy", ranker.items)
"""
    file = script(tmp_path, text)
    done = ran("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", file, tmp_path)
    assert done.returncode == 0, done.stderr
    assert ran(file, tmp_path).returncode == 0
    first, second, alone = (np.load(tmp_path / f"items-{n}.npy") for n in ("0", "1", "alone"))
    assert np.array_equal(first, second)
    assert first == pytest.approx(alone, abs=1e-5)


def test_a_script_without_a_main_guard_is_told_what_it_lacks(tmp_path: Path) -> None:
    text = 'registry.build("models", "bpr").fit(data, Training(processes=2, device="cpu"))\n'
    done = ran(script(tmp_path, text))
    assert done.returncode != 0
    assert done.stderr.strip().endswith('below `if __name__ == "__main__":`')


def test_parts_of_a_batch_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    fabric, batch = fabric_of(Training(device="cpu")), (torch.arange(7.0), torch.arange(7))
    for size, n in ((7, 2), (7, 3), (2, 3)):
        given = tuple(tensor[:size] for tensor in batch)
        total = 0.0
        for rank in range(n):
            monkeypatch.setattr(
                "prismrec.train.group.place", lambda rank=rank, n=n: (rank, n, rank)
            )
            (values, rows), weight = part_of(given, fabric)
            assert torch.equal(values, rows.float())
            total += float(values.mean()) * weight / n
        assert total == pytest.approx(float(given[0].mean()))
