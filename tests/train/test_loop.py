"""The loop on a task whose course can be foreseen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402

from prismrec.data.dataset import Dataset  # noqa: E402
from prismrec.errors import BadData, BadModel  # noqa: E402
from prismrec.models import Bpr  # noqa: E402
from prismrec.train import Progress, Training, loop  # noqa: E402
from prismrec.train.loop import Schedule, Trained, run  # noqa: E402

SCHEDULE = Schedule(learning_rate=0.05, epochs=6, patience=2)


class Line(nn.Module):
    """Learns a vector by squared distance; torch draws some noise in each step."""

    def __init__(self, *, goal: float = 1.0, steps: int = 4) -> None:
        super().__init__()
        self.steps = steps  # of an epoch
        self.vector = nn.Parameter(torch.zeros(8))
        self.idle = nn.Parameter(torch.ones(2))  # no loss depends on it
        self.seen: list[float] = []
        self.register_buffer("goal", torch.full((8,), goal), persistent=False)

    def batches(self, rng: np.random.Generator) -> Iterator[tuple[Tensor, ...]]:
        for _ in range(self.steps):
            yield (torch.from_numpy(rng.normal(size=(16, 8)).astype(np.float32)),)

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(float(x[0, 0]))
        return (self.vector - self.goal - 0.1 * x - 0.1 * torch.randn(8)).square().mean()


def trained(how: Training = Training(), **options) -> Trained[Line]:
    return run(Line(), how, **{"schedule": SCHEDULE, **options})


def measured(*figures: float) -> Callable[[Line], float]:
    """A measure that says these figures, one after the other."""
    left = iter(figures)
    return lambda task: next(left)


class Killed(Exception):
    pass


def killed_at(epoch: int) -> Callable[[Progress], None]:
    def kill(at: Progress) -> None:
        if at.epoch == epoch:
            raise Killed

    return kill


def test_it_learns_and_leaves_alone_what_no_loss_depends_on() -> None:
    done = trained(Training(epochs=60))
    assert done.task.vector.detach().numpy() == pytest.approx(np.ones(8), abs=0.2)
    assert done.task.idle.tolist() == [1, 1]
    assert not done.task.training
    assert len(done.losses) == done.epochs == 60
    assert done.losses[-1] < done.losses[0] / 5


def test_the_best_epoch_is_kept_and_patience_ends_the_rest() -> None:
    done = trained(measure=measured(0.1, 0.3, 0.2, 0.25, 0.9))
    assert done.figures == [0.1, 0.3, 0.2, 0.25]
    assert done.epochs == 2
    two = trained(Training(epochs=2))
    assert torch.equal(done.task.vector, two.task.vector)


def test_an_equal_figure_is_no_better_one() -> None:
    assert trained(measure=measured(*[0.5] * 6)).epochs == 1


def test_options_of_the_run_stand_above_those_of_the_model() -> None:
    assert len(trained(Training(epochs=3)).losses) == 3
    done = trained(Training(patience=4, epochs=9), measure=measured(0.9, *[0.1] * 8))
    assert len(done.figures) == 5


def test_each_epoch_draws_its_own_batches_and_the_seed_decides_which() -> None:
    first, again, other = trained(), trained(), trained(Training(seed=1))
    assert len(set(first.task.seen)) == len(first.task.seen) == 24
    assert first.task.seen == again.task.seen
    assert torch.equal(first.task.vector, again.task.vector)
    assert first.task.seen != other.task.seen


def test_the_generators_of_the_caller_are_left_alone() -> None:
    torch.random.default_generator.set_state(torch.Generator().get_state())
    before = torch.random.get_rng_state()
    trained()
    assert torch.equal(torch.random.get_rng_state(), before)


def test_progress_is_told_after_each_epoch() -> None:
    told: list[Progress] = []
    done = trained(Training(progress=told.append), measure=measured(0.1, 0.4, 0.3, 0.2), stage="x")
    assert [at.epoch for at in told] == [1, 2, 3, 4]
    assert [at.best for at in told] == [0.1, 0.4, 0.4, 0.4]
    assert [at.loss for at in told] == done.losses
    assert {(at.epochs, at.stage) for at in told} == {(6, "x")}


@pytest.mark.parametrize("epoch", [1, 3, 6])
def test_a_killed_run_goes_on_to_the_same_digits(
    epoch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "SECONDS", -1)
    whole = trained()
    with pytest.raises(Killed):
        trained(Training(checkpoint=tmp_path, progress=killed_at(epoch)))
    told: list[Progress] = []
    done = trained(Training(checkpoint=tmp_path, progress=told.append))
    assert [at.epoch for at in told] == list(range(epoch + 1, 7))
    assert torch.equal(done.task.vector, whole.task.vector)
    assert done.losses == whole.losses


def test_a_finished_run_returns_at_once_and_a_longer_one_goes_on(tmp_path: Path) -> None:
    how = Training(checkpoint=tmp_path)
    trained(how)
    again = trained(how)
    assert again.task.seen == []
    longer = trained(replace(how, epochs=8))
    assert len(longer.task.seen) == 8
    assert torch.equal(longer.task.vector, trained(Training(epochs=8)).task.vector)
    with pytest.raises(BadModel, match="past the 5 asked for"):
        trained(replace(how, epochs=5))


def test_more_patience_takes_up_a_run_that_had_ended(tmp_path: Path) -> None:
    how = Training(checkpoint=tmp_path)
    short = trained(how, measure=measured(0.3, 0.2, 0.1))
    assert len(short.figures) == 3
    longer = trained(replace(how, patience=4), measure=measured(0.5, 0.1, 0.1))
    assert longer.figures == [0.3, 0.2, 0.1, 0.5, 0.1, 0.1]
    assert longer.epochs == 4


@pytest.mark.parametrize("precision", ["bf16-mixed", "32-true"])
def test_precision(precision: str) -> None:
    done = trained(Training(epochs=60, precision=precision))
    assert done.task.vector.detach().numpy() == pytest.approx(np.ones(8), abs=0.2)


def test_bf16_computes_in_bf16(make_dataset: Callable[..., Dataset]) -> None:
    from prismrec.models import Vbpr

    data = make_dataset()
    full, half = (
        Vbpr(learning_rate=1e-3).fit(data, Training(epochs=3, precision=p))
        for p in ("32-true", "bf16-mixed")
    )
    assert half.items.dtype == np.float32
    assert not np.array_equal(full.items, half.items)
    assert half.items == pytest.approx(full.items, abs=0.02)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_or_figure_that_is_not_finite_ends_the_run_with_a_remedy(value: float) -> None:
    with pytest.raises(
        BadData, match=r"the loss of epoch 1 is not finite; lower the learning rate"
    ):
        run(Line(goal=value), Training(), schedule=SCHEDULE)
    with pytest.raises(BadData, match="the figure on valid is not finite"):
        trained(measure=measured(value))
    with pytest.raises(BadData, match="what was learnt is not finite"):
        run(Line(steps=1), Training(epochs=1), schedule=Schedule(learning_rate=float("inf")))


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (Training(device="abacus"), "no device 'abacus' here; there is .*cpu"),
        (Training(device="cpu:1"), "no device"),
        (Training(precision="8-bit"), "precision is one of 32-true"),
        (Training(device="cpu", precision="16-mixed"), "needs a device cuda"),
        (Training(processes=0), "0 processes cannot share"),
    ],
)
def test_what_cannot_be_had_is_said(how: Training, said: str) -> None:
    with pytest.raises(BadData, match=said):
        trained(how)


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed", "16-mixed"])
def test_a_gpu_learns_the_same_and_goes_on_after_a_kill(
    precision: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "SECONDS", -1)
    how = Training(device="cuda", precision=precision, epochs=60)
    whole = trained(how)
    assert whole.task.vector.numpy(force=True) == pytest.approx(np.ones(8), abs=0.2)
    with pytest.raises(Killed):
        trained(replace(how, checkpoint=tmp_path, progress=killed_at(7)))
    done = trained(replace(how, checkpoint=tmp_path))
    torch.testing.assert_close(done.task.vector, whole.task.vector)


class TestFit:
    """What is held out, and what happens where that is impossible."""

    def stages(self, train: Dataset, **options) -> dict[str, int]:
        """Epochs by stage."""
        told: list[Progress] = []
        Bpr(epochs=4).fit(train, Training(progress=told.append, **options))
        return {at.stage: at.epoch for at in told}

    def parts(self, data: Dataset) -> tuple[Dataset, Dataset]:
        late = np.arange(len(data.interactions)) % 5 == 0
        train, valid = (data.interactions.take(rows) for rows in (~late, late))
        return data.with_interactions(train), data.with_interactions(valid)

    def test_valid_makes_one_run(self, make_dataset: Callable[..., Dataset]) -> None:
        train, valid = self.parts(make_dataset())
        assert list(self.stages(train, valid=valid)) == [""]

    def test_without_valid_the_number_of_epochs_is_found_first(
        self, make_dataset: Callable[..., Dataset]
    ) -> None:
        data = make_dataset()
        found = self.stages(data)
        assert list(found) == ["finding the number of epochs", "on everything"]
        about = Bpr(epochs=4).fit(data).about
        assert about["epochs"] == found["on everything"] == len(about["losses"])
        assert about["figures"][about["epochs"] - 1] == max(about["figures"])

    def test_epochs_without_valid_make_one_run_of_just_so_many(
        self, make_dataset: Callable[..., Dataset]
    ) -> None:
        assert self.stages(make_dataset(), epochs=3) == {"": 3}

    def test_a_valid_that_says_nothing_counts_as_none(
        self, make_dataset: Callable[..., Dataset]
    ) -> None:
        data = make_dataset()
        nothing = data.with_interactions(data.interactions.take(np.arange(0)))
        for valid in (nothing, data):
            assert len(self.stages(data, valid=valid)) == 2
            assert self.stages(data, valid=valid, epochs=2) == {"": 2}

    def test_a_log_without_a_choice_to_hold_out(self, make_dataset: Callable[..., Dataset]) -> None:
        data = make_dataset()
        _, first = np.unique(data.interactions.users, return_index=True)
        single = data.with_interactions(data.interactions.take(first))
        assert self.stages(single) == {"": 4}

    def test_valid_users_without_train_are_ranked_too(
        self, make_dataset: Callable[..., Dataset]
    ) -> None:
        data = make_dataset()
        new = data.interactions.users < 10
        train, valid = (
            data.with_interactions(data.interactions.take(rows)) for rows in (~new, new)
        )
        assert list(self.stages(train, valid=valid)) == [""]

    def test_an_empty_log_is_refused(self, make_dataset: Callable[..., Dataset]) -> None:
        data = make_dataset()
        nothing = data.with_interactions(data.interactions.take(np.arange(0)))
        with pytest.raises(BadData, match="empty"):
            Bpr().fit(nothing)
