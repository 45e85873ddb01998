"""The findings (method 6): the real sheet's, a made-up sheet a code, what must always hold."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_cli import kpi

from kpi_utils import KpiError, evaluate, load
from kpi_utils.judging.evaluation import SEVERITIES_OF
from kpi_utils.judging.findings import CODES
from kpi_utils.plan import Declaration, Plan, read_plan
from kpi_utils.sheets.sheet import place, read_sheet

KPI = str(Path(sys.executable).with_name("kpi"))
SHEETS = Path(__file__).parent / "sheets"
CORRECTED = SHEETS / "kumamoto-corrected.txt"
PLAN = read_plan(SHEETS / "kumamoto-corrected.toml")

MADE_UP = """\
## 試験市 試験計画（架空のデータ）

## (1) 架空の表

No	指標名	当初値	2022年	{target_header}	達成度 (%)
{rows}

## (2) 架空の表

No	取組名	指標名	当初値	2022年 実績	2024年 目標値	達成度 (%)
1	架空の取組	架空の別の表の件数	2020年度 1 件	2022年度 3 件	2024年 3 件	100%

評価及び課題等

{blocks}
"""


def line(
    no=1,
    name="架空の指標",
    baseline="2020年度 10 件",
    actual="2022年度 20 件",
    target="2030年 20 件",
    published="100%",
):
    return "\t".join([str(no), name, baseline, actual, target, published])


@pytest.fixture
def evaluated(tmp_path):
    """The evaluation of a made-up sheet: rows of table (1), blocks, what plan.toml declares."""

    def evaluate_it(
        *more,
        rows=(),
        blocks=("「架空の指標」【(1)No.1】",),
        target_header="2030年(目標値)",
        convention="",
        **declared,
    ):
        path = tmp_path / "sheet.txt"
        text = MADE_UP.format(
            rows="\n".join([*rows, *more]),
            blocks="\n".join(f"- {block}\n  - ・架空の記載" for block in blocks),
            target_header=target_header,
        )
        path.write_text(text, "utf-8")
        name = "架空の指標"
        declarations = {name: Declaration(name, "架空の理由", **declared)} if declared else {}
        plan = Plan("shiken", "試験市", "試験計画", declarations, convention=convention)
        return evaluate(read_sheet(path, plan, 2022))

    return evaluate_it


def of(evaluation, code):
    return evaluation.findings[evaluation.findings["code"] == code]


def must_be_well_formed(findings):
    for finding in findings.itertuples():
        file, number = finding.source.rsplit(":", 1)
        text = Path(file).read_text("utf-8")
        # A row that is not there has no text: the heading of its table stands for it.
        of_row = finding.code != "row-missing"
        printed = text.split("\n")[int(number) - 1] if of_row else text
        # Of several cells, each stands in the line.
        quoted = [finding.text] if finding.text in printed else finding.text.split("、")
        assert all(part in printed for part in quoted), finding
        assert finding.code in CODES
        assert finding.rows
        assert finding.message.count("。") == 1 and finding.message.endswith("。")
        assert len(finding.message) > 10
        assert not re.search("nan|None|<NA>|inf|同上|―", finding.message), finding.message


# The corrected copy, and the real sheet.


@pytest.fixture(scope="module")
def corrected():
    return evaluate(read_sheet(CORRECTED, PLAN, 2022))


def test_row_judged_by_an_older_column_is_told(one_row):
    """A cell that was forgotten, or has a reason: last year's figure stands for it."""
    late = of(evaluate(one_row(later="集計中", fiscal_year=2023)), "late-data")
    said = late.set_index("rows").loc["(1)No.1", "message"]
    assert said.startswith("2023年の欄に実績がなく、2022年の欄の実績で判定しているため")
    given = of(evaluate(one_row(later="2023年度 13 件", fiscal_year=2023)), "late-data")
    assert "(1)No.1" not in given["rows"].tolist()


def test_corrected_sheet_has_no_finding(corrected):
    assert corrected.findings["message"].tolist() == []
    assert corrected.sheet.title.endswith("（架空：試験用に訂正したもの）")
    assert len(corrected.rows) == 22 and len(corrected.kpis) == 13
    assert "undetermined" not in set(corrected.rows["status"])


