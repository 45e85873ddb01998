"""Two years' sheets compared: each kind of change alone, what made a status change, the paths."""

import re
import tomllib
from dataclasses import replace

import pytest
from conftest import plan_of, table_text

from kpi_utils import compare, evaluate, per_kpi
from kpi_utils.showing.change_charts import paths as pictures
from kpi_utils.showing.change_tables import changed, changes_csv, moved, summary
from kpi_utils.words import JAPANESE, Words

HEAD = "No	指標名	当初値	2022年	2023年	2030年(目標値)	達成度 (%)"
NAME = "架空の指標"
OTHER = ("全く異なるもの", "1 件", "2 件", "", "4 件")
WORDS, LATE = {"target": "2030年 ○○の策定"}, {"target": "2022年 20 件"}
OTHER_UNIT = {"baseline": "2020年度 10 回", "first": "2022年度 12 回", "second": "2023年度 20 回"}
OTHER_UNIT["target"] = "2030年 20 回"
BLOCK = "「架空の指標」の増加【(1)No.1】\n  - ・前の記載"


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
def judged(read_file):
    """A made-up sheet of a year, evaluated; ``declared`` is what plan.toml says of its KPIs."""

    def judge_it(year, *rows, blocks=(), declared=None, head=HEAD):
        text = table_text(*rows, blocks=blocks, head=head)
        source = f"data/shiken/{year}.txt"
        return evaluate(read_file(f"{year}.txt", text, plan_of(declared), year, source=source))

    return judge_it


@pytest.fixture
def compared(judged):
    """A made-up KPI of 2022 and 2023 compared; ``cells`` are those of 2023 that are not usual."""

    def compare_it(before=None, declared=None, **cells):
        old = judged(2022, kpi(**(before or {})), declared=declared)
        new = judged(2023, kpi(**{"second": "2023年度 14 件"} | cells), declared=declared)
        return compare(old, new)

    return compare_it


def codes(changes):
    return changes.changes["code"].tolist()


def one(changes, code):
    """The one change of a code, in words."""
    table = changes_csv(changes, JAPANESE)
    (record,) = table[table["code"] == code].to_dict("records")
    return record


# ---------------------------------------------------------------- what is a change, and what not


@pytest.mark.trial
@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        # A new actual alone is no change, and neither is spelling.
        ({}, {}, []),
        ({"first": "2022年度 1,200 件"}, {"first": "２０２２年度　1200件", "second": "1300"}, []),
        ({"first": "2022年度 12.1 件"}, {"first": "2022年度 12.10 件"}, []),
        ({"baseline": "2020年度 ▲10 件"}, {"baseline": "2020年度 −10件"}, []),
        ({"name": "架空の 指標 【1.1】"}, {"name": "架空の指標【1.2】"}, []),
        ({"target": "2030年 20 件"}, {"target": "20件"}, []),
        # An actual that comes late restates nothing.
        *(
            ({"first": "集計中"}, {"first": of}, ["status-changed"])
            for of in ("12 件", "", "未公表")
        ),
        # By method 3, as actual / target, by no formula at all, and no figure.
        *(({}, {"published": of}, []) for of in ("40%", "70%", "41%", "C", "")),
    ],
)
def test_what_is_no_change_of_the_sheet(compared, before, after, told):
    assert codes(compared(before, **after)) == told


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
    quoted = f"「{after}」" if after else "空白"
    assert quoted in record["message"] or "31年度" in record["message"]


@pytest.mark.parametrize(
    ("before", "cells", "expected", "message"),
    [
        ({}, {"target": "2031年 25 件"}, ["target-moved", "target-year-moved"], "目標値が「2030年"),
        # A change of unit is one change, and no restatement.
        (
            {},
            OTHER_UNIT | {"second": "2023年度 14 回"},
            ["unit-changed"],
            "当初値、実績、目標値の単位が変わり（「2020年度 10 件」から",
        ),
        # Blank cells are quoted as blank.
        (
            {"baseline": ""},
            {},
            ["status-changed", "baseline-restated"],
            "当初値が空白から「2020年度 10 件」に",
        ),
        # What replaces a provisional figure needs no reason; another provisional one does.
        ({"first": "11 件（速報値）"}, {}, ["actual-restated"], "2022年の欄の実績は、確定前の値で"),
        (
            {"first": "11 件（速報値）"},
            {"first": "12 件（推計）"},
            ["actual-restated"],
            "2022年の欄の実績が「11 件（速報値）」から",
        ),
    ],
)
def test_changes_of_several_cells_or_parts(compared, before, cells, expected, message):
    changes = compared(before, **cells)
    assert codes(changes) == expected
    code = next(code for code in expected if code != "status-changed")
    assert one(changes, code)["message"].startswith(message)


