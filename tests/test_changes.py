"""Two years' sheets compared: each kind of change alone, what made a status change, the paths."""

import re
import tomllib
from dataclasses import replace
from types import SimpleNamespace

import pytest

from kpi_utils.comparing.changes import CHANGE_CODES, compare, differences
from kpi_utils.errors import KpiError
from kpi_utils.frames import CAUSES
from kpi_utils.judging.findings import evaluate
from kpi_utils.plan import Declaration, Plan, read_plan
from kpi_utils.sheets.sheet import read_sheet
from kpi_utils.showing.change_charts import paths as pictures
from kpi_utils.showing.change_tables import moved, summary

SHEET = """\
## 試験市 試験計画（架空のデータ）

## (1) 架空の表

{head}
{rows}

## 評価及び課題等

{commentary}
"""
HEAD = "No	指標名	当初値	2022年	2023年	2030年(目標値)	達成度 (%)"
NAME = "架空の指標"
BLOCK = "- 「架空の指標」の増加【(1)No.1】\n  - ・架空の記載。\n"


def kpi(
    name=NAME,
    baseline="2020年度 10 件",
    first="2022年度 12 件",
    second="",
    target="2030年 20 件",
    published="",
):
    return [name, baseline, first, second, target, published]


@pytest.fixture
def judged(tmp_path):
    """A made-up sheet of a year, evaluated; ``declared`` is what plan.toml says of its KPIs."""

    def judge_it(year, *rows, commentary="", declared=(), head=HEAD):
        lines = ["\t".join([str(no), *row]) for no, row in enumerate(rows, 1)]
        path = tmp_path / f"{year}.txt"
        path.write_text(
            SHEET.format(head=head, rows="\n".join(lines), commentary=commentary), "utf-8"
        )
        declarations = {declaration.name: declaration for declaration in declared}
        plan = Plan("shiken", "試験市", "試験計画", declarations)
        return evaluate(read_sheet(path, plan, year, f"data/shiken/{year}.txt"))

    return judge_it


@pytest.fixture
def compared(judged):
    """A made-up KPI of 2022 and 2023 compared; ``cells`` are those of 2023 that are not usual."""

    def compare_it(before=None, declared=(), **cells):
        old = judged(2022, kpi(**(before or {})), declared=declared)
        new = judged(2023, kpi(**{"second": "2023年度 14 件"} | cells), declared=declared)
        return compare(old, new)

    return compare_it


def codes(changes):
    return changes.changes["code"].tolist()


def one(changes, code):
    (record,) = changes.changes[changes.changes["code"] == code].to_dict("records")
    return record


# ---------------------------------------------------------------- what is a change, and what not


def test_a_new_actual_alone_is_no_change(compared):
    assert codes(compared()) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            {"first": "2022年度 1,200 件"},
            {"first": "２０２２年度　1200件", "second": "2023年度 1,300 件"},
        ),
        ({"first": "2022年度 12.1 件"}, {"first": "2022年度 12.10 件"}),
        ({"baseline": "2020年度 ▲10 件"}, {"baseline": "2020年度 −10件"}),
        ({"name": "架空の 指標 【1.1】"}, {"name": "架空の指標【1.2】"}),
        ({"target": "2030年 20 件"}, {"target": "20件"}),
    ],
)
def test_spelling_is_no_change(compared, before, after):
    assert codes(compared(before, **after)) == []


@pytest.mark.parametrize("later", ["2022年度 12 件", "", "未公表"])
def test_actual_that_comes_late_restates_nothing(compared, later):
    assert codes(compared({"first": "集計中"}, first=later)) == ["status-changed"]


