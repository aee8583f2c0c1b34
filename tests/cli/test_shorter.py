"""--reduce and --impute: on the way from vectors to a model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from prismrec.cli.app import app
from prismrec.errors import BadModel
from prismrec.fitted import PROJECTIONS, open_model

Ask = Callable[..., Any]


def test_the_model_keeps_what_shortens_later_vectors(shop: Path, tmp_path: Path, ask: Ask) -> None:
    out = tmp_path / "m"
    made = ask("fit", shop, "--out", out, "--model", "content-knn", "--reduce", "image=pca:dim=2")
    assert made["reduce"] == ["image=pca:dim=2"]
    fitted = open_model(out)
    assert fitted.projections["image"].dim == 2
    assert fitted.ranker.spaces["image"].vectors.shape == (30, 2)
    looks = np.load(shop / "features" / "image.npy")
    later = fitted.projections["image"](looks)
    space = fitted.ranker.spaces["image"]
    centred = later - space.centre
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    np.testing.assert_allclose(centred / lengths, space.vectors, atol=1e-4)


def test_a_model_fitted_again_without_forgets_them(shop: Path, tmp_path: Path, ask: Ask) -> None:
    out = tmp_path / "m"
    ask("fit", shop, "--out", out, "--model", "content-knn", "--reduce", "scaling")
    ask("fit", shop, "--out", out, "--model", "content-knn")
    assert not open_model(out).projections


def test_a_damaged_projection_is_named(shop: Path, tmp_path: Path, ask: Ask) -> None:
    out = tmp_path / "m"
    ask("fit", shop, "--out", out, "--model", "content-knn", "--reduce", "scaling")
    (out / PROJECTIONS).write_bytes(b"no")
    with pytest.raises(BadModel, match=PROJECTIONS):
        open_model(out)


def test_compare_takes_both(shop: Path, ask: Ask) -> None:
    found = ask(
        *("compare", shop, "--models", "content-knn", "--split", "time"),
        *("--reduce", "whitening:dim=2", "--impute", "mean"),
    )
    assert found["results"][0]["metrics"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--reduce", "sound=pca"], "there is no sound here, but image"),
        (["--reduce", "pca", "--reduce", "image=pca"], "image is reduced already"),
        (["--reduce", "pka"], "did you mean pca"),
        (["--impute", "means"], "did you mean mean"),
    ],
)
def test_what_does_not_fit_is_refused(shop: Path, options: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["compare", str(shop), "--models", "content-knn", *options])
    assert result.exit_code == 1
    assert said in result.stderr
