"""Mistakes with files that happen in real life: each is told in Japanese, with what to do."""

import errno
import io
import os
import unicodedata
import zipfile

import openpyxl
import pytest
from conftest import DATA
from formats import as_tidy, as_workbook

from kpi_utils import KpiError, load
from kpi_utils.errors import reason
from kpi_utils.formats.files import sheet_years

TEXT = (DATA / "kumamoto/2022.txt").read_text("utf-8")
BOOK = as_workbook(TEXT)


def book(*edits) -> bytes:
    """The Kumamoto workbook, changed."""
    opened = openpyxl.load_workbook(io.BytesIO(BOOK))
    for edit in edits:
        edit(opened)
    out = io.BytesIO()
    opened.save(out)
    return out.getvalue()


def compound(stream: str) -> bytes:
    """The beginning of a compound file (.xls, or a protected .xlsx) that names a stream."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + stream.encode("utf-16-le")


def archive(**parts) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as files:
        for name, content in parts.items():
            files.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def two_sheets(opened):
    opened.copy_worksheet(opened.active)


def commentary_apart(opened):
    opened.create_sheet("評価").append(["（3）評価及び課題等"])


def cell(place: str, text):
    def edit(opened):
        opened.active[place] = text

    return edit


def locked(content: bytes) -> bytes:
    """An archive whose parts are encrypted one by one."""
    return content.replace(b"PK\1\2\x14\3\x14\0\0", b"PK\1\2\x14\3\x14\0\1")


OPEN_DOCUMENT = "application/vnd.oasis.opendocument.spreadsheet"
FILES = {
    "Word document": (".xlsx", archive(word__document="x"), ["Excel のブックではありません"]),
    "old Excel": (".xlsx", compound("Workbook"), [".xls", "保存し直して"]),
    "password": (".xlsx", compound("EncryptedPackage"), ["パスワード"]),
    "password of LibreOffice": (
        ".ods",
        archive(
            mimetype=OPEN_DOCUMENT,
            **{"META-INF__manifest.xml": "<manifest:encryption-data/>", "content.xml": "x"},
        ),
        ["パスワード", "LibreOffice で開き"],
    ),
    "text of LibreOffice": (
        ".ods",
        archive(mimetype="application/vnd.oasis.opendocument.text"),
        ["Excel のブックではありません"],
    ),
    "parts of LibreOffice that are locked": (
        ".ods", locked(archive(mimetype=OPEN_DOCUMENT)), ["壊れている"]),
    "damaged": (".xlsx", BOOK[: len(BOOK) // 2], ["壊れている"]),
    "text under another name": (".xlsx", TEXT.encode(), ["Excel のブックではありません"]),
    "workbook under another name": (".csv", BOOK, ["名前は .csv", ".xlsx"]),
    "PDF": (".txt", b"%PDF-1.7\n", ["PDF です"]),
    "picture": (".md", b"\x89PNG\r\n\x1a\n\xff\xfe", ["画像です"]),
    "web page": (".csv", b"<!DOCTYPE html><html></html>", ["ウェブページ"]),
    "only blanks": (".txt", b" \n\t\n", ["空です"]),
    "50 MB of nothing": (".txt", bytes(50_000_000), ["50 MB", "大きすぎます"]),
    "50 MB of blanks in a workbook": (
        ".xlsx",
        archive(**{"xl__workbook.xml": "x", "xl__worksheets__sheet1.xml": " " * 50_000_000}),
        ["50 MB", "大きすぎます"],
    ),
    "a line that never ends": (".csv", b'"' + b"x" * 200_000, ["1行目", "CSV として"]),
    "a figure's own comma in a tidy file": (
        ".csv",
        as_tidy(TEXT).replace('"2022年度 1,145 万円"', "2022年度 1,145 万円", 1).encode(),
        ["1｜145 万円", "で囲んでください"],
    ),
    "a tidy line that is cut off": (
        ".csv",
        as_tidy(TEXT).replace("(1),1,2022年,2022年度 34.5 %", "(1),1,2022年", 1).encode(),
        ["6行目", "セルが3個"],
    ),
    "a tidy row with other columns": (
        ".csv",
        as_tidy(TEXT).replace("(1),2,2022年,", "(1),2,2021年,", 1).encode(),
        ["No.2", "2021年", "最初の行と同じ列"],
    ),
    "another table": (".csv", "日付,担当\n4月,係長\n".encode(), ["表がありません"]),
    "another workbook": (".xlsx", as_workbook("ほかの表"), ["指標名", "指標の表がありません"]),
    "two sheets": (".xlsx", book(two_sheets), ["進捗評価シート Copy", '--sheet "名前"']),
    "commentary elsewhere": (".xlsx", book(commentary_apart), ["シート「評価」", "移して"]),
    "formula without a result": (".xlsx", book(cell("D9", "=1+1")), ["9行目", "式「=1+1」"]),
    "column without a head": (".xlsx", book(cell("D7", None)), ["9行目", "見出しのない列"]),
    "text far to the right": (".xlsx", book(cell("Z9", "メモ")), ["9行目", "メモ"]),
}  # fmt: skip


@pytest.fixture
def load_as(project):
    """A function that reads a file with such a name, or a name's ending, for the sheet of 2022."""

    def load_it(name: str, content: bytes):
        folder = project / "data/kumamoto"
        (folder / "2022.txt").unlink()
        (folder / (f"2022{name}" if name.startswith(".") else name)).write_bytes(content)
        return load("kumamoto", 2022)

    return load_it


