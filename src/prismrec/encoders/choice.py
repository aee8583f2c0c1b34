"""How an encoder is named: `tfidf:dim=512`, `hf:NAME?field=value`, `use-multilingual+tfidf`."""

from __future__ import annotations

import difflib
import re
from typing import Protocol
from urllib.parse import unquote

from prismrec import registry
from prismrec.encoders import Encoder
from prismrec.encoders.joined import Joined
from prismrec.errors import BadData, UnknownName

__all__ = ["SCHEMES", "Scheme", "encoder_of"]

SCHEMES = "encoder-schemes"  # the kind of the registry


class Scheme(Protocol):
    """A frozen dataclass whose fields are those of the spec."""

    def open(self, address: str, modality: str) -> Encoder:
        """The encoder at an address, which stands between the scheme and "?".

        Raises:
            BadData: where the address makes no sense, or not with these fields.
            BadModel: where there is no usable model.
            MissingPackage: where a package is not installed.
        """
        ...


def encoder_of(spec: str, modality: str) -> Encoder:
    """The encoder that a spec describes, for media of one modality.

    Args:
        spec: `name` or `name:field=value:field=value` of the registry; `scheme:address` or
            `scheme:address?field=value&field=value`, where a value may hold any character as
            `%XX`; or several of these with `+` between them, which are joined.
        modality: "image", "text" or "audio".

    Raises:
        UnknownName: for a name or field that does not exist; near ones are listed.
        BadData: for an encoder of another modality, or a value that does not fit.
        MissingPackage: where a package is not installed.
        BadModel: where a scheme finds no usable model.
    """
    parts = [_one(part, modality) for part in _split(spec)]
    return parts[0] if len(parts) == 1 else Joined(tuple(parts))


def _split(spec: str) -> list[str]:
    """Divide at each "+" that is followed by an encoder; others belong to values and names."""
    names = "|".join(map(re.escape, registry.names("encoders")))
    schemes = "|".join(map(re.escape, registry.names(SCHEMES)))
    return re.split(rf"\+(?=(?:{names})(?:[:+]|$)|(?:{schemes}):)", spec)


def _one(spec: str, modality: str) -> Encoder:
    name, _, rest = spec.partition(":")
    if name in registry.names(SCHEMES):
        address, _, query = rest.partition("?")
        if not address:
            raise BadData(f"{spec} says no address; write {name}:ADDRESS")
        options = [unquote(option) for option in query.split("&") if option]
        scheme: Scheme = registry.fill(registry.load(SCHEMES, name), name, options)
        encoder = scheme.open(address, modality)
    else:
        _check_name(name)
        encoder = registry.build("encoders", spec)
    if encoder.modality != modality:
        raise BadData(
            f"{spec} is for {encoder.modality}; choose another one for {modality}"
            f" ({', '.join(_names_for(modality))})"
        )
    return encoder


def _check_name(name: str) -> None:
    known = registry.names("encoders")
    if name in known:
        return
    schemes = {each: f"{each}:..." for each in registry.names(SCHEMES)}
    choices = {each: each for each in known} | schemes
    near = difflib.get_close_matches(name, choices, n=3) or sorted(choices)
    listed = ", ".join(choices[each] for each in near)
    raise UnknownName(f"no encoder is called {name!r}; did you mean {listed}?")


def _names_for(modality: str) -> list[str]:
    """Our own names only: another package's module might fail to be imported here."""
    names = sorted(registry.KINDS["encoders"])
    return [name for name in names if registry.load("encoders", name).modality == modality]