@pytest.mark.parametrize(
    ("code", "cells", "before", "after"),
    [
        ("actual-restated", {"first": "2022年度 13 件"}, "2022年度 12 件", "2022年度 13 件"),
        ("actual-restated", {"first": ""}, "2022年度 12 件", ""),
        ("actual-restated", {"first": "2021年度 12 件"}, "2022年度 12 件", "2021年度 12 件"),
        ("actual-restated", {"first": "調査方法を変更"}, "2022年度 12 件", "調査方法を変更"),
        ("baseline-restated", {"baseline": "2020年度 9 件"}, "2020年度 10 件", "2020年度 9 件"),
        ("baseline-restated", {"baseline": "2019年度 10 件"}, "2020年度 10 件", "2019年度 10 件"),
        ("target-moved", {"target": "2030年 25 件"}, "2030年 20 件", "2030年 25 件"),
        ("target-moved", {"target": "2030年 20 件以上"}, "2030年 20 件", "2030年 20 件以上"),
        ("target-moved", {"target": "2030年 20～30 件"}, "2030年 20 件", "2030年 20～30 件"),
        ("target-year-moved", {"target": "2031年 20 件"}, "2030年 20 件", "2031年 20 件"),
    ],
)
def test_change_of_one_cell(compared, code, cells, before, after):
    changes = compared(**cells)
    assert codes(changes) == [code]
    record = one(changes, code)
    assert (record["before"], record["after"]) == (before, after)
    assert record["source_before"] == "data/shiken/2022.txt:6"
    assert record["source_after"] == "data/shiken/2023.txt:6"
    assert (record["rows_before"], record["rows_after"]) == ("(1)No.1", "(1)No.1")
    assert (f"「{after}」" if after else "空白") in record["message"] or "31年度" in record[
        "message"
    ]


def test_value_and_year_of_a_target_are_two_changes(compared):
    assert codes(compared(target="2031年 25 件")) == ["target-moved", "target-year-moved"]


def test_unit_changed_is_one_change_and_no_restatement(compared):
    cells = {"baseline": "2020年度 100 回", "first": "2022年度 12 回", "second": "2023年度 140 回"}
    changes = compared(**cells, target="2030年 200 回")
    assert codes(changes) == ["unit-changed"]
    message = one(changes, "unit-changed")["message"]
    assert message.startswith("当初値、実績、目標値の単位が変わり（「2020年度 10 件」から")


def test_blank_cells_are_quoted_as_blank(compared):
    changes = compared({"baseline": "", "first": "2022年度 12 件"})
    assert "当初値が空白から「2020年度 10 件」に" in one(changes, "baseline-restated")["message"]


def test_target_of_the_next_step_is_not_a_moved_one(judged):
    """Of two targets, the one that is due next is judged: a year later the other one."""
    head = HEAD.replace("2030年(目標値)", "2022年 目標値	2023年 目標値")
    old = judged(2022, ["指標", "10 件", "11 件", "", "12 件", "14 件", ""], head=head)
    new = judged(2023, ["指標", "10 件", "11 件", "13 件", "12 件", "14 件", ""], head=head)
    assert codes(compare(old, new)) == []
    assert old.rows["target_value"][0] != new.rows["target_value"][0]


def test_target_columns_of_other_years_are_compared_by_what_is_judged(judged):
    row = kpi(second="2023年度 14 件", target="20 件")
    head = HEAD.replace("2030年", "2035年")
    changes = compare(judged(2022, kpi(target="20 件")), judged(2023, row, head=head))
    assert codes(changes) == ["target-year-moved"]
    assert "2030年度から2035年度に" in one(changes, "target-year-moved")["message"]


# ---------------------------------------------------------------- what made a status change


