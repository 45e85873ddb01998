"""Sets up .venv from the lock file: ``python install.py [dev]``; ``dev`` with what the tests need.

``make`` and ``kpi.cmd`` call it. It needs Python 3.11 or newer with pip, and nothing else; where
all is there already it does nothing.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
FAILED = """
環境を用意できませんでした。理由は上に表示されています。次のことを確かめて、もう一度実行してください。
・インターネット又は庁内のパッケージの置き場につながっているか
・ディスクに 1 GB の空きがあるか
・フォルダーの場所が深すぎないか（C:\\kpi のような浅い場所に移してください）"""


def main() -> None:
    # An older Python runs this file too, and is told.
    if sys.version_info < (3, 11):  # noqa: UP036
        sys.exit(f"Python 3.11 以降が必要です（これは {sys.version.split()[0]} です）。")
    is_dev = sys.argv[1:] == ["dev"]
    lock = ROOT / ("requirements-dev.lock" if is_dev else "requirements.lock")
    marker = ENVIRONMENT / ("installed-dev" if is_dev else "installed")
    sources = [lock, ROOT / "pyproject.toml"]
    if marker.exists() and marker.stat().st_mtime >= max(f.stat().st_mtime for f in sources):
        return
    print("環境を用意しています（初回のみ、数分かかります）", flush=True)
    if not PYTHON.exists():
        # Debian's venv comes without a pip of its own: that of this Python works in it.
        _run("venv", "--without-pip", str(ENVIRONMENT))
    pip = ["pip", "--python", str(PYTHON), "--disable-pip-version-check", "--quiet", "install"]
    _run(*pip, "--require-hashes", "-r", str(lock))
    # setuptools comes with the lock, so building the package fetches nothing more.
    _run(*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT))
    # pip compiles what it installs, but not what stays in its folder.
    _run("compileall", "-q", str(ROOT / "kpi_utils"))
    for name in ("installed", marker.name):
        (ENVIRONMENT / name).touch()


def _run(*words: str) -> None:
    if subprocess.run([sys.executable, "-m", *words], check=False).returncode:
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
