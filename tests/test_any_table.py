"""Tables of KPIs in layouts of their own: what a person reads off them. All figures made up."""

import csv
import io
import re
from itertools import permutations
from random import Random

import openpyxl
import pytest
from conftest import PLAN as METADATA
from conftest import book_of, findings_of, plan_of, report_of

from kpi_utils import KpiError, evaluate, load
from kpi_utils.cells.notation import identity
from kpi_utils.preparing.form import make_form
from kpi_utils.running.exports import kpis_csv
from kpi_utils.sheets.reading import read_sheet
from kpi_utils.showing.entries import questions

TITLE = ["試験市 試験計画（架空のデータ）"]


def as_csv(rows):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


@pytest.fixture
def read(read_file):
    """Read rows, each of cells or of a text with bars between them, as the sheet of 2023."""

    def read_it(rows, heads=None, title=(TITLE,), declared=None):
        rows = [row.split("|") if isinstance(row, str) else row for row in rows]
        content = as_csv([*title, *rows]).encode("utf-8-sig")
        return read_file("2023.csv", content, plan_of(declared, heads=heads or {}), 2023)

    return read_it


def facts(sheet):
    """What each KPI says, by its name."""
    names = ["unit", "baseline", "baseline_year", "actual", "actual_column_year", "target"]
    names += ["target_column_year", "published", "initiative"]
    return sheet.rows().set_index("name")[names].astype(str).to_dict("index")


# Each column with heads that are the same: the first part of a head of two lines, and the second.
COLUMNS = {
    "no": ["No", "番号", "項番", "指標番号"],
    "initiative": ["取組名", "施策", "基本目標", "分野"],
    "name": ["指標名", "成果指標", "KPI", "重要業績評価指標（KPI）", "評価指標"],
    "unit": ["単位"],
    "baseline": ["当初値（R2年度）", "基準値（令和2年度）", "策定時 2020年度", "初期値（2020）"],
    "before": ["R4実績", "2022年度 実績値", "令和4年度実績", "実績値（R4）"],
    "actual": ["R5実績", "2023年度 実績値", "令和5年度実績", "実績値（R5）"],
    "target": ["目標値（R8年度）", "目標 令和8年度", "最終目標値（2026年度）", "数値目標（R8）"],
    "published": ["達成率", "達成度（%）", "目標達成率", "進捗率（％）"],
}
ROWS = [
    ["1", "① 架空の取組", "架空の講座の受講者数", "人", "100", "130", "150", "200", "50%"],
    ["2", "", "架空の施設の利用率", "%", "40.5", "41.0", "－", "55.5", "3%"],
    ["3", "② 架空の推進", "架空の登録団体数", "団体", "1,000", "1,100", "1,250", "2,000", "25%"],
    ["4", "", "架空の相談の件数", "件", "12", "", "9", "20", "-38%"],
]
CARRIED = {"備考": "架空の備考", "担当課": "架空課", "出典": "架空の調査", "目標値の考え方": "架空"}


def made(choices=None, order=None, rows=ROWS):
    """A table with one head for each column, its columns in an order."""
    heads = [words[(choices or {}).get(role, 0)] for role, words in COLUMNS.items()]
    order = order or range(len(heads))
    return [[heads[of] for of in order], *([row[of] for of in order] for row in rows)]


def without(*roles, rows=ROWS):
    return made(order=[of for of, role in enumerate(COLUMNS) if role not in roles], rows=rows)


@pytest.mark.trial
@pytest.mark.parametrize("seed", range(12))
def test_frames_stay_the_same_however_a_table_is_laid_out(read, seed):
    """Columns in another order, other words in the heads, carried columns between them."""
    random, as_it_is = Random(seed), facts(read(made()))
    choices = {role: random.randrange(len(words)) for role, words in COLUMNS.items()}
    order = list(range(len(COLUMNS)))
    random.shuffle(order)
    table = made(choices, order)
    for head, text in random.sample(list(CARRIED.items()), 2):
        column = random.randrange(len(table[0]) + 1)
        table = [[*row[:column], text, *row[column:]] for row in table]
        table[0][column] = head
    sheet = read(table)
    assert facts(sheet) == as_it_is
    assert {"carried", "department"} & set(sheet.columns["role"])


def test_head_of_two_or_three_lines_is_read_as_one(read):
    as_it_is = facts(read(made()))
    first = "No|取組名|指標名|単位|当初値|実績値||目標値|達成率"
    assert facts(read([first, "||||（R2年度）|R4|R5|R8|", *ROWS])) == as_it_is
    heads = [first, "||||令和2年度|令和4年度|令和5年度|令和8年度|"]
    assert facts(read([*heads, "||||（2020）|（2022）|（2023）|（2026）|", *ROWS])) == as_it_is


@pytest.mark.parametrize("role", ["baseline", "actual", "target", "name"])
@pytest.mark.parametrize("head", ["甲乙", "設定値", "R5とR6"])
def test_head_that_nobody_knows_is_a_question_and_never_another_role(read, role, head):
    table = made()
    table[0][list(COLUMNS).index(role)] = head
    with pytest.raises(KpiError) as error:
        read(table)
    assert head in str(error.value) or "指標名の列がありません" in str(error.value)
    # The line that the question proposes settles it.
    assert facts(read(table, {head: COLUMNS[role][0]})) == facts(read(made()))


@pytest.mark.parametrize("signs", ["＋－", "△▽"])
def test_direction_in_signs_that_nobody_knows_is_a_question(read, signs):
    rows = [f"架空の{sign}|{sign}|10|12|20" for sign in signs]
    with pytest.raises(KpiError, match=r"「方向」.*何の列か定まりません"):
        read(["指標|方向|当初値|R5実績|目標値（R8）", *rows])


@pytest.mark.parametrize(
    ("table", "asked", "heads", "names"),
    [
        (
            ["甲|乙|丙|丁", "架空の件数|1|2|3", "架空の人数|1|2|4"],
            "「甲　乙　丙　丁」です。このうち、次の見出しが何の列か",
            {"甲": "指標名", "乙": "当初値", "丙": "2023年度 実績", "丁": "目標値"},
            ["架空の件数", "架空の人数"],
        ),
        # What stands beside the names is known by what is said of their head.
        (
            ["甲||乙|R5|R8", "架空の率|木造|1|2|3", "|鉄骨|1|2|4"],
            r'指標の表がありません[\s\S]*\n"甲" = ""',
            {"甲": "指標名", "乙": "当初値", "R5": "2023年度 実績", "R8": "2026年度 目標値"},
            ["架空の率（木造）", "架空の率（鉄骨）"],
        ),
        (
            ["平成（年度）||33|34|35|36", "架空の率|計画|1|2|2|3", "|実績|1|1|2|"],
            "「平成（年度）　33　34　35　36」です。指標名、目標値",
            {"平成（年度）": "指標名"}, ["架空の率"],
        ),
        (
            ["|甲|乙", "目標額|3|4", "達成額|2|2", "上積み額|-1,000|-1,000"], "「上積み額」",
            {"上積み額": "備考"}, ["甲", "乙"],
        ),
        (
            ["指標|現況値|前回（実績）|目標", "架空|1|4|9"], "「前回（実績）」",
            {"前回（実績）": "当初値", "現況値": "2023年度 実績"}, ["架空"],
        ),
        (
            ["甲|成果指標|活動指標|R4実績|R5実績|目標", "乙|丙|丁|1|2|9"],
            "「成果指標」「活動指標」", {"活動指標": "指標名"}, ["丁"],
        ),
        (["指標|R5予測実績|目標", "架空|2|9"], "「R5予測実績」", {"R5予測実績": "備考"}, ["架空"]),
        # The sum below names under a head that nobody knows, of grades, is no KPI.
        (
            ["甲乙||R5実績|目標値", "1|丙|2|9", "2|丁|1|9", "甲乙の総合||c|"],
            "「甲乙」に指標名が", {"甲乙": "指標名"}, ["丙", "丁"],
        ),
        # Figures of a year to come may make targets of all; of one line, nobody knows which it is.
        (["指標|基準|R4|R5|R6|R7", "甲|1|2|2|3|5"], "「R6」は、", {"R6": "2024年度 実績"}, ["甲"]),
        (["指標|基準|目標（上段）実績（下段）|目標（R8）", "||R5|", "甲|1|2|3"],
         r"「R5 目標\(上段\)", {"R5 目標(上段)実績(下段)": "2023年度 実績"}, ["甲"]),
    ],
)  # fmt: skip
def test_question_about_heads_is_settled_by_the_lines_that_it_asks_for(
    read, table, asked, heads, names
):
    with pytest.raises(KpiError, match=asked):
        read(table)
    rows = read(table, {identity(head): said for head, said in heads.items()}).rows()
    assert rows["name"].tolist() == names
    assert rows["actual"].isin([1, 2]).all() or "備考" in heads.values()


@pytest.mark.parametrize(
    ("head", "declared", "reason"),
    [
        ("R5上半期", {}, "half-year"),
        ("R5上半期", {"running_total": True}, "half-year"),
        ("純減の数（R5）", {}, "sums-mixed"),
    ],
)
def test_growth_or_half_a_year_that_is_declared_is_not_set_against_levels(
    read, head, declared, reason
):
    """And nothing is offered that would make half a year's figure that of a year."""
    table = [f"指標|R2基準|{head}|R8目標", "架空の件数|10|12|20"]
    with pytest.raises(KpiError, match=re.escape(f'\n[columns]\n"{head}" = ""')):
        read(table)
    sheet = read(table, {identity(head): "2023年度 実績"}, declared={"架空の件数": declared})
    evaluation = evaluate(sheet)
    assert evaluation.rows["reason"].tolist() == [reason]
    is_offered = "# cumulative = true" in list(questions(evaluation))
    assert is_offered == (reason == "sums-mixed")


def test_period_in_a_declared_head_makes_no_sums(read):
    """目標（R2～R6） may only name the period of the plan."""
    table = ["指標|R1|R5実績|目標（R2～R6）", "架空の数|1|2|9"]
    assert evaluate(read(table)).rows["reason"].tolist() == ["sums-mixed"]
    declared = {identity("目標（R2～R6）"): "2024年度 目標値"}
    assert evaluate(read(table, declared)).rows["status"].tolist() == ["progressing"]


# -- What is missing, and what stands elsewhere.


def test_table_alone_in_its_file_is_called_after_the_plan(read):
    sheet = read(made(), title=())
    assert (sheet.title, sheet.captions) == ("試験市 試験計画", {1: "試験市 試験計画"})


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("10|12|11|13 14|12|15|14|20", "13 14"),
        # 令和5年 has the figure of 令和3年, beside that of 令和4年: which is the newest?
        ("10|12|11|13|12|15|R3年度 14|20", "前の列の実績より古い"),
        ("10|12|11|13|R3年度 12|15|R3年度 14|20", ""),
    ],
)
def test_cell_of_a_year_that_cannot_be_read_is_told(read, row, told):
    heads = "指標名|単位|当初値（R2）|R3目標値|R3実績|R4目標値|R4実績|R5目標値|R5実績|目標値（R8）"
    rows = [f"架空の件数|件|{row}"]
    rows += [f"{name}|人|1|2|3|4|5|6|7|8" for name in ("架空の人数", "架空の会員数")]
    found = findings_of(evaluate(read([heads, *rows])), "unreadable-cell")
    assert list(found["rows"]) == ["(1)No.1"] * bool(told) and told in found.to_string()


@pytest.mark.parametrize(("targets", "year"), [((5, 6, 7, 8), 2026), ((5, 8), 2023)])
def test_targets_of_each_year_are_steps_in_the_first_of_them_too(read, targets, year):
    heads = ["指標", "ベースライン（R4）", *(f"目標値（R{of}）" for of in targets), "R5実績"]
    sheet = read([heads, ["架空の率", "3%", *(f"{of}%" for of in targets), "4%"]])
    assert sheet.rows()["target_column_year"].tolist() == [year]


