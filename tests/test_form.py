"""Sheets to fill in: next year's form, which loses nothing and is next year's input; a new plan."""

import re
import resource
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from conftest import PLAN, contents, run_kpi
from pandas.testing import assert_frame_equal
from test_cli import kpi
from test_statuses import ROWS
from test_workbook import SHEET, rewritten

from kpi_utils import KpiError, compare, evaluate, judge, load
from kpi_utils.plan import read_plan
from kpi_utils.preparing.form import make_form
from kpi_utils.preparing.new_plan import make_plan
from kpi_utils.sheets.reading import read_sheet

TITLE = "## 試験市 試験計画（架空のデータ）\n\n"
HEAD = "No\t指標名\t当初値\t2022年\t2030年(目標値)\t達成度 (%)\n"
# Made-up sheets, each with something that the sheet of Kumamoto has not.
SHEETS = {
    "one table without a caption, and no commentary": (
        TITLE + HEAD + "1\t件数\t2020年度 10 件\t2022年度 12 件\t2030年 20 件\t20%\n"
    ),
    "two target columns": (
        TITLE + "No\t指標名\t当初値\t2021年\t2022年\t2022年 目標値\t2025年 目標値\t達成度 (%)\n"
        "1\t件数\t2020年度 10 件\t11 件\t12 件\t14 件\t20 件\t50%\n"
        "2\t割合\t2020年度 1.5 %\t－\t2.0 %\t\t2.5 %\t50%\n"
    ),
    "a period of two years, heads of their own kinds": (
        TITLE + "No\t取組名\t指標名\t基準値\t2021年度 実績\t2022年度 実績\t目標値\t達成率\n"
        "1\t\t名前の前に取組のない指標\t10 件\t\t12 件\t20 件\t20.0%\n"
        "2\t①取組\t指標二\t10 件\t集計中\t未公表\t20 件\t\n"
        "3\t\t指標三\t10 件\t11 件\t12 件\t20 件\t20.0%\n"
    ),
    "a head with a space, and no other like it": (
        TITLE + "No\t指標名\t当初値\t2022年 実績\t目標値\t達成度 (%)\n"
        "1\t件数\t10 件\t12 件\t20 件\t20%\n"
    ),
    "a period of five years, not all begun": (
        TITLE + "No\t指標名\t当初値\t2022年\t2023年\t2024年\t2025年\t2026年\t目標値\t達成度 (%)\n"
        "1\t件数\t10 件\t12 件\t\t\t\t\t20 件\t20%\n"
    ),
    "notes under and in a table, and before the commentary": (
        TITLE + "この表は架空のデータである。\n\n## (1) 一つ目\n" + HEAD + "※ 速報値を含む。\n"
        "1\t件数\t10 件\t12 件\t20 件\t20%\n※1 途中の注\n"
        "2\t人数\t1,000 人\t1,200 人\t2,000 人\t20%\n"
        "注 表の下の注\n\n## (2) 二つ目\n表と見出しの間の注\n" + HEAD
        + "1\t件数【再掲】\t10 件\t12 件\t20 件\t20%\n"
        "\n**(3) 評価及び課題等**\n\n前置きの文\n- 「件数」【(1)No.1、(2)No.1】\n  - ・増加した。\n"
        "  - ＝で始まる文\n- 見出しだけの段落\n"
    ),
    "a commentary of headings alone": (
        TITLE + "## (1) 架空の表\n" + HEAD + "1\t件数\t10 件\t12 件\t20 件\t20%\n"
        "\n(2) 評価及び課題等\n- 見出し一\n- 見出し二【(1)No.1】\n"
    ),
    "a commentary without headings": (
        TITLE + "## (1) 架空の表\n" + HEAD + "1\t件数\t10 件\t12 件\t20 件\t20%\n"
        "\n(2) 評価及び課題等\n増加した。\n今後も進める。\n"
    ),
    "cells that are no plain number": (
        TITLE + HEAD + "1\tア\t８ ％\t１０．５ ％\t15 ％以下\t-36%\n"
        "2\tイ\t5 %\t8 %\t10～15 %\t60%\n"
        "3\tウ\t8 本\t9 本\t上昇\t達成\n4\tエ\t8 本\t7 本\t上昇\t未達成\n"
        "5\tオ\t未策定\t策定\t策定\t達成\n6\tカ\t▲1.5 ％\t▲ 2.0 ％\t▲3 ％\t33%\n"
        "7\tキ\t-2.5 %\t0 %\t2.5 %\t50%\n8\tク\t300件（5年間累計）\t=SUM(A1)\t1\"2\t\n"
        "9\tケ\t12 件\t13  件\t007 件\t\n10\tコ\t1,000 件\t1000 件\t2,000　件\t0%\n"
        "11\tサ\t20 件\t22 件\t20 件以上\t達成\n12\tシ\t20 件\t\t30 件\t\n"
        "13\tス\t1 件\t2 回\t3 件\t\n14\tセ\t1 件\t2 件\t2 件\thttp://x.jp\n"
        # Exactly 2.5 %, and a little less in binary numbers.
        "15\tソ\t23.34 %\t23.324 %\t22.7 %\t3%\n"
    ),
    "figures of one row in other magnitudes": (
        TITLE + HEAD + "1\tア\t28億500万円\t33億2千万円\t35億円\t74%\n"
        "2\tイ\t1,250千トン\t117万トン\t95万トン以下\t27%\n"
        "3\tウ\t2 十億円\t25 億円\t3 十億円\t50%\n"
    ),
}  # fmt: skip

