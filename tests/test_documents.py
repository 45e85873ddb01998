"""The documents that stand in two languages: each says in Japanese what it says in English."""

import re
import runpy
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT
from test_notation import documented

from kpi_utils import judging

ENGLISH = ["docs/method.md", "docs/notation.md", "docs/gallery.md", "data/README.md"]
JAPANESE = re.compile("[\u3000-〿ぁ-ヿ㐀-鿿]")


def read(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


def in_japanese(path: str) -> str:
    return path.replace(".md", ".ja.md")


def code(text: str) -> list[str]:
    """What is quoted as code, sorted: sentences of two languages have their own order."""
    return sorted(re.findall(r"`([^`]+)`", text))


def figures(text: str) -> set[str]:
    """Numbers of two digits and more, beside code: smaller ones may be words in a sentence."""
    text = re.sub(r"`[^`]+`", "", text)
    return {number for number in re.findall(r"\d[\d,.]*\d", text) if len(number) > 1}


def sections(text: str) -> list[tuple[str, str]]:
    """The level of each heading, and what stands under it."""
    parts = re.split(r"(?m)^(#+) .*$", text)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def rows(text: str) -> list[list[str]]:
    """The cells of the tables."""
    lines = [line for line in text.split("\n") if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def links(text: str) -> set[str]:
    """Where it leads, beside code."""
    return set(re.findall(r"\]\(([^)#]+)", re.sub(r"`[^`\n]+`", "", text)))


def in_english(paths: set[str]) -> set[str]:
    return {path.replace(".ja.md", ".md") for path in paths}


@pytest.mark.parametrize("path", ENGLISH)
def test_both_languages_have_the_same_sections_tables_code_and_figures(path):
    english, japanese = read(path), read(in_japanese(path))
    pairs = list(zip(sections(english), sections(japanese), strict=True))
    assert len(pairs) >= 2
    for (level, ours), (level_there, theirs) in pairs:
        assert level == level_there
        assert set(code(ours)) == set(code(theirs)), ours[:80]
        assert figures(ours) == figures(theirs), ours[:80]
        assert in_english(links(ours)) == in_english(links(theirs)), ours[:80]
        assert len(rows(ours)) == len(rows(theirs)), ours[:80]
        for row, there in zip(rows(ours), rows(theirs), strict=True):
            assert len(row) == len(there), row
            assert code(" ".join(row)) == code(" ".join(there)), row
            # What stands first names the row: it is the same, or translated.
            assert row[0] == there[0] or JAPANESE.search(there[0]), row


@pytest.mark.parametrize("path", ["README.md", *ENGLISH])
def test_links_of_both_languages_lead_to_files(path):
    for name in (path, in_japanese(path)):
        for link in links(read(name)):
            assert "://" in link or (ROOT / name).parent.joinpath(link).exists(), link


def test_notation_is_documented_alike():
    """Every cell, and how it is read."""
    assert documented(ROOT / "docs/notation.ja.md") == documented(ROOT / "docs/notation.md")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_data_dictionary_is_up_to_date(language):
    """As ``make dictionary`` writes it."""
    name = "data/README.md" if language == "en" else "data/README.ja.md"
    dictionary = runpy.run_path(str(ROOT / "docs/dictionary.py"))["dictionary"]
    assert dictionary(language) in read(name)


def test_every_finding_is_in_the_method_with_its_severity():
    declared = tomllib.loads(Path(judging.__file__).with_name("severities.toml").read_text("utf-8"))
    (section,) = re.findall(r"(?ms)^## 6\..*?(?=^## )", read("docs/method.md"))
    listed = {kind: row[1] for row in rows(section) if len(row) == 3 for kind in row[0].split(", ")}
    assert declared["findings"] | declared["remarks"] == {
        kind: severity for kind, severity in listed.items() if kind not in ("code", "---")
    }


def test_version_is_one():
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert f"\nversion: {version}\n" in read("CITATION.cff")
    assert re.search(r"(?m)^## (\S+)", read("CHANGELOG.md"))[1] == version