def test_table_without_actuals_is_a_plans_own(read):
    judged = evaluate(read(without("before", "actual", "published")))
    assert set(judged.rows["status"]) == {"undetermined"}
    assert findings_of(judged, "targets-only")["severity"].tolist() == ["note"]
    assert findings_of(judged, "not-judged").empty
    # The way to go, a year: from 100 to 200 people in six years.
    assert judged.rows["needed_a_year"].iloc[0] == pytest.approx(100 / 6)
    said = report_of(judged).chapters
    assert "計画自身の表" in said["summary"] and "公表値" not in dict(said["provenance"]).values()
    told = [(dict(card["facts"])["達成度"], dict(card["facts"])["理由"]) for card in said["cards"]]
    assert set(told) == {("―", "実績の列なし")} and "実績の列なしのため" in str(said["cards"])


def test_figures_beside_a_table_with_targets_need_none(read):
    judged = evaluate(read([SHORT, "甲|3|5", "活動指標|R4実績|R5実績", "乙|10|20"]))
    assert judged.rows[["actual", "target"]].fillna(0).to_numpy().tolist() == [[3, 5], [20, 0]]
    assert list(findings_of(judged, "not-judged")["rows"]) == ["(2)No.1"] and book_of(judged)
    costs = evaluate(read([SHORT, "甲|3|5", "費用", SHORT, "総事業費|3|5"]))
    assert len(findings_of(costs, "row-left-out")) == 1


@pytest.mark.parametrize(
    "labels", [["1-1", "1-2", "2-1", "2-2"], [*"①②①②"], [*"1212"], ["1", "2", "再掲", "3"]]
)
def test_label_is_printed_as_it_stands(read, labels):
    sheet = read(made(rows=[[label, *row[1:]] for label, row in zip(labels, ROWS, strict=True)]))
    assert sheet.rows()["no_raw"].tolist() == labels
    assert labels[1] in sheet.words.rows([(1, 2)])
    assert sheet.rows()["relisted"].tolist() == [label == "再掲" for label in labels]


@pytest.mark.parametrize("numbers", [["1.0", "2.0", "3.0", "4.0"], [*"１２３", "４．０"]])
def test_number_of_a_row_is_that_number_however_it_is_shown(read, numbers):
    rows = read(made(rows=[[no, *row[1:]] for no, row in zip(numbers, ROWS, strict=True)])).rows()
    assert (rows["no"].tolist(), set(rows["no_raw"])) == ([1, 2, 3, 4], {""})


def test_unit_stands_in_a_column_a_head_or_a_name(read):
    in_names = [[*row[:2], f"{row[2]}（{row[3]}）", *row[3:]] for row in ROWS]
    units = read(without("unit", rows=in_names)).rows()["unit"]
    assert units.tolist() == [row[3] for row in ROWS]
    in_heads = without("unit")
    in_heads[0] = [head + "（単位：千円）" * ("R" in head) for head in in_heads[0]]
    assert set(read(in_heads).rows()["unit"]) == {"千円"}
    # Whole numbers before units without a head are no labels.
    beside = read(["指標|R2現状||R5実績||R8目標|", "架空の人数|9|人|10|人|20|人"]).rows()
    assert beside[["unit", *FIGURES]].to_numpy().tolist() == [["人", 9, 10, 20]]
    beside = read(["||R5計画|R5実績", "甲|(日)|3|2", *(f"{of}|(人)|5|4" for of in "乙丙")]).rows()
    assert beside["unit"].tolist() == ["日", "人", "人"]


# -- Several lines a KPI, and several figures in a cell.

CAPTIONED = ["年度|R4|R5|R8", "目標|3|4|5", "実績|2|3|"]
LINES = ["指標|区分|R3|R4|R5|目標（R8）", "架空の件数|実績|7|8|9|20", "|計画|10|11|12|"]
FIGURES = ["baseline", "actual", "target"]


@pytest.mark.parametrize(
    ("table", "figures", "wanted"),
    [
        # Lines that say what they are; that of 達成率 has a unit of its own.
        (
            ["指標|区分|単位|R3|R4|R5|目標最終年度R8", "架空の件数|目標値|件|10|20|30|60",
             "|成果実績|件|8|15|33|", "|達成率|%|80|75|110|"],
            [[None, 33, 60]], {"published": "110", "unit": "件"},
        ),
        (LINES, [[None, 9, 20]], {"actual_column_year": 2023, "target_column_year": 2026}),
        # So they do where no head stands over those words.
        ([LINES[0].replace("区分", ""), *LINES[1:]], [[None, 9, 20]], {"target_column_year": 2026}),
        # Under years alone, too, beside blanks.
        (["||単位||R4|R5|R6", "|甲|人|目標|7|8|9", "|||実績|3|4|"], [[None, 4, 9]], {"unit": "人"}),
        (["|単位||04年|05年|06年", "甲|人|目標|7|8|9", "||実績|3|4|"], [[None, 4, 9]], {}),
        # A column of years is of the figures before it, and two columns under one head are kept.
        (["指標|当初値|R5|年度|目標（R8）", "甲|7|9|R4|20"], [[7, 9, 20]], {"actual_year": 2022}),
        (
            ["指標|区分|当初値|年度|R5|目標（R8）|年度", "架空の件数|実績|7|R2|9|20|R9",
             "|目標||||20|"],
            [[7, 9, 20]], {"baseline_year": 2020, "target_year": 2027},
        ),
        # A sheet of a project ends in lines without figures.
        ([*LINES, "評価|有効性|A||||", "課題|架空の課題|||||"], [[None, 9, 20]], {}),
        # 活動指標 before the names begins no small table.
        (
            ["|指標|単位|年度|R3|R4|R5|R6", "活動指標|架空の回数|回|計画|1|2|3|4", "|||実績|1|2|3|",
             "成果指標|架空の人数|人|計画|10|20|30|40", "|||実績|9|19|29|"],
            [[None, 3, 4], [None, 29, 40]], {"initiative": "活動指標", "unit": "回"},
        ),
        # A head or a note says what the upper and the lower lines have.
        (
            ["施策|指標|R1基準|上段：目標値 下段：実績値|||所管", "|||R4|R5|R6|",
             "架空|架空の件数|5|6|7|8|甲", "|架空の件数||4|6||", "|架空の人数|50|60|70|80|乙",
             "|架空の人数||40|60||"],
            [[5, 6, 8], [50, 60, 80]], {"target_column_year": 2024},
        ),
        (["上段は目標下段は実績", "指標|R1基準|R4|R5|R6", "甲|5|6|7|8", "||4|6|"], [[5, 6, 8]], {}),
        (["[単位] 件|区分|R4|R5（最終）", "架空|目標値|5|7", "|実績値|4|6", "|達成率評価|A|B+"],
         [[None, 6, 7]], {"unit": "件", "published": "B+"}),
        (["指標|R4実績|R5（上段：目標）（下段：実績）", "甲|5|7 6"], [[None, 6, 7]], {}),
        # Two lines under a head of two lines.
        (
            ["施策項目|設定時の値（年度）|現況値（年度）|年度目標値|達成度",
             "指標項目|||R12の目標値|", "Ⅰ 架空||||",
             "架空の排出量の削減率|8 (R1)|10 (R5)|12|◎", "|||30|",
             "架空の達成率|80 (R1)|85 (R5)|84|○", "|||100|"],
            [[8, 10, 30], [80, 85, 100]], {},
        ),
        # So they do under years; a text stands over them, or at the end.
        (
            ["目標項目|R3|R4|R5|", "|現状値|目標値|目標値|達成状況", "||実績値|実績値|",
             "丙", "甲|2|3|5|0.8", "||3|4|", "乙|1|2|3|0.67", "||2|2|", "甲の説明"],
            [[2, 4, 5], [1, 2, 3]], {"actual_column_year": 2023, "initiative": "丙"},
        ),
        # A small table a KPI; one may be named after what is carried elsewhere.
        (
            [row for of in ["架空の件数|単位|件", "全国大会の出場者数|単位|％"] for row in
             [f"成果指標|{of}|最終目標（R8）|60", "年度|基準値（R1）|R4|R5", "目標||20|30",
              "実績|8|15|33", "|||"]],
            [[8, 33, 60]] * 2, {"name": "架空の件数", "unit": "件"},
        ),
        # Each begins with a head of years, and a text stands below.
        (
            [row for name in ("架空の件数", "架空の回数") for row in
             [f"指標名|{name}", "単位|件", "区分|当初値（R2）|R4|R5|目標値（R8）", "実績|1|2|3|5",
              "要因分析|架空の分析", "||||"]],
            [[1, 3, 5], [1, 3, 5]], {"name": "架空の件数", "unit": "件"},
        ),
        # Over the words the line of years is blank; above stands what each table begins with.
        (
            [row for name in ("架空の件数", "架空の回数") for row in
             ["架空の評価シート|", f"事業名|{name}の事業", "担当課|架空課",
              f"指標名|{name}|単位|件", "|当初値（R2）|R4|R5|目標値（R8）", "実績|1|2|3|5"]],
            [[1, 3, 5], [1, 3, 5]],
            {"name": "架空の件数", "initiative": "架空の件数の事業", "department": "架空課"},
        ),
        # Its values stand over their years, or below them.
        *(([row for of in "甲乙" for row in
            [f"指標名|{of}", "|基準値|年度当初値|今年度実績値|長期的目標値", *values,
             "根拠|架空の調査|||", "||||"]],
           [[2, 3, 5]] * 2, {"name": "甲", f"target_{year}": 2026})
          for values, year in zip(permutations(["数値|2|1|3|5", "時点|R2|R4|R5|R8"]),
                                  ["year", "column_year"], strict=True)),
        # Its name stands over each, as a caption; the beginning has a line of its own.
        (
            [row for name in "甲乙" for row in
             [f"【1-1】|架空の{name}|（単位：件）", "区分|R1|R5|R8", "目標値||4|5", "実績値|2|3|"]],
            [[None, 3, 4]] * 2, {"name": "【1-1】　架空の甲　（単位：件）", "unit": "件"},
        ),
        (
            [row for name in "甲乙" for row in
             [f"架空の{name}", "現状値及び目標値", "当初値|目標値|実績値", "3|5|4"]],
            [[3, 4, 5]] * 2, {"name": "架空の甲"},
        ),
        (["指標|区分|R1|R5|R8", "架空|基準値|2|－|－", "|目標||4|5", "|実績||3|"], [[2, 3, 4]], {}),
        # It stands over heads and one row of figures; a note stands below.
        (
            [row for of in "①②" for row in
             [f"数値目標{of} 架空の率", "R2（基準）|R5（現状値）|R8（目標）", "2%|3%|5%", "※人"]],
            [[2, 3, 5]] * 2, {"name": "架空の率", "unit": "%"},
        ),
        ([row for of in "甲乙" for row in [f"指標1|{of}", "KPI|R5実績|R8目標", f"{of}|3|5", "※"]],
         [[None, 3, 5]] * 2, {"name": "甲"}),
        # A form has places left empty, and tables of costs beside it; 計画 is a target like 目標.
        (
            ["指標|区分|R4|R5|R8", "①甲|実績|7|9|20", "|目標|8|10|30", "②|実績|||", "|目標|||"],
            [[None, 9, 30]], {"no_raw": "①"},
        ),
        (
            [row for name, word in [("甲", "計画"), ("乙", "目標"), ("", "目標")] for row in
             ["コスト", "年度|R4|R5", "事業費|1|2", *["○費用|単位：円", "R4|R5", "人件費|3|4"] * 2,
              f"活動指標|指標名称|{name}|単位：件", "年度|R4|R5|R6",
              f"{word}|10|20|30" if name else word, "実績|9|19|" if name else "実績"]],
            [[None, 19, 30]] * 2, {"name": "甲", "unit": "件"},
        ),
        # A line a year, with the name on each or once; what is the same in all is of none.
        (
            ["指標|年度|基準値|目標値|実績値|達成率", "甲|R4|2|5|3|33%", "甲|R5|2|6|4|50%",
             "乙|R5|2|9|8|86%"],
            [[2, 4, 6], [2, 8, 9]], {"published": "50%"},
        ),
        (["指標|目標値（R8）|年度|実績値", "甲|9|R4|3", "||R5|4"], [[None, 4, 9]], {}),
        # What is neither, beside targets and actuals, is carried along.
        ([*LINES, "|全国順位（※1）|3|2||", "|差|1|2||", "|見込値|8|9||"], [[None, 9, 20]], {}),
        # Which target is that of the year, 実績年度 does not say.
        (["指標|実績年度|目標値|実績値", "甲|R4|8|3", "甲|R5|9|4"], [[None, 4, None]], {}),
        # The name may stand on each line.
        (
            [*LINES[:2], f"架空の件数{LINES[2]}", "架空の件数|達成率|1|2|3|"],
            [[None, 9, 20]], {"published": "3"},
        ),
        # The line below has the years of the figures.
        (["指標|初期値|実績|目標", "甲|3|4|5", "|(R1)|-|R9"], [[3, 4, 5]], {"target_year": 2027}),
        # Several KPIs in a row, beside what is of all of them; two figures under each head.
        (
            ["No|事業|KPI①|||KPI②|||担当課", "||指標|目標値|実績値|指標|目標値|実績値|",
             "1|甲|架空の数|9|4|架空の率|50|40|丙", "2|乙|架空の数|8|3||||", "|計||17|7||50|40|"],
            [[None, 4, 9], [None, 40, 50], [None, 3, 8]], {"initiative": "甲", "department": "丙"},
        ),
        (
            ["指標1|目標値1|実績1|指標2|目標値2|実績2", "甲|9|4|乙|8|3"],
            [[None, 4, 9], [None, 3, 8]], {"name": "甲"},
        ),
        (
            ["指標|目標（R8）||実績|", "|件数（件）|率（%）|件数（件）|率（%）", "架空|9|50|4|40"],
            [[None, 4, 9], [None, 40, 50]], {"name": "架空（件数）", "unit": "件"},
        ),
        (["指標|R8目標|R5|備考", "甲|9|4|実績", "乙|8|3|見込"], [[None, 4, 9], [None, 3, 8]], {}),
        # A form has years that are left empty.
        (
            ["成果目標|成果指標||単位|R3|R4|R5|中間目標|目標最終年度", "|||||||－年度|8 年度",
             "甲を増やす|甲の数|成果実績|件|1|2|3|－|－", "||目標値|件|2|3|4|－|9"],
            [[None, 3, 9]], {"target_column_year": 2026},
        ),
        # Its number stands once, and so may its unit, beside what the lines have.
        (
            ["|指標|項目|R2（基準）|R4|R5|R8（最終年）",
             "1|甲|目標値（人）||26|27|30", "||実績値（人）|20|22|25|",
             "2|乙|目標値（社）||26|27|30", "||実績値（社）|20|22|25|"],
            [[20, 25, 30]] * 2, {"unit": "人"},
        ),
        # Of two targets of the last year one is none.
        (
            ["指標|区分|R1基準|R3|R4|R5|R6|目標値（R6）", "甲|目標値||3|4|4|－|9",
             "|実績値|2|3|4|5||"],
            [[2, 5, 9]], {},
        ),
        # A line below says what each year's target was.
        (
            ["指標|R1基準|R4実績|R5実績|R8目標", "甲|2|3|4|9", "年度ごとの目標値|－|3|5|－",
             "乙|1|2|2|3", "評価結果|乙は|B"],
            [[2, 4, 9], [1, 2, 3]], {},
        ),
        # Small tables that begin with another word for a KPI each.
        (
            ["成果指標１|架空の数", "算　式", "区分|R4|R5", "計画値|2|9", "実績値|2|3", "",
             "活動指標１|架空の回数", "区分|R4|R5", "実績値|1|4"],
            [[None, 3, 9], [None, 4, None]], {"name": "架空の数"},
        ),
        # The forms of ministries: a form's blank year and 見込み as a line; targets over actuals;
        # sums of what was gained since the beginning.
        (
            ["成果指標||単位|R4|R5|中間目標－年度|目標最終年度 R8", "甲|成果実績|人|3|4|－|－",
             "|目標値|人|4|5|－|9", "|当初見込み|人|4|6|－|－"],
            [[None, 4, 9]], {},
        ),
        (
            ["指標1 架空の率|基準値|年度ごとの目標値||目標値|主要な指標|達成",
             "||年度ごとの実績値|||○|△", "|R1|R4|R5|R8||", "|2%|3%|4%|9%||", "||3%|5%|||"],
            [[2, 5, 9]], {"name": "指標1 架空の率", "published": "△"},
        ),
        (
            ["KPI|区分|事業開始前（現時点）|R4年度増加分|R5年度増加分|KPI増加分の累計",
             "甲|目標値|70|4|5|9", "|実績値|70|1|2|3"],
            [[None, 3, 9]], {},
        ),
        # Bare and other labels under the names' head; a table of nothing but costs.
        (["指標||R1基準|R5実績|R8目標", "43|甲乙丙丁|2|4|9", "参17|戊己庚辛|2|3|9"],
         [[2, 4, 9], [2, 3, 9]], {"name": "甲乙丙丁", "no_raw": "43"}),
        (["評価指標||R1基準|R5実績|R8目標", "【1-1】|甲|2|4|9"], [[2, 4, 9]], {"name": "甲"}),
        (["指標|R5実績|R8目標", "甲|3|5", "費用", "区分|R5実績|R6計画", "事業費（千円）|7|8"],
         [[None, 3, 5]], {}),
        # Two figures in a cell, and a name before each.
        (["指標|現状値 → 目標値|R5実績", "甲|82％（R1） → 95％（R7）|87％"], [[82, 87, 95]], {}),
        (["指標||現状値", "甲|82％（R1）→95％（R7）|87％"], [[82, 87, 95]], {}),
        # A year may stand before its figure; of two figures without one neither is chosen.
        (
            [row for name in "甲乙" for row in
             [f"成果指標|{name}", "現状値|R1|10||", "目標値|R8|2000||", "実績値|R4|12|R5|15", "|"]],
            [[10, 15, 2000]] * 2, {"actual_column_year": 2023},
        ),
        (
            [row for name in "甲乙" for row in
             [f"成果指標|{name}|", "現状値|10|（R1）", "目標値|20|（R8）", "R5実績|12|15", "||"]],
            [[10, None, 20]] * 2, {"baseline_year": 2019},
        ),
        # Nor of two in a table on its side, where a unit may stand behind each.
        (
            ["指標|甲||乙|", "基準値（R1）|10|人|5|7", "R5実績|15|人|6|", "目標値（R8）|20|人|9|"],
            [[10, 15, 20], [None, 6, 9]], {"unit": "人"},
        ),
        (
            ["指標|甲|", "基準値（R1）|10|", "R5実績|15|3月末に数えた。", "目標値（R8）|20|"],
            [[10, 15, 20]], {},
        ),
        (
            ["施策|KPI（令和8年3月まで）|KPI（令和5年度）|達成率",
             "架空|架空の説明会の参加者数 300 人|架空の説明会の参加者数 32 人|10.7%"],
            [[None, 32, 300]], {"name": "架空の説明会の参加者数"},
        ),
    ],
)  # fmt: skip
def test_lines_of_a_kpi_are_one_row(read, table, figures, wanted):
    rows = read(table).rows()
    found = rows[FIGURES].astype(object).where(rows[FIGURES].notna(), None)
    assert found.to_numpy().tolist() == figures
    assert {of: rows[of].iloc[0] for of in wanted} == wanted


