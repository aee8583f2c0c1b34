"""The MMRec folder format."""

from __future__ import annotations

import numpy as np
import pytest

from prismrec.data.read import read
from prismrec.data.split import split
from prismrec.errors import BadData

HEADER = "userID\titemID\trating\ttimestamp\tx_label\n"
LOG = HEADER + "1\t0\t5.0\t100\t0\n0\t2\t1.0\t50\t1\n1\t2\t3.0\t70\t2\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "baby.inter").write_text(LOG, "utf-8")
    np.save(tmp_path / "image_feat.npy", np.array([[1, 0], [0, 0], [3.0, 4]]))
    np.save(tmp_path / "text_feat.npy", np.ones((3, 5)))
    np.save(tmp_path / "user_graph_dict.npy", np.array([{}], object))
    return tmp_path


def test_a_folder_of_the_toolbox_is_a_shop(folder):
    shop = read(folder)
    assert shop.item_ids.ids == ("0", "1", "2")
    assert shop.item_features["image"].present.tolist() == [True, False, True]
    assert shop.item_features["text"].dim == 5
    assert shop.interactions.time.tolist() == [100, 50, 70]
    assert shop.interactions.labels["split"].tolist() == [0, 1, 2]
    assert [len(part.interactions) for part in split(shop.dataset(), "given")] == [1, 1, 1]


def test_every_row_counts_once_unless_a_weight_is_named(folder):
    assert read(folder).interactions.weight.tolist() == [1, 1, 1]
    assert read(folder, weight="rating").interactions.weight.tolist() == [5, 1, 3]


def test_an_item_beyond_the_features_is_listed(folder):
    with (folder / "baby.inter").open("a") as file:
        file.write("1\t7\t5\t9\t0\n")
    (problem,) = read(folder).problems
    assert (problem.file, problem.row) == ("baby.inter", 5)
    assert "item '7' is not in the catalogue" in problem.what


def test_bad_folders_are_refused(folder):
    (folder / "baby.inter").write_text("userID\titem\n1\t0\n", "utf-8")
    with pytest.raises(BadData, match=r"baby\.inter, line 1: there is no column 'itemID'"):
        read(folder)
    (folder / "sports.inter").write_text(LOG, "utf-8")
    with pytest.raises(BadData, match="keep one log"):
        read(folder)
