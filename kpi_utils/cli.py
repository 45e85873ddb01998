"""The ``kpi`` command: parses arguments, calls the package, prints. Its messages are Japanese.

A command imports what it needs when it runs: ``kpi --help`` answers at once.
"""

import codecs
import datetime
import gc
import io
import logging
import os
import signal
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from kpi_utils import terminal
from kpi_utils.errors import KpiError, reason
from kpi_utils.running.output import DATA_VARIABLE, ENGINES, MANIFEST, project_root, read_record
from kpi_utils.words import LANGUAGES

# The greatest limit of a run, in seconds and in MB: a system may refuse to wait longer.
MAX_LIMIT = 100_000_000
# The words of the last line of a batch, by status.
STATUS_WORDS = {"done": "作成", "unchanged": "変更なし", "failed": "失敗"}
_WORDS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
# The minus and the wave dash of Japanese sheets: Windows' Japanese code page lacks both.
_ASCII = {"\N{MINUS SIGN}": "-", "\N{WAVE DASH}": "~"}
YEARS = click.IntRange(1901, 2199)
HELP = click.help_option("--help", help=_WORDS["help"])
PLAN, YEAR, BEFORE, AFTER, TOWN = (
    click.Argument([name]) for name in ("plan", "year", "before", "after", "town")
)


def _option(help_key: str, *names: str, **settings) -> click.Option:
    """An option with the help text of a key in cli.toml; its name is the key, or ``names``."""
    return click.Option(names or [f"--{help_key}"], help=_WORDS["option"][help_key], **settings)


ENGINE = _option("engine", type=click.Choice(ENGINES), default="kpi")


def _command(*parameters: click.Parameter) -> Callable:
    """A decorator: makes a function the command of its name, with parameters and --help."""

    def decorate(function: Callable) -> click.Command:
        text = _WORDS["command"][function.__name__]
        return kpi.command(help=text, params=[*parameters])(HELP(function))

    return decorate


@click.group(help=_WORDS["kpi"])
@click.version_option(package_name="kpi-utils", prog_name="kpi", help=_WORDS["version"])
@HELP
def kpi() -> None:
    pass


@_command(
    PLAN,
    YEAR,
    _option("language", type=click.Choice(list(LANGUAGES)), default="ja"),
    _option("further", "-p", "further", metavar="NAME VALUE", nargs=2, multiple=True),
    ENGINE,
)
def report(
    plan: str, year: str, language: str, further: tuple[tuple[str, str], ...], engine: str
) -> None:
    from kpi_utils.running.run import make_report

    # An initiative stays a text, even if it is called 3.
    parameters = {
        name: text if name == "initiative" else terminal.scalar(text) for name, text in further
    }
    folder = make_report(plan, _year(year), engine, language, parameters, is_watched=True)
    summary = read_record(project_root() / folder)["summary"]
    _echo(*summary["errors"], err=True)
    _echo(*summary["counts"], f"{folder} に報告書を作りました。")


@_command(PLAN, BEFORE, AFTER, ENGINE)
def compare(plan: str, before: str, after: str, engine: str) -> None:
    from kpi_utils.running.run import make_comparison

    folder = make_comparison(plan, _year(before), _year(after), engine)
    summary = read_record(project_root() / folder)["summary"]
    _echo(*summary["changes"], *summary["counts"], f"{folder} に結果を書き出しました。")


@_command(PLAN, YEAR, _option("strict", is_flag=True), _option("sheet", default=""))
def check(plan: str, year: str, strict: bool, sheet: str) -> None:
    severities = _show(plan, _year(year), sheet)
    if severities & {"error", *(["warning"] if strict else [])}:
        sys.exit(1)


def _show(plan: str, year: int, worksheet: str = "") -> set[str]:
    """Shows how a sheet was read, its findings and our questions; returns the severities.

    The name of the ``worksheet``, if it is given, is written into plan.toml.
    """
    from kpi_utils.judging.findings import evaluate
    from kpi_utils.running.inputs import load
    from kpi_utils.showing.entries import count_lines, entries_of, entry_lines, heads, questions

    evaluation = evaluate(load(plan, year, worksheet=worksheet))
    kpis, words = evaluation.kpis, evaluation.sheet.words
    entries = entries_of(evaluation.findings, kpis, words)
    _echo(*heads(evaluation.sheet), "")
    _echo(*entry_lines(entries, words), *count_lines(kpis, entries, words), *questions(evaluation))
    if worksheet:
        from kpi_utils.preparing.new_plan import keep_worksheet, worksheet_lines

        key = "kept" if keep_worksheet(plan, year, worksheet) else "paste"
        lines = worksheet_lines(year, worksheet)
        click.echo(_WORDS["said"][key].format(file=evaluation.sheet.plan.source, lines=lines))
    return set(entries["severity"])


@_command(PLAN, YEAR)
def form(plan: str, year: str) -> None:
    from kpi_utils.preparing.form import make_form

    form = make_form(plan, _year(year))
    _echo(*(f"注意 {sentence}" for sentence in form.differing()))
    click.echo(
        f"{form.sheet.source} から {form.path} を作りました。色の付いたセルに記入してください。"
    )


@_command(
    TOWN,
    click.Argument(["file"], required=False, type=click.Path(path_type=Path)),
    _option("example-year", "--year", type=YEARS),
)
def new(town: str, file: Path | None, year: int | None) -> None:
    from kpi_utils.preparing.new_plan import adopt_sheet, last_fiscal_year, make_plan

    today = datetime.date.today()
    if file:
        fiscal_year = adopt_sheet(town, file, year, today)
        about = {"folder": f"data/{town}", "plan": town, "year": fiscal_year}
        _echo(_WORDS["said"]["adopted"].format(**about), "")
        _show(town, fiscal_year)
        return
    fiscal_year = year or last_fiscal_year(today)
    folder = make_plan(town, fiscal_year)
    click.echo(_WORDS["said"]["new"].format(folder=folder, plan=town, year=fiscal_year))