@pytest.mark.parametrize(
    ("table", "names", "figures"),
    [
        # Two words for who is counted; once for each name, and of which the head says nothing.
        (
            ["指標|区分|年代|基準|R5実績|目標値", "架空の割合|男|20歳代|1|2|3", "|女|30歳代|1|3|5"],
            ["架空の割合（男 20歳代）", "架空の割合（女 30歳代）"], [[1, 2, 3], [1, 3, 5]],
        ),
        (
            ["指標|校種等|基準値|R5実績|目標値"]
            + [f"架空の{of}|{part}|1|2|3" for of in "甲乙" for part in ("小6", "中3")],
            [f"架空の{of}（{part}）" for of in "甲乙" for part in ("小6", "中3")],
            [[1, 2, 3]] * 4,
        ),
        # Who is counted below a name that has figures, or none; before each figure, with a head
        # or without one.
        (
            ["No|指標|R2|R5実績|R8目標", "1|架空の率（全体）|1|2|3", "|男性|1|2|3",
             "|うち女性|1|3|5", "2|別の率|||", "|全体|1|2|3", "|②中学生|1|3|5"],
            ["架空の率（全体）", "架空の率（男性）", "架空の率（うち女性）", "別の率（全体）",
             "別の率（②中学生）"],
            [[1, 2, 3], [1, 2, 3], [1, 3, 5], [1, 2, 3], [1, 3, 5]],
        ),
        # Nobody says of what it is below 全体, nor below a KPI of another initiative.
        (
            ["施策|指標|R2|R5実績|R8目標", "甲|全体|1|2|3", "|男性|1|2|3", "乙|丙|1|2|3",
             "丁|女性|1|2|3"],
            ["全体", "男性", "丙", "女性"], [[1, 2, 3]] * 4,
        ),
        (
            ["指標|R5実績||R8目標", "甲|・男性|2%|男性：3%", "|女性|3%|5%", "乙|2||3"],
            ["甲（男性）", "甲（女性）", "乙"], [[None, 2, 3], [None, 3, 5], [None, 2, 3]],
        ),
        # Words for KPIs, their labels or groups before their names; but not names before parts.
        *[
            (["指標||R5実績|目標値", f"{first}|架空の回数|2|3", f"{last}|架空の人数|3|5"],
             ["架空の回数", "架空の人数"], [[None, 2, 3], [None, 3, 5]])
            for first, last in [("活動指標", "成果指標"), ("成果1", "成果2"), ("文化", "安全")]
        ],
        *[
            (["指標||R5実績|R8目標", f"来客数|{first}|2|3", f"|{last}|3|5"],
             [f"来客数（{first}）", f"来客数（{last}）"], [[None, 2, 3], [None, 3, 5]])
            for first, last in [("甲の人数", "乙の人数"), ("対象1", "対象2")]
        ],
        # On its side, with numbers and units in brackets.
        (
            ["No|1|2", "指標名|甲|乙", "単位|（人）|（件）", "現状値（R2）|1|2", "R5実績|2人|3",
             "目標値（R8）|3人|5"],
            ["甲", "乙"], [[1, 2, 3], [2, 3, 5]],
        ),
        # Each on its side, one under the other.
        (
            [row for of in "甲乙" for row in [f"指標名|{of}", "R2基準|1", "R5実績|2", "R8目標|3"]],
            ["甲", "乙"], [[1, 2, 3]] * 2,
        ),
        # A part with its unit is none of the units.
        (
            ["指標||基準値|R5実績|目標値", "架空の数|男（人）|1|2|3", "|女（人）|1|3|5"],
            ["架空の数（男（人））", "架空の数（女（人））"], [[1, 2, 3], [1, 3, 5]],
        ),
        # Words below each head of figures, and other ones below that of names; no labels.
        (
            ["指標||R2||R5||R8目標|", "甲|乙|小|中3|小|中3|小|中3", "目標1", "カク|丙|1|3|2|4|5|6"],
            ["カク（丙 小）", "カク（丙 中3）"], [[None, 2, 5], [None, 4, 6]],
        ),
        # One of two units.
        (
            ["サービス名|単位|R5見込量|R5実績", "架空介護|時間/月|50|48", "架空介護|人/月|5|4"],
            ["架空介護（時間/月）", "架空介護（人/月）"], [[None, 48, 50], [None, 4, 5]],
        ),
        # What is printed is the achievement of the only value; 号 is no unit of figures.
        (["指標|目標|現状|達成状況", "架空|5|3|△"], ["架空"], [[None, 3, 5]]),
        (
            ["区分|R5計画|R5実績", "1号認定|10人|9人", "2号認定|20人|21人"],
            ["1号認定", "2号認定"], [[None, 9, 10], [None, 21, 20]],
        ),
        # Years beside values, each under a head over both.
        (
            ["指標|基準値||中間値||最終値||目標値|", "|年度|値|年度|値|年度|値|年度|値",
             "架空の受診率|H25|12%|H30|13%|R5|14%|R4|50%"],
            ["架空の受診率"], [[12, 14, 50]],
        ),
        # A column of years that is blank is no target; nor is an arrow.
        (["指標|従前値|||目標値||R5実績", "||基準年度|||目標年度|", "甲|1|R1|⇒|||2"],
         ["甲"], [[1, 2, None]]),
        # What was done, in sentences; a unit beside each figure; letters below the heads.
        (
            ["部門|R1基準|単位|R5実績|単位|R6目標|取組実績|達成率", "|（A）||（B）||（C）||（B/C）",
             "甲|1|人|2|人|3|説明会を二回開いた。|67%", "乙|1|回|2|回|3|冊子を配った。|67%"],
            ["甲", "乙"], [[1, 2, 3]] * 2,
        ),
        # The number of what a KPI is for comes again; names may be counted.
        (
            ["施策番号|目標項目|R2|R5（現状）|R8目標", "11|1 甲|1|2|3", "11|2 乙|1|3|5",
             "12|3 丙|1|2|3"],
            ["1 甲", "2 乙", "3 丙"], [[1, 2, 3], [1, 3, 5], [1, 2, 3]],
        ),
        # A line of another name is a KPI's own, unless each name goes on in its second line.
        (
            ["指標|区分|R5|R8", "甲|実績値|5|", "乙|目標値|3|9", "乙|実績値|4|"],
            ["甲", "乙"], [[None, 5, None], [None, 4, 3]],
        ),
        (
            ["指標|対象|区分|R5|R8", "甲|男|目標値|5|9", "|女|実績値|4|"],
            ["甲（男）", "甲（女）"], [[None, None, 5], [None, 4, None]],
        ),
        # Its name in a row of its own; the head of names over their labels, or set in.
        (
            ["指標||R2基準|R5実績|R8目標", "丙", "|男|1|2|3", "甲||1|2|3", "乙", "|男|1|2|3",
             "【架空】", "|女|1|3|5"],
            ["丙", "甲", "乙（男）", "乙（女）"], [*[[1, 2, 3]] * 3, [1, 3, 5]],
        ),
        (
            ["指標|||R5|R8", "A|架空の人数|実績値|5|", "||目標値|3|9", "B|架空の件数|実績値|4|",
             "||目標値|5|", *(f"{place}||実績値||" for place in "CDE"), "所見|A)架空の所見"],
            ["架空の人数", "架空の件数"], [[None, 5, 3], [None, 4, 5]],
        ),
        # Numbers before what stands over names, under the head of both.
        (
            ["評価指標||R5実績|R8目標", "|目標の内容||", "1|人を増やします||", "|架空の人数|2|3"],
            ["架空の人数"], [[None, 2, 3]],
        ),
        # Two columns of parts; the first year under 実績値 is that of the beginning.
        (
            ["項目|||実績値|||R8目標", "|||R2現状値|R4|R5|", "架空の率|男|20代|1|2|2|3",
             "||30代|1|2|3|5", "架空の数|||1|2|2|3"],
            ["架空の率（男 20代）", "架空の率（30代）", "架空の数"],
            [[1, 2, 3], [1, 3, 5], [1, 2, 3]],
        ),
        (
            ["指標|||R5実績|R8目標", "|甲|男|2|3", "||女|3|5", "|乙||2|3"],
            ["甲（男）", "甲（女）", "乙"], [[None, 2, 3], [None, 3, 5], [None, 2, 3]],
        ),
        (["項目|基準|目標", "甲|男40％ 女30％|男9％ 女9％", "乙|9ｇ|8ｇ"], ["甲", "乙"],
         [[None] * 3, [9, None, 8]]),
        # A year over all figures, where no name stands beside them.
        (["||R5||", "||計画|実績|差", "甲|男|3|2|1", "|女|5|3|2"], ["甲（男）", "甲（女）"],
         [[None, 2, 3], [None, 3, 5]]),
        # Names under a blank corner, and behind what sums them up, under its head.
        (["施策||R5実績|R8目標", "甲|回数|2|3", "|人数|3|5"], ["回数", "人数"],
         [[None, 2, 3], [None, 3, 5]]),
        (["|R4|R5|目標値", "甲|1|2|3", "乙|1|3|5"], ["甲", "乙"], [[None, 2, 3], [None, 3, 5]]),
        # Side by side.
        (
            ["指標|R1|R5実績|R7目標||指標|R1|R5実績|R7目標", "甲|1|2|3||乙|1|3|5", "丙|1|2|3|||||"],
            ["甲", "丙", "乙"], [[1, 2, 3], [1, 2, 3], [1, 3, 5]],
        ),
        # Words of their own under the one head that may be the names', here behind their labels.
        (
            ["業務の対象||R2基準|R5実績|R8目標|内容", "(1)|甲|1|2|3|か", "|乙|1|3|5|き"],
            ["甲", "乙"], [[1, 2, 3], [1, 3, 5]],
        ),
        # Targets that are not all read are no names.
        (
            ["成果目標|R5目標|R5実績", "甲|9人（約1割）|1人", "乙|7人（4人増）|1人", "丙|8|8"],
            ["甲", "乙", "丙"], [[None, 1, None], [None, 1, None], [None, 8, 8]],
        ),
        # Arrows tell the direction, 減 in the name of a goal does not; a mark is no part of a name.
        (
            ["施策目標||指標|R2|R5実績||R7目標", "|||現状|値|方向性|", "減量|新|架空|20|21|↑|27"],
            ["架空"], [[20, 21, 27]],
        ),
    ],
)  # fmt: skip
def test_columns_beside_the_names_and_figures(read, table, names, figures):
    rows = read(table).rows()
    found = rows[FIGURES].astype(object).where(rows[FIGURES].notna(), None)
    assert (rows["name"].tolist(), found.to_numpy().tolist()) == (names, figures)
    assert set(rows["sheet_direction"]) == {"increase" if "方向性" in table[1] else ""}


