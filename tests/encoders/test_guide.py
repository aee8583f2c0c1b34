"""docs/encoders.md: what it tells one to write can be written."""

from __future__ import annotations

import dataclasses
import re
import shlex
from pathlib import Path

import pytest

from prismrec import registry
from prismrec.encoders.choice import SCHEMES, Scheme, encoder_of

GUIDE = (Path(__file__).parents[2] / "docs" / "encoders.md").read_text("utf-8")
LINES = re.findall(r"^prismrec encode my-shop (.+)$", GUIDE, re.M)


@pytest.mark.parametrize("line", LINES)
def test_the_fields_of_every_line_exist(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[str, str]] = []

    def note(self: Scheme, address: str, modality: str) -> object:
        opened.append((address, modality))
        return dataclasses.make_dataclass("Opened", ["modality"])(modality)

    for name in registry.names(SCHEMES):
        monkeypatch.setattr(registry.load(SCHEMES, name), "open", note)
    words = shlex.split(line)
    pairs = [*zip(words[::2], words[1::2], strict=True)]
    for flag, spec in pairs:
        assert encoder_of(spec, flag.removeprefix("--")).modality == flag.removeprefix("--")
    assert len(opened) == sum(":" in spec for _, spec in pairs)


def test_every_scheme_has_a_line() -> None:
    for name in registry.names(SCHEMES):
        assert any(f"{name}:" in line for line in LINES)


def test_the_fields_of_the_table_are_all_there() -> None:
    part = GUIDE.partition("| field | default | |")[2].partition("\n\n")[0]
    named = set(re.findall(r"`(\w+)`", "\n".join(re.findall(r"^\|([^|]+)\|", part, re.M))))
    fields = {each.name for each in dataclasses.fields(registry.load(SCHEMES, "openai"))}
    assert named == fields - {"key"}
