"""Settings: from the environment, by name, and refused in one line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from prismrec.errors import BadData
from prismrec.serve.settings import Access, Limits, Settings, Work, read_settings


def test_where_they_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRISMREC_PORT", "8100")
    monkeypatch.setenv("PRISMREC_RATE_READ", "7.5")
    monkeypatch.setenv("PRISMREC_TRUSTED_HOSTS", "a.example, b.example,")
    monkeypatch.setenv("PRISMREC_HTTPS", "true")
    monkeypatch.setenv("PRISMREC_DATABASE", "")
    monkeypatch.setenv("PRISMREC_CACHE", "elsewhere")  # not of these
    made = read_settings({"host": "localhost", "encode_wait": 0.5, "rate_write": None})
    assert (made.port, made.host, made.database) == (8100, "localhost", None)
    assert made.limits.rate_read == 7.5 and made.limits.rate_write == 20
    assert made.access.trusted_hosts == ("a.example", "b.example") and made.access.https
    assert made.work.encode_wait == 0.5
    assert read_settings({"port": 1, "rate_read": 2.0}).limits.rate_read == 2.0


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "99999"), ("RATE_READ", "0"), ("LOG_LEVEL", "loud"), ("METRICS", "maybe")],
)
def test_what_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"PRISMREC_{name}", value)
    with pytest.raises(BadData, match=f"^PRISMREC_{name}: [^\n]+$"):
        read_settings()


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(BadData, match="PRISMREC_PORTS"):
        read_settings({"ports": 1})


def test_no_class_is_large() -> None:
    for each in (Settings, Access, Limits, Work):
        assert len(each.model_fields) <= 10


GROUPS = ("access", "limits", "work")
GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "operations.md"
BYTES = {"1 MiB": "1048576", "20 MiB": "20971520"}


def test_the_guide_has_every_setting_with_its_default() -> None:
    """One row each, and no more; `database` has words for its default."""
    told: dict[str, str] = {}
    for names, defaults in re.findall(
        r"^\| (`PRISMREC_[^|]+) \|([^|]*)\|", GUIDE.read_text(), re.M
    ):
        split = re.findall(r"`PRISMREC_(\w+)`", names)
        told |= zip(split, (part.strip() for part in defaults.split(",")), strict=True)
    groups = (Settings, Access, Limits, Work)
    fields = {n: f for each in groups for n, f in each.model_fields.items()}
    made: dict[str, Any] = {n: f.default for n, f in fields.items() if n not in GROUPS}
    assert told.keys() == {name.upper() for name in made}
    assert told.pop("DATABASE").startswith("SQLite") and made.pop("database") is None
    for name, default in made.items():
        told_default = BYTES.get(told[name.upper()], told[name.upper()])
        assert told_default == plain(default), name


def plain(default: Any) -> str:
    """A default as the guide has it."""
    if default == ():
        return ""
    return str(default).lower() if isinstance(default, bool) else str(default).removesuffix(".0")
