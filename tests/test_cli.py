"""The command as an analyst types it: Japanese messages, exit codes, never a traceback."""

import io
import os
import signal
import subprocess
import sys
import tempfile
import termios
import time
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import openpyxl
import pytest
from conftest import KPI, run_kpi
from formats import as_workbook

from kpi_utils.cli import interrupts, main
from kpi_utils.preparing.new_plan import keep_worksheet


def kpi(*words):
    """The command in this process, which has imported already what it needs."""
    out, err = io.StringIO(), io.StringIO()
    before = {sent: signal.getsignal(sent) for sent in interrupts()}
    with (
        mock.patch.dict(os.environ),
        mock.patch.object(sys, "argv", ["kpi", *words]),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    for sent, handler in before.items():
        signal.signal(sent, handler)
    said = {"stdout": out.getvalue(), "stderr": err.getvalue()}
    return SimpleNamespace(returncode=ended.value.code or 0, **said)


def test_report_says_what_it_found_and_where_it_is_and_its_help_teaches(project):
    # From a folder within the project, as well.
    run = run_kpi("report", "kumamoto", "2022", cwd=project / "notebooks")
    assert run.returncode == 0
    assert run.stdout == (
        "熊本県熊本市 第2期SDGs未来都市計画：計画期間2022年～2024年\n"
        "13指標: 後退2、横ばい1、前進5、達成5\n"
        "指摘: 誤り0、注意3、参考5\n"
        "reports/kumamoto/2022 に報告書を作りました。\n"
    )
    assert run.stderr == ""
    assert (project / "reports/kumamoto/2022/evaluation.pdf").is_file()
    assert "kpi report kumamoto 2022" in kpi("report", "--help").stdout


@pytest.mark.trial
def test_report_shows_its_steps_on_a_terminal(project):
    pty = pytest.importorskip("pty")
    terminal, its_end = pty.openpty()
    termios.tcsetwinsize(its_end, (24, 80))
    about = {"cwd": project, "stdout": subprocess.DEVNULL, "stderr": its_end}
    with subprocess.Popen([KPI, "report", "kumamoto", "2022"], **about) as run:
        os.close(its_end)
        said = bytearray()
        with suppress(OSError):
            while part := os.read(terminal, 4096):
                said += part
    os.close(terminal)
    assert run.returncode == 0
    for step in ("シートを読み取る:", "達成度と判定:", "指標ごとの図:", "セル/s]"):
        assert step in said.decode()


@pytest.mark.trial
def test_unreadable_cell_is_named_and_the_report_is_made(project, edit):
    cell = "2022年度 4ほか 箇所"
    edit(project / "data/kumamoto/2022.txt", "2022年度 4 箇所", cell)
    run = kpi("report", "kumamoto", "2022")
    assert run.returncode == 0 and "判定保留1" in run.stdout
    said = "1 誤り unreadable-cell（読み取れないセル） data/kumamoto/2022.txt 26行目 (2)No.5"
    assert run.stderr.startswith(said) and run.stderr.count("\n") == 1
    assert f"「{cell}」が読み取れない表記" in run.stderr
    assert cell in (project / "reports/kumamoto/2022/evaluation.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        # Full-width digits are a year, too.
        (["report", "kumamoto", "１９９９"], 1, "data/kumamoto/1999.xlsx（又は"),
        (["portfolio", "--year", "１９９９"], 1, "数えられる1999年度の報告書"),
        (["report", "kumamoto", "9" * 5000], 1, "fiscal_year が"),
        (["report", "k" * 300, "2022"], 1, "plan が"),
        (["report", "kumamoto"], 2, "YEAR を指定してください"),
        (["report", "kumamoto", "2022", "2023"], 2, "コマンド又は引数の数が違います"),
        (["report", "kumamoto", "2022", "--yaer"], 2, "--yaer というオプションはありません"),
        (["report", "kumamoto", "2022", "-p", "plan"], 2, "-p の値を指定してください"),
        (["report", "kumamoto", "2022", "-p", "plan", "x"], 1, "plan は -p では指定できません"),
        (["report", "kumamoto", "2022", "-p", "goal", "3"], 1, "パラメーター goal は使えません"),
        (["report", "kumamoto", "2022", "-p", "fragile_points", "多い"], 1, "fragile_points が"),
        (["report", "kumamoto", "2022", "-p", "pace_cuts", "[1, 2, 3]"], 1, "pace_cuts が"),
        (["portfolio", "--year", "今年"], 2, "--year の値が使えません（1901以上2199以下の整数"),
        (["new", "yatsushiro", "--year", "1999"], 1, "2000から2094までの西暦の整数"),
        (["new", "nul"], 1, "Windows ではこの名前のフォルダーを作れません"),
        (["batch", "--limit", "9" * 30], 2, "--limit の値が使えません（1以上"),
        (["check", "kumamoto", "2022", "--sheet", "表"], 1, "ブックではありません"),
        (["check", "kumamoto", "2022", "--strict=1"], 2, "--strict に値は付けられません"),
        (["batch", "--data", "nowhere"], 1, "nowhere: フォルダーがありません"),
        (["batch", "--engine", "x"], 2, "--engine の値が使えません（nbclient、kpi のいずれか"),
        ([], 2, "使い方は kpi --help"),
    ],
)
def test_mistake_is_told_in_japanese(project, words, code, said):
    run = kpi(*words)
    assert run.returncode == code
    assert said in run.stderr and not {"Traceback", "Passed"} & {*run.stderr.split()}
    assert not (project / "reports").exists()


