"""How published figures were made (method 3): each convention found out, slips told from rules."""

from decimal import ROUND_HALF_UP, Decimal

import pytest

from kpi_utils import evaluate, load
from kpi_utils.judging.conventions import NAMES, reproduced
from kpi_utils.plan import CONVENTIONS, Declaration, Plan
from kpi_utils.sheets.sheet import read_sheet

# baseline, actual, target: rising and falling, fallen back, outdone, and a limit with room.
ROWS = [
    ("20", "23", "30"),
    ("20", "17", "30"),
    ("20", "36", "30"),
    ("80", "71", "60"),
    ("80", "86", "60"),
    ("80", "53", "60"),
    ("32.1", "34.5", "50.0"),
]
SHEET = """\
## 試験市 試験計画（架空のデータ）

## (1) 架空の表

No	指標名	当初値	2022年	2030年(目標値)	達成度 (%)
{rows}

## (2) 架空の表

No	指標名	当初値	2022年	2030年(目標値)	達成度 (%)
1	架空の他の指標	2020年度 1 件	2022年度 2 件	2024年 上昇	達成
"""


def linear(baseline, actual, target):
    return (actual - baseline) / (target - baseline)


FORMULAS = {
    "linear": linear,
    "linear_floor": lambda *row: max(linear(*row), Decimal(0)),
    "linear_clipped": lambda *row: min(max(linear(*row), Decimal(0)), Decimal(1)),
    "ratio": lambda baseline, actual, target: actual / target,
    "ratio_lower": lambda baseline, actual, target: 2 - actual / target,
    "ratio_inverse": lambda baseline, actual, target: target / actual,
}


def figure(convention, row, places="1"):
    part = FORMULAS[convention](*map(Decimal, row)) * 100
    return f"{part.quantize(Decimal(places), ROUND_HALF_UP)}%"


@pytest.fixture
def published(tmp_path):
    """A made-up sheet that prints these figures, with all that is found of it."""

    def evaluate_it(figures, rows=ROWS, plan=None):
        lines = [
            f"{no}\t{name_of(no, baseline, target)}\t2020年度 {baseline} 件\t2022年度 {actual} 件"
            f"\t2030年 {target} 件\t{printed}"
            for no, ((baseline, actual, target), printed) in enumerate(
                zip(rows, figures, strict=True), 1
            )
        ]
        path = tmp_path / "sheet.txt"
        path.write_text(SHEET.format(rows="\n".join(lines)), "utf-8")
        return evaluate(read_sheet(path, plan or plan_of(), 2022))

    return evaluate_it


def name_of(no, baseline, target):
    """What falls to its target says so by its name."""
    falls = Decimal(target) < Decimal(baseline)
    return f"架空の{'事故件数' if falls else '指標'}{no}"


def plan_of(convention="", **declared):
    declarations = {
        name: Declaration(name, "架空の理由", convention=own) for name, own in declared.items()
    }
    return Plan("shiken", "試験市", "試験計画", declarations, convention=convention)


def convention(evaluated):
    return evaluated.house.convention


def differing(evaluated):
    findings = evaluated.findings[evaluated.findings["code"] == "published-differs"]
    return dict(zip(findings["rows"], findings["message"], strict=True))


def by(evaluated, no=1):
    """The conventions that give the figure of a row."""
    row = evaluated.reproduced.set_index(["section", "no"]).loc[(1, no)]
    return {name for name in NAMES if row[name]}


def test_names_are_those_that_may_be_declared():
    assert tuple(NAMES) == CONVENTIONS
    assert set(FORMULAS) == set(NAMES)


def test_kumamoto_is_linear_in_all_21(evaluation, judged):
    table = reproduced(judged)
    assert len(table) == 21
    assert table["linear"].all()
    # The others miss where a KPI fell back, was outdone, or begins elsewhere than at zero.
    assert table[list(NAMES)].sum().to_dict() == {
        "linear": 21,
        "linear_floor": 17,
        "linear_clipped": 11,
        "ratio": 1,
        "ratio_lower": 0,
        "ratio_inverse": 0,
    }
    assert (evaluation.house.convention, evaluation.house.split) == ("linear", "")


