"""Propagation: a sparse graph times embeddings, forwards and backwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn
from torch.nn.functional import embedding_bag

from prismrec.graph.normalise import symmetric
from prismrec.types import Csr

__all__ = ["Graph", "mean_of_layers", "normalised"]

BLOCK = 2048  # edges whose ends a CPU holds at once: a fourth of the time of all at once


class Graph(nn.Module):
    """A sparse matrix (n, m) that is multiplied with embeddings: `graph(x)` is `matrix @ x`.

    Both the matrix and its transpose are held row by row, so that the backward pass reads memory as
    the forward pass does. The product is torch's bag of embeddings: on two cores it takes a third
    of the time of its sparse matrix product, and on an accelerator it is one kernel.
    """

    columns: Tensor
    offsets: Tensor
    weights: Tensor
    turned_columns: Tensor
    turned_offsets: Tensor
    turned_order: Tensor  # places in `weights` of the transpose's edges
    turned_weights: Tensor

    def __init__(self, matrix: Csr) -> None:
        super().__init__()
        self.shape = matrix.shape
        self._keep("", matrix)
        numbered = sparse.csr_array(
            (np.arange(matrix.nnz), matrix.indices, matrix.indptr), shape=matrix.shape
        )
        turned = sparse.csr_array(numbered.T)
        self._keep("turned_", turned)
        order = torch.from_numpy(np.asarray(turned.data, np.int64))
        self.register_buffer("turned_order", order, persistent=False)
        weights = torch.from_numpy(np.asarray(matrix.data, np.float32))
        self.register_buffer("weights", weights, persistent=False)
        self.register_buffer("turned_weights", weights[order], persistent=False)

    def _keep(self, prefix: str, matrix: Csr) -> None:
        for name, values in (("columns", matrix.indices), ("offsets", matrix.indptr)):
            tensor = torch.from_numpy(np.asarray(values, np.int64))
            self.register_buffer(prefix + name, tensor, persistent=False)

    @property
    def rows(self) -> Tensor:
        """(nnz,) the row of each edge, in the order of `columns`."""
        return torch.repeat_interleave(
            torch.arange(self.shape[0], device=self.offsets.device), self.offsets.diff()
        )

    def forward(self, x: Tensor, weights: Tensor | None = None) -> Tensor:
        """(n, d) the matrix times x.

        Args:
            x: (m, d) embeddings; where None of the rows of the matrix has an edge, zeros come out.
            weights: (nnz,) of the edges instead of the matrix's own; gradients reach them.
        """
        product: Tensor = _Product.apply(x, weights, self, False)  # type: ignore[no-untyped-call]
        return product

    def transposed(self, x: Tensor, weights: Tensor | None = None) -> Tensor:
        """(m, d) the transpose of the matrix times x (n, d)."""
        product: Tensor = _Product.apply(x, weights, self, True)  # type: ignore[no-untyped-call]
        return product

    def dots(self, x: Tensor, y: Tensor) -> Tensor:
        """(nnz,) of each edge the row of x (n, d) times the row of y (m, d) at its ends."""
        products: Tensor = _Dots.apply(x, y, self)  # type: ignore[no-untyped-call]
        return products

    def reweighted(self, weights: Tensor) -> None:
        """Replace the weights (nnz,) for good, as a graph that is thinned each epoch does."""
        self.weights = weights
        self.turned_weights = weights[self.turned_order]


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *given: Any) -> Tensor:
        x, weights, ctx.graph, ctx.turned = given
        ctx.save_for_backward(x if weights is not None else None, weights)
        return _times(ctx.graph, x, weights, ctx.turned)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple[Tensor | None, Tensor | None, None, None]:
        (grad,), graph, turned = grads, ctx.graph, ctx.turned
        x, weights = ctx.saved_tensors
        to_x = to_weights = None
        if ctx.needs_input_grad[0]:
            to_x = _times(graph, grad, weights, not turned)
        if weights is not None and ctx.needs_input_grad[1]:
            ends, starts = (graph.columns, graph.rows) if turned else (graph.rows, graph.columns)
            to_weights = _dots(grad, ends, x, starts)
        return to_x, to_weights, None, None


class _Dots(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *given: Any) -> Tensor:
        x, y, ctx.graph = given
        ctx.save_for_backward(x, y)
        return _dots(x, ctx.graph.rows, y, ctx.graph.columns)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple[Tensor, Tensor, None]:
        (grad,), (x, y) = grads, ctx.saved_tensors
        return _times(ctx.graph, y, grad, False), _times(ctx.graph, x, grad, True), None


def _dots(x: Tensor, at: Tensor, y: Tensor, there: Tensor) -> Tensor:
    """(nnz,) the dot products of rows of x and rows of y, in blocks that fit the cache."""
    out = x.new_empty(len(at))
    size = BLOCK if x.device.type == "cpu" else max(1, len(at))
    for start in range(0, len(at), size):
        part = slice(start, start + size)
        ends = x.index_select(0, at[part])
        ends *= y.index_select(0, there[part])
        torch.sum(ends, dim=1, out=out[part])
    return out


def _times(
    graph: Graph, x: Tensor, weights: Tensor | None, turned: bool, *, scale: float = 1.0
) -> Tensor:
    if turned:
        columns, offsets = graph.turned_columns, graph.turned_offsets
        edges = graph.turned_weights if weights is None else weights[graph.turned_order]
    else:
        columns, offsets = graph.columns, graph.offsets
        edges = graph.weights if weights is None else weights
    if not len(columns):
        return x.new_zeros(len(offsets) - 1, x.shape[1])
    edges = edges.to(x.dtype)
    return embedding_bag(
        columns,
        x.detach().contiguous(),  # gradients take their own way; torch would prepare for them
        offsets,
        mode="sum",
        per_sample_weights=edges if scale == 1 else edges * scale,
        include_last_offset=True,
    )


def normalised(matrix: Csr) -> Graph:
    """The graph of who used what (n_users, n_items), each edge 1 / sqrt(d_user d_item)."""
    return Graph(symmetric(matrix))


def mean_of_layers(
    graph: Graph, users: Tensor, items: Tensor, *, layers: int, weights: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Users (n, d) and items (m, d) after light graph convolution over a two-sided graph (n, m).

    Layer k + 1 of a user is the weighted sum of layer k of the items, and the other way round;
    the result is the mean of layers 0 to `layers`. The graph's own `weights` (nnz,) may be replaced
    by others, which gradients reach.

    Source: X. He and others 2020, LightGCN, arXiv 2002.02126.
    """
    if weights is None:
        mean: tuple[Tensor, Tensor] = _Mean.apply(users, items, graph, layers)  # type: ignore[no-untyped-call]
        return mean
    all_users, all_items = users, items
    for _ in range(layers):
        users, items = graph(items, weights), graph.transposed(users, weights)
        all_users, all_items = all_users + users, all_items + items
    return all_users / (layers + 1), all_items / (layers + 1)


class _Mean(torch.autograd.Function):
    """The mean of layers is a symmetric matrix, so gradients pass it as embeddings do."""

    @staticmethod
    def forward(ctx: Any, *given: Any) -> tuple[Tensor, Tensor]:
        users, items, ctx.graph, ctx.layers = given
        return _mean(users, items, ctx.graph, layers=ctx.layers)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple[Tensor, Tensor, None, None]:
        to_users, to_items = grads
        return *_mean(to_users, to_items, ctx.graph, layers=ctx.layers), None, None


def _mean(users: Tensor, items: Tensor, graph: Graph, *, layers: int) -> tuple[Tensor, Tensor]:
    # After Horner: x + A (x + A x) needs no sum beside the one that is carried on, and the share
    # of each layer is brought in by the last step, not by a pass over all embeddings.
    share = 1 / (layers + 1)
    first = users, items
    for left in reversed(range(layers)):
        scale = 1.0 if left else share
        users, items = (
            _times(graph, items, None, False, scale=scale),
            _times(graph, users, None, True, scale=scale),
        )
        users.add_(first[0], alpha=scale)
        items.add_(first[1], alpha=scale)
    return (users, items) if layers else (users.clone(), items.clone())