@pytest.mark.parametrize(
    ("cells", "before", "after", "cause"),
    [
        ({"second": "2023年度 20 件"}, "前進（20%）", "達成（100%）", "data"),
        ({"second": "2023年度 9 件"}, "前進（20%）", "後退（−10%）", "data"),
        # 12, as before, would meet the new target as well.
        ({"target": "2030年 12 件"}, "前進（20%）", "達成（200%）", "target"),
        ({"baseline": "2020年度 15 件"}, "前進（20%）", "後退（−20%）", "baseline"),
        # Neither the actual nor the target alone would have done it.
        ({"target": "2030年 13 件"}, "前進（20%）", "達成（133%）", "data+target"),
        # Each of them alone would have.
        (
            {"second": "2023年度 20 件", "target": "2030年 12 件"},
            "前進（20%）",
            "達成（500%）",
            "data+target",
        ),
    ],
)
def test_cause_of_a_status_change(compared, cells, before, after, cause):
    record = one(compared(**cells), "status-changed")
    assert (record["before"], record["after"], record["cause"]) == (before, after, cause)
    assert record["severity"] == ("note" if cause == "data" else "warning")
    named = {CAUSES[part] for part in cause.split("+")}
    assert [word for word in named if word not in record["message"]] == []
    assert ("実績の動きによるものではない" in record["message"]) == ("data" not in cause)


def test_what_was_on_its_way_when_it_was_due_is_missed_by_the_time(compared):
    """前進 one year, and no further the next, which is the target's: nothing moved but the time."""
    due = {"target": "2023年 20 件"}
    record = one(compared(due, second="2023年度 12 件", **due), "status-changed")
    assert (record["before"], record["after"]) == ("前進（20%）", "未達（20%）")
    assert (record["cause"], record["severity"]) == ("data", "note")
    assert record["message"].endswith("目標の年度の実績が出たことによる。")


def test_what_fell_back_in_the_year_when_it_was_due_is_missed_by_the_data(compared):
    due = {"target": "2023年 20 件"}
    record = one(compared(due, second="2023年度 9 件", **due), "status-changed")
    assert (record["after"], record["cause"]) == ("未達（−10%）", "data")
    assert record["message"].endswith("実績の動きによる。")


def test_target_that_is_brought_forward_is_what_makes_a_kpi_missed(compared):
    record = one(compared(second="2023年度 12 件", target="2023年 20 件"), "status-changed")
    assert (record["after"], record["severity"]) == ("未達（20%）", "warning")
    assert "target" in record["cause"] and "目標値" in record["message"]


def test_status_change_by_data_is_the_smallest_case(compared):
    assert codes(compared(second="2023年度 20 件")) == ["status-changed"]


@pytest.mark.parametrize(
    ("cell", "before", "after"),
    [
        ("target", "2030年 20 件（5年間累計）", "2030年 20 件"),
        ("baseline", "2020年度 10 件（2015～2020年度の累計）", "2020年度 10 件"),
    ],
)
def test_sum_that_is_none_any_more_can_make_a_status_change(compared, cell, before, after):
    record = one(compared({cell: before}, **{cell: after}), "status-changed")
    assert (record["before"], record["cause"]) == ("判定保留", cell)


def test_name_can_make_a_status_change(compared):
    """A name that says 削減 makes the direction unclear, and its KPI undetermined."""
    declared = [Declaration("架空の指標の削減", "架空の理由", formerly=NAME)]
    record = one(compared(declared=declared, name="架空の指標の削減"), "status-changed")
    assert (record["after"], record["cause"]) == ("判定保留", "declaration")


def test_declaration_can_make_a_status_change(compared):
    declared = [Declaration("別の名", "架空の理由", direction="decrease", formerly=NAME)]
    record = one(compared(declared=declared, name="別の名"), "status-changed")
    assert (record["after"], record["cause"]) == ("達成（−40%）", "declaration")


def test_relistings_that_differ_are_a_cause_of_their_own(judged):
    old = judged(2022, kpi(), kpi())
    new = judged(2023, kpi(second="2023年度 14 件"), kpi(second="2023年度 15 件"))
    record = one(compare(old, new), "status-changed")
    assert (record["after"], record["cause"]) == ("判定保留", "relisting")
    assert record["rows_after"] == "(1)No.1、2"


def test_change_of_unit_leaves_no_single_cause(compared):
    """Parts in different units cannot be judged together."""
    cells = {"baseline": "2020年度 10 回", "first": "2022年度 12 回", "second": "2023年度 20 回"}
    changes = compared(**cells, target="2030年 20 回")
    assert codes(changes) == ["status-changed", "unit-changed"]
    assert one(changes, "status-changed")["cause"] == "data+target+baseline"


