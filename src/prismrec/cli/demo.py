"""`prismrec demo`: the whole way from nothing to a page with explained recommendations."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prismrec.cli.check import checked, print_report
from prismrec.cli.encode import print_counts, summary
from prismrec.cli.make_shop import generate
from prismrec.cli.options import AsJson, Seed
from prismrec.cli.output import emit, heading, note, say, tracked
from prismrec.cli.standings import columns_of, print_runs

if TYPE_CHECKING:
    from prismrec.data.dataset import Dataset
    from prismrec.data.shop import Shop
    from prismrec.evaluation.comparison import Comparison

__all__ = ["demo"]

MODELS = ("popularity", "item-knn", "content-knn", "prism")
SPLITS = ("time", "new-items")
SIZES = (10, 20)
STAMP = ".demo.json"


def demo(
    path: Annotated[Path, typer.Option(help="Folder of the record shop.")] = Path("demo-shop"),
    items: Annotated[int, typer.Option(help="Number of records.")] = 300,
    users: Annotated[int, typer.Option(help="Number of listeners.")] = 600,
    seed: Seed = 7,
    serve: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Serve the shop at the end, until stopped.")
    ] = True,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the page; any free one if it is taken.")
    ] = 8000,
    as_json: AsJson = False,
) -> None:
    """Make the record shop, check, encode, fit, compare, recommend, explain, and serve a page."""
    from prismrec.cli.loading import encoded, open_shop
    from prismrec.cli.tour import print_tour, tour

    start = time.perf_counter()
    step = note if as_json else heading
    step("1. A record shop")
    _make(path, items=items, users=users, seed=seed)
    shop = open_shop(path)
    report = checked(shop)
    if not as_json:
        print_report(report, brief=True)
    step("2. Pictures, texts and sounds become vectors")
    encoding = encoded(shop, image="auto", text="auto", audio="auto")
    if not as_json:
        print_counts(encoding)
    step("3. Four models, judged on what was kept from them")
    compared = _compared(encoding.data, shop)
    if not as_json:
        _print_tables(compared)
    step("4. Four listeners, and what drives their recommendations")
    found = tour(encoding.data, shop.titles, path / "truth.json")
    if as_json:
        head = {"shop": shop.name, "check": report.to_json(), "encode": summary(encoding)}
        emit({**head, "compare": compared.to_json(), **found})
        return
    print_tour(found)
    say(f"\nAll of it took {time.perf_counter() - start:.0f} s.")
    _go_on(path)
    if serve:
        _serve(path, seed=seed, port=port)


def _make(path: Path, *, items: int, users: int, seed: int) -> None:
    """Generate the shop, unless it stands there already with the same settings."""
    from prismrec import __version__

    stamp = path / STAMP
    wanted = json.dumps({"items": items, "users": users, "seed": seed, "version": __version__})
    if stamp.is_file() and stamp.read_text("utf-8") == wanted:
        note(f"the shop in {path} stands there already")
        return
    stamp.unlink(missing_ok=True)
    generate(path, items=items, users=users, seed=seed)
    stamp.write_text(wanted, "utf-8")


def _compared(data: Dataset, shop: Shop) -> Comparison:
    from prismrec.evaluation.compare import compare
    from prismrec.evaluation.comparison import comparison

    with tracked("comparing") as step:
        results = compare(data, MODELS, split=SPLITS, k=SIZES, progress=step)
    return comparison(results, data, shop=shop)


def _print_tables(found: Comparison) -> None:
    by_time, of_new = found.standings
    for title, runs, costs in (
        ("What people chose later, all records ranked", by_time.all_items, by_time.costs),
        (
            "Records that nobody had chosen yet, ranked among themselves",
            of_new.new_items,
            of_new.costs,
        ),
    ):
        print_runs(title, runs, columns_of(next(iter(runs.values())), None, SIZES), costs)


def _go_on(path: Path) -> None:
    say(
        f"""
How to go on:
  prismrec fit {path} --out {path}/model
  prismrec serve {path}/model --shop {path}
  prismrec recommend {path}/model --user u0001
  prismrec compare {path} --models popularity,item-knn,ease,prism --seeds 3
  prismrec list models"""
    )


def _serve(path: Path, *, seed: int, port: int) -> None:
    """Fit the default model and show the page; without the packages for it, say which they are."""
    from prismrec.cli.fit import fit
    from prismrec.cli.serve import serve
    from prismrec.errors import BadData, MissingPackage

    heading("5. A page to look at")
    try:
        fit(path, path / "model", seed=seed)
        try:
            serve(path / "model", path, port=port, log_level="warning")
        except BadData as error:
            if "it is taken" not in str(error):
                raise
            note(f"port {port} is taken, so another one is used")
            serve(path / "model", path, port=0, log_level="warning")
    except MissingPackage as error:
        note(f"no page: {error}")
