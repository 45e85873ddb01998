"""What plan.toml may declare, through the real sheet: what it does, and what is in vain."""

import pandas as pd
import pytest
from conftest import findings_of

from kpi_utils import evaluate, judge, load
from kpi_utils.report.book import finding_places
from kpi_utils.running.exports import kpis_csv
from kpi_utils.showing.charts import path
from kpi_utils.workbooks.layout import layout

PLAN, SHEET = "data/kumamoto/plan.toml", "data/kumamoto/2022.txt"
BATTERIES = "大型蓄電池設置箇所数"  # (2)No.5
COUNCILS = "校区防災連絡会の設立数"  # (1)No.5 and (2)No.4: 89 → 95, to be 96; 86%
CELLS = {
    "baseline": "2020年度 2 箇所",
    "actual": "2022年度 4 箇所",
    "target": "2023年 6 箇所",
    "published": "50%",
}
# 40 in the year before; 45 since the plan began, to be 60.
BETTER = {"baseline": "2020年度 40 箇所", "actual": "2022年度 45 箇所", "target": "2023年 60 箇所"}
RISES, WORDS = ("reach_up", 50, "progressing"), ("text", None, "undetermined")
WORD = {"target": "2023年 適正な数"}
AT_LEAST, AT_MOST, SUM = ['kind = "at_least"'], ['kind = "at_most"'], ["cumulative = true"]


@pytest.fixture
def declare(project):
    """Add a [[kpi]], or another table, to the real plan; the line of its heading."""

    def add(name, *items, reason="架空の理由"):
        text = (project / PLAN).read_text("utf-8").rstrip("\n") + "\n\n"
        lines = ["[[kpi]]", f'name = "{name}"', *items, f'reason = "{reason}"']
        if name == "[published]":
            lines = [name, *items]
        (project / PLAN).write_text(text + "\n".join(lines) + "\n", "utf-8")
        return text.count("\n") + 1

    return add


def ends(lower, upper):
    return ['kind = "range"', f"lower = {lower}", f"upper = {upper}"]


def judgement(section, no):
    sheet = load("kumamoto", 2022)
    row = judge(sheet.rows(), sheet.plan).loc[(section, no)]
    achievement = None if pd.isna(row["achievement"]) else row["achievement"]
    return row["target_kind"], achievement, row["status"]


def differing():
    return findings_of(evaluate(load("kumamoto", 2022)), "published-differs")["rows"].tolist()


def unused():
    """What the report notes of declarations that change nothing: source and message of each."""
    found = findings_of(evaluate(load("kumamoto", 2022)), "declaration-unused")
    assert set(found["severity"]) <= {"note"} and set(found["rows"]) <= {"―"}
    return list(zip(found["source"], found["message"], strict=True))


# -- What a declaration does.


def test_real_plan_needs_its_declaration(project, edit):
    assert judgement(2, 10) == ("at_most", 116, "met")
    edit(project / PLAN, '"decrease"', '"increase"')
    assert judgement(2, 10) == ("reach_up", -116, "regressed")


# What stands in the sheet instead, its judgement (None: undetermined), what is declared, and the
# judgement then.
@pytest.mark.parametrize(
    ("cells", "before", "items", "after"),
    [
        ({}, RISES, ['direction = "decrease"'], ("at_most", -50, "met")),
        ({"target": "2023年 2 箇所"}, None, ['direction = "increase"'], ("at_least", None, "met")),
        ({}, RISES, AT_LEAST, ("at_least", 50, "progressing")),
        ({"target": "2023年 1 箇所"}, None, AT_LEAST, ("at_least", 200, "met")),
        ({}, RISES, AT_MOST, ("at_most", -50, "met")),
        ({"actual": "2022年度 7 箇所"}, None, AT_MOST, ("at_most", -125, "regressed")),
        ({}, RISES, ends(5, 7), ("range", 67, "progressing")),
        ({}, RISES, ends("4.5", "7.25"), ("range", 80, "progressing")),
        (WORD, WORDS, ends(4, 4), ("range", 100, "met")),
        (WORD, WORDS, ends(-3, -1), ("range", -67, "regressed")),
        # What the target says lies outside of the range.
        ({}, RISES, ends(4, 5), None),
        ({"target": "2023年 6 箇所以上"}, ("at_least", 50, "progressing"), ends(5, 7), None),
        ({"target": "2023年 5～7 箇所"}, ("range", 67, "progressing"), AT_LEAST, None),
        ({}, RISES, ['kind = "text"'], WORDS),
        ({"published": "達成"}, None, ['kind = "text"'], ("text", None, "met")),
        ({}, RISES, SUM, ("reach_up", 67, "progressing")),
        (BETTER, ("reach_up", 25, "progressing"), SUM, ("reach_up", 75, "progressing")),
        # A sum only rises, and one that is to stay low goes on until the target's year.
        ({"target": "2024年 増加", "published": ""}, ("direction_only", None, "met"), SUM, None),
        ({"target": "2024年 6 箇所以下", "published": ""}, ("at_most", -50, "met"), SUM, None),
        (
            {"actual": "2022年度 1 箇所", "published": ""},
            ("reach_up", -25, "regressed"),
            ["running_total = true"],
            None,
        ),
        # A kind against the words of the target.
        (
            {"target": "2023年 6 箇所以下", "published": "－"},
            ("at_most", -50, "met"),
            AT_LEAST,
            None,
        ),
    ],
)
def test_declaration_of_a_row(declare, project, edit, cells, before, items, after):
    row = "{baseline}\t{actual}\t\t\t{target}\t{published}"
    edit(project / SHEET, row.format(**CELLS), row.format(**CELLS | cells))
    found = judgement(2, 5)
    assert found == before or (before is None and found[2] == "undetermined")
    declare(BATTERIES, *items)
    found = judgement(2, 5)
    assert found == after or (after is None and found[2] == "undetermined")


