"""A workbook is read as its cells show it: what is struck out, hidden, an error or far out."""

import datetime
import io
import re
import resource
import time
import zipfile

import openpyxl
import pandas as pd
import pytest
from conftest import entries_in, findings_of
from formats import as_ods, as_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Font, NamedStyle, PatternFill
from openpyxl.worksheet.table import Table

from kpi_utils import evaluate
from kpi_utils.cells.notation import read_cell
from kpi_utils.cells.number_format import as_shown, text_as_shown
from kpi_utils.errors import KpiError
from kpi_utils.plan import Plan
from kpi_utils.sheets.reading import read_sheet
from kpi_utils.sheets.workbook import from_workbook

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
ROW, NO, NAME, BASE, ACTUAL, TARGET, PUBLISHED = 6, "A", "C", "D", "E", "F", "G"
STRUCK, WHITE = Font(strike=True), Font(color="FFFFFFFF")


@pytest.fixture
def read(tmp_path):
    """A function that reads the made-up sheet, changed in openpyxl and then in its parts."""

    def read_it(edit=lambda sheet: None, parts=None, text=TEXT):
        path = tmp_path / "2022.xlsx"
        path.write_bytes(rewritten(as_workbook(text, edit), parts or {}))
        return read_sheet(path, PLAN, 2022, "2022.xlsx")

    return read_it


@pytest.fixture
def found(read):
    """The evaluation of such a sheet."""
    return lambda *edits, **others: evaluate(read(*edits, **others))


