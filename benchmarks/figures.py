"""Time the readings of method 5 over frames of growing length.

Prints a table of rows, seconds (best of three) and seconds per 100,000 rows: the cost grows in line
with the rows. The rows are those of the Kumamoto sheet, again and again.
"""

import time
from dataclasses import replace

import pandas as pd

from kpi_utils import judge, load, readings

LENGTHS = (1_000, 10_000, 20_000, 40_000)
RUNS = 3


def repeated(frame: pd.DataFrame, length: int) -> pd.DataFrame:
    times = -(-length // len(frame))
    long = pd.concat([frame] * times, ignore_index=True).head(length)
    long = long.assign(section=1, no=range(1, length + 1))
    return long.set_index(["section", "no"], drop=False).rename_axis(["表", "No"])


def main() -> None:
    sheet = load("kumamoto", 2022)
    judged = judge(sheet.rows(), sheet.plan)
    cells = sheet.cells[(sheet.cells["role"] == "actual") & (sheet.cells["column_year"] == 2022)]
    print("| rows | seconds | per 100,000 rows |")
    print("|---:|---:|---:|")
    for length in LENGTHS:
        rows, actuals = repeated(judged, length), repeated(cells, length)
        long = replace(sheet, cells=actuals.reset_index(drop=True))
        best = float("inf")
        for _ in range(RUNS):
            started = time.perf_counter()
            readings(rows, long)
            best = min(best, time.perf_counter() - started)
        print(f"| {length:,} | {best:.3f} | {best / length * 100_000:.2f} |")


if __name__ == "__main__":
    main()
