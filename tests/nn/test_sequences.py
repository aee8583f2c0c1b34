from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from prismrec.data.jagged import Jagged
from prismrec.models.mm_rnn import MmRnn, _Rnn
from prismrec.models.sasrec import SasRec, _SasRec
from prismrec.nn import sequences
from prismrec.nn.sequences import ItemVectors, NextItem, batches, windows

ROWS = st.lists(st.lists(st.integers(0, 99), max_size=30), min_size=1, max_size=12)
MODELS = [(MmRnn(dim=8, length=5), _Rnn), (SasRec(dim=8, length=5, heads=2), _SasRec)]


@given(ROWS, st.integers(1, 9), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_windows_hold_each_event_once_in_its_order(rows, length, seed):
    history = Jagged.from_rows(rows)
    pieces = windows(history, length, np.random.default_rng(seed))
    assert np.array_equal(pieces.values, history.values)
    assert pieces.lengths.max(initial=0) <= length
    assert pieces.lengths.min(initial=1) >= 1
    bounds = set(pieces.offsets.tolist())
    assert bounds >= set(history.offsets.tolist()) or not len(history.values)
    for start, stop in zip(history.offsets, history.offsets[1:], strict=False):
        if stop - start <= length:
            assert not bounds & set(range(start + 1, stop))


def test_windows_are_cut_elsewhere_in_each_epoch():
    history, rng = Jagged.from_rows([list(range(40))]), np.random.default_rng(0)
    cuts = {tuple(windows(history, 10, rng).offsets.tolist()) for _ in range(20)}
    assert len(cuts) > 5


@given(ROWS, st.integers(1, 200), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_batches_hold_each_row_once_and_few_places(rows, size, seed):
    history = Jagged.from_rows([row for row in rows if row] or [[1]])
    found = []
    for items in batches(history, size, np.random.default_rng(seed)):
        assert items.size <= max(size, items.shape[1])
        found += [tuple(row[row >= 0].tolist()) for row in items]
    assert sorted(found) == sorted(
        tuple(row.tolist()) for row in map(history.__getitem__, range(len(history)))
    )


def task_of(model, encoder, data):
    torch.nn.init.normal_(  # larger than at the start, so that nothing hides in rounding
        (task := NextItem(model, encoder(model), data).eval()).vectors.ids
    )
    return task


def slow_state(task, vectors, items):
    """The encoder's last state on one history alone, by a batch of one."""
    x = torch.vstack([task.start, vectors[items] * task.model.dim**0.5])
    return task.encoder(x[None])[0, -1]


@pytest.mark.parametrize(("model", "encoder"), MODELS)
def test_the_loss_is_that_of_naming_each_item_from_those_before(make_dataset, model, encoder):
    data = make_dataset(12, 16)
    task = task_of(model, encoder, data)
    rows = [[3, 1, 3, 7], [2], [5, 6]]
    items = torch.tensor([row + [-1] * (4 - len(row)) for row in rows])
    vectors, losses = task.vectors(), []
    for row in rows:
        for place, item in enumerate(row):
            shares = (slow_state(task, vectors, row[:place]) @ vectors.T).log_softmax(0)
            losses.append(-shares[item])
    assert len(task.used) == data.n_items
    assert task(items).item() == pytest.approx(torch.stack(losses).mean().item(), rel=1e-4)


def test_a_sampled_loss_names_the_same_items(make_dataset, monkeypatch):
    monkeypatch.setattr(sequences, "FULL", 10)
    data = make_dataset(12, 16)
    task = task_of(*MODELS[0], data)
    items = torch.tensor([[3, 1, 3, 7], [2, -1, -1, -1], [5, 6, -1, -1]])
    everything = torch.arange(data.n_items)
    assert task(items, everything).item() == pytest.approx(task(items).item(), rel=1e-4)
    drawn = [len(batch) for batch in task.batches(np.random.default_rng(0))]
    assert set(drawn) == {2}


@pytest.mark.parametrize(("model", "encoder"), MODELS)
def test_towers_are_each_users_state_after_the_latest_items(
    make_dataset, monkeypatch, model, encoder
):
    data = make_dataset(12, 16, events=9)
    few = data.interactions.users != 3  # who has no history
    data = data.with_interactions(data.interactions.take(few))
    task = task_of(model, encoder, data)
    with torch.no_grad():
        users, vectors = task.towers()
        for user in range(data.n_users):
            items = torch.from_numpy(task.history[user][-model.length :])
            assert torch.allclose(users[user], slow_state(task, vectors, items), atol=1e-5)


def test_an_item_that_nobody_used_is_its_media_alone(make_dataset):
    data = make_dataset()
    unused = data.with_interactions(data.interactions.take(data.interactions.items > 1))
    vectors = ItemVectors(unused, 8, "mean")
    assert not vectors.ids[:2].any()
    assert vectors()[:2].all(dim=1).all()
    bare = ItemVectors(replace(unused, items={}), 8, "mean")
    assert not bare()[:2].any()
    assert torch.equal(bare(torch.tensor([5, 2])), bare.ids[[5, 2]])


def test_gradients_reach_every_parameter(make_dataset):
    for model, encoder in MODELS:
        task = NextItem(model, encoder(model), make_dataset(12, 16))
        nn.Module.train(task)
        for batch in task.batches(np.random.default_rng(0)):
            task(*batch).backward()
        assert all(p.grad is not None and p.grad.any() for p in task.parameters())