def test_findings_on_tables_side_by_side_name_the_lines_of_each(read):
    lines = ["指標|区分|R4|R5||指標|区分|R4|R5", "甲|目標値|2|3||乙|目標値|2|3"]
    findings = evaluate(read([*lines, "|実績値|1|x1|||実績値|1|x2"])).findings
    unread = findings.loc[findings["code"] == "unreadable-cell", "source"]
    assert [source.rpartition(":")[2] for source in unread] == ["4", "表2 4行"]


def workbook(path, worksheets, hidden="", merged=()):
    """A workbook of worksheets by name, each of rows with bars between their cells."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in worksheets.items():
        cells = book.create_sheet(name)
        cells.sheet_state = "hidden" if name == hidden else "visible"
        for row in rows:
            texts = row.split("|") if isinstance(row, str) else row
            cells.append([int(text) if text.isdecimal() else text or None for text in texts])
        for area in merged:
            cells.merge_cells(area)
    book.save(path)
    return path


SHORT = "指標|R5実績|R8目標"
ONE, TWO = ([SHORT, f"架空の{of}|{n}|9", f"架空の{of}数|{n}|8"] for n, of in enumerate("甲乙", 1))
BUDGET = ["事業|R5予算額|R5決算額", "甲|1|2", "乙|3|4"]


@pytest.mark.parametrize(
    ("worksheets", "actuals"),
    [
        # What shows how it is filled in, or has years alone, or no target, is not meant.
        ({"KPI": ONE, "記入例": [SHORT, "○○の件数|3|4"], "人口": ["年度|人口", "R4|5", "R5|6"],
          "推計": ["区分|R4|R5", "架空の総人口|52000|51000"], "予算": BUDGET}, [1, 1]),
        ({"R5": ONE, "R4": TWO}, [1, 1]),
        # Parts of one table; a KPI may come again.
        ({"1新しい人": [*TITLE, *ONE], "表紙": TITLE, "2青少年": [*TITLE, *TWO]}, [1, 1, 2, 2]),
        ({"一": [*ONE, TWO[1]], "二": TWO, "三": [SHORT, "架空|5|6"]}, [1, 1, 2, 2, 2, 5]),
        # Of a time, a version, a part of the town; with other heads, or nothing of their own.
        ({"東区": ONE, "西区": [*ONE[:2], "架空の甲数|3|8"]}, None),
        ({"4月": ONE, "5月": TWO}, None),
        ({"案": ONE, "完成": TWO}, None),
        ({"一": ["令和4年度 進捗", *ONE], "二": ["令和5年度 進捗", *TWO]}, None),
        ({"一": ONE, "二": [f"{SHORT}|備考", *TWO[1:]]}, None),
        ({"作業": ONE, "完成": [*ONE, "架空|5|6"]}, None),
        ({"一": ["(1) 架空の表", *ONE], "二": ["(1) 架空の表", *TWO]}, None),
        ({"一": [*ONE, "評価及び課題", "増えた。"], "二": TWO}, None),
    ],
)  # fmt: skip
def test_worksheets_of_a_workbook_that_are_meant(tmp_path, worksheets, actuals):
    path = workbook(tmp_path / "2023.xlsx", worksheets)
    if actuals:
        rows = read_sheet(path, plan_of(), 2023).rows()
        assert rows["actual"].tolist() == actuals
        # Of several that could be read, the name tells which one it is.
        assert ("#R5:2" in rows["source"].iloc[0]) == ("R5" in worksheets)
        return
    with pytest.raises(KpiError, match="どれを使うか分かりません"):
        read_sheet(path, plan_of(), 2023)


@pytest.mark.parametrize("merged", [["A3:A5", "B3:B5"], []])
def test_parts_of_a_kpi_stand_beside_its_name_without_a_head(tmp_path, merged):
    """Its number and name stand once, merged over the rows of its parts or not."""
    rows = [
        *TITLE,
        "番号|指標||当初値（R2）|実績（R5）|目標値（R8）",
        "1|架空の参加率|全体|40|45|50",
    ]
    rows += ["||20～64歳|30|36|50", "||65歳以上|50|55|60", "2|架空の講座数||3|5|9"]
    path = workbook(tmp_path / "2023.xlsx", {"KPI": rows}, merged=merged)
    read_rows = read_sheet(path, plan_of(), 2023).rows()
    parts = [f"架空の参加率（{part}）" for part in ("全体", "20～64歳", "65歳以上")]
    assert read_rows["name"].tolist() == [*parts, "架空の講座数"]
    assert read_rows["no_raw"].tolist() == ["1", "1", "1", "2"]
    assert read_rows["actual"].tolist() == [45, 36, 55, 5]


def test_rows_of_which_all_figures_are_merged_are_one_kpi(tmp_path):
    """Not where each has a unit, or a printed achievement, of its own."""
    rows = [*TITLE, "指標|単位|R4実績|R5実績|目標値|達成率|備考"]
    rows += ["甲|件|1|2|3|50%|春", "||||||秋", "乙|人|1|2|3|50%|", "|%||||60%|"]
    merged = [f"{column}{row}:{column}{row + 1}" for row in (3, 5) for column in "ACDE"]
    path = workbook(tmp_path / "2023.xlsx", {"KPI": rows}, merged=[*merged, "B3:B4"])
    names = read_sheet(path, plan_of(), 2023).rows()["name"].tolist()
    assert names == ["甲", "乙（人）", "乙（%）"]
    # A number over both says that they are one.
    rows = [f"番号|{rows[1]}", *(f"{no}|{row}" for no, row in zip("1 2 ", rows[2:], strict=True))]
    rows = [row.replace(" |", "|", 1) for row in rows]
    areas = [f"{column}4:{column}5" for column in "ABCDEF"]
    path = workbook(tmp_path / "2023.xlsx", {"KPI": rows}, merged=areas)
    with pytest.raises(KpiError, match="重ならない番号"):
        read_sheet(path, plan_of(), 2023)


def test_unit_may_be_said_to_be_the_one_above(tmp_path):
    """Not where the row above is left out: its unit is not known."""
    rows = [*TITLE, "指標|単位|R4実績|R5実績|目標値", "甲|件|1|2|3", "乙|〃|1|2|3"]
    rows += ["事業費|千円|1|2|3", "丙|〃|1|2|3"]
    path = workbook(tmp_path / "2023.xlsx", {"KPI": rows})
    assert read_sheet(path, plan_of(), 2023).rows()["unit"].tolist() == ["件", "件", ""]


@pytest.mark.parametrize(
    ("upper", "lower", "name"),
    [
        ("架空の教室の", "参加者数", "架空の教室の 参加者数"),
        ("架空の活動に参加した", "市民の割合", "架空の活動に参加した 市民の割合"),
        ("架空の参加者数", "（延べ人数）", "架空の参加者数 （延べ人数）"),
        ("架空の計画に基づく", "事業所の数", "架空の計画に基づく 事業所の数"),
        ("架空の幼稚園", "架空の保育所", ""),
        ("架空の参加者数", "男性", ""),
        ("架空のまちづくり", "（２）架空の数", ""),
    ],
)
def test_name_that_goes_on_below_is_one_and_two_names_of_one_number_are_asked(
    tmp_path, upper, lower, name
):
    rows = [*TITLE, "No|指標|単位|R4実績|R5実績|目標値", f"1|{upper}|人|1|2|3", f"|{lower}||||"]
    merged = [f"{column}3:{column}4" for column in "ACDEF"]
    path = workbook(tmp_path / "2023.xlsx", {"KPI": [*rows, "2|乙|人|1|2|3"]}, merged=merged)
    if name:
        assert read_sheet(path, plan_of(), 2023).rows()["name"].tolist() == [name, "乙"]
        return
    with pytest.raises(KpiError, match="重ならない番号"):
        read_sheet(path, plan_of(), 2023)


def test_columns_without_a_head_and_tables_on_their_side_are_asked_about(tmp_path):
    beyond = [*TITLE, "指標|R5実績|目標値", "甲|2|3|●"]
    aside = [*TITLE, "実施計画|アクションプラン|第1次|第2次", "|期間|H28-R7|R8-R17"]
    aside += ["実績|削減目標（※）|29,037|29,037", "|削減実績|22,428|-", "|達成率|77%|-"]
    # Of another table below it is told where that begins, and no more.
    below = [*TITLE, "指標|R5実績|目標値", "甲|2|3", "年度|R3|R4|R5", "額|1|2|3"]
    said = [(beyond, "「●」は、見出しのない列に"), (aside, "見出しが左の端の列に")]
    for rows, asked in [*said, (below, r"^[^\n]*別の表の見出し又は行[^\n]*$")]:
        path = workbook(tmp_path / "2023.xlsx", {"KPI": rows}, merged=["A4:A6"] * (rows is aside))
        with pytest.raises(KpiError, match=asked):
            read_sheet(path, plan_of(), 2023)


def test_name_of_a_kpi_may_be_a_head_that_reaches_down_to_its_figures(tmp_path):
    rows = [*TITLE, "測定指標|架空の割合|基準値|実績値||目標値", "||R1|R4|R5|R8", "||2%|3%|4%|9%"]
    rows += ["|年度ごとの目標||－|5%|"]
    merged = ["A2:A5", "B2:B4", "D2:E2"]
    path = workbook(tmp_path / "2023.xlsx", {"KPI": rows}, merged=merged)
    (row,) = read_sheet(path, plan_of(), 2023).rows().itertuples()
    assert (row.name, row.baseline, row.actual, row.target) == ("架空の割合", 2, 4, 9)


def test_target_that_is_merged_over_years_is_that_of_the_last(tmp_path):
    rows = [*TITLE, "指標|区分|R4|R5|R6", "架空|目標|9||", "|実績|1|2|"]
    path = workbook(tmp_path / "2023.xlsx", {"KPI": rows}, merged=["A3:A4", "C3:E3"])
    (row,) = read_sheet(path, plan_of(), 2023).rows().itertuples()
    assert (row.actual, row.target, row.target_column_year) == (2, 9, 2024)


def test_heads_that_are_merged_are_one_head_whatever_their_words(tmp_path):
    """A project's number is merged over its KPIs; one without a KPI is left out, and told."""
    rows = ["架空の実績", "番号|架空の件名|KPI||||架空の所見", "||指標||目標値|実績値|"]
    rows += ["1|甲|指標①|-|-|-|良", "2|乙|指標①|架空|5|4|可", "||指標②|別の架空|6|3|"]
    merged = ["A2:A3", "B2:B3", "C2:F2", "C3:D3", "G2:G3", "A5:A6", "B5:B6"]
    path = workbook(tmp_path / "2023.xlsx", {"KPI": rows}, merged=merged)
    sheet = read_sheet(path, plan_of(), 2023)
    found = sheet.rows()[["name", "target", "actual"]].to_numpy().tolist()
    assert found == [["架空", 5, 4], ["別の架空", 6, 3]]
    assert [remark.code for remark in sheet.remarks] == ["row-left-out"]


