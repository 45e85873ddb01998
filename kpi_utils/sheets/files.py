"""Which file holds a plan's sheet of a year, and whether it is one at all, before it is read."""

import re
import zipfile
from pathlib import Path

from kpi_utils.cells.letters import squeezed
from kpi_utils.errors import KpiError

__all__ = ["FORMATS", "content_of", "decoded", "must_be_closed", "sheet_file", "sheet_years"]

# The formats of a sheet, by the file's ending.
FORMATS = (".txt", ".md", ".xlsx", ".csv")
# More than any sheet has; and of how many lines a fault is told.
_MOST_BYTES, _MOST_TOLD = 10_000_000, 20
_SAVE_AS = "表計算ソフトで開き、Excel ブック（.xlsx）で保存し直してください。"
# How files of other kinds begin, and what to do with them.
_OTHERS = {
    b"%PDF": "PDF です。公表された表を Excel（.xlsx）、CSV 又はテキストにしてください。",
    b"\x89PNG": "画像です。公表された表を Excel（.xlsx）、CSV 又はテキストにしてください。",
    b"\xff\xd8\xff": "画像です。公表された表を Excel（.xlsx）、CSV 又はテキストにしてください。",
    b"{\\rtf": f"リッチテキストです。{_SAVE_AS}",
    b"<!DOCTYPE": f"ウェブページです。{_SAVE_AS}",
    b"<html": f"ウェブページです。{_SAVE_AS}",
}
# The encodings of a text, the likely ones first, and what those are called that are told.
ENCODINGS = {
    "utf-8": "",
    "cp932": "Shift_JIS",
    "iso2022_jp_2": "ISO-2022-JP",
    "euc_jp": "EUC-JP",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
}
_COMPOUND, _ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"


def sheet_years(folder: Path) -> list[int]:
    """The fiscal years of which a plan's folder has a sheet, oldest first.

    One in another spelling (２０２２.xlsx, 2022年度.XLSX) counts: ``sheet_file`` tells it.
    """
    files = [Path(squeezed(path.name).lower()) for path in folder.glob("*")]
    named = [re.sub("年度?$", "", file.stem) for file in files if file.suffix in FORMATS]
    return sorted({int(year) for year in named if re.fullmatch(r"\d{4}", year)})


def sheet_file(folder: Path, fiscal_year: int, source: str) -> Path:
    """The one file with a plan's sheet of a year; ``source`` is the folder's name in messages.

    Raises KpiError where there is none, with what there is instead, or more than one.
    """
    files = [path for suffix in FORMATS if (path := folder / f"{fiscal_year}{suffix}").exists()]
    if len(files) == 1:
        return files[0]
    if files:
        names = "、".join(path.name for path in files)
        raise KpiError(
            f"{source} に{fiscal_year}年度のシートが{len(files)}件あります（{names}）。"
            "使うものを1件だけ残してください。"
        )
    ends = "、".join(FORMATS)
    for path in sorted(folder.glob("*")):
        named = Path(squeezed(path.name).lower())
        ending = named.suffix
        if ending in FORMATS and re.match(rf"{fiscal_year}(?!\d)", named.stem):
            name = f"{fiscal_year}{ending}"
            raise KpiError(f"{source}/{path.name}: ファイルの名前を {name} にしてください。")
        if named.stem == str(fiscal_year):
            what = _OTHERS[b"%PDF"] if ending == ".pdf" else _SAVE_AS
            raise KpiError(f"{source}/{path.name}: 読み取れる形式（{ends}）ではありません。{what}")
    years = "、".join(map(str, sheet_years(folder)))
    found = f"シートのある年度は {years} です。" if years else "シートが1件もありません。"
    raise KpiError(
        f"{source}/{fiscal_year}.xlsx（又は {ends}）がありません。{found}"
        "シートのファイルを、年度を名前としてこの場所に置いてください。"
    )


