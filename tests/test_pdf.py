"""PDF sheets: what an office's print does to a table is read right, or refused by page and cell."""

import io
import re
import subprocess
import sys
import zlib

import pandas as pd
import pypdf
import pytest
from conftest import entries_in
from formats import as_pdf, literal, ruled, typeset
from PIL import Image
from pypdf.annotations import FreeText, Highlight
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    StreamObject,
    TextStringObject,
)

from kpi_utils import KpiError, evaluate, load
from kpi_utils.showing.entries import entry_lines

TITLE = literal("架空県試験市 試験計画（架空のデータ）") + "\n\n"
HEAD = ["No", "指標名", "当初値", "2022年", "2024年 目標値", "達成度 (%)"]
ONE = ["1", "架空の指標", "2020年度 10 件", "2022年度 15 件", "2024年 20 件", "50%"]
TWO = ["2", "別の指標", "2020年度 1,000 人", "2022年度 1,073 人", "2024年 1,100 人", "73%"]
FIGURES = [[10, 15, 20], [1000, 1073, 1100]]


def rows_of(*rows) -> list[list[str]]:
    return [[cell if "#" in cell else literal(cell) for cell in row] for row in rows]


SHEET = ruled(rows_of(HEAD, ONE, TWO))
# The cells alone, in rows and columns of one size.
PLACED = "".join(
    f"#place(dx: {x * 100 + 8}pt, dy: {y * 30 + 10}pt)[{cell}]\n"
    for y, row in enumerate(rows_of(HEAD, ONE, TWO))
    for x, cell in enumerate(row)
)


def changed(row: list[str], column: int, markup: str) -> list[str]:
    return [*row[:column], markup, *row[column + 1 :]]


def printed(*rows, page: str = "", settings: str = "") -> bytes:
    """A PDF of a sheet with such rows below its head; of the two rows above, if there are none."""
    return typeset(TITLE + ruled(rows_of(HEAD, *(rows or (ONE, TWO))), settings=settings), page)


def with_cell(column: int, markup: str, **others) -> bytes:
    """A PDF of the sheet with another cell in its second row."""
    return printed(ONE, changed(TWO, column, markup), **others)


def file_with(content: bytes, change) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(content))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def with_note(kind, box=(300, 480, 700, 560), **of) -> bytes:
    """The sheet with a note that is laid over its table, or elsewhere."""
    if kind is Highlight:
        left, bottom, right, top = map(FloatObject, box)
        corners = [left, top, right, top, left, bottom, right, bottom]
        of = {"quad_points": ArrayObject(corners)}
    return file_with(printed(), lambda writer: writer.add_annotation(0, kind(rect=box, **of)))


def turned(degrees: int) -> bytes:
    """The same to look at, but drawn on a page that is turned, as scanners and printers do."""

    def turn(writer) -> None:
        writer.pages[0].rotate(degrees)
        writer.pages[0].transfer_rotation_to_content()
        writer.pages[0].rotate(-degrees)

    return file_with(printed(), turn)


@pytest.fixture
def read(read_file):
    return lambda content: read_file("2022.pdf", content, source="data/trial/2022.pdf")


def figures(sheet) -> list[list[float]]:
    return sheet.rows()[["baseline", "actual", "target"]].to_numpy().tolist()


