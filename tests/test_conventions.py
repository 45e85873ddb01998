"""How published figures were made (method 3): each convention found out, slips told from rules."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from conftest import findings_of, plan_of

from kpi_utils import evaluate
from kpi_utils.declaration import CONVENTIONS
from kpi_utils.words import JAPANESE

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


def figures(convention, places="1"):
    parts = [FORMULAS[convention](*map(Decimal, row)) * 100 for row in ROWS]
    return [f"{part.quantize(Decimal(places), ROUND_HALF_UP)}%" for part in parts]


@pytest.fixture
def published(evaluated):
    """A made-up sheet that prints these figures; what falls to its target says so by its name."""

    def evaluate_it(printed, rows=ROWS, plan=None):
        lines = []
        for no, ((baseline, actual, target), figure) in enumerate(
            zip(rows, printed, strict=True), 1
        ):
            name = f"架空の{'事故件数' if Decimal(target) < Decimal(baseline) else '指標'}{no}"
            cells = [f"2020年度 {baseline} 件", f"2022年度 {actual} 件", f"2030年 {target} 件"]
            lines.append((name, *cells, figure))
        return evaluated(*lines, plan=plan)

    return evaluate_it


def differing(evaluation):
    found = findings_of(evaluation, "published-differs")
    return dict(zip(found["rows"], found["message"], strict=True))


def given_by(evaluation):
    """The conventions that give the figure of the first row."""
    _, gives = evaluation.reproduced[0]
    return {name for name in CONVENTIONS if gives[name]}


def test_kumamoto_is_linear_in_all_21(evaluation):
    figures = [gives for _, gives in evaluation.reproduced]
    assert len(figures) == 21
    # The others miss where a KPI fell back, was outdone, or begins elsewhere than at zero.
    counts = [sum(gives[name] for gives in figures) for name in CONVENTIONS]
    assert counts == [21, 17, 11, 1, 0, 0]
    assert (evaluation.house.convention, evaluation.house.split) == ("linear", "")


def test_fractions_words_and_other_conventions_are_told_from_the_house_rule(published):
    parts = [FORMULAS["ratio"](*map(Decimal, row)) for row in ROWS]
    evaluation = published([f"{part.quantize(Decimal('0.01'), ROUND_HALF_UP)}" for part in parts])
    assert evaluation.house.convention == "ratio"
    assert differing(evaluation) == {}
    found = differing(published([figures("ratio")[0], *figures("linear")[1:]]))
    assert list(found) == ["(1)No.1"]
    assert "77%" in found["(1)No.1"]
    assert JAPANESE.say("convention.ratio") in found["(1)No.1"]
    printed = ["30%", "0%未満", "100%超", "45%", "0%未満", "100%超", "13%"]
    evaluation = published(printed)
    assert (evaluation.house.convention, differing(evaluation)) == ("linear", {})
    rows = [row for row in ROWS if row not in (ROWS[2], ROWS[5])]
    evaluation = published(["41%"] * len(rows), rows)
    assert evaluation.house.convention == ""
    assert len(differing(evaluation)) == len(rows)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_house_rule_is_found_out_and_a_slip_told_from_it(published, name):
    for places in ("1", "0.1", "0.01"):
        evaluation = published(figures(name, places))
        assert evaluation.house.convention == name
        assert [gives[name] for _, gives in evaluation.reproduced] == [True] * len(ROWS)
        assert differing(evaluation) == {}
    evaluation = published(["41%", *figures(name)[1:]])
    assert evaluation.house.convention == name
    ((row, message),) = differing(evaluation).items()
    assert row == "(1)No.1" and "41%" in message and "見当たらない" in message


@pytest.mark.parametrize("name", CONVENTIONS)
def test_declared_convention_wins_and_our_own_judgement_is_linear(published, name):
    printed = figures("ratio")
    evaluation = published(printed, plan=plan_of(convention=name))
    assert evaluation.house.convention == name
    pairs = enumerate(zip(figures(name), printed, strict=True), 1)
    assert list(differing(evaluation)) == [f"(1)No.{no}" for no, (one, two) in pairs if one != two]
    assert evaluation.rows["achievement"].tolist() == [30, -30, 160, 45, -30, 135, 13]


def test_declared_convention_of_a_kpi_goes_before_the_house_and_needs_no_figure(published):
    evaluation = published(["－"] * len(ROWS), plan=plan_of(convention="ratio"))
    assert (len(evaluation.reproduced), evaluation.house.convention) == (0, "ratio")
    printed = figures("ratio")
    plan = plan_of({"架空の指標1": {"convention": "linear"}}, convention="ratio")
    assert differing(published([figures("linear")[0], *printed[1:]], plan=plan)) == {}
    # And it is held to, where the house rule would do.
    assert list(differing(published(printed, plan=plan))) == ["(1)No.1"]


@pytest.mark.parametrize("printed", ["－", "", "達成", "集計中", "3 件", "A"])
def test_what_is_no_figure_is_not_tried(published, printed):
    evaluation = published([printed], ROWS[:1])
    assert evaluation.reproduced == [] and evaluation.house.convention == ""


@pytest.mark.trial
@pytest.mark.parametrize(
    ("row", "printed", "is_given"),
    [
        *(
            (ROWS[0], printed, True)
            for printed in ("30%", "30", "３０％", "30 %", "30.0%", "30.00")
        ),
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
def test_compared_at_the_precision_of_the_figure(published, row, printed, is_given):
    assert ("linear" in given_by(published([printed], [row]))) == is_given


@pytest.mark.parametrize(
    ("row", "printed", "conventions"),
    [
        (("20", "36", "30"), "100%超", {"linear", "linear_floor", "ratio"}),
        (("20", "17", "30"), "0%未満", {"linear"}),
        (("20", "70", "30"), "0%未満", {"ratio_lower"}),
        (("80", "53", "60"), "100%超", {"linear", "linear_floor", "ratio_lower", "ratio_inverse"}),
        # At the bound is not beyond it.
        (("20", "30", "30"), "100%超", set()),
        (("20", "20", "30"), "0%未満", set()),
        (("20", "25", "30"), "100%超", {"ratio_lower", "ratio_inverse"}),
        # Target at the baseline: only ratios.
        (("20", "18", "20"), "90%", {"ratio"}),
        # 0 to 100 and from zero: four conventions cannot be told apart.
        (("0", "5", "10"), "50%", {"linear", "linear_floor", "linear_clipped", "ratio"}),
    ],
)
def test_conventions_that_give_a_figure(published, row, printed, conventions):
    evaluation = published([printed], [row])
    assert given_by(evaluation) == conventions
    first = [name for name in CONVENTIONS if name in conventions]
    assert evaluation.house.convention == (first[0] if first else "")


@pytest.mark.parametrize(
    ("row", "missing"),
    [
        (("20", "23", "0"), {"ratio", "ratio_lower", "ratio_inverse"}),
        (("20", "0", "30"), {"ratio_inverse"}),
    ],
)
def test_formula_that_cannot_be_formed_gives_nothing(published, row, missing):
    for printed in ("0%", "100%", "-15%", "100%超", "0%未満"):
        assert not given_by(published([printed], [row])) & missing


def test_figure_needs_its_actual_and_a_limit_counts_to_the_better_side(evaluated, one_row):
    row = ("2020年度 20 件", "2022年度 23ほか", "2030年 30 件", "30%")
    assert evaluated(("架空の指標", *row)).reproduced == []
    # A limit above the baseline: 10 → 8 against 20 is 20 %, the plain formula's -20.
    for printed, is_given in (("20%", True), ("-20%", False)):
        cells = {"actual": "2022年度 8 件", "target": "2030年 20 件", "published": printed}
        sheet = one_row(**cells, direction="decrease")
        assert ("linear" in given_by(evaluate(sheet))) == is_given


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
    evaluation = evaluate(one_row(**cells, published=printed))
    assert f"{evaluation.rows.iloc[0]['achievement']}%" == printed
    assert "linear" in given_by(evaluation)
    assert "(1)No.1" not in differing(evaluation)
