"""Tables made to fill a memory, and bytes that no table has."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from prismrec.data.sources import table
from prismrec.data.sources.table import read_table
from prismrec.errors import BadData


def test_nul_bytes_are_left_out_and_told(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_bytes(b"item,title\na,ok\nb\0,A \0lamp\nc,\0\0\n")
    read = read_table(path)
    assert read.frame["item"].to_list() == ["a", "b", "c"]
    assert read.frame["title"].to_list() == ["ok", "A lamp", None]
    (problem,) = read.problems
    assert (problem.row, problem.count) == (3, 2)
    assert "NUL" in problem.what


def test_a_long_cell_stays_although_another_row_is_bad(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    long = "x y\n" * 100_000
    path.write_text(f'item,title\na,"{long}"\nb,too,many\nc,ok\n', "utf-8")
    read = read_table(path)
    assert read.frame["item"].to_list() == ["a", "c"]
    assert len(read.frame["title"][0]) == len(long) - 1
    assert [problem.row for problem in read.problems] == [100_003]


def test_a_long_cell_whose_quote_is_never_closed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text('item,title\na,"' + "x y\n" * 100_000, "utf-8")
    with pytest.raises(BadData, match="line 2: a quote is opened here and never closed"):
        read_table(path)


def test_a_packed_table_that_grows_without_measure_is_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(table, "UNPACKED", 1000)
    path = tmp_path / "items.csv.gz"
    path.write_bytes(gzip.compress(b"item\n" + b"a" * 2_000_000))
    with pytest.raises(BadData, match=r"unpacks to more than .* unpack it to items.csv$"):
        read_table(path)
    path.write_bytes(gzip.compress(b"item\n" + b"a" * 900))
    assert read_table(path).frame.height == 1


@pytest.mark.parametrize("cut", [1, 12, 30])
def test_a_packed_table_that_is_cut_off_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "items.csv.gz"
    path.write_bytes(gzip.compress(b"item\n" + bytes(range(97, 122)) * 9)[:-cut])
    with pytest.raises(BadData, match="not a whole gzip file"):
        read_table(path)
