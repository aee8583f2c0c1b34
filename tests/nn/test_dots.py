import numpy as np
import torch
from scipy import sparse

from prismrec.nn import propagation
from prismrec.nn.propagation import Graph


def graph_of(n: int = 7) -> Graph:
    rng = np.random.default_rng(0)
    return Graph(sparse.csr_array((rng.random((n, n)) < 0.4).astype(np.float32)))


def test_dots_are_the_products_of_the_ends_of_each_edge(monkeypatch):
    graph, x = graph_of(), torch.randn(7, 3)
    expected = (x @ x.T)[graph.rows, graph.columns]
    assert torch.allclose(graph.dots(x, x), expected, atol=1e-6)
    monkeypatch.setattr(propagation, "BLOCK", 4)  # less than there are edges, and no divisor
    assert torch.allclose(graph.dots(x, x), expected, atol=1e-6)


def test_gradients_pass_through_dots_and_through_weights_that_they_make():
    graph = graph_of()
    x, y = (torch.randn(7, 3, requires_grad=True) for _ in range(2))
    some = torch.randn(7, 3)

    def dense(a, b):
        mask = torch.zeros(7, 7)
        mask[graph.rows, graph.columns] = 1
        return (((a @ a.T) * mask) @ b * some).sum()

    found = torch.autograd.grad((graph(y, graph.dots(x, x)) * some).sum(), (x, y))
    for one, other in zip(found, torch.autograd.grad(dense(x, y), (x, y)), strict=True):
        assert torch.allclose(one, other, atol=1e-5)
