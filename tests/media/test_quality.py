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


def test_broken_files_are_named_once_with_the_reason(report):
    assert report.counts["broken image files"] == 2
    assert report.counts["broken audio files"] == 1
    broken = {p.file: p.what for p in report.problems if p.file in FILES}
    assert set(broken) == {"cut.png", "page.png", "empty.wav"}
    assert all(broken.values())


def test_contents_that_stand_twice_are_found_by_content(report):
    assert report.counts["image contents that stand twice"] == 1
    assert report.counts["audio contents that stand twice"] == 1
    assert report.counts["text contents that stand twice"] == 1
    whats = [problem.what for problem in report.problems]
    assert "the image of items '1' and '3' is the same" in whats
    assert "the audio of items '1' and '4' is the same" in whats
    assert "the text of items '1' and '3' is the same" in whats


def test_texts_are_judged_by_content_and_script(report):
    assert report.counts["texts with almost nothing in them"] == 2
    whats = [problem.what for problem in report.problems]
    assert "the text of item '4' says almost nothing" in whats
    assert "the text of user 'zoe' says almost nothing" in whats
    assert report.scripts == pytest.approx({"han": 2 / 6, "latin": 3 / 6, "other": 1 / 6})


def test_coverage_counts_what_the_tables_name(report):
    assert report.coverage == pytest.approx(
        {"image": 6 / 7, "audio": 3 / 7, "text": 6 / 7, "user text": 2 / 3}
    )


def test_problems_of_reading_come_first_and_all_is_json(report):
    places = [(p.file, p.row) for p in report.problems[:2]]
    assert places == [("items.csv", 8), ("interactions.csv", 6)]
    back = json.loads(json.dumps(report.to_json()))
    assert back["counts"]["users"] == 3
    assert back["problems"][1]["what"] == "item '9' is not in the catalogue"


def test_a_shop_without_media_or_times(write_shop):
    features = {"image": np.array([[1.0], [0.0]])}
    report = check(read(write_shop(interactions="user,item\na,1\n", features=features)))
    assert (report.coverage, report.period, report.events) == ({"image": 0.5}, None, {})
    assert report.scripts == {} and report.problems == ()


def test_a_file_beyond_the_limit_is_not_read(write_shop):
    toml, items = "[limits]\nbytes = 50\n", "item,image\n1,1.png\n"
    folder = write_shop(interactions="user,item\na,1\n", items=items, files=FILES, toml=toml)
    (problem,) = check(read(folder)).problems
    assert "raise bytes under [limits]" in problem.what
