"""The rules of the house that no linter knows: sizes, names, and what may not be in the tree."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = sorted((ROOT / "src").rglob("*.py"))
FILES = (
    SOURCE + sorted((ROOT / "tests").rglob("*.py")) + sorted((ROOT / "benchmarks").rglob("*.py"))
)

MAX_FILE, MAX_FUNCTION, MAX_PARAMETERS, MAX_POSITIONAL, MAX_FIELDS = 400, 60, 5, 3, 10
# More parameters than the house allows, each by a decision: the protocol of an evaluation is one
# call so that nothing about a figure is set elsewhere.
MORE_PARAMETERS = {
    ("evaluation/compare.py", "compare"): 10,
    ("evaluation/protocol.py", "evaluate"): 7,
    ("evaluation/sampled.py", "evaluate_sampled"): 6,
    ("tune/__init__.py", "tune"): 9,
}
# Likewise more fields: a shop is all that lies in one folder.
MORE_FIELDS = {("data/shop.py", "Shop"): 11}
BANNED_NAMES = re.compile(r"^_?(utils?|common|helpers?|managers?|config|base_\w+)$")
# Reads weight files that others saved with pickle, through an unpickler that knows arrays only.
MAY_IMPORT_PICKLE = {"encoders/checkpoints.py"}
# Seeds torch inside a fork of its generator, which is put back afterwards.
MAY_SEED = {"train/randomness.py"}
PICKLES = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve"}
MACHINE_PATH = re.compile(r"(?<![\w.~/])/(w[o]rk|f[a]rm|r[o]ot|h[o]me|t[m]p)/[a-zA-Z.]")


def place(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def inside(file: Path) -> str:
    """Path below src/prismrec, or below the repository for other files."""
    return place(file).removeprefix("src/prismrec/")


def nodes(file: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(file.read_text(encoding="utf-8"), str(file)))


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in nodes(file):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def decorators(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> set[str]:
    return {ast.unparse(d).partition("(")[0].rpartition(".")[2] for d in node.decorator_list}


def arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[list[str], list[str]]:
    """Names of the parameters that may be given by place, and of all; `self` is not counted."""
    by_place = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    if by_place[:1] in (["self"], ["cls"]):
        by_place = by_place[1:]
    return by_place, [*by_place, *(a.arg for a in function.args.kwonlyargs)]


def test_files_are_short() -> None:
    long = {place(f): n for f in FILES if (n := len(f.read_text("utf-8").splitlines())) > MAX_FILE}
    assert not long, f"split these; the limit is {MAX_FILE} lines"


def test_functions_are_short() -> None:
    long = {
        f"{place(file)}:{node.lineno} {node.name}": length
        for file in FILES
        for node in functions(file)
        if (length := (node.end_lineno or 0) - node.lineno + 1) > MAX_FUNCTION
    }
    assert not long, f"split these; the limit is {MAX_FUNCTION} lines"


def test_functions_take_few_parameters() -> None:
    bad = []
    for file in SOURCE:
        if inside(file).startswith("cli/"):  # there a parameter is a flag of a command
            continue
        for node in functions(file):
            by_place, all_names = arguments(node)
            limit = MORE_PARAMETERS.get((inside(file), node.name), MAX_PARAMETERS)
            if len(all_names) > limit:
                bad.append(f"{place(file)}:{node.lineno} {node.name}: {len(all_names)} in all")
            if len(by_place) > MAX_POSITIONAL and not node.name.startswith("_"):
                bad.append(f"{place(file)}:{node.lineno} {node.name}: {len(by_place)} by place")
    assert not bad, f"at most {MAX_PARAMETERS} parameters, {MAX_POSITIONAL} of them by place"


def test_dataclasses_have_few_fields() -> None:
    bad = []
    for file in SOURCE:
        for node in nodes(file):
            if isinstance(node, ast.ClassDef) and "dataclass" in decorators(node):
                n = sum(isinstance(statement, ast.AnnAssign) for statement in node.body)
                if n > MORE_FIELDS.get((inside(file), node.name), MAX_FIELDS):
                    bad.append(f"{place(file)}:{node.lineno} {node.name}: {n} fields")
    assert not bad, f"at most {MAX_FIELDS} fields"


def test_names_say_something() -> None:
    bad = []
    for file in SOURCE:
        parts = Path(inside(file)).with_suffix("").parts
        bad += [f"{place(file)}: file or folder {p}" for p in parts if BANNED_NAMES.match(p)]
        for node in nodes(file):
            if isinstance(node, ast.ClassDef) and re.search(r"(Manager|Helper|Utils?)$", node.name):
                bad.append(f"{place(file)}:{node.lineno}: class {node.name}")
            if isinstance(node, ast.arg) and BANNED_NAMES.match(node.arg):
                bad.append(f"{place(file)}:{node.lineno}: parameter {node.arg}")
    assert not bad


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module.partition(".")[0]]
    return []


def test_nothing_is_pickled() -> None:
    bad = [
        f"{place(file)}:{node.lineno}"
        for file in SOURCE
        if inside(file) not in MAY_IMPORT_PICKLE
        for node in nodes(file)
        if isinstance(node, ast.Import | ast.ImportFrom) and PICKLES & set(imported(node))
    ]
    assert not bad


def _allows_pickle(keyword: ast.keyword) -> bool:
    return keyword.arg == "allow_pickle" and ast.unparse(keyword.value) != "False"


def forbidden(node: ast.AST, file: Path) -> str:
    """What is wrong with a node, or nothing."""
    if isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Name):
        names, silent = node.type.id, all(isinstance(s, ast.Pass) for s in node.body)
        if silent and names in ("ImportError", "ModuleNotFoundError", "Exception"):
            return f"except {names}: pass"
    if not isinstance(node, ast.Call):
        return ""
    name = ast.unparse(node.func)
    if name == "torch.manual_seed" and inside(file) in MAY_SEED:
        return ""
    if name == "print" or name.endswith((".cuda", "random.seed", ".manual_seed")):
        return name
    if name == "torch.load" and not any(k.arg == "weights_only" for k in node.keywords):
        return "torch.load without weights_only"
    if name in ("np.load", "numpy.load") and any(_allows_pickle(k) for k in node.keywords):
        return "np.load with allow_pickle"
    passed_on = [
        k.value.id for k in node.keywords if k.arg is None and isinstance(k.value, ast.Name)
    ]
    return "**kwargs passed on" if "kwargs" in passed_on else ""


def test_source_has_no_shortcuts() -> None:
    bad = [
        f"{place(file)}:{getattr(node, 'lineno', 0)}: {what}"
        for file in SOURCE
        for node in nodes(file)
        if (what := forbidden(node, file))
    ]
    assert not bad


@pytest.mark.parametrize("file", SOURCE, ids=inside)
def test_all_lists_public_names_with_docstrings(file: Path) -> None:
    body = ast.parse(file.read_text("utf-8")).body
    lists = [
        ast.literal_eval(s.value)
        for s in body
        if isinstance(s, ast.Assign | ast.AnnAssign)
        and s.value is not None
        and ast.unparse(s.targets[0] if isinstance(s, ast.Assign) else s.target) == "__all__"
    ]
    listed = lists[0] if lists else []
    assert len(set(listed)) == len(listed)
    kinds = ast.FunctionDef | ast.ClassDef
    defined = {s.name: ast.get_docstring(s) for s in body if isinstance(s, kinds)}
    undocumented = [name for name in listed if name in defined and not defined[name]]
    assert not undocumented


def tracked() -> list[Path]:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        return [f for f in FILES if f.is_file()]
    done = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    return [ROOT / name for name in done.stdout.split("\0") if name]


def test_no_file_names_a_place_on_one_machine() -> None:
    bad = []
    for file in tracked():
        if file.is_file() and file.suffix not in {".png", ".npy", ".ogg", ".wav"}:
            for number, line in enumerate(file.read_text("utf-8", "replace").splitlines(), 1):
                if MACHINE_PATH.search(line):
                    bad.append(f"{place(file)}:{number}: {line.strip()[:80]}")
    assert not bad
