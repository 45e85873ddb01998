"""What plan.toml may declare, through the real sheet: its effect, and every mistake by its line."""

from decimal import Decimal

import pandas as pd
import pytest

from kpi_utils import KpiError, evaluate, load
from kpi_utils.plan import DECLARABLE, read_plan
from kpi_utils.report.book import finding_places
from kpi_utils.showing.charts import progress
from kpi_utils.workbooks.layout import layout

PLAN, SHEET = "data/kumamoto/plan.toml", "data/kumamoto/2022.txt"
BATTERIES = "大型蓄電池設置箇所数"  # (2)No.5: 2 → 4, to be 6 in 2023; 50%
COUNCILS = "校区防災連絡会の設立数"  # (1)No.5 and (2)No.4: 89 → 95, to be 96; 86%
GROUNDWATER = "地下水採取量の削減"  # (2)No.10: 10,446 → 10,268 against 10,600; 116%
ACTIVE = "自ら健康づくりに取り組んでいる市民の割合"  # (2)No.1: 63.1 → 66.4, to be 82.0; 17%


@pytest.fixture
def declare(project):
    """Add a [[kpi]] to the real plan; the line of its heading."""

    def add(name, *items, reason="架空の理由"):
        path = project / PLAN
        text = path.read_text("utf-8").rstrip("\n") + "\n\n"
        lines = ["[[kpi]]", f'name = "{name}"', *items, f'reason = "{reason}"']
        path.write_text(text + "\n".join(lines) + "\n", "utf-8")
        return text.count("\n") + 1

    return add


@pytest.fixture
def publish(project):
    """Declare a convention for all published figures; the line of its heading."""

    def add(*items):
        path = project / PLAN
        text = path.read_text("utf-8").rstrip("\n") + "\n\n"
        path.write_text(text + "\n".join(["[published]", *items]) + "\n", "utf-8")
        return text.count("\n") + 1

    return add


def row(section, no):
    evaluated = evaluate(load("kumamoto", 2022))
    rows = evaluated.rows.merge(evaluated.figures, on=["section", "no"])
    return rows.set_index(["section", "no"]).loc[(section, no)]


def judgement(section, no):
    found = row(section, no)
    achievement = None if pd.isna(found["achievement"]) else found["achievement"]
    return found["target_kind"], achievement, found["status"]


def idle():
    """What the report notes of declarations that change nothing: source and message of each."""
    found = evaluate(load("kumamoto", 2022)).findings
    found = found[found["code"] == "declaration-unused"]
    assert set(found["severity"]) <= {"note"} and set(found["rows"]) <= {"―"}
    return list(zip(found["source"], found["message"], strict=True))


def mistakes():
    with pytest.raises(KpiError) as error:
        load("kumamoto", 2022)
    return error.value.problems


def differing():
    findings = evaluate(load("kumamoto", 2022)).findings
    return findings.loc[findings["code"] == "published-differs", "rows"].tolist()


def test_every_key_has_a_test_here():
    tested = {"direction", "kind", "lower", "upper", "cumulative", "same_as", "convention"}
    # Running totals are tested among the sums in test_left_out.py, former names with the changes
    # that they explain, initiatives with names alike.
    assert set(DECLARABLE) == tested | {"running_total", "formerly", "initiative", "apart"}


# -- What a declaration does.


def test_real_plan_needs_its_declaration():
    assert judgement(2, 10) == ("at_most", 116, "met")


def test_direction(project, edit):
    edit(project / PLAN, '"decrease"', '"increase"')
    assert judgement(2, 10) == ("reach_up", -116, "regressed")


def test_direction_where_the_target_is_the_baseline(declare, project, edit):
    edit(project / SHEET, "2023年 6 箇所", "2023年 2 箇所")
    assert judgement(2, 5) == ("", None, "undetermined")
    declare(BATTERIES, 'direction = "increase"')
    assert judgement(2, 5) == ("at_least", None, "met")


def test_direction_against_the_numbers_makes_a_limit(declare):
    declare(BATTERIES, 'direction = "decrease"')
    assert judgement(2, 5) == ("at_most", -50, "met")


def test_direction_holds_for_every_listing(declare):
    declare(COUNCILS, 'direction = "decrease"')
    assert judgement(1, 5) == judgement(2, 4) == ("at_most", -86, "met")


