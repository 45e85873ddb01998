"""A new plan's folder, and the made-up plan whose sheets use the hard notations."""

import openpyxl
import pytest
from conftest import contents

from kpi_utils import compare, evaluate, load
from kpi_utils.errors import KpiError
from kpi_utils.preparing.new_plan import make_plan


@pytest.mark.parametrize("year", [2000, 2015, 2022, 2025, 2094])
def test_example_can_be_judged_as_it_is(project, year):
    assert make_plan("yatsushiro", year) == "data/yatsushiro"
    evaluation = evaluate(load("yatsushiro", year))
    assert evaluation.sheet.made_up
    counts = evaluation.kpis["status"].value_counts().to_dict()
    assert counts == {"progressing": 3, "regressed": 1, "undetermined": 1}
    assert evaluation.findings["code"].tolist() == ["not-judged"]


@pytest.mark.trial
def test_example_is_the_same_bytes_and_says_that_it_is_made_up(project):
    make_plan("yatsushiro", 2025)
    make_plan("other", 2025)
    assert contents(project / "data/yatsushiro") == contents(project / "data/other")
    book = openpyxl.load_workbook(project / "data/yatsushiro/2025.xlsx")
    assert "架空のデータ" in book.active["A1"].value
    assert "架空のデータ" in book.active.oddFooter.left.text


@pytest.mark.parametrize(
    ("name", "year", "said"),
    [
        *(
            (name, 2025, "半角の英小文字")
            for name in ("", "八代", "a b", "../x", "X", "-x", "x" * 65)
        ),
        ("portfolio", 2025, "「portfolio」です。reports/portfolio/ は計画全体の報告書"),
        ("kumamoto", 2025, "data/kumamoto が既にある"),
        *(("yatsushiro", year, "西暦の整数") for year in ("令和7", 1, 2095, 99999)),
    ],
)
def test_name_or_year_that_cannot_be_a_new_plans(project, name, year, said):
    before = contents(project)
    with pytest.raises(KpiError, match=said):
        make_plan(name, year)
    assert contents(project) == before


@pytest.mark.parametrize("name", ["portfolio", "Portfolio"])
def test_plan_of_the_portfolios_name_is_not_read(project, name):
    (project / "data/kumamoto").rename(project / "data" / name)
    with pytest.raises(KpiError, match=f"「{name}」です。reports/portfolio/ .*別の名前を付けて"):
        load(name, 2022)


# 架空市: every kind of target, many notations, a workbook and then a tidy CSV.


@pytest.fixture(scope="module")
def years():
    return [evaluate(load("kakuu", year)) for year in (2023, 2024)]


def test_hard_notations_are_judged_as_their_sheet_says(years):
    """Each percentage that the made-up sheets print was worked out by hand."""
    for evaluation in years:
        assert evaluation.sheet.made_up
        rows = evaluation.rows[evaluation.rows["published"].str.endswith("%")]
        assert len(rows) >= 9
        assert [f"{value:.0f}%" for value in rows["achievement"]] == rows["published"].tolist()
        assert "published-differs" not in set(evaluation.findings["code"])
    kinds = {"reach_up", "reach_down", "at_most", "at_least", "range", "direction_only", "text"}
    assert kinds <= set(years[0].rows["target_kind"])


def test_cell_of_several_series_leaves_its_row_undetermined_and_no_other(years):
    for evaluation in years:
        found = evaluation.findings
        errors = found[found["severity"] == "error"]
        assert set(errors["rows"]) == {((1, 8),)} and set(errors["code"]) == {"unreadable-cell"}
        assert evaluation.rows.loc[(1, 8), "status"] == "undetermined"


def test_renamed_kpi_of_the_made_up_plan_is_compared(years):
    changes = compare(*years).changes
    assert {"renamed", "target-moved", "actual-restated", "status-changed"} <= set(changes["code"])
    assert not {"new", "dropped"} & set(changes["code"])