@pytest.mark.trial
@pytest.mark.parametrize("sent", interrupts())
def test_interrupt_is_told_in_japanese_and_leaves_nothing(project, sent):
    with tempfile.TemporaryDirectory() as temporary:
        process = subprocess.Popen(
            [KPI, "report", "kumamoto", "2022"],
            env=os.environ | {"TMPDIR": temporary},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        # Not before the work has begun: Python itself tries with a file whether it can write.
        deadline = time.monotonic() + 60
        while not any(map(Path.is_dir, Path(temporary).iterdir())) and time.monotonic() < deadline:
            time.sleep(0.001)
        process.send_signal(sent)
        _, said = process.communicate(timeout=60)
        assert not list(Path(temporary).iterdir())
    assert process.returncode == 130
    assert said.strip() == "中止しました。途中まで作られた報告書が残ることはありません。"
    assert not (project / "reports").exists()


@pytest.fixture
def two_sheets(project):
    """A workbook with the sheet in two worksheets and a hidden one, and a blank worksheet."""
    folder = project / "data/kumamoto"
    text = (folder / "2022.txt").read_text("utf-8")
    book = openpyxl.load_workbook(io.BytesIO(as_workbook(text)))
    for name in ("決裁 後", "控え"):
        book.copy_worksheet(book.worksheets[0]).title = name
    book["控え"].sheet_state = "hidden"
    book.create_sheet("空白")
    book.save(folder / "2022.xlsx")
    (folder / "2022.txt").unlink()
    return folder


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("決裁", "あるのは「進捗評価シート」、「決裁 後」、「空白」です"),
        ("控え", "シート「控え」は非表示です"),
        ("空白", "どのシート（「空白」）にもありません"),
    ],
)
def test_worksheet_that_cannot_be_read_is_not_kept(two_sheets, name, said):
    before = (two_sheets / "plan.toml").read_bytes()
    named = kpi("check", "kumamoto", "2022", "--sheet", name)
    assert named.returncode == 1 and said in named.stderr
    assert (two_sheets / "plan.toml").read_bytes() == before


@pytest.mark.parametrize(("title", "town"), [("架空県試験市 計画", "試験市"), ("架空計画", "○○市")])
def test_plan_is_named_by_its_table_or_asks_for_its_name(project, title, town):
    rows = "指標,当初値（R2）,実績（R5）,目標値（R7）\n架空の件数,1 件,2 件,4 件\n"
    Path("20240401.CSV").write_text(f"{title}\n{rows}", "utf-8")
    said = kpi("new", "kenmei", "20240401.CSV").stdout
    assert f'municipality = "{town}"' in (project / "data/kenmei/plan.toml").read_text("utf-8")
    assert ("見本の「○○市」のまま" in said) == (town == "○○市")
    # A day in the file's name is no fiscal year; old programs write the ending in capitals.
    assert (project / "data/kenmei/2023.csv").is_file()


# What plan.toml says before and after; None where it is not written.
PLANS = {
    "[plan]\nx = 1": '[plan]\nx = 1\n\n[worksheet]\n2022 = "表"\n',
    "[plan]\r\nx = 1\r\n": '[plan]\r\nx = 1\r\n\r\n[worksheet]\r\n2022 = "表"\r\n',
    '[worksheet] # 指定\n2021 = "旧"\n"2022" = "旧"\n\n[plan]\n2022 = 1\n': (
        '[worksheet] # 指定\n2022 = "表"\n2021 = "旧"\n\n[plan]\n2022 = 1\n'
    ),
    '[worksheet]\n2022 = "表" # 済\n': '[worksheet]\n2022 = "表"\n',
    'x = """\n[worksheet]\n"""\n': None,
    'worksheet = { 2021 = "旧" }\n': None,
    "[plan\n": None,
}


@pytest.mark.parametrize("before", PLANS)
def test_plan_keeps_the_worksheet_and_all_else(project, before):
    path = project / "data/kumamoto/plan.toml"
    path.write_bytes(before.encode())
    after = PLANS[before]
    assert keep_worksheet("kumamoto", 2022, "表") == (after is not None)
    assert path.read_bytes() == (before if after is None else after).encode()


def test_worksheet_is_asked_for_and_kept_or_printed_where_it_may_not_be(two_sheets):
    with mock.patch("kpi_utils.preparing.new_plan.write_file", side_effect=PermissionError):
        named = kpi("check", "kumamoto", "2022", "--sheet", "決裁 後")
    assert named.returncode == 0
    assert named.stdout.endswith('書き加えてください。\n[worksheet]\n2022 = "決裁 後"\n')
    asked = kpi("check", "kumamoto", "2022")
    assert asked.returncode == 1
    assert "「進捗評価シート」、「決裁 後」のどれにも" in asked.stderr
    assert "kpi check kumamoto 2022 --sheet" in asked.stderr
    named = kpi("check", "kumamoto", "2022", "--sheet", "決裁 後")
    assert named.returncode == 0
    assert named.stdout.endswith('書きました。\n[worksheet]\n2022 = "決裁 後"\n')
    kept = kpi("check", "kumamoto", "2022")
    assert kept.returncode == 0 and "2022.xlsx#決裁 後" in kept.stdout