def test_direction_is_found_by_the_kpis_identity(declare):
    declare(f"{BATTERIES}　【７.1】", 'direction = "decrease"')
    assert judgement(2, 5)[0] == "at_most"


def test_at_least_has_no_pace(declare):
    assert row(2, 5)["pace_word"] == "slightly_behind"
    declare(BATTERIES, 'kind = "at_least"')
    assert judgement(2, 5) == ("at_least", 50, "progressing")
    assert row(2, 5)["pace_word"] == ""


def test_at_least_that_the_baseline_respects(declare, project, edit):
    edit(project / SHEET, "2023年 6 箇所", "2023年 1 箇所")
    assert row(2, 5)["status"] == "undetermined"
    declare(BATTERIES, 'kind = "at_least"')
    assert judgement(2, 5) == ("at_least", 200, "met")


def test_at_most(declare):
    declare(BATTERIES, 'kind = "at_most"')
    assert judgement(2, 5) == ("at_most", -50, "met")


def test_at_most_that_is_broken(declare, project, edit):
    edit(project / SHEET, "2022年度 4 箇所", "2022年度 7 箇所")
    declare(BATTERIES, 'kind = "at_most"')
    assert judgement(2, 5) == ("at_most", -125, "regressed")


@pytest.mark.parametrize(
    ("lower", "upper", "achievement", "status"),
    [
        (5, 7, 67, "progressing"),
        ("4.5", "7.25", 80, "progressing"),
        (4, 7, 100, "met"),
        (3, 4, 100, "met"),
        (4, 4, 100, "met"),
        (2, 3, None, "regressed"),
        (0, 1, -200, "regressed"),
        (-3, -1, -67, "regressed"),
    ],
)
def test_range(declare, lower, upper, achievement, status):
    declare(BATTERIES, 'kind = "range"', f"lower = {lower}", f"upper = {upper}")
    assert judgement(2, 5) == ("range", achievement, status)
    found = row(2, 5)
    assert (found["target_value"], found["target_upper"]) == (Decimal(lower), Decimal(upper))
    assert found["target"] == f"{lower}～{upper}"


def test_range_for_a_target_in_words(declare, project, edit):
    edit(project / SHEET, "2023年 6 箇所", "2023年 適正な数")
    assert judgement(2, 5) == ("text", None, "undetermined")
    declare(BATTERIES, 'kind = "range"', "lower = 4", "upper = 7")
    assert judgement(2, 5) == ("range", 100, "met")


def test_declared_range_is_drawn(declare):
    declare(BATTERIES, 'kind = "range"', "lower = 5", "upper = 7")
    evaluated = evaluate(load("kumamoto", 2022))
    kpi = evaluated.kpi_table().set_index("listings", drop=False).loc["(2)No.5"]
    assert progress(evaluated, kpi) is not None


def test_range_with_a_power_of_ten_prints_plainly(declare):
    declare(BATTERIES, 'kind = "range"', "lower = 5e0", "upper = 1e2")
    assert row(2, 5)["target"] == "5～100"


def test_text_is_judged_by_the_sheets_word_alone(declare, project, edit):
    declare(BATTERIES, 'kind = "text"')
    assert judgement(2, 5) == ("text", None, "undetermined")
    edit(project / SHEET, "2023年 6 箇所	50%", "2023年 6 箇所	達成")
    assert judgement(2, 5) == ("text", None, "met")


def test_cumulative_begins_at_zero(declare):
    declare(BATTERIES, "cumulative = true")
    assert judgement(2, 5) == ("reach_up", 67, "progressing")
    found = row(2, 5)
    assert (found["start"], found["baseline"]) == (0, 2)
    # 4 of 6 in two of three years.
    assert found["pace"] == pytest.approx(1)


def test_cumulative_where_the_first_year_was_the_better(declare, project, edit):
    # 40 in the year before; 45 since the plan began, to be 60.
    edit(
        project / SHEET,
        "2020年度 2 箇所	2022年度 4 箇所",
        "2020年度 40 箇所	2022年度 45 箇所",
    )
    edit(project / SHEET, "2023年 6 箇所", "2023年 60 箇所")
    assert judgement(2, 5)[1] == 25
    declare(BATTERIES, "cumulative = true")
    assert judgement(2, 5)[1] == 75


