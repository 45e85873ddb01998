"""One SHA-256 over all that a report is made from: equal for two runs that give the same."""

import hashlib
import json
import re
from pathlib import Path

from kpi_utils.running.output import NOTEBOOK, data_folder, project_root

__all__ = ["input_hash", "package_hash"]


def input_hash(plan: str, fiscal_year: int, language: str = "ja") -> str:
    """The SHA-256 of the inputs of a plan's report, in hexadecimal.

    They are the parameters, ``plan.toml``, the sheets up to the year (last year's is compared),
    the notebook, this package as it was imported, and the lock file. One that is missing or cannot
    be read is no error here.
    """
    folder, root = data_folder() / plan, project_root()
    sheets = [path for path in folder.glob("[0-9]*") if re.fullmatch(r"\d{4}", path.stem)]
    files = [
        folder / "plan.toml",
        *(path for path in sheets if path.stem <= str(fiscal_year)),
        root / NOTEBOOK,
        root / "requirements.lock",
    ]
    told = json.dumps([folder.parent.name, plan, fiscal_year, language, _contents(files), _PACKAGE])
    return hashlib.sha256(told.encode()).hexdigest()


def package_hash() -> str:
    """The SHA-256 of this package as it was imported, in hexadecimal."""
    return hashlib.sha256(json.dumps(_PACKAGE).encode()).hexdigest()


def _contents(files: list[Path]) -> list[tuple[str, str]]:
    """The names of some files with their SHA-256; blank for one that cannot be read."""
    return sorted((path.name, _sha256(path)) for path in files)


def _sha256(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""


_PACKAGE = _contents(
    [path for path in Path(__file__).parents[1].rglob("*.*") if "__pycache__" not in path.parts]
)
