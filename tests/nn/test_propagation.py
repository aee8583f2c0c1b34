"""Propagation against dense matrices, forwards and backwards."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

torch = pytest.importorskip("torch")

from prismrec.nn.propagation import Graph, mean_of_layers, normalised  # noqa: E402

N, M, D = 9, 6, 3


def matrix(n: int = N, m: int = M, *, share: float = 0.4) -> sparse.csr_array:
    """Random, with an empty first row, an empty last row and an empty second column."""
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(n, m)) * (rng.random((n, m)) < share)
    dense[[0, -1]] = 0
    dense[:, 1] = 0
    return sparse.csr_array(dense.astype(np.float32))


def embeddings(n: int, *, dtype: torch.dtype = torch.float64, grad: bool = True) -> torch.Tensor:
    rng = np.random.default_rng(n)
    return torch.tensor(rng.normal(size=(n, D)), dtype=dtype, requires_grad=grad)


def test_it_is_the_matrix_times_the_embeddings() -> None:
    given = matrix()
    graph, dense = Graph(given), torch.from_numpy(given.toarray())
    x, y = embeddings(M, dtype=torch.float32), embeddings(N, dtype=torch.float32)
    torch.testing.assert_close(graph(x), dense @ x)
    torch.testing.assert_close(graph.transposed(y), dense.T @ y)
    assert not graph(x)[[0, -1]].any()
    assert not graph.transposed(y)[1].any()


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_gradients_are_those_of_finite_differences(turned: bool, weighted: bool) -> None:
    graph = Graph(matrix()).double()
    x = embeddings(N if turned else M)
    product = graph.transposed if turned else graph
    weights = graph.weights.clone().requires_grad_() if weighted else None
    given = (x, weights) if weighted else (x,)
    assert torch.autograd.gradcheck(product, given)


@pytest.mark.parametrize("turned", [False, True])
def test_gradients_are_those_of_the_dense_product(turned: bool) -> None:
    given = matrix()
    graph, rows, columns = Graph(given), *given.nonzero()
    weights = torch.randn(given.nnz, generator=torch.Generator().manual_seed(0)).requires_grad_()
    dense = torch.zeros(N, M).index_put((torch.tensor(rows), torch.tensor(columns)), weights)
    x = embeddings(N if turned else M, dtype=torch.float32)
    ours = graph.transposed(x, weights) if turned else graph(x, weights)
    theirs = (dense.T if turned else dense) @ x
    up = torch.randn(theirs.shape, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(ours, theirs)
    for mine, reference in zip(
        torch.autograd.grad(ours, (x, weights), up),
        torch.autograd.grad(theirs, (x, weights), up),
        strict=True,
    ):
        torch.testing.assert_close(mine, reference)


def test_no_gradient_is_made_that_nobody_asked_for() -> None:
    graph = Graph(matrix())
    fixed = embeddings(M, dtype=torch.float32, grad=False)
    assert not graph(fixed).requires_grad
    weights = graph.weights.clone().requires_grad_()
    graph(fixed, weights).sum().backward()
    assert weights.grad is not None
    assert fixed.grad is None


@pytest.mark.parametrize("shape", [(4, 5), (0, 5), (4, 0)])
def test_a_graph_without_edges_gives_zeros(shape: tuple[int, int]) -> None:
    n, m = shape
    graph = Graph(sparse.csr_array(shape, dtype=np.float32))
    x = embeddings(m, dtype=torch.float32)
    out = graph(x)
    assert out.shape == (n, D)
    assert not out.any()
    assert graph.transposed(embeddings(n, dtype=torch.float32)).shape == (m, D)
    assert normalised(sparse.csr_array(shape, dtype=np.float32)).shape == shape


def test_new_weights_hold_in_both_directions() -> None:
    given = matrix()
    graph = Graph(given)
    graph.reweighted(graph.weights * (torch.arange(given.nnz) % 2))
    thinned = given.copy()
    thinned.data = given.data * (np.arange(given.nnz) % 2).astype(np.float32)
    dense = torch.from_numpy(thinned.toarray())
    x, y = embeddings(M, dtype=torch.float32), embeddings(N, dtype=torch.float32)
    torch.testing.assert_close(graph(x), dense @ x)
    torch.testing.assert_close(graph.transposed(y), dense.T @ y)
    (grad,) = torch.autograd.grad(graph(x).sum(), x)
    torch.testing.assert_close(grad, dense.T @ torch.ones(N, D))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_what_goes_in_comes_out_in_the_same_precision(dtype: torch.dtype) -> None:
    graph, x = Graph(matrix()), embeddings(M).detach().to(dtype).requires_grad_()
    out = graph(x)
    assert out.dtype == dtype
    out.sum().backward()
    assert x.grad is not None
    assert x.grad.dtype == dtype
    reference = torch.from_numpy(matrix().toarray()).double() @ x.detach().double()
    torch.testing.assert_close(out.double(), reference, atol=0.05, rtol=0.05)


def test_embeddings_need_not_lie_in_order_in_memory() -> None:
    graph, x = Graph(matrix()), torch.randn(D, M, generator=torch.Generator().manual_seed(0)).T
    torch.testing.assert_close(graph(x), torch.from_numpy(matrix().toarray()) @ x)


@pytest.mark.parametrize("layers", [0, 1, 3])
def test_light_convolution_is_the_mean_of_powers_of_the_two_sided_graph(layers: int) -> None:
    used = sparse.csr_array(np.abs(np.sign(matrix().toarray())).astype(np.float32))
    degrees = used.toarray().sum(1), used.toarray().sum(0)
    scale = np.sqrt(np.maximum(np.outer(*degrees), 1))
    half = used.toarray() / scale
    whole = np.block([[np.zeros((N, N)), half], [half.T, np.zeros((M, M))]])
    users, items = embeddings(N, dtype=torch.float32), embeddings(M, dtype=torch.float32)
    start = torch.cat([users, items]).detach().numpy()
    powers = [np.linalg.matrix_power(whole, power) @ start for power in range(layers + 1)]
    found = torch.cat(mean_of_layers(normalised(used), users, items, layers=layers))
    assert found.detach().numpy() == pytest.approx(np.mean(powers, axis=0), abs=1e-5)


def test_a_copy_in_a_checkpoint_holds_no_graph() -> None:
    assert not Graph(matrix()).state_dict()
    assert {name for name, _ in Graph(matrix()).named_buffers()} >= {
        "columns",
        "offsets",
        "weights",
    }