def striped(width: int, height: int) -> str:
    """A picture in stripes, in typst's markup."""
    out = io.BytesIO()
    Image.frombytes("L", (width, height), bytes([0, 255, 255] * (width * height // 3))).save(
        out, "PNG"
    )
    return f"image(bytes({tuple(out.getvalue())}), width: {width}pt)"


THIN = f"scale(y: 1.5%, reflow: true, rotate(90deg, reflow: true, {striped(30, 30)}))"
PICTURE = f"#box({striped(16, 9)})"
SCANNED = f"background: {striped(90, 60).replace('90pt', '99%')},"
READ = {
    "bold that is printed twice": with_cell(3, "#place(dx: 0.4pt)[1,073 人]; 1,073 人"),
    "thin rules in grey": printed(settings="stroke: 0.3pt + luma(120),"),
    "no rule at either side": printed(
        settings="stroke: (x, y) => (y: 0.5pt, left: if x > 0 { 0.5pt }),"
    ),
    "rules that stop short of each other": typeset(
        TITLE
        + "#let rule(x, y, w, h) = place(dx: x * 1pt, dy: y * 1pt, line(end: (w * 1pt, h * 1pt)))\n"
        + "".join(f"#rule(5, {y}, 590, 0)\n" for y in (0, 30, 60, 90))
        + "".join(f"#rule({x}, {y}, 0, 20)\n" for x in range(0, 601, 100) for y in (5, 35, 65))
        + PLACED
    ),
    "white letters on a dark head": typeset(
        TITLE
        + ruled(
            rows_of([f"#text(white)[{cell}]" for cell in HEAD], ONE, TWO),
            settings="fill: (x, y) => if y == 0 { navy },",
        )
    ),
    "letters spaced out to fill their cell": typeset(
        f"{TITLE}#show table: set text(tracking: 3pt)\n{SHEET}"
    ),
    "a head of two rows": typeset(
        TITLE
        + "#table(columns: 6, table.cell(rowspan: 2)[No], table.cell(rowspan: 2)[指標名],"
        + "table.cell(rowspan: 2)[当初値], [2022年], [2024年], table.cell(rowspan: 2)[達成度 (%)],"
        + "[実績], [目標値],"
        + ", ".join(f"[{cell}]" for row in rows_of(ONE, TWO) for cell in row)
        + ")"
    ),
    "digits that are made narrow": with_cell(3, "#scale(x: 30%, reflow: true)[1,073] 人"),
    "rules of dots": typeset(
        TITLE
        + "#let dots(x, y, n, dx, dy) = for i in range(n) { place(dx: x * 1pt + i * dx * 1pt, "
        + "dy: y * 1pt + i * dy * 1pt, rect(width: 0.8pt, height: 0.8pt, fill: black)) }\n"
        + "".join(f"#dots(0, {y}, 240, 2.5, 0)\n" for y in (0, 30, 60, 90))
        + "".join(f"#dots({x}, 0, 36, 0, 2.5)\n" for x in range(0, 601, 100))
        + PLACED
    ),
    "white rules on a coloured ground": printed(settings="fill: aqua, stroke: 1pt + white,"),
    "wide white rules": printed(settings="fill: aqua, inset: 9pt, stroke: 3pt + white,"),
    "a highlighted text": with_note(Highlight),
    "a colour and a frame around letters": printed(
        [f"#highlight[{literal(cell)}]" for cell in ONE],
        [*TWO[:2], *[f"#rect(inset: 1pt)[{literal(cell)}]" for cell in TWO[2:]]],
    ),
    "lines that are underlined": with_cell(1, "#underline[別の指標の \\ 長い名前だ]"),
    "a frame around the page": printed(page="background: rect(width: 96%, height: 96%),"),
    "a table in a frame": typeset(f"{TITLE}#rect(inset: 9pt)[{SHEET}]"),
    "letters that lean": printed(
        *[[f"#skew(ax: -12deg)[{literal(cell)}]" for cell in row] for row in (ONE, TWO)]
    ),
    "a watermark": printed(page="foreground: place(dx: 200pt, dy: 60pt, text(40pt, gray)[見本]),"),
    "a stamp": printed(page="foreground: place(dx: 300pt, dy: 45pt, circle(radius: 20pt)),"),
    "a circle around a figure": with_cell(
        3, "#place(dx: 30pt, dy: -2pt, circle(radius: 6pt)); 2022年度 1,073 人"
    ),
    "digits of a font a little smaller and higher": with_cell(
        3, "#text(size: 0.97em, baseline: -0.2pt)[1,073]人"
    ),
    "a picture over the title": typeset(f"{TITLE}#place(top, {PICTURE[1:]})\n{SHEET}"),
    "tables side by side, the right one higher and without a head": typeset(
        f"#set text(5pt)\n#grid(columns: 2, gutter: 9pt, [#v(5pt){ruled(rows_of(HEAD, ONE))}],"
        f"[{ruled(rows_of(TWO), head=0)}])"
    ),
    "a sheet turned by 90": typeset(f"#rotate(90deg, reflow: true)[{SHEET}]"),
    **{f"a page turned by {degrees}": turned(degrees) for degrees in (90, 180, 270)},
}


@pytest.mark.parametrize("content", READ.values(), ids=READ)
def test_table_is_read(read, content):
    assert figures(read(content)) == FIGURES


WATERMARK = "background: rotate(-45deg, text(80pt, luma(220))[見本]),"
LEFT_OUT = {
    "turned": (printed(page=WATERMARK), "text-outside-cells"),
    "struck out": (typeset(f"{TITLE}{SHEET}#strike[古い文]"), "struck-out"),
    "in a picture in a cell": (with_cell(5, PICTURE), "text-outside-cells"),
    "drawn in a cell": (with_cell(5, "#circle(radius: 3pt)"), "text-outside-cells"),
    "in a large picture": (
        typeset(f"{TITLE}{SHEET}#scale(x: 300%, y: 300%, reflow: true, {striped(90, 60)})"),
        "text-outside-cells",
    ),
    "white": (typeset(f"{TITLE}{SHEET}#text(white)[隠れた文]"), "hidden-text"),
    "red": (with_cell(3, "#text(red)[1,073 人]"), "red-figure"),
    "a note": (with_note(FreeText, box=(300, 50, 700, 90), text="後日"), "text-outside-cells"),
}


@pytest.mark.parametrize(("content", "code"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_text_outside_of_the_tables_that_is_left_out_is_told(read, content, code):
    sheet = read(content)
    assert figures(sheet) == FIGURES
    assert {remark.code for remark in sheet.remarks} == {code}
    assert not sheet.notes


def test_words_that_are_written_downwards_are_read_from_the_right(read):
    column = "#stack(dir: ttb, spacing: 2pt, [{}], [{}])".format
    right = column("#rotate(90deg, reflow: true)[7]", "架")
    sheet = read(with_cell(1, f"#place(dx: 14pt)[{right}]{column('指', '標')}"))
    assert list(sheet.rows()["name"]) == ["架空の指標", "7架指標"]


@pytest.mark.parametrize(
    ("cell", "raw"),
    [
        ("#box[10]#h(1.5pt)#box[15] 人", "10 15 人"),
        ('#text(font: "Libertinus Serif")[3#super[2]] 人', "3² 人"),
        ("#box[10]#h(30pt)#box[15] 人", "10　15 人"),
        ("3#super[21] 人", "3²¹ 人"),
        ("3#text(size: 0.97em)[2] 人", "3² 人"),
        ("3#text(baseline: 0.3pt)[2] 人", "3 2 人"),
        ("#super[1,2]44.1 人", "¹,² 44.1 人"),
        ("#stack(spacing: 2pt, [1], [5], [人])", "1 5 人"),
    ],
)
def test_digits_that_do_not_stand_together_are_not_one_number(read, cell, raw):
    sheet = read(with_cell(3, cell))
    assert pd.isna(sheet.rows()["actual"].iloc[1])
    assert [cell.raw for cell in sheet.unreadable()] == [raw]


def test_merged_cell_that_is_filled_row_by_row_is_one(read):
    fill = "#place(dx: {}pt, dy: {}pt, rect(width: {}pt, height: 18pt, fill: {}));".format
    name = fill(-5, -5, 90, "white") + fill(-5, 13, 90, "white") + "#v(10pt)架空の大きな取組群"
    head, one, two = HEAD[:2], ONE[:2], TWO[:2]
    rows = ([*head, "取組名", *HEAD[2:]], [*one, name, *ONE[2:]], [*two, "", *TWO[2:]])
    cells = [
        f"table.cell(rowspan: 2)[{cell}]" if cell is name else f"[{literal(cell)}]"
        for row in rows
        for cell in row
        if cell
    ]
    columns = "columns: (20pt, 60pt, 90pt, 120pt, 120pt, auto, auto), rows: 18pt"
    # The first of its rows is filled as wide as the table.
    content = typeset(f"{TITLE}{fill(0, 18, 528, 'aqua')}#table({columns}, {', '.join(cells)})")
    assert read(content).rows()["initiative"].tolist() == ["架空の大きな取組群"] * 2


@pytest.mark.parametrize(
    ("cell", "name"), [("CO#sub[2]の量", "CO2の量"), ("#place(dx: 8pt)[標]指", "指標")]
)
def test_letters_are_read_where_they_stand(read, cell, name):
    assert read(with_cell(1, cell)).rows()["name"].iloc[1] == name


def with_field() -> bytes:
    """The sheet with a cell that is a field of a form, whose text its parent has."""

    def add(writer) -> None:
        values = ArrayObject([TextStringObject("1,073"), NameObject("/74")])
        parent = writer._add_object(DictionaryObject({NameObject("/V"): values}))
        box = ArrayObject(map(FloatObject, (300, 480, 700, 560)))
        field = {"/Subtype": NameObject("/Widget"), "/Rect": box, "/Parent": parent}
        of = DictionaryObject({NameObject(key): value for key, value in field.items()})
        writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(of)])

    return file_with(with_cell(3, ""), add)


OVERFLOW = "#box(width: 20pt)[#box(width: 300pt)[2022年度 1,073 人を超えてなお余りある長さの文]]"
COVERED = "1,073 人#place(top, rect(width: 60pt, height: 9pt, fill: white))"
LONG = "長い名称の指標で、頁の終わりで切れて次の頁に続き、読み取るときに一つになるもの"


def cut(*changes: tuple[int, str]) -> bytes:
    """The sheet, whose second row is cut by the end of the first page, with changed cells in it."""
    row = changed(TWO, 1, literal(LONG))
    for column, markup in changes:
        row = changed(row, column, markup)
    markup = ruled(rows_of(HEAD, ONE, row)).replace("(auto, auto,", "(auto, 90pt,")
    return typeset(f"#set text(costs: (orphan: 0%, widow: 0%))\n{TITLE}#v(436pt)\n{markup}")


def on_pages(*tables, above: str = "") -> bytes:
    """A table whose rows stand on several pages, below a markup; a cell may be typst's own."""
    markup = []
    for rows in tables:
        cells = [of if "(" in of else f"[{literal(of)}]" for row in rows for of in row]
        markup.append(f"{above}#table(columns: (80pt,) * {len(rows[0])}, {', '.join(cells)})\n")
    return typeset(TITLE + "#pagebreak()\n".join(markup))


def replaced(old: bytes, new: bytes, mark: bytes = b"beginbfchar", page: str = "") -> bytes:
    """The sheet with something else in its parts with a mark: its font's names of letters."""

    def replace(writer) -> None:
        for part in writer._objects:
            if isinstance(part, StreamObject) and mark in part.get_data():
                part.set_data(part.get_data().replace(old, new))

    return file_with(printed(page=page), replace)


def cut_below(text: str) -> bytes:
    """A table with merged cells, of which the end of the page parts one from its text."""
    merged = [ONE[0], "一の指標", "table.cell(rowspan: 2)[甲]", *ONE[2:5]]
    rows = [["2", "二の指標", *TWO[2:5]], ["3", "三の指標", "", *TWO[2:5]]]
    first = [["0", "零の指標", "子", *ONE[2:5]], merged, *rows]
    head = [*HEAD[:2], "取組名", *HEAD[2:5]]
    return on_pages([head, *first], [["4", "四の指標", text, *TWO[2:5]]])


def scan() -> bytes:
    out = io.BytesIO()
    Image.new("L", (1754, 1241), 128).save(out, "PDF")
    return out.getvalue()


def assembled(page: bytes, *parts: bytes) -> bytes:
    """A file of one page, whose content is the first of the parts; these are numbered from 4."""
    tree = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"]
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 400]/Contents 4 0 R%s>>" % page
    numbered = enumerate([*tree, page, *parts], 1)
    objects = b"".join(b"%d 0 obj\n%s\nendobj\n" % pair for pair in numbered)
    return b"%PDF-1.4\n" + objects + b"trailer<</Root 1 0 R>>\n%%EOF"


def bomb(times: int) -> bytes:
    """A small file whose content, packed once or twice, takes much memory."""
    packed = zlib.compress(bytes(120_000_000), 1)
    packed = zlib.compress(packed, 9) if times > 1 else packed
    head = b"<</Filter[%s]/Length %d>>" % (b"/FlateDecode" * times, len(packed))
    return assembled(b"", b"%sstream\n%s\nendstream" % (head, packed))


def drawing_each_other(last: int) -> bytes:
    """A small file whose parts draw the next one ten times each, and the last one a part."""
    resources = b"/Resources<</XObject<</A %d 0 R>>>>"
    form = b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]%s/Length 60>>stream\n%s\nendstream"
    forms = [form % (resources % min(n, last), b"/A Do " * 10) for n in range(5, 15)]
    return assembled(resources % 5, *forms, form % (b"", b"0 0 m".ljust(60)))