# Method 7: code -> severity and rows, in the sheet's order. What is not here must not be found.
REAL = {
    "target-year-differs": (
        "note",
        [f"(1)No.{no}" for no in (2, 3, 5, 6, 7, 9, 10)]
        + [f"(2)No.{no}" for no in (1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12)],
    ),
    "late-data": ("note", ["(1)No.2", "(1)No.9", "(2)No.6", "(2)No.9", "(2)No.10"]),
    "relisting-unmarked": (
        "note",
        ["(2)No.2", "(2)No.3", "(2)No.4", "(2)No.6", "(2)No.7", "(2)No.9", "(2)No.12"],
    ),
    "narrative-contradicts": ("warning", ["(1)No.1、4、8"]),
    "narrative-missing": ("warning", ["(1)No.5、(2)No.4", "(1)No.9、(2)No.9", "(2)No.5"]),
    "wrong-way-target": ("warning", ["(2)No.10"]),
    "fragile-percentage": ("note", ["(1)No.3", "(2)No.7", "(2)No.10"]),
    "target-outgrown": ("note", ["(1)No.3", "(2)No.7"]),
}


def test_real_sheet_has_exactly_the_findings_of_the_worked_example(sheet):
    found = evaluate(sheet).findings
    assert set(found["code"]) == set(REAL)
    for code, (severity, rows) in REAL.items():
        those = found[found["code"] == code]
        assert those["rows"].tolist() == rows, code
        assert set(those["severity"]) == {severity}, code
    assert Counter(found["severity"]) == {"note": 35, "warning": 5}


def test_late_data_says_by_how_many_years(sheet):
    late = of(evaluate(sheet), "late-data").set_index("rows")["message"]
    assert [rows for rows in late.index if "2年前の2020年度" in late[rows]] == [
        "(1)No.2",
        "(2)No.6",
    ]
    assert "1年前の2021年度" in late["(2)No.10"]


def test_findings_of_the_real_sheet_are_well_formed_and_in_its_order(sheet):
    found = evaluate(sheet).findings
    must_be_well_formed(found)
    lines = found["source"].str.rsplit(":", n=1).str[-1].astype(int)
    assert lines.is_monotonic_increasing


def test_margin_of_the_groundwater_is_told(sheet):
    (message,) = of(evaluate(sheet), "wrong-way-target")["message"]
    assert message == (
        "目標値が、当初値で既に守られている上限であり（算式どおりの達成度は−116%）、"
        "達成度でなく、上限までの余裕（332 万㎡、目標値の3.1%）で見る。"
    )


# One code at a time: the smallest sheet that raises it alone, and the nearest that raises nothing.