def test_workbook_may_name_its_parts_otherwise(load_as):
    with zipfile.ZipFile(io.BytesIO(BOOK)) as files:
        parts = {name: files.read(name).replace(b"xl/", b"%E8%A1%A8/") for name in files.namelist()}
    renamed = {name.replace("xl/", "%E8%A1%A8/"): content for name, content in parts.items()}
    assert len(load_as(".xlsx", archive(**renamed)).rows()) == 22


@pytest.mark.parametrize("mistake", FILES)
def test_mistake_is_told(load_as, mistake):
    suffix, content, said = FILES[mistake]
    with pytest.raises(KpiError) as error:
        load_as(suffix, content)
    message = str(error.value)
    assert [word for word in [f"data/kumamoto/2022{suffix}", *said] if word not in message] == []
    assert "Error" not in message and "None" not in message


def test_worksheet_that_speaks_of_the_commentary_is_none(load_as, sheet):
    def guide(opened):
        opened.create_sheet("要領").append(["評価及び課題等は、文章で記入する。"])

    assert load_as(".xlsx", book(guide)).captions == sheet.captions


MISNAMED = ["２０２２.txt", "2022．txt", "2022.ＴＸＴ", "2022 .txt", "2022年度.txt"]
MISNAMED += ["２０２２年度．ｔｘｔ", "2022.XLSX", "2022年度.xlsx"]


@pytest.mark.parametrize("name", MISNAMED)
def test_file_name_in_another_spelling_is_told_in_one_sentence(project, load_as, name):
    with pytest.raises(KpiError) as error:
        load_as(name, TEXT.encode())
    ending = unicodedata.normalize("NFKC", name).lower().rpartition(".")[2]
    sentence = f"data/kumamoto/{name}: ファイルの名前を 2022.{ending} にしてください。"
    assert error.value.problems == [sentence]
    # A batch of all years does not pass it over.
    assert sheet_years(project / "data/kumamoto") == [2022]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("2022 (1).csv", "名前を 2022.csv に"),
        ("2022.xls", "古い形式の Excel ブックです。Excel で開き"),
        ("2022.xlsb", "Excel のバイナリ ブックです"),
        ("2022.numbers", "Numbers で開き、「ファイル」→「書き出す」"),
        ("2022.docx", "Word で表を全て選んでコピーし"),
        ("2022.rtf", "Excel ブック（.xlsx）で保存し直して"),
        ("2022-memo.docx", "シートが1件もありません"),
    ],
)
def test_file_of_another_kind(load_as, name, said):
    with pytest.raises(KpiError, match=said):
        load_as(name, TEXT.encode())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("2022.xlsx", r"2件あります（2022\.txt、2022\.xlsx）"),
        # A spreadsheet program has it open.
        ("~$2022.txt", "表計算ソフトで開かれています"),
        (".~lock.2022.txt#", "表計算ソフトで開かれています"),
    ],
)
def test_another_file_beside_the_sheet(project, name, said):
    (project / "data/kumamoto" / name).write_bytes(BOOK)
    with pytest.raises(KpiError, match=said):
        load("kumamoto", 2022)


def test_folder_in_the_place_of_a_sheet(project):
    path = project / "data/kumamoto/2022.txt"
    path.unlink()
    path.mkdir()
    with pytest.raises(KpiError, match=r"data/kumamoto/2022\.txt"):
        load("kumamoto", 2022)


# Of those that TOML does not refuse by itself, one in plan.toml.
UNSEEN = [("2022.txt", character) for character in "\b\f\x1b\x7f\x80\u202e\u2066\u200f"]
UNSEEN += [("plan.toml", "\u202e")]


@pytest.mark.parametrize(("file", "character"), UNSEEN)
def test_character_that_nobody_sees_is_named_with_its_line(project, edit, file, character):
    path = project / "data/kumamoto" / file
    old = {"plan.toml": 'name = "', "2022.txt": "市内総生産額"}[file]
    edit(path, old, old + character)
    line = path.read_text("utf-8").partition(old)[0].count("\n") + 1
    with pytest.raises(KpiError) as error:
        load("kumamoto", 2022)
    said = f"data/kumamoto/{file} {line}行目: 目に見えない文字（U+{ord(character):04X}）は"
    assert said in str(error.value)
    assert character not in str(error.value)


@pytest.mark.parametrize(
    "name",
    ["EACCES", "EROFS", "ENOSPC", "EIO", "ENOENT", "EEXIST", "ENOTDIR", "EISDIR", "ENAMETOOLONG"],
)
def test_what_the_system_says_of_a_file_is_told_in_japanese(name):
    said = os.strerror(getattr(errno, name))
    told = reason(OSError(getattr(errno, name), said))
    assert said not in told and not told.isascii()
    # What is seldom said stands in brackets.
    assert reason(OSError(errno.EXDEV, "Cross-device link")).endswith("（Cross-device link）")
