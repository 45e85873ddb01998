"""The messages: whole in both languages, used, and English without a word of Japanese of ours."""

import ast
import re
import string
import tomllib
import unicodedata
from pathlib import Path

import pytest

from kpi_utils import load
from kpi_utils.cells.notation import read_cell
from kpi_utils.comparing.changes import CHANGE_CODES, compare
from kpi_utils.judging.findings import evaluate
from kpi_utils.judging.judgement import references
from kpi_utils.language import LANGUAGES, say, speaking
from kpi_utils.plan import Plan, read_plan
from kpi_utils.report.html import _linked
from kpi_utils.sheets.sheet import read_sheet

ROOT = Path(__file__).parents[1]
SHEETS = ROOT / "tests/sheets"
JAPANESE = re.compile("[\u3000-〿ぁ-ヿ㐀-鿿！-｠]")
# What the sheet calls a thing, which our English may name beside its translation.
TERMS = ["進捗評価シート", "評価及び課題等", "取組名", "【…】", "再掲", "累計", "達成"]
TERMS += ["十億円", "億円", "位", "点"]
# Functions that look up a message, and the section in which they do.
LOOK_UPS = {
    "say": "",
    "_says": "change-says.",
    "Undetermined": "note.",
    "_Unreadable": "unreadable.",
}


def flat(table, key=""):
    for name, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{key}{name}.")
        else:
            yield f"{key}{name}", value


TABLES = {
    language: dict(
        flat(tomllib.loads((ROOT / f"kpi_utils/messages/{language}.toml").read_text("utf-8")))
    )
    for language in LANGUAGES
}


def test_languages_have_the_same_messages():
    assert list(TABLES["ja"]) == list(TABLES["en"])