OTHER = "架空の別の件数"
FALLEN = line(actual="2022年度 9 件", published="-10%")
CASES = {
    "unreadable-cell": (
        "error",
        {"rows": [line(actual="2022年度 20 件ほか")]},
        {"rows": [line(actual="２０２２年度 ２０ 件")]},
    ),
    "direction-unclear": (
        "error",
        {"rows": [line(target="2030年 10 件", published="")]},
        {"rows": [line(target="2030年 10 件以上", published="")]},
    ),
    "unit-differs": (
        "error",
        {"rows": [line(actual="2022年度 20 人")]},
        {"rows": [line(actual="2022年度 20件")]},
    ),
    "relisting-differs": (
        "error",
        {"rows": [line(), line(2, "架空の指標【再掲】", actual="2022年度 19 件", published="90%")]},
        {"rows": [line(), line(2, "架空の指標【再掲】", actual="2022年度 20.0 件")]},
    ),
    "not-judged": (
        "warning",
        {"rows": [line(actual="集計中", published="")]},
        {"rows": [line(actual="2022年度 20 件", published="")]},
    ),
    "row-missing": (
        "warning",
        {"rows": [line(), line(3, OTHER)]},
        {"rows": [line(), line(2, OTHER)]},
    ),
    "published-differs": (
        "warning",
        {"rows": [line(actual="2022年度 18.6 件", published="85%")]},
        {"rows": [line(actual="2022年度 18.6 件", published="86%")]},
    ),
    "published-contradicts": (
        "error",
        {"rows": [line(actual="2022年度 19 件", published="達成")]},
        {"rows": [line(actual="2022年度 20 件", published="達成")]},
    ),
    "wrong-way-target": (
        "warning",
        {
            "rows": [line(actual="2022年度 10 件", target="2030年 11 件", published="0%")],
            "direction": "decrease",
        },
        {
            "rows": [line(actual="2022年度 10 件", target="2030年 10 件", published="")],
            "direction": "decrease",
        },
    ),
    "narrative-contradicts": (
        "warning",
        {"rows": [FALLEN], "blocks": ["「架空の指標」の増加【(1)No.1】"]},
        {"rows": [FALLEN], "blocks": ["「架空の指標」の減少【(1)No.1】"]},
    ),
    "narrative-dangling": (
        "warning",
        {"rows": [line()], "blocks": ["「架空の指標」の増加【(1)No.2】"]},
        {"rows": [line()], "blocks": ["「架空の指標」の増加【(1)No.1】"]},
    ),
    "narrative-missing": (
        "warning",
        {"rows": [line(actual="2022年度 19 件", published="90%")], "blocks": []},
        {"rows": [line()], "blocks": []},
    ),
    "target-year-differs": (
        "note",
        {"rows": [line(target="2029年 20 件")]},
        {"rows": [line(target="2030年度 20 件")]},
    ),
    "figure-jumps": (
        "warning",
        {
            "rows": [
                line(
                    baseline="2020年度 34.5 %",
                    actual="2022年度 0.36 %",
                    target="2030年 50.0 %",
                    published="-220%",
                )
            ],
            "blocks": ["「架空の指標」の減少【(1)No.1】"],
        },
        {"rows": [line(actual="2022年度 499 件", target="2030年 500 件")]},
    ),
    "provisional-data": (
        "note",
        {"rows": [line(actual="2022年度 20 件（速報値）")]},
        {"rows": [line(actual="2022年度 20 件（うち市内 5件）")]},
    ),
    "late-data": (
        "note",
        {"rows": [line(actual="2021年度 20 件")]},
        {"rows": [line(actual="20 件")]},
    ),
    "relisting-unmarked": (
        "note",
        {"rows": [line(), line(2, "架空の 指標【3.3】")]},
        {"rows": [line(), line(2, "架空の 指標【3.3】【再掲】")]},
    ),
    "fragile-percentage": (
        "note",
        {
            "rows": [
                line(
                    baseline="2020年度 100 件",
                    actual="2022年度 100 件",
                    target="2030年 102 件",
                    published="0%",
                )
            ]
        },
        {
            "rows": [
                line(
                    baseline="2020年度 100 件",
                    actual="2022年度 99.9 件",
                    target="2030年 102 件",
                    published="-5%",
                )
            ]
        },
    ),
    "target-outgrown": (
        "note",
        {"rows": [line(actual="2022年度 30 件", published="200%")]},
        {"rows": [line(actual="2022年度 29.9 件", published="199%")]},
    ),
}


def codes(evaluation):
    return set(evaluation.findings["code"])


def test_every_code_has_a_case():
    """But for what is said of a file, and of rows of one name: test_files, test_same_name."""
    assert set(CASES) == set(SEVERITIES_OF["findings"]) - {"same-name"}
    assert set(CASES) | set(SEVERITIES_OF["remarks"]) | {"same-name"} == set(CODES)


@pytest.mark.parametrize("code", CASES)
def test_smallest_case_raises_the_code_alone(evaluated, code):
    severity, loud, _ = CASES[code]
    found = evaluated(**loud).findings
    assert set(found["code"]) == {code}
    assert set(found["severity"]) == {severity}
    must_be_well_formed(found)


@pytest.mark.parametrize("code", CASES)
def test_nearest_case_raises_nothing(evaluated, code):
    assert codes(evaluated(**CASES[code][2])) == set()