def test_direction_holds_for_every_listing_of_the_identity(declare):
    declare(f"{COUNCILS}　【７.1】", 'direction = "decrease"')
    assert judgement(1, 5) == judgement(2, 4) == ("at_most", -86, "met")


@pytest.mark.parametrize(
    ("lower", "upper", "text"),
    [(5, 7, "5～7"), ("4.5", "7.25", "4.5～7.25"), ("5e0", "1e2", "5～100")],
)
def test_declared_range_is_printed_and_drawn(declare, lower, upper, text):
    declare(BATTERIES, *ends(lower, upper))
    evaluation = evaluate(load("kumamoto", 2022))
    row = evaluation.rows.loc[(2, 5)]
    assert kpis_csv(evaluation.rows.loc[[(2, 5)]])["target"].tolist() == [text]
    assert [row["target_value"], row["target_upper"]] == [float(lower), float(upper)]
    assert path(evaluation.sheet, evaluation.kpis.loc[row["kpi"]]) is not None


def test_same_as_joins_two_names(declare, project):
    text = (project / SHEET).read_text("utf-8")
    before, _, after = text.rpartition(f"\t{COUNCILS}")
    (project / SHEET).write_text(f"{before}\t架空の連絡会の数{after}", "utf-8")
    assert len(evaluate(load("kumamoto", 2022)).kpis) == 14
    declare("架空の連絡会の数", f'same_as = "{COUNCILS}"')
    kpis = evaluate(load("kumamoto", 2022)).kpis
    assert len(kpis) == 13
    assert dict(zip(kpis["listings"], kpis["achievement"], strict=True))[(1, 5), (2, 4)] == 86


def test_same_as_brings_differing_figures_to_light(declare):
    declare(BATTERIES, f'same_as = "{COUNCILS}"')
    evaluation = evaluate(load("kumamoto", 2022))
    statuses = dict(zip(evaluation.kpis["listings"], evaluation.kpis["status"], strict=True))
    assert statuses[(1, 5), (2, 4), (2, 5)] == "undetermined"
    assert set(findings_of(evaluation, "relisting-differs")["rows"]) == {"(2)No.4", "(2)No.5"}


def test_convention_of_one_kpi_goes_before_that_of_all(declare, project, edit):
    declare(BATTERIES, 'convention = "ratio"')
    assert differing() == ["(2)No.5"]
    edit(project / SHEET, "2023年 6 箇所	50%", "2023年 6 箇所	67%")
    assert differing() == []
    assert judgement(2, 5) == RISES
    declare("[published]", 'convention = "ratio"', 'reason = "架空の理由"')
    # SDGs登録制度 begins at zero: both give 116%.
    assert len(differing()) == 19 and not {"(2)No.5", "(2)No.8"} & set(differing())


# -- What is in vain.


@pytest.mark.trial
@pytest.mark.parametrize(
    ("name", "items", "named"),
    [
        ("架空の指標", ['direction = "increase"'], ["「架空の指標」", "plan.toml の{line}行目"]),
        ("架空の指標", ['convention = "ratio"'], ["「架空の指標」"]),
        (BATTERIES, ['same_as = "架空の指標"'], ["架空の指標"]),
        # Like the name of a KPI: is that meant?
        (
            "大型蓄電池設置個所数",
            AT_LEAST,
            ["「大型蓄電池設置個所数」", f"「{BATTERIES}」のことか"],
        ),
        ("大型蓄電池の設置箇所数", AT_LEAST, [f"「{BATTERIES}」のことか"]),
    ],
)
def test_declaration_in_vain_is_noted_with_its_line(declare, name, items, named):
    line = declare(name, *items)
    ((source, message),) = unused()
    assert source == f"{PLAN}:{line}"
    assert [word for word in named if word.format(line=line) not in message] == []
    # A name that is like no KPI's asks nothing.
    assert ("のことか" in message) == ("のことか" in named[-1])


def test_head_and_report_of_no_sheet_are_told(declare, project):
    declare(BATTERIES, "cumulative = false")
    plan = (project / PLAN).read_text("utf-8")
    more = '[columns]\n"架空の見出し" = "備考"\n[report.2030]\ndepartment = "架空課"\n'
    (project / PLAN).write_text(f"{plan}\n{more}", "utf-8")
    (_, head), (line, year) = unused()
    assert "[columns] の「架空の見出し」" in head
    assert f"{line.rpartition(':')[2]}行目の [report.2030] は、その年度のシートがなく" in year


def test_note_on_the_plan_stands_at_no_row_of_the_sheet(declare, project):
    """Line 8 of plan.toml is not line 8 of the sheet."""
    text = (project / PLAN).read_text("utf-8")
    declared = '[[kpi]]\nname = "架空の指標"\nkind = "text"\nreason = "架空の理由"\n\n'
    (project / PLAN).write_text(text.replace("[[kpi]]", f"{declared}[[kpi]]", 1), "utf-8")
    evaluation = evaluate(load("kumamoto", 2022))
    ((source, _),) = unused()
    assert source == f"{PLAN}:8" and f"{SHEET}:8" in list(evaluation.rows["source"])
    places = finding_places(evaluation, layout(evaluation.sheet))
    assert places[list(evaluation.findings["code"]).index("declaration-unused")] == (0, 0)