def test_word_of_the_sheet_on_a_target_in_words_is_data(compared):
    cells = {"target": "2030年 ○○の策定"}
    changes = compared(cells, **cells, published="達成")
    assert one(changes, "status-changed")["cause"] == "data"


# ---------------------------------------------------------------- published by an older figure


@pytest.mark.parametrize(
    ("cells", "figure"),
    [
        # (14 - 10) / (20 - 10), with the target of last year.
        ({"target": "2030年 25 件", "published": "40%"}, "目標値「2030年 20 件」"),
        ({"baseline": "2020年度 5 件", "published": "40%"}, "当初値「2020年度 10 件」"),
        # The percentage of last year was left standing.
        ({"published": "20%"}, "実績「2022年度 12 件」"),
    ],
)
def test_published_by_an_older_figure(compared, cells, figure):
    record = one(compared(**cells), "published-by-older-figure")
    assert figure in record["message"] and record["after"] == cells["published"]


@pytest.mark.parametrize("published", ["40%", "70%", "41%", "C", ""])
def test_published_figure_of_this_year_or_of_none_is_not_named(compared, published):
    """By method 3, as actual / target, by no formula at all, and no figure."""
    assert codes(compared(published=published)) == []


def test_older_figure_counts_by_the_houses_convention_only(judged):
    """12 / 20 of last year is 60 %, but the house prints by method 3."""
    house = kpi("家の算式の指標", second="2023年度 15 件", published="50%")
    before = judged(2022, kpi(), kpi("家の算式の指標"))
    after = judged(2023, kpi(second="2023年度 14 件", published="60%"), house)
    assert codes(compare(before, after)) == []


# ---------------------------------------------------------------- names


def test_declared_former_name_makes_it_the_same_kpi(compared):
    declared = [Declaration("新しい名の指標", "架空の理由", formerly="架空の 指標【1.1】")]
    changes = compared(declared=declared, name="新しい名の指標")
    assert codes(changes) == ["renamed"]
    assert changes.same == {"新しい名の指標": NAME}
    record = one(changes, "renamed")
    assert (record["before"], record["after"]) == (NAME, "新しい名の指標")


def test_former_names_are_followed_over_the_years(judged):
    declared = [
        Declaration("三つ目の名", "架空の理由", formerly="二つ目の名"),
        Declaration("二つ目の名", "架空の理由", formerly=NAME),
    ]
    after = judged(2023, kpi("三つ目の名", second="2023年度 14 件"), declared=declared)
    assert codes(compare(judged(2022, kpi()), after)) == ["renamed"]


def test_former_names_that_go_round_end(judged):
    declared = [Declaration("甲", "", formerly="乙"), Declaration("乙", "", formerly="甲")]
    after = judged(2023, kpi("甲", second="2023年度 14 件"), declared=declared)
    assert after.sheet.plan.former("甲") == ["乙"]
    assert "new" in codes(compare(judged(2022, kpi()), after))


def test_former_name_that_is_still_listed_is_not_taken(judged):
    declared = [Declaration("新しい名の指標", "架空の理由", formerly=NAME)]
    new = kpi("新しい名の指標", "1 件", "2 件", "3 件", "4 件")
    after = judged(2023, kpi(second="2023年度 14 件"), new, declared=declared)
    assert codes(compare(judged(2022, kpi()), after)) == ["new"]


def test_new_kpi(judged):
    new = kpi("全く異なるもの", "1 件", "2 件", "3 件", "4 件")
    changes = compare(judged(2022, kpi()), judged(2023, kpi(second="2023年度 14 件"), new))
    assert codes(changes) == ["new"]
    record = one(changes, "new")
    assert (record["rows_before"], record["rows_after"]) == ("", "(1)No.2")
    assert (record["source_before"], record["source_after"]) == ("", "data/shiken/2023.txt:7")