@pytest.mark.parametrize(
    ("old", "new", "differs"),
    [
        ("2022年度 2,529 十億円", "2022年度 25,290 億円", ["unit"]),
        ("2022年度 2,529 十億円", "2022年度 25,300 億円", ["unit", "value"]),
        ("2022年度 3 ヶ所", "2022年度 3 箇所", []),
        ("2022年度 3 ヶ所", "2022年度 4 箇所", ["value"]),
        ("2022年度 3 ％", "2022年度 4 ポイント", ["unit"]),
    ],
)
def test_values_are_compared_in_one_unit(compared, old, new, differs):
    paths = compared({"first": old}, first=new).paths
    assert paths.loc[paths["column_year"] == 2022, "differs"].tolist() == ["+".join(differs)]


@pytest.mark.parametrize(
    ("row", "expected", "message"),
    [
        ("千人 100千人 120千人 130千人 200千人", [], ""),
        # What a column of units says is compared, too, and named where the cells do not.
        ("千人 100 120 130 210千人", ["target-moved"], "目標値が「200」から「210千人」に"),
        (
            "人 100,000 120,000 130,000 200,000",
            ["unit-changed"],
            "（単位「千人」）から「100,000」",
        ),
        ("世帯 100 120 130 200", ["unit-changed"], "から「100」（単位「世帯」）"),
        (
            "人 100,000 120 130,000 200,000",
            ["actual-restated", "unit-changed"],
            "「120」（単位「人」）に改められた",
        ),
    ],
)
def test_unit_of_a_column_is_compared_as_that_of_a_cell(judged, row, expected, message):
    head = HEAD.replace("指標名", "指標名	単位")
    old = judged(2022, [NAME, *["千人", "100", "120"], "", "200", ""], head=head)
    changes = compare(old, judged(2023, [NAME, *row.split(), ""], head=head))
    assert codes(changes) == expected
    assert message in "".join(changes_csv(changes, JAPANESE)["message"])
    assert "100 千人" in moved(changes, JAPANESE)["当初値"][0] or "100千人" in row


def test_targets_of_other_years_are_compared_by_what_is_judged(judged):
    row = kpi(second="2023年度 14 件", target="20 件")
    head = HEAD.replace("2030年", "2035年")
    changes = compare(judged(2022, kpi(target="20 件")), judged(2023, row, head=head))
    assert codes(changes) == ["target-year-moved"]
    assert "2030年度から2035年度に" in one(changes, "target-year-moved")["message"]
    # Of two targets, the one that is due next is judged: a year later the other one.
    head = HEAD.replace("2030年(目標値)", "2022年 目標値	2023年 目標値")
    old = judged(2022, ["指標", "10 件", "11 件", "", "12 件", "14 件", ""], head=head)
    new = judged(2023, ["指標", "10 件", "11 件", "13 件", "12 件", "14 件", ""], head=head)
    assert codes(compare(old, new)) == []
    assert old.rows["target_value"].iloc[0] != new.rows["target_value"].iloc[0]


# ---------------------------------------------------------------- what made a status change


@pytest.mark.parametrize(
    ("cells", "after", "cause"),
    [
        ({"second": "2023年度 20 件"}, "達成（100%）", "data"),
        ({"second": "2023年度 9 件"}, "後退（−10%）", "data"),
        # 12, as before, would meet the new target as well.
        ({"target": "2030年 12 件"}, "達成（200%）", "target"),
        ({"baseline": "2020年度 15 件"}, "後退（−20%）", "baseline"),
        # The year of the earlier sheet was restated; since then nothing moved.
        ({"first": "9 件", "second": "9 件"}, "後退（−10%）", "restated"),
        # Neither the actual nor the target alone would have done it; then each of them would have.
        ({"target": "2030年 13 件"}, "達成（133%）", "data+target"),
        ({"second": "2023年度 20 件", "target": "2030年 12 件"}, "達成（500%）", "data+target"),
    ],
)
def test_cause_of_a_status_change(compared, cells, after, cause):
    changes = compared(**cells)
    assert codes(changes)[0] == "status-changed"
    record = one(changes, "status-changed")
    assert (record["before"], record["after"], record["cause"]) == ("前進（20%）", after, cause)
    assert record["severity"] == ("note" if cause == "data" else "warning")
    words = {JAPANESE.of("cause")[part] for part in cause.split("+")}
    assert [word for word in words if word not in record["message"]] == []
    assert ("実績の動きによるものではない" in record["message"]) == ("data" not in cause)


