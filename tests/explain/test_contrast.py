import numpy as np
import pytest

from prismrec.explain.contrast import contrast
from prismrec.explain.shares import Explanation, explain_items
from prismrec.rankers import Query
from prismrec.registry import build


def test_a_contrast_by_hand():
    one = Explanation(4, 3.0, {"image": 2.5, "text": 0.5}, ((1, "image", 2.5),), {}, {})
    other = Explanation(
        7, 2.5, {"text": 1.5, "popularity": 1.0}, ((1, "text", 1.0), (2, "text", 0.5)), {}, {}
    )
    found = contrast(one, other)
    assert (found.item, found.other, found.difference) == (4, 7, 0.5)
    assert found.by_modality == {"image": 2.5, "text": -1.0, "popularity": -1.0}
    assert found.by_item == ((1, "image", 2.5), (1, "text", -1.0), (2, "text", -0.5))


@pytest.mark.parametrize("spec", ["prism", "item-knn", "ease", "content-knn"])
def test_the_parts_add_up_to_the_difference_of_the_scores(make_dataset, spec):
    data = make_dataset(80, 40)
    ranker = build("models", spec).fit(data)
    for user in (0, 7, 31):
        query = Query.of(data, np.array([user]))
        scores = ranker.score(query)[0].astype(float)
        for a, b in ((0, 1), (12, 5)):
            found = contrast(*explain_items(ranker, query, [a, b]))
            scale = np.nanmax(np.abs(scores))
            assert found.difference == pytest.approx(scores[a] - scores[b], abs=1e-5 * scale)
            assert sum(found.by_modality.values()) == pytest.approx(found.difference, abs=1e-9)
            past = sum(amount for _, _, amount in found.by_item)
            everybody = found.by_modality.get("popularity", 0.0)
            assert past + everybody == pytest.approx(found.difference, abs=1e-9)
