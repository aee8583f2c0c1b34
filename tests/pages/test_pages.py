"""Charts place what they are given, axes name round values, and pages stay whole and safe."""

from __future__ import annotations

import base64
import hashlib
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, UndefinedError

from faults.pictures import saved, scene
from prismrec.pages import (
    apart,
    environment,
    scale,
    shape,
    thumbnails,
    tone,
    usual_aspect,
)

finite = st.floats(-1e6, 1e6).map(lambda v: round(v, 6))
positive = st.floats(1e-6, 1e6)


@given(st.lists(finite, min_size=1, max_size=20), st.booleans())
def test_an_axis_holds_its_values_in_order(values, zero):
    at = scale(values, zero=zero)
    placed = [at(value) for value in sorted(values)]
    assert all(a <= b for a, b in pairwise(placed))
    assert 0 <= placed[0] <= placed[-1] <= 100
    assert not zero or at.low <= 0 <= at.high


@given(st.lists(positive, min_size=1, max_size=20))
def test_a_logarithmic_axis_holds_its_values(values):
    at = scale(values, log=True)
    assert at.low < min(values) and max(values) < at.high


@given(st.lists(finite, min_size=1, max_size=5), st.integers(2, 6))
def test_ticks_are_few_and_differ(values, count):
    ticks = scale(values).ticks(count)
    words = [word for _, word in ticks]
    assert len(ticks) <= count
    assert len(set(words)) == len(words)


def test_what_is_counted_has_whole_ticks():
    assert [word for _, word in scale([1, 12]).ticks(4, whole=True)] == ["5", "10"]
    assert [word for _, word in scale([0.01, 0.08]).ticks(3)] == ["0.025", "0.050", "0.075"]
    assert [word for _, word in scale([1, 3]).ticks(8, whole=True)] == ["1", "2", "3"]


def test_values_that_are_none_or_not_finite_are_passed_over():
    assert scale([None, float("nan"), 1.0, float("inf"), 2.0]).high < 2.2
    assert scale([0.0, -1.0, 10.0], log=True).low > 1  # a logarithm takes neither 0 nor less
    assert scale([]).ticks()


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 300)), max_size=12))
def test_no_two_labels_lie_upon_each_other(places):
    tops = apart(places, [30.0] * len(places), 14)
    for i, (x, _) in enumerate(places):
        for j, (other, _) in enumerate(places[:i]):
            assert abs(x - other) >= 30 or abs(tops[i] - tops[j]) >= 14 - 1e-6


def test_series_differ_in_shape_and_colour():
    assert len({shape(i) for i in range(8)}) == len({tone("x", i) for i in range(8)}) == 8
    assert tone("image") == "tone-image"


def page(body: str, **values: object) -> str:
    drawn = environment("prismrec.pages")
    head = '{% extends "page.html" %}{% import "charts.html" as charts %}'
    drawn.loader.loaders.append(
        DictLoader({"x.html": head + "{% block content %}" + body + "{% endblock %}"})
    )
    return drawn.get_template("x.html").render(**values)


def test_a_page_runs_its_own_script_and_no_other():
    html = page("{{ evil }}", evil="<script>alert(1)</script>")
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html and "default-src 'none'" in html
    assert not re.search(r"""(src|href)=["'](?!data:|#)|url\(|@import""", html)


def test_a_missing_value_is_an_error():
    with pytest.raises(UndefinedError):
        page("{{ forgotten }}")


ROWS = [
    {"label": "a <b>", "mean": 0.2, "low": 0.1, "high": 0.3},
    {"label": "c", "mean": None, "low": None, "high": None},
]


def test_dots_stand_where_their_values_are():
    html = page("{{ charts.dots(rows, 'Words.') }}", rows=ROWS)
    at = scale([0.1, 0.3])
    assert f'x1="{at(0.1)}%" x2="{at(0.3)}%"' in html and f'<svg x="{at(0.2)}%"' in html
    assert "a &lt;b&gt;" in html and "0.2000" in html and "–" in html


def test_bars_point_to_either_side():
    bars = [{"label": "gain", "mean": 1.0}, {"label": "loss", "mean": -1.0}]
    html = page("{{ charts.bars([{'label': '', 'bars': bars}], 'Words.') }}", bars=bars)
    (gain, wide), (loss, wide_too) = re.findall(
        r'<rect class="bar" x="([\d.]+)%".*width="(.*?)%', html
    )
    assert float(gain) == 50 and float(loss) < 5 and wide == wide_too
    assert "−1.0000" in html


def test_other_charts_say_their_numbers():
    points = [{"label": "quick", "x": 0.1, "mean": 0.2}, {"label": "slow", "x": 100, "mean": 0.3}]
    html = page("{{ charts.scatter(points, 'W', 'seconds', 'ndcg') }}", points=points)
    assert "<title>slow: 0.3000 at 100.00</title>" in html
    series = [{"label": "one", "tone": "tone-0", "points": [(0, 0.0), (1, 0.5)], "best": 1}]
    assert html.count("<path") == 2
    html = page("{{ charts.lines(series, 'W', 'epoch', 'recall') }}", series=series)
    assert html.count("<polyline") == 1 and html.count("<path") == 2  # in the key, at the best
    html = page("{{ charts.heatmap(['a'], ['b', 'c'], [[-0.5, none]], 'W') }}")
    assert "−0.50" in html and 'class="minus"' in html
    html = page("{{ charts.stacked_share([{'label': 'image', 'share': 0.75}]) }}")
    assert "tone-image" in html and "75 %" in html


def test_thumbnails_are_small_and_only_of_what_may_be_read(tmp_path):
    good = saved(scene(1), "PNG")
    (tmp_path / "shop").mkdir()
    (tmp_path / "out.png").write_bytes(good)
    for name, content in {"1.png": good, "2.png": good, "cut.png": good[:200]}.items():
        (tmp_path / "shop" / name).write_bytes(content)
    wanted = ["1.png", "1.png", "cut.png", "../out.png", "none.png", "2.png"]
    made = thumbnails(tmp_path / "shop", wanted)
    assert set(made) == {"1.png", "2.png"}
    uri = made["1.png"]
    assert uri.startswith("data:image/webp;base64,") and len(uri) < 12_000
    assert usual_aspect(made.values()) == pytest.approx(4 / 3, rel=0.02)
    assert set(thumbnails(tmp_path / "shop", wanted, most=1)) == {"1.png"}