@pytest.mark.parametrize(
    ("before", "second", "cause", "message"),
    [
        # Nothing moved but the time: 前進 one year, and no further in the target's.
        ("2023年 20 件", "2023年度 12 件", "data", "目標の年度の実績が出たことによる。"),
        ("2023年 20 件", "2023年度 9 件", "data", "実績の動きによる。"),
        # A target that is brought forward makes a KPI missed.
        ("2030年 20 件", "2023年度 12 件", "data+target", "2022年度の判定とは分けて扱う。"),
    ],
)
def test_what_is_due_and_not_met_is_missed(compared, before, second, cause, message):
    changes = compared({"target": before}, second=second, target="2023年 20 件")
    record = one(changes, "status-changed")
    assert record["before"] == "前進（20%）" and record["after"].startswith("未達（")
    assert record["message"].endswith(message) and record["cause"] == cause
    assert record["severity"] == ("note" if cause == "data" else "warning")


@pytest.mark.trial
@pytest.mark.parametrize(
    ("before", "cells", "cause", "after"),
    [
        # A sum that is none any more.
        ({"target": "2030年 20 件（5年間累計）"}, {}, "target", "前進（40%）"),
        ({"baseline": "2020年度 10 件（2015～2020年度の累計）"}, {}, "baseline", "前進（40%）"),
        # A name that says 削減 makes the direction unclear; another is declared with a direction.
        ({}, {"name": "架空の指標の削減"}, "declaration", "判定保留"),
        ({}, {"name": "別の名"}, "declaration", "達成（−40%）"),
        # Parts in different units cannot be judged together.
        ({}, OTHER_UNIT, "data+target+baseline", "達成（100%）"),
        # The sheet's own word on a target in words goes with the actual.
        (WORDS, WORDS | {"published": "達成"}, "data", "達成"),
        # So does a grade that contradicted the figures.
        ({**LATE, "published": "○"}, LATE, "data", "未達（40%）"),
        # A cell that cannot be read is no movement of the data.
        ({}, {"second": "2023年度 小 12 中 14 件"}, "data", "判定保留"),
    ],
)
def test_part_that_makes_a_status_change(compared, before, cells, cause, after):
    former = {"架空の指標の削減": {}, "別の名": {"direction": "decrease"}}
    declared = {name: {"formerly": NAME} | more for name, more in former.items()}
    of_row = {name: items for name, items in declared.items() if name == cells.get("name")}
    changes = compared(before, of_row, **cells)
    record = one(changes, "status-changed")
    assert (record["cause"], record["after"]) == (cause, after)
    if after == "判定保留":
        assert "ためであり、シートを確かめる。" in record["message"]
        assert "実績の動き" not in record["message"] and record["severity"] == "warning"


@pytest.mark.parametrize(
    ("first", "published", "message"),
    [
        ("28 件", "20%", "実績の動きによる。"),
        # What was settled since need not have moved.
        ("未公表", "", "2022年度にはよくなる向きが不明"),
    ],
)
def test_what_both_sheets_say_alike_is_no_cause(judged, first, published, message):
    """That less is better is known by the printed figures alone, which go with the actual."""
    falling = {"name": "別のもの", "baseline": "2020年度 30 件", "target": "2030年 20 件"}
    house = [kpi(f"家の算式の指標{no}", published="20%") for no in range(3)]
    old = judged(2022, *house, kpi(first=first, published=published, **falling))
    falling |= {"target": "2030年 20件", "second": "2023年度 31 件", "published": "-10%"}
    changes = compare(old, judged(2023, *house, kpi(first=first, **falling)))
    record = one(changes, "status-changed")
    assert (record["cause"], record["after"]) == ("data", "後退（−10%）")
    assert record["severity"] == "note" and message in record["message"]
    assert f"実績の動きだけによるものは{int('実績' in message)}である" in summary(changes, JAPANESE)