def rewritten(book: bytes, edits: dict) -> bytes:
    """A workbook with parts added, edited by a function, or left out (None)."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for name in [*old.namelist(), *(name for name in edits if name not in old.namelist())]:
            change = edits.get(name, lambda text: text)
            if change is not None:
                text = old.read(name).decode() if name in old.namelist() else ""
                new.writestr(name, change(text))
    return out.getvalue()


SHEET, STYLES = "xl/worksheets/sheet1.xml", "xl/styles.xml"


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


def put_into_commentary(*value, **look):
    def edit(sheet):
        for (cell,) in sheet.iter_rows(min_col=2, max_col=2, min_row=ROW + 4):
            if cell.value and "15件" in cell.value:
                put(cell.coordinate, *value, **look)(sheet)

    return edit


FIRST = f"{ACTUAL}{ROW + 1}"


def test_the_sheet_itself_has_no_remark(found):
    judged = found()
    assert actual(judged) == (4, "progressing") and judged.sheet.remarks == []


# What is struck out.


def runs(*parts):
    return CellRichText(*(TextBlock(InlineFont(strike=struck), text) for text, struck in parts))


def named(sheet):
    sheet.parent.add_named_style(NamedStyle("取消", font=STRUCK))
    sheet[FIRST].style = "取消"


MET, NONE = (4, "progressing"), (None, "undetermined")
# A look, what is read of the first row for it, and what is told to be struck out or hidden.
LOOKS = [
    (put(FIRST, runs(("2022年度 ", False), ("5", True), ("4 箇所", False))), MET, "5"),
    # A run that is not struck out, in a cell that is.
    (put(FIRST, CellRichText("5", *runs(("2022年度 4 箇所", False))), font=STRUCK), MET, "5"),
    (put(FIRST, font=STRUCK), NONE, "2022年度 4 箇所"),
    (named, NONE, "4"),
    (put(FIRST, 4, font=STRUCK, number_format='0" 箇所"'), NONE, "4 箇所"),
    (put(f"{BASE}{ROW + 1}", font=STRUCK), (4, "undetermined"), "2020年度 2 箇所"),
    (put(f"{TARGET}{ROW + 1}", font=STRUCK), (4, "undetermined"), "2024年 6 箇所"),
    (put(f"{NAME}{ROW + 1}", runs(("旧名", True), ("架空の箇所数", False))), MET, "旧名"),
]
HIDDEN = [
    put(FIRST, "2022年度 4 箇所", number_format=";;;"),
    put(FIRST, font=WHITE),
    put(FIRST, font=Font(color="FFDDEBF7"), fill=PatternFill("solid", "FFDDEBF7")),
]


@pytest.mark.trial
@pytest.mark.parametrize(("look", "figure", "text"), LOOKS)
def test_what_is_struck_out_is_not_read_and_told(found, look, figure, text):
    judged = found(look)
    assert actual(judged) == figure and judged.rows["kpi"].iloc[0] == "架空の箇所数"
    assert told(judged, "struck-out") == [("(1)No.1", text)]


@pytest.mark.parametrize("look", HIDDEN)
def test_text_that_nobody_sees_is_not_read_and_told(found, look):
    judged = found(look)
    assert actual(judged) == NONE
    assert told(judged, "hidden-text") == [("(1)No.1", "2022年度 4 箇所")]


def test_what_is_struck_out_is_quoted_with_its_cell_in_one_entry(found):
    def edit(sheet):
        sheet[FIRST].font = sheet[f"{ACTUAL}{ROW + 2}"].font = STRUCK

    entry = entries_in(found(edit)).set_index("code").loc["struck-out"]
    for quoted in (f"{FIRST}「2022年度 4 箇所」", f"{ACTUAL}{ROW + 2}「2022年度 15 件」"):
        assert quoted in entry["details"]


def test_struck_out_sentence_of_the_commentary_is_none(found):
    judged = found(put_into_commentary(font=STRUCK))
    assert "15件" not in "".join(judged.sheet.commentary["text"])
    assert told(judged, "struck-out") == [("―", "・15件を受け付けた。")]


def strike_row(*columns):
    def edit(sheet):
        for column in columns:
            sheet[f"{column}{ROW + 1}"].font = STRUCK

    return edit


@pytest.mark.parametrize("left", ["", NO])
def test_row_that_is_struck_out_is_no_kpi(found, left):
    judged = found(strike_row(*(column for column in "ACDEFG" if column != left)))
    assert judged.rows["no"].tolist() == [2, 3]
    # Its initiative stays that of the rows below.
    assert set(judged.rows["initiative"]) == {"架空の取組"}
    ((_, text),) = told(judged, "struck-out")
    assert "架空の箇所数" in text and "2022年度 4 箇所" in text


def test_row_whose_style_strikes_it_out_is_no_kpi(found):
    def edit(text):
        look = re.search(r'r="J30" s="(\d+)"', text)[1]
        row = re.search(rf'<row r="{ROW + 1}".*?</row>', text, re.DOTALL)[0]
        plain = re.sub(r' s="\d+"', "", row).replace("<row", f'<row s="{look}" customFormat="1"', 1)
        return text.replace(row, plain)

    judged = found(put("J30", "x", font=STRUCK), {SHEET: edit})
    assert judged.rows["no"].tolist() == [2, 3]


def test_struck_out_name_is_told_where_the_sheet_is_refused(read):
    with pytest.raises(KpiError, match=rf"{NAME}{ROW + 1}の「架空の箇所数」に取消線"):
        read(put(f"{NAME}{ROW + 1}", font=STRUCK))


def test_rule_that_may_strike_out_is_told(found):
    def edit(sheet):
        rule = FormulaRule(formula=["$A7=1"], font=STRUCK)
        sheet.conditional_formatting.add("E7:E9", rule)
        sheet.conditional_formatting.add("F8", FormulaRule(formula=["1"], font=Font(bold=True)))

    assert told(found(edit), "rule-strikes") == [("(1)No.1", "E7:E9")]


# Error values.

ERRORS = ["#N/A", "#NAME?", "#REF!", "#VALUE!", "#NUM!", "#NULL!", "#DIV/0!", "#SPILL!", "#CALC!"]
ERRORS += ["＃ＮＡＭＥ？", "＃Ｎ／Ａ", "#######", "Err:502", "#BLOCKED!"]


@pytest.mark.parametrize("error", ERRORS)
def test_error_value_is_unreadable_whatever_stands_beside_it(error):
    for text in (error, f"2022年度 {error}" if error[1:2] not in "#＃" else error):
        cell = read_cell(text)
        assert (cell.reason, cell.value, cell.cause) == ("unreadable", None, "error-value"), text


@pytest.mark.parametrize("error", ["#NAME?", "#REF!", "#N/A"])
def test_error_value_is_no_word_that_the_sheet_can_have_met(found, error):
    def edit(sheet):
        for row, column in enumerate((BASE, ACTUAL, TARGET), ROW + 1):
            sheet[f"{column}{row}"], sheet[f"{PUBLISHED}{row}"] = error, "達成"

    judged = found(edit)
    assert set(judged.rows["status"]) == {"undetermined"}
    assert told(judged, "unreadable-cell") == [(f"(1)No.{no}", error) for no in (1, 2, 3)]


def test_error_value_of_a_published_figure_is_told(found):
    judged = found(put(f"{PUBLISHED}{ROW + 1}", "#REF!"))
    assert told(judged, "unreadable-cell") == [("(1)No.1", "#REF!")]


def test_error_value_for_a_name_or_a_head_is_refused(read):
    with pytest.raises(KpiError, match="列「指標名」: エラー値「#REF!」"):
        read(put(f"{NAME}{ROW + 1}", "#REF!"))
    with pytest.raises(KpiError, match="#NAME"):
        read(put(f"{ACTUAL}{ROW - 1}", "#NAME?"))


def test_error_value_in_the_commentary_is_told(found):
    judged = found(put_into_commentary("#VALUE!"))
    assert told(judged, "error-value") == [("―", "- #VALUE!")]


# Number formats.

SHOWN = {
    (0, '[=0]"－";#,##0" 箇所"'): "－",
    (2, '[=0]"－";#,##0" 箇所"'): "2 箇所",
    (-2, '[=0]"－";#,##0" 箇所"'): "-2 箇所",
    (200, '[>100]0"大";0"小"'): "200大",
    (50, '[>=100]0"大";[<10]0"小";0"中"'): "50中",
    (0, "0;-0;;@"): "",
    (5, ";;;"): "",
    (0, '#,##0;"▲"#,##0;"－"'): "－",
    (-3, '#,##0"人";"▲"#,##0"人"'): "▲3人",
    (5, "[赤]0"): "5",
    (5, "[$¥-411]#,##0"): "¥5",
    (5, 'G/標準"件"'): "5件",
    (0.5, ".00"): ".50",
    (1.1041666667, "[h]:mm"): "26:30",
    (1.1041666667, '[h]"時間"mm"分"'): "26時間30分",
    (0.0520833333, "[m]"): "75",
    (0.5, "h:mm:ss"): "12:00:00",
    (44652, '[$-411]ggge"年度"'): "令和4年度",
    (44652, "[$-411]ge.m.d;@"): "R4.4.1",
    (44652, 'gggee"年"mm"月"'): "令和04年04月",
    (43585, '[$-ja-JP]ggge"年"'): "平成31年",
    (43586, 'ggge"年"'): "令和1年",
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


@pytest.mark.parametrize("case", SHOWN, ids=str)
def test_number_is_shown_as_its_format_has_it(case):
    assert as_shown(*case)[0] == SHOWN[case]


@pytest.mark.parametrize("case", UNKNOWN, ids=str)
def test_format_that_is_not_known_shows_no_bare_number(case):
    assert as_shown(*case) is None


@pytest.mark.parametrize(
    ("number_format", "shown"),
    [(";;;", ""), (';;;@" 件"', "12 件"), ("0;0;0;", ""), ("0;-0", "12"), ("@", "12"),
     ("0;@", "12"), ('"約"@', "約12"), ('0;0;0;"済"', "済")],
)  # fmt: skip
def test_text_is_shown_as_its_section_has_it(number_format, shown):
    assert text_as_shown("12", number_format) == shown


def test_cell_in_a_format_that_is_not_known_is_no_figure_and_told(found):
    judged = found(put(FIRST, 4.5, number_format="# ?/?"))
    assert actual(judged) == (None, "undetermined")
    assert [rows for rows, _ in told(judged, "unreadable-cell")] == ["(1)No.1"]
    assert told(judged, "format-unknown") == [("(1)No.1", "4.5（# ?/?）")]


def test_older_actual_does_not_pass_for_one_in_a_format_that_is_not_known(found):
    judged = found(put(f"F{ROW + 1}", 4, number_format='[DBNum1]0" 箇所"'), text=WITH_2021)
    assert judged.rows["status"].iloc[0] == "undetermined"


def test_date_is_no_figure_and_a_head_that_shows_its_year_is_one(found):
    def edit(sheet):
        sheet[f"{ACTUAL}{ROW - 1}"] = datetime.date(2022, 4, 1)
        sheet[f"{ACTUAL}{ROW - 1}"].number_format = '[$-411]ggge"年度"'
        sheet[f"{ACTUAL}{ROW + 1}"] = datetime.date(2022, 4, 1)

    judged = found(edit)
    assert actual(judged)[0] is None and actual(judged, 2)[0] == 15


def test_dates_counted_from_1904_are_told(read):
    def edit(sheet):
        sheet[f"{ACTUAL}{ROW - 1}"] = 43190
        sheet[f"{ACTUAL}{ROW - 1}"].number_format = '[$-411]ggge"年度"'

    book = {
        "xl/workbook.xml": lambda text: text.replace("<workbookPr ", '<workbookPr date1904="1" ')
    }
    with pytest.raises(KpiError, match="列「#FORMAT! 43190"):
        read(edit, book)


# What is hidden.


def test_white_text_on_a_dark_fill_is_read(found):
    judged = found(put(FIRST, font=WHITE, fill=PatternFill("solid", "FF1F4E79")))
    assert actual(judged) == (4, "progressing") and judged.sheet.remarks == []


@pytest.mark.parametrize("old", ["hidden", "width"])
def test_hidden_column_is_not_read_and_told(found, old):
    def edit(sheet):
        sheet.column_dimensions["E"].hidden, sheet.column_dimensions["E"].width = True, 9

    def none_wide(text):
        return text.replace('hidden="1"', "").replace('width="9"', 'width="0"')

    judged = found(edit, {SHEET: none_wide} if old == "width" else {}, text=WITH_2021)
    assert "2021年 実績" not in judged.sheet.columns["header"].tolist()
    ((_, text),) = told(judged, "hidden-column")
    assert "2021年度 3" in text


def test_hidden_column_is_told_where_the_sheet_is_refused_for_it(read):
    def edit(sheet):
        sheet.column_dimensions[TARGET].hidden = True

    with pytest.raises(
        KpiError, match=rf"(?s)目標値の列がありません.*{TARGET}列（「.*」）が非表示"
    ):
        read(edit)


def test_row_of_no_height_is_not_read_and_told(found):
    row = {SHEET: lambda text: text.replace(f'<row r="{ROW + 2}"', f'<row r="{ROW + 2}" ht="0"')}
    judged = found(parts=row)
    assert judged.rows["no"].tolist() == [1, 3]
    assert [text[:1] for _, text in told(judged, "hidden-row")] == ["2"]


def test_row_that_the_filter_of_a_table_hides_is_read(found):
    def edit(sheet):
        table = Table(displayName="KPI", ref=f"A{ROW}:G{ROW + 3}")
        table.autoFilter = openpyxl.worksheet.filters.AutoFilter(ref=table.ref)
        table.autoFilter.add_filter_column(0, ["1", "3"])
        table._initialise_columns()
        sheet.add_table(table)
        sheet.row_dimensions[ROW + 2].hidden = True
        sheet.row_dimensions[ROW + 8].hidden = True

    judged = found(edit)
    assert judged.rows["no"].tolist() == [1, 2, 3]
    # Another hidden row is none of the filter's.
    assert len(told(judged, "hidden-row")) == 1


# What stands outside of the cells.

DRAWN = """<wsDr xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"
 xmlns="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"><twoCellAnchor>{}