def test_same_as_joins_two_names(declare, project, edit):
    text = (project / SHEET).read_text("utf-8")
    first = text.rindex(f"\t{COUNCILS}")
    renamed = text[:first] + "\t架空の連絡会の数" + text[first + 1 + len(COUNCILS) :]
    (project / SHEET).write_text(renamed, "utf-8")
    assert len(evaluate(load("kumamoto", 2022)).kpis) == 14
    declare("架空の連絡会の数", f'same_as = "{COUNCILS}"')
    kpis = evaluate(load("kumamoto", 2022)).kpis.set_index("listings")
    assert len(kpis) == 13
    assert kpis.loc["(1)No.5、(2)No.4", ["status", "achievement"]].tolist() == ["progressing", 86]


def test_same_as_brings_differing_figures_to_light(declare):
    declare(BATTERIES, f'same_as = "{COUNCILS}"')
    evaluated = evaluate(load("kumamoto", 2022))
    kpi = evaluated.kpis.set_index("listings").loc["(1)No.5、(2)No.4、5"]
    assert kpi["status"] == "undetermined"
    assert "relisting-differs" in set(evaluated.entries_of(kpi["kpi"])["code"])


def test_convention_of_one_kpi(declare, project, edit):
    edit(project / SHEET, "2023年 6 箇所	50%", "2023年 6 箇所	67%")
    assert differing() == ["(2)No.5"]
    declare(BATTERIES, 'convention = "ratio"')
    assert differing() == []
    assert judgement(2, 5) == ("reach_up", 50, "progressing")


def test_convention_of_one_kpi_is_held_to(declare):
    declare(BATTERIES, 'convention = "ratio"')
    assert differing() == ["(2)No.5"]


def test_published_convention(publish):
    assert differing() == []
    publish('convention = "ratio"', 'reason = "架空の理由"')
    assert load("kumamoto", 2022).plan.convention == "ratio"
    # SDGs登録制度 begins at zero: both give 116%.
    assert len(differing()) == 20 and "(2)No.8" not in differing()


def test_kpis_own_convention_goes_before_that_of_all(publish, declare):
    publish('convention = "ratio"', 'reason = "架空の理由"')
    declare(BATTERIES, 'convention = "linear"')
    assert "(2)No.5" not in differing()


# -- Mistakes.


@pytest.mark.parametrize(
    ("items", "named"),
    [
        (['direction = "up"'], ["direction", "up", "increase", "decrease"]),
        (["direction = 1"], ["direction"]),
        (["direction = true"], ["direction"]),
        (['direction = ["increase"]'], ["direction"]),
        (['direction = ""'], ["direction"]),
        (['kind = "reach_up"'], ["kind", "reach_up", "at_least", "at_most", "range", "text"]),
        (["kind = 5"], ["kind"]),
        (['kind = "range"'], ["lower", "upper"]),
        (['kind = "range"', "lower = 1"], ["lower", "upper"]),
        (['kind = "range"', "upper = 1"], ["lower", "upper"]),
        (['kind = "at_least"', "lower = 1"], ["lower", "upper"]),
        (["lower = 1", "upper = 2"], ["lower", "upper"]),
        (['kind = "range"', "lower = 3", "upper = 2"], ["lower", "upper"]),
        (['kind = "range"', 'lower = "1"', "upper = 2"], ["lower"]),
        (['kind = "range"', "lower = true", "upper = 2"], ["lower"]),
        (['kind = "range"', "lower = nan", "upper = 2"], ["lower"]),
        (['kind = "range"', "lower = 1", "upper = inf"], ["upper"]),
        (['cumulative = "true"'], ["cumulative"]),
        (["cumulative = 1"], ["cumulative"]),
        (["same_as = 1"], ["same_as"]),
        (['convention = "Linear"'], ["convention", "Linear", "linear_floor", "ratio_inverse"]),
        (["convention = 1"], ["convention"]),
        (['directoin = "increase"'], ["directoin", "direction"]),
        (['kind = "text"', "targat = 5"], ["targat"]),
        ([], ["direction"]),
        # Two declarations that cannot both hold.
        (['kind = "at_least"', 'direction = "decrease"'], ["kind", "direction"]),
    ],
)
def test_mistake_is_named_with_its_line(declare, items, named):
    line = declare(BATTERIES, *items)
    problems = mistakes()
    said = "\n".join(problems)
    assert [word for word in [f"{PLAN} {line}行目", *named] if word not in said] == []
    assert all(f"{line}行目" in problem for problem in problems)


