"""What a column is by its head, and what is said where that is not known. All sheets made up."""

import re
import tomllib
from pathlib import Path

import pytest
from conftest import findings_of

from kpi_utils import KpiError, evaluate
from kpi_utils.cells import heads
from kpi_utils.cells.heads import head_of

TITLE = "## 試験市 試験計画（架空のデータ）\n\n"
CELLS = {
    "No": "1",
    "指標名": "架空の指標",
    "当初値": "2020年度 10 件",
    "2022年": "2022年度 12 件",
    "2030年(目標値)": "2030年度 20 件",
    "達成度 (%)": "20%",
}


@pytest.fixture
def read(read_file):
    """Read a sheet of 2022: its text, or the cells of its one row by their heads."""

    def read_it(cells, suffix="txt"):
        rows = ["\t".join(cells), "\t".join(cells.values())] if isinstance(cells, dict) else [cells]
        lines = [TITLE, *rows] if suffix == "txt" else rows
        return read_file(f"2022.{suffix}", "\n".join(lines))

    return read_it


def beside(head, cell, cells=CELLS):
    """The row with one more column, in the middle of it."""
    places = list(cells.items())
    return dict([*places[:3], (head, cell), *places[3:]])


def renamed(old, new):
    """The row with another head of a column."""
    return {head if head != old else new: cell for head, cell in CELLS.items()}


# -- What is no figure of the sheet is never taken for one.

OTHER_COLUMNS = re.split(
    r"\s+",
    """\
目標値との差 目標値の根拠 目標値の考え方 次期目標値 次期目標値の考え方 対目標値
目標値に対する評価 目標値を下回った理由 目標値の設定方法
前回目標値 変更前の目標値 目標値（変更前） 目標値（根拠） 目標値－実績値
目標値と実績値 当初値からの増減 当初値比 当初値の出典 基準値との比較 基準値の時点
現状値の出典 現状値と課題 実績値の推移 2022年度実績値の推移 2022年度の取組
2022年比 2022年度見込 2022年と2023年の実績 指標の説明 指標の定義
指標の考え方 取組名の説明 取組状況 取組の成果 達成度の推移
達成率の考え方 達成度に関する評価 令和4年/目標値 目標値（2022年度）（2027年度）
令和3年度（2022年度） A（2022年度）""",
)
FIGURES = ("baseline", "actual", "target", "published")


@pytest.mark.parametrize("head", OTHER_COLUMNS)
def test_head_that_says_more_than_its_words_is_asked_about_or_carried(read, head):
    """A column of figures: left aside where the head says what it is, else a question."""
    try:
        sheet = read(beside(head, "99 件"))
    except KpiError as error:
        assert f"「{head}」" in str(error) and "[columns]" in str(error)
    else:
        role = sheet.columns.set_index("header").loc[head, "role"]
        assert role not in (*FIGURES, "yearly_target", "name", "unit")


def test_texts_under_a_head_that_nobody_knows_are_carried(read):
    carried = read(beside("甲", "市民課と協議した"))
    assert carried.columns.set_index("header").loc["甲", "role"] == "carried"


TABLE = tomllib.loads((Path(heads.__file__).with_name("heads.toml")).read_text("utf-8"))
EXAMPLES = [(kind, of) for kind, about in TABLE["kinds"].items() for of in about["examples"]]


@pytest.mark.parametrize(("kind", "head"), EXAMPLES)
def test_example_of_the_table_of_words_is_of_its_kind(kind, head):
    assert kind in head_of(head).kinds


@pytest.mark.parametrize(
    "head", ["目標値達成率", "対目標値達成率", "目標値への進捗率", "達成度（%）※"]
)
def test_achievement_by_another_name_is_what_the_sheet_publishes(read, head):
    (row,) = read(renamed("達成度 (%)", head)).rows().itertuples()
    assert (row.published, row.target_raw) == ("20%", "2030年度 20 件")


@pytest.mark.parametrize(
    ("head", "kind", "year"),
    [
        ("令和3年度（2021年度）", "year", 2021),
        ("2022年度 実績（件）", "actual", 2022),
        ("2022年度 実績（速報値）", "actual", 2022),
        ("目標値（2030年度末）", "target", 2030),
        ("KPIの目標値（％）", "target", None),
        ("目標値＊ (2026/3)", "target", 2025),
        ("平成25（基準値）", "baseline", 2013),
        ("現状値 平成30年度（2018年度）", "latest", 2018),
        ("指標名 ※【】内はゴール番号", "name", None),
        ("基準値※２ (H30)", "baseline", 2018),
        ("実績値 注1) (R5)", "actual", 2023),
        ("取組の名称", "group", None),
        ("当該年度（R5）", "year", 2023),
        ("R6（最終年度）", "year", 2024),
        ("令和5年度（3年目）", "year", 2023),
        ("到達目標（R8）", "target", 2026),
        ("目標値（年間）", "target", None),
        ("令和8年度（中間目標年度）", "target", 2026),
        ("目標値 時点", "when", None),
        ("令和6年度（目標年度） 排出量", "target", 2024),
        ("実績（目標年度）", "actual", None),
        ("R5（実績見込）", "actual", 2023),
    ],
)
def test_plain_head_is_read(head, kind, year):
    read = head_of(head)
    assert (read.kinds[0], read.year) == (kind, year)


# -- Of several targets the one that is due next is judged.