</twoCellAnchor></wsDr>"""
BOX = "<sp><a:p><a:r><a:t>評価及び</a:t></a:r><a:r><a:t>課題等は別紙</a:t></a:r></a:p></sp>"
PICTURE = '<pic><nvPicPr><cNvPr id="1" name="図" descr="架空の評価の表"/></nvPicPr></pic>'
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def drawing(content):
    links = f"""<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
    <Relationship Id="rId1" Type="{LINK}/drawing" Target="../drawings/drawing1.xml"/>
    </Relationships>"""
    return {
        "xl/worksheets/_rels/sheet1.xml.rels": lambda text: links,
        "xl/drawings/drawing1.xml": lambda text: content,
    }


@pytest.mark.parametrize(
    ("drawn", "text"),
    [
        (DRAWN.format(BOX), "評価及び課題等は別紙"),
        (DRAWN.format(PICTURE), "架空の評価の表"),
        # A drawing that is damaged keeps no figure away.
        ("<wsDr><p>", "xl/drawings/drawing1.xml"),
    ],
)
def test_text_in_a_box_or_a_picture_is_told_once(found, drawn, text):
    judged = found(parts=drawing(drawn))
    assert told(judged, "text-outside-cells") == [("―", text)]
    assert actual(judged) == (4, "progressing")


def test_commentary_in_a_text_box_is_not_said_to_be_missing(found):
    def edit(sheet):
        sheet.delete_rows(ROW + 4, 20)

    assert len(told(found(edit), "narrative-missing")) > 0
    judged = found(edit, drawing(DRAWN.format(BOX)))
    assert told(judged, "narrative-missing") == []
    assert len(told(judged, "text-outside-cells")) == 1


def test_comment_header_and_footer_are_told_but_page_numbers_are_not(found):
    def edit(sheet):
        sheet[FIRST].comment = Comment("要確認：速報値", "担当")
        sheet.oddHeader.center.text = "架空の注記"
        sheet.oddFooter.center.text = "&P / &N ページ"

    texts = {text for _, text in told(found(edit), "text-outside-cells")}
    assert texts == {"要確認：速報値", "架空の注記"}


# Workbooks that Excel opens.


def styles(old, new):
    return {STYLES: lambda text: re.sub(old, new, text, count=1)}


def before_margins(text, more):
    return text.replace("<pageMargins", f"{more}<pageMargins")


ODD = {
    "family of a font": styles("<font>", '<font><family val="34"/>'),
    "a fill of nothing": styles("<fills.*?>", r"\g<0><fill/>"),
    "an extension": styles("</styleSheet>", '<extLst><ext uri="x"/></extLst></styleSheet>'),
    "a border of no kind": styles("<left */>", '<left style="wavy"/>'),
    "an alignment of no kind": styles('horizontal="[a-z]+"', 'horizontal="none"'),
    "an own view": {SHEET: lambda text: text.replace("<sheetView ", '<sheetView view="custom" ')},
    "blank margins": {SHEET: lambda text: re.sub('left="[^"]*"', 'left=""', text)},
    "a rule of no kind": {SHEET: lambda text: before_margins(
        text, '<conditionalFormatting><cfRule type="x"/></conditionalFormatting>')},
    "a validation of no kind": {SHEET: lambda text: before_margins(
        text, '<dataValidations><dataValidation type="x"/></dataValidations>')},
    "a bad name": {"xl/workbook.xml": lambda text: text.replace(
        "<definedNames />", '<definedNames><definedName name="_xlnm.Print_Area" localSheetId="7">'
        "#REF!</definedName></definedNames>")},
    "no properties": {"docProps/core.xml": None, "docProps/app.xml": None},
    "no theme": {"xl/theme/theme1.xml": None},
    "no styles": {STYLES: None},
    "a bad merge": {SHEET: lambda text: re.sub('(<mergeCell ref=")[^"]*', r"\1x", text, count=1)},
}  # fmt: skip


@pytest.mark.parametrize("oddity", ODD)
def test_what_no_figure_needs_may_be_odd(read, oddity):
    assert read(parts=ODD[oddity]).rows().loc[(1, 1), "actual"] == 4


def test_style_out_of_range_is_the_plain_one(read):
    place = f"{ACTUAL}{ROW + 2}"
    change = {SHEET: lambda text: re.sub(rf'(r="{place}" s=)"\d+"', r'\1"9999"', text)}
    assert read(parts=change).rows().loc[(1, 2), "actual"] == 15


def test_odd_styles_still_strike_out_and_show_numbers(found):
    def edit(sheet):
        sheet[FIRST].font = STRUCK
        sheet[f"{ACTUAL}{ROW + 2}"], sheet[f"{ACTUAL}{ROW + 2}"].number_format = 15, '0" 件"'

    judged = found(edit, styles("<font>", '<font><family val="34"/>'))
    assert actual(judged) == (None, "undetermined") and actual(judged, 2) == (15, "progressing")


def test_strict_workbook_is_read(found):
    def strict(text):
        text = text.replace(
            "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            "http://purl.oclc.org/ooxml/spreadsheetml/main",
        )
        return text.replace(LINK, "http://purl.oclc.org/ooxml/officeDocument/relationships")

    names = [SHEET, STYLES, "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "_rels/.rels"]
    date = f'<c r="{ACTUAL}{ROW + 2}" t="d"><v>2022-04-01</v></c>'
    changes = dict.fromkeys(names, strict)
    changes[SHEET] = lambda text: re.sub(
        rf'<c r="{ACTUAL}{ROW + 2}".*?</c>', date, strict(text), flags=re.DOTALL
    )
    judged = found(parts=changes)
    assert actual(judged) == (4, "progressing") and actual(judged, 2)[0] is None


@pytest.mark.parametrize("part", [SHEET, STYLES, "xl/workbook.xml"])
def test_part_that_cannot_be_read_is_named(read, part):
    with pytest.raises(KpiError, match=rf"壊れているようです（{re.escape(part)}）.*保存し直す"):
        read(parts={part: lambda text: text[: len(text) // 2]})


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


def test_part_with_entities_of_its_own_is_refused(read):
    with pytest.raises(KpiError, match="壊れている"):
        read(parts={SHEET: lambda text: BOMB + re.sub(r"<\?xml.*?\?>", "", text)})


@pytest.mark.parametrize("value", ["NaN", "inf", "1e999", "x"])
def test_number_that_is_none_is_refused(read, value):
    cell = f'<c r="{FIRST}"><v>{value}</v></c>'
    change = lambda text: re.sub(rf'<c r="{FIRST}".*?</c>', cell, text, flags=re.DOTALL)  # noqa: E731
    with pytest.raises(KpiError, match=SHEET):
        read(parts={SHEET: change})


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
def test_workbook_of_48_worksheets_is_answered_in_seconds(tmp_path):
    cells = "".join(
        f'<c r="{column}{{0}}" s="1"><v>{{0}}.5</v></c>' for column in "BCDEFGHIJKLMNOPQR"
    )
    row = f'<row r="{{0}}"><c r="A{{0}}" t="str"><v>町{{0}}</v></c>{cells}</row>'
    rows = "".join(row.format(number) for number in range(1, 501))
    other = f'<worksheet xmlns="x"><sheetData>{rows}</sheetData></worksheet>'
    parts = {f"xl/worksheets/o{n}.xml": lambda _: other for n in range(48)}
    sheets = "".join(f'<sheet name="統計{n}" sheetId="{n + 9}" r:id="o{n}"/>' for n in range(48))
    sheets = sheets.replace("<sheet", f'<sheet xmlns:r="{LINK}"')
    links = "".join(
        f'<Relationship Id="o{n}" Type="{LINK}/worksheet" Target="worksheets/o{n}.xml"/>'
        for n in range(48)
    )
    parts["xl/workbook.xml"] = lambda text: text.replace("</sheets>", f"{sheets}</sheets>")
    ends = "xl/_rels/workbook.xml.rels", "</Relationships>"
    parts[ends[0]] = lambda text: text.replace(ends[1], links + ends[1])
    path = tmp_path / "2022.xlsx"
    path.write_bytes(rewritten(as_workbook(TEXT), parts))
    started = time.process_time()
    sheet = read_sheet(path, PLAN, 2022, "2022.xlsx")
    assert time.process_time() - started < 4
    assert sheet.rows()["source"].iloc[0] == f"2022.xlsx#進捗評価シート:{ROW + 1}"


def test_more_cells_than_any_sheet_has_are_refused(read):
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(100, 20_200))
    with pytest.raises(KpiError, match=r"シート「進捗評価シート」に20,\d+行.*大きすぎます"):
        read(parts={SHEET: lambda text: text.replace("</sheetData>", f"{rows}</sheetData>")})


# Texts as Excel writes them.


@pytest.mark.parametrize(
    ("written", "name"),
    [("架空の_x000B_箇所数", "架空の箇所数"), ("架空の_x000D_\n箇所数", "架空の箇所数"),
     ("架空_x005F_x000D_", "架空_x000D_"), ("架空_xD842__xDFB7_", "架空𠮷"),
     ("架空_x3042_", "架空あ")],
)  # fmt: skip
def test_characters_by_their_numbers_are_read_as_shown(read, written, name):
    sheet = read(put(f"{NAME}{ROW + 1}", written))
    assert sheet.rows()["name"].iloc[0] == name


def numbers(*values, number_format="General"):
    def edit(sheet):
        for row, value in enumerate(values, ROW + 1):
            sheet[f"{NO}{row}"] = value
            sheet[f"{NO}{row}"].number_format = number_format

    return edit


@pytest.mark.parametrize(
    "edit",
    [
        numbers("1.0", "2.0", "3.0"),
        numbers("１", "２", "３．０"),
        numbers(1, 2, 3, number_format="0.0"),
    ],
)
def test_number_of_a_row_with_decimals_is_that_number(read, edit):
    assert read(edit).rows()["no"].tolist() == [1, 2, 3]


def test_label_that_is_no_number_is_printed(read):
    rows = read(numbers("1-1", "1-2", "2-1")).rows()
    assert rows["no_raw"].tolist() == ["1-1", "1-2", "2-1"]
    assert rows["no"].tolist() == [1, 2, 3]


def test_cells_that_a_merged_area_covers_are_not_read(read):
    change = {SHEET: lambda text: text.replace(
        f'<c r="B{ROW + 2}"',
        f'<c r="B{ROW + 2}" t="str"><v>下の値</v></c><c r="H{ROW + 2}"')}  # fmt: skip
    sheet = read(parts=change)
    assert "下の値" not in sheet.rows()["initiative"].tolist()


def test_worksheet_without_places_of_its_cells_is_read(read):
    def bare(text):
        number = iter(range(1, 1000))
        rows = dict(re.findall(r'<row r="(\d+)"[^>]*>(.*?)</row>', text, re.DOTALL))
        cells = [rows.get(str(next(number)), "") for _ in range(max(map(int, rows)))]
        places = re.compile(' r="[A-Z]+[0-9]+"')
        cells = "".join(f"<row>{places.sub('', row)}</row>" for row in cells)
        return re.sub(
            "<sheetData>.*</sheetData>", f"<sheetData>{cells}</sheetData>", text, flags=16
        )

    def fill(sheet):
        for row in range(ROW - 1, ROW + 4):
            for column in range(1, 8):
                sheet.cell(row, column).alignment = openpyxl.styles.Alignment(wrap_text=True)

    assert read(fill, {SHEET: bare}).rows()["no"].tolist() == [1, 2, 3]


# Workbooks of LibreOffice.

FLOAT = 'office:value-type="float" office:value='
STRING = 'office:value-type="string"'
IN_ODS = f'<table:table-cell {FLOAT}"4"><text:p>2022年度 4 箇所</text:p>'
SHOWN_4 = "<text:p>2022年度 4 箇所</text:p>"
RUBY = "<text:ruby><text:ruby-base>4</text:ruby-base><text:ruby-text>5</text:ruby-text></text:ruby>"
# Attributes and content of the first actual, what is read, and what is told by which code.
ODS_CELLS = [
    (f'{FLOAT}"4" table:style-name="struck"', SHOWN_4, NONE, "struck-out", "2022年度 4 箇所"),
    (f'{FLOAT}"4" table:style-name="white"', SHOWN_4, NONE, "hidden-text", "2022年度 4 箇所"),
    (f'{STRING} office:string-value="4 箇所"', "<text:p/>", NONE, "hidden-text", "4 箇所"),
    (f'{FLOAT}"4" table:style-name="on dark"', SHOWN_4, MET, "", ""),
    (STRING, '<text:p><text:span text:style-name="out">5</text:span>4</text:p>', MET,
     "struck-out", "5"),
    (STRING, '<text:p>4<text:span text:style-name="raised">5</text:span></text:p>', NONE,
     "unreadable-cell", "4⁵"),
    (STRING, f'<text:p>2022年度<text:line-break/>{RUBY}<text:s text:c="2"/>箇所</text:p>', MET,
     "", ""),
    (f'{FLOAT}"4.4"', SHOWN_4, MET, "display-rounded", "2022年度 4 箇所"),
    (f'{FLOAT}"4123"', "<text:p>4 千箇所</text:p>", (4000, "undetermined"), "display-rounded",
     "4 千箇所"),
    (f'{FLOAT}"0"', "<text:p>－</text:p>", NONE, "display-rounded", "－"),
    (f'{FLOAT}"-4"', "<text:p>(4)</text:p>", NONE, "format-unknown", "-4（(4)）"),
    (f'{FLOAT}"0.5"', "<text:p>1/2</text:p>", NONE, "format-unknown", "0.5（1/2）"),
    (f'{FLOAT}"1234"', "<text:p>1.23E+03</text:p>", NONE, "format-unknown", "1234（1.23E+03）"),
    ('office:value-type="date" office:date-value="2022-04-07"', "<text:p>4月7日</text:p>", NONE,
     "display-rounded", "4月7日"),
    (f'{STRING} table:formula="of:=NA()"', "<text:p>#N/A</text:p>", NONE, "unreadable-cell",
     "#N/A"),
    (f'{FLOAT}"4"', f"<office:annotation><text:p>要確認</text:p></office:annotation>{SHOWN_4}",
     MET, "text-outside-cells", "要確認"),
    (f'{FLOAT}"4"', f"<draw:frame><svg:desc>架空の図</svg:desc></draw:frame>{SHOWN_4}", MET,
     "text-outside-cells", "架空の図"),
]  # fmt: skip


@pytest.fixture
def found_in_ods(tmp_path):
    """The evaluation of the made-up sheet in LibreOffice's format, with texts of it replaced."""

    def find(*replaced, text=TEXT):
        def edit(content):
            for old, new in replaced:
                assert old in content
                content = content.replace(old, new, 1)
            return content

        path = tmp_path / "2022.ods"
        path.write_bytes(rewritten(as_ods(text), {"content.xml": edit}))
        return evaluate(read_sheet(path, PLAN, 2022, "2022.ods"))

    return find


