"""How a sentence embedder wants to be used: the files that sentence-transformers writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prismrec.encoders.hf.source import Source
from prismrec.errors import BadData, BadModel

__all__ = ["Recipe", "recipe_of"]

PASSAGE_PROMPTS = ("document", "passage")  # what stands before the texts that are looked for
MODES = {
    "cls": "cls",
    "cls_token": "cls",
    "max": "max",
    "max_tokens": "max",
    "mean": "mean",
    "mean_tokens": "mean",
    "lasttoken": "last",
}


@dataclass(frozen=True)
class Recipe:
    """What stands in the files; without any, `pooling` is None and texts end at unit length."""

    pooling: str | None = None
    dense: tuple[str, ...] = ()  # folders of the linear layers behind the pooling, in order
    normalise: bool = True
    length: int | None = None
    prompts: Mapping[str, str] = field(default_factory=dict)
    default_prompt: str | None = None  # a name

    def prefix(self, instruction: str | None, prompt: str | None) -> str:
        """What stands before every text: asked for, else that of passages, else that of default.

        Raises:
            BadData: for the name of a prompt that the model does not have.
        """
        if instruction is not None and prompt is not None:
            raise BadData("give either an instruction or the name of a prompt")
        if instruction is not None:
            return instruction
        if prompt is not None:
            if prompt not in self.prompts:
                named = ", ".join(sorted(self.prompts)) or "none; write instruction=TEXT"
                raise BadData(f"the model has no prompt {prompt!r}; it has {named}")
            return self.prompts[prompt]
        for name in (*PASSAGE_PROMPTS, self.default_prompt):
            if name is not None and name in self.prompts:
                return self.prompts[name]
        return ""


def recipe_of(source: Source) -> Recipe:
    """Read modules.json and what it names.

    Raises:
        BadModel: for a part that is not understood, since leaving it out would change the vectors.
    """
    modules = source.json("modules.json")
    if not modules:
        return Recipe()
    kinds = [str(each["type"]).rpartition(".")[2] for each in modules]
    paths = [str(each["path"]) for each in modules]
    unknown = sorted(set(kinds) - {"Transformer", "Pooling", "Dense", "Normalize"})
    if unknown or kinds[:2] != ["Transformer", "Pooling"] or paths[0]:
        raise BadModel(f"{source.name} has parts that are not understood: {', '.join(kinds)}")
    settings = source.json("config_sentence_transformers.json")
    prompts = {name: text for name, text in (settings.get("prompts") or {}).items() if text}
    return Recipe(
        pooling=_pooling(source, paths[1]),
        dense=tuple(p for kind, p in zip(kinds, paths, strict=True) if kind == "Dense"),
        normalise="Normalize" in kinds,
        length=source.json("sentence_bert_config.json").get("max_seq_length"),
        prompts=prompts,
        default_prompt=settings.get("default_prompt_name"),
    )


def _pooling(source: Source, path: str) -> str:
    settings: dict[str, Any] = source.json(f"{path}/config.json")
    if settings.get("include_prompt") is False:
        raise BadModel(f"{source.name} leaves its prompt out of the mean, which is not understood")
    named = settings.get("pooling_mode")  # newer files; older ones have one switch for each mode
    modes = [named] if isinstance(named, str) else named
    if modes is None:
        head = "pooling_mode_"
        switches = [name for name, on in settings.items() if on is True]
        modes = [name.removeprefix(head) for name in switches if name.startswith(head)]
    if len(modes) != 1 or modes[0] not in MODES:
        raise BadModel(f"{source.name} pools by {'+'.join(modes)}, which is not understood")
    return MODES[modes[0]]