def test_relistings_that_differ_and_another_direction_are_told(judged):
    old = judged(2022, kpi(), kpi())
    new = judged(2023, kpi(second="2023年度 14 件"), kpi(second="2023年度 15 件"))
    record = one(compare(old, new), "status-changed")
    assert (record["after"], record["cause"]) == ("判定保留", "relisting")
    assert record["rows_after"] == "(1)No.1、2"
    # A target that was mistyped lies below the baseline, and the sheet's formula follows it.
    house = [kpi(f"家の算式の指標{no}", published="20%") for no in range(3)]
    old = judged(2022, *house, kpi("別のもの", published="20%"))
    falls = {"別のもの": {"direction": "decrease"}}
    mistyped = {"second": "2023年度 9 件", "target": "2030年 2 件", "published": "13%"}
    new = [judged(2023, *house, kpi("別のもの", **mistyped), declared=of) for of in (None, falls)]
    message = one(compare(old, new[0]), "direction-changed")["message"]
    assert "「増加」から「減少」（根拠：公表値）" in message
    assert "direction-changed" not in codes(compare(old, new[1]))


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


def test_older_figure_counts_by_the_houses_convention_only(judged):
    """12 / 20 of last year is 60 %, but the house prints by method 3."""
    house = kpi("家の算式の指標", second="2023年度 15 件", published="50%")
    before = judged(2022, kpi(), kpi("家の算式の指標"))
    after = judged(2023, kpi(second="2023年度 14 件", published="60%"), house)
    assert codes(compare(before, after)) == []


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("names", "former"),
    [
        ({"新しい名の指標": "架空の 指標【1.1】"}, [NAME]),
        # Former names are followed over the years, and those that go round end.
        ({"三つ目の名": "二つ目の名", "二つ目の名": NAME}, ["二つ目の名", NAME]),
        ({"甲": "乙", "乙": "甲"}, ["乙"]),
    ],
)
def test_declared_former_name_makes_it_the_same_kpi(compared, names, former):
    declared = {name: {"formerly": old} for name, old in names.items()}
    changes, name = compared(declared=declared, name=next(iter(names))), next(iter(names))
    assert changes.after.sheet.plan.former(name) == former
    if NAME not in former:
        assert "new" in codes(changes)
        return
    assert codes(changes) == ["renamed"] and changes.same == {name: NAME}
    record = one(changes, "renamed")
    assert (record["before"], record["after"]) == (NAME, name)


def test_new_and_dropped_kpis_and_a_former_name_that_is_still_listed(judged):
    changes = compare(judged(2022, kpi()), judged(2023, kpi(second="14 件"), kpi(*OTHER)))
    assert codes(changes) == ["new"]
    record = one(changes, "new")
    assert (record["rows_before"], record["rows_after"]) == ("", "(1)No.2")
    assert (record["source_before"], record["source_after"]) == ("", "data/shiken/2023.txt:7")
    changes = compare(judged(2022, kpi(*OTHER), kpi()), judged(2023, kpi(second="14 件")))
    assert codes(changes) == ["dropped"]
    record = one(changes, "dropped")
    assert (record["rows_before"], record["rows_after"]) == ("(1)No.1", "")
    assert (record["source_before"], record["source_after"]) == ("data/shiken/2022.txt:6", "")
    declared = {"新しい名の指標": {"formerly": NAME}}
    new = kpi("新しい名の指標", "1 件", "2 件", "3 件", "4 件")
    after = judged(2023, kpi(second="2023年度 14 件"), new, declared=declared)
    assert codes(compare(judged(2022, kpi()), after)) == ["new"]


def test_of_a_part_of_the_sheet_other_kpis_are_neither_new_nor_dropped(judged):
    """A notebook has kept one KPI: the other two are left out, though one is restated."""
    rows = kpi(second="14 件"), kpi("別の指標", first="13 件"), kpi(*OTHER)
    before, after = judged(2022, kpi(), kpi("別の指標")), judged(2023, *rows)
    part = compare(before, replace(after, kpis=after.kpis[after.kpis["kpi"] == NAME]))
    assert codes(part) == [] and part.same == {NAME: NAME}
    assert "actual-restated" in codes(compare(before, after))