# Odd cases of one code.


def test_fragility_is_compared_exactly(evaluated):
    cells = {"baseline": "2020年度 1.00 件", "actual": "2022年度 1.00 件"}
    found = evaluated(line(**cells, target="2030年 1.02 件", published="0%")).findings
    assert found["code"].tolist() == ["fragile-percentage"]


def test_fragile_way_from_zero_has_no_share_of_the_baseline(evaluated):
    cells = {"baseline": "2020年度 0 件", "actual": "2022年度 50 件", "target": "2030年 1 件"}
    must_be_well_formed(evaluated(line(**cells, published="5000%")).findings)


def test_reference_to_another_kpis_row_is_named(evaluated):
    rows = [line(), line(2, OTHER)]
    found = of(
        evaluated(*rows, blocks=["「架空の指標」の増加【(1)No.1、2】"]), "narrative-dangling"
    )
    assert found["rows"].tolist() == ["(1)No.2"]
    assert OTHER in found["message"].item()


def test_particle_more_in_the_heading_is_no_other_kpi(evaluated):
    assert evaluated(line(), blocks=["「架空の指標の」増加【(1)No.1】"]).findings.empty


def test_block_without_references_is_told(evaluated):
    found = evaluated(line(), blocks=["「架空の指標」の増加"]).findings
    assert found["code"].tolist() == ["narrative-dangling"]
    must_be_well_formed(found)


@pytest.mark.parametrize("word", ["増加", "減少"])
def test_heading_says_a_change_where_there_is_none(evaluated, word):
    row = line(actual="2022年度 10 件", published="0%")
    found = evaluated(row, blocks=[f"「架空の指標」の{word}【(1)No.1】"]).findings
    assert found["code"].tolist() == ["narrative-contradicts"]
    assert "変わっていない" in found["message"].item()


def test_heading_of_a_sum_since_the_plan_began_is_held_against_zero(evaluated):
    row = line(baseline="2020年度 100 件", actual="2022年度 12 件", published="60%")
    blocks = ["「架空の指標」の増加【(1)No.1】"]
    assert of(evaluated(row, blocks=blocks, cumulative=True), "narrative-contradicts").empty


def test_kpi_that_is_not_judged_is_not_said_to_be_missed(evaluated):
    rows = [line(actual="集計中", published=""), line(2, OTHER)]
    found = of(evaluated(*rows, blocks=[f"「{OTHER}」【(1)No.2】"]), "narrative-missing")
    assert found["message"].str.startswith("判定を保留しているが").tolist() == [True]


def test_word_met_beside_figures_that_are_not(evaluated):
    found = evaluated(line(actual="2022年度 19 件", published="達成")).findings
    assert found["code"].tolist() == ["published-contradicts"]
    assert evaluated(line(published="達成")).findings.empty


# A sheet whose house rule is actual/target; each row's percentage by the formula told apart.
RATIOS = [("12 件", "60%"), ("13 件", "65%"), ("14 件", "70%")]
RATIO_ROWS = [
    line(no, f"架空の率{no}号", actual=f"2022年度 {actual}", published=published)
    for no, (actual, published) in enumerate(RATIOS, 1)
]
RATIO_BLOCKS = [f"「架空の率{no}号」【(1)No.{no}】" for no in range(1, 5)]


def test_house_rule_is_found_and_one_slip_told(evaluated):
    slip = line(4, "架空の率4号", actual="2022年度 15 件", published="50%")
    found = evaluated(*RATIO_ROWS, slip, blocks=RATIO_BLOCKS).findings
    assert [(f.code, f.rows) for f in found.itertuples()] == [("published-differs", "(1)No.4")]
    assert "（実績−当初値）÷（目標値−当初値）" in found["message"].item()


def test_house_rule_kept_by_all_is_no_finding(evaluated):
    kept = line(4, "架空の率4号", actual="2022年度 15 件", published="75%")
    assert evaluated(*RATIO_ROWS, kept, blocks=RATIO_BLOCKS).findings.empty


