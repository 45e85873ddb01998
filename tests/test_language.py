"""The messages: whole in both languages, used, and English without a word of Japanese of ours."""

import ast
import re
import string
import tomllib
import unicodedata

import pytest
from conftest import ROOT, plan_of, table_text
from test_notation import ROWS

from kpi_utils import compare, evaluate, load
from kpi_utils.cells.notation import read_cell
from kpi_utils.plan import read_plan
from kpi_utils.sheets.reading import read_sheet
from kpi_utils.showing.change_tables import changes_csv
from kpi_utils.showing.entries import findings_csv
from kpi_utils.words import LANGUAGES, Words

PACKAGE, SHEETS = ROOT / "kpi_utils", ROOT / "tests/sheets"
JAPANESE = re.compile("[\u3000-〿ぁ-ヿ㐀-鿿！-｠]")
# What the sheet calls a thing, which our English may name beside its translation.
TERMS = ["進捗評価シート", "評価及び課題等", "取組名", "【…】", "再掲", "累計", "達成"]
TERMS += ["十億円", "億円", "位", "点"]


def flat(table, key=""):
    for name, value in table.items():
        yield from (
            flat(value, f"{key}{name}.") if isinstance(value, dict) else [(key + name, value)]
        )


def read(path):
    return dict(flat(tomllib.loads((PACKAGE / path).read_text("utf-8"))))