@pytest.mark.parametrize("label", ["", "Ⅰ", "(1)", "Ａ", "(1) 架空の分野／(2) 架空の部門"])
def test_groups_stand_in_rows_of_their_own(read, label):
    head, *rows = without("initiative", rows=[*ROWS[:3], ["4", "", "架空の相談の件数"] + [""] * 6])
    groups = [f"{label}|架空の分野" if label else "基本目標１ 架空", f"{label}|架空の部門"]
    groups = label.split("／") if "／" in label else groups
    found = read([["令和5年度 評価"], head, groups[0], *rows[:2], groups[1], *rows[2:]]).rows()
    wanted = [group.rsplit("|", 1)[-1] for group in groups for _ in "12"]
    assert (found["initiative"].tolist(), found["no"].tolist()) == (wanted, [1, 2, 3, 4])
    assert set(read([["令和5年度 評価"], head, *rows]).rows()["initiative"]) == {""}


def under(texts):
    """Rows of texts, with a table of one KPI at each *."""
    tables = (["指標|当初値|R5実績|R8目標", f"架空{of}|3|4|9"] for of in range(9))
    return [row for text in texts.split("／") for row in (next(tables) if text == "*" else [text])]


@pytest.mark.parametrize(
    ("texts", "column", "wanted"),
    [
        ("目標１ 甲／*／(1) 乙／*", "initiative", ["目標１ 甲", "目標１ 甲 (1) 乙"]),
        ("Ⅰ 甲／（１）乙／【KPI】／*／Ⅱ 丙／（１）丁／*／評価と課題／(1) 戊", "initiative",
         ["Ⅰ 甲 （１）乙", "Ⅱ 丙 （１）丁"]),
        ("第9章／(1) 甲／*／第10章／(1) 事業／（単位：円）／*", "unit", ["", "円"]),
        # An item of a form is none.
        ("(1)計画名|架空計画／(2) 甲／*", "name", ["架空0"]),
    ],
)  # fmt: skip
def test_captions_that_count_anew_under_each_goal_are_headings(read, texts, column, wanted):
    assert read(under(texts)).rows()[column].tolist() == wanted


# -- What the columns say of how a row is judged.

GRADED = "指標|当初値（R1）|R5実績|目標値（R5）|達成率|判定"
CIRCLES = ["指標|従前値（R1）|R5実績|目標値（R5）|評価", "架空の人数|10|12|20|○"]
NEITHER = "undetermined undetermined"
SHARES = "指標|単位|当初値|R5実績|目標値（R8）"
STEPS = "指標|当初値（R1）|R3目標|R3実績|R4目標|R4実績|R5目標|R5実績|R5達成率|最終目標（R8）"


@pytest.mark.parametrize(
    ("table", "statuses"),
    [
        # A column of directions is evidence; a level to be held leaves the others.
        (
            ["指標|改善方向|当初値|R5実績|目標値（R8）",
             "架空の広さ|↘|50|40|30", "架空の長さ||50|40|30", "架空の重さ|減少|50|40|維持"],
            "progressing undetermined met",
        ),
        # Arrows without a head may say how the figures have changed: a level that is to be held
        # would be met as it falls.
        (["指標||当初値|R5実績|目標値（R8）", "架空の席|↓|50|40|45", "甲|↑|5|6|9"],
         "undetermined progressing"),
        (["指標||R4実績|R5実績|目標値（R8）", "架空の席|↓|20|18|30"], "undetermined"),
        # Beside levels, the growth of a year leaves the baseline what it is.
        (["指標|当初値|R5実績|対前年度増加分|目標（R8）", "待機児童数|70|65|-1|60"], "progressing"),
        # It contradicts the target's own word, or the name.
        (
            ["指標|改善方向|当初値|R5実績|目標値（R8）", "架空の深さ|減少|50|40|45以上",
             "架空の高さ|減少|50|40|増加", "架空の苦情件数|増加|50|40|維持", "縦|適正化|5|6|9"],
            "undetermined undetermined undetermined undetermined",
        ),
        (
            ["指標|目指すべき方向|当初値|R5実績|目標値（R8）",
             "架空の広さ|低いほど良い|50|40|30", "架空の幅|▼|50|60|70", "架空の長さ|―|50|40|60",
             "架空の縦|→|50|40|50"],
            "progressing undetermined regressed undetermined",
        ),
        # A column of years may name periods, and notes may say of what year a figure is.
        (
            ["指標|当初値（R2）|R5実績|目標値|目標年度|備考", "架空の人数|10|12|20|R3～R5|速報値",
             "架空の回数|10|12|20|2023/3末|R4実績", "架空の組数|10|12|20|5年度|"],
            "missed missed missed",
        ),
        # What such a column says of its figures, beside the year, is no less said.
        (
            ["指標|当初値|年度|R5実績|目標値|目標年度", "架空の人数|9人|R2|12人|50人|R5～R9累計",
             "架空の組数|10人|R2|12人|20人|R9"],
            "undetermined progressing",
        ),
        # A limit behind the unit, in its column, is the target's.
        ([SHARES, "架空の日数|日以内|8|12|10", "架空の率|％（上限）|10|12|15"], "regressed met"),
        ([SHARES, "架空の人数|人超|8|10|10", "順位|位以内|20|15|10"], "progressing progressing"),
        # 縮小 under 方向性 can be what becomes of a project.
        (["指標|当初値|R5実績|目標値（R8）|方向性", "架空の席|50|40|45|縮小"], "undetermined"),
        (["指標|基準|R5実績|目標（R8）|方向", "席|50|40|45|縮小", "床|5|6|9|継続"],
         "undetermined progressing"),
        # People under 進捗状況 are an actual, and no grade.
        (["指標|R2現状値|R7目標値|進捗状況（R5）", "架空の会員|5人|9人|7人"], "progressing"),
        (["指標|R1基準|R7目標|達成状況（R4）|達成状況（R5）", "架空|1000|1009|1006 (R3)|1007"],
         "progressing"),
        # The achievement of an earlier year is not that of the newest actual.
        (["指標|当初値|R4実績|R4達成率|R5実績|目標値（R5）", "架空|10|20|100%|15|20"], "missed"),
        # A grade beside a figure is not contradicted in silence.
        *[
            ([GRADED, f"架空の人数|10|20|20|{cells}", "架空の回数|1|2|3|50%|×"], f"{status} missed")
            for cells, status in [
                ("100%|×", "undetermined"),
                ("0%|達成", "undetermined"),
                ("100%|△", "met"),
            ]
        ],
        # A circle is met where no better grade is printed.
        ([*CIRCLES, "架空の回数|10|12|20|△"], "undetermined missed"),
        ([*CIRCLES, "架空の回数|10|12|20|◎"], "missed undetermined"),
        # A figure of a year's step contradicts no later target.
        ([STEPS, "架空の受診率|40|42|43|44|43.5|46|47|102%|50"], "progressing"),
        ([STEPS, "架空の受診率|40|42|43|44|43.5|46|47|140%|50"], "undetermined"),
        # That it is measured by the step says what is better, if the steps go that way.
        *[
            ([STEPS.replace("当初値（R1）|", ""), f"架空の席|40|43|38|39|36|27|{of}|33"], status)
            for of, status in [("125%", "met"), ("75%", "undetermined")]
        ],
        # A fraction among percentages is asked about, but where all are small, or it says so.
        ([SHARES, "架空の受診率|％|20.5%|0.225|30.0%", "架空の率||0.2|0.22|30"], NEITHER),
        ([SHARES, "架空の率|％|95|1|98", "架空の割合|％|1|40|60"], "undetermined progressing"),
        ([SHARES, "受診率|％|0.52|55|60", "事故率|％|0.9|0.8|0.5"], "undetermined progressing"),
        ([SHARES, "事故率|％|20|0.3%|0.2%", "受診率|％|0.5|2.0|3.0"], "progressing progressing"),
        # Of what is to be kept at 100 % nothing but less can be; of a ratio more may be.
        ([SHARES, "率|％|100|100|100を維持", "割合|％|100|99|100を維持"], "met regressed"),
        ([SHARES, "入所率|％|100|104|100を維持", "甲の比|％|100|99|100を維持"], NEITHER),
        # What is summed up since one year never falls.
        (["指標|R2基準|R3|R4|R5|R8目標", "甲（累計）|0|5|4|6|9", "乙（累計）|0|4|4|6|9"],
         "undetermined progressing"),
        # Of a cut, the printed ratio grows as the figure falls; without one, it may be no cut.
        # More may have been lost, too: 収支.
        (["取組|R5目標|R5実績|達成率", "甲|△5|△6|120%", "乙|△5|△4|80%", "丙費の抑制|5|4|",
          "収支|△5|△6|120%"], "met missed undetermined undetermined"),
        # A loss below zero is less where the figure is more.
        (["取組|R5目標|R5実績|達成率", "赤字額|△5|△6|120%", "営業損失|△5|△6|"], NEITHER),
        (["指標|R1|R5実績|目標（R2～R6）", "甲|1|2|9", "率|1%|2%|9%"], "undetermined progressing"),
        (["指標|R1|R5実績|各年度の目標（R2～R6）", "甲|1|2（上半期1、下半期1）|9"], "progressing"),
        (["指標|R2～R5実績|目標（R2～R6）", "甲|2|9以上"], "not_reached"),
        (["指標|R1|R5実績|R8目標", "甲|1千円|4|5", "乙|1万円|4万円|5"], "progressing progressing"),
        # A printed ratio to the year's step tells the direction, too.
        (
            ["指標|区分|R4|R5|R8", "甲|実績|55|59.4|", "|目標|57|59|60", "|達成率|96.5%|100.7%|"],
            "not_reached",
        ),
        # A sum that is to stay low is not met before its years are over.
        *[
            ([f"指標|方向|実績値（R2～R5累計）|目標値（R2～{until}累計）", row], status)
            for until, row, status in [
                ("R6", "架空の事故件数|減少|26|40", "undetermined"),
                ("R5", "架空の事故件数|減少|26|40", "met"),
            ]
        ],
    ],
)  # fmt: skip
def test_status_that_the_columns_lead_to(read, table, statuses):
    judged = evaluate(read(table))
    assert judged.rows["status"].tolist() == statuses.split()
    if "改善方向" in table[0]:
        is_unclear = judged.rows["status"] == "undetermined"
        assert set(judged.rows["reason"][is_unclear]) == {"direction-unclear"}
        assert set(judged.rows["direction_by"][judged.rows["status"] == "progressing"]) <= {"words"}
    # What is not judged is kept all the same.
    assert ("判定" in table[0]) == ("判定" in judged.sheet.carried)