def test_declared_convention_is_held_against_every_row(evaluated):
    rows = [row.replace("架空の率1号", "架空の指標") for row in RATIO_ROWS[:1]]
    assert evaluated(*rows, convention="ratio").findings.empty
    assert evaluated(*rows, convention="linear").findings["code"].tolist() == ["published-differs"]


def test_formula_of_a_slip_is_named_in_full(evaluated):
    """A fall printed as 0 % among linear rows: "同上" names no formula outside of its list."""
    rows = [
        line(1, actual="2022年度 8 件", published="0%"),
        line(2, OTHER, actual="2022年度 9 件", published="-10%"),
        line(3, "架空の第三の件数", actual="2022年度 7 件", published="-30%"),
    ]
    named = ["架空の指標", OTHER, "架空の第三の件数"]
    blocks = [f"「{name}」【(1)No.{no}】" for no, name in enumerate(named, 1)]
    found = evaluated(*rows, blocks=blocks).findings
    assert [(f.code, f.rows) for f in found.itertuples()] == [("published-differs", "(1)No.1")]
    must_be_well_formed(found)


# What has no computed figure: the row is told once, and no message prints a figure that is none.
NO_FIGURE = [
    ({"target": "2030年 10 件", "published": "116%"}, {"direction-unclear"}),
    ({"target": "2030年 12 人以下", "published": ""}, {"unit-differs"}),
    ({"actual": "2022年度 20 人", "published": "90%"}, {"unit-differs"}),
    ({"target": "2030年 10 件以上", "published": "150%"}, {"published-differs"}),
]


@pytest.mark.parametrize(("cells", "told"), NO_FIGURE)
def test_row_without_a_figure_is_told_without_one(evaluated, cells, told):
    found = evaluated(line(**cells)).findings
    assert set(found["code"]) == told
    must_be_well_formed(found)


def test_share_of_a_limit_of_zero_is_left_out(evaluated):
    cells = {"baseline": "2020年度 -1 件", "actual": "2022年度 -2 件", "target": "2030年 0 件以下"}
    found = evaluated(line(**cells)).findings
    assert "wrong-way-target" in set(found["code"])
    must_be_well_formed(found)


def test_limit_that_is_broken_is_exceeded_and_not_reached_short(evaluated):
    row = line(actual="2022年度 21 件", target="2030年 20 件以下", published="-110%")
    (message,) = of(evaluated(row), "wrong-way-target")["message"]
    assert "上限からの超過（1 件、目標値の5.0%）" in message


def test_not_judged_quotes_the_cell_that_it_is_about(evaluated):
    found = of(evaluated(line(target="2030年 未定", published="")), "not-judged")
    assert found["text"].tolist() == ["2030年 未定"]


@pytest.mark.parametrize(
    ("cells", "cause"),
    [
        ({"actual": "2022年度 4(7) 件"}, "かっこ内にも数値がある"),
        ({"baseline": "2020年度 1,0734 件"}, "桁区切りの位置が正しくない"),
        ({"actual": "2022年度 10～15 件"}, "範囲、限度又は向きで、1つの値でない"),
    ],
)
def test_unreadable_cell_says_why(evaluated, cells, cause):
    message = of(evaluated(line(**cells)), "unreadable-cell")["message"].item()
    assert f"読み取れない表記（{cause}）であるため" in message


def test_sum_beside_values_of_one_year_is_judged_where_it_is_declared(evaluated):
    row = line(
        actual="2022年度 15 件 （累計）", target="2025年 20 件 （5年間累計）", published="75%"
    )
    told = of(evaluated(row), "not-judged")
    assert "累計の値とそうでない値とが混在" in told["message"].item()
    judged = evaluated(row, cumulative=True)
    assert judged.rows["achievement"].iloc[0] == 75
    assert of(judged, "not-judged").empty


def test_cell_that_plan_toml_reads_is_not_told_as_unreadable(evaluated):
    row = line(actual="2022年度 15 件", target="2030年 15から20件程度")
    assert codes(evaluated(row)) == {"unreadable-cell"}
    ends = {"kind": "range", "lower": Decimal(15), "upper": Decimal(20)}
    assert of(evaluated(row, **ends), "unreadable-cell").empty