@pytest.mark.parametrize(
    ("cells", "likeness"),
    [
        ({"name": "架空の指標値", "baseline": "2020年度 9 件"}, "名称が似て"),
        ({"name": "全く異なるもの"}, "当初値及び目標値が同じで"),
        ({"name": '架空の"指標"'}, "当初値及び目標値が同じで"),
        ({"name": "全く異なるもの", "target": "2030年 21 件"}, ""),
        ({"name": "全く異なるもの", "baseline": "2020年度 10 人", "second": "2023年度 14 人"}, ""),
        ({"name": "全く異なるもの", "baseline": "", "target": "上昇"}, ""),
    ],
)
def test_likely_rename_is_proposed_and_never_taken(compared, cells, likeness):
    changes = compared(**cells)
    assert codes(changes) == ["new", "dropped", *(["rename-proposed"] if likeness else [])]
    assert changes.same == {}
    if likeness:
        message = one(changes, "rename-proposed")["message"]
        assert likeness in message
        (entry,) = re.findall(r"name = .*?(?=、formerly)", message)
        assert tomllib.loads(entry) == {"name": cells["name"]}
        assert f'、formerly = "{NAME}" 及び' in message


def test_of_two_dropped_kpis_that_with_the_same_figures_is_proposed(judged):
    old = judged(2022, kpi("架空の指標あ", "1 件"), kpi("何か異なるもの"))
    changes = compare(old, judged(2023, kpi("架空の指標い", second="2023年度 14 件")))
    assert one(changes, "rename-proposed")["before"] == "何か異なるもの"


# ---------------------------------------------------------------- commentary


@pytest.mark.parametrize(
    ("block", "second", "is_carried_over"),
    [
        # Another heading and another spelling: the words are the same.
        (BLOCK.replace("の増加", "").replace("・前", "・ 前"), "2023年度 14 件", True),
        (BLOCK.replace("前の", "新しい"), "2023年度 14 件", False),
        # The words of a figure that did not move may stay.
        (BLOCK, "", False),
        # The same words about another KPI are not carried over.
        (BLOCK.replace("(1)No.1", "(1)No.2"), "2023年度 14 件", False),
    ],
)
def test_commentary_carried_over_though_the_figure_moved(judged, block, second, is_carried_over):
    old = judged(2022, kpi(), kpi("別の指標"), blocks=[BLOCK])
    rows = kpi(second=second), kpi("別の指標", second="2023年度 14 件")
    changes = compare(old, judged(2023, *rows, blocks=[block]))
    assert codes(changes) == ["commentary-carried-over"] * is_carried_over
    if is_carried_over:
        record = one(changes, "commentary-carried-over")
        assert record["source_before"] == "data/shiken/2022.txt:11"
        assert "「2022年度 12 件」から「2023年度 14 件」に" in record["message"]


# ---------------------------------------------------------------- paths, tables and pictures


def test_paths_and_what_moved_have_the_cells_of_both_sheets(compared):
    changes = compared(first="2022年度 13 件")
    path = changes.paths
    columns = ["role", "column_year", "raw_before", "raw_after", "differs"]
    assert path[columns].fillna(0).to_numpy().tolist() == [
        ["baseline", 0, "2020年度 10 件", "2020年度 10 件", ""],
        ["actual", 2022, "2022年度 12 件", "2022年度 13 件", "value"],
        ["actual", 2023, "", "2023年度 14 件", "value"],
        ["target", 2030, "2030年 20 件", "2030年 20 件", ""],
    ]
    assert path["value_before"][1] == 12 and path["unit_before"][1] == "件"
    assert path["year_after"].tolist() == [2020, 2022, 2023, 2030]
    assert set(path["source_after"]) == {"data/shiken/2023.txt:6"}
    (row,) = moved(changes, JAPANESE).to_dict("records")
    assert row == {
        "指標": NAME,
        "当初値": "2020年度\n10 件",
        "2022年": "2022年度\n12 件\n→ 2022年度\n13 件",
        "2023年": "2023年度\n14 件",
        "目標値": "2030年\n20 件",
        "判定": "前進（20%）\n→ 前進（40%）",
        "行番号": "6 → 6",
    }
    (row,) = moved(compared(second="14 件（R5年度）"), JAPANESE).to_dict("records")
    assert row["2023年"] == "14 件（R5年度）"


