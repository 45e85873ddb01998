"""A workbook is read as its cells show it: what is struck out, hidden, an error or far out."""

import datetime
import io
import re
import resource
import time
import zipfile
from contextlib import closing

import openpyxl
import pandas as pd
import pytest
from conftest import entries_in, findings_of
from formats import as_ods, as_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Color, Font, PatternFill
from openpyxl.worksheet.table import Table

from kpi_utils import KpiError, evaluate
from kpi_utils.cells.number_format import as_shown, text_as_shown
from kpi_utils.formats.workbook import from_workbook
from kpi_utils.plan import Plan
from kpi_utils.sheets.reading import read_sheet

PLAN = Plan("shiken", "試験市", "試験計画")
TEXT = """\
## 試験市 試験計画（架空のデータ）

## (1) 架空の表

No	取組名	指標名	当初値	2022年 実績	2024年 目標値	達成度 (%)
1	架空の取組	架空の箇所数	2020年度 2 箇所	2022年度 4 箇所	2024年 6 箇所	50%
2		架空の件数	2020年度 10 件	2022年度 15 件	2024年 20 件	50%
3		架空の人数	2020年度 100 人	2022年度 90 人	2024年 200 人	-10%

## (3) 評価及び課題等

- 「架空の件数」の増加【(1)No.2】
  - ・15件を受け付けた。
- 「架空の箇所数」の増加【(1)No.1】
  - ・4箇所となった。
- 「架空の人数」の減少【(1)No.3】
  - ・90人となった。
"""
WITH_2021 = re.sub(
    "2022年度", "2021年度 3\\t2022年度", TEXT.replace("2022年 ", "2021年 実績\t2022年 ")
)
# Where as_workbook puts the rows and columns of TEXT.
ROW, NAME, BASE, ACTUAL, TARGET, PUBLISHED = 6, "C", "D", "E", "F", "G"
FIRST, SECOND, PARAGRAPH = f"{ACTUAL}{ROW + 1}", f"{ACTUAL}{ROW + 2}", "B14"
STRUCK, WHITE = Font(strike=True), Font(color="FFFFFFFF")
SHEET, STYLES, BOOK = "xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/workbook.xml"
LINKS = "xl/worksheets/_rels/sheet1.xml.rels"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MET, NONE = (4, "progressing"), (None, "undetermined")


@pytest.fixture
def read(read_file):
    """A function that reads the made-up sheet: changed in openpyxl, then parts of its file.

    A change of content.xml is one of LibreOffice's workbook.
    """

    def read_it(*changes, text=TEXT):
        edits = each(*(change for change in changes if callable(change)))
        parts = dict(item for change in changes if not callable(change) for item in change.items())
        suffix, book = ".xlsx", as_workbook(text, edits)
        if "content.xml" in parts:
            suffix, book = ".ods", as_ods(text)
        name = f"2022{suffix}"
        return read_file(name, rewritten(book, parts), source=name)

    return read_it


@pytest.fixture
def found(read):
    """The evaluation of such a sheet."""
    return lambda *changes, **others: evaluate(read(*changes, **others))


