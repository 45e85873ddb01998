"""The worksheet of a year is written into plan.toml by the command that asks which it is."""

import json
import re
import tomllib

from kpi_utils.running.output import data_folder, write_file

_HEAD = re.compile(r"^[ \t]*\[[ \t]*worksheet[ \t]*\][ \t]*(?:#.*)?\n", re.MULTILINE)


def worksheet_lines(fiscal_year: int, name: str) -> str:
    """The lines of plan.toml that name the worksheet of a year.

    >>> print(worksheet_lines(2022, "実績"))
    [worksheet]
    2022 = "実績"
    """
    return f"[worksheet]\n{fiscal_year} = {json.dumps(name, ensure_ascii=False)}"


def keep_worksheet(plan: str, fiscal_year: int, name: str) -> bool:
    """Write into a plan's plan.toml which worksheet holds a year's sheet.

    Returns False, and leaves the file as it is, where it may not be written or where more would
    change than that. All else that stands in it stays, byte for byte.
    """
    path = data_folder() / plan / "plan.toml"
    try:
        old = path.read_bytes().decode()
        new = _with_worksheet(old, fiscal_year, name)
        tables = tomllib.loads(old.removeprefix("\ufeff"))
        tables.setdefault("worksheet", {})[f"{fiscal_year}"] = name
        is_safe = tomllib.loads(new.removeprefix("\ufeff")) == tables
        if is_safe and new != old:
            write_file(path, new.encode())
    except (OSError, tomllib.TOMLDecodeError):
        return False
    return is_safe


def _with_worksheet(text: str, fiscal_year: int, name: str) -> str:
    """The text of a plan.toml with the worksheet of a year, instead of another one."""
    end = "\r\n" if "\r\n" in text else "\n"
    head, line = worksheet_lines(fiscal_year, name).split("\n")
    found = _HEAD.search(text)
    if not found:
        before = text if text.endswith("\n") else text + end
        return f"{before}{end}{head}{end}{line}{end}"
    below, start, rest = text[found.end() :].partition("\n[")
    entry = rf"^[ \t]*[\"']?{fiscal_year}[\"']?[ \t]*=.*\n?"
    others = re.sub(entry, "", below, flags=re.MULTILINE)
    return f"{text[: found.end()]}{line}{end}{others}{start}{rest}"
