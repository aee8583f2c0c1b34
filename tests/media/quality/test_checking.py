"""The check report: counts that can be done by hand, and every kind of broken medium."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
import soundfile
from PIL import Image

from prismrec.data.read import read
from prismrec.media.quality import check


def png(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (32, 32), colour).save(out, "PNG")
    return out.getvalue()


def wav(hertz: float) -> bytes:
    out = io.BytesIO()
    sound = np.sin(np.arange(4000) * hertz * 2 * np.pi / 16000)
    soundfile.write(out, sound, 16000, format="WAV")
    return out.getvalue()


FILES = {
    "1.png": png("red"),
    "2.png": png("blue"),
    "3.png": png("red"),
    "cut.png": png("green")[:60],
    "page.png": b"<html>404</html>",
    "1.wav": wav(440),
    "empty.wav": b"",
}
ITEMS = """item,title,image,audio
1,A red lamp,1.png,1.wav
2,一盏蓝色的灯,2.png,
3,A red lamp,3.png,empty.wav
4,x,cut.png,1.wav
5,Зелёная лампа,page.png,
6,灯笼 lamp 红色的灯,page.png,
7,,gone.png,
"""
LOG = """user,item,event,timestamp
ann,1,view,86400
ann,1,buy,172800
ann,2,view,0
bob,2,view,5
bob,9,view,5
"""


def found(report, code, side="item", modality=None):
    """The one finding of a code."""
    (finding,) = [
        each
        for each in report.findings
        if (each.code, each.side) == (code, side) and modality in (None, each.modality)
    ]
    return finding


@pytest.fixture
def report(write_shop):
    users = "user,about\nann,likes lamps\nzoe,..\n"
    return check(read(write_shop(interactions=LOG, items=ITEMS, users=users, files=FILES)))


def test_counts_of_the_log(report):
    assert report.shop == "shop"
    expected = {
        "users": 3,
        "items": 7,
        "events": 4,
        "pairs": 3,
        "density": 3 / 21,
        "items without events": 5,
        "users with fewer than 5 events": 3,
    }
    assert {name: report.counts[name] for name in expected} == expected
    assert report.events == {"view": 3, "buy": 1}
    assert report.period == ("1970-01-01T00:00:00+00:00", "1970-01-03T00:00:00+00:00")


def test_broken_files_are_named_once_with_what_they_are(report):
    assert found(report, "image.truncated").cases[0].files == ("cut.png",)
    page = found(report, "file.web-page")
    assert [(case.ids, case.files) for case in page.cases] == [(("5", "6"), ("page.png",))]
    assert page.count == 2
    assert found(report, "file.empty").cases[0].files == ("empty.wav",)


def test_contents_that_stand_twice_are_found_by_content(report):
    assert found(report, "image.duplicate").cases[0].ids == ("1", "3")
    assert found(report, "audio.duplicate").cases[0].ids == ("1", "4")
    assert found(report, "text.duplicate").cases[0].ids == ("1", "3")


def test_texts_that_say_little_are_found_on_both_sides(report):
    assert found(report, "text.short").cases[0].ids == ("4",)
    assert found(report, "text.empty", "user").cases[0].ids == ("zoe",)


def test_languages_are_shares_of_the_texts(report):
    assert report.languages["zh"] == pytest.approx(2 / 6)
    assert sum(report.languages.values()) == pytest.approx(1)


def test_coverage_as_named_as_usable_and_by_events(report):
    shares = {(c.side, c.modality): (c.named, c.usable, c.by_events) for c in report.coverage}
    assert shares == {
        ("item", "image"): pytest.approx((6 / 7, 3 / 7, 1.0)),
        ("item", "audio"): pytest.approx((3 / 7, 2 / 7, 0.5)),
        ("item", "text"): pytest.approx((6 / 7, 6 / 7, 1.0)),
        ("user", "text"): pytest.approx((2 / 3, 1 / 3, 3 / 4)),
    }


def test_what_reading_skipped_is_found_under_its_code(report):
    assert "gone.png" in found(report, "file.missing", "").cases[0].detail
    skipped = found(report, "table.skipped", "")
    assert [case.detail.startswith("interactions.csv, line 6") for case in skipped.cases] == [True]


def test_every_case_is_in_the_json_and_the_worst_come_first(report):
    back = json.loads(json.dumps(report.to_json()))
    assert back["counts"]["users"] == 3
    assert sum(back["severities"].values()) == len(back["findings"])
    order = ["error", "warning", "info"]
    places = [order.index(finding["severity"]) for finding in back["findings"]]
    assert places == sorted(places)
    assert all(finding["will"] and finding["can"] for finding in back["findings"])


def test_a_shop_without_media_or_times(write_shop):
    features = {"image": np.array([[1.0], [0.0]])}
    report = check(read(write_shop(interactions="user,item\na,1\n", features=features)))
    assert [(c.modality, c.usable) for c in report.coverage] == [("image", 0.5)]
    assert (report.period, report.events, report.languages) == (None, {}, {})
    codes = {finding.code for finding in report.findings}
    assert codes == {"log.one-item-users", "log.unused-items"}


def test_a_file_beyond_the_limit_is_not_read(write_shop):
    folder = write_shop(
        interactions="user,item\na,1\n",
        items="item,image\n1,1.png\n",
        files=FILES,
        toml="[limits]\nbytes = 50\n",
    )
    report = check(read(folder))
    assert found(report, "file.too-large").cases[0].ids == ("1",)


def test_progress_ends_at_the_number_of_files(write_shop):
    folder = write_shop(interactions=LOG, items=ITEMS, files=FILES)
    seen = []
    check(read(folder), progress=lambda done, total, what: seen.append((done, total, what)))
    assert (5, 5, "pictures") in seen and (2, 2, "sounds") in seen