def locked(writer) -> None:
    writer.encrypt("x", algorithm="RC4-128")


REFUSED = {
    "text that runs over its cell": (
        with_cell(2, OVERFLOW, settings="align: left,"),
        " 1頁 表1 3行.*はみ出して",
    ),
    "text that runs over its cell in the gap of two letters": (
        with_cell(2, "#h(1fr) 20年 #box(width: 0pt)[30 人の町]"),
        " 1頁 表1 3行.*はみ出して",
    ),
    "a row without its first cell, below the end of a page": (
        on_pages(
            [["取組名", *HEAD[1:5]], ["甲", *ONE[1:5]], ["乙", *TWO[1:5]]],
            [["", "さらに別の指標", "－", "－", "－"]],
        ),
        " 2頁 表1 1行 2列.*続きか、別の行か",
    ),
    "a text that is mirrored": (typeset(f"#scale(x: -100%)[{SHEET}]"), " 1頁 .*横向き"),
    "struck out by a slanting line": (
        with_cell(3, "#place(line(start: (0pt, 8pt), end: (40pt, 0pt)))1,073 人"),
        " 1頁 表1 3行 4列.*取消線",
    ),
    "struck out by a curve": (
        with_cell(3, "#place(dy: 4pt, curve(curve.cubic(none, (9pt, 3pt), (60pt, 0pt))));1,073 人"),
        " 1頁 表1 3行 4列.*取消線",
    ),
    "struck out by a thin picture": (
        with_cell(3, f"#place(dy: 4pt, {THIN});1,073 人"),
        " 1頁 .*取消線",
    ),
    "a sign that is drawn, higher than digits": (
        with_cell(
            3, "#place(dy: -2pt, polygon((0pt, 9pt), (4pt, 0pt), (8pt, 9pt)))#h(9pt)1,073 人"
        ),
        " 1頁 表1 3行 4列: 「1,073 人」の前又は中に",
    ),
    "a point that is drawn": (
        with_cell(3, "107#box(circle(radius: 0.4pt, fill: black))3 人"),
        " 1頁 表1 3行 4列: 「1073 人」の前又は中に",
    ),
    "a picture over a figure": (
        with_cell(3, f"1,073 人#place(top, {PICTURE[1:]})"),
        " 1頁 表1 3行 4列.*見えない文字",
    ),
    "a picture over several figures": (
        typeset(f"{TITLE}{SHEET}#place(top, {striped(240, 60)})"),
        " 1頁 表1 .*見えない文字",
    ),
    "struck out": (
        with_cell(3, "#strike[1,073] 1,070 人"),
        " 1頁 表1 3行 4列: 「1,073 1,070 人」.*取消線",
    ),
    "an older layer": (with_cell(3, "#place[1,150 人]; 1,073 人"), " 1頁 表1 3行 4列.*重なって"),
    "two digits within the width of a bold one": (
        with_cell(3, "#place(dx: 0.7pt)[1]1 人"),
        " 1頁 表1 3行 4列.*重なって",
    ),
    "an older figure, most of it covered": (
        with_cell(
            3, "5#place(top, rect(width: 9pt, height: 9pt, fill: white))#place(top, dx: 3.7pt)[7]"
        ),
        " 1頁 表1 3行 4列.*見えない文字",
    ),
    "a white sign": (with_cell(3, "#text(white)[▲]1,073 人"), " 1頁 表1 3行 4列.*見えない文字"),
    "white letters between close rules": (
        with_cell(3, "#text(white)[1,073 人]", settings="inset: 1pt,"),
        " 1頁 表1 3行 4列.*見えない文字",
    ),
    "text in no cell": (
        with_cell(3, "#move(dx: -5pt, rect(width: 20pt, height: 9pt, fill: aqua));1,073 人"),
        " 1頁 .*罫線で囲まれたセルの中にありません",
    ),
    "a table that runs over its page's end": (
        typeset(f"{TITLE}#pad(left: 500pt, block(width: 500pt)[{SHEET}])"),
        " 1頁 表1 .*見えない文字",
    ),
    "a digit that is named as nothing": (
        replaced(b"<0037>", b"<200B>"),
        " 1頁 表1 3行 4列.*何の文字かの情報がない",
    ),
    "a letter that is named as a digit": (
        replaced(b"<5225>", b"<0031>"),
        " 1頁 表1 3行 2列.*何の文字かの情報がない",
    ),
    "a field of a form": (with_field(), " 1頁.*1,073、74"),
    "letters below a shape": (with_cell(3, COVERED), " 1頁 表1 3行 4列.*見えない文字"),
    "turned letters": (
        with_cell(3, "#rotate(90deg, reflow: true)[1,073 人]"),
        " 1頁 表1 3行 4列: 「.*横向き",
    ),
    "no rules": (printed(settings="stroke: none,"), " 全頁.*罫線"),
    "no rules between columns": (printed(settings="stroke: (x, y) => (y: 0.5pt),"), " 全頁.*罫線"),
    "figures that the end of a page parts": (
        cut((3, "#[1,0] \\ 7 \\ 3 人")),
        " 2頁 表1 2行 4列.*前の頁の行の続きか",
    ),
    "a row that the end of a page parts from one of other columns": (
        on_pages([HEAD[:5], ONE[:5], ["table.cell(colspan: 5)[架空の分野]"]], [["", *TWO[1:5]]]),
        " 2頁 表1 1行 2列: 前の頁の行の続きか.*別の指標",
    ),
    "a table that goes on in other columns": (
        typeset(f"{TITLE}{SHEET}#pagebreak()\n#table(columns: (50pt, 333pt), [3], [別の指標])"),
        " 2頁 表1 1行: .*列の位置又は内容が前の頁と異なります",
    ),
    "a table whose other columns follow, as wide as its own": (
        on_pages([HEAD[:5], ONE[:5], TWO[:5]], [["1", *TWO[2:5], ""]]),
        " 2頁 表1 1行: .*列の位置又は内容が前の頁と異なります",
    ),
    "a table whose other columns follow, with its names": (
        on_pages(
            [HEAD[:5], ONE[:5], TWO[:5]], [[*of[:2], "2025年度 30 件", "", ""] for of in (ONE, TWO)]
        ),
        " 2頁 表1 1行: .*列の位置又は内容が前の頁と異なります",
    ),
    "a merged cell that the end of a page parts from its text": (
        cut_below("2050年の姿"),
        " 2頁 表1 1行 3列: 前の頁の行の続きか.*2050年",
    ),
    "a stamp on the table": (with_note(FreeText, text="訂正 1,074"), " 1頁.*訂正 1,074"),
    "a scan": (scan(), " 1頁.*画像（スキャン）"),
    "a scan with the text that a program has seen in it": (
        replaced(b"0 Tr", b"3 Tr", b"0 Tr", SCANNED),
        " 1頁.*画像（スキャン）",
    ),
    "a password": (file_with(printed(), locked), ": .*パスワード"),
    "damaged": (printed()[:3000], ": .*壊れている"),
    "a bomb": (bomb(1), ": .*大きすぎ"),
    "a bomb in a bomb": (bomb(2), ": .*大きすぎ"),
    "parts that draw each other": (drawing_each_other(14), ": .*大きすぎ"),
    "a part that draws itself": (drawing_each_other(9), ": .*大きすぎ"),
    "300 pages and more": (typeset("#pagebreak()\n" * 301), ": .*大きすぎ"),
}