def rewritten(book: bytes, edits: dict) -> bytes:
    """A workbook with parts added, edited by a function, or left out (None)."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for name in dict.fromkeys([*old.namelist(), *edits]):
            change = edits.get(name, lambda text: text)
            if change is not None:
                text = old.read(name).decode() if name in old.namelist() else ""
                new.writestr(name, change(text))
    return out.getvalue()


def swapped(old, new, part=SHEET):
    """A change of a part: the first place that fits."""
    return {part: lambda text: re.sub(old, new, text, count=1, flags=re.DOTALL)}


def in_ods(old, new):
    """The same of a workbook of LibreOffice: the first place of a text."""
    return {"content.xml": lambda text: text.replace(old, new, 1)}


def told(judged, code):
    table = findings_of(judged, code)
    return list(zip(table["rows"], table["text"], strict=True))


def actual(judged, no=1):
    row = judged.rows.loc[(1, no)]
    return None if pd.isna(row["actual"]) else row["actual"], row["status"]


def put(place, value=None, **look):
    def edit(sheet):
        cell = sheet[place]
        cell.value = cell.value if value is None else value
        for name, what in look.items():
            setattr(cell, name, what)

    return edit


def each(*edits):
    return lambda sheet: [edit(sheet) for edit in edits]


def runs(*parts):
    return CellRichText(*(TextBlock(InlineFont(strike=struck), text) for text, struck in parts))


def raised(text, digit, level="superscript"):
    return CellRichText(text, TextBlock(InlineFont(vertAlign=level), digit))


def rule(font, fill=None):
    rules = FormulaRule(formula=["1"], font=font, fill=fill)
    return lambda sheet: sheet.conditional_formatting.add(FIRST, rules)


NEWER_RULE = f"""<extLst><ext><conditionalFormatting><cfRule type="iconSet"><iconSet showValue="0"/>
</cfRule><sqref>{FIRST}</sqref></conditionalFormatting></ext></extLst></worksheet>"""
# What a cell of the first row is, what is read of that row, and what is told by which code.
BLUE = {"font": Font(color="FFDDEBF7"), "fill": PatternFill("solid", "FFDDEBF7")}
CELLS = [
    (put(FIRST, runs(("2022年度 ", False), ("5", True), ("4 箇所", False))), MET,
     "struck-out", "5"),
    # A run that is not struck out, in a cell that is.
    (put(FIRST, CellRichText("5", *runs(("2022年度 4 箇所", False))), font=STRUCK), MET,
     "struck-out", "5"),
    (put(FIRST, font=STRUCK), NONE, "struck-out", "2022年度 4 箇所"),
    (put(FIRST, 4, font=STRUCK, number_format='0" 箇所"'), NONE, "struck-out", "4 箇所"),
    (put(f"{BASE}{ROW + 1}", font=STRUCK), (4, "undetermined"), "struck-out", "2020年度 2 箇所"),
    (put(f"{NAME}{ROW + 1}", runs(("旧名", True), ("架空の箇所数", False))), MET,
     "struck-out", "旧名"),
    (put(FIRST, "2022年度 4 箇所", number_format=";;;"), NONE, "hidden-text", "2022年度 4 箇所"),
    (put(FIRST, font=WHITE), NONE, "hidden-text", "2022年度 4 箇所"),
    (put(FIRST, **BLUE), NONE, "hidden-text", "2022年度 4 箇所"),
    (put(FIRST, font=WHITE, fill=PatternFill("solid", "FF1F4E79")), MET, "hidden-text", None),
    (rule(STRUCK), MET, "rule-strikes", FIRST),
    (rule(Font(bold=True)), MET, "rule-strikes", None),
    (rule(WHITE), MET, "rule-strikes", FIRST),
    (rule(WHITE, PatternFill(bgColor="FF1F4E79")), MET, "rule-strikes", None),
    (swapped("</worksheet>", NEWER_RULE), MET, "rule-strikes", FIRST),
    (swapped("</worksheet>", NEWER_RULE.replace("iconSet showValue=", "numFmt formatCode=")), MET,
     "rule-strikes", FIRST),
    (put(FIRST, font=Font(color=Color(indexed=64)), fill=PatternFill("solid", Color(indexed=65))),
     MET, "hidden-text", None),
    (put(FIRST, 4.5, number_format="# ?/?"), NONE, "format-unknown", "4.5（# ?/?）"),
    (put(FIRST, 4.5, number_format="# ?/?"), NONE, "unreadable-cell", "#FORMAT! 4.5"),
    (put(f"{PUBLISHED}{ROW + 1}", "#REF!"), MET, "unreadable-cell", "#REF!"),
    (put(f"{PUBLISHED}{ROW + 1}", "=(E7-D7)/2"), MET, "formula-without-result", "=(E7-D7)/2"),
    # Shown with the year and the unit, and less exact than it is; as a dash, or not at all.
    (put(FIRST, 4.4, number_format='"2022年度 "0" 箇所"'), MET, "display-rounded",
     "2022年度 4 箇所"),
    (put(FIRST, 0, number_format='_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ '), NONE,
     "display-rounded", "-"),
    (put(FIRST, 0, number_format="#,###"), NONE, "display-rounded", ""),
    (put(FIRST, datetime.date(2022, 4, 7), number_format="yyyy-mm-dd"), NONE,
     "display-rounded", "2022-04-07"),
    (put(FIRST, "三百件"), NONE, "unreadable-cell", "三百件"),
    (put(FIRST, True), NONE, "unreadable-cell", "TRUE"),
    (put(FIRST, raised("2022年度 4", "３")), NONE, "unreadable-cell", "2022年度 4³"),
    (put(FIRST, raised("4", "2", "subscript")), NONE, "unreadable-cell", "4₂"),
    (put(FIRST, raised("2022年度 4 箇所", "1)")), MET, "unreadable-cell", None),
    (put(FIRST, raised("2022年度 4 m", "3")), (4, "undetermined"), "unreadable-cell", None),
    # All of a cell is as large as it is.
    (put(FIRST, "2022年度 4 箇所", font=Font(vertAlign="superscript")), MET,
     "unreadable-cell", None),
]  # fmt: skip


# Of a workbook of LibreOffice.
FLOAT = 'office:value-type="float" office:value='
STRING = 'office:value-type="string"'
IN_ODS = f'<table:table-cell {FLOAT}"4"><text:p>2022年度 4 箇所</text:p>'
SHOWN_4 = "<text:p>2022年度 4 箇所</text:p>"
RUBY = "<text:ruby><text:ruby-base>4</text:ruby-base><text:ruby-text>5</text:ruby-text></text:ruby>"
ROW_2 = f'<table:table-row><table:table-cell {FLOAT}"2"><text:p>2</text:p>'
COLUMN = "<table:table-column "
HIDDEN_COLUMN = f'{COLUMN}table:number-columns-repeated="4"/>{COLUMN}table:visibility="collapse"/>'
STRIKES = """<calcext:conditional-formats><calcext:conditional-format
 calcext:target-range-address="進捗.E7:進捗.E9"><calcext:condition
 calcext:apply-style-name="struck"/></calcext:conditional-format></calcext:conditional-formats>"""
CHANGES = f"""<table:tracked-changes><table:cell-content-change><table:previous><table:
change-track-table-cell {FLOAT}"9"><text:p>9</text:p></table:change-track-table-cell>
</table:previous></table:cell-content-change></table:tracked-changes>""".replace(":\n", ":")


def in_cell(attributes, content):
    return in_ods(IN_ODS, f"<table:table-cell {attributes}>{content}")


CELLS_OF_LIBREOFFICE = [
    (in_cell(f'{FLOAT}"4" table:style-name="struck"', f"<text:p/>{SHOWN_4}"), NONE,
     "struck-out", "2022年度 4 箇所"),
    (in_cell(f'{FLOAT}"4" table:style-name="white"', SHOWN_4.replace(" ", "</text:p><text:p>", 1)),
     NONE, "hidden-text", "2022年度 4 箇所"),
    (in_cell(f'{STRING} office:string-value="4 箇所"', "<text:p/>"), NONE,
     "hidden-text", "4 箇所"),
    (in_cell(f'{FLOAT}"4" table:style-name="on dark"', SHOWN_4), MET, "hidden-text", None),
    (in_cell(STRING, '<text:p><text:span text:style-name="out">5</text:span>4</text:p>'), MET,
     "struck-out", "5"),
    (in_cell(STRING, '<text:p>4<text:span text:style-name="raised">5</text:span></text:p>'), NONE,
     "unreadable-cell", "4⁵"),
    (in_cell(STRING, f'<text:p>2022年度<text:line-break/>{RUBY}<text:s text:c="2"/>箇所</text:p>'),
     MET, "unreadable-cell", None),
    (in_cell(f'{FLOAT}"4.4"', SHOWN_4), MET, "display-rounded", "2022年度 4 箇所"),
    (in_cell(f'{FLOAT}"4123"', "<text:p>4 千箇所</text:p>"), (4000, "undetermined"),
     "display-rounded", "4 千箇所"),
    (in_cell(f'{FLOAT}"0"', "<text:p>－</text:p>"), NONE, "display-rounded", "－"),
    (in_cell(f'{FLOAT}"-4"', "<text:p>(4)</text:p>"), NONE, "format-unknown", "-4（(4)）"),
    (in_cell(f'{FLOAT}"0.5"', "<text:p>1/2</text:p>"), NONE, "format-unknown", "0.5（1/2）"),
    (in_cell(f'{FLOAT}"1234"', "<text:p>1.23E+03</text:p>"), NONE,
     "format-unknown", "1234（1.23E+03）"),
    (in_cell('office:value-type="date" office:date-value="2022-04-07"', "<text:p>4月7日</text:p>"),
     NONE, "display-rounded", "4月7日"),
    (in_cell(f'{STRING} table:formula="of:=NA()"', "<text:p>#N/A</text:p>"), NONE,
     "unreadable-cell", "#N/A"),
    (in_cell(f'{FLOAT}"4"', f"<office:annotation><text:p>要</text:p></office:annotation>{SHOWN_4}"),
     MET, "text-outside-cells", "要"),
    (in_cell(f'{FLOAT}"4"', f"<draw:frame><svg:desc>図</svg:desc></draw:frame>{SHOWN_4}"), MET,
     "text-outside-cells", "図"),
    (in_ods("</table:table>", f"{STRIKES}</table:table>"), MET, "rule-strikes", "E7:E9"),
    (in_ods(ROW_2, ROW_2.replace("row>", 'row table:visibility="filter">')), MET,
     "hidden-row", None),
    (in_ods("<table:table ", f"{CHANGES}<table:table "), MET, "hidden-row", None),
    (in_ods("<table:table ", '<table:table table:name="x" table:style-name="off"/><table:table '),
     MET, "worksheet-left-out", "「x」（非表示）"),
]  # fmt: skip
CELLS += [pytest.param(*case, marks=pytest.mark.trial) for case in CELLS_OF_LIBREOFFICE]


@pytest.mark.parametrize(("change", "figure", "code", "text"), CELLS)
def test_cell_is_read_as_it_is_shown_and_the_rest_is_told(found, change, figure, code, text):
    judged = found(change)
    assert actual(judged) == figure and judged.rows["kpi"].iloc[0] == "架空の箇所数"
    assert {remark.code for remark in judged.sheet.remarks} <= {code, "format-unknown"}
    place = "―" if code in ("text-outside-cells", "worksheet-left-out") else "(1)No.1"
    assert told(judged, code) == ([] if text is None else [(place, text)])


def test_number_behind_what_is_shown_is_told(found):
    judged = found(put(FIRST, 4.4, number_format='"2022年度 "0" 箇所"'))
    assert "4.4" in findings_of(judged, "display-rounded")["message"].iloc[0]


# The same of a text that is in no row.
@pytest.mark.parametrize(
    ("edit", "code", "text"),
    [
        (put(PARAGRAPH, font=STRUCK), "struck-out", "・15件を受け付けた。"),
        (put(PARAGRAPH, "#VALUE!"), "error-value", "- #VALUE!"),
    ],
)
def test_sentence_of_the_commentary_that_is_not_read_is_told(found, edit, code, text):
    judged = found(edit)
    assert "15件" not in "".join(judged.sheet.commentary["text"])
    assert told(judged, code) == [("―", text)]


def test_what_is_struck_out_is_quoted_with_its_cell_in_one_entry(found):
    edit = each(put(FIRST, font=STRUCK), put(SECOND, font=STRUCK))
    entry = entries_in(found(edit)).set_index("code").loc["struck-out"]
    for quoted in (f"{FIRST}「2022年度 4 箇所」", f"{SECOND}「2022年度 15 件」"):
        assert quoted in entry["details"]


STRUCK_ROW = each(*(put(f"{column}{ROW + 1}", font=STRUCK) for column in "CDEFG"))


def struck_by_its_style(text):
    look = re.search(r'r="J30" s="(\d+)"', text)[1]
    row = re.search(rf'<row r="{ROW + 1}".*?</row>', text, re.DOTALL)[0]
    plain = re.sub(r' s="\d+"', "", row).replace("<row", f'<row s="{look}" customFormat="1"', 1)
    return text.replace(row, plain)


def hide_by_filter(sheet):
    table = Table(displayName="KPI", ref=f"A{ROW}:G{ROW + 3}")
    table.autoFilter = openpyxl.worksheet.filters.AutoFilter(ref=table.ref)
    table.autoFilter.add_filter_column(0, ["1", "3"])
    table._initialise_columns()
    sheet.add_table(table)
    # The other hidden row is none of the filter's.
    for row in (ROW + 2, ROW + 8):
        sheet.row_dimensions[row].hidden = True


def hide_by_a_filter_of_the_sheet(sheet):
    hide_by_filter(sheet)
    sheet.auto_filter = sheet.tables.pop("KPI").autoFilter


# How rows are struck out or hidden, which ones are read, and what the text that is told has.
ROWS = [
    ((STRUCK_ROW,), [2, 3], "struck-out", "架空の箇所数｜2020年度 2 箇所"),
    ((put("J30", "x", font=STRUCK), {SHEET: struck_by_its_style}), [2, 3], "struck-out",
     "架空の箇所数"),
    ((swapped(f'<row r="{ROW + 2}"', r'\g<0> ht="0.75"'),), [1, 3], "hidden-row", "2｜"),
    ((hide_by_filter,), [1, 2, 3], "hidden-row", "15件"),
    ((hide_by_a_filter_of_the_sheet,), [1, 2, 3], "hidden-row", "15件"),
    ((in_ods(ROW_2, ROW_2.replace("row>", 'row table:visibility="collapse">')),), [1, 3],
     "hidden-row", "2｜"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "numbers", "code", "text"), ROWS)
def test_row_that_is_struck_out_or_hidden_is_no_kpi(found, changes, numbers, code, text):
    judged = found(*changes)
    assert judged.rows["no"].tolist() == numbers
    quoted = told(judged, code)[0][1]
    assert text in quoted
    # An initiative that is not struck out itself stays that of the rows below.
    assert set(judged.rows["initiative"]) == {"" if "架空の取組" in quoted else "架空の取組"}


@pytest.mark.parametrize("error", ["#NAME?", "#SPILL!", "＃Ｎ／Ａ", "Err:502", "#######"])
def test_error_value_is_no_word_that_the_sheet_can_have_met(found, error):
    columns = enumerate((BASE, ACTUAL, TARGET), ROW + 1)
    errors = [put(f"{column}{row}", error) for row, column in columns]
    judged = found(each(*errors, *(put(f"{PUBLISHED}{ROW + no}", "達成") for no in (1, 2, 3))))
    assert set(judged.rows["status"]) == {"undetermined"}
    assert told(judged, "unreadable-cell") == [(f"(1)No.{no}", error) for no in (1, 2, 3)]


# Number formats, beside the examples of as_shown itself.
SHOWN = {
    (200, '[>100]0"大";0"小"'): "200大",
    (50, '[>=100]0"大";[<10]0"小";0"中"'): "50中",
    (0, '#,##0;"▲"#,##0;"－"'): "－",
    (5, "[赤]0"): "5",
    (5, "[Color10]0;[色3]-0"): "5",
    (5, "[$¥-411]#,##0"): "¥5",
    (5, 'G/標準"件"'): "5件",
    (0.5, ".00"): ".50",
    (5, '#,##0.##"人"'): "5人",
    (0.5, "h:mm:ss"): "12:00:00",
    (44652, "[$-411]ge.m.d;@"): "R4.4.1",
    (44652, 'gggee"年"mm"月"'): "令和04年04月",
    (43585, '[$-ja-JP]ggge"年"'): "平成31年",
    (44652, 'yyyy"年度"'): "2022年度",
    (44652.75, "yyyy/m/d h:mm"): "2022/4/1 18:00",
    (1, "yyyy/m/d"): "1900/1/1",
    (61, "yyyy/m/d"): "1900/3/1",
}
# No figure: what Excel shows is not known here.
UNKNOWN = [
    (0.5, "# ?/?"), (1234, "0.00E+00"), (12, "[DBNum1]0"), (12, "[DBNum3][$-411]0"), (5, "[白]0"),
    (5, "[White]0"), (5, "[色2]0"), (0.5, "h:mm AM/PM"), (44652, "aaaa"), (44652, "d-mmm"),
    (5, '@"件"'), (44652, "e"), (60, "yyyy/m/d"), (-1, "yyyy/m/d"), (0, "yyyy/m/d"),
    (90, '0"時間"00"分"'), (-5, '[>100]0"大";0"小"'), (0, '[>=1]0"件"'), (7, '[=1]"有";0;0"x"'),
    (5, "0."),
    # A minus that only brackets or a colour show would be read as a plus.
    (-5, "0_);(0)"), (-5, "#,##0;[Red]#,##0"), (1e300, "General"), (1e20, "0"),
]  # fmt: skip


@pytest.mark.parametrize("case", [*SHOWN, *UNKNOWN], ids=str)
def test_number_is_shown_as_its_format_has_it_and_else_not_at_all(case):
    shown = as_shown(*case)
    assert (shown and shown[0]) == SHOWN.get(case)


@pytest.mark.parametrize(
    ("number_format", "shown"),
    [(";;;", ""), (';;;@" 件"', "12 件"), ("0;0;0;", ""), ("0;-0", "12"), ("@", "12"),
     ("0;@", "12"), ("[White]@", ""), ("0;0;0;[色2]@", ""), ("[Red]@", "12"),
     ('"約"@', "約12"), ('0;0;0;"済"', "済")],
)  # fmt: skip
def test_text_is_shown_as_its_section_has_it(number_format, shown):
    assert text_as_shown("12", number_format) == shown


def test_older_actual_does_not_pass_for_one_in_a_format_that_is_not_known(found):
    judged = found(put(f"F{ROW + 1}", 4, number_format='[DBNum1]0" 箇所"'), text=WITH_2021)
    assert judged.rows["status"].iloc[0] == "undetermined"


ERA = put(f"{ACTUAL}{ROW - 1}", datetime.date(2022, 4, 1), number_format='[$-411]ggge"年度"')


def test_date_is_no_figure_and_a_head_that_shows_its_year_is_one(found):
    judged = found(each(ERA, put(FIRST, datetime.date(2022, 4, 1))))
    assert actual(judged)[0] is None and actual(judged, 2)[0] == 15


def hide(column):
    def edit(sheet):
        sheet.column_dimensions[column].hidden, sheet.column_dimensions[column].width = True, 9

    return edit


NONE_WIDE = swapped('width="9"(.*?)hidden="1"|hidden="1"(.*?)width="9"', r'\1\2 width="0.1"')


@pytest.mark.parametrize(
    "changes",
    [(hide("E"),), (hide("E"), NONE_WIDE), (in_ods(COLUMN, f"{HIDDEN_COLUMN}{COLUMN}"),)],
    ids=["hidden", "no width", "LibreOffice"],
)
def test_hidden_column_is_not_read_and_told(found, changes):
    judged = found(*changes, text=WITH_2021)
    assert "2021年 実績" not in judged.sheet.columns["header"].tolist()
    ((_, text),) = told(judged, "hidden-column")
    assert "2021年度 3" in text


def test_text_in_a_hidden_column_that_is_merged_with_a_shown_one_is_read(found):
    judged = found(hide("B"))
    assert "15件" in "".join(judged.sheet.commentary["text"])
    ((_, text),) = told(judged, "hidden-column")
    assert "架空の取組" in text


# What stands outside of the cells.

DRAWN = """<wsDr xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"
 xmlns="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"><twoCellAnchor>{}
