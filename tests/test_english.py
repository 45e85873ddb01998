"""The report in English: nothing of ours in Japanese, and what stays Japanese says so."""

import html
import re
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pytest
from click.testing import CliRunner
from conftest import page_texts, report_of

from kpi_utils import KpiError, changes_since_last_year, check_parameters, evaluate, load
from kpi_utils.cells.notation import read_cell
from kpi_utils.cli import kpi
from kpi_utils.judging.evaluation import amount
from kpi_utils.report import build, page
from kpi_utils.showing.sentences import (
    cell_text,
    computed_text,
    sentence,
    text_with_year,
)
from kpi_utils.words import JAPANESE, Words

ENGLISH = Words("en")
LETTERS = re.compile("[ぁ-ヿ一-鿿！-ﾟ]")
# The terms that our English explains, beside their translation.
TERMS = {"進捗評価シート", "評価及び課題等", "取組名", "再掲", "累計", "位", "億円", "十億円"}


@pytest.fixture(scope="module")
def english(own_project):
    """The real sheet and the made-up one in English: their evaluation, content and page."""

    def made(plan, year):
        evaluation = evaluate(load(plan, year, "en"))
        changes = changes_since_last_year(evaluation.sheet, evaluation.rows)
        report = report_of(evaluation, changes)
        return evaluation, report, page(report)

    return {"kumamoto": made("kumamoto", 2022), "kakuu": made("kakuu", 2024)}


def runs(text: str) -> list[str]:
    return re.findall("[ぁ-ヿ一-鿿]+", text)


@pytest.mark.trial
@pytest.mark.parametrize("plan", ["kumamoto", "kakuu"])
def test_japanese_on_the_page_is_the_sheets_and_marked_as_japanese(english, plan):
    evaluation, _, text = english[plan]
    sheet = evaluation.sheet
    texts = [text for _, _, text in sheet.texts]
    texts += [one.reason + one.formerly for one in sheet.plan.declarations.values()]
    known = "".join(runs("\n".join(texts)))
    assert '<html lang="en">' in text
    body = re.sub(r"(?s)<(style|script|title|svg)\b.*?</\1>", "", text)
    unmarked = re.sub(r'<span lang="ja">[^<]*</span>', "", body)
    assert not [run for run in re.findall(r">([^<]*)<", unmarked) if LETTERS.search(run)]
    for run in runs(html.unescape(re.sub(r"<[^>]*>", "|", body))):
        assert run in TERMS or run in known, run


def test_pdf_names_and_what_changed_are_english_or_marked(english, evaluation):
    pdf = build(english["kumamoto"][1])
    assert b"/Lang (en" in pdf or b"/Lang(en" in pdf
    text = "".join(page_texts(pdf))
    for words in (
        "Kumamoto City: progress report, FY2022",
        "13 KPIs: 2 regressed, 1 unchanged, 5 progressing (1 behind, 2 slightly behind, 2 on "
        "track), 5 met. None has",
        "KPIs that are not met",
        "All findings",
        "How KPIs are judged",
    ):
        assert words.replace(" ", "") in text
    other, translated = english["kumamoto"][0], ["label", "note", "message", "differs"]
    for frame in ("rows", "kpis", "findings"):
        ours, theirs = (
            getattr(one, frame).drop(columns=translated, errors="ignore")
            for one in (evaluation, other)
        )
        assert ours.equals(theirs), frame
    evaluation, _, text = english["kumamoto"]
    assert not evaluation.kpis["label"].map(LETTERS.search).any()
    assert "[ja]" not in re.sub(r"(?s)<section id=\"provenance\".*?</section>", "", text)
    assert "unofficial translations" in text
    evaluation, _, text = english["kakuu"]
    assert evaluation.kpis["label"].str.endswith("[ja]").all()
    assert "Made-up data" in text
    chapter = english["kakuu"][1].chapters["changes"]
    moved, changed = (
        {row[column]: row for row in chapter[table]["rows"]}
        for table, column in (("moved", 0), ("changed", 1))
    )
    assert chapter["compared"].count("[ja]” (data/kakuu/2023.xlsx)") == 1
    gas = "FY2013\n1,250 thousand t", "FY2020\n118 × 10,000 t"
    assert tuple(moved["温室効果ガス排出量 [ja]"][1:3]) == gas
    assert moved["待機児童数 [ja]"][2] == "being compiled\n→ 3 people"
    assert changed["Target moved"][3:5] == ["at most 1,000 thousand t", "at most 950 thousand t"]
    assert changed["Renamed"][3:5] == ["SDGs宣言企業数 [ja]", "SDGs宣言企業・団体数 [ja]"]
    # The explanation quotes the sheet.
    cells = [cell for row in moved.values() for cell in row]
    cells += [cell for row in changed.values() for cell in (*row[:5], *row[6:])]
    assert not [cell for cell in cells if LETTERS.search(cell) and "[ja]" not in cell]


