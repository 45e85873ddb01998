"""A batch of many plans: ``python benchmarks/scale.py [PLANS]`` (1,000 made-up plans of one year).

Prints what docs/scale.md plans with: seconds by the clock and of CPU, and disk, of the batch, of a
second one that finds all up to date, and of the portfolio; and the most memory of the batch.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import made_up
import speed


def disk(folder: Path) -> int:
    """The bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    plans = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        shutil.copytree(speed.ROOT / "notebooks", folder / "notebooks")
        made_up.make(folder / "data", plans)
        print(f"{plans} made-up plans of one year, {speed.CORES} cores\n")
        print("| step | seconds | CPU s a report | MB on disk |")
        print("|---|---:|---:|---:|")
        for step, words in [
            ("kpi batch", ["batch"]),
            ("kpi batch, all up to date", ["batch"]),
            ("kpi portfolio", ["portfolio"]),
        ]:
            use = speed.many([speed.BIN / "kpi", *words], folder, speed.ROOT)
            size = disk(folder / "reports") / 1e6
            cpu = f"{use.cpu / plans:.3f}"
            print(f"| {step} | {use.seconds:.0f} | {cpu} | {size:.0f} |", flush=True)
            if step == "kpi batch":
                most = max(use.memory) / 1e6
        print(f"\nmost memory of the batch: {most:.0f} MB")


if __name__ == "__main__":
    main()
