"""plan.toml -> Plan: who and which plan, and what the analyst declares, each with its reason."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kpi_utils.errors import KpiError
from kpi_utils.notation import identity

__all__ = ["Declaration", "Plan", "read_plan"]

DIRECTIONS = ("increase", "decrease")


@dataclass(frozen=True)
class Declaration:
    """What the analyst knows of one KPI and the sheet does not say, and why.

    ``direction`` is the way that is better: "increase" or "decrease" (method 2).
    """

    name: str
    direction: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """One municipality's plan. ``declarations`` are found by a KPI's identity; ``sha256`` is the
    metadata file's.
    """

    id: str
    municipality: str
    name: str
    declarations: Mapping[str, Declaration] = field(default_factory=dict)
    source: str = ""
    sha256: str = ""


def read_plan(path: Path, source: str = "") -> Plan:
    """Read a plan's metadata file; the folder's name is the plan's id.

    ``source`` is the file's name in messages, the path where it is not given. Raises KpiError,
    naming the file and the line, where the file is missing, is not TOML, lacks something, or says
    something that is not known.
    """
    source = source or path.as_posix()
    if not path.is_file():
        raise KpiError(
            f"{source}: 計画の情報ファイルがありません。[plan] に municipality と name を書いて"
            "作ってください。書き方は data/README.md にあります。"
        )
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
        tables = tomllib.loads(text)
    except UnicodeDecodeError:
        raise KpiError(
            f"{source}: UTF-8 で保存されていません。UTF-8 で保存し直してください。"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise KpiError(
            f"{source}{_toml_place(error)}: TOML として読めません。"
            '文字列は " で囲み、項目は「名前 = 値」の形で書いてください。'
        ) from None

    problems = [
        f"{source} {_line(text, key)}行目: 「{key}」という項目はありません。"
        "使える項目は [plan] と [[kpi]] です。"
        for key in sorted(tables.keys() - {"plan", "kpi"})
    ]
    about, entries = tables.get("plan", {}), tables.get("kpi", [])
    if not isinstance(about, dict):
        raise KpiError(f"{source}: plan は [plan] という見出しで書いてください。")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise KpiError(f"{source}: kpi は [[kpi]] という見出しで、指標ごとに書いてください。")
    problems += _problems(about, {"municipality", "name"}, f"{source} [plan]")
    for number, entry in enumerate(entries, 1):
        where = f"{source} {_line(text, '[[kpi]]', number)}行目 [[kpi]]"
        problems += _problems(entry, {"name", "direction", "reason"}, where)
        if isinstance(entry.get("direction"), str) and entry["direction"] not in DIRECTIONS:
            problems.append(
                f"{where}: direction が「{entry['direction']}」です。"
                "increase（増えるほどよい）か decrease（減るほどよい）を書いてください。"
            )
    names = [identity(entry["name"]) for entry in entries if isinstance(entry.get("name"), str)]
    problems += [
        f"{source}: 指標「{name}」の宣言が{names.count(name)}件あります。1件にしてください。"
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if problems:
        raise KpiError(problems)
    return Plan(
        path.parent.name,
        about["municipality"],
        about["name"],
        {name: Declaration(**entry) for name, entry in zip(names, entries, strict=True)},
        source,
        hashlib.sha256(content).hexdigest(),
    )


def _problems(table: dict, keys: set[str], where: str) -> list[str]:
    missing = [
        f'{where}: {key} が文字列で書かれていません。{key} = "…" の形で書いてください。'
        for key in sorted(keys)
        if not isinstance(table.get(key), str) or not table[key].strip()
    ]
    unknown = [
        f"{where}: 「{key}」という項目はありません。使える項目は {'、'.join(sorted(keys))} です。"
        for key in sorted(table.keys() - keys)
    ]
    return missing + unknown


def _line(text: str, start: str, number: int = 1) -> int:
    """The line of the number-th line that starts with a key or heading."""
    starts = re.finditer(rf"^\s*\[*{re.escape(start.strip('[]'))}\b", text, re.MULTILINE)
    places = [match.end() for match in starts]
    return text.count("\n", 0, places[number - 1]) + 1 if len(places) >= number else 1


def _toml_place(error: tomllib.TOMLDecodeError) -> str:
    match = re.search(r"at line (\d+), column (\d+)", str(error))
    return f" {match[1]}行目 {match[2]}文字目" if match else ""