@pytest.mark.trial
@pytest.mark.parametrize(("attributes", "content", "figure", "code", "text"), ODS_CELLS)
def test_cell_of_libreoffice_is_read_as_shown(
    found_in_ods, attributes, content, figure, code, text
):
    judged = found_in_ods((IN_ODS, f"<table:table-cell {attributes}>{content}"))
    assert actual(judged) == figure
    codes = [remark.code for remark in judged.sheet.remarks]
    assert code in ("", "unreadable-cell", *codes) and len(codes) == (code in codes)
    assert not code or [found for _, found in told(judged, code)] == [text]


ROW_2 = f'<table:table-row><table:table-cell {FLOAT}"2"><text:p>2</text:p>'
COLUMN = "<table:table-column "
HIDDEN_COLUMN = f'{COLUMN}table:number-columns-repeated="4"/>{COLUMN}table:visibility="collapse"/>'
STRIKES = """<calcext:conditional-formats><calcext:conditional-format
 calcext:target-range-address="進捗.E7:進捗.E9"><calcext:condition
 calcext:apply-style-name="struck"/></calcext:conditional-format></calcext:conditional-formats>"""
CHANGES = f"""<table:tracked-changes><table:cell-content-change><table:previous><table:
change-track-table-cell {FLOAT}"9"><text:p>9</text:p></table:change-track-table-cell>
</table:previous></table:cell-content-change></table:tracked-changes>""".replace(":\n", ":")
# What is replaced, the numbers of the rows that are read, and what is told by which code.
ODS_SHEETS = [
    ((ROW_2, ROW_2.replace("row>", 'row table:visibility="collapse">')), [1, 3], "hidden-row"),
    ((ROW_2, ROW_2.replace("row>", 'row table:visibility="filter">')), [1, 2, 3], ""),
    ((COLUMN, f"{HIDDEN_COLUMN}{COLUMN}"), [1, 2, 3], "hidden-column"),
    (("</table:table>", f"{STRIKES}</table:table>"), [1, 2, 3], "rule-strikes"),
    (("<table:table ", f"{CHANGES}<table:table "), [1, 2, 3], ""),
    (("<table:table ", '<table:table table:name="x" table:style-name="off"/><table:table '),
     [1, 2, 3], ""),
]  # fmt: skip


