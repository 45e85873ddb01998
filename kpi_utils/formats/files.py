"""Which file holds a plan's sheet of a year, and whether its content is of the format it says."""

import re
import tomllib
from pathlib import Path

from kpi_utils.cells.letters import squeezed
from kpi_utils.errors import KpiError, mistake
from kpi_utils.formats.workbook_parts import Parts

# The formats of a sheet, by the file's ending.
FORMATS = (".txt", ".md", ".xlsx", ".xlsm", ".ods", ".csv", ".pdf")
# The formats that are workbooks.
BOOKS = (".xlsx", ".xlsm", ".ods")
# More bytes than any sheet has; and the most lines that a message lists.
_MOST_BYTES, _MOST_TOLD = 10_000_000, 20
_TABLE = tomllib.loads(Path(__file__).with_name("files.toml").read_text("utf-8"))
_SAVE_AS, MEDIA_TYPES = _TABLE["save_as"], _TABLE["media_types"]
# The encodings of a text, the likely ones first, each with its name in messages (UTF-8 has none).
_ENCODINGS = _TABLE["encodings"]
_OPEN_DOCUMENT = b"opendocument.spreadsheet"
_COMPOUND, _ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"


def sheet_years(folder: Path) -> list[int]:
    """The fiscal years for which a plan's folder has a sheet, oldest first.

    Other names (２０２２.xlsx, 2022年度.XLSX) count: ``sheet_file`` asks to change them.
    """
    files = [Path(squeezed(path.name).lower()) for path in folder.glob("*")]
    named = [re.sub("年度?$", "", file.stem) for file in files if file.suffix in FORMATS]
    return sorted({int(year) for year in named if re.fullmatch(r"\d{4}", year)})


def sheet_file(folder: Path, fiscal_year: int, source: str) -> Path:
    """The one file with a plan's sheet of a year; ``source`` is the folder's name in messages.

    Raises KpiError where there is more than one, or none: the message names what is there instead.
    """
    files = [path for suffix in FORMATS if (path := folder / f"{fiscal_year}{suffix}").exists()]
    if len(files) == 1:
        return files[0]
    about = {"year": fiscal_year, "formats": "、".join(FORMATS)}
    if files:
        names = "、".join(path.name for path in files)
        raise KpiError(mistake("file.several", where=source, n=len(files), names=names, **about))
    for path in sorted(folder.glob("*")):
        named = Path(squeezed(path.name).lower())
        where = f"{source}/{path.name}"
        if named.suffix in FORMATS and re.match(rf"{fiscal_year}(?!\d)", named.stem):
            name = f"{fiscal_year}{named.suffix}"
            raise KpiError(mistake("file.name", where=where, name=name))
        if named.stem == str(fiscal_year):
            what = _TABLE["endings"].get(named.suffix, _SAVE_AS)
            raise KpiError(mistake("file.format", where=where, what=what, **about))
    names = "、".join(sorted(path.name for path in folder.glob("*") if path.suffix in FORMATS))
    instead = f"あるのは {names} です。" if names else "シートが1件もありません。"
    raise KpiError(mistake("file.no-year", where=source, instead=instead, **about))


def must_be_closed(path: Path, source: str) -> None:
    """Raise KpiError if a spreadsheet program has the file open: it may show what is not saved."""
    for lock in (f"~${path.name}", f".~lock.{path.name}#"):
        if (path.parent / lock).exists():
            raise KpiError(mistake("file.open", where=source, lock=lock))


def content_of(path: Path, source: str) -> bytes:
    """The bytes of a sheet's file. Raises KpiError where it cannot be a sheet of its format."""
    if not path.is_file():
        raise KpiError(mistake("file.missing", where=source))
    must_be_closed(path, source)
    size = path.stat().st_size
    if size > _MOST_BYTES:
        raise KpiError(mistake("file.large", where=source, megabytes=size // 1_000_000))
    content = path.read_bytes()
    if not content.strip():
        raise KpiError(mistake("file.empty", where=source))
    if problem := _other_kind(path.suffix.lower(), content):
        what = problem.format(save_as=_SAVE_AS, suffix=path.suffix)
        raise KpiError(mistake("file.other-kind", where=source, what=what))
    return content


def _other_kind(suffix: str, content: bytes) -> str:
    """What a file really is, where its content is not what its ending says; else blank."""
    books = _TABLE["books"]
    if suffix == ".pdf":
        # Some programs write something before the mark %PDF.
        return "" if b"%PDF" in content[:1024] else _TABLE["no_pdf"]
    for start, kind in _TABLE["others"].items():
        if content.startswith(start.encode("latin-1")):
            return kind
    if content.startswith(_COMPOUND):
        is_protected = "EncryptedPackage".encode("utf-16-le") in content
        return books["protected" if is_protected else "old"]
    if suffix not in BOOKS:
        return books["renamed"] if content.startswith(_ZIP) else ""
    try:
        return _other_book(Parts(content))
    # An incomplete or locked archive raises one of many errors.
    except Exception:
        return books["damaged" if content.startswith(_ZIP) else "none"]


def _other_book(parts: Parts) -> str:
    """What an archive of parts really is, where it is no workbook that can be read; else blank."""
    books = _TABLE["books"]
    if "mimetype" in parts.names and _OPEN_DOCUMENT in _start(parts, "mimetype"):
        is_protected = b"encryption-data" in _start(parts, "META-INF/manifest.xml")
        return books["open-protected"] if is_protected else ""
    # Each program may name the main part of a workbook in its own way.
    document = {"officeDocument": "xl/workbook.xml"} | dict(parts.related().values())
    name = document["officeDocument"].lower()
    is_other = not name.endswith(".xml") or name.startswith(("word/", "ppt/"))
    return books["other"] if is_other or name not in parts.names else ""


def _start(parts: Parts, name: str) -> bytes:
    with parts.file.open(name) as part:
        return part.read(_MOST_BYTES)


def decoded(content: bytes, source: str) -> tuple[str, str]:
    """The text of a file without byte order marks, and the name of its encoding, if not UTF-8.

    The encoding is the first in which the text has the word 指標, as nearly every sheet has.
    Raises KpiError where none fits; the message lists the lines with bytes that are no letters.
    """
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    encodings = ["utf-16"] if marked else list(_ENCODINGS)
    likely = [e for e in encodings if re.search(r"指\s*標", content.decode(e, "replace"))][:1]
    for encoding in likely or encodings[:2]:
        text = content.decode(encoding, "replace").replace("\ufeff", "").rstrip("\x1a")
        lines = enumerate(re.split(r"\r\n?|\n", text), 1)
        garbled = [f"{number}行目" for number, line in lines if re.search("[\ufffd\0]", line)]
        if not garbled:
            return text, _ENCODINGS.get(encoding, "")
    where = f"{source} {'、'.join(garbled[:_MOST_TOLD])}" if likely else source
    raise KpiError(mistake("file.garbled", where=where))