def names_in(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


TABLES = {language: read(f"messages/{language}.toml") for language in LANGUAGES}


def test_languages_have_the_same_messages_and_english_no_japanese_but_the_sheets_terms():
    assert list(TABLES["ja"]) == list(TABLES["en"])
    for key, japanese in TABLES["ja"].items():
        names, others = names_in(japanese), names_in(TABLES["en"][key])
        # Which unit it is, the key says.
        assert names - others <= ({"unit"} if key.startswith("number.") else set()), key
        assert others <= names and all(map(str.isidentifier, names)), key
    for key, message in TABLES["en"].items():
        for term in TERMS:
            message = message.replace(term, "")
        assert not JAPANESE.search(message), key


def pattern(node: ast.AST) -> str:
    """A text of the code as a regular expression: what is filled in may be anything."""
    if isinstance(node, ast.JoinedStr):
        return "".join(
            pattern(part) if isinstance(part, ast.Constant) else ".*" for part in node.values
        )
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return re.escape(node.value) if is_text else ""


# Sections that are listed whole, or asked for by what a sheet says.
LISTED = ("goal", "number", "cell-word", "cell-mark", "stage", "book.column")
LISTED += ("reading", "reading-term", "method", "method-term")


def test_each_message_and_mistake_is_used_and_exists():
    """Its name stands in the code, the layouts or the other tables, or is made of their words."""
    files = [
        path for path in PACKAGE.rglob("*.*") if path.suffix in (".py", ".toml", ".typ", ".html")
    ]
    texts = [path.read_text("utf-8") for path in files if path.parent.name != "messages"]
    words = set(re.findall(r"[a-zA-Z0-9]+", "\n".join(texts)))
    for key in TABLES["ja"]:
        section, _, name = key.rpartition(".")
        assert section in LISTED or set(re.split("[-_]", name)) <= words, key
    keys = {pattern(call.args[0]) for call in calls_of("say", "message")}
    # What has no section before its first hole would be any key.
    keys = {key for key in keys if re.match(r"[a-z\\-]+\\\.", key)}
    assert len(keys) > 100
    known = "\n".join(TABLES["ja"])
    assert [key for key in keys if not re.search(f"(?m)^{key}$", known)] == []
    # The sentences of errors.toml, which are Japanese only, and the code that tells them.
    sentences = {key: text for key, text in read("errors.toml").items() if ".E" not in key}
    for call in calls_of("mistake"):
        if isinstance(call.args[0], ast.Constant):
            key, given = call.args[0].value, {keyword.arg for keyword in call.keywords}
            assert None in given or names_in(sentences[key]) <= given, key
    for key in sentences:
        assert set(re.split("[-_.]", key)) <= words, key


def calls_of(*functions):
    """The calls of functions and methods by their names."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            is_call = isinstance(node, ast.Call)
            if is_call and ast.unparse(node.func).rpartition(".")[2] in functions:
                yield node


# What is said of a sheet in English: nothing in Japanese but what the sheet says, in quotes.


def documented() -> list[str]:
    """The cells of docs/notation.md: the first of each way to be read, or not to be."""
    cells = [read_cell(text) for text in ROWS if text and not {"\t", "\n"} & {*text}]
    firsts = {(cell.reason, cell.cause, cell.comparator): cell.raw for cell in cells[::-1]}
    return list(firsts.values())


def odd_sheet(folder, year: int):
    """A made-up sheet with each documented cell as baseline, actual, target and published figure.

    That of the earlier year has other figures beside them.
    """
    rows = []
    others = ["2020年度 10 件", "2022年度 12 件", "2024年 20 件", "20%"]
    if year == 2021:
        others = ["2019年度 11 件", "2021年度 9 人", "2025年 24 件", "25%"]
    for column in range(4):
        for cell in ["", "維持", "上昇", "10位以上", "2031年度 5 件", "未達成", *documented()]:
            cells = [*others[:column], cell, *others[column + 1 :]]
            name = f"架空の{'削減の' if len(rows) % 5 == 0 else ''}指標その{len(rows) + 1}"
            years = [cells[1], ""] if year == 2021 else ["2021年度 8 件", cells[1]]
            rows.append([name, cells[0], *years, *cells[2:]])
    way = ["", "2024年 20 件以上"] if year == 2021 else ["2022年度 9 件", "2024年 8 件以下"]
    rows.append(["架空の向きの指標", "2020年度 10 件", "2021年度 12 件", *way, ""])
    head = "No\t指標名\t当初値\t2021年\t2022年\t2024年(目標値)\t達成度 (%)"
    blocks = [f"「架空の指標その{no}」の増加【(1)No.{no}】" for no in range(1, 40)]
    blocks += ["「架空の指標」の減少", "「架空の事柄」【(1)No.2】", "「架空」【(1)No.9999】"]
    path = folder / f"{year}.txt"
    path.write_text(table_text(*rows, blocks=blocks, head=head), "utf-8")
    return read_sheet(path, plan_of(), year)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Pairs of sheets compared, committed ones and odd ones."""
    folder = tmp_path_factory.mktemp("odd")
    trial = read_plan(SHEETS / "kumamoto-2023.toml")
    sheets = {
        "kakuu": (load("kakuu", 2023), load("kakuu", 2024)),
        "trial": (load("kumamoto", 2022), read_sheet(SHEETS / "kumamoto-2023.txt", trial, 2023)),
        "odd": (odd_sheet(folder, 2021), odd_sheet(folder, 2022)),
    }
    return {name: compare(*map(evaluate, pair)) for name, pair in sheets.items()}


def plain(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def of_ours(message: str, sheets: str, units: set[str]) -> str:
    """A message without its quotations from the sheets, and without their units after a number."""

    def unquoted(match: re.Match) -> str:
        return "" if plain(match[1] or match[2] or "") in sheets else match[0]

    message = re.sub(r'“([^”]*)”|"([^"]*)"', unquoted, message)
    return re.sub("|".join(rf"(?<=\d ){re.escape(unit)}(?=[,)])" for unit in units), "", message)


@pytest.mark.trial
@pytest.mark.parametrize("pair", ["kakuu", "trial", "odd"])
def test_one_evaluation_is_told_in_either_language(pairs, pair):
    """Its English is English, and names what it has no words for as the sheet says it."""
    changes = pairs[pair]
    texts, sheets, units = [changes.title], "", set()
    for one in (changes.before, changes.after):
        words = Words("en", one.sheet.plan)
        texts += [*one.rows["note"], *one.kpis["note"], *map(words.rows, one.kpis["listings"])]
        texts += [
            text
            for column in ("message", "rows")
            for text in findings_csv(one.findings, words)[column]
        ]
        sheets += plain("\n".join(text for _, _, text in one.sheet.texts))
        units |= set(one.rows["unit"]) - {""}
    texts += [*changes_csv(changes, words)["message"]]
    texts = [words.render(text) or "" for text in texts]
    assert len(texts) > 90
    for text in dict.fromkeys(texts):
        assert not JAPANESE.search(of_ours(text, sheets, units)), text
        assert not re.search(r"nan|None|<NA>|[{}]|\.\.|  ", text), text