def test_dropped_kpi(judged):
    old = kpi("全く異なるもの", "1 件", "2 件", "", "4 件")
    changes = compare(judged(2022, old, kpi()), judged(2023, kpi(second="2023年度 14 件")))
    assert codes(changes) == ["dropped"]
    record = one(changes, "dropped")
    assert (record["rows_before"], record["rows_after"]) == ("(1)No.1", "")
    assert record["source_before"] == "data/shiken/2022.txt:6"


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"name": "架空の指標値", "baseline": "2020年度 9 件"}, "名称が似て"),
        ({"name": "全く異なるもの"}, "当初値及び目標値が同じで"),
        ({"name": '架空の"指標"'}, "当初値及び目標値が同じで"),
    ],
)
def test_likely_rename_is_proposed_and_never_taken(compared, cells, why):
    changes = compared(**cells)
    assert codes(changes) == ["new", "dropped", "rename-proposed"]
    assert changes.same == {}
    message = one(changes, "rename-proposed")["message"]
    assert why in message
    (entry,) = re.findall(r"name = .*?(?=、formerly)", message)
    assert tomllib.loads(entry) == {"name": cells["name"]}
    assert f'、formerly = "{NAME}" 及び' in message


@pytest.mark.parametrize(
    "cells",
    [
        {"name": "全く異なるもの", "target": "2030年 21 件"},
        {"name": "全く異なるもの", "baseline": "2020年度 10 人", "second": "2023年度 14 人"},
        {"name": "全く異なるもの", "baseline": "", "target": "上昇"},
    ],
)
def test_kpi_of_another_name_with_other_figures_is_not_proposed(compared, cells):
    assert codes(compared(**cells)) == ["new", "dropped"]


def test_of_two_dropped_kpis_that_with_the_same_figures_is_proposed(judged):
    old = judged(2022, kpi("架空の指標あ", "1 件"), kpi("何か異なるもの"))
    changes = compare(old, judged(2023, kpi("架空の指標い", second="2023年度 14 件")))
    assert one(changes, "rename-proposed")["before"] == "何か異なるもの"


# ---------------------------------------------------------------- commentary


def test_commentary_carried_over_though_the_figure_moved(judged):
    old = judged(2022, kpi(), commentary=BLOCK)
    # Another heading and another spelling: the words are the same.
    block = BLOCK.replace("の増加", "").replace("・架空", "・ 架空")
    changes = compare(old, judged(2023, kpi(second="2023年度 14 件"), commentary=block))
    assert codes(changes) == ["commentary-carried-over"]
    record = one(changes, "commentary-carried-over")
    assert record["source_before"] == "data/shiken/2022.txt:10"
    assert "「2022年度 12 件」から「2023年度 14 件」に" in record["message"]


def test_commentary_with_other_words_is_none(judged):
    old = judged(2022, kpi(), commentary=BLOCK)
    block = BLOCK.replace("記載", "新しい記載")
    assert codes(compare(old, judged(2023, kpi(second="14 件"), commentary=block))) == []


def test_commentary_of_a_figure_that_did_not_move_may_stay(judged):
    other = kpi("別の指標", second="2023年度 14 件")
    old = judged(2022, kpi(), kpi("別の指標"), commentary=BLOCK)
    assert codes(compare(old, judged(2023, kpi(), other, commentary=BLOCK))) == []


def test_commentary_is_of_the_kpi_that_it_refers_to(judged):
    """The same words about another KPI are not carried over."""
    old = judged(2022, kpi(), kpi("別の指標"), commentary=BLOCK)
    rows = kpi(second="14 件"), kpi("別の指標", second="14 件")
    block = BLOCK.replace("(1)No.1", "(1)No.2")
    assert codes(compare(old, judged(2023, *rows, commentary=block))) == []


# ---------------------------------------------------------------- paths, tables and pictures


