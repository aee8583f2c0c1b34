"""Exported lists, read back by other evaluators: they find the same figures."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadData
from prismrec.evaluation.compare import compare
from prismrec.evaluation.export import export


@pytest.fixture(scope="module")
def data(make_dataset):
    return make_dataset(n_users=40, n_items=50)


@pytest.fixture(scope="module")
def results(data):
    return compare(data, ["popularity", "item-knn:user_power=0.5"], split="random", k=(5, 10))


def test_files_are_named_by_split_seed_and_model(data, results, tmp_path):
    assert [file.name for file in export(results, data, tmp_path)] == [
        "random-0.qrels.trec",
        "random-0-popularity.run.trec",
        "random-0-item-knn-user_power=0.5.run.trec",
    ]


def test_a_line_of_a_list(data, results, tmp_path):
    file = export(results, data, tmp_path)[1]
    run = results[0].evaluation
    user, item = data.user_ids[run.users[0]], data.item_ids[run.items[0, 0]]
    first, second = file.read_text("utf-8").splitlines()[:2]
    assert first == f"{user} Q0 {item} 1 10 popularity"
    assert second.split()[3:5] == ["2", "9"]


def test_new_items_have_files_of_their_own(data, tmp_path):
    runs = compare(data, ["content-knn"], split="new-items", k=(5,))
    qrels = {file.name: file for file in export(runs, data, tmp_path)}["new-items-0-new.qrels.trec"]
    wanted = {line.split()[0] for line in qrels.read_text("utf-8").splitlines()}
    assert wanted == {data.user_ids[user] for user in runs[0].new_items.users}
    assert (tmp_path / "new-items-0-new-content-knn.run.trec").exists()


def test_damaged_runs_stay_at_home(data, tmp_path):
    runs = compare(data, ["popularity"], split="random", k=(5,), knock_out=["missing"])
    assert len(export(runs, data, tmp_path)) == 2


def test_an_identifier_is_one_word(log, tmp_path):
    made = log([(u, i) for u in range(8) for i in range(6)], (8, 7))
    names = Vocabulary(tuple(f"lamp {row}%\u3000灯" for row in range(7)))
    data = type(made)(made.interactions, made.user_ids, names)
    results = compare(data, ["popularity"], split="random", k=(3,))
    for file in export(results, data, tmp_path):
        for line in file.read_text("utf-8").splitlines():
            assert len(line.split()) in (4, 6)
            assert "%25%3000灯" in line


def test_a_folder_that_cannot_be_written_is_refused(data, results, tmp_path):
    (tmp_path / "taken").write_text("a file", "utf-8")
    with pytest.raises(BadData, match="another folder"):
        export(results, data, tmp_path / "taken")


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # the library's compiled code warns on first use
def test_ranx_reads_the_files_and_finds_the_same(data, results, tmp_path):
    import ranx

    qrels_file, *run_files = export(results, data, tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        qrels = ranx.Qrels.from_file(str(qrels_file))
        for result, file in zip(results, run_files, strict=True):
            run = ranx.Run.from_file(str(file))
            found = ranx.evaluate(qrels, run, ["ndcg@5", "ndcg@10", "recall@10", "mrr@10"])
            for name, value in found.items():
                assert value == pytest.approx(result.evaluation.metrics[name].mean), name


def test_ir_measures_reads_the_files_and_finds_the_same(data, results, tmp_path):
    measures = pytest.importorskip("ir_measures")
    qrels_file, *run_files = export(results, data, tmp_path)
    qrels = list(measures.read_trec_qrels(str(qrels_file)))
    for result, file in zip(results, run_files, strict=True):
        run = list(measures.read_trec_run(str(file)))
        wanted = measures.nDCG @ 10
        found = {m.query_id: m.value for m in measures.iter_calc([wanted], qrels, run)}
        ours = result.evaluation
        values = [found[data.user_ids[user]] for user in ours.users]
        assert np.allclose(values, ours.per_user["ndcg@10"])
