"""`prismrec light`: a fitted model made small and quick, and what that costs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prismrec.cli.options import AsJson, ModelPath, Seed
from prismrec.cli.output import emit, note, table

if TYPE_CHECKING:
    from prismrec.data.dataset import Dataset
    from prismrec.fitted import Fitted

__all__ = ["light"]

K, ASKED, COMPARED = 20, 300, 2000  # length of the lists; people who are timed, and compared


def light(
    model: ModelPath,
    out: Annotated[Path, typer.Option(help="Folder to write the light model to.")],
    dim: Annotated[int, typer.Option(min=1, help="Numbers per user and item.")] = 32,
    int8: Annotated[bool, typer.Option("--int8", help="One byte per number.")] = False,
    media: Annotated[
        bool, typer.Option(help="Keep media, which place new items but outweigh the rest.")
    ] = True,
    as_is: Annotated[
        bool, typer.Option("--as-is", help="Keep the vectors of towers; only round and export.")
    ] = False,
    onnx: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also an ONNX file, and FILE-items of a content tower."),
    ] = None,
    shop: Annotated[
        Path | None,
        typer.Option(metavar="SHOP", help="Judge both on the test part that the fit kept back."),
    ] = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Distil a fitted model into small towers, and compare size, speed and lists of the two."""
    from prismrec.fitted import Fitted, keep, open_model
    from prismrec.light.student import Student, distilled
    from prismrec.rankers.int8_towers import Int8Towers
    from prismrec.train import Training

    fitted = open_model(model)
    test = None if shop is None else _test_part(fitted, shop, model)
    if as_is:
        small: Any = _towers_of(fitted.ranker, media)
    else:
        note(f"learning {dim} numbers per user and item from {model}")
        student = Student(dim=dim, media=media)
        small = distilled(fitted.ranker, fitted.train, student, how=Training(seed=seed))
    small = Int8Towers.of(small) if int8 else small
    made = {**fitted.made, "light": {"dim": small.about.get("dim"), "int8": int8, "as_is": as_is}}
    learnt = fitted.projections if media else {}
    keep(Fitted(small, fitted.train, fitted.titles, made, learnt), out)
    rows = [
        _costs("model", fitted.ranker, model, fitted=fitted, test=test),
        _costs("light", small, out, fitted=fitted, test=test),
    ]
    if onnx is not None:
        rows += _exported(small, fitted, onnx)
    if as_json:
        emit({"path": str(out), "rows": rows})
    else:
        _print(rows)


def _towers_of(ranker: Any, media: bool) -> Any:
    """The towers that a ranker has."""
    from dataclasses import replace

    from prismrec.errors import BadModel
    from prismrec.rankers import Towers

    towers = getattr(ranker, "towers", ranker)
    if not isinstance(towers, Towers):
        raise BadModel(f"a model of kind {ranker.kind!r} has no towers; leave --as-is out")
    return towers if media else replace(towers, newcomers=None)


def _test_part(fitted: Fitted, shop: Path, model: Path) -> Dataset:
    """What the model was not fitted on."""
    from prismrec.cli.loading import divide, open_shop
    from prismrec.errors import BadData, Leak
    from prismrec.fitted import digest

    made = fitted.made
    if made["split"] is None:
        raise Leak(f"{model} was fitted on the whole log; leave --shop out or fit with --split")
    data = open_shop(shop).dataset()
    parts = divide(data, made["split"], seed=made["seed"], refit=made["refit"])
    if parts.test is None or digest(parts.train) != made["digest"]:
        raise BadData(f"{shop}: its log is not the one that {model} was fitted on; fit it again")
    return parts.test


def _costs(
    name: str, ranker: Any, path: Path, *, fitted: Fitted, test: Dataset | None
) -> dict[str, Any]:
    """One line of the comparison."""
    import numpy as np

    from prismrec.evaluation.protocol import evaluate
    from prismrec.light.costs import agreement, bytes_of, latency, some_of
    from prismrec.rankers import Query, top_k

    query = Query.of(fitted.train)
    asked = some_of(len(query), ASKED)
    time = latency(lambda row: top_k(ranker, query.take(np.array([row])), K), asked)
    some = query.take(some_of(len(query), COMPARED))
    out: dict[str, Any] = {"name": name, "kind": ranker.kind, "bytes": bytes_of(path)}
    out |= {"median_ms": time.median, "p95_ms": time.p95}
    out["agreement"] = agreement(ranker, fitted.ranker, some, k=K)
    if test is not None:
        found = evaluate(ranker, test, seen=fitted.train, k=K, metrics=("recall", "ndcg"))
        out |= {name: value.mean for name, value in found.metrics.items()}
    return out


def _exported(ranker: Any, fitted: Fitted, file: Path) -> list[dict[str, Any]]:
    """Write the ONNX files and time the first."""
    from prismrec.light.costs import latency, some_of
    from prismrec.light.onnx_graphs import network_graph, towers_graph

    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(towers_graph(ranker))
    time = latency(_asking(file, fitted.train), some_of(fitted.train.n_users, ASKED))
    out: dict[str, Any] = {"name": str(file), "kind": "onnx", "bytes": file.stat().st_size}
    rows = [out | {"median_ms": time.median, "p95_ms": time.p95}]
    network = getattr(fitted.ranker, "network", None)
    if network is not None and ranker.about == fitted.ranker.towers.about:  # in the same space
        items = file.with_name(f"{file.stem}-items{file.suffix}")
        items.write_bytes(network_graph(network))
        rows.append({"name": str(items), "kind": "onnx", "bytes": items.stat().st_size})
    return rows


def _asking(file: Path, train: Dataset) -> Callable[[int], object]:
    """A row -> the best items for that user, by onnxruntime."""
    import numpy as np

    from prismrec.packages import require
    from prismrec.rankers import Query

    runtime = require("onnxruntime", "media")
    session = runtime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    history, k = Query.of(train).history, np.array([K])

    def ask(row: int) -> object:
        past = history[row] if history.lengths[row] else np.array([train.n_items])
        return session.run(None, {"user": np.array([row]), "history": past[None], "k": k})

    return ask


def _print(rows: list[dict[str, Any]]) -> None:
    metrics = [name for name in (f"recall@{K}", f"ndcg@{K}") if name in rows[0]]
    heads = ("", "kind", "kB", "median ms", "p95 ms", "same items", *metrics)
    lines = []
    for row in rows:
        time = [f"{row[name]:.2f}" if name in row else "" for name in ("median_ms", "p95_ms")]
        kept = f"{row['agreement']:.1%}" if "agreement" in row else ""
        figures = [f"{row[name]:.4f}" if name in row else "" for name in metrics]
        lines.append((row["name"], row["kind"], row["bytes"] // 1000, *time, kept, *figures))
    table(f"One user's top {K}", heads, lines)
