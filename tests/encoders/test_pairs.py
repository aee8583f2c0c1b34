"""Two media in one content, and back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prismrec.encoders.pairs import pack, unpack


@given(st.binary(), st.binary())
def test_a_pair_comes_apart_again(first: bytes, second: bytes) -> None:
    assert unpack(pack(first, second)) == (first, second)


def test_a_content_that_is_no_pair_is_alone() -> None:
    assert unpack(b"\x89PNG") == (b"\x89PNG", None)
    assert unpack(b"") == (b"", None)


def test_pairs_differ_where_their_parts_do() -> None:
    assert pack(b"ab", b"c") != pack(b"a", b"bc")
