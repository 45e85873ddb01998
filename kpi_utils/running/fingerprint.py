"""The SHA-256 of what a report is made from: of each input by its name, and of all together."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from kpi_utils.running.output import NOTEBOOK, data_folder, project_root


def hash_by_input(notebook: str, hash_by_file: Mapping[str, str]) -> dict[str, str]:
    """The SHA-256 of each input: of files, of the notebook, and of this package as imported.

    ``hash_by_file`` has the hashes of the files that the notebook reads, by their names.
    """
    return {**hash_by_file, notebook: _sha256(project_root() / notebook), "kpi_utils": PACKAGE}


def hash_of_inputs(
    plan: str, fiscal_year: int, language: str = "ja", parameters: Mapping | None = None
) -> str:
    """The SHA-256 of all inputs of a plan's report: if two runs have the same, so are the reports.

    The inputs are the parameters, further ones included, ``plan.toml``, the sheets up to the year
    (last year's is compared), the notebook, this package and the lock file. One that is missing or
    cannot be read is no error here.
    """
    folder = data_folder() / plan
    files = [folder / "plan.toml", project_root() / "requirements.lock"]
    for path in folder.glob("[0-9]*"):
        if re.fullmatch(r"\d{4}", path.stem) and path.stem <= str(fiscal_year):
            files.append(path)
    hashes = hash_by_input(NOTEBOOK, {path.name: _sha256(path) for path in files})
    inputs = [folder.parent.name, plan, fiscal_year, language, dict(parameters or {}), hashes]
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal; blank where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _hash_of_package() -> str:
    """The SHA-256 of the package's files, without what Python compiles."""
    folder = Path(__file__).parents[1]
    files = [path for path in folder.rglob("*.*") if "__pycache__" not in path.parts]
    hashes = sorted((path.relative_to(folder).as_posix(), _sha256(path)) for path in files)
    return hashlib.sha256(json.dumps(hashes).encode()).hexdigest()


# Computed at import: the files may change while the imported code runs on.
PACKAGE = _hash_of_package()