@pytest.mark.parametrize("places", ["1", "0.1", "0.01"])
@pytest.mark.parametrize("name", NAMES)
def test_house_rule_is_found_out_at_its_own_precision(published, name, places):
    evaluated = published([figure(name, row, places) for row in ROWS])
    assert convention(evaluated) == name
    assert evaluated.reproduced[name].all() and len(evaluated.reproduced) == len(ROWS)
    assert differing(evaluated) == {}


@pytest.mark.parametrize("name", NAMES)
def test_slip_of_one_row_is_told_from_the_house_rule(published, name):
    figures = [figure(name, row) for row in ROWS]
    figures[0] = "41%"
    evaluated = published(figures)
    assert convention(evaluated) == name
    found = differing(evaluated)
    assert list(found) == ["(1)No.1"]
    assert "41%" in found["(1)No.1"] and "見当たらない" in found["(1)No.1"]


def test_row_by_another_convention_is_told_by_which(published):
    figures = [figure("linear", row) for row in ROWS]
    figures[0] = figure("ratio", ROWS[0])
    found = differing(published(figures))
    assert list(found) == ["(1)No.1"]
    assert "77%" in found["(1)No.1"] and NAMES["ratio"] in found["(1)No.1"]


def test_our_own_judgement_is_linear_whatever_the_house(published):
    evaluated = published([figure("ratio", row) for row in ROWS])
    assert evaluated.rows["achievement"].dropna().tolist() == [30, -30, 160, 45, -30, 135, 13]


@pytest.mark.parametrize("name", NAMES)
def test_declared_convention_wins(published, name):
    figures = [figure("ratio", row) for row in ROWS]
    evaluated = published(figures, plan=plan_of(name))
    assert convention(evaluated) == name
    kept = {no for no, row in enumerate(ROWS, 1) if figure(name, row) == figures[no - 1]}
    missed = [f"(1)No.{no}" for no in range(1, len(ROWS) + 1) if no not in kept]
    assert list(differing(evaluated)) == missed


def test_declared_convention_wins_without_any_figure(published):
    evaluated = published(["－"] * len(ROWS), plan=plan_of("ratio"))
    assert (len(evaluated.reproduced), convention(evaluated)) == (0, "ratio")


def test_convention_declared_of_a_kpi_goes_before_the_house(published):
    figures = [figure("ratio", row) for row in ROWS]
    figures[0] = figure("linear", ROWS[0])
    plan = plan_of("ratio", 架空の指標1="linear")
    assert differing(published(figures, plan=plan)) == {}
    # And it is held to, where the house rule would do.
    figures[0] = figure("ratio", ROWS[0])
    assert list(differing(published(figures, plan=plan))) == ["(1)No.1"]


@pytest.mark.parametrize("printed", ["－", "", "達成", "集計中", "3 件", "A"])
def test_what_is_no_figure_is_not_tried(published, printed):
    evaluated = published([printed], ROWS[:1])
    assert evaluated.reproduced.empty
    assert convention(evaluated) == ""


@pytest.mark.parametrize("printed", ["30%", "30", "３０％", "30 %", "30.0%", "30.00"])
def test_forms_of_a_figure(published, printed):
    assert "linear" in by(published([printed], ROWS[:1]))


@pytest.mark.parametrize(
    ("row", "printed", "given"),
    [
        # 13.407…
        (ROWS[6], "13%", True),
        (ROWS[6], "13.4%", True),
        (ROWS[6], "13.5%", False),
        (ROWS[6], "13.0%", False),
        (ROWS[6], "14%", False),
        # Halves go up, and those below zero away from it.
        (("0", "1", "8"), "12.5%", True),
        (("0", "1", "8"), "13%", True),
        (("0", "1", "8"), "12%", False),
        (("0", "-1", "8"), "-13%", True),
        (("0", "-1", "8"), "▲13%", True),
        (("0", "-1", "8"), "-12%", False),
        (("0", "0.349", "2"), "17%", True),
        # Rounded once: 17.46 is not 17.5, and so not 18.
        (("0", "17.46", "100"), "18%", False),
        (("0", "17.46", "100"), "17.5%", True),
        (("0", "1", "300"), "0%", True),
    ],
)
def test_compared_at_the_precision_of_the_figure(published, row, printed, given):
    assert ("linear" in by(published([printed], [row]))) == given


