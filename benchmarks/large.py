"""How a report grows with its plan: ``python benchmarks/large.py [KPIS …]`` (213 and 762).

Makes a plan of each size that nobody has (架空のデータ), runs ``kpi report`` on it, and prints a
table of pages, seconds of CPU and the most memory. With ``--only FOLDER`` it writes the plans into
a folder and runs nothing. The same call writes the same bytes.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

import made_up
import pypdf

ROOT = Path(__file__).parents[1]
FIELDS = [
    *("健やかに暮らせる保健・医療", "子ども・子育ての支援", "学びと文化", "安全で安心な暮らし"),
    *("地域産業の振興と雇用", "農林水産業の成長", "観光と交流", "脱炭素と資源循環"),
    *("自然環境の保全", "都市基盤と公共交通", "協働と地域の自治", "行財政の改革"),
]
AREAS = ["県全体", "北部", "南部", "東部", "西部", "中部", "沿岸部", "山間部", "離島"]
HEAD = "No\t取組名\t指標名\t当初値\t2022年 実績\t2030年 目標値\t達成度 (%)"


def rows(kpis: int) -> list[list[str]]:
    """The cells of each row from 取組名 on, field by field; a field is named in its first row."""
    random, lines = Random(kpis), []
    for place in range(kpis):
        field = place * len(FIELDS) // kpis
        is_first = field != (place - 1) * len(FIELDS) // kpis or place == 0
        thing = made_up.THINGS[place % len(made_up.THINGS)]
        area = AREAS[place // len(made_up.THINGS) % len(AREAS)]
        series = place // len(made_up.THINGS) // len(AREAS)
        name = f"{area}における{thing}{f'（第{series + 1}期）' if series else ''}"
        cells = made_up.row(random, name, 1, 1)
        chance = random.random()
        if chance < 0.12:
            # Due this year: missed, or met for good.
            cells[3] = cells[3].replace("2030年", "2022年")
        elif chance < 0.15:
            cells[2] = cells[2].replace("年度 ", "年度 約半数、")
        elif chance < 0.18 and cells[4]:
            cells[4] = f"{random.randint(3, 96)}%"
        lines.append([f"{'①②③④⑤⑥⑦⑧⑨⑩⑪⑫'[field]}{FIELDS[field]}" if is_first else "", *cells])
    return lines


def sheet(kpis: int) -> str:
    """A sheet of so many KPIs in twelve fields, with a block of commentary for each twelfth."""
    table = rows(kpis)
    lines = ["\t".join([str(no), *cells]) for no, cells in enumerate(table, 1)]
    blocks = [
        f"- {table[no - 1][1].split()[0]}【(1)No.{no}】\n  - ・この文章は、架空のものである。"
        for no in range(5, kpis, 12)
    ]
    return "\n".join(
        [
            "## 架空県 架空の総合計画（架空のデータ）：計画期間2022年～2030年",
            "\n## (1) 施策の達成状況\n",
            *(HEAD, *lines),
            "\n**（3）KPI達成に係る評価及び課題等**\n",
            *blocks,
            "",
        ]
    )


def make(folder: Path, kpis: int) -> str:
    """Writes the plan of so many KPIs into a folder; returns its name there."""
    plan = folder / f"large{kpis}"
    plan.mkdir(parents=True)
    about = '# 架空のデータ\n[plan]\nmunicipality = "架空県"\nname = "架空の総合計画"\n'
    (plan / "plan.toml").write_text(about, "utf-8")
    (plan / f"{made_up.FIRST}.txt").write_text(sheet(kpis), "utf-8")
    return plan.name


def measured(folder: Path, plan: str) -> tuple[int, float, float]:
    """Pages, seconds of CPU and the most megabytes of ``kpi report`` on a plan."""
    command = [sys.executable, "-m", "kpi_utils.cli", "report", plan, str(made_up.FIRST)]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"kpi report {plan}: {status}")
    pdf = folder / f"reports/{plan}/{made_up.FIRST}/evaluation.pdf"
    return len(pypdf.PdfReader(pdf).pages), used.ru_utime + used.ru_stime, used.ru_maxrss / 1e3


def main() -> None:
    words = sys.argv[1:]
    if words[:1] == ["--only"]:
        for size in map(int, words[2:]):
            make(Path(words[1]), size)
        return
    print("| KPIs | pages | CPU s | peak MB |\n|---:|---:|---:|---:|")
    for size in map(int, words or ("213", "762")):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            (folder / "notebooks").symlink_to(ROOT / "notebooks")
            pages, cpu, memory = measured(folder, make(folder / "data", size))
        print(f"| {size} | {pages} | {cpu:.1f} | {memory:.0f} |")


if __name__ == "__main__":
    main()