@pytest.mark.parametrize(
    ("head", "reason"), [("基準値（H30～R4平均）", "averaged"), ("基準値（R4）", "")]
)
def test_mean_of_years_has_no_year_to_draw_on_from(read, head, reason):
    table = [f"指標|{head}|R5実績|目標値（R8）", "架空の人数|10|12|20"]
    assert evaluate(read(table)).rows["outlook_reason"].tolist() == [reason]


@pytest.mark.parametrize(
    ("baseline", "target", "needed"),
    [
        ("100", "150", 10),
        ("60", "60以上", None),
        ("95", "85～90", -1),
    ],
)
def test_plan_asks_for_no_change_where_its_limit_is_kept(read, baseline, target, needed):
    table = ["指標|現状値（R5）|目標値（R10）", f"架空の割合|{baseline}|{target}"]
    (found,) = evaluate(read(table)).rows["needed_a_year"]
    assert found == pytest.approx(needed) if needed else found != found


def test_total_is_no_kpi_and_is_told_and_a_note_is_none_either(read):
    for total in (
        [*made(), "計||架空の計|件|1||2|3|50%"],
        [*without("no"), "全体平均|||1||2|3|"],
        [*without("no"), "|達成した指標数||||2||"],
        [*without("no"), "|予算額（千円）||1||2|3|"],
        [["区分", "R4", "R5"], ["計画額（累計額）", "3", "4"], ["実績額", "2", "3"], *made()],
    ):
        judged = evaluate(read(total))
        assert len(judged.rows) == 4
        assert findings_of(judged, "row-left-out")["severity"].tolist() == ["warning"]
    for note in (
        "注）架空の速報値|令和6年4月公表",
        "総合評価|有効性|A",
        "基本目標2|架空の目標",
        "①|②|③|③/②",
        "課題|架空の課題がある。",
    ):
        assert len(read([*made(), note + "|" * (8 - note.count("|"))]).rows()) == 4
    legend = ["A|100%以上", "◎|達成", "判定|件数|割合", "A|0|0%"]
    assert len(read([*CIRCLES, *legend]).rows()) == 1
    # A letter may be the number or the name of a KPI, and a mark may stand before its name.
    for first, second in (("A", "B|架空の件数||||"), ("", "○|架空の件数||||"), ("", "|X|3|4|9|")):
        assert len(read([f"No|{CIRCLES[0]}", f"{first}|{CIRCLES[1]}", second]).rows()) == 2


@pytest.mark.parametrize(
    ("title", "head", "found"),
    [
        ("試験市 試験計画 令和4年度進捗", "実績", ["warning"]),
        ("試験市 試験計画 令和4年度進捗", "R5実績", []),
        ("試験市 試験計画（令和4年度～令和8年度）", "実績", []),
        ("試験市 試験計画 令和3年度改訂版", "実績", []),
        ("試験市 試験計画 令和4年度実績（令和6年度公表）", "実績", ["warning"]),
        ("架空県架空市 試験計画", "実績", ["error"]),
        ("新市建設計画", "実績", []),
        ("施策1-3市民と試験 評価表区分", "実績", []),
        # A note may call all figures sums; the head of the actuals says what these are.
        ("試験市 試験計画\n※目標値は累計\n※数値は低いほど良い。", "実績", ["warning"] * 2),
        ("試験市 試験計画\n※実績値は令和4年度", "実績", ["warning"]),
        ("試験市 試験計画\n※目標値は累計を含まない", "実績", []),
        ("試験市 試験計画\n※実績値は速報値", "実績見込", ["note"]),
    ],
)
def test_title_or_note_of_something_else_than_the_heads_is_told(read, title, head, found):
    table = [f"指標|当初値（R2）|{head}|目標値（R7）", "架空の割合|30%|40%|50%"]
    told = evaluate(read(table, title=[[line] for line in title.split("\n")])).findings
    codes = ["other-town", "other-year", "note-not-read", "provisional-data"]
    assert told["severity"][told["code"].isin(codes)].tolist() == found


@pytest.mark.parametrize(
    ("remark", "found"),
    [("目標値は累計", 1), ("※実績は速報値", 1), ("累計は別表", 0), ("", 0)],
)
def test_remark_that_calls_figures_of_its_row_sums_or_provisional_is_told(read, remark, found):
    rows = ["No|指標|当初値（R2）|R5実績|目標値（R7）|備考", f"1|架空の回数|3|4|15|{remark}"]
    rows += ["2|架空の人数|3|4|累計15|目標値は累計"]
    told = findings_of(evaluate(read(rows)), "note-not-read")
    assert [source.rpartition(":")[2] for source in told["source"]] == ["3"] * found


@pytest.mark.parametrize("left_out", [(), ("published",), ("before", "actual"), ("baseline", "no")])
def test_form_of_next_year_is_made_of_any_table(project, left_out):
    """Its own heads stay; filled in, it is the next sheet."""
    folder = project / "data/any"
    folder.mkdir()
    (folder / "plan.toml").write_text(METADATA, "utf-8")
    (folder / "2023.csv").write_text(as_csv([TITLE, *without(*left_out)]), "utf-8-sig")
    make_form("any", 2024)
    book = openpyxl.load_workbook(folder / "2024.xlsx")
    cells = book["2024年度"]
    (entry,) = [
        cell for row in cells.iter_rows() for cell in row if cell.value == "2024年の実績の年度"
    ]
    for row, number in enumerate((160, 42, 1400, 11), entry.row + 1):
        cells.cell(row, entry.column - 1).value = number
    book.save(folder / "2024.xlsx")
    sheet = load("any", 2024)
    assert sheet.rows()["actual"].tolist() == [160, 42, 1400, 11]
    assert sheet.rows()["target"].tolist() == [200, 55.5, 2000, 20]


def test_plan_on_several_worksheets_is_one_with_sections(project):
    """Each place has its worksheet, what is left is told, and the form has all of it."""
    folder = project / "data/any"
    folder.mkdir()
    (folder / "plan.toml").write_text(METADATA, "utf-8")
    parts = {
        "しごと": [TITLE, *made(rows=ROWS[:2])],
        "ひと": [TITLE, "目標2", *made(rows=ROWS[2:])],
    }
    workbook(folder / "2023.xlsx", {**parts, "旧": TITLE, "予算": BUDGET}, hidden="旧")
    judged = evaluate(load("any", 2023))
    assert judged.sheet.captions == {1: "(1) しごと", 2: "(2) ひと"}
    places = [f"data/any/2023.xlsx:{of}" for of in ("しごと!3", "しごと!4", "ひと!4", "ひと!5")]
    assert judged.rows["source"].tolist() == places
    (left_out,) = findings_of(judged, "worksheet-left-out")["text"]
    assert left_out == "「旧」（非表示）、「予算」"
    assert findings_of(judged, "row-missing").empty
    assert make_form("any", 2024).sheet.title == TITLE[0]


def test_what_is_carried_stands_in_kpis_csv(read):
    judged = evaluate(
        read([[*row, text] for row, text in zip(made(), ["備考", *"甲乙丙丁"], strict=True)])
    )
    assert kpis_csv(judged.rows, judged.sheet.carried)["備考"].tolist() == [*"甲乙丙丁"]


# -- What would be taken for something else.