@pytest.mark.parametrize(
    ("row", "printed", "given"),
    [
        (("20", "36", "30"), "100%超", {"linear", "linear_floor", "ratio"}),
        (("20", "17", "30"), "0%未満", {"linear"}),
        (("20", "70", "30"), "0%未満", {"ratio_lower"}),
        (("80", "53", "60"), "100%超", {"linear", "linear_floor", "ratio_lower", "ratio_inverse"}),
        # At the bound is not beyond it.
        (("20", "30", "30"), "100%超", set()),
        (("20", "20", "30"), "0%未満", set()),
        (("20", "25", "30"), "100%超", {"ratio_lower", "ratio_inverse"}),
    ],
)
def test_words_for_what_lies_beyond(published, row, printed, given):
    assert by(published([printed], [row])) == given


def test_house_rule_with_words_for_what_lies_beyond(published):
    figures = [figure("linear", row) for row in ROWS]
    figures = ["0%未満" if figure.startswith("-") else figure for figure in figures]
    figures[2] = figures[5] = "100%超"
    assert figures == ["30%", "0%未満", "100%超", "45%", "0%未満", "100%超", "13%"]
    evaluated = published(figures)
    assert (convention(evaluated), differing(evaluated)) == ("linear", {})


@pytest.mark.parametrize(
    ("row", "missing"),
    [
        (("20", "23", "0"), {"ratio", "ratio_lower", "ratio_inverse"}),
        (("20", "0", "30"), {"ratio_inverse"}),
    ],
)
def test_formula_that_cannot_be_formed_gives_nothing(published, row, missing):
    for printed in ("0%", "100%", "-15%", "100%超", "0%未満"):
        assert not by(published([printed], [row])) & missing


def test_figure_without_its_actual_is_not_tried(published):
    evaluated = published(["30%", "-30%"], [("20", "23ほか", "30"), ROWS[1]])
    assert evaluated.reproduced["no"].tolist() == [2]


def test_target_at_the_baseline_leaves_only_ratios(published):
    assert by(published(["90%"], [("20", "18", "20")])) == {"ratio"}


def test_limit_is_counted_towards_the_better_side(one_row):
    # A limit above the baseline: 10 → 8 against 20 is 20 %, the plain formula's -20.
    for printed, given in (("20%", True), ("-20%", False)):
        cells = {"actual": "2022年度 8 件", "target": "2030年 20 件", "published": printed}
        sheet = one_row(**cells, direction="decrease")
        assert bool(evaluate(sheet).reproduced.iloc[0]["linear"]) == given


@pytest.mark.parametrize(
    ("cells", "printed"),
    [
        ({"target": "2030年 15～20 件"}, "40%"),
        ({"target": "2030年 15～20 件", "actual": "2022年度 26 件"}, "-20%"),
        ({"baseline": "2020年度 30 件", "actual": "2022年度 26 件", "target": "15～20 件"}, "40%"),
        ({"target": "2030年 4～5 件", "actual": "2022年度 9 件"}, "20%"),
    ],
)
def test_range_is_linear_to_its_nearer_end(one_row, cells, printed):
    evaluated = evaluate(one_row(**cells, published=printed))
    assert f"{evaluated.rows.iloc[0]['achievement']}%" == printed
    assert bool(evaluated.reproduced.iloc[0]["linear"])
    assert "(1)No.1" not in differing(evaluated)


def test_first_of_several_that_give_as_many(published):
    # 0 to 100 and from zero: four conventions cannot be told apart.
    evaluated = published(["50%"], [("0", "5", "10")])
    assert by(evaluated) == {"linear", "linear_floor", "linear_clipped", "ratio"}
    assert convention(evaluated) == "linear"


def test_no_convention_gives_any(published):
    rows = [row for row in ROWS if row != ROWS[2] and row != ROWS[5]]
    evaluated = published(["41%"] * len(rows), rows)
    assert convention(evaluated) == ""
    assert len(differing(evaluated)) == len(rows)


def test_kumamoto_with_one_slip(project, edit):
    edit(project / "data/kumamoto/2022.txt", "2023年 6 箇所	50%", "2023年 6 箇所	67%")
    evaluated = evaluate(load("kumamoto", 2022))
    assert convention(evaluated) == "linear"
    found = differing(evaluated)
    assert list(found) == ["(2)No.5"]
    assert NAMES["ratio"] in found["(2)No.5"] and "50%" in found["(2)No.5"]