@pytest.mark.trial
@pytest.mark.parametrize(("replaced", "numbers", "code"), ODS_SHEETS)
def test_worksheet_of_libreoffice_is_read_as_shown(found_in_ods, replaced, numbers, code):
    judged = found_in_ods(replaced, text=WITH_2021)
    assert judged.rows["no"].tolist() == numbers
    assert [remark.code for remark in judged.sheet.remarks] == ([code] if code else [])
    columns = judged.sheet.columns["header"].tolist()
    assert ("2021年 実績" in columns) == (code != "hidden-column")


@pytest.mark.parametrize(
    ("replaced", "said"),
    [
        ((IN_ODS, '<table:table-cell table:formula="of:=[.A1]+1">'), r"式「=\[.A1\]\+1」"),
        ((ROW_2, ROW_2.replace("row>", 'row table:number-rows-repeated="2">')), "「2」"),
        ((ROW_2, ROW_2.replace("row>", 'row table:number-rows-repeated="999999">')), "20,001行"),
        (("<table:table ", '<table:table table:style-name="off" '), "どのシート（なし）にも"),
        (("</office:spreadsheet>", ""), "壊れているようです（content.xml）"),
        (("<office:document", f"{BOMB}<office:document"), "壊れているようです（content.xml）"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_workbook_of_libreoffice_is_told(found_in_ods, replaced, said):
    with pytest.raises(KpiError, match=said):
        found_in_ods(replaced)


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
    assert len(one.remarks) == 4