def test_paths_have_every_column_of_both_sheets(compared):
    path = compared(first="2022年度 13 件").paths
    told = path[["sheet_year", "role", "raw"]].itertuples(index=False, name=None)
    assert list(told) == [
        (2022, "baseline", "2020年度 10 件"),
        (2022, "actual", "2022年度 12 件"),
        (2022, "actual", ""),
        (2022, "target", "2030年 20 件"),
        (2023, "baseline", "2020年度 10 件"),
        (2023, "actual", "2022年度 13 件"),
        (2023, "actual", "2023年度 14 件"),
        (2023, "target", "2030年 20 件"),
    ]
    assert path["value"][1] == 12 and path["unit"][1] == "件" and path["year"][0] == 2020
    assert set(path["source"]) == {"data/shiken/2022.txt:6", "data/shiken/2023.txt:6"}


def test_moved_has_both_figures_where_the_sheets_differ(compared):
    (row,) = moved(compared(first="2022年度 13 件")).to_dict("records")
    assert row == {
        "指標": NAME,
        "当初値": "2020年度\n10 件",
        "2022年": "2022年度\n12 件\n→ 2022年度\n13 件",
        "2023年": "2023年度\n14 件",
        "目標値": "2030年\n20 件",
        "判定": "前進（20%）\n→ 前進（40%）",
        "行番号": "6 → 6",
    }


def test_moved_has_kpis_of_one_sheet_only(judged):
    new, old = kpi("新しいもの", "1 件", "2 件", "3 件", "4 件"), kpi("旧いもの", "5 件")
    changes = compare(judged(2022, old), judged(2023, new))
    rows = moved(changes).set_index("指標")
    assert rows.loc["新しいもの", ["判定", "行番号"]].tolist() == ["―\n→ 前進（67%）", "― → 6"]
    assert rows.loc["旧いもの", "判定"].endswith("\n→ ―")
    assert pictures(changes) == []


def test_summary_counts(compared):
    said = summary(compared(second="2023年度 20 件", first="2022年度 13 件"))
    assert said == (
        "1指標が両年度のシートに載っている。新しい指標は0、載らなくなった指標は0である。"
        "判定が変わった指標は1であり、うち実績の動きだけによるものは1である。"
        "ほかに、実績の遡及修正1件がある。"
    )


def test_picture_tells_restated_figures_in_words(compared):
    picture, again = (
        pictures(compared(first="2022年度 13 件", target="2030年 25 件"))[0] for _ in range(2)
    )
    assert picture.alt == (
        "2022年度から2023年度への変化のうち、数値が動いた1指標の図。"
        "架空の指標は当初値 2020年度 10 件、実績 2022年度 13 件、実績 2023年度 14 件、"
        "目標値 2030年度 25 件（2022年度のシートでは、"
        "実績 2022年度 12 件、目標値 2030年度 20 件）。"
    )
    assert picture.svg == again.svg


def test_pictures_leave_out_what_did_not_move(judged):
    still = kpi("動かない指標", second="")
    old = judged(2022, kpi(), still)
    (picture,) = pictures(compare(old, judged(2023, kpi(second="2023年度 14 件"), still)))
    assert "数値が動いた1指標の図" in picture.alt and "動かない指標" not in picture.alt


def test_units_do_not_share_an_axis(compared):
    """Figures of the earlier sheet in another unit are left out, and a KPI that mixes units."""
    cells = {"baseline": "2020年度 10 回", "first": "2022年度 12 回", "target": "2030年 20 回"}
    (picture,) = pictures(compared(**cells, second="2023年度 14 回"))
    assert "14 回" in picture.alt and "件" not in picture.alt
    assert pictures(compared(baseline="2020年度 10 回")) == []


def test_a_picture_shows_six_kpis(judged):
    rows = [kpi(f"架空の指標{letter}") for letter in "あいうえおかきくけこさしす"]
    later = [[*row[:3], "2023年度 14 件", *row[4:]] for row in rows]
    made = pictures(compare(judged(2022, *rows), judged(2023, *later)))
    counts = [re.search(r"数値が動いた(\d+)指標", picture.alt)[1] for picture in made]
    assert counts == ["6", "6", "1"]