def test_changes_in_words_of_two_languages(compared):
    changes = compared(second="2023年度 20 件", first="2022年度 13 件")
    assert summary(changes, JAPANESE) == (
        "1指標が両年度のシートに載っている。新しい指標は0、載らなくなった指標は0である。"
        "判定が変わった指標は1であり、うち実績の動きだけによるものは1である。"
        "ほかに、実績の遡及修正1件がある。"
    )
    english = changes_csv(changes, Words("en"))
    assert english["message"][0] == (
        "The status changed from progressing to met because the actual moved."
    )
    assert english["before"].tolist() == ["Progressing (20%)", "2022年度 12 件"]
    assert changed(changes, JAPANESE)["説明"].tolist() == [
        "判定が「前進」から「達成」に変わったのは、実績の動きによる。",
        "2022年の欄の実績が「2022年度 12 件」から「2022年度 13 件」に改められたため、"
        "理由を確かめ、注記する。",
    ]


def test_picture_tells_restated_figures_in_words(compared):
    (picture,) = pictures(compared(first="2022年度 13 件", target="2030年 25 件"), JAPANESE)
    assert picture.alt == (
        "2022年度から2023年度への変化のうち、数値が動いた1指標の図。"
        "架空の指標は当初値 2020年度 10 件、実績 2022年度 13 件、実績 2023年度 14 件、"
        "目標値 2030年度 25 件（2022年度のシートでは、"
        "実績 2022年度 12 件、目標値 2030年度 20 件）。"
    )


@pytest.mark.parametrize(
    ("cells", "has", "has_not"),
    [
        # Figures of the earlier sheet in another unit are left out.
        (OTHER_UNIT, "20 回", "件"),
        # A range has two ends and one text; words have no mark.
        ({"target": "2030年 20～30 件"}, "目標値 2030年度 20～30 件", "20 件、目標値"),
        ({"target": "2030年 上昇"}, "目標値 2030年度 20 件）", "上昇"),
    ],
)
def test_what_can_be_drawn_on_one_axis(compared, cells, has, has_not):
    (picture,) = pictures(compared(**cells), JAPANESE)
    assert has in picture.alt and has_not not in picture.alt
    # A KPI that mixes units is not drawn at all.
    assert pictures(compared(baseline="2020年度 10 回"), JAPANESE) == []


def test_pictures_of_six_kpis_that_moved_and_none_of_one_sheet_only(judged):
    rows = [kpi(f"架空の指標{letter}") for letter in "あいうえおかきくけこさしす"]
    later = [[*row[:3], "2023年度 14 件", *row[4:]] for row in rows]
    still = kpi("動かない指標")
    changes = compare(judged(2022, *rows, still), judged(2023, *later, still))
    alts = [picture.alt for picture in pictures(changes, JAPANESE)]
    assert [re.search(r"数値が動いた(\d+)指標", alt)[1] for alt in alts] == ["6", "6", "1"]
    assert "動かない指標" not in "".join(alts)
    new, old = kpi("新しいもの", "1 件", "2 件", "3 件", "4 件"), kpi("旧いもの", "5 件")
    changes = compare(judged(2022, old), judged(2023, new))
    rows = moved(changes, JAPANESE).set_index("指標")
    assert rows.loc["新しいもの", ["判定", "行番号"]].tolist() == ["―\n→ 前進（67%）", "― → 6"]
    assert rows.loc["旧いもの", "判定"].endswith("\n→ ―")
    assert pictures(changes, JAPANESE) == []


def test_kpi_is_compared_in_a_table_that_both_sheets_have(evaluation):
    """Of one that both tables list, without its row in (1): the rows of (2) are compared."""
    rows = evaluation.rows.drop((1, 2))
    after = replace(evaluation, rows=rows, kpis=per_kpi(rows))
    path = compare(evaluation, after).paths
    path = path[path["kpi"] == "市内総生産額"]
    assert path["source_before"].unique().tolist() == ["data/kumamoto/2022.txt:27"]


# ---------------------------------------------------------------- the sheet with one of each change


def test_made_up_sheet_has_one_of_each_change_and_a_sheet_beside_itself_none(trial, evaluation):
    several = {"status-changed": 6, "target-moved": 2, "new": 2}
    assert trial.changes["code"].value_counts().to_dict() == several | {
        # A direction, and two KPIs of a name, are no matter of this story: they have tests.
        code: 1
        for code in JAPANESE.of("change")
        if code not in (*several, "direction-changed", "paired-by-initiative")
    }
    later = replace(evaluation, sheet=replace(evaluation.sheet, fiscal_year=2023))
    changes = compare(evaluation, later)
    assert codes(changes) == [] and pictures(changes, JAPANESE) == []
