"""The page holds everything it needs, shows what is there, and stays small."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from faults.pictures import saved, scene
from prismrec.data.read import read
from prismrec.media.quality import Case, check, to_html

LOG = "user,item\nann,1\nann,2\nbob,1\n"
ITEMS = 'item,title,image\n1,<script>alert(1)</script>,1.png\n2,"灯 & ""lamp""",cut.png\n'


@pytest.fixture
def shop(write_shop):
    good = saved(scene(1), "PNG")
    return read(
        write_shop(interactions=LOG, items=ITEMS, files={"1.png": good, "cut.png": good[:200]})
    )


def test_the_page_needs_nothing_else(shop):
    page = to_html(check(shop), shop)
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", page)
    assert "url(" not in page and "<script" not in page and "@import" not in page
    assert page.count("data:image/webp;base64,") == 1  # the broken one has no thumbnail


def test_what_shops_write_is_shown_and_never_run(shop):
    report = check(shop)
    page = to_html(report, shop)
    assert "灯 &amp; &#34;lamp&#34;" in page
    assert "image.truncated" in page and "copy or download the file again" in page
    odd = replace(report.findings[0], cases=(Case(detail="<img src=x onerror=alert(1)>"),))
    assert "<img src=x" not in to_html(replace(report, findings=(odd,)), shop)


def test_a_hundred_thousand_cases_fit_on_a_page(shop):
    report = check(shop)
    (cut,) = [finding for finding in report.findings if finding.code == "image.truncated"]
    many = replace(cut, cases=cut.cases * 100_000, count=100_000)
    page = to_html(replace(report, findings=(many,)), shop)
    assert len(page) < 100_000
    assert "and 99,976 more" in page


def test_progress_is_told(shop):
    told = []
    to_html(check(shop), shop, progress=lambda done, total, what: told.append((done, total)))
    assert told[-1] == (2, 2)
