"""The documents: the same in two languages, and every command of the README, in its order."""

import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import openpyxl
import pytest
from conftest import ROOT, copy_project
from test_notation import documented

from kpi_utils import judging

ENGLISH = [f"docs/{name}.md" for name in ("method", "notation", "gallery", "scale")]
ENGLISH.append("data/README.md")
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


# -- The README, in a fresh copy of what is committed.

TEXT, IN_JAPANESE = ((ROOT / f"README{name}.md").read_text("utf-8") for name in ("", ".ja"))
# What is shown and not run here, and why.
TOLD_APART = {
    "make test": "it would run this",
    "make trial": "it would run this",
    "make lab": "tests/test_lab.py opens it in a browser",
    "python benchmarks/speed.py": "minutes; tests/test_project.py runs it with fewer plans",
    "python benchmarks/large.py": "it measures; tests/test_large.py runs it",
    "papermill --engine kpi": "a part of a command; tests/test_engine.py runs it",
    "kpi batch --scheduler": "a part of a command",
    "kpi batch --scheduler tcp://HOST:8786": "needs a cluster; tests/test_cluster.py has one",
}
# Other programs' commands: conda fetches an environment of its own, dask is for a cluster.
OURS = re.compile(r"(make|kpi|papermill|python) \S")
# Commands without an argument, but for these, are mentioned by their name.
WHOLE = ("kpi batch", "kpi portfolio")


def shown(text: str = TEXT) -> list[str]:
    """The commands of the code blocks, and those within sentences, in order and once each."""
    found = []
    for block, within in re.findall(r"```sh\n(.*?)```|(?<!`)`([^`\n]+)`", text, re.DOTALL):
        lines = [line.partition("#")[0].strip() for line in block.split("\n")]
        if within.startswith("kpi ") and within.count(" ") == 1 and within not in WHOLE:
            continue
        found += [line for line in [*lines, within] if OURS.match(line)]
    return list(dict.fromkeys(found))


def test_commands_are_found_and_each_exception_is_still_shown():
    commands = shown()
    assert commands[:2] == ["kpi new yourcity kpis-2023.xlsx", "kpi report yourcity 2023"]
    assert len(commands) > 20 and set(TOLD_APART) <= set(commands)


def test_japanese_readme_shows_the_same_commands():
    assert sorted(shown(IN_JAPANESE)) == sorted(shown())


def fill_form(folder: Path) -> None:
    """The form of Kumamoto, filled in by hand: last year's figures again."""
    path = folder / "data/kumamoto/2023.xlsx"
    book = openpyxl.load_workbook(path)
    cells = book["2023年度"]
    for row in [*range(5, 15), *range(19, 31)]:
        cells.cell(row, 6).value = cells.cell(row, 5).value
    book.save(path)


def put_sheet(folder: Path) -> None:
    """Another plan's sheet, put in the place of the example: here an example of that year."""
    shutil.rmtree(folder / "data/yatsushiro")
    run = [sys.executable, "-m", "kpi_utils.cli", "new", "yatsushiro", "--year", "2025"]
    subprocess.run(run, cwd=folder, check=True, capture_output=True)


def put_table(folder: Path) -> None:
    """A table as an office has it, made up."""
    book = openpyxl.Workbook()
    for row in (
        ["架空市総合計画 指標一覧（架空のデータ）"],
        ["指標", "単位", "基準値（R2）", "R5実績", "目標値（R8）", "担当課"],
        ["架空の講座の受講者数", "人", 100, 150, 200, "架空課"],
    ):
        book.active.append(row)
    book.save(folder / "kpis-2023.xlsx")


# What the README says to do by hand before a command.
BY_HAND = {
    "kpi new yourcity kpis-2023.xlsx": put_table,
    "make report YEAR=2023": fill_form,
    "make report PLAN=yatsushiro YEAR=2025": put_sheet,
}


@pytest.mark.trial
def test_commands_of_the_readme_work_in_the_order_shown(tmp_path):
    folder = copy_project(tmp_path)
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    # The environment is there already, and is the newest of all.
    (folder / ".venv").mkdir()
    (folder / ".venv/bin").symlink_to(Path(sys.executable).parent)
    (folder / ".venv/installed").touch()
    paths = os.pathsep.join([str(folder / ".venv/bin"), os.environ["PATH"]])
    for command in shown():
        if command in TOLD_APART:
            continue
        BY_HAND.get(command, lambda _: None)(folder)
        run = subprocess.run(
            command,
            shell=True,
            cwd=folder,
            env=os.environ | {"PATH": paths},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert run.returncode == 0, (command, run.stdout, run.stderr)
        # As a kernel ends, zmq may report a callback of its own that was cancelled.
        others = re.sub(r"Traceback[^\n]*\n  File [^\n]*zmqstream\.py", "", run.stderr)
        assert "Traceback" not in others, (command, run.stderr)
    made = {path.parent.relative_to(folder / "reports") for path in folder.glob("reports/**/*.pdf")}
    # A report of a part of the plan is called after the part.
    names = {re.sub("-取組③.*", "-part", str(path)) for path in made}
    assert names == {
        "kakuu/2023",
        "yourcity/2023",
        "kakuu/2024",
        "kumamoto/2022",
        "kumamoto/2022-en",
        "kumamoto/2022-part",
        "kumamoto/2023",
        "portfolio",
        "yatsushiro/2025",
    }
    assert (folder / "reports/kakuu/2023-2024/changes.csv").is_file()
    assert (folder / "reports/index.html").is_file()


def test_python_of_the_readme_gives_what_it_says():
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    *before, call = code.strip().split("\n")
    call, said = call.split("  # ")
    names = {}
    exec("\n".join(before), names)
    ((status, ratio),) = eval(call, names).itertuples(index=False)
    assert f"{status}, {ratio:.2f}" == said
