"""Checkpoints: what comes back, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from prismrec.errors import BadData, BadModel  # noqa: E402
from prismrec.models import Bpr, LightGcn  # noqa: E402
from prismrec.train import Training, checkpoint  # noqa: E402
from prismrec.train.checkpoint import State, read, write  # noqa: E402
from prismrec.train.identity import identity  # noqa: E402


def state() -> State:
    chosen = {"a.b": torch.arange(6.0).reshape(2, 3), "n": torch.tensor(3, dtype=torch.int64)}
    return State(4, 0.5, 3, False, [0.1, 0.2], [None, 0.3], chosen)


def test_what_was_written_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "run.safetensors"
    halves = torch.ones(2, dtype=torch.bfloat16)
    parts = {"task": {"w": halves}, "optimizer": {0: {"step": torch.tensor(2.0), "mode": [1]}}}
    write(file, state(), parts, name="me")
    found, back = read(file, "me") or (State(), {})
    assert torch.equal(found.chosen["a.b"], state().chosen["a.b"])
    assert found.chosen["n"].shape == ()
    assert (found.epoch, found.best, found.losses, found.figures) == (
        4,
        0.5,
        [0.1, 0.2],
        [None, 0.3],
    )
    assert torch.equal(back["task"]["w"], halves)
    assert back["optimizer"]["0"]["mode"] == [1]
    assert read(tmp_path / "nothing", "me") is None
    assert [f.name for f in tmp_path.iterdir()] == ["run.safetensors"]


def test_every_damage_is_one_clear_line(tmp_path: Path) -> None:
    file = tmp_path / "run.safetensors"
    write(file, state(), {}, name="me")
    whole = file.read_bytes()
    for place in range(0, len(whole), 7):
        spoilt = bytearray(whole)
        spoilt[place] ^= 0x10
        file.write_bytes(spoilt)
        with pytest.raises(BadModel, match="remove it to start anew") as said:
            read(file, "me")
        assert str(file) in str(said.value)
    for length in (0, 5, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:length])
        with pytest.raises(BadModel, match="remove it to start anew"):
            read(file, "me")


def test_another_run_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "run.safetensors"
    write(file, state(), {}, name="me")
    with pytest.raises(BadModel, match="belongs to a run with another model, data"):
        read(file, "you")


def test_a_kill_while_writing_leaves_the_last_one_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "run.safetensors"
    write(file, state(), {}, name="me")

    def interrupted(tensors: object, place: Path, metadata: object) -> None:
        place.write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save_file", interrupted)
        with pytest.raises(KeyboardInterrupt):
            write(file, State(9), {}, name="me")
    assert (read(file, "me") or (State(), {}))[0].epoch == 4
    write(file, State(9), {}, name="me")
    assert (read(file, "me") or (State(), {}))[0].epoch == 9
    assert len(list(tmp_path.iterdir())) == 1  # what was half written is overwritten


def test_a_place_that_cannot_be_a_folder_is_said_before_training(
    tmp_path: Path, make_dataset
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(BadData, match="cannot be a folder of checkpoints"):
        Bpr().fit(make_dataset(), Training(checkpoint=file))


def test_runs_that_differ_have_different_names(make_dataset, tmp_path: Path) -> None:
    data, other = make_dataset(), make_dataset(seed=1)
    rows = np.arange(len(data.interactions)) % 5 == 0
    train, valid = (data.with_interactions(data.interactions.take(r)) for r in (~rows, rows))
    valid2 = valid.with_interactions(valid.interactions.take(np.arange(20)))
    how = Training(valid=valid, checkpoint=tmp_path, epochs=2)
    Bpr().fit(train, how)
    for model, log, changed in (
        (Bpr(l2=0.5), train, how),  # no shape tells
        (Bpr(learning_rate=0.5), train, how),
        (Bpr(dim=32), train, how),
        (LightGcn(), train, how),
        (Bpr(), other, how),
        (Bpr(), train, Training(valid=valid2, checkpoint=tmp_path, epochs=2)),
        (Bpr(), train, Training(seed=1, valid=valid, checkpoint=tmp_path, epochs=2)),
        (
            Bpr(),
            train,
            Training(valid=valid, checkpoint=tmp_path, epochs=2, precision="bf16-mixed"),
        ),
    ):
        with pytest.raises(BadModel, match="belongs to a run"):
            model.fit(log, changed)
    Bpr().fit(train, Training(valid=valid, checkpoint=tmp_path, epochs=3, device="cpu"))


def test_identity_looks_at_all_that_hangs_on_a_task_but_what_is_learnt() -> None:
    def task(*, table: int = 1, word: str = "a", learnt: float = 0.0) -> nn.Module:
        made = nn.Linear(2, 2)
        made.inner = nn.ModuleList([nn.Linear(2, 2)])
        nn.init.constant_(made.weight, learnt)
        made.tables = {"x": [np.arange(5) * table], "words": np.array(["a", word], object)}
        made.itself = made  # a ring is no trap
        return made

    same = identity(task(), 1)
    assert identity(task(learnt=7.0), 1) == same
    assert (
        len({same, identity(task(table=2), 1), identity(task(word="b"), 1), identity(task(), 2)})
        == 4
    )
