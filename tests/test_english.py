"""The report in English: nothing of ours in Japanese, and what stays Japanese says so."""

import html
import io
import re
import subprocess
import sys

import pdfplumber
import pytest
from click.testing import CliRunner

from kpi_utils import KpiError, changes_since_last_year, check_parameters, load
from kpi_utils.cells.notation import identity, read_cell
from kpi_utils.cli import kpi
from kpi_utils.judging.findings import evaluate
from kpi_utils.language import speaking, spoken
from kpi_utils.report import build, content, page
from kpi_utils.report.chapters import changes_chapter
from kpi_utils.showing.sentences import cell_text, dated, number, sentence, with_unit

JAPANESE = re.compile("[ぁ-ヿ一-鿿！-ﾟ]")


@pytest.fixture(scope="module")
def english():
    """The real sheet and the made-up one in English: what the report says, its page and its PDF."""
    made = {}
    with speaking("en"):
        for plan, year in (("kumamoto", 2022), ("kakuu", 2024)):
            evaluation = evaluate(load(plan, year))
            said = content(evaluation)
            made[plan] = evaluation, page(evaluation, said), build(evaluation, said)
    return made


def of_the_sheet(evaluation) -> set[str]:
    """The runs of Japanese that the sheet or plan.toml has."""
    plan = evaluation.sheet.plan
    said = "\n".join(line.said() for line in evaluation.sheet.lines)
    said += "\n".join(d.reason + d.formerly for d in plan.declarations.values())
    return set(runs(said))


def runs(text: str) -> list[str]:
    return re.findall("[ぁ-ヿ一-鿿]+", text)


# The terms that our English explains, beside their translation.
TERMS = {"進捗評価シート", "評価及び課題等", "取組名", "再掲", "累計", "位", "億円", "十億円"}


@pytest.mark.parametrize("plan", ["kumamoto", "kakuu"])
def test_japanese_on_the_page_is_the_sheets_and_marked_as_japanese(english, plan):
    evaluation, text, _ = english[plan]
    known = "".join(of_the_sheet(evaluation))
    assert '<html lang="en">' in text
    body = re.sub(r"(?s)<(style|script|title|svg)\b.*?</\1>", "", text)
    unmarked = re.sub(r'<span lang="ja">[^<]*</span>', "", body)
    assert not [run for run in re.findall(r">([^<]*)<", unmarked) if JAPANESE.search(run)]
    for run in runs(html.unescape(re.sub(r"<[^>]*>", "|", body))):
        assert run in TERMS or run in known, run


def test_kumamoto_needs_no_untranslated_name(english):
    evaluation, text, _ = english["kumamoto"]
    assert not evaluation.kpis["label"].map(JAPANESE.search).any()
    assert "[ja]" not in re.sub(r"(?s)<section id=\"provenance\".*?</section>", "", text)
    assert "unofficial translations" in text


def test_untranslated_names_are_marked(english):
    evaluation, text, _ = english["kakuu"]
    assert evaluation.kpis["label"].str.endswith("[ja]").all()
    assert "Made-up data" in text


def test_what_changed_is_said_in_english_or_marked(english):
    evaluation, _, _ = english["kakuu"]
    with speaking("en"):
        changes = changes_since_last_year(evaluation)
        chapter = changes_chapter(changes, lambda *_: None)
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
    assert not [cell for cell in cells if JAPANESE.search(cell) and "[ja]" not in cell]


def test_pdf_is_english_and_says_so(english):
    _, _, pdf = english["kumamoto"]
    assert b"/Lang (en" in pdf or b"/Lang(en" in pdf
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        first, everything = opened.pages[0].extract_text(), ""
        for sheet in opened.pages:
            everything += sheet.extract_text() + "\n"
    assert "Kumamoto City: progress report, FY2022" in first
    counts = (
        "2 regressed, 1 unchanged, 5 progressing (1 behind, 2 slightly behind, 2 on track), 5 met"
    )
    assert f"13 KPIs: {counts}. None has" in first.replace("\n", " ")
    for heading in ("KPIs that are not met", "All findings", "How KPIs are judged"):
        assert heading in everything


def test_same_numbers_in_both_languages(evaluation, english):
    other = english["kumamoto"][0]
    for column in ("achievement", "status", "stage"):
        assert other.rows[column].equals(evaluation.rows[column])
    assert other.figures.equals(evaluation.figures)
    assert other.findings["code"].equals(evaluation.findings["code"])


