"""The page says what the figures say, leaves out what is not there, and runs nothing foreign."""

from __future__ import annotations

import copy
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from faults.pictures import saved, scene
from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.data.read import read
from prismrec.evaluation.compare import compare
from prismrec.evaluation.comparison import comparison
from prismrec.evaluation.report import render

EVIL = "<script>alert(1)</script>"
VOID = {"meta", "br", "img", "link", "hr", "input"}


class Tags(HTMLParser):
    """Checks that every tag is closed, and gathers the text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"script", "style"} & set(self.open):
            self.text += data


def text_of(page: str) -> str:
    tags = Tags()
    tags.feed(page)
    assert not tags.open
    return " ".join(tags.text.split())


def interval(mean: float) -> dict[str, float]:
    return {"mean": mean, "low": mean - 0.01, "high": mean + 0.01}


def run(mean: float) -> dict[str, object]:
    figures = {"ndcg@5": interval(mean), "recall@5": interval(mean), "novelty@5": interval(3.0)}
    return {
        "metrics": figures,
        "lists": {"coverage@5": 0.5},
        "n_users": 200,
        "n_items": 40,
        "notes": ["9 of 10 repeat"],
    }


def gap_of(ours: str, theirs: str, gap: float, p: float) -> dict[str, object]:
    head = {"ours": ours, "theirs": theirs, "metric": "ndcg@5", "n_users": 200}
    ps = {"bootstrap": p, "wilcoxon": p, "bootstrap_holm": p, "wilcoxon_holm": p}
    return {**head, "gap": interval(gap), **ps}


@pytest.fixture
def saved_json() -> dict[str, object]:
    """Two models on one split, and no more than a comparison must have."""
    result = {"seed": 0, "split": "time", "refit": False, "damage": None}
    standing = {
        "split": "time",
        "all_items": {"weak": run(0.2), "strong": run(0.3)},
        "new_items": {},
        "costs": {},
        "curves": {},
        "knock_outs": [],
        "significance": {"all_items": [gap_of("weak", "strong", -0.1, 0.001)], "new_items": []},
        "strata": {},
        "alignment": {},
        "examples": [],
    }
    return {
        "shop": "lamps",
        "split": "time",
        "results": [
            {**result, "model": name, "metrics": run(0)["metrics"]} for name in ("weak", "strong")
        ],
        "standings": [standing],
    }


def test_the_title_says_who_leads_and_how_clearly(saved_json):
    said = text_of(render(saved_json))
    assert "strong leads; that is clear" in said
    assert "0.1000, clear" in said
    assert "find 30.0 % of what they went on to choose with strong, and 20.0 % with weak" in said
    assert "the lead is 0.1000, with 95 % confidence between 0.0900 and 0.1100" in said
    assert "the models know the past and are asked for the future" in said


def test_a_lead_that_may_be_chance_is_called_so(saved_json):
    saved_json["standings"][0]["significance"]["all_items"][0]["bootstrap_holm"] = 0.3
    said = text_of(render(saved_json))
    assert "strong leads; that may be chance" in said
    assert "clear" not in said.partition("What was measured")[0]
    assert "0.1000, may be chance" in said
    assert "clear0" not in said


def test_few_people_are_too_few_to_tell(saved_json):
    for each in saved_json["standings"][0]["all_items"].values():
        each["n_users"] = 12
    assert "12 people are too few to tell" in text_of(render(saved_json))


def test_what_was_not_tested_is_not_called_clear(saved_json):
    saved_json["standings"][0]["significance"] = {}
    assert "whether that is more than chance was not tested" in text_of(render(saved_json))


def test_one_model_alone_leads_nobody(saved_json):
    del saved_json["standings"][0]["all_items"]["weak"]
    said = text_of(render(saved_json))
    assert "How well strong does" in said
    assert "leads" not in said


def test_parts_without_figures_are_absent(saved_json):
    said = text_of(render(saved_json))
    for heading in ("nobody has used yet", "costs", "For whom", "modality is worth", "learnt"):
        assert heading not in said
    assert "What was skipped" not in said
    assert "Beyond accuracy" in said
    assert "9 of 10 repeat" in said


def test_where_nothing_could_be_fitted_the_reasons_stand(saved_json):
    saved_json["standings"][0]["all_items"] = {}
    saved_json["results"][0].update(metrics={}, skipped="900 GB are needed")
    said = text_of(render(saved_json))
    assert "No model could be fitted" in said
    assert "weak: 900 GB are needed" in said


def test_models_that_damage_does_not_move_are_named_not_drawn(saved_json):
    change = {"strong": interval(-0.05), "weak": {"mean": 0.0, "low": 0.0, "high": 0.0}}
    saved_json["standings"][0]["knock_outs"] = [
        {"model": m, "modality": "image", "way": "missing", "candidates": "all_items",
         "change": {"ndcg@5": c}} for m, c in change.items()
    ]  # fmt: skip
    said = text_of(render(saved_json))
    assert "Nothing changes for weak, which does not look at media" in said
    assert "strong −0.0500" in said


def test_figures_that_are_not_finite_are_dashes(saved_json):
    saved_json["standings"][0]["all_items"]["weak"]["metrics"]["novelty@5"] = {
        "mean": float("nan"), "low": float("nan"), "high": float("nan")
    }  # fmt: skip
    page = render(saved_json)
    assert "nan" not in re.sub("<(style|script)>.*?</", "", page, flags=re.S).lower()


def test_the_command_names_what_was_asked(saved_json):
    saved_json["results"][0]["damage"] = {"modality": "image", "way": "missing"}
    said = text_of(render(saved_json))
    assert "prismrec compare lamps --models weak,strong --split time --seeds 1" in said
    assert "--knock-out missing" in said


def test_several_splits_stand_on_one_page(saved_json):
    other = copy.deepcopy(saved_json["standings"][0])
    other["split"] = "my_column"
    saved_json["standings"].append(other)
    said = text_of(render(saved_json))
    assert "lamps, asked in 2 ways" in said
    assert "marked in the column my_column of the data" in said


@pytest.fixture
def shop(write_shop):
    """Twelve people and eight items with pictures, one broken, one with an evil title."""
    rng = np.random.default_rng(0)
    log = [(f"u{u}", f"i{i}", t) for u in range(12) for t, i in enumerate(rng.permutation(8)[:5])]
    rows = "".join(f"{user},{item},{t}\n" for user, item, t in log)
    items = "".join(f"i{i},{EVIL if i == 0 else f'Lamp {i}'},{i}.png\n" for i in range(8))
    pictures = {f"{i}.png": saved(scene(i), "PNG") for i in range(7)}
    return read(
        write_shop(
            interactions="user,item,timestamp\n" + rows,
            items="item,title,image\n" + items,
            files={**pictures, "7.png": b"broken"},
        )
    )


@pytest.fixture
def found(shop):
    values = np.random.default_rng(1).standard_normal((8, 4)).astype(np.float32)
    data = shop.dataset()
    with_media = Dataset(
        data.interactions, data.user_ids, data.item_ids,
        {"image": Feature(values, np.ones(8, bool))}, {},
    )  # fmt: skip
    results = compare(
        with_media,
        ["popularity", "content-knn"],
        split="user-time",
        k=(2, 3),
        knock_out=["missing"],
    )
    return comparison(results, with_media, shop=shop)


def test_a_page_of_a_real_comparison_is_whole_and_safe(found):
    page = render(found)
    said = text_of(page)
    assert "What people would have seen" in said
    assert "content-knn" in said
    assert EVIL not in page
    assert EVIL in said  # as text
    covers = page.count("{background-image:url(data:image/webp;base64,")
    assert 1 <= covers <= 7  # each once, however often it is shown; the broken one is not
    outside = re.sub(r"url\(data:", "", page)
    assert not re.search(r"""(src|href)=["'](?!data:|#)|url\(|@import|https?://""", outside)
    assert len(page) < 300_000


def test_a_page_can_be_made_again_from_what_was_saved(found):
    again = json.loads(json.dumps(found.to_json()))
    assert render(again, folder=found.folder) == render(found)
    assert "background-image:url" not in render(again)  # no folder, no pictures