def must_be_closed(path: Path, source: str) -> None:
    """Raise KpiError where a spreadsheet program has the file open: what it shows is not saved."""
    for lock in (f"~${path.name}", f".~lock.{path.name}#"):
        if (path.parent / lock).exists():
            raise KpiError(
                f"{source}: 表計算ソフトで開かれています（{lock} があります）。"
                "保存して閉じてから、もう一度実行してください。"
                f"開いていないのに表示されるときは、{lock} を削除してください。"
            )


def content_of(path: Path, source: str) -> bytes:
    """The bytes of a sheet's file. Raises KpiError where it cannot be a sheet of its format."""
    if not path.is_file():
        raise KpiError(
            f"{source}: シートがありません。公表されたシートをこの場所に置いてください。"
        )
    must_be_closed(path, source)
    size = path.stat().st_size
    if size > _MOST_BYTES:
        raise KpiError(
            f"{source}: {size // 1_000_000} MB あり、シートとして大きすぎます。"
            "ファイルを確かめ、使っていない行、列及び画像を削除してください。"
        )
    content = path.read_bytes()
    if not content.strip():
        raise KpiError(f"{source}: ファイルが空です。シートのファイルを置き直してください。")
    if problem := _other_kind(path, content):
        raise KpiError(f"{source}: {problem}")
    return content


def _other_kind(path: Path, content: bytes) -> str:
    """What a file is that has not the content that its ending promises; else blank."""
    for start, kind in _OTHERS.items():
        if content.startswith(start):
            return kind
    if content.startswith(_COMPOUND):
        if "EncryptedPackage".encode("utf-16-le") in content:
            return (
                "パスワードで保護されています。Excel で開き、「ファイル」→「情報」→「ブックの保護」"
                "でパスワードを外して保存し直してください。"
            )
        return f"古い形式の Excel ブック（.xls）などであり、読み取れません。{_SAVE_AS}"
    if not content.startswith(_ZIP):
        wrong = path.suffix == ".xlsx"
        damaged = "ファイルが壊れているか、名前だけを変えたもののようです。"
        return f"Excel のブックではありません。{damaged}{_SAVE_AS}" if wrong else ""
    if path.suffix != ".xlsx":
        return (
            f"名前は {path.suffix} ですが、中身はテキストではありません。"
            "Excel のブックであれば、名前の終わりを .xlsx にしてください。"
        )
    try:
        with zipfile.ZipFile(path) as parts:
            names = parts.namelist()
    except zipfile.BadZipFile:
        return (
            "Excel のブックとして読めません。ファイルが壊れているようです。"
            "元のファイルを置き直してください。"
        )
    # Some programs name the part otherwise.
    is_book = any(re.fullmatch(r"xl[/\\]workbook\d*\.xml", name, re.IGNORECASE) for name in names)
    return "" if is_book else f"Excel のブックではありません。{_SAVE_AS}"


def decoded(content: bytes, source: str) -> tuple[str, str]:
    """The text of a file without byte order marks, and what its encoding is called, if not UTF-8.

    It is the first of ENCODINGS in which the text speaks of 指標, as the head of every table does.
    Raises KpiError where it is none of these, with the lines that have a byte which is no letter.
    """
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    encodings = ["utf-16"] if marked else list(ENCODINGS)
    spoken = [e for e in encodings if re.search(r"指\s*標", content.decode(e, "replace"))][:1]
    for encoding in spoken or encodings[:2]:
        text = content.decode(encoding, "replace").replace("\ufeff", "")
        lines = enumerate(re.split(r"\r\n?|\n", text), 1)
        torn = [f"{number}行目" for number, line in lines if re.search("[\ufffd\0]", line)]
        if not torn:
            return text, ENCODINGS.get(encoding, "")
    where = f"{source} {'、'.join(torn[:_MOST_TOLD])}" if spoken else source
    raise KpiError(
        f"{where}: テキストとして読めません。"
        "正しいファイルか、文字化けがないかを確かめ、UTF-8 で保存し直してください。"
    )