def test_sentences_references_and_beginnings_of_texts_are_translated(english):
    evaluation = english["kumamoto"][0]
    assert sentence(evaluation.sheet, evaluation.kpis.loc["市内総生産額"]) == (
        "Gross city product: actual 2,529 billion yen in FY2020, down 91 billion yen from the "
        "baseline of FY2018, 2,620 billion yen; against the target of FY2023, 2,692 billion "
        "yen, achievement is −126%, status “regressed” (40% of the time from baseline to "
        "target has gone, the target needs an increase of about 54.3 billion yen a year)."
    )
    assert ENGLISH.rows([(2, 6), (1, 8), (1, 2), (2, 10)]) == "(1) No. 2, 8 and (2) No. 6, 10"
    link = '<a href="#row-1-{0}">{1}</a>'
    words = link.format(1, "(1) No. 1") + ", " + link.format(4, "4")
    assert words in english["kumamoto"][2]
    words = english["kumamoto"][0].sheet.words
    text = "・2021年度以降は、地域経済が回復傾向にあるため…等"
    assert words.translated(text).startswith("From fiscal")
    assert words.translated("2021年度以降は、地域経済が回復傾向").endswith("[ja]")
    assert computed_text(1.9375, "%", ENGLISH) == "1.9 points"
    assert computed_text(1, "%", ENGLISH) == "1 point"
    assert ENGLISH.amount("34.5", "%", "%") == "34.5%"
    # A figure that a finding names.
    assert ENGLISH.render(amount(Decimal(2500), "人")) == "2,500 people"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("2020年度 2,620 十億円", "2,620 billion yen (FY2020)"),
        ("令和4年度 34.5 ％", "34.5% (FY2022)"),
        ("15%以下", "at most 15%"),
        ("10件超", "more than 10"),
        ("10～20人", "10 to 20 people"),
        ("▲1.5%", "−1.5%"),
        ("上昇", "an increase"),
        ("現状維持", "no change"),
        ("100件を維持", "keep 100"),
        ("達成", "met"),
        ("集計中", "being compiled"),
        ("約300件", "about 300"),
        ("150社（累計）", "150 companies (cumulative)"),
        ("150社（３年間累計）", "150社（３年間累計） [ja]"),
        ("20位～29位", "rank 20 to 29"),
        ("1校", "1 school"),
        ("1.0校", "1.0 schools"),
        ("－1回", "−1 times"),
        ("1人/日", "1 person a day"),
        ("12 架空単位", "12 架空単位 [ja]"),
        ("4(7)", "4(7)"),
        ("", ""),
    ],
)
def test_cells_keep_their_digits(raw, text):
    cell = read_cell(raw)
    assert text_with_year(cell, ENGLISH) == text
    assert text_with_year(cell, JAPANESE) == raw
    assert cell_text(cell, JAPANESE) == cell.text


@pytest.mark.trial
def test_command_and_papermill_write_the_same_english_report(project):
    run = CliRunner().invoke(kpi, ["report", "kumamoto", "2022", "--language", "en"])
    assert run.exit_code == 0, run.output
    folder = project / "reports/kumamoto/2022-en"
    assert "reports/kumamoto/2022-en に" in run.output
    assert not (project / "reports/kumamoto/2022").exists()
    names = ["evaluation.pdf", "evaluation.html", "kpis.csv", "findings.csv"]
    first = {name: (folder / name).read_bytes() for name in names}
    command = [sys.executable, "-m", "papermill", "notebooks/evaluate.ipynb", "OUT.ipynb"]
    subprocess.run([*command, "-p", "language", "en"], cwd=project, check=True, capture_output=True)
    assert {name: (folder / name).read_bytes() for name in names} == first


@pytest.mark.parametrize("language", ["fr", "", "EN", None, np.array(["ja", "en"]), {}])
def test_other_languages_are_refused(language):
    for step in (check_parameters, load):
        with pytest.raises(KpiError, match="'ja' 又は 'en'"):
            step("kumamoto", 2022, language)
    run = CliRunner().invoke(kpi, ["report", "kumamoto", "2022", "--language", str(language)])
    assert run.exit_code == 2
