"""Count the lines of the package by room and those of the tests, beside their limits.

Prints a table: Python, layouts, words (the messages, one entry a line) and other data; and how
dense the Python is, in tokens a line of code without comments and docstrings. Ends with 1 where a
limit is not kept. Words and data have no limit: they are what is said, and not how.
"""

import ast
import io
import sys
import tokenize
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "kpi_utils"
KINDS = {".py": "Python", ".toml": "data", ".txt": "data"}
KINDS |= dict.fromkeys([".typ", ".html", ".css", ".js"], "layouts")
COLUMNS = ("Python", "layouts", "words", "data")
LIMITS = {"Python": 8_000, "layouts": 1_300, "tests": 9_500}
LONGEST = 300
SKIPPED = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def lines_of(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def kind_of(path: Path) -> str:
    return "words" if path.parent.name == "messages" else KINDS.get(path.suffix, "")


def code_of(path: Path) -> tuple[int, int]:
    """The tokens of a module, and the lines that they stand on, without comments and docstrings."""
    text = path.read_text("utf-8")
    documented = [node for node in ast.walk(ast.parse(text)) if isinstance(node, DOCUMENTED)]
    docstrings = [node.body[0] for node in documented if ast.get_docstring(node) is not None]
    left_out = {
        line for node in docstrings for line in range(node.lineno, (node.end_lineno or 0) + 1)
    }
    lines = [
        line
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in SKIPPED and token.string and token.start[0] not in left_out
        for line in [range(token.start[0], token.end[0] + 1)]
    ]
    return len(lines), len({line for stretch in lines for line in stretch})


def main() -> int:
    files = [path for path in sorted(PACKAGE.rglob("*")) if path.is_file() and kind_of(path)]
    counts, tokens, code = Counter(), Counter(), Counter()
    for path in files:
        inner = path.relative_to(PACKAGE).parts
        room = inner[0] if len(inner) > 1 and inner[0] != "messages" else "beside the rooms"
        for name in (room, "package"):
            counts[name, kind_of(path)] += lines_of(path)
            if path.suffix == ".py":
                numbers = code_of(path)
                tokens[name] += numbers[0]
                code[name] += numbers[1]
    tests = sum(map(lines_of, (ROOT / "tests").rglob("*.py")))
    print("| room | " + " | ".join(COLUMNS) + " | tokens a line |")
    print("|---|" + "---:|" * (len(COLUMNS) + 1))
    for room in [*sorted(tokens.keys() - {"package"}), "package"]:
        numbers = [f"{counts[room, kind]:,}" for kind in COLUMNS]
        print(f"| {room} | {' | '.join(numbers)} | {tokens[room] / max(code[room], 1):.1f} |")
    found = {kind: counts["package", kind] for kind in ("Python", "layouts")} | {"tests": tests}
    print("\n| what | lines | limit |\n|---|---:|---:|")
    for kind, limit in LIMITS.items():
        print(f"| {kind} | {found[kind]:,} | {limit:,} |")
    long = [path for path in files if path.suffix == ".py" and lines_of(path) > LONGEST]
    for path in long:
        print(f"| {path.relative_to(ROOT)} | {lines_of(path)} | {LONGEST} |")
    return int(bool(long) or any(found[kind] > limit for kind, limit in LIMITS.items()))


if __name__ == "__main__":
    sys.exit(main())