def test_range_and_words_as_targets_can_be_drawn(compared):
    (picture,) = pictures(compared(target="2030年 20～30 件"))
    assert picture.alt.count("目標値 2030年度 20～30 件") == 1
    (picture,) = pictures(compared(target="2030年 上昇"))
    assert picture.alt.count("目標値") == 1


def test_kpi_is_compared_in_a_table_that_both_sheets_have(evaluation):
    """Of one that both tables list, dropped from (1): the rows of (2) are compared."""
    sheet = evaluation.sheet
    kept = ~((sheet.rows["section"] == 1) & (sheet.rows["no"] == 2))
    rows = sheet.rows[kept].reset_index(drop=True)
    after = evaluate(replace(sheet, rows=rows, fiscal_year=2023))
    path = compare(evaluation, after).paths
    path = path[path["kpi"] == "市内総生産額"]
    assert path["source"].unique().tolist() == ["data/kumamoto/2022.txt:27"]


# ---------------------------------------------------------------- the sheet with one of each change


def test_made_up_sheet_has_one_of_each_change(trial):
    counts = trial.changes["code"].value_counts()
    assert counts.to_dict() == {
        "status-changed": 6,
        "target-moved": 2,
        "new": 2,
    } | {code: 1 for code in CHANGE_CODES if code not in ("status-changed", "target-moved", "new")}
    causes = trial.changes.set_index("kpi")["cause"]
    assert causes[causes != ""].to_dict() == {
        "販売農家1戸あたりの出荷額(推計)": "target",
        "校区防災連絡会の設立数": "data",
        "市民と協働で健康をテーマとしたまちづくりを実施する校区数": "data",
        "小中学校の学校支援ボランティアにおける延べ活動者数": "data+baseline",
        "健康づくりに自ら取り組む市民の割合": "data",
        "大型蓄電池設置箇所数": "data+target+baseline",
    }


def test_a_sheet_beside_itself_has_no_change(evaluation):
    later = replace(evaluation, sheet=replace(evaluation.sheet, fiscal_year=2023))
    changes = compare(evaluation, later)
    assert codes(changes) == [] and pictures(changes) == []


# ---------------------------------------------------------------- plan.toml serves all years


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([("甲", "甲")], "formerly が指標「甲」自らの名前です"),
        ([("甲", "丙"), ("乙", "丙【1.1】")], "formerly の「丙」が重なっています"),
        ([("甲", 5)], "formerly が「5」です"),
    ],
)
def test_former_name_that_cannot_be(tmp_path, entries, said):
    text = '[plan]\nmunicipality = "試験市"\nname = "試験計画"\n'
    for name, former in entries:
        former = f'"{former}"' if isinstance(former, str) else former
        text += f'[[kpi]]\nname = "{name}"\nformerly = {former}\nreason = "架空"\n'
    (tmp_path / "plan.toml").write_text(text, "utf-8")
    with pytest.raises(KpiError, match=said):
        read_plan(tmp_path / "plan.toml")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("2022年度 2,529 十億円", "2022年度 25,290 億円", {"unit"}),
        ("2022年度 2,529 十億円", "2022年度 25,300 億円", {"unit", "value"}),
        ("2022年度 3 ヶ所", "2022年度 3 箇所", set()),
        ("2022年度 3 ヶ所", "2022年度 4 箇所", {"value"}),
        ("2022年度 3 ％", "2022年度 4 ポイント", {"unit"}),
    ],
)
def test_values_are_compared_in_one_unit(old, new, said):
    old, new = (SimpleNamespace(raw=raw, year=2022) for raw in (old, new))
    assert differences(old, new) == said


def test_actual_that_cannot_be_read_is_no_movement_of_the_data(compared):
    changes = compared(second="2023年度 小 12 中 14 件")
    change = one(changes, "status-changed")
    assert (change["after"], change["cause"]) == ("判定保留", "data")
    assert "読み取れない" in change["message"] and "実績の動き" not in change["message"]
    assert change["severity"] == "warning"