@pytest.mark.parametrize(
    ("table", "asked"),
    [
        # A word that nobody knows among those for the lines of a KPI.
        ([*LINES[:2], "架空の件数|確保方策|10|11|12|"], "「区分」"),
        (["指標||R4|R5|R8", "架空|量の見込み|3|4|9", "|実績|2|3|"], "目標値の列がありません"),
        (["指標|R4||R5||R8目標", "|想定|結末|想定|結末|", "架空|3|4|5|6|9"], "セルが6個"),
        (["指標|R5実績|R8目標", "甲|3|5", "乙|4|6", "|R2|R3", "|R3|R4"], "別の表の見出し又は行"),
        # Words over heads that have none over the names say whose or of when these are.
        (["|隣の市||本市|", "|R4実績|R6目標|R5実績|R8目標", "甲|3|5|4|6"], "「隣の市 R6"),
        (["|甲|乙||丙|", "|R2|R5||R7|R8", "||目標|現状||", "子|3|5|4|5|6"], "列「丙 R7」"),
        (["指標|単位|R5実績|目標値", "甲|人|3|5", "|%|4|6"], "「指標名」: 空白です"),
        (["年度|指標|目標値|実績値", "R4|架空|9|8", "R5|架空|7|6"], "「R4」）が、どの列の値の年か"),
        (["指標|当初値|R5実績（R4実績）|目標値", "架空|3|4人（5人）|9"], "R5実績（R4実績）"),
        (["指標|前年度実績|目標値", "架空の件数|3|5"], "「前年度実績」"),
        (["指標|R1基準|R5実績|R6目標", "架空の件数|3|4|9", "目標値|5|6|9"], "（「目標値」）"),
        (["指標|目標値|実績値 R3→R4→R5", "架空|40|28.5→30.2→31.8"], "「実績値 R3→R4→R5」"),
        (["指標|R1基準|5年間の累計||", "||実績（R5）|目標", "架空|3|4|5"], "の累計 実績（R5）"),
        (["指標|R1基準値|R5実績|令和6年4月1日現在", "架空|3|5|4"], "目標値の列がありません"),
        # A figure alone may be the actual above, or the target; a KPI without actuals is none's.
        (["上段：実績下段：目標", "指標|R4|R5|R6", "甲|9 10|8 9|7"], "R6 上段"),
        (["指標|R4|R5", "甲（計画）|9|8", "甲（実績）|9|8", "SDGsの認知度|1|2"], "SDGsの認知度"),
        (["指標||R5実績", "架空|79%→95%|95%"], "目標値の列がありません"),
        (["指標|R1基準|R5実績|R6目標", "架空|3回|4回|9回", "男性|5歳|6歳|9歳"], "何の指標の内訳か"),
        # A figure or unit beside the KPIs or parts of a row is that of one; the half of a year.
        (["事業|活動指標|目標|成果指標|目標|実績", "甲|乙|9|丙|8|3"], "指標名の列がありません"),
        (["事業|指標1|目標|実績|指標2|目標|実績|方向", "甲|乙|9|5|丙|8|3|↑"], "「目標」が2列"),
        (["指標|単位|R8目標||R5実績|", "||件数|金額|件数|金額", "甲|件|9|8|4|3"], "セルが6個"),
        (["指標|R8目標||R5実績||達成率", "|男子|女子|男子|女子|女子", "甲|9|8|4|3|9%"], "セルが"),
        (["指標|R8目標|R4実績||R5実績|", "||上期|前年比|上期|前年比", "甲|9|4|5|3|5"], "実績 上期"),
        (["指標|A 2020年度（基準値）|R8目標|R5見込|D=C-A 実績", "甲|3|9|4|1"], "「D=C-A 実績」"),
        (["指標|区分|R1基準|R5（R4実績）|R8", "甲|目標|5|6|9", "|実績||5|"], "（R4実績） 実績"),
        # Beside a table that has targets: another that has them in words, or compares with them.
        *[
            (
                ["指標|R5実績|目標（R8）", "甲|3|5", f"指標|R5実績|{head}", f"乙|3|{text}"],
                "目標値の列が",
            )
            for head, text in [("めざす姿", "増加"), ("達成率", "50%"), ("乙", "目標5人")]
        ],
        # A row of years is a KPI's; a title beside actuals that are not its own; a group's name.
        ([f"{SHORT}|R9", "甲|3|5|6", "目標達成の年|R8年度|R7年度|R6年度", "乙|3|5|6"], "別の表の"),
        (["指標|単位|架空の地区||R5実績", "||R2現状|R8目標|", "甲|人|3|5|4"], "地区 R2現状"),
        (["甲|R2現状|R5実績|R8目標", "施策1 乙|3|4|5"], "指標名の列が"),
        (["指標|内訳|R5実績|R8目標", "施策1 甲|||", "|男|3|5", "|女|4|6"], "指標名を書いて"),
        (["成果指標1 架空|人", "R2現状|R5実績|R8目標", "3|4|5"], "指標名の列が"),
        # Two targets of one year.
        (
            ["指標|R1基準|R5実績|R8目標", "甲|2|4|9", *["年度ごとの目標値||5|"] * 2, "乙|1|2|3"],
            "年度ごとの目標値",
        ),
        # Figures without a head; what may be a rate, and a value of any time.
        (["指標||R5実績|R8目標", "架空|10|15|20"], "セルが4個"),
        (["指標|R1基準|R7目標|達成状況（R4）|達成状況（R5）", "架空|5|9|50 (R3)|75"], "（R4）」"),
        (["指標|R2基準|指標値|R5実績値", "架空|3|4|5"], "「指標値」"),
        (["指標|基準値|目標値|進捗状況", "会員数|5人|9人|7人", "割合|5%|9%|7%"], "「進捗状況」"),
        (["指標|実績値|最新値|目標値", "架空の件数|3|4|5"], "「実績値」"),
        (
            ["項目|区分|当初値|実績|目標値", *["甲|男|3|4|5", "甲|女|3|4|5"] * 2],
            "指標名の列が.*「項目」",
        ),
        (["指標|R5実績|目標値|達成率|進捗率", "架空|3|5|60%|10%"], "達成率"),
        # The printed achievement may be that of other figures than 現状値.
        (["指標|現状値|目標値|上半期実績|達成率", "架空|3|9|5|33%"], "「上半期実績」"),
        (["指標|現状値|目標値|R4達成率|R5達成率", "架空|3|9|33%|50%"], "「R4達成率」"),
        (["指標|現状値|目標値|進捗状況", "架空|3|9|5に増加した。"], "「進捗状況」"),
        (["指標|当初値|R5上半期|目標値", "架空|3|5|9"], "「R5上半期」"),
        (["指標|17年度基準値|5年度実績|17年度目標", "架空|3|5|9"], "「17年度基準値」"),
        (["指標|R5実績|目標値|目標年度|", "架空|5|9|R8|継続"], "セルが5個"),
        # Two columns under one head, where the lines of a KPI are put together.
        (["指標|区分|R5|目標値|目標値", "架空|実績|9||", "|目標||20|30"], "列「目標値」が2列以上"),
        # Captions of years, and lines without one; a year in the place of a name.
        *[
            ([row for of in names.split() for row in [of, *CAPTIONED]], "列「実績」（例「2」）")
            for names in ("令和4年度 令和5年度", "男性 女性", "東区 西区", "4月 5月")
        ],
        (["甲", *CAPTIONED, "乙", *CAPTIONED * 2], "セルが4個"),
        (["架空の件数", *CAPTIONED], "「R4｜3｜2」は、別の表の見出し又は行"),
        (["指標|R2基準|R5実績|R8目標", "1|2|3|4", "架空|3|4|5"], "1　2　3　4"),
        # A KPI that stands twice in a row, of two years; lines of no year; what was printed for R5.
        (["事業|指標|目標|実績|指標|目標|実績", "甲|乙|9|4|乙|8|3"], "列「目標」が2列以上あります"),
        (["指標|区分|1年目|目標（R8）", "甲|計画|2|9", "|実績|1|"], "どの年度の値か分かりません"),
        (["指標|基準|目標（R8）|参考値（R5）|対目標", "甲|3|9|4|44%"], "列「参考値（R5）」"),
        # Two tables side by side, of other figures, or with something over or between them.
        *[
            (
                [*over, "指標|R5実績|目標値||指標|R5実績|目標値", f"架空|3|5||{name}|4|6", *below],
                "列「目標値」が2列以上あります。表が横に並んでいるときは",
            )
            for over, name, below in [
                ([], "架空", []),
                (["東部||||西部"], "別の架空", []),
                ([], "別の架空", ["目標2", "甲|3|5||乙|4|6"]),
            ]
        ],
        (["指標|R5実績（速報）|R5決算|目標値", "架空|3|4|5"], "重なっています"),
        # What it costs, how or how often it is done, of which goal; a round before another one.
        *[
            ([f"指標|R2基準|{heads}", "架空|3|4" + "|5" * heads.count("|")], asked)
            for heads, asked in [
                ("R5実績|R8目標|R5計画額|R5決算額", "「R5計画額」"),
                ("R5実績|目標設定", "「目標設定」"),
                ("R5実績|プラン", "「プラン」"),
                ("R8目標|モニタリング", "「モニタリング」"),
                ("実績|実績額|R8目標", "「実績」"),
                ("第2回中間評価|第1回中間評価|R8目標", "「第2回中間評価」"),
                ("R5実績|推計（目標年度）", "「推計（目標年度）」"),
                ("R5実績|目標（割合）", "「目標（割合）」"),
            ]
        ],
        (["指標|目標基準|R5実績|R8目標", "架空|3|4|5"], "「目標基準」"),
        # Labels of rows are no captions of tables.
        (
            ["甲|乙|丙", "世帯|総数|3", "|(2)単身|1", "|(2)男性|2"],
            r"^[^\n]*の表がありません[^\n]*(\n\[columns\](\n\".*)*\n[^\n]*)?$",
        ),
        (["指標|R2現状|R5実績|目標値（H25基準）", "架空|3|4|5"], "「目標値（H25基準）」"),
        (["指標|基準|中間評価|最終評価|目標", "架空|3|4|B|5"], "「中間評価」"),
        (["指標|R2基準|R8目標|進み具合", "架空|3|4|目標5人に対し4人"], "「進み具合」"),
        (["KPIの出典|R2基準|R5実績|R8目標", "架空|3|4|5", "別|3|4|5"], "指標名の列が"),
        # Lines of years that are of two initiatives or parts, or of no result.
        (["施策|指標|年度|目標値|実績値", "甲|架空|R4|5|3", "乙|架空|R5|6|4"], "どの列の値の年か"),
        (["指標|対象|年度|目標値|実績値", "架空|男|R4|5|3", "架空|女|R5|6|4"], "どの列の値の年か"),
        (["指標|年度|目標値|実績値", "架空|R4|5|3", "|R5（見込）|6|4"], "どの列の値の年か"),
        # Either plan may be in force; years behind a figure under a head that nobody knows.
        (["指標|R4基準|R5実績|第2次計画目標（R6）|第3次計画目標（R9）", "架空|3|4|5|6"], "第2次"),
        (["指標|R2基準|実績|いつの値か|R8目標", "架空|3|4|R4|9"], "どの列の値の年か"),
        ([*made(), [*ROWS[0], "架空"]], "セルが10個ありますが、見出しは9列"),
        # Captions that do not count on, or anew under a goal, or by which rows are named.
        (under("架空町／*／(1) 甲／*"), "より前"),
        *[
            (under(texts), "見出しが2回")
            for texts in [
                "(1) 甲／*／目標２／(1) 乙／*",
                "目標１／(1) 甲／*／(1) 乙／*／目標２／(1) 丙／*",
                "目標１／(1) 甲／*／(3) 乙／*／目標２／(1) 丙／*",
                "目標１ 令和4年度／(1) 甲／*／目標２ 令和5年度／(1) 甲／*",
                "目標１／(1) 甲／*／目標２／(1) 乙／*／評価と課題／- 丙【(1)No.1】",
            ]
        ],
    ],
)
def test_what_could_be_taken_for_something_else_is_asked_about(read, table, asked):
    with pytest.raises(KpiError, match=asked):
        read(table)


