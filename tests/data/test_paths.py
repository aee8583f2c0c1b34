"""How values of media columns become files: spelling, links, addresses."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from prismrec.data.limits import Limits, is_address, why_not_ask
from prismrec.data.read import read
from prismrec.data.sources.paths import Finder
from prismrec.errors import BadData

LOG = "user,item\nann,a\n"


@pytest.fixture
def finder(tmp_path: Path) -> Finder:
    root = tmp_path / "shop"
    for name in (
        "covers/a.jpg",
        "covers/Lamp.JPG",
        "Bilder/caf\u00e9.png",
        "two/x.png",
        "two/X.png",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    (tmp_path / "secret.jpg").write_bytes(b"")
    return Finder(root.resolve())


@pytest.mark.parametrize(
    ("written", "actual"),
    [
        ("covers/a.jpg", "covers/a.jpg"),
        ("covers\\a.jpg", "covers/a.jpg"),
        ("covers/lamp.jpg", "covers/Lamp.JPG"),
        ("COVERS/LAMP.JPG", "covers/Lamp.JPG"),
        ("bilder\\" + unicodedata.normalize("NFD", "CAFÉ.png"), "Bilder/caf\u00e9.png"),
        (unicodedata.normalize("NFD", "Bilder/caf\u00e9.png"), "Bilder/caf\u00e9.png"),
        ("two/x.png", "two/x.png"),
    ],
)
def test_a_file_is_found_however_it_is_spelt(finder: Finder, written: str, actual: str) -> None:
    found = finder.find(written)
    assert found.value == actual
    assert bool(found.fault) == (written != actual)
    if found.fault:
        assert repr(actual) in found.fault
        assert found.code == "file.spelling"


def test_of_names_that_differ_in_case_the_one_composed_alike_is_meant(finder: Finder) -> None:
    (finder.root / "two" / "\u00e9").write_bytes(b"")
    (finder.root / "two" / "\u00c9").write_bytes(b"")
    assert finder.find("two/e\u0301").value == "two/\u00e9"


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("covers/none.jpg", "does not exist"),
        ("TWO/x.PNG", "does not exist"),  # two files could be meant
        ("covers/" + "x" * 5000, "does not exist"),
        ("covers/a.jpg/b", "does not exist"),
        ("covers", "is not a file"),
        ("../secret.jpg", "outside"),
        ("..\\secret.jpg", "does not exist"),
        ("..\\SECRET.jpg", "does not exist"),
        ("covers/../../secret.jpg", "outside"),
        ("C:\\pictures\\a.jpg", "not a path below"),
        ("\\\\server\\share\\a.jpg", "not a path below"),
        ("a\0.jpg", "not a path below"),
    ],
)
def test_what_is_no_file_below_the_shop(finder: Finder, value: str, fault: str) -> None:
    found = finder.find(value)
    assert found.value is None
    assert fault in found.fault
    assert found.remedy


def test_a_link_that_leads_out_is_not_followed_under_any_spelling(
    finder: Finder, tmp_path: Path
) -> None:
    (finder.root / "Up").symlink_to(tmp_path)
    (finder.root / "Link.jpg").symlink_to(tmp_path / "secret.jpg")
    for value in ("Up/secret.jpg", "up/secret.jpg", "UP\\SECRET.JPG", "link.jpg", "Link.jpg"):
        assert finder.find(value).value is None, value


def test_links_in_a_circle_and_pipes_do_not_hang(finder: Finder) -> None:
    (finder.root / "loop").symlink_to(finder.root / "loop")
    assert finder.find("loop/a.jpg").fault == "does not exist"
    if hasattr(os, "mkfifo"):
        os.mkfifo(finder.root / "pipe")
        assert finder.find("pipe").fault == "is not a file"


@pytest.mark.parametrize(
    ("url", "hosts", "fault"),
    [
        ("https://cdn.example.com/a.jpg", (), "not allowed"),
        ("https://cdn.example.com/a.jpg", ("example.com",), "not allowed"),
        ("https://cdn.example.com.evil.org/a.jpg", ("cdn.example.com",), "not allowed"),
        ("https://evil.org/cdn.example.com", ("cdn.example.com",), "not allowed"),
        ("https://cdn.example.com/a.jpg", ("cdn.example.com",), ""),
        ("HTTPS://CDN.Example.com./a.jpg", ("cdn.example.com",), ""),
        ("https://a.b.example.com/a.jpg", ("*.example.com",), ""),
        ("https://example.com/a.jpg", ("*.example.com",), "not allowed"),
        ("http://anything.org:8080/a.jpg", ("any",), ""),
        ("https://any/a.jpg", ("cdn.example.com",), "not allowed"),
        ("file:///etc/passwd", ("any",), "neither http nor https"),
        ("ftp://cdn.example.com/a.jpg", ("any",), "neither http nor https"),
        ("data:image/png;base64,AAAA", ("any",), "neither http nor https"),
        ("https://ann:secret@cdn.example.com/", ("any",), "password"),
        ("https://cdn.example.com@evil.org/", ("cdn.example.com",), "password"),
        ("https:///a.jpg", ("any",), "without a host"),
        ("https://[::1/a.jpg", ("any",), "not a valid address"),
        ("https://cdn.example.com:99999/a.jpg", ("any",), "not a valid address"),
    ],
)
def test_which_addresses_may_be_asked(url: str, hosts: tuple[str, ...], fault: str) -> None:
    assert is_address(url)
    why = why_not_ask(url, hosts)
    assert (fault in why) if fault else why == ""


def test_addresses_are_refused_in_one_line_a_column_with_the_remedy(write_shop) -> None:
    rows = "".join(f"i{k},https://cdn{k}.example.com/{k}.jpg\n" for k in range(5))
    folder = write_shop(interactions=LOG, items="item,image\n" + rows + "a,\n")
    shop = read(folder)
    assert not any(shop.item_media["image"].values)
    (problem,) = shop.problems
    assert problem.count == 5
    assert 'urls = ["cdn0.example.com"]' in problem.remedy
    assert problem.row == 2


def test_addresses_stay_where_the_shop_allows_their_host(write_shop) -> None:
    items = "item,image\na,https://cdn.example.com/a.jpg\nb,https://other.org/b.jpg\n"
    toml = '[limits]\nurls = ["cdn.example.com"]\n'
    shop = read(write_shop(interactions=LOG, items=items, toml=toml))
    assert shop.limits == Limits(urls=("cdn.example.com",))
    assert shop.item_media["image"].values == ("https://cdn.example.com/a.jpg", None)
    assert [p.row for p in shop.problems] == [3]


def test_a_name_spelt_otherwise_is_used_and_told(write_shop) -> None:
    items = "item,image\na,Covers\\a.png\nb,covers/B.png\nc,covers/c.png\n"
    files = {f"covers/{name}.png": b"" for name in "abc"}
    shop = read(write_shop(interactions=LOG, items=items, files=files))
    assert shop.item_media["image"].values == tuple(f"covers/{name}.png" for name in "abc")
    (problem,) = shop.problems
    assert problem.count == 2
    assert "'covers/a.png'" in problem.what


def test_a_long_text_is_cut_and_told(write_shop) -> None:
    items = "item,title\na,short\nb," + "灯" * 60 + "\nc," + "x" * 51 + "\n"
    toml = "[limits]\ncharacters = 50\n"
    shop = read(write_shop(interactions=LOG, items=items, toml=toml))
    assert [len(text or "") for text in shop.item_media["text"].values] == [5, 50, 50]
    (problem,) = shop.problems
    assert (problem.row, problem.count) == (3, 2)
    assert "60 characters" in problem.what


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("pixels = 256_000_001", "limits.pixels: .*256000000"),
        ("bytes = 0", "limits.bytes: .*greater than 0"),
        ("bytes = 9_000_000_000", "limits.bytes: .*less than"),
        ("pixel = 3", "limits.pixel is not a key; did you mean pixels"),
        ("urls = 'all'", 'limits.urls: write "any", or hosts'),
        ("urls = ['https://a.org/']", "limits.urls: write"),
        ("fetch_seconds = 'long'", "limits.fetch_seconds: .*number"),
    ],
)
def test_a_bad_limit_is_refused(write_shop, line: str, message: str) -> None:
    with pytest.raises(BadData, match=f"shop.toml: {message}"):
        read(write_shop(interactions=LOG, toml=f"[limits]\n{line}\n"))
