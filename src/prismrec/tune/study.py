"""A study: the trials of a search, in memory or in an SQLite file where a killed one goes on."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from prismrec.errors import BadData
from prismrec.evaluation.intervals import Interval
from prismrec.packages import require
from prismrec.search_space import Range, Space
from prismrec.tune.result import DONE, FAILED, PRUNED, Trial

__all__ = ["asked", "finished", "importance", "opened", "ours", "suggested"]

AT_RANDOM = 8  # trials before the sampler learns from them
WARM_UP = 10  # epochs from which on a trial may be given up
FEWEST = 10  # trials that must be done before a field's importance means anything
DIGITS = 4  # of a number that is tried, so that settings can be read and typed


@contextmanager
def opened(
    file: Path | None, identity: Mapping[str, str], *, epochs: int | None = None
) -> Iterator[Any]:
    """An Optuna study that higher is better in, with the trials that it already has.

    A trial that was running when its process was killed counts as never begun.

    Args:
        file: where it is kept, by one process at a time; in memory where None.
        identity: what its trials have in common; a file with another one is refused.
        epochs: at most, of a trial.

    Raises:
        BadData: for a file that holds another study, or none.
        MissingPackage: where Optuna is not installed.
    """
    optuna = require("optuna", "tune")
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = None if file is None else _storage(optuna, file, identity)
    warm_up = WARM_UP if epochs is None else min(WARM_UP, epochs // 3)
    try:
        study = optuna.create_study(
            storage=storage,
            study_name=_name(identity),
            pruner=optuna.pruners.MedianPruner(n_warmup_steps=warm_up),
            direction="maximize",
            load_if_exists=True,
        )
        for name, value in identity.items():
            study.set_user_attr(name, value)
        for trial in study.get_trials(states=[optuna.trial.TrialState.RUNNING]):
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        yield study
    finally:
        optuna.logging.set_verbosity(level)
        if storage is not None:
            storage.remove_session()
            storage.engine.dispose()


@contextmanager
def ours(file: Path | None) -> Iterator[None]:
    """Say what it means when a trial turns out to be closed by somebody else.

    Raises:
        BadData: where another process has taken the study over.
    """
    closed = require("optuna", "tune").exceptions.UpdateFinishedTrialError
    try:
        yield
    except closed:
        raise BadData(
            f"{file}: another search has taken over this study; let one finish at a time, or name "
            "another file"
        ) from None


def asked(study: Any, *, seed: int, default: Mapping[str, Any]) -> Any:
    """The next trial: first the defaults, then what the model then chose for what they leave open.

    The seed of a suggestion comes from how many trials are finished, so that a search that was
    killed and goes on makes the suggestions that it would have made.
    """
    optuna = require("optuna", "tune")
    ended = [trial.user_attrs for trial in _ended(study)]
    drawn = np.random.SeedSequence([seed, len(ended)]).generate_state(1)[0]
    study.sampler = optuna.samplers.TPESampler(n_startup_trials=AT_RANDOM, seed=int(drawn))
    if not study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.WAITING]):
        first = next((said for said in ended if said.get("default")), None)
        own = first.get("own_choice") if first else None
        if first is None:
            study.enqueue_trial(dict(default), user_attrs={"default": True})
        elif own and not any(said.get("own") for said in ended):
            study.enqueue_trial({**default, **own}, user_attrs={"own": True})
    return study.ask()


def suggested(
    trial: Any, spaces: Mapping[str, Space], *, modalities: tuple[str, ...]
) -> dict[str, Any]:
    """A value of each field, numbers with four digits."""
    chosen: dict[str, Any] = {}
    for name, space in spaces.items():
        if not isinstance(space, Range):
            chosen[name] = trial.suggest_categorical(name, space.values(modalities))
        elif space.whole:
            low, high = int(space.low), int(space.high)
            chosen[name] = trial.suggest_int(name, low, high, log=space.log)
        else:
            value = trial.suggest_float(name, space.low, space.high, log=space.log)
            chosen[name] = float(f"{value:.{DIGITS}g}")
    return chosen


def finished(study: Any) -> list[Trial]:
    """Trials that came to an end of their own, in their order."""
    states = require("optuna", "tune").trial.TrialState
    names = {states.COMPLETE: DONE, states.PRUNED: PRUNED, states.FAIL: FAILED}
    return [_trial(trial, names[trial.state]) for trial in _ended(study)]


def importance(study: Any) -> dict[str, float]:
    """Share of each field in what tells good trials from the rest; PED-ANOVA.

    Source: S. Watanabe and others 2023, arXiv 2304.10255, as Optuna has it. Empty where fewer than
    ten trials are done, or none of them differ.
    """
    optuna = require("optuna", "tune")
    done = study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.COMPLETE])
    fields = max((set(trial.params) for trial in done), key=len, default=set())
    whole = [
        trial for trial in done if set(trial.params) == fields
    ]  # a default may leave some open
    if len(whole) < FEWEST or len({trial.value for trial in whole}) < 2:
        return {}
    those = optuna.create_study(direction="maximize")
    those.add_trials(whole)
    how = optuna.importance.PedAnovaImportanceEvaluator()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)  # before Optuna 5
        found = optuna.importance.get_param_importances(those, evaluator=how)
    return {name: float(share) for name, share in found.items()}


def _ended(study: Any) -> list[Any]:
    """Not those that wait or run; what a kill ended has failed without a reason."""
    states = require("optuna", "tune").trial.TrialState
    return [
        trial
        for trial in study.get_trials(deepcopy=False)
        if trial.state in (states.COMPLETE, states.PRUNED) or trial.user_attrs.get("reason")
    ]


def _trial(trial: Any, state: str) -> Trial:
    said = trial.user_attrs
    figures = {name: Interval(*values) for name, values in said.get("figures", {}).items()}
    return Trial(
        number=trial.number,
        state=state,
        settings=said.get("settings", {}),
        figures=figures,
        default=bool(said.get("default")),
        seconds=said.get("seconds", 0.0),
        epochs=said.get("epochs", 0),
        reason=said.get("reason", ""),
    )


def _name(identity: Mapping[str, str]) -> str:
    return f"{identity['model']}, split {identity['split']}, data {identity['data']}"


def _storage(optuna: Any, file: Path, identity: Mapping[str, str]) -> Any:
    """The file, made if there is none."""
    _look(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    storage = optuna.storages.RDBStorage(f"sqlite:///{file}")
    for study in storage.get_all_studies():
        # A kill may have come between the study and what is said of it.
        begun = identity if study.study_name == _name(identity) else {}
        known = {**begun, **study.user_attrs}
        other = [name for name, value in identity.items() if known.get(name) != value]
        if other:
            storage.remove_session()
            storage.engine.dispose()
            name = other[0]
            raise BadData(
                f"{file}: holds the study of something else ({name} {known.get(name, 'unknown')} "
                f"instead of {identity[name]}); name another file"
            )
    return storage


def _look(file: Path) -> None:
    """Refuse a file that is no study, before anything is written to it."""
    if not file.exists():
        return
    try:
        with closing(sqlite3.connect(file.resolve().as_uri() + "?mode=ro", uri=True)) as database:
            tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
    except sqlite3.DatabaseError as problem:
        raise BadData(f"{file}: is no study ({problem}); name another file") from None
    if tables and "studies" not in tables:
        raise BadData(f"{file}: holds something other than a study; name another file")