STATUS_ROWS = ("\t".join([str(no), *row]) for no, row in enumerate(ROWS, 1))
SHEETS["all statuses"] = TITLE + HEAD + "\n".join(STATUS_ROWS) + "\n"
# Where the file has it, and a name that is in the language of the sheet's words.
SOURCES = {"source", "label"}


def files():
    return sorted(path.name for path in Path("data/kumamoto").iterdir())


def as_last_year(form, fiscal_year=2022):
    """A form read as the sheet that it was made from."""
    path = Path(form.path)
    return read_sheet(path, read_plan(path.with_name("plan.toml")), fiscal_year)


def judged(sheet):
    return judge(sheet.rows(), sheet.plan)


def reads(cell):
    """The cells that a formula computes on."""
    return set(re.findall(r"[A-Z]+\d+", cell.value))


def by_formulas(form):
    """達成度 of the form's rows: what its formulas give, else what the sheet prints."""
    published = form.sheet.rows()["published"].to_dict()
    return [form.formula_results.get(listing, text) for listing, text in published.items()]


def same(sheet, back, published=None):
    """All that a sheet says, cell for cell, but for the column that the form has added.

    ``published`` is 達成度 as the form's formulas give it, where that is not what the sheet prints.
    """
    rows = sheet.rows()
    if published is not None:
        rows["published"] = pd.Series(published, rows.index, rows["published"].dtype)
    points = back.points.merge(sheet.points[["section", "no", "column_year"]])
    columns = back.columns[back.columns["header"].isin(sheet.columns["header"])]
    pairs = [(rows, back.rows()), (sheet.points, points), (sheet.columns, columns)]
    names = ("targets", "commentary", "references")
    pairs += [(getattr(sheet, name), getattr(back, name)) for name in names]
    for pair in pairs:
        one, other = (
            frame.drop(columns=[*{*SOURCES, "column"}.intersection(frame)]) for frame in pair
        )
        assert_frame_equal(one.reset_index(drop=True), other.reset_index(drop=True))
    assert (back.title, back.captions) == (sheet.title, sheet.captions)
    assert [note[::2] for note in back.notes] == [note[::2] for note in sheet.notes]
    assert back.remarks == []
    return True


def test_form_of_the_published_sheet_loses_nothing_and_is_the_same_each_time(project, sheet):
    path = Path(make_form("kumamoto", 2023).path)
    first = path.read_bytes()
    path.unlink()
    form = make_form("kumamoto", 2023)
    assert path.read_bytes() == first
    assert form.differing() == []
    back = as_last_year(form)
    assert same(sheet, back)
    assert [column for column in back.columns["header"] if "2023" in column] == [
        "2023年",
        "2023年 実績",
    ]
    assert judged(back)["achievement"].equals(judged(sheet)["achievement"])


