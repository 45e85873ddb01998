"""The ``kpi`` command: parses words, calls ``run``, prints. Its messages are Japanese."""

import sys

import click

from kpi_utils.errors import KpiError

__all__ = ["main"]


@click.group(help="SDGs未来都市計画の進捗評価シートから報告書を作ります。")
@click.version_option(package_name="kpi-utils", prog_name="kpi")
def kpi() -> None:
    pass


@kpi.command(help="計画 PLAN の YEAR 年度の報告書を作ります（例: kpi report kumamoto 2022）。")
@click.argument("plan")
@click.argument("year")
def report(plan: str, year: str) -> None:
    # Imported here, so that --help and a mistyped command answer at once.
    from kpi_utils.run import make_report

    made = make_report(plan, int(year) if year.isdecimal() else year)
    for notice in made.notices:
        click.echo(f"確認: {notice}", err=True)
    click.echo(made.summary)
    click.echo(f"{made.folder} に報告書を作りました。")


def main() -> None:
    """Run ``kpi``. Errors for people are printed without a traceback; exit code 1, of usage 2."""
    try:
        sys.exit(kpi.main(standalone_mode=False))
    except KpiError as error:
        for problem in error.problems:
            click.echo(f"エラー: {problem}", err=True)
        sys.exit(1)
    except click.UsageError as error:
        click.echo(f"エラー: {_usage(error)}", err=True)
        click.echo("使い方は kpi --help で確かめてください。", err=True)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("中止しました。前の報告書はそのままです。", err=True)
        sys.exit(130)


def _usage(error: click.UsageError) -> str:
    match error:
        case click.MissingParameter(param=click.Parameter(human_readable_name=name)):
            return f"{name} を指定してください。"
        case click.NoSuchOption(option_name=name):
            return f"{name} というオプションはありません。"
        case _:
            return "コマンド又は引数の数が違います。"


if __name__ == "__main__":
    main()
