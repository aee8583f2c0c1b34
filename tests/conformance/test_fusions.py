"""What every registered fusion promises; a new one is tested by adding its row."""

from __future__ import annotations

import pytest

from prismrec import registry
from prismrec.errors import BadData, TooLarge

torch = pytest.importorskip("torch")

N, D = 12, 8
ALL = registry.names("fusions")


def built(name: str, m: int = 3, d: int = D):
    with torch.random.fork_rng():
        torch.random.default_generator.set_state(torch.Generator().get_state())
        return registry.build("fusions", name).build(m, d).eval()


def values(m: int = 3, d: int = D, *, dtype: torch.dtype = torch.float32):
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(N, m, d, generator=generator, dtype=dtype)
    present = torch.rand(N, m, generator=generator) < 0.6
    present[0], present[1] = True, False
    return x, present


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("m", [1, 2, 4])
def test_one_finite_vector_for_each_row(name: str, m: int) -> None:
    x, present = values(m)
    out = built(name, m)(x, present)
    assert out.shape == (N, D)
    assert out.dtype == x.dtype
    assert out.isfinite().all()
    assert not out[1].any()  # nothing is present
    assert out[0].any()


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("junk", [1e6, float("nan")])
def test_absent_values_are_ignored(name: str, junk: float) -> None:
    x, present = values()
    operator = built(name)
    other = x.masked_fill(~present.unsqueeze(-1), junk)
    torch.testing.assert_close(operator(x, present), operator(other, present))


@pytest.mark.parametrize("name", ALL)
def test_a_row_does_not_depend_on_others(name: str) -> None:
    x, present = values()
    operator = built(name)
    alone = torch.cat([operator(x[i : i + 1], present[i : i + 1]) for i in range(N)])
    torch.testing.assert_close(operator(x, present), alone)


@pytest.mark.parametrize("name", ALL)
def test_the_order_of_modalities_matters_only_where_it_is_said(name: str) -> None:
    x, present = values()
    operator = built(name)
    turned = operator(x.flip(1), present.flip(1))
    if registry.load("fusions", name).symmetric:
        torch.testing.assert_close(operator(x, present), turned)


@pytest.mark.parametrize("name", ALL)
def test_presence_makes_a_difference(name: str) -> None:
    x, present = values()
    present[:] = True
    less = present.clone()
    less[:, 0] = False
    operator = built(name)
    assert not torch.allclose(operator(x, present), operator(x, less))


@pytest.mark.parametrize("name", ALL)
def test_gradients_are_right_and_reach_everything(name: str) -> None:
    x, present = values(d=4, dtype=torch.float64)
    operator = built(name, d=4).double()
    x.requires_grad_()
    assert torch.autograd.gradcheck(operator, (x[:4], present[:4]))
    operator(x, present).square().sum().backward()
    assert (x.grad[present] != 0).any()
    assert not x.grad[~present].any()
    for parameter in operator.parameters():
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()


@pytest.mark.parametrize("name", ALL)
def test_every_fusion_is_placed_beside_others(name: str) -> None:
    assert "Relations:" in (registry.load("fusions", name).__doc__ or "")


def test_means_and_weights_by_hand() -> None:
    x = torch.tensor([[[1.0, 2.0], [3.0, 6.0], [100.0, 100.0]]])
    present = torch.tensor([[True, True, False]])
    assert built("mean", d=2)(x, present).tolist() == [[2.0, 4.0]]
    assert built("sum", d=2)(x, present).tolist() == [[4.0, 8.0]]
    out = built("weighted:weights=3+1+5", d=2)(x, present)
    torch.testing.assert_close(out, torch.tensor([[1.5, 3.0]]))  # (3 x 1 + 1 x 3) / 4


@pytest.mark.parametrize(
    ("spec", "error", "said"),
    [
        ("attention:heads=3", BadData, "do not divide"),
        ("transformer:heads=3", BadData, "do not divide"),
        ("weighted:weights=1+2", BadData, "3 positive weights"),
        ("mm-cnn:width=4", BadData, "odd"),
        ("mm-rnn:cell=tree", BadData, "gru or lstm"),
        ("tensor:width=64", TooLarge, "low-rank"),
    ],
)
def test_what_cannot_be_built_is_said(spec: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        built(spec)


def test_lstm_is_a_cell_too() -> None:
    x, present = values()
    gru, lstm = built("mm-rnn")(x, present), built("mm-rnn:cell=lstm")(x, present)
    assert lstm.shape == gru.shape
    assert not torch.allclose(lstm, gru)