@pytest.mark.parametrize(
    ("targets", "judged"),
    [
        ({"目標値": "99 件", "2024年 目標値": "20 件", "2030年 目標値": "40 件"}, "20 件"),
        ({"最終目標値（2027年度）": "30 件", "中間目標値（2022年度）": "15 件"}, "15 件"),
        # The cell says itself of which year it is.
        ({"目標値": "2023年度 15 件", "2024年 目標値": "20 件"}, "2023年度 15 件"),
        ({"目標値": "2026年度 30 件", "2024年 目標値": "20 件"}, "20 件"),
        # Nothing else is still due, or filled in.
        ({"2021年 目標値": "11 件", "目標値": "99 件"}, "99 件"),
        ({"2024年 目標値": "", "目標値": "99 件"}, "99 件"),
        ({"2024年 目標値": "―", "2030年 目標値": "40 件"}, "40 件"),
        ({"2020年 目標値": "11 件", "2021年 目標値": "12 件"}, "12 件"),
    ],
)
def test_target_that_is_due_next_is_judged(read, targets, judged):
    cells = {name: cell for name, cell in CELLS.items() if "目標値" not in name}
    assert read(cells | targets).rows()["target_raw"].tolist() == [judged]


# -- An actual of a part of its year.


@pytest.mark.parametrize(
    ("head", "cell", "when"),
    [
        ("令和4年9月30日現在", "12 件", "令和4年9月30日現在"),
        ("R4.9.30現在", "12 件", "R4.9.30現在"),
        ("2022年12月末", "12 件", "2022年12月末"),
        ("2022年", "2022年10月1日現在 12 件", "2022年10月1日現在"),
        ("2022年", "12 件（R4.9末）", "R4.9末"),
        # The whole year; the cell's own year, where no figure is in the head.
        ("令和5年3月31日現在", "12 件", ""),
        ("2023年3月", "12 件", ""),
        ("R5.3末", "12 件", ""),
        ("2022年", "12 件（R5.3.31現在）", ""),
        ("令和4年9月30日現在", "2022年度 12 件", ""),
    ],
)
def test_only_an_actual_within_a_year_is_remarked(read, head, cell, when):
    found = findings_of(evaluate(read(renamed("2022年", head) | {head: cell})), "part-year")
    assert len(found) == bool(when)
    for finding in found.itertuples():
        assert (finding.severity, finding.rows, finding.text) == ("warning", "(1)No.1", cell)
        assert f"「{when}」" in finding.message.replace("（", "").replace("）", "")


# -- Years that are missing.


@pytest.mark.parametrize("head", ["実績", "実績値", "実績（件）", "最新値"])
def test_actual_without_a_year_is_of_the_sheets_own(read, head):
    assert read(renamed("2022年", head)).points["column_year"].tolist() == [2022]
    # Beside one of that year it would be a second one.
    with pytest.raises(KpiError, match=f"「{head}」"):
        read(beside(head, "13 件"))


def test_table_without_a_column_up_to_the_year_is_named(read):
    """Table (1) reports 2022, table (2) begins in 2023."""
    heads, cells = "\t".join(CELLS), "\t".join(CELLS.values())
    text = f"## (1) 架空の表\n{heads}\n{cells}\n## (2) 架空の表\n"
    with pytest.raises(KpiError) as error:
        read(f"{text}{heads.replace('2022年', '2023年')}\n{cells}")
    (problem,) = error.value.problems
    assert "表(2) に、2022年までの実績の列がありません" in problem


# -- The order of the columns.


@pytest.mark.trial
@pytest.mark.parametrize("years", [(2020, 2021, 2022), (2022, 2021, 2020), (2021, 2022, 2020)])
@pytest.mark.parametrize(("before", "jumps"), [("4000 件", False), ("10 件", True)])
def test_jump_is_from_the_year_before_whatever_the_order(read, years, before, jumps):
    actuals = {2020: "10 件" if before != "10 件" else "4000 件", 2021: before, 2022: "5000 件"}
    places = [(name, cell) for name, cell in CELLS.items() if name != "2022年"]
    row = dict([*places[:3], *((f"{year}年", actuals[year]) for year in years), *places[3:]])
    found = evaluate(read(row | {"達成度 (%)": ""})).findings
    assert ("figure-jumps" in set(found["code"])) == jumps


# -- Files in which no table has a known head.

UNKNOWN = ["連番,事業,目的,令和4年度の値", *(f"{n},事,的,5 件" for n in range(1, 14))]
KNOWN = ["(1) 架空の表", ",".join(CELLS), ",".join(CELLS.values()), "(2) 架空の表"]


@pytest.mark.parametrize(
    ("suffix", "rows", "said"),
    [
        ("csv", UNKNOWN, "目標値の列がありません"),
        ("csv", [*KNOWN, *UNKNOWN], "表(2) 目標値の列がありません"),
        # The tabs are lost.
        ("txt", [row.replace(",", "  ") for row in UNKNOWN], "列に分かれていません"),
    ],
)
def test_table_with_unknown_heads_is_told_once(read, suffix, rows, said):
    with pytest.raises(KpiError) as error:
        read("\n".join(["試験市 試験計画（架空のデータ）", *rows]), suffix)
    (_,) = [problem for problem in error.value.problems if said in problem]
    assert suffix == "txt" or "タブ" not in str(error.value)
