"""Search spaces: every declared one belongs to its field, and the field stays an ordinary one."""

from __future__ import annotations

import dataclasses
import importlib.util
import typing
from dataclasses import dataclass

import pytest

from prismrec import registry
from prismrec.search_space import MODALITIES, Among, Range, among, searched, spaces

NAMES = [
    name
    for name in registry.names("models")
    if importlib.util.find_spec(registry.KINDS["models"].get(name, "prismrec").partition(":")[0])
]
NOTHING_TO_SEARCH = {"prism", "random"}  # the one chooses for itself, the other has no choice


@dataclass(frozen=True)
class Example:
    rate: float = searched(3e-3, 1e-4, 1e-1, log=True)  # of learning
    layers: int = searched(2, 1, 4)
    cell: str = among("gru", ("gru", "lstm"))
    fusion: str = among("mean", "fusions")
    left: float | None = searched(None, 0.0, 1.0)
    epochs: int = 500


@pytest.mark.parametrize("name", NAMES)
def test_a_model_says_what_is_searched_or_has_nothing_to_choose(name: str) -> None:
    found = spaces(registry.load("models", name))
    assert bool(found) == (name not in NOTHING_TO_SEARCH)


@pytest.mark.parametrize("name", NAMES)
def test_a_default_lies_in_its_space_and_both_are_of_the_type_of_the_field(name: str) -> None:
    target = registry.load("models", name)
    fields = {field.name: field for field in dataclasses.fields(target)}
    hints = typing.get_type_hints(target)
    for key, space in spaces(target).items():
        default, hint = fields[key].default, hints[key]
        kinds = typing.get_args(hint) or (hint,)
        if default is None:
            assert type(None) in kinds
        elif isinstance(space, Among):
            assert default in space.values(("image", "text"))
        else:
            assert default in space
        if isinstance(space, Range):
            assert space.whole == (int in kinds)
            assert space.low < space.high
            assert space.low > 0 or not space.log
        else:
            values = space.values(("image", "text"))
            assert len(set(values)) == len(values) > 1
            assert {type(value) for value in values} <= set(kinds)


@pytest.mark.parametrize("name", NAMES)
def test_both_ends_of_each_space_build_a_model(name: str) -> None:
    for key, space in spaces(registry.load("models", name)).items():
        ends = (space.low, space.high) if isinstance(space, Range) else space.values(("image",))
        for value in ends:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            assert getattr(registry.build("models", f"{name}:{key}={text}"), key) == value


def test_a_declared_field_is_an_ordinary_one() -> None:
    assert dataclasses.asdict(Example()) == {
        "rate": 3e-3, "layers": 2, "cell": "gru", "fusion": "mean", "left": None, "epochs": 500,
    }  # fmt: skip
    assert registry.fill(Example, "example", ["rate=0.5", "left=0.2"]) == Example(0.5, left=0.2)
    assert Example.layers == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        Example().layers = 3  # type: ignore[misc]


def test_spaces_are_those_that_are_declared() -> None:
    found = spaces(Example)
    assert list(found) == ["rate", "layers", "cell", "fusion", "left"]
    assert found["rate"] == Range(1e-4, 1e-1, log=True)
    assert [str(space) for space in found.values()] == [
        "0.0001 to 0.1 (log)", "1 to 4", "gru, lstm", "any of the fusions", "0 to 1",
    ]  # fmt: skip


def test_a_range_holds_its_ends_and_nothing_beyond() -> None:
    whole, real = Range(1, 4), Range(0.0, 1.0)
    assert [value in whole for value in (0, 1, 4, 5, 2.5)] == [False, True, True, False, False]
    assert [value in real for value in (-0.1, 0, 1.0, 1.1)] == [False, True, True, False]


def test_names_come_from_the_registry_and_modalities_from_the_data() -> None:
    assert Among((), "fusions").values() == tuple(registry.names("fusions"))
    modalities = Among((), MODALITIES)
    assert modalities.values(("image",)) == ("all", "image")
    assert modalities.values(("a", "b", "c")) == ("all", "a", "b", "c", "a+b", "a+c", "b+c")