@pytest.mark.parametrize(("content", "said"), REFUSED.values(), ids=REFUSED)
def test_what_might_mix_figures_is_refused_by_page_and_cell(read, content, said):
    with pytest.raises(KpiError) as error:
        read(content)
    problems = error.value.problems
    assert re.match(f"data/trial/2022.pdf{said}", problems[0])
    assert said.startswith(":") or "Excel（.xlsx）、CSV 又はテキストにしてください" in problems[-1]


def test_row_that_the_end_of_a_page_cuts_is_one(read):
    content = cut((3, "1,073 人 \\ #v(8pt) （2022年度）"))
    assert len(pypdf.PdfReader(io.BytesIO(content)).pages) == 2
    assert read(content).rows()[["name", "actual"]].iloc[1].tolist() == [LONG, 1073]


@pytest.mark.parametrize(
    ("above", "below"), [("架空の取組", ""), ("", "架空の取組"), ("架空の", "取組")]
)
def test_cell_that_the_end_of_a_page_parts_is_one(read, above, below):
    rows = [
        [row[0], f"table.cell(stroke: ({side}: none))[{text}]", *row[1:5]]
        for row, side, text in ((ONE, "bottom", above), (TWO, "top", below))
    ]
    sheet = read(on_pages([[HEAD[0], "取組名", *HEAD[1:5]], rows[0]], rows[1:]))
    assert sheet.rows()["initiative"].tolist() == ["架空の取組"] * 2
    assert figures(sheet) == FIGURES