def test_cells_of_the_form_are_numbers_and_the_open_ones_are_checked_and_explained(project):
    path = make_form("kumamoto", 2023).path
    book, computed = (openpyxl.load_workbook(path, data_only=values) for values in (False, True))
    cells, results = book["2023年度"], computed["2023年度"]
    shown = [(cell.value, cell.number_format) for cell in cells[6][3:5]]
    assert shown == [(2620, '"2018年度 "#,##0" 十億円"'), (2529, '"2020年度 "#,##0" 十億円"')]
    assert (cells["J29"].value, cells["F29"].number_format) == ("2023年 上昇", '#,##0" 本"')
    # The new figure, else the one before it; baseline and target.
    assert reads(cells["K5"]) == {"F5", "E5", "D5", "J5"}
    # A text in the cell of the new figure gives none, and the older one does not pass for it.
    assert 'IF(F5="",IF(' in cells["K5"].value
    # Of the groundwater's limit, which is kept, the improvement over the distance.
    assert [results[f"K{row}"].value for row in (5, 6, 28)] == [0.13, -1.26, 1.16]
    # What no figures give keeps the word of last year until there is a new actual to judge.
    assert (results["K29"].value, reads(cells["K29"])) == ("達成", {"F29"})
    assert {cells.cell(row, 11).data_type for row in [*range(5, 15), *range(19, 31)]} == {"f"}
    fills = {cells[place].fill.start_color.rgb for place in ("F5", "H30", "K29", "A33", "B34")}
    assert (fills, cells["I5"].fill.start_color.rgb) == ({"FFFFF2CC"}, "00000000")
    checks = {str(check.sqref): check for check in cells.data_validations.dataValidation}
    assert (checks["F6"].type, checks["F6"].errorStyle) == ("decimal", None)
    assert checks["F6"].prompt.startswith(
        "単位「十億円」の数値を、数字だけで記入します。\n前回は「2020年度 2,529 十億円」です。"
    )
    assert "理由を選んでください" in checks["F6"].error
    # As late as last year: two years for the city's product, none for the share of citizens.
    assert [cells[place].value for place in ("G6", "G5")] == ["2021年度", "2023年度"]
    assert checks["G6"].formula1.startswith('"2023年度,2022年度,2021年度,')
    assert checks["H6"].formula1 == '"未公表,集計中,調査なし,該当なし"'
    assert checks["K29"].formula1 == '"達成,未達成"' and "K28" not in checks
    assert checks["H6"].errorStyle == checks["K29"].errorStyle == "warning"
    assert "(1)No.2 の再掲" in checks["F24"].prompt
    assert "2022年度の記載" in checks["A33:M33"].promptTitle
    flags = {str(area.sqref): area.rules[0].formula[0] for area in cells.conditional_formatting}
    # Another value than in the row that lists the KPI first; the reason beside a figure.
    assert set(re.findall(r"[A-Z]+\d+", flags["F24"])) == {"F24", "H24", "F6"}
    # A percentage that was typed with its mark.
    assert "ABS(F5)<=1" in flags["F5"] and "ABS" not in flags["F24"]

    # It prints on A4, and says how it is filled in.
    assert book.sheetnames == ["2023年度", "記入要領"]
    assert (cells.page_setup.orientation, cells.page_setup.paperSize) == ("landscape", 9)
    assert cells.sheet_properties.pageSetUpPr.fitToPage
    assert (cells.freeze_panes, cells.print_title_rows) == ("D1", "$1:$1")
    guide = "".join(cell.value for cell in book["記入要領"]["B"] if cell.value)
    assert "kpi report kumamoto 2023" in guide and "data/kumamoto/2022.txt" in guide
    merged = {str(area) for area in cells.merged_cells.ranges}
    assert {"B5:C5", "B19:B20", "B24:B26", "I17:J17", "A17:A18"} <= merged


def test_new_column_stands_behind_those_of_earlier_years(town):
    town(SHEETS["a period of two years, heads of their own kinds"])
    heads = as_last_year(make_form("shiken", 2023)).columns["header"].tolist()
    assert heads[4:8] == ["2021年度 実績", "2022年度 実績", "2023年度 実績", "目標値"]


