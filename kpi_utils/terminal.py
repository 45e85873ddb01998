"""Parses the arguments of ``kpi``, says what is wrong with them, and shows a batch's progress."""

import ast
import os
import re
import sys
import unicodedata
import warnings
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kpi_utils.errors import KpiError, mistake

if TYPE_CHECKING:
    from kpi_utils.running.records import Run


def show_progress(changed: Iterator["Run"], total: int) -> list["Run"]:
    """Shows a batch's progress in one line of a terminal; returns the runs as they ended.

    ``changed`` is what ``run_batch`` yields: a run each time that its status changes.
    """
    running: dict[object, str] = {}
    ended: list[Run] = []
    failed = 0
    shown = "{percentage:3.0f}%|{bar}| {desc}"
    with import_module("tqdm").tqdm(total=total, disable=None, bar_format=shown) as bar:
        for run in changed:
            if run.status == "running":
                running[run.key] = f"{run.plan} {run.fiscal_year}"
            else:
                running.pop(run.key, None)
                ended.append(run)
                failed += run.status == "failed"
                bar.update()
            names = "、".join(running.values()) or "なし"
            bar.set_description_str(f"完了{len(ended) - failed}、失敗{failed}、実行中{names}")
    return ended


def parsed_years(text: str) -> set[int]:
    """The years of an option such as 2022-2024 or 2022,2024; none if it is blank."""
    years: set[int] = set()
    for part in unicodedata.normalize("NFKC", text).split(",") if text else []:
        match = re.fullmatch(r"\s*(\d{4})\s*(?:-\s*(\d{4})\s*)?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if first > last:
            raise KpiError(mistake("parameter.years-option", text=text))
        years.update(range(first, last + 1))
    return years


def scalar(text: str) -> object:
    """The value of a notebook's parameter, read as papermill reads it; a list as in Python.

    >>> scalar("30"), scalar("0.5"), scalar("True"), scalar("[1.3, 0.7, 0.1]"), scalar("架空市")
    (30, 0.5, True, [1.3, 0.7, 0.1], '架空市')
    """
    with suppress(ValueError, SyntaxError):
        value = ast.literal_eval(text)
        if value is None or isinstance(value, bool | int | float | list):
            return value
    return text


def usage(error: click.UsageError) -> str:
    """What is wrong with the arguments of a command, as a Japanese sentence."""
    match error:
        case click.MissingParameter(param=click.Parameter(human_readable_name=name)):
            return f"{name} を指定してください。"
        case click.BadOptionUsage(option_name=name, message=text) if "not take" in text:
            return f"{name} に値は付けられません。"
        case click.BadOptionUsage(option_name=name):
            return f"{name} の値を指定してください。"
        case click.BadParameter(param=click.Option(opts=[name], type=click.Choice(choices=known))):
            return f"{name} の値が使えません（{'、'.join(known)} のいずれかを指定してください）。"
        case click.BadParameter(param=click.Option(opts=[name], type=click.IntRange() as known)):
            most = f"{known.max}以下" if known.max else ""
            return f"{name} の値が使えません（{known.min}以上{most}の整数を指定してください）。"
        case click.BadParameter(param=click.Parameter(opts=[name, *_])):
            return f"{name} の値が使えません（{error.message}）。"
        case click.NoSuchOption(option_name=name):
            return f"{name} というオプションはありません。"
        case _:
            return "コマンド又は引数の数が違います。"


def take_usual_settings() -> None:
    """Resets warnings and matplotlib's settings to their defaults, here and in new processes.

    Raises KpiError if the current folder has settings that matplotlib could not decode.
    """
    for name in ("MPLBACKEND", "PYTHONWARNINGS"):
        os.environ.pop(name, None)
    os.environ["MATPLOTLIBRC"] = os.devnull
    with suppress(OSError):
        own = Path("matplotlibrc").read_bytes()
        if own.decode("utf-8", "replace").encode() != own:
            raise KpiError(mistake("plan.encoding", where="matplotlibrc"))
    sys.warnoptions.clear()
    warnings.resetwarnings()
    for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
        warnings.simplefilter("ignore", category)