@pytest.mark.parametrize("name", ["", "　", "【再掲】"])
def test_name_that_names_nothing_is_told(declare, name):
    line = declare(name, "cumulative = true")
    (said,) = mistakes()
    assert f"{PLAN} {line}行目" in said and "name" in said


def test_kpis_that_are_each_other_are_told(declare):
    """Each would have passed for the other."""
    lines = [
        declare(BATTERIES, f'same_as = "{COUNCILS}"'),
        declare(COUNCILS, f'same_as = "{BATTERIES}"'),
    ]
    said = mistakes()
    for line, problem in zip(lines, said, strict=True):
        assert f"{PLAN} {line}行目" in problem and "same_as が宣言されています" in problem


@pytest.mark.parametrize(
    ("items", "named"),
    [
        (['convention = "Linear"', 'reason = "架空"'], ["convention", "Linear", "linear_floor"]),
        (["convention = 1", 'reason = "架空"'], ["convention"]),
        (['convention = "ratio"'], ["reason"]),
        (['reason = "架空"'], ["convention"]),
        (['convention = "ratio"', 'reason = ""'], ["reason"]),
        (['convention = "ratio"', 'reason = "架空"', 'kind = "text"'], ["kind"]),
        ([], ["convention", "reason"]),
    ],
)
def test_mistake_in_published_is_named_with_its_line(publish, items, named):
    line = publish(*items)
    said = "\n".join(mistakes())
    assert [word for word in [f"{PLAN} {line}行目", *named] if word not in said] == []


def test_every_mistake_at_once(declare):
    lines = [
        declare(BATTERIES, "kind = 1"),
        declare(COUNCILS, "cumulative = 1"),
        declare(BATTERIES, 'direction = "increase"'),
    ]
    problems = mistakes()
    assert [any(f"{line}行目" in problem for problem in problems) for line in lines] == [True] * 3


def test_no_reason_is_a_mistake(declare):
    line = declare(BATTERIES, 'kind = "text"', reason="")
    (said,) = mistakes()
    assert f"{line}行目" in said and "reason" in said


def test_second_declaration_of_a_kpi_is_named_at_its_line(declare):
    first = declare(BATTERIES, 'kind = "text"')
    second = declare(f"{BATTERIES} 【7.2】", 'direction = "decrease"')
    (said,) = mistakes()
    assert f"{second}行目" in said and f"{first}行目" not in said


@pytest.mark.parametrize("heading", ["[[kpi]]", "[[ kpi ]]", "  [[kpi]]  # 架空"])
def test_line_is_right_among_comments_and_blank_lines(tmp_path, heading):
    text = (
        '# [[kpi]] 架空\n\n[plan]\nmunicipality = "試験市"\nname = "試験計画"\n\n\n'
        '[[kpi]]\nname = "甲"\nreason = "架空"\nkind = "text"\n\n# 架空\n\n'
        '{heading}\nname = "乙"\nreason = "架空"\nkind = "tekst"\n'
    )
    path = tmp_path / "plan.toml"
    path.write_text(text.format(heading=heading), "utf-8")
    with pytest.raises(KpiError, match="15行目"):
        read_plan(path)


def test_line_is_kept_with_the_declaration(declare):
    line = declare(BATTERIES, 'kind = "text"')
    assert load("kumamoto", 2022).plan.declarations[BATTERIES].line == line


@pytest.mark.parametrize(
    "item",
    ['direction = "increase"', 'kind = "text"', "cumulative = true", 'convention = "ratio"'],
)
def test_unknown_kpi_is_named_with_its_line(declare, item):
    line = declare("架空の指標", item)
    ((source, said),) = idle()
    assert source == f"{PLAN}:{line}"
    assert "「架空の指標」" in said and f"plan.toml の{line}行目" in said


def test_same_as_a_kpi_that_is_not_there_names_that_kpi(declare):
    line = declare(BATTERIES, 'same_as = "架空の指標"')
    ((source, said),) = idle()
    assert source == f"{PLAN}:{line}" and "架空の指標" in said


