"""The ``kpi`` command: parses words, calls ``run``, prints. Its messages are Japanese."""

import logging
import os
import re
import signal
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import pandas as pd

from kpi_utils.batch import MANIFEST, Run, run_batch, runs
from kpi_utils.child import start_warm_process
from kpi_utils.errors import KpiError, reason
from kpi_utils.evaluation import Evaluation
from kpi_utils.findings import CODES, evaluate
from kpi_utils.frames import SEVERITIES, STATUSES
from kpi_utils.output import DATA_VARIABLE
from kpi_utils.run import ENGINES, load, make_report
from kpi_utils.sheet import place

__all__ = ["main"]

# How a run of a batch ends.
ENDS = {"done": "作成", "unchanged": "変更なし", "failed": "失敗"}
HELP = click.help_option("--help", help="この説明を表示します。")


@click.group(help="SDGs未来都市計画の進捗評価シートから報告書を作ります。")
@click.version_option(package_name="kpi-utils", prog_name="kpi", help="版を表示します。")
@HELP
def kpi() -> None:
    pass


@kpi.command(help="計画 PLAN の YEAR 年度の報告書を作ります（例: kpi report kumamoto 2022）。")
@click.argument("plan")
@click.argument("year")
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="nbclient",
    help="ノートブックを実行する方法（標準は papermill と同じ nbclient）。",
)
@HELP
def report(plan: str, year: str, engine: str) -> None:
    made = make_report(plan, _year(year), engine)
    found = made.evaluation.findings
    for line in _lines(found[found["severity"] == "error"]):
        click.echo(line, err=True)
    click.echo(made.evaluation.sheet.title)
    click.echo(_counts(made.evaluation))
    click.echo(f"{made.folder} に報告書を作りました。")


@kpi.command(help="計画 PLAN の YEAR 年度のシートを確かめ、指摘を示します（報告書は作りません）。")
@click.argument("plan")
@click.argument("year")
@click.option("--strict", is_flag=True, help="注意があるときも、終了コードを1とします。")
@HELP
def check(plan: str, year: str, strict: bool) -> None:
    evaluation = evaluate(load(plan, _year(year)))
    found = evaluation.findings
    for line in _lines(found):
        click.echo(line)
    click.echo(_counts(evaluation))
    if set(found["severity"]) & {"error", *(["warning"] if strict else [])}:
        sys.exit(1)


@kpi.command(
    help="計画 PLAN…（省略すると全ての計画）の報告書を、並行して作ります。"
    "前に作ったときから入力が変わっていないものは飛ばします"
    "（例: kpi batch --years 2022-2024）。"
)
@click.argument("plans", metavar="[PLAN]...", nargs=-1)
@click.option("--years", default="", help="年度（例: 2022-2024、2022,2024）。標準は全ての年度。")
@click.option("--data", type=click.Path(path_type=Path), help="計画のフォルダー（標準は data）。")
@click.option("--force", is_flag=True, help="入力が変わっていないものも作り直します。")
@click.option(
    "--jobs", type=click.IntRange(1), default=os.cpu_count(), help="同時に作る数（標準はコア数）。"
)
@click.option(
    "--limit", type=click.IntRange(1), default=300, help="1件に掛けられる秒数（標準は300）。"
)
@click.option("--memory", type=click.IntRange(1), help="1件に使えるメモリー（MB）。")
@click.option(
    "--engine", type=click.Choice(ENGINES), default="kpi", help="ノートブックを実行する方法。"
)
@HELP
def batch(
    plans: tuple[str, ...],
    years: str,
    data: Path | None,
    force: bool,
    jobs: int,
    limit: int,
    memory: int | None,
    engine: str,
) -> None:
    if data:
        os.environ[DATA_VARIABLE] = str(data.absolute())
    chosen = runs(plans, _years(years))
    start_warm_process()
    with ThreadPoolExecutor(jobs) as threads:
        limits = {"seconds": limit, "memory": memory and memory * 1_000_000}
        stands = run_batch(chosen, threads, jobs, **limits, engine=engine, force=force)
        counts, failed = _followed(stands, len(chosen))
    told = "、".join(f"{word}{counts[status]}" for status, word in ENDS.items())
    click.echo(f"{len(chosen)}件: {told}（一覧は reports/{MANIFEST}）")
    if failed:
        click.echo("計画\t年度\tセル\t失敗の内容", err=True)
        for run in failed:
            cell = run.cell or ""
            click.echo(f"{run.plan}\t{run.fiscal_year}\t{cell}\t{run.error}", err=True)
        sys.exit(1)


