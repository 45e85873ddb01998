"""The report of a large plan: one page first, then the KPIs by need, and all else behind."""

import subprocess
import sys
from collections import Counter

import pytest
from conftest import ROOT, page_texts, pdf_of, report_of, squeezed

from kpi_utils import evaluate, load
from kpi_utils.frames import STATUSES
from kpi_utils.showing.tables import MOST_DETAILED, initiatives_table
from kpi_utils.words import JAPANESE, LANGUAGES, Words

pytestmark = pytest.mark.trial
COMMAND = [sys.executable, str(ROOT / "benchmarks/large.py")]
SIZE = 72


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """The evaluation of a made-up plan of twelve initiatives."""
    folder = tmp_path_factory.mktemp("large")
    subprocess.run([*COMMAND, "--only", str(folder), str(SIZE)], check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KPI_DATA", str(folder))
        return evaluate(load(f"large{SIZE}", 2022))


@pytest.fixture(scope="module")
def words(large):
    return report_of(large).chapters


@pytest.fixture(scope="module")
def pages(large):
    return page_texts(pdf_of(large))


def test_report_of_a_large_plan_is_by_need_and_its_counts_add_up(pages, words, large):
    urgent = [kpi["label"] for group in words["urgent"] for kpi in group["kpis"]]
    assert len(urgent) == 10 and "特に注意を要する指標" in pages[0]
    assert [label for label in urgent if squeezed(label) not in pages[0]] == []
    assert "全指標の達成度達成度は、当初値を0%" in pages[1]
    small = [card["label"] for card in words["small"]]
    lost = large.kpis["status"].isin(["missed", "regressed"])
    assert sorted(small) == sorted(large.kpis.loc[lost, "label"])
    order = [STATUSES.index(card["status"]) for card in words["small"]]
    assert order == sorted(order)
    text = "".join(pages)
    text = text[text.index("未達及び後退の指標未達、後退の順に") :]
    found = [text.index(squeezed(label)) for label in small[::2]]
    assert found == sorted(found)
    assert 0 < len(words["missed"]) <= MOST_DETAILED
    assert all(card["commentary"] or card["findings"] for card in words["missed"])
    table, kpis = initiatives_table(large.kpis).set_index("取組"), large.kpis
    assert len(table) == 12 and table["計"].sum() == SIZE
    statuses = kpis["status"].map(JAPANESE.of("status")).value_counts()
    assert table.drop(columns="計").sum().to_dict() == statuses.to_dict()
    assert table["計"].to_dict() == kpis["initiative"].value_counts().to_dict()
    reasons = Counter(kpis.loc[kpis["status"] == "undetermined", "reason"])
    for code, number in reasons.items():
        assert f"{JAPANESE.of('undetermined')[code]}{number}" in words["undetermined"]
    assert squeezed(words["undetermined"]) in pages[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_a_short_word(language):
    words = Words(language)
    assert set(words.of("undetermined")) == set(words.of("note")) - {"by-the-sheet"}


@pytest.mark.trial
def test_report_of_213_rows_stays_within_its_limits():
    """Pages and memory of ``kpi report``, as the benchmark measures them."""
    printed = subprocess.run([*COMMAND, "213"], check=True, capture_output=True, text=True).stdout
    pages, _, megabytes = printed.splitlines()[-1].strip("| ").split(" | ")[1:]
    assert int(pages) <= 40 and float(megabytes) < 500