@pytest.mark.parametrize(
    ("table", "wanted"),
    [
        # Years behind their figures, before them, and one between two.
        (["指標|現状値|年度|直近値|年度|目標値|年度",
          "架空|36.4%|令和2|39.1%|令和4|40%以上|令和7"],
         {"baseline_year": 2020, "actual_year": 2022, "target_year": 2025}),
        (["指標|当初|目標|最新|", "|||年度|数値", "架空|62%|70%|R4|65%"],
         {"actual": 65, "actual_year": 2022, "target": 70}),
        # What has years alone says those of figures; one to come is that of a target.
        (["指標|当初値|設定年度|目標値|実績値|最終年度", "架空|3|R2|5|4|R8"],
         {"baseline_year": 2020, "actual": 4, "target_year": 2026}),
        # A text over a column of texts is its head.
        (["事業名|KPI||||効果", "|指標|申請時|指標値（目標値）|実績値|", "甲|架空|3|5|4|有効"],
         {"baseline": 3, "actual": 4, "target": 5, "initiative": "甲"}),
        # What a head adds nothing to, above years of which each line says what it has.
        *[
            ([f"指標|区分|{head}||", "||R3|R5|R8", "架空|目標|3|4|9", "|実績|2|5|"],
             {"actual": 5, "actual_column_year": 2023, "target": 9})
            for head in ("年度", "推移", "目標・実績", "目標値と実績値の推移")
        ],
        (["指標|実績値及び目標値||", "|R3|R5|R8", "架空|3|4|9"],
         {"actual": 4, "target": 9, "target_column_year": 2026}),
        (["指標|R2現状|※1R22趨勢値|R22目標", "架空|3|4|9"], {"baseline": 3, "target": 9}),
        # What comes after a year that is foreseen is planned.
        *[
            ([f"１）収支改善に係るもの|R4実績|R5実績|R6見込|R7|{last}", "架空|3|4|5|6|9"],
             {"actual": 4, "target": 9, "target_column_year": 2026})
            for last in ("R8", "R8目標")
        ],
        (["指標|H27実績|2020年社人研推計|R5|R8目標", "架空|3|4|5|9"], {"actual": 5, "target": 9}),
        # What a head reaches over ends where another one begins.
        (["指標|現状値||目標値", "|策定時|今回|", "|R1|R5|R8", "架空|93|92|95"],
         {"baseline": 93, "actual": 92, "target": 95, "target_column_year": 2026}),
        (["事業|指標|R5決算額|R5実績|目標（R8）", "甲|架空|8|4|5"], {"actual": 4}),
        (["指標|当初値|R5実績|当初目標値（R5）|見直し後の目標値（R8）", "架空|3|4|5|9"],
         {"target": 9, "target_column_year": 2026}),
        (["区分|令和4年度||令和5年度||", "|計画値|実績値|計画値|実績値|対計画比",
          "架空|3|4|5|6|120%"],
         {"actual": 6, "actual_column_year": 2023, "target": 5, "target_column_year": 2023}),
        (["指標|R5実績|目標値||", "||短期(R6)|中期(R9)|長期(R15)", "架空|3|4|5|6"],
         {"actual": 3, "target": 4, "target_column_year": 2024}),
        (["指標|当初値||2023年||目標値（R8）|", "架空|R2|3|R4|4|R8|5"],
         {"baseline_year": 2020, "actual": 4, "actual_year": 2022, "target": 5}),
        # Each bare year is of the era over it; one without any is of another head's of its words.
        (["指標|単位|平成|令和||目標値", "||30|元|5|令和8", "架空|件|3|4|5|9"],
         {"actual": 5, "actual_column_year": 2023, "target": 9}),
        (["指標|30年度目標|30年度実績|元年度実績|5年度実績|①8年度目標", "架空|3|4|5|6|9"],
         {"actual": 6, "target": 9, "target_column_year": 2026}),
        (["基本施策|指標|現状||目標値", "(1) 甲|架空|3|↑|5"], {"baseline": 3}),
        (["指標|現状値|目標値|達成状況", "架空の割合|30%|50%|40%"], {"baseline": 30}),
        (["区分|当初値|実績|目標値", "取組|30|35|40"], {"name": "取組", "target": 40}),
        (["施策|数値目標||R5実績", "甲|架空の数|9人|3人"], {"name": "架空の数", "target": 9}),
        # A name and figures make a head; what is counted, 第1節 and a page are no figures.
        (["節項|頁次|柱の区分等|具体的内容|指標|現状値|目標値", "第1節|甲 P35|1 乙|丙|架空|3|9",
          "第2節|丁 P37|2 戊|己|別の架空|3|9"], {"name": "架空", "baseline": 3, "target": 9}),
        (["（単位：千円）||", "指標|R5実績|目標（R8）", "架空の額|3|5"], {"unit": "千円"}),
        (["指標（単位）|R5実績|目標（R8）", "架空（甲）の数（水系）|3|5"], {"unit": "水系"}),
        (["指標（単位）|R5実績|目標（R8）", "架空の数（千人）（新規）|3|5"], {"unit": "千人"}),
        # In the year 達成年度 the target is to be reached.
        (["指標|R2基準|R5|達成年度|目標", "架空|3|4|R8|5"], {"target_year": 2026}),
        # Columns of a database; a grade stands beside the figure. KPI of a later year is a target.
        (["団体コード|年度|指標_名|基準値_R2|実績値_R5|KPI（R8）|対前年|達成率|達成度",
          "99|R5|架空|3|4|5|+1|50%|B"],
         {"baseline_year": 2020, "actual": 4, "target_column_year": 2026, "published": "50%"}),
        # Of several evaluations in grades the last one is of the newest value.
        (["指標|策定時|最終値（R5）|目標|第1回中間評価|最終評価", "架空|3|4|5|B*|A"],
         {"actual": 4, "published": "A"}),
        # Words part one head; a plan's period is in force until its end, an earlier plan no more.
        (["指標|R2基準|R5実績|目標（R8）||評価|", "|||変更前|変更後|内部|外部", "架空|3|4|5|9|A|B"],
         {"baseline": 3, "target": 9}),
        (["項目|R2基準|R5||R8目標|", "|量|量|比|量|比", "甲|3|4|5%|9|8%"], {"target": 9}),
        (["指標|第1期実績（R4）|第2期実績（R5）|第2期目標（R5）|第3期目標（R8）", "架空|3|4|5|9"],
         {"actual": 4, "target": 5}),
        (["指標|第1期基準（R1）|第2期基準（R4）|R5実績|第1期目標（R5）|第2期目標（R8）",
          "架空|1|3|4|5|9"], {"baseline": 3, "target": 9}),
        (["指標|第1次計画策定時|R5実績|第1次計画目標（R5）|第2次計画目標（R8）", "架空|3|4|5|9"],
         {"target": 5}),
        (["指標|従前値|基準年度|数値（評価値）|最新値（年度）|目標値", "架空|3|R2|4|R4|5"],
         {"baseline_year": 2020, "actual": 4, "actual_year": 2022}),
        # A title over what says whose figures they are; 1 April ends the year of its column.
        (["指標|年次目標と実績||年度別推移|", "|R8目標|R5実績|R2|R4", "架空|5|4人（R6.4.1）|3|3"],
         {"actual": 4, "actual_year": 2023, "target": 5}),
        (["指標|指標の推移||期間中の実績|", "|基準値|目標値||", "|R2|R8|4年度|5年度", "甲|3|5|3|4"],
         {"baseline": 3, "actual": 4, "target": 5}),
        # One head over names and figures, of names over figures, and of values spread over a cell.
        (["基本目標|数値目標（R8）||R5実績", "甲|架空|5人|4人"], {"name": "架空", "target": 5}),
        (["KPI||数　値|", "指標名|目標値|モニタリング|評価値", "架空|5|-|4"], {"actual": 4}),
        (["実績額 単位：円|KPI||||実績値", "|指標|指標値|単位|目標年月|", "9|架空|5|人|R8.3|4"],
         {"actual": 4, "target": 5, "target_year": 2025}),
        (["項目|計画額a|決算額b|差b-a|達成率 b/a*100", "架空|5|4|1|80"], {"actual": 4}),
        (["指標|計画の掲載値||R5実績", "|現状値（R2）|目標値（R8）|", "架空|3|5|4"],
         {"baseline": 3, "actual": 4, "target": 5}),
        (["指標|現状（割合※1）（R2）|実績（割合※1）（R5）|目標（割合※1）（R8）",
          "架空|3t(5%)|4t(6%)|5t(8%)"], {"baseline": 3, "actual": 4, "target": 5}),
        (["指標|基準|実績|目標|達成度|フォローアップ時点での達成度", "架空|3|4|5|○|△"],
         {"published": "△"}),
        (["指標|目標年度||達成率|", "|目標|R5実績|値|評価", "甲|5|4|80%|B"], {"published": "80%"}),
        (["指標||R5実績|目標", "指標1|人|4|5"], {"name": "指標1", "unit": "人"}),
        # A year of its own that is the column's makes no actual of what may be a percentage.
        (["指標|基準|目標|R5進捗状況", "架空|3|5|50（R5）"], {"published": "50（R5）"}),
        (["成果指標|22|23|26目標", "架空|3|4|5"], {"actual": 4, "target_column_year": 2026}),
        # A step before the last target, the town's beside others', words among heads of two lines,
        # grades of years before what stands below 評価.
        (["指標|R5実績|中間評価（5年後）目標|最終評価（10年後）目標", "架空|4|5|9"], {"target": 9}),
        (["指標|R2現状||R8目標|", "|国|試験市|国|試験市", "架空|9|3|9|5"], {"target": 5}),
        (["計画|||目標設定||実績|", "NO|期別|指標名|R2（基準）|R8|R4|R5", "1|幼|架空|3|9|3|4"],
         {"name": "架空", "baseline": 3, "target": 9}),
        (["指標|R3|R4|R5評価||", "|||前回値|最新値|目標値", "架空|a|b|3|4|9"], {"actual": 4}),
        # Heads that nobody knows over the only words; labels of what sums up the KPIs.
        (["住民が主体となる項目|R2基準|R5実績|R8目標", "架空|3|4|5"], {"name": "架空"}),
        (["施策の目標||指標|R2現状|R8目標", "施策1|甲|架空|3|5"], {"name": "架空", "target": 5}),
        (["評価項目|指標|R2現状|R8目標", "甲|架空|3|5", "甲|別|3|5"], {"initiative": "甲"}),
        (["評価指標|内容|R2現状|R8目標", "1|架空|3|5", "2|別|3|5"], {"name": "架空", "no": 1}),
        # A year in its column is of the era in which alone another one can be.
        (["指標|基準値|年度|R5実績|目標値|年度", "架空|3|28年度|4|5|35年度"],
         {"baseline_year": 2016, "target_year": 2023}),
    ],
)  # fmt: skip
def test_each_figure_has_the_head_and_year_that_stand_over_it(read, table, wanted):
    row = read(table).rows().iloc[0]
    assert {of: row[of] for of in wanted} == wanted


# -- Tables of something else beside those of KPIs.


@pytest.mark.parametrize(
    "other",
    [
        ["区分|R3年度|R4年度|R5年度", "架空の総人口|52,000|51,500|51,000"],
        ["区分|2020年|2025年|2030年", "架空の総人口|52,000|51,500|51,000"],
        ["事業名|R4決算額|R5決算額|R6予算額", "架空の事業|100|120|130"],
        ["区分|達成率|内容", "A|100%以上|達成", "B|80%以上|おおむね達成"],
        ["基本目標|指標数|達成|達成率", "1|12|8|66.7%"],
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_table_of_something_else_is_no_table_of_kpis(read, other, is_first):
    """人口, 予算 and the like, whose heads are known, but none of which is of KPIs."""
    parts = [other, made()] if is_first else [made(), other]
    assert facts(read([*parts[0], "|||", *parts[1]])) == facts(read(made()))


def test_rows_above_the_only_table_are_not_torn_from_it(read):
    above = ["年|総人口", "2021|52,000", "1|架空の章|3頁"]
    assert facts(read([*above, *made()])) == facts(read(made()))


@pytest.mark.parametrize(
    "head", ["設問|R1|R3|R5", "地区名|人口|世帯数|面積", "種類|男|女|計", "評価区分|A|B|C"]
)
def test_head_of_another_table_among_the_rows_is_asked_about(read, head):
    """The rows below it would be judged as KPIs."""
    table = ["指標|当初値（R2）|R5実績|目標値（R8）", "架空|3|4|5"]
    asked = f"「{head.replace('|', '｜')}」は、別の表の見出し又は行のようです"
    with pytest.raises(KpiError, match=asked):
        read([*table, "（参考）架空の表|||", head, "架空の東|70|75|80"])
    # A KPI may have words for figures; one with a number, also years.
    assert len(read([*table, "架空の計画の策定|未策定|検討中|策定"]).rows()) == 2
    numbered = [f"{no}|{row}" for no, row in enumerate([*table, "架空の改定の年|R1|R5|R8"])]
    assert len(read([f"No{numbered[0][1:]}", *numbered[1:]]).rows()) == 2


def test_planned_figures_without_their_actuals_are_asked_about(read):
    """地域計画 is a name that says nothing of its line."""
    with pytest.raises(KpiError, match="同じ名前の実績の行がなく"):
        read(["指標|R2|R5|R8", "架空の人数（見込量）|10|12|20", "架空の地域計画|1|2|3"])


@pytest.mark.parametrize("says", ["人数（{}）", "人数【{}】", "人数 {}値", "{}延べ人数"])
def test_names_that_say_what_their_lines_have_are_asked_about(read, says):
    """A line of targets would be judged as a KPI's actuals."""
    lines = [f"{says.format(of)}|10|12|20" for of in ("目標", "実績")]
    with pytest.raises(KpiError, match="1指標の何行かをまとめられません"):
        read(["指標|R2基準|R5実績|R8目標", *lines])
    (row,) = read(["指標等|R2|R5|R8", *lines, "達成度|－|90%|", "差引|0|0|0"]).rows().itertuples()
    assert (row.name[-2:], row.actual, row.target, row.published) == ("人数", 12, 20, "90%")