def test_entry_has_the_decimals_of_its_row_and_the_guide_what_the_sheet_has(town):
    """After 44 % the next one may be 45.5 %, as the baseline is 42.5 %."""
    head = "指標名\t単位\t当初値（2020年度）\t2022年度 実績\t目標値（2030年度）\n"
    town(f"{TITLE}## (1) 架空の表\n\n{head}受診率\t％\t42.5\t44\t50\n")
    book = openpyxl.load_workbook(make_form("shiken", 2023).path)
    blank = (cell for row in book["2023年度"] for cell in row if cell.value is None)
    assert {cell.number_format for cell in blank} == {"General", "#,##0.0"}
    guide = "".join(cell.value for cell in book["記入要領"]["B"] if cell.value)
    assert "達成度" not in guide and "評価及び課題等" not in guide


CUMULATIVE = '[[kpi]]\nname = "ア"\ncumulative = true\nreason = "架空"\n'
CLIPPED = '[published]\nconvention = "linear_clipped"\nreason = "架空"\n'
RANGE = '[[kpi]]\nname = "ア"\nkind = "range"\nlower = 10\nupper = 15\nreason = "架空"\n'


@pytest.mark.trial
@pytest.mark.parametrize(
    ("rows", "declared", "given", "read"),
    [
        # By the convention of the sheet, a ratio; declared, with a baseline that is 0.
        (("0.5 %\t1.0 %\t2.0 %\t50%", "3 件\t9 件\t12 件\t75%"), "", {1: "50%", 2: "75%"}, "DEH"),
        (("10 件\t12 件\t60 件\t20%",), CUMULATIVE + CLIPPED, {1: "20%"}, "DEH"),
        (("5 件\t9 件\t8 件\t100%",), CLIPPED, {1: "100%"}, "CDEH"),
        # What no cell holds as a number stands in the formula.
        (("5 %\t8 %\t適正な範囲\t60%",), RANGE, {1: "60%"}, "CDE"),
        (("8 ％\t10.5 ％\t15 ％以下\t-36％",), "", {1: "-36％"}, "CDE"),
        # Nothing is known yet.
        (("1 件\t－\t3 件\t",), "", {1: ""}, "CDEH"),
        # Of other units, and of figures in words, there is no formula.
        (("2 件\t25 人\t3 件\t50%",), "", {}, ""),
        (("2 十億円\t25 億円\t3 十億円\t50%",), "", {}, ""),
        (("8 本\t9 本\t上昇\t達成", "20 件\t22 件\t20 件以上\t達成"), "", {}, ""),
    ],
)
def test_formula_gives_what_the_sheet_prints(town, rows, declared, given, read):
    lines = [f"{no}\t{name}\t{row}\n" for no, name, row in zip((1, 2), "アイ", rows, strict=False)]
    town(TITLE + HEAD + "".join(lines), PLAN + declared)
    form = make_form("shiken", 2023)
    assert form.formula_results == {(1, no): text for no, text in given.items()}
    assert form.differing() == []
    cells = openpyxl.load_workbook(form.path)["2023年度"]
    assert all(reads(cells[f"I{3 + no}"]) == {f"{at}{3 + no}" for at in read} for no in given)


def test_formula_that_differs_from_the_published_figure_is_told(town):
    rows = "1\tア\t10 件\t12 件\t20 件\t20%\n2\tイ\t10 件\t12 件\t20 件\t30%\n"
    rows += "3\tウ\t1 件\t2 件\t3 件\t50%\n4\tエ\t10 件\t5件と6件\t20 件\t30%\n"
    town(TITLE + HEAD + rows + "5\tオ\t10 件\t12 件\t20 件\t\n")
    run = kpi("form", "shiken", "2023")
    assert run.returncode == 0
    assert run.stdout == (
        "注意 (1)No.2: 達成度の式は「20%」となり、data/shiken/2022.txt の「30%」と異なる。\n"
        "注意 (1)No.4: 達成度の式は空白となり、data/shiken/2022.txt の「30%」と異なる。\n"
        "data/shiken/2022.txt から data/shiken/2023.xlsx を作りました。"
        "色の付いたセルに記入してください。\n"
    )