@_command(
    click.Argument(["plans"], metavar="[PLAN]...", nargs=-1),
    _option("years", default=""),
    _option("data", type=click.Path(path_type=Path)),
    _option("force", is_flag=True),
    _option("jobs", type=click.IntRange(1)),
    _option("limit", "seconds", "--limit", type=click.IntRange(1, MAX_LIMIT), default=300),
    _option("memory", type=click.IntRange(1, MAX_LIMIT)),
    _option("scheduler"),
    ENGINE,
)
def batch(
    plans: tuple[str, ...],
    years: str,
    data: Path | None,
    jobs: int | None,
    memory: int | None,
    scheduler: str | None,
    **choices,
) -> None:
    from kpi_utils.running.batch import run_batch, runs
    from kpi_utils.running.cluster import workers

    if data:
        os.environ[DATA_VARIABLE] = str(data.absolute())
    chosen = runs(plans, terminal.parsed_years(years))
    limit = memory and memory * 1_000_000
    with workers(scheduler, jobs) as (executor, at_once):
        changed = run_batch(chosen, executor, at_once, memory=limit, **choices)
        ended = terminal.show_progress(changed, total=len(chosen))
    statuses = [run.status for run in ended]
    ends = "、".join(f"{word}{statuses.count(status)}" for status, word in STATUS_WORDS.items())
    click.echo(f"{len(chosen)}件: {ends}（一覧は reports/{MANIFEST}）")
    if failed := [run for run in ended if run.status == "failed"]:
        lines = [f"{run.plan}\t{run.fiscal_year}\t{run.cell}\t{run.error}" for run in failed]
        _echo("計画\t年度\tセル\t失敗の内容", *lines, err=True)
    _list_reports()
    if failed:
        sys.exit(1)


@_command(_option("counted-year", "--year", type=YEARS), ENGINE)
def portfolio(year: int | None, engine: str) -> None:
    from kpi_utils.running.run import make_portfolio

    folder = make_portfolio(year, engine)
    click.echo(f"{folder} に計画全体の報告書を作りました。")
    _list_reports()


def _echo(*lines: str, err: bool = False) -> None:
    for line in lines:
        click.echo(line, err=err)


def _list_reports() -> None:
    from kpi_utils.running.collection import collect
    from kpi_utils.running.exports import write_index

    click.echo(f"全ての報告書へは、{write_index(collect()[0])} をブラウザーで開いてください。")


def _year(year: str) -> Any:
    # Anything else is passed on as it is: the check of the parameters says what is wrong.
    return int(year) if year.isdecimal() and len(year) == 4 else year


def _legible(error: UnicodeError) -> tuple[str, int]:
    """What is printed for characters that a terminal's code page lacks: an ASCII sign, or ?."""
    assert isinstance(error, UnicodeEncodeError)
    lacking = error.object[error.start : error.end]
    return "".join(_ASCII.get(character, "?") for character in lacking), error.end


def interrupts() -> list[signal.Signals]:
    """The signals that end a command: Ctrl-C, a request to end, and a closed terminal.

    The last one is left out under nohup, and Windows does not have it.
    """
    closed = [each for each in signal.Signals if each.name == "SIGHUP"]
    heard = [each for each in closed if signal.getsignal(each) is not signal.SIG_IGN]
    return [signal.SIGINT, signal.SIGTERM, *heard]


def main() -> None:
    """Runs ``kpi``. Prints errors for people without traceback; exit code 1, or 2 for usage."""
    # Imported modules stay to the end: collecting garbage among them takes a fifth of the time.
    gc.set_threshold(1_000_000)
    interrupted = False

    def interrupt(*_) -> None:
        nonlocal interrupted
        interrupted = True
        raise KeyboardInterrupt

    for sent in interrupts():
        signal.signal(sent, interrupt)
    codecs.register_error("legible", _legible)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        # A service, or pythonw, may start us without these streams.
        stream = getattr(sys, name) or Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115
        setattr(sys, name, stream)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="legible")
    try:
        terminal.take_usual_settings()
        sys.exit(kpi.main(standalone_mode=False))
    except (Exception, KeyboardInterrupt) as error:
        # Ctrl-C interrupts the kernel too: an error that follows is only a consequence.
        if interrupted or isinstance(error, click.Abort | KeyboardInterrupt):
            # papermill's pending tasks end with the kernel, and would be logged as never awaited.
            logging.getLogger("asyncio").disabled = True
            _echo("中止しました。途中まで作られた報告書が残ることはありません。", err=True)
            sys.exit(130)
        match error:
            case KpiError(problems=problems):
                _echo(*(f"エラー: {problem}" for problem in problems), err=True)
            case click.UsageError():
                _echo(f"エラー: {terminal.usage(error)}", err=True)
                _echo("使い方は kpi --help で確かめてください。", err=True)
                sys.exit(2)
            case OSError(filename=name):
                # Python would try once more at its end to print what could not be printed.
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                why = f"{name or 'ファイル'}: {reason(error)}"
                _echo(f"エラー: {why}。確かめて、もう一度実行してください。", err=True)
            case _:
                raise
        sys.exit(1)
    finally:
        # Nor is garbage collected when IPython and Python end: everything goes then.
        gc.freeze()


if __name__ == "__main__":
    main()