@pytest.mark.parametrize("shown", [13, 1])
def test_text_that_is_printed_whole_on_each_page_of_its_cell_is_read_once(read, shown):
    """Through a clip, as an office suite prints it; if no page shows a line of it, it is lost."""
    rows = []
    for row, side, height, by in ((ONE, "bottom", 13, 1), (TWO, "top", shown, 1 - 13)):
        text = f"#place(dy: {by}pt)[架空の取組 \\ 地域の見守り⁵]"
        clip = f"#box(width: 70pt, height: {height}pt, clip: true)[{text}]"
        rows.append([row[0], f"table.cell(stroke: ({side}: none))[{clip}]", *row[1:5]])
    content = on_pages([[HEAD[0], "取組名", *HEAD[1:5]], rows[0]], rows[1:])
    if shown < 13:
        with pytest.raises(KpiError, match="1頁 表1 2行 2列: 「架空の取組地域の見守り"):
            read(content)
    else:
        sheet = read(content)
        assert sheet.rows()["initiative"].tolist() == ["架空の取組地域の見守り⁵"] * 2
        assert figures(sheet) == FIGURES


WHOLE = [
    ["3", "table.cell(rowspan: 2)[三]", "table.cell(rowspan: 2)[]", *TWO[2:5]],
    ["4", *TWO[2:5]],
]
PARTED = {
    "a merged cell from its text": (cut_below("乙"), ["子", "甲", "甲", "乙", "乙"]),
    "a merged cell that is blank from another": (
        on_pages([[*HEAD[:2], "取組名", *HEAD[2:5]], *WHOLE], [["5", "五", "丙", *TWO[2:5]]]),
        ["", "", "丙"],
    ),
    "a row whose first column goes on": (
        on_pages(
            [["取組名", *HEAD[1:5]], ["1-1 甲", *ONE[1:5]], ["1-2 乙", *TWO[1:5]]],
            [["丙", "（人）", "", "", "（注）"]],
        ),
        ["1-1 甲", "1-2 乙丙"],
    ),
    "a table that each page begins with": (
        on_pages(
            [["取組名", *HEAD[1:5]], ["甲", *ONE[1:5]]],
            [["乙", *TWO[1:5]]],
            above="#table(columns: 2, [所管課], [企画課])\n",
        ),
        ["甲", "乙"],
    ),
    "a table of KPIs that each page begins with": (
        on_pages(
            *[[["取組名", *HEAD[1:5]], ["乙", *TWO[1:5]]]] * 2,
            above="#table(columns: (80pt,) * 5, [取組名], [指標名], [当初値], [2022年], "
            "[2024年 目標値], [甲], [架空の数], [10], [15], [20])\n",
        ),
        ["甲", "乙"] * 2,
    ),
}