@pytest.mark.parametrize(
    ("words", "told", "there"),
    [
        (["kumamoto", "2021"], "2022年度のシートがあるため、2021年度の記入用のシートを", ""),
        (["kumamoto", "2023"], "data/kumamoto/2023.xlsx が既にある", "2023.xlsx"),
        (["kumamoto", "2023"], "data/kumamoto/2023.csv が既にある", "2023.csv"),
        (["kumamoto", "2023"], "data/kumamoto/2023.xlsx: 表計算ソフトで", "~$2023.xlsx"),
    ],
)
def test_year_or_plan_that_has_no_form_is_told(project, words, told, there):
    """A file of the year is never written over, nor one that is open in a spreadsheet program."""
    if there:
        (project / "data/kumamoto" / there).write_text("記入済み")
    before = files()
    run = kpi("form", *words)
    assert run.returncode == 1
    assert told in run.stderr and "Traceback" not in run.stderr
    assert ("移してから" in run.stderr) == ("既にある" in told)
    assert files() == before
    assert not there or (project / "data/kumamoto" / there).read_text() == "記入済み"


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("\n2\t市内", "\n1\t市内", "9行目"),
        (
            "  - ・2021年度以降は、",
            f"  - ・{'長' * 33000}",
            r"2022\.txt: 「・長{59}…」を記入用のシートに移せ",
        ),
        ("", "", r"2022\.txt: 記入用のシートに移すと読み取れません"),
    ],
    ids=["sheet that cannot be used", "text that no cell holds", "form that cannot be read back"],
)
def test_sheet_of_which_no_form_can_be_made_is_told(project, edit, monkeypatch, old, new, error):
    def refuse(*_, **__):
        raise KpiError("記入用のシート 5行目: 読み取れない。")

    edit(project / "data/kumamoto/2022.txt", old, new)
    if not old:
        monkeypatch.setattr("kpi_utils.preparing.form.read_sheet", refuse)
    with pytest.raises(KpiError, match=error):
        make_form("kumamoto", 2023)
    assert files() == ["2022.txt", "plan.toml"]
    (project / "data/kumamoto/2022.txt").unlink()
    with pytest.raises(KpiError, match="data/kumamoto にシートが1件もないため"):
        make_form("kumamoto", 2023)


def test_disk_that_is_full_leaves_no_half_form(project):
    small = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))}
    run = run_kpi("form", "kumamoto", "2023", **small)
    assert run.returncode == 1
    assert run.stderr.startswith("エラー: ") and run.stderr.count("\n") == 1
    assert files() == ["2022.txt", "plan.toml"]


@pytest.fixture
def filled(project, edit):
    """The form of Kumamoto for 2023 with figures one above the last, and marked as made up."""
    title = "計画期間2022年～2024年"
    edit(project / "data/kumamoto/2022.txt", title, f"{title}（2023年度は架空のデータ）")
    path = Path(make_form("kumamoto", 2023).path)
    book = openpyxl.load_workbook(path)
    cells = book["2023年度"]
    for row in [*range(5, 15), *range(19, 31)]:
        cells.cell(row, 6).value = cells.cell(row, 5).value + 1
    # The figure of (2)No.8 is still to come.
    cells["F26"], cells["H26"] = None, "集計中"
    book.save(path)
    return path


def test_filled_form_is_next_years_sheet_and_the_next_form_holds_what_was_entered(filled):
    sheet = load("kumamoto", 2023)
    points = sheet.points[sheet.points["column_year"] == 2023].set_index(["section", "no"])["raw"]
    assert points[1, 1] == "2023年度 35.5 %"
    assert points[1, 2] == points[2, 6] == "2021年度 2,530 十億円"
    assert points[2, 8] == "集計中"
    rows = judged(sheet)
    assert rows["actual_year"].loc[rows["no"] == 2].tolist() == [2021, 2023]
    entered = load("kumamoto", 2022).rows()["actual"] + 1
    entered[2, 8] -= 1
    assert rows["actual"].tolist() == entered.tolist()
    found = evaluate(sheet).findings["code"].value_counts()
    # openpyxl saves no results of formulas; a spreadsheet program does.
    assert found["formula-without-result"] == 22
    assert "relisting-differs" not in found
    back = as_last_year(make_form("kumamoto", 2024), 2023)
    assert back.points["raw"].tolist() == load("kumamoto", 2023).points["raw"].tolist()
    assert "2023年の実績の年度" not in back.columns["header"].tolist()


