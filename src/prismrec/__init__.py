"""prismrec: recommendations from what is seen, read and heard.

Every public name is loaded when it is first used, so that `import prismrec` is quick.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prismrec import models as models
    from prismrec.data.dataset import Dataset as Dataset
    from prismrec.data.demo import make_shop as make_shop
    from prismrec.data.features import Feature as Feature
    from prismrec.data.interactions import Interactions as Interactions
    from prismrec.data.jagged import Jagged as Jagged
    from prismrec.data.kcore import k_core as k_core
    from prismrec.data.read import read as read
    from prismrec.data.shop import Shop as Shop
    from prismrec.data.split import split as split
    from prismrec.data.vocabulary import Vocabulary as Vocabulary
    from prismrec.encode import encode as encode
    from prismrec.errors import PrismrecError as PrismrecError
    from prismrec.evaluation.compare import compare as compare
    from prismrec.evaluation.protocol import evaluate as evaluate
    from prismrec.explain.shares import explain as explain
    from prismrec.imputation import impute as impute
    from prismrec.media.quality import check as check
    from prismrec.rankers import Query as Query
    from prismrec.rankers import Ranker as Ranker
    from prismrec.rankers import TopK as TopK
    from prismrec.rankers import top_k as top_k
    from prismrec.reduction import reduce as reduce
    from prismrec.saving import load as load
    from prismrec.saving import save as save
    from prismrec.search import search as search
    from prismrec.serve import serve as serve
    from prismrec.train import Training as Training
    from prismrec.tune import tune as tune

__version__ = "0.1.0"

__all__ = [
    "Dataset",
    "Feature",
    "Interactions",
    "Jagged",
    "PrismrecError",
    "Query",
    "Ranker",
    "Shop",
    "TopK",
    "Training",
    "Vocabulary",
    "check",
    "compare",
    "encode",
    "evaluate",
    "explain",
    "impute",
    "k_core",
    "load",
    "make_shop",
    "models",
    "read",
    "reduce",
    "save",
    "search",
    "serve",
    "split",
    "top_k",
    "tune",
]

_HOME = {
    "Dataset": "prismrec.data.dataset",
    "Feature": "prismrec.data.features",
    "Interactions": "prismrec.data.interactions",
    "Jagged": "prismrec.data.jagged",
    "PrismrecError": "prismrec.errors",
    "Query": "prismrec.rankers",
    "Ranker": "prismrec.rankers",
    "Shop": "prismrec.data.shop",
    "TopK": "prismrec.rankers",
    "Training": "prismrec.train",
    "Vocabulary": "prismrec.data.vocabulary",
    "check": "prismrec.media.quality",
    "compare": "prismrec.evaluation.compare",
    "encode": "prismrec.encode",
    "evaluate": "prismrec.evaluation.protocol",
    "explain": "prismrec.explain.shares",
    "impute": "prismrec.imputation",
    "k_core": "prismrec.data.kcore",
    "load": "prismrec.saving",
    "make_shop": "prismrec.data.demo",
    "read": "prismrec.data.read",
    "reduce": "prismrec.reduction",
    "save": "prismrec.saving",
    "search": "prismrec.search",
    "serve": "prismrec.serve",
    "split": "prismrec.data.split",
    "top_k": "prismrec.rankers",
    "tune": "prismrec.tune",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'prismrec' has no attribute {name!r}")
    if name == "models":
        return importlib.import_module("prismrec.models")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


class _Package(ModuleType):
    """Keeps `prismrec.encode` and `prismrec.explain` functions.

    Importing a submodule binds it to its parent under its own name, over the function of the
    same name; that binding is left out.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
