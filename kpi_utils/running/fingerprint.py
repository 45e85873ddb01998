"""The SHA-256 of all that a report is made from: of each input by its name, and of them all."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from kpi_utils.running.output import NOTEBOOK, data_folder, project_root

__all__ = ["PACKAGE", "input_hash", "input_hashes"]


def input_hashes(notebook: str, read: Mapping[str, str]) -> dict[str, str]:
    """The SHA-256 of each input: of what was ``read``, the notebook, and this package as imported.

    ``read`` has the hashes of the files that the notebook reads, by their names.
    """
    return {**read, notebook: _sha256(project_root() / notebook), "kpi_utils": PACKAGE}


def input_hash(
    plan: str, fiscal_year: int, language: str = "ja", parameters: Mapping | None = None
) -> str:
    """The SHA-256 of all inputs of a plan's report: equal for two runs that give the same.

    They are the parameters, further ones included, ``plan.toml``, the sheets up to the year (last
    year's is compared), the notebook, this package and the lock file. One that is missing or
    cannot be read is no error here.
    """
    folder = data_folder() / plan
    files = [folder / "plan.toml", project_root() / "requirements.lock"]
    for path in folder.glob("[0-9]*"):
        if re.fullmatch(r"\d{4}", path.stem) and path.stem <= str(fiscal_year):
            files.append(path)
    hashes = input_hashes(NOTEBOOK, {path.name: _sha256(path) for path in files})
    inputs = [folder.parent.name, plan, fiscal_year, language, dict(parameters or {}), hashes]
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal; blank where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _package() -> str:
    folder = Path(__file__).parents[1]
    files = [path for path in folder.rglob("*.*") if "__pycache__" not in path.parts]
    hashes = sorted((path.relative_to(folder).as_posix(), _sha256(path)) for path in files)
    return hashlib.sha256(json.dumps(hashes).encode()).hexdigest()


# Of the package as it was imported, whatever happens to its files meanwhile.
PACKAGE = _package()