def test_blank_result_of_a_formula_is_one(town):
    """Excel saves a blank text as <v></v>, which is not the same as no result."""
    sheet = town(SHEETS["a period of two years, heads of their own kinds"])
    path = Path(make_form("shiken", 2023).path)

    def blanked(text):
        assert text.count(' t="str"') == 1
        return re.sub(r"<v>\s</v>", "<v></v>", text)

    path.write_bytes(rewritten(path.read_bytes(), {SHEET: blanked}))
    assert read_sheet(path, sheet.plan, 2022).remarks == []


@pytest.mark.trial
@pytest.mark.parametrize(
    ("place", "value", "error"),
    [
        ("G5", 2023, ""),
        ("G5", "令和5年度", ""),
        ("G5", "昨年", r"No\.1 列「2023年」: 実績の年度に「昨年」"),
        ("G5", "2023年頃", r"No\.1 列「2023年」: 実績の年度に「2023年頃」"),
        # A number and a reason for none.
        ("H6", "未公表", r"6行目: 表\(1\) No\.2 列「2023年」: .*どちらか一方"),
    ],
)
def test_entry_that_was_typed_over_the_list(filled, place, value, error):
    book = openpyxl.load_workbook(filled)
    book["2023年度"][place] = value
    book.save(filled)
    if error:
        with pytest.raises(KpiError, match=error):
            load("kumamoto", 2023)
    else:
        assert load("kumamoto", 2023).rows().loc[(1, 1), "actual_year"] == 2023


# CSV in UTF-8 whose cells are as LibreOffice shows them.
AS_SHOWN = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true"


@pytest.mark.office
def test_filled_form_computes_in_libreoffice_as_we_do(filled, calculated):
    filled.write_bytes(calculated(filled).read_bytes())
    sheet = load("kumamoto", 2023)
    rows = judged(sheet)
    assert sheet.remarks == []
    # What no figures give is asked for, and blank until somebody chooses.
    assert rows["published"].tolist() == [
        "" if pd.isna(row.achievement) else f"{row.achievement:.0f}%" for row in rows.itertuples()
    ]


@pytest.mark.office
@pytest.mark.parametrize("name", ["Kumamoto's", *SHEETS])
def test_form_loses_nothing_and_libreoffice_shows_and_computes_what_the_sheet_prints(
    sheet, town, converted, calculated, name
):
    sheet = town(SHEETS[name]) if name in SHEETS else sheet
    form = make_form(sheet.plan.id, 2023)
    assert same(sheet, as_last_year(form), by_formulas(form))
    shown = read_sheet(converted(Path(form.path), AS_SHOWN), sheet.plan, 2022)
    assert same(sheet, shown, by_formulas(form))
    back = read_sheet(calculated(Path(form.path)), sheet.plan, 2022)
    assert back.rows()["published"].tolist() == by_formulas(form)


# -- A new plan's folder, and the made-up plan whose sheets use the hard notations.


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


def test_plan_of_the_portfolios_name_is_not_read(project):
    (project / "data/kumamoto").rename(project / "data/Portfolio")
    with pytest.raises(KpiError, match=r"「Portfolio」です。reports/portfolio/ .*別の名前を付けて"):
        load("Portfolio", 2022)


# 架空市: every kind of target, many notations, a workbook and then a tidy CSV.


def test_hard_notations_of_the_made_up_plan_are_judged_and_compared():
    """Each percentage that the made-up sheets print was worked out by hand."""
    years = [evaluate(load("kakuu", year)) for year in (2023, 2024)]
    for evaluation in years:
        assert evaluation.sheet.made_up
        rows = evaluation.rows[evaluation.rows["published"].str.endswith("%")]
        assert len(rows) >= 9
        assert [f"{value:.0f}%" for value in rows["achievement"]] == rows["published"].tolist()
        # A cell of several series leaves its row undetermined, and no other.
        found = evaluation.findings
        errors = found[found["severity"] == "error"]
        assert set(errors["rows"]) == {((1, 8),)} and set(errors["code"]) == {"unreadable-cell"}
        assert evaluation.rows.loc[(1, 8), "status"] == "undetermined"
        assert "published-differs" not in set(found["code"])
    kinds = {"reach_up", "reach_down", "at_most", "at_least", "range", "direction_only", "text"}
    assert kinds <= set(years[0].rows["target_kind"])
    changes = compare(*years).changes
    assert {"renamed", "target-moved", "actual-restated", "status-changed"} <= set(changes["code"])
    assert not {"new", "dropped"} & set(changes["code"])