# Nothing but KpiError, and no figure without consequence.

ODD = {
    "target's header names no year": {"rows": [line()], "target_header": "目標値"},
    "no baseline, worded limit": {"rows": [line(baseline="", target="2030年 20 件以上")]},
    "no baseline, range": {"rows": [line(baseline="", target="2030年 10～20 件")]},
    "as many digits as a cell may have": {
        "rows": [
            line(
                baseline="2020年度 0 件",
                actual="2022年度 999999999999999 件",
                target="2030年 0.00000000000001 件",
                published="13%",
            )
        ]
    },
    "all zero": {
        "rows": [line(baseline="0 件", actual="0 件", target="0 件以下", published="0%")],
    },
    "nothing at all": {"rows": [line(baseline="", target="", published="")]},
}


@pytest.mark.parametrize("case", ODD)
def test_odd_sheet_is_evaluated(evaluated, case):
    must_be_well_formed(evaluated(**ODD[case]).findings)


PIECES = ["2022年度", "2030年", "１９", "0", "-", "▲", "1,2", "12.5", "件", "%", "～", "以上"]
PIECES += ["以下", "未満", "維持", "上昇", "約", "達成", "未公表", "（", "【再掲】", "²"]
cells = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)


@pytest.mark.trial
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.fixed_dictionaries(
        {}, optional={"baseline": cells, "actual": cells, "target": cells, "published": cells}
    )
)
def test_whatever_the_cells_say_they_are_told_or_judged(evaluated, texts):
    try:
        found = evaluated(line(**texts)).findings
    except KpiError:
        return
    must_be_well_formed(found)


# Line of the corrected sheet, what stands there, what is made of it. Nobody may miss a slip.
MUTATIONS = [
    (8, "32.1", "33.1"), (8, "34.5", "35.4"), (8, "50.0", "5.0"), (8, "13%", "31%"),
    (9, "2,620", "2,260"), (9, "2,529", "2,592"), (9, "2024年 2,692", "2023年 2,692"),
    (9, "-126%", "126%"), (10, "1,073", "1,037"), (10, "1,145 万円", "1,145 円"),
    (10, "65%", "56%"), (11, "2022年度 34.5", "2021年度 34.5"), (11, "13%", "103%"),
    (12, "95 件", "95 人"), (12, "96 件", "95 件"), (12, "2020年度 89", "2002年度 89"),
    (13, "68 校区	2022年度 68", "68 校区	2022年度 86"), (13, "2024年 92", "2042年 92"),
    (14, "20,108", "21,008"), (14, "45,000", "4,5000"), (15, "50.0", "５０.5"),
    (16, "3,000", "3000以上"), (16, "34%", "43%"), (17, "6,352", "6,532"), (17, "6,652", "6,625"),
    (22, "66.4 %", "66.4 ‰"), (22, "82.0", "28.0"), (23, "0%", "-0.5%"),
    (24, "20,324", "-20,324"), (25, "86%", "87%"), (26, "4 箇所", "4箇所ほか"),
    (26, "2 箇所", "2～3 箇所"), (26, "6 箇所", "未定"), (27, "2018年度", "2028年度"),
    (28, "【再掲】", ""), (29, "988", "989"), (29, "0 団体	", "1 団体	"), (30, "2,415", ""),
    (31, "10,000", "10,446"), (32, "9 本", "7 本"), (32, "上昇", "減少"),
    (33, "2022年度", "2012年度"),
]  # fmt: skip


def mutated(folder, number, old, new):
    lines = CORRECTED.read_text("utf-8").split("\n")
    assert old in lines[number - 1]
    lines[number - 1] = lines[number - 1].replace(old, new, 1)
    path = folder / "sheet.txt"
    path.write_text("\n".join(lines), "utf-8")
    return evaluate(read_sheet(path, PLAN, 2022, CORRECTED.as_posix()))


def computed(evaluation, number):
    """All that was computed of the row that stands in a line, but for what it quotes."""
    row = evaluation.rows[evaluation.rows["source"].str.endswith(f":{number}")]
    judged = row[["section", "no", "achievement", "status", "stage", "target_kind", "direction"]]
    return judged.merge(evaluation.figures, on=["section", "no"])