def test_messages_have_the_same_names_in_both_languages():
    for key, japanese in TABLES["ja"].items():
        names, others = (
            {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
            for text in (japanese, TABLES["en"][key])
        )
        # Which unit it is, the key says.
        assert names - others <= ({"unit"} if key.startswith("number.") else set()), key
        assert others <= names and all(map(str.isidentifier, names)), key


def test_english_has_no_japanese_but_the_sheets_terms():
    for key, message in TABLES["en"].items():
        for term in TERMS:
            message = message.replace(term, "")
        assert not JAPANESE.search(message), key


def pattern(node: ast.AST, prefix: str) -> set[str]:
    """The keys that an expression may give, as regular expressions."""
    if isinstance(node, ast.IfExp):
        return pattern(node.body, prefix) | pattern(node.orelse, prefix)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {re.escape(prefix + node.value)}
    if isinstance(node, ast.JoinedStr):
        parts = [
            re.escape(part.value) if isinstance(part, ast.Constant) else ".*"
            for part in node.values
        ]
        return {re.escape(prefix) + "".join(parts)}
    return set()


def asked():
    """Patterns of the keys that are looked up, and of all that are named in the code."""
    looked_up, named = set(), set()
    for path in (ROOT / "kpi_utils").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            # What has no section before its first hole would be any text.
            named |= {key for key in pattern(node, "") if re.match(r"[a-z\\-]+\\\.", key)}
            called = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if called in LOOK_UPS:
                looked_up |= pattern(node.args[0], LOOK_UPS[called])
            elif called == "Words":
                looked_up |= {rf"{section}\.[^.]*" for section in pattern(node.args[0], "")}
    for ending in ("typ", "html"):
        for path in (ROOT / "kpi_utils").rglob(f"*.{ending}"):
            keys = re.findall(r"""\bsay\(\s*["']([^"']+)["']""", path.read_text("utf-8"))
            looked_up |= set(map(re.escape, keys))
    return looked_up, named | looked_up


def test_each_message_that_is_looked_up_exists():
    looked_up, _ = asked()
    assert len(looked_up) > 50
    for key in looked_up:
        # Of a code that is not known before, some message.
        assert any(re.fullmatch(key, known) for known in TABLES["ja"]), key


def test_each_message_is_used():
    _, named = asked()
    for known in TABLES["ja"]:
        assert any(re.fullmatch(key, known) for key in named), known


def test_each_mistake_that_is_told_has_its_sentence_and_values():
    """The sentences of errors.toml, which are Japanese only, and the code that tells them."""
    sentences = tomllib.loads((ROOT / "kpi_utils/errors.toml").read_text("utf-8"))
    sentences = {key: text for key, text in flat(sentences) if not key.startswith("reason.E")}
    told = set()
    for path in (ROOT / "kpi_utils").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            # The tables of what is wrong with a part of plan.toml.
            if path.name == "plan.py" and ast.unparse(node).startswith("wrong = {"):
                told |= {f"plan.{key.value}" for key in node.value.keys}
            called = node.func if isinstance(node, ast.Call) else None
            key = node.args[0] if getattr(called, "id", "") == "mistake" else None
            if isinstance(key, ast.Constant):
                told.add(key.value)
                given = {keyword.arg for keyword in node.keywords}
                named = {name for _, name, _, _ in string.Formatter().parse(sentences[key.value])}
                assert named - given <= {None} or None in given, key.value
    assert told == sentences.keys()


# What is said of a sheet in English: nothing in Japanese but what the sheet says, in quotes.


def documented() -> list[str]:
    """The cells of docs/notation.md: the first of each way to be read, or not to be."""
    text = (ROOT / "docs/notation.md").read_text("utf-8")
    cells = map(read_cell, re.findall(r"(?m)^\| `([^`|\t]+)` \|", text))
    firsts = {(cell.reason, cell.cause, cell.comparator): cell.raw for cell in [*cells][::-1]}
    return list(firsts.values())


def odd_sheet(folder: Path, year: int):
    """A made-up sheet with each documented cell as baseline, actual, target and published figure.

    That of the earlier year has other figures beside them.
    """
    rows = []
    others = ["2020年度 10 件", "2022年度 12 件", "2024年 20 件", "20%"]
    if year == 2021:
        others = ["2019年度 11 件", "2021年度 9 人", "2025年 24 件", "25%"]
    for place in range(4):
        for cell in ["", "維持", "上昇", "10位以上", "2031年度 5 件", "未達成", *documented()]:
            cells = [*others[:place], cell, *others[place + 1 :]]
            name = f"架空の{'削減の' if len(rows) % 5 == 0 else ''}指標その{len(rows) + 1}"
            years = [cells[1], ""] if year == 2021 else ["2021年度 8 件", cells[1]]
            rows.append([str(len(rows) + 1), name, cells[0], *years, *cells[2:]])
    head = "No\t指標名\t当初値\t2021年\t2022年\t2024年(目標値)\t達成度 (%)"
    blocks = [f"- 「架空の指標その{no}」の増加【(1)No.{no}】" for no in range(1, 40)]
    blocks += ["- 「架空の指標」の減少", "- 「架空の事柄」【(1)No.2】", "- 「架空」【(1)No.9999】"]
    text = ["## 試験市 試験計画（架空のデータ）", "## (1) 架空の表", head, *map("\t".join, rows)]
    path = folder / f"{year}.txt"
    path.write_text("\n".join([*text, "評価及び課題等", *blocks]), "utf-8")
    return read_sheet(path, Plan("shiken", "試験市", "試験計画"), year)


def told(pair):
    """The evaluations of two years' sheets, the changes from one to the other, and their title."""
    evaluations = [evaluate(sheet) for sheet in pair]
    changes = compare(*evaluations)
    return evaluations, changes.changes, changes.title


@pytest.fixture(scope="module")
def in_both(tmp_path_factory):
    """What is told in Japanese, and in English, of pairs of sheets: committed ones and odd ones."""
    folder = tmp_path_factory.mktemp("odd")
    trial = read_plan(SHEETS / "kumamoto-2023.toml")
    pairs = {
        "kakuu": (load("kakuu", 2023), load("kakuu", 2024)),
        "trial": (
            load("kumamoto", 2022),
            read_sheet(SHEETS / "kumamoto-2023.txt", trial, 2023),
        ),
        "odd": (odd_sheet(folder, 2021), odd_sheet(folder, 2022)),
    }
    japanese = {name: told(pair) for name, pair in pairs.items()}
    with speaking("en"):
        return {name: (japanese[name], told(pair)) for name, pair in pairs.items()}


PAIRS = pytest.mark.parametrize("pair", ["kakuu", "trial", "odd"])


def plain(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def of_ours(message: str, sheets: str, units: set[str]) -> str:
    """A message without its quotations from the sheets, and without their units after a number."""

    def unquoted(match: re.Match) -> str:
        return "" if plain(match[1] or match[2] or "") in sheets else match[0]

    message = re.sub(r'“([^”]*)”|"([^"]*)"', unquoted, message)
    return re.sub("|".join(rf"(?<=\d ){re.escape(unit)}(?=[,)])" for unit in units), "", message)


@PAIRS
def test_english_is_english(in_both, pair):
    _, (evaluations, changes, title) = in_both[pair]
    said = [title, *changes["message"]]
    for one in evaluations:
        said += [*one.findings["message"], *one.rows["note"], *one.kpis["note"]]
        said += [*one.findings["rows"], *one.kpis["listings"]]
    sheets = plain("\n".join(line.said() for one in evaluations for line in one.sheet.lines))
    units = {unit for one in evaluations for unit in one.sheet.rows["unit"] if unit}
    assert len(said) > 90
    for message in dict.fromkeys(said):
        assert not JAPANESE.search(of_ours(message, sheets, units)), message
        assert not re.search(r"nan|None|<NA>|[{}]|\.\.|  ", message), message


@PAIRS
def test_findings_and_changes_are_the_same_in_both_languages(in_both, pair):
    (evaluations, changes, _), (english, english_changes, _) = in_both[pair]
    for one, other in zip(evaluations, english, strict=True):
        for column in ("code", "severity", "kpi", "source"):
            assert one.findings[column].equals(other.findings[column])
        for column in ("status", "reason", "achievement", "target"):
            assert one.rows[column].equals(other.rows[column])
        assert one.figures.equals(other.figures)
    for column in ("code", "severity", "kpi", "cause", "source_before", "source_after"):
        assert changes[column].equals(english_changes[column])


def test_sheets_tried_here_have_most_of_what_can_be_told(in_both):
    codes, changed, reasons, causes = set(), set(), set(), set()
    for (evaluations, changes, _), _ in in_both.values():
        changed |= set(changes["code"])
        for one in evaluations:
            codes |= set(one.findings["code"])
            reasons |= set(one.rows["reason"])
            causes |= {read_cell(cell.raw).cause for cell in one.sheet.unreadable()}
    print(
        len(codes),
        len(changed),
        len(reasons),
        len(causes),
        sorted(codes),
        sorted(changed),
        sorted(reasons),
        sorted(causes),
    )
    assert changed == set(CHANGE_CODES)
    assert len(codes) >= 15 and len(reasons) >= 12 and len(causes) >= 20


def test_cell_read_in_one_language_says_why_in_the_other():
    cell = read_cell("10件余り")
    assert cell.why == "「余り」の読み方が定まらない"
    with speaking("en"):
        assert cell.why == "“余り” has no clear reading"


def test_references_in_english_are_linked():
    rows = [(2, 6), (1, 8), (1, 2), (2, 10)]
    with speaking("en"):
        text = references(rows)
    assert text == "(1) No. 2, 8 and (2) No. 6, 10"
    linked = str(_linked(text, {*rows} - {(1, 8)}))
    assert linked == (
        '<a href="#row-1-2">(1) No. 2</a>, 8 and <a href="#row-2-6">(2) No. 6</a>, '
        '<a href="#row-2-10">10</a>'
    )


def test_plural_follows_the_number():
    said = {"column_year": 2022, "year": 2020}
    with speaking("en"):
        assert "1 year earlier" in say("finding-says.late-actual", late=1, **said)
        assert "2 years earlier" in say("finding-says.late-actual", late=2, **said)