def test_sentence(english):
    evaluation = english["kumamoto"][0]
    kpi = evaluation.kpi_table().set_index("kpi", drop=False).loc["市内総生産額"]
    with speaking("en"):
        assert sentence(evaluation, kpi) == (
            "Gross city product: actual 2,529 billion yen in FY2020, down 91 billion yen from the "
            "baseline of FY2018, 2,620 billion yen; against the target of FY2023, 2,692 billion "
            "yen, achievement is −126%, status “regressed” (40% of the time from baseline to "
            "target has gone, the target needs an increase of about 54.3 billion yen a year)."
        )


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("2020年度 2,620 十億円", "2,620 billion yen (FY2020)"),
        ("令和4年度 34.5 ％", "34.5% (FY2022)"),
        ("15%以下", "at most 15%"),
        ("10件超", "more than 10"),
        ("10～20人", "10 to 20 people"),
        ("▲1.5%", "−1.5%"),
        ("上昇", "an increase"),
        ("達成", "met"),
        ("集計中", "being compiled"),
        ("約300件", "about 300"),
        ("150社（累計）", "150 companies (cumulative)"),
        ("150社（３年間累計）", "150社（３年間累計） [ja]"),
        ("20位～29位", "rank 20 to 29"),
        ("２１３人", "213 people"),
        ("1校", "1 school"),
        ("1.0校", "1.0 schools"),
        ("－1回", "−1 times"),
        ("1人/日", "1 person a day"),
        ("関係者で協議", "関係者で協議 [ja]"),
        ("12 架空単位", "12 架空単位 [ja]"),
        ("4(7)", "4(7)"),
        ("", ""),
    ],
)
def test_cells_keep_their_digits(raw, said):
    with speaking("en"):
        assert dated(raw) == said
    assert dated(raw) == raw
    assert cell_text(read_cell(raw)) == read_cell(raw).text


def test_changes_of_percentages_are_points():
    with speaking("en"):
        assert number(1.9375, "%") == "1.9 points"
        assert number(1, "%") == "1 point"
        assert with_unit("34.5", "%") == "34.5%"


def test_language_ends_with_its_block():
    with pytest.raises(RuntimeError), speaking("en"):
        raise RuntimeError
    assert spoken() == "ja"


@pytest.mark.trial
def test_command_and_papermill_write_the_same_english_report(project):
    told = CliRunner().invoke(kpi, ["report", "kumamoto", "2022", "--language", "en"])
    assert told.exit_code == 0, told.output
    folder = project / "reports/kumamoto/2022-en"
    assert "reports/kumamoto/2022-en に" in told.output
    assert not (project / "reports/kumamoto/2022").exists()
    names = ["evaluation.pdf", "evaluation.html", "kpis.csv", "findings.csv"]
    first = {name: (folder / name).read_bytes() for name in names}
    command = [sys.executable, "-m", "papermill", "notebooks/evaluate.ipynb", "OUT.ipynb"]
    subprocess.run([*command, "-p", "language", "en"], cwd=project, check=True, capture_output=True)
    assert {name: (folder / name).read_bytes() for name in names} == first


@pytest.mark.parametrize("language", ["fr", "", "EN", None, ["en"], {}])
def test_other_languages_are_refused(language):
    with pytest.raises(KpiError, match="'ja' 又は 'en'"):
        check_parameters("kumamoto", 2022, language)


def test_command_refuses_other_languages():
    assert (
        CliRunner().invoke(kpi, ["report", "kumamoto", "2022", "--language", "fr"]).exit_code == 2
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('"市内総生産額 " = 3', "訳が文字列で書かれていません"),
        ('"人" = ""', "訳が文字列で書かれていません"),
    ],
)
def test_mistaken_translations_are_errors(project, line, message):
    plan = project / "data/kumamoto/plan.toml"
    plan.write_text(f"{plan.read_text('utf-8')}\n{line}\n", "utf-8")
    with speaking("en"), pytest.raises(KpiError, match=re.escape(message)):
        load("kumamoto", 2022)


@pytest.mark.parametrize("said", ["市内総生産", "この文で始まる…"])
def test_translation_of_what_no_sheet_says_is_noted_with_its_line(project, said):
    plan = project / "data/kumamoto/plan.toml"
    text = plan.read_text("utf-8")
    plan.write_text(f'{text}\n"{said}" = "x"\n', "utf-8")
    with speaking("en"):
        found = evaluate(load("kumamoto", 2022)).findings
    (note,) = found[found["code"] == "declaration-unused"].itertuples()
    assert (note.severity, note.source.rpartition(":")[2]) == ("note", str(text.count("\n") + 2))
    assert f"“{identity(said)}”" in note.message


@pytest.mark.parametrize("character", [r"\u202E", r"\u0007"])
def test_character_that_is_named_by_its_number_and_steers_the_terminal(project, character):
    plan = project / "data/kumamoto/plan.toml"
    text = plan.read_text("utf-8")
    plan.write_text(text.replace('"Gross city product"', f'"{character}"'), "utf-8")
    with speaking("en"), pytest.raises(KpiError, match=r"plan.toml \d+行目: 目に見えない文字"):
        load("kumamoto", 2022)


def test_beginning_of_a_text_translates_it():
    plan = load("kumamoto", 2022).plan
    with speaking("en"):
        assert plan.said("・2021年度以降は、地域経済が回復傾向にあるため…等").startswith(
            "From fiscal"
        )
        assert plan.said("2021年度以降は、地域経済が回復傾向").endswith("[ja]")