</twoCellAnchor></wsDr>"""
BOX = "<sp><a:p><a:r><a:t>評価及び</a:t></a:r><a:r><a:t>課題等は別紙</a:t></a:r></a:p></sp>"
PICTURE = '<pic><nvPicPr><cNvPr id="1" name="図" descr="架空の評価の表"/></nvPicPr></pic>'


def drawing(content):
    links = f"""<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
    <Relationship Id="rId1" Type="{LINK}/drawing" Target="../drawings/drawing1.xml"/>
    </Relationships>"""
    return {
        LINKS: lambda text: links,
        "xl/drawings/drawing1.xml": lambda text: content,
    }


PAGE = """<office:document-styles xmlns:office="o" xmlns:style="s" xmlns:text="t">
<office:master-styles><style:master-page style:name="P"><style:header><text:p>架空の注記</text:p>
</style:header><style:footer><text:p>ページ <text:page-number>1</text:page-number></text:p>
</style:footer></style:master-page></office:master-styles></office:document-styles>"""
PRINTED = swapped(
    "</office:automatic-styles>(.*?)<table:table ",
    r'<style:style style:name="on P" style:family="table" style:master-page-name="P"/>'
    r'</office:automatic-styles>\1<table:table table:style-name="on P" ',
    "content.xml",
) | {"styles.xml": lambda text: PAGE}


def around(sheet):
    sheet[FIRST].comment = Comment("要確認：速報値", "担当")
    sheet.oddHeader.center.text = "架空の注記"
    sheet.oddFooter.center.text = "&P / &N ページ"


@pytest.mark.parametrize(
    ("change", "texts"),
    [
        (drawing(DRAWN.format(BOX)), ["評価及び課題等は別紙"]),
        (drawing(DRAWN.format(PICTURE)), ["架空の評価の表"]),
        # A drawing that is damaged keeps no figure away.
        (drawing("<wsDr><p>"), ["xl/drawings/drawing1.xml"]),
        # The numbers of pages say nothing.
        (around, ["要確認：速報値", "架空の注記"]),
        (PRINTED, ["架空の注記"]),
    ],
)
def test_text_outside_of_the_cells_is_told_once(found, change, texts):
    judged = found(change)
    assert told(judged, "text-outside-cells") == [("―", text) for text in texts]
    assert actual(judged) == MET


def test_commentary_in_a_text_box_is_not_said_to_be_missing(found):
    def edit(sheet):
        sheet.delete_rows(ROW + 4, 20)

    assert len(told(found(edit), "narrative-missing")) > 0
    assert told(found(edit, drawing(DRAWN.format(BOX))), "narrative-missing") == []


# Workbooks that Excel opens.


BARE = "".join(
    "<row>" + "".join(f'<c t="str"><v>{cell}</v></c>' for cell in line.split("\t")) + "</row>"
    for line in TEXT.replace("#", "").split("\n")
)
ODD = {
    "a fill of nothing": swapped("<fills.*?>", r"\g<0><fill/>", STYLES),
    "a shade of none": swapped("<color [^>]*>", '<color theme="1" tint=""/>', STYLES),
    "a height of none": swapped("<row ", '<row ht="auto" '),
    "a link to nothing": {LINKS: lambda _: '<x><y Type="x/image"/></x>'},
    "no styles": {STYLES: None},
    "a style out of range": swapped(rf'(r="{FIRST}" s=)"\d+"', r'\1"9999"'),
    "a bad merge": swapped('(<mergeCell ref=")[^"]*', r"\1x"),
    "a value below a merged one": swapped(
        f'<c r="C{ROW + 2}"', rf'<c r="B{ROW + 2}" t="str"><v>下の値</v></c>\g<0>'),
    "no places of rows and cells": swapped(
        "<sheetData>.*</mergeCells>", f"<sheetData>{BARE}</sheetData>"),
}  # fmt: skip


@pytest.mark.parametrize("oddity", ODD)
def test_what_no_figure_needs_may_be_odd(read, oddity):
    rows = read(ODD[oddity]).rows()
    assert rows["actual"].tolist() == [4, 15, 90] and rows["no"].tolist() == [1, 2, 3]
    assert rows["initiative"].iloc[0] == "架空の取組"
    assert "下の値" not in rows["initiative"].tolist()


def test_strict_workbook_is_read(found):
    def strict(text):
        for old, ours in ((MAIN, "spreadsheetml/main"), (LINK, "officeDocument/relationships")):
            text = text.replace(old, f"http://purl.oclc.org/ooxml/{ours}")
        date = f'<c r="{SECOND}" t="d"><v>2022-04-01T12:00:00</v></c>'
        return re.sub(rf'<c r="{SECOND}".*?</c>', date, text, flags=re.DOTALL)

    names = [SHEET, STYLES, BOOK, "xl/_rels/workbook.xml.rels", "_rels/.rels"]
    judged = found(dict.fromkeys(names, strict))
    assert actual(judged) == MET and actual(judged, 2)[0] is None


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
MANY = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(100, 20_200))


def torn(part):
    return {part: lambda text: text[: len(text) // 2]}


def with_value(value):
    return swapped(rf'<c r="{FIRST}".*?</c>', f'<c r="{FIRST}"><v>{value}</v></c>')


REFUSED = [
    ((put(f"{NAME}{ROW + 1}", font=STRUCK),), rf"{NAME}{ROW + 1}の「架空の箇所数」に取消線"),
    ((put(f"{NAME}{ROW + 1}", "#REF!"),), "列「指標名」: エラー値「#REF!」"),
    ((put(f"{ACTUAL}{ROW - 1}", "#NAME?"),), "#NAME"),
    *(((put(FIRST, "=1+1"), swapped("</f><v ?/>", f"</f><v>{none}</v>")), r"式「=1\+1」")
      for none in ("0", "0.0")),
    ((hide(TARGET),), rf"(?s)目標値の列がありません.*{TARGET}列（「.*」）が非表示"),
    ((ERA, swapped("<workbookPr ", '<workbookPr date1904="1" ', BOOK)), "列「#FORMAT! 44652"),
    *(((torn(part),), rf"壊れているようです（{re.escape(part)}）.*保存し直す")
      for part in (SHEET, STYLES, BOOK)),
    ((swapped(r"^(<\?xml.*?\?>)?", BOMB),), "壊れている"),
    *(((with_value(value),), SHEET) for value in ("NaN", "inf", "1e999", "x")),
    ((swapped("</sheetData>", f"{MANY}</sheetData>"),),
     r"シート「進捗評価シート」に20,\d+行.*大きすぎます"),
    ((in_ods(IN_ODS, '<table:table-cell table:formula="of:=[.A1]+1">'),), r"式「=\[.A1\]\+1」"),
    ((in_ods(ROW_2, ROW_2.replace("row>", 'row table:number-rows-repeated="2">')),), "「2」"),
    ((in_ods(ROW_2, ROW_2.replace("row>", 'row table:number-rows-repeated="999999">')),),
     "20,001行"),
    ((in_ods("<table:table ", '<table:table table:style-name="off" '),), "シート（なし）にも"),
    ((in_ods("</office:spreadsheet>", ""),), "壊れているようです（content.xml）"),
    ((in_ods("<office:document", f"{BOMB}<office:document"),), "壊れているようです（content.xml）"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "said"), REFUSED)
def test_sheet_that_cannot_be_read_is_refused_with_the_reason(read, changes, said):
    with pytest.raises(KpiError, match=said):
        read(*changes)


# What is far out.


def blanks(row: int, columns: list[str]) -> str:
    """A row of formatted blanks."""
    cells = "".join(f'<c r="{column}{row}" s="1"/>' for column in columns)
    return f'<row r="{row}">{cells}</row>'


def below(rows: str):
    return lambda text: text.replace("</sheetData>", f"{rows}</sheetData>")


AREA = '<mergeCells><mergeCell ref="J1:XFD1048576"/>'
FAR = {
    "a cell": below(blanks(1000, ["XFD"])),
    "a row of cells": below(blanks(1048576, list("ABCDEFG"))),
    "a merged area": lambda text: re.sub("<mergeCells[^>]*>", AREA, text),
    "a column": below("".join(blanks(row, ["H"]) for row in range(100, 60_000))),
}


@pytest.mark.parametrize("far", FAR)
def test_formatted_blank_far_out_costs_nothing(far):
    content = rewritten(as_workbook(TEXT), {SHEET: FAR[far]})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    lines, remarks, _ = from_workbook(content, PLAN, 2022, "2022.xlsx")
    assert time.perf_counter() - started < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000
    assert [line.cells[0] for line in lines if line.cells][1:] == ["1", "2", "3"]
    assert remarks == []


@pytest.mark.trial
def test_workbook_of_48_worksheets_takes_little_longer_than_its_bare_values(tmp_path):
    def edit(sheet):
        for number in range(48):
            other = sheet.parent.create_sheet(f"統計{number}")
            for row in range(500):
                other.append([f"町{row}", *[row + number / 7] * 17])

    path = tmp_path / "2022.xlsx"
    path.write_bytes(as_workbook(TEXT, edit))
    started = time.process_time()
    sheet = read_sheet(path, PLAN, 2022, "2022.xlsx")
    taken = time.process_time() - started
    with closing(openpyxl.load_workbook(path, read_only=True)) as book:
        for other in book:
            list(other.iter_rows(values_only=True))
    assert taken < 1.5 * (time.process_time() - started - taken)
    assert sheet.rows()["source"].iloc[0] == f"2022.xlsx#進捗評価シート:{ROW + 1}"


# Texts as Excel writes them.


@pytest.mark.parametrize(
    ("written", "name"),
    [("架空の_x000B_箇所数", "架空の箇所数"), ("4_x000D_5の箇所数", "4 5の箇所数"),
     ("架空の_x000D_\n箇所数", "架空の箇所数"),
     ("架空_x005F_x000D_", "架空_x000D_"), ("架空_xD842__xDFB7_", "架空𠮷"),
     ("架空_x3042_", "架空あ")],
)  # fmt: skip
def test_characters_by_their_numbers_are_read_as_shown(read, written, name):
    assert read(put(f"{NAME}{ROW + 1}", written)).rows()["name"].iloc[0] == name


@pytest.mark.office
def test_sheet_that_libreoffice_saved_is_read(tmp_path, converted):
    """The looks as LibreOffice itself writes them."""

    def edit(sheet):
        put(FIRST, font=STRUCK)(sheet)
        put(f"{ACTUAL}{ROW + 2}", 15.4, number_format='"2022年度 "0" 件"')(sheet)
        sheet[f"{ACTUAL}{ROW + 3}"].comment = Comment("要確認", "担当")
        sheet.oddHeader.center.text = "架空の注記"
        sheet.parent.create_sheet("控え").sheet_state = "hidden"

    path = tmp_path / "2022.xlsx"
    path.write_bytes(as_workbook(TEXT, edit))
    one, other = (read_sheet(file, PLAN, 2022) for file in (path, converted(path, "ods")))
    pd.testing.assert_frame_equal(*(s.cells.drop(columns="source") for s in (one, other)))
    assert [remark[:3] for remark in one.remarks] == [remark[:3] for remark in other.remarks]
    assert len(one.remarks) == 5