def _followed(stands: Iterator[Run], length: int) -> tuple[Counter, list[Run]]:
    """Show in a line how a batch goes, in a terminal; how many runs ended how, and which failed."""
    counts, running, failed = Counter(), {}, []

    def line(_) -> str:
        names = [f"{run.plan} {run.fiscal_year}" for run in running.values()]
        ended = counts["done"] + counts["unchanged"]
        return f"完了{ended}、失敗{counts['failed']}、実行中{'、'.join(names) or 'なし'}"

    quiet = not sys.stderr.isatty()
    bar = click.progressbar(length=length, item_show_func=line, file=sys.stderr, hidden=quiet)
    with bar:
        for run in stands:
            key = run.plan, run.fiscal_year
            if run.status == "running":
                running[key] = bar.current_item = run
                bar.render_progress()
                continue
            running.pop(key, None)
            counts[run.status] += 1
            failed += [run] if run.status == "failed" else []
            bar.update(1, run)
    return counts, failed


def _years(text: str) -> set[int]:
    """The years of words like 2022-2024 and 2022,2024; none where there are no words."""
    years = set()
    for part in filter(None, unicodedata.normalize("NFKC", text).split(",")):
        match = re.fullmatch(r"\s*(\d{4})\s*(?:-\s*(\d{4})\s*)?", part)
        if not match or int(match[1]) > int(match[2] or match[1]):
            raise KpiError(
                f"--years が「{text}」です。2022-2024 又は 2022,2024 のように指定してください。"
            )
        years.update(range(int(match[1]), int(match[2] or match[1]) + 1))
    return years


def _year(year: str) -> int | str:
    return int(year) if year.isdecimal() and len(year) == 4 else year


def _lines(found: pd.DataFrame) -> list[str]:
    """A finding a line: severity, code, file and line, rows, the sheet's text, what to do."""
    return [
        f"{SEVERITIES[row.severity]} {row.code}（{CODES[row.code]}） {place(row.source)} {row.rows}"
        f"「{row.text}」: {row.message}"
        for row in found.itertuples()
    ]


def _counts(evaluation: Evaluation) -> str:
    statuses = evaluation.kpis["status"].value_counts()
    told = [f"{word}{statuses[status]}" for status, word in STATUSES.items() if status in statuses]
    severities = evaluation.findings["severity"].value_counts()
    found = [f"{word}{severities.get(severity, 0)}" for severity, word in SEVERITIES.items()]
    return f"{statuses.sum()}指標: {'、'.join(told)}\n指摘: {'、'.join(found)}"


def main() -> None:
    """Run ``kpi``. Errors for people are printed without a traceback; exit code 1, of usage 2."""
    interrupted = False

    def interrupt(*_) -> None:
        nonlocal interrupted
        interrupted = True
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    try:
        sys.exit(kpi.main(standalone_mode=False))
    except KpiError as error:
        _say(error.problems)
        sys.exit(1)
    except click.UsageError as error:
        _say([_usage(error)])
        click.echo("使い方は kpi --help で確かめてください。", err=True)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        _stopped()
    except OSError as error:
        if interrupted:
            _stopped()
        place = error.filename or "ファイル"
        _say([f"{place}: {reason(error)}。確かめて、もう一度実行してください。"])
        sys.exit(1)
    except Exception:
        # What breaks because the kernel was interrupted too is no error of its own.
        if interrupted:
            _stopped()
        raise


def _say(problems: list[str]) -> None:
    for problem in problems:
        click.echo(f"エラー: {problem}", err=True)


def _stopped() -> None:
    # What papermill was waiting for ends with the kernel, and would be logged as never awaited.
    logging.getLogger("asyncio").disabled = True
    click.echo("中止しました。途中まで作られた報告書が残ることはありません。", err=True)
    sys.exit(130)


def _usage(error: click.UsageError) -> str:
    match error:
        case click.MissingParameter(param=click.Parameter(human_readable_name=name)):
            return f"{name} を指定してください。"
        case click.BadParameter(param=click.Parameter(opts=[name, *_])):
            return f"{name} の値が使えません（{error.message}）。"
        case click.NoSuchOption(option_name=name):
            return f"{name} というオプションはありません。"
        case _:
            return "コマンド又は引数の数が違います。"


if __name__ == "__main__":
    main()