@pytest.mark.parametrize(("number", "old", "new"), MUTATIONS)
def test_slip_of_the_pen_changes_a_figure_or_is_told(tmp_path, corrected, number, old, new):
    after = mutated(tmp_path, number, old, new)
    told = after.findings["source"].str.endswith(f":{number}").any()
    assert told or not computed(after, number).equals(computed(corrected, number))


def test_an_unchanged_sheet_computes_the_same(tmp_path, corrected):
    after = mutated(tmp_path, 8, "13%", "13%")
    pd.testing.assert_frame_equal(after.figures, corrected.figures)
    assert after.findings.empty


def test_groundwater_without_its_declaration_is_told_to_be_unclear(sheet):
    bare = evaluate(replace(sheet, plan=replace(sheet.plan, declarations={})))
    found = bare.findings[bare.findings["rows"] == "(2)No.10"]
    # It is not said to be missed either, nor its percentage to be another than ours: there is none.
    assert found["code"].tolist() == [
        "direction-unclear",
        "narrative-missing",
        "target-year-differs",
        "late-data",
    ]
    assert "plan.toml" in found["message"].iloc[0]


# kpi check


def check(*words):
    return kpi("check", "kumamoto", "2022", *words)


def test_check_prints_each_entry_with_its_place(project):
    run = check()
    assert (run.returncode, run.stderr) == (0, "")
    *lines, kpis, counts = run.stdout.splitlines()
    found = list(evaluate(load("kumamoto", 2022)).entries.itertuples())
    heads = [line for line in lines if not line.startswith(" ")]
    assert len(heads) == len(found) == 8
    for printed, entry in zip(heads, found, strict=True):
        named = [entry.code, CODES[entry.code], place(entry.source.split("、")[0])]
        assert all(part in printed for part in [*named, entry.message])
        assert printed.startswith(f"{entry.entry} ")
    # What differs stands below its entry, in a line.
    assert len(lines) == 8 + 5
    assert kpis == "13指標: 後退2、横ばい1、前進5、達成5"
    assert counts == "指摘: 誤り0、注意3、参考5"
    assert not (project / "reports").exists()


def test_strict_check_fails_on_a_warning(project):
    run = check("--strict")
    assert run.returncode == 1
    assert run.stdout == check().stdout and run.stderr == ""


def test_check_fails_on_an_error(project, edit):
    edit(project / "data/kumamoto/2022.txt", "2022年度 4 箇所", "2022年度 4ほか 箇所")
    run = check()
    assert run.returncode == 1
    (told,) = [told for told in run.stdout.splitlines() if told.startswith("1 誤り")]
    assert "unreadable-cell" in told and "data/kumamoto/2022.txt 26行目 (2)No.5" in told
    assert "Traceback" not in run.stderr


def test_strict_check_passes_the_corrected_sheet(project):
    shutil.copy(CORRECTED, project / "data/kumamoto/2022.txt")
    shutil.copy(SHEETS / "kumamoto-corrected.toml", project / "data/kumamoto/plan.toml")
    run = check("--strict")
    assert run.stdout == ("13指標: 後退2、横ばい1、前進6、達成4\n指摘: 誤り0、注意0、参考0\n")
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.slow
def test_check_takes_less_than_two_seconds(project):
    """Of work: how long it waits for a busy machine is not its own."""

    def worked():
        spent = os.times()
        return spent.children_user + spent.children_system

    times = []
    for _ in range(3):
        start = worked()
        subprocess.run([KPI, "check", "kumamoto", "2022"], check=True, capture_output=True)
        times.append(worked() - start)
    assert 0 < min(times) < 2


def test_heading_on_a_rank_says_nothing_of_its_number(evaluated):
    cells = {"baseline": "2020年度 36 位", "actual": "2022年度 20 位", "target": "2030年 20 位"}
    found = evaluated(line(**cells), blocks=["「架空の指標」の上昇【(1)No.1】"])
    assert codes(found) == set()