@pytest.mark.parametrize(("content", "wanted"), PARTED.values(), ids=PARTED)
def test_what_the_end_of_a_page_parts(read, content, wanted):
    assert read(content).rows()["initiative"].fillna("").tolist() == wanted


def over_pages(head: bool, foot: str) -> bytes:
    """A table over several pages, whose head is repeated on each or not."""
    repeated = "" if head else "repeat: false, "
    row = "{0}|{0}番目の架空の指標|2020年度 {0} 件|2022年度 {1} 件|2024年 {2} 件|50%"
    many = [row.format(no, no + 5, no + 10).split("|") for no in range(1, 61)]
    markup = ruled(rows_of(HEAD, *many)).replace("table.header(", f"table.header({repeated}")
    commentary = ["（3）評価及び課題等", "「60番目の架空の指標」【(1)No.60】"]
    markup += "".join(literal(text) + "\n\n" for text in commentary)
    foot = foot.replace("N", "#counter(page).display()")
    return typeset(TITLE + markup, f"header: [架空の試験市 \\ 資料１], footer: context [{foot}],")


@pytest.mark.trial
@pytest.mark.parametrize(
    ("head", "foot"),
    [
        (True, '#"-" N'),
        (False, '#"-" N'),
        (True, "架空の試験市 第2期 その N"),
        (False, "N / 2 架空の試験市 令和4年度"),
    ],
)
def test_table_over_pages_is_one(read, head, foot):
    sheet = read(over_pages(head, foot))
    assert figures(sheet) == [[no, no + 5, no + 10] for no in range(1, 61)]
    assert sheet.commentary["heading"].tolist() == ["「60番目の架空の指標」"]
    assert len(sheet.references) == 1
    # The head of all pages is a note once; of the foot it is told that it is left out.
    assert {text for _, _, text in sheet.notes} == {"架空の試験市", "資料１"}
    left_out = [remark.text for remark in sheet.remarks]
    assert left_out == ([foot.replace("N", "1")] if "市" in foot else [])
    last = 31 if head else 30
    assert sheet.points["source"].iloc[-1] == f"data/trial/2022.pdf:2頁 表1 {last}行 4列"


@pytest.mark.trial
def test_every_edition_names_the_place(project):
    folder = project / "data/kumamoto"
    text = (folder / "2022.txt").read_text("utf-8")
    (folder / "2022.txt").unlink()
    (folder / "2022.pdf").write_bytes(
        as_pdf(text.replace("2020年度 2 箇所", "2020年度 2 から 箇所"))
    )
    evaluation = evaluate(load("kumamoto", 2022))
    finding = evaluation.findings[evaluation.findings["code"] == "unreadable-cell"].iloc[0]
    assert finding["source"] == "data/kumamoto/2022.pdf:1頁 表2 6行 4列"
    entry = next(line for line in entry_lines(entries_in(evaluation), evaluation.sheet.words))
    assert "data/kumamoto/2022.pdf 1頁 表2 6行 4列" in entry


def test_text_needs_no_pdf_reader(project):
    code = "import sys; from kpi_utils import load; load('kumamoto', 2022)"
    code += "; print('pdfplumber' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True)
    assert run.stdout.strip() == "False", run.stderr