@pytest.mark.parametrize(
    "name", ["大型蓄電池設置個所数", "大型蓄電池の設置箇所数", "大型の蓄電池設置箇所数"]
)
def test_unknown_name_that_is_like_a_kpis_asks_whether_that_is_meant(declare, name):
    declare(name, 'kind = "at_least"')
    ((_, said),) = idle()
    assert f"「{name}」" in said and f"「{BATTERIES}」のことか" in said


def test_unknown_name_that_is_like_no_kpis_asks_nothing(declare):
    declare("図書館の貸出冊数", 'kind = "at_least"')
    ((_, said),) = idle()
    assert "のことか" not in said


@pytest.mark.parametrize(
    ("name", "items"),
    [
        # The numbers say so already.
        (BATTERIES, ['direction = "increase"']),
        ("温室効果ガス排出量（熊本連携中枢都市圏）", ['direction = "decrease"']),
        # Begins at zero already.
        ("「熊本県SDGs登録制度」登録団体数（市内）", ["cumulative = true"]),
        (BATTERIES, ["cumulative = false"]),
        # 上昇 is no number to stay above.
        (
            "硝酸性窒素濃度の傾向が横ばい又は低減した井戸（指標井戸19本）の本数",
            ['kind = "at_least"'],
        ),
    ],
)
def test_unused_declaration_is_noted_with_its_line(declare, name, items):
    line = declare(name, *items)
    ((source, said),) = idle()
    assert source == f"{PLAN}:{line}" and name in said and "判定が同じ" in said


@pytest.mark.parametrize(
    ("items", "named"),
    [
        (['same_as = ""'], "same_as"),
        ([f'same_as = "{BATTERIES}"'], "same_as"),
    ],
)
def test_declaration_that_says_nothing_is_a_mistake_or_noted(declare, items, named):
    declare(BATTERIES, *items)
    try:
        assert idle()
    except KpiError as error:
        assert named in str(error)


def test_idle_declarations_do_not_stop_the_report(declare):
    """What a report says of the rest is the same with them and without."""
    before = evaluate(load("kumamoto", 2022))
    declare("架空の指標", 'direction = "increase"')
    declare(BATTERIES, "cumulative = false")
    after = evaluate(load("kumamoto", 2022))
    assert len(idle()) == 2
    assert after.rows.equals(before.rows) and after.kpis.equals(before.kpis)


def test_note_on_the_plan_stands_at_no_row_of_the_sheet(declare, project):
    """Line 8 of plan.toml is not line 8 of the sheet."""
    path = project / PLAN
    text = path.read_text("utf-8")
    declared = '[[kpi]]\nname = "架空の指標"\nkind = "text"\nreason = "架空の理由"\n\n'
    path.write_text(text.replace("[[kpi]]", f"{declared}[[kpi]]", 1), "utf-8")
    evaluation = evaluate(load("kumamoto", 2022))
    ((source, _),) = idle()
    assert source == f"{PLAN}:8" and f"{SHEET}:8" in list(evaluation.sheet.rows["source"])
    made = layout(evaluation.sheet)
    places = finding_places(evaluation, made)
    assert places[list(evaluation.findings["code"]).index("declaration-unused")] == (0, 0)


def test_direction_beside_same_as_is_not_lost_without_a_word(declare):
    declare(BATTERIES, f'same_as = "{COUNCILS}"', 'direction = "decrease"')
    try:
        sheet = load("kumamoto", 2022)
    except KpiError:
        return
    judged = evaluate(sheet).rows.set_index(["section", "no"])
    assert judged.loc[(2, 5), "direction"] == "decrease"


def test_declared_kind_against_the_words_of_the_target_is_not_judged(declare, project, edit):
    edit(project / SHEET, "2023年 6 箇所\t50%", "2023年 6 箇所以下\t－")
    assert judgement(2, 5) == ("at_most", -50, "met")
    declare(BATTERIES, 'kind = "at_least"')
    found = row(2, 5)
    assert (found["status"], "矛盾" in found["note"]) == ("undetermined", True)


def test_needed_declaration_is_not_called_unused(declare):
    declare(BATTERIES, 'kind = "at_least"')
    declare(ACTIVE, 'kind = "range"', "lower = 80", "upper = 90")
    assert list(load("kumamoto", 2022).plan.declarations) == [GROUNDWATER, BATTERIES, ACTIVE]
