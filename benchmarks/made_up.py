"""Make plausible plans that nobody has: ``python benchmarks/made_up.py FOLDER [PLANS [YEARS]]``.

Writes a folder a plan, with ``plan.toml`` and a sheet for fiscal 2022 and the years after it, and
says in each title and file that the figures are made up (架空のデータ). The same call writes the
same bytes. Every kind of target occurs, and the notations that sheets of cities have.
"""

import sys
from pathlib import Path
from random import Random

FIRST = 2022
THINGS = [
    *("防災訓練", "子育て支援拠点", "自主防災組織", "再生可能エネルギー設備", "市民農園"),
    *("健康教室", "観光案内所", "地域活動", "森林整備", "公共交通"),
    *("空き家", "図書館", "企業登録", "交流事業"),
]
# What is counted, its unit, and the size of its baseline.
MEASURES = {
    "の参加者数": ("人", 20_000),
    "の設置数": ("箇所", 40),
    "の実施件数": ("件", 300),
    "に満足している市民の割合": ("%", 50),
    "に係る事業費": ("百万円", 1_500),
    "による温室効果ガス排出量": ("千トン", 8_000),
}
HEAD = "No\t{initiative}指標名\t当初値\t{actuals}\t{last}年(目標値)\t達成度 (%)"


def number(value: float, unit: str) -> str:
    return f"{value:.1f}" if unit == "%" else f"{round(value):,}"


def row(random: Random, name: str, years: int, last: int) -> list[str]:
    """A row from its name to 達成度: baseline, actuals of ``years`` years, target, published.

    The same ``random`` gives the same KPI, however many of the ``last`` years are reported.
    """
    measure = random.choice(list(MEASURES))
    unit, size = MEASURES[measure]
    falls = "排出量" in measure
    baseline = size * random.uniform(0.5, 1)
    step = baseline * random.uniform(0.02, 0.12) * (-1 if falls else 1)
    target = baseline + 5 * step
    actuals = [baseline + step * random.gauss(1.2, 1.5) * (year + 1) for year in range(last)][
        :years
    ]
    words = number(target, unit)
    kind = random.choices(
        ["number", "limit", "range", "direction", "keep", "text"], [12, 3, 1, 2, 1, 1]
    )[0]
    target_text = {
        "number": f"{words} {unit}",
        "limit": f"{words} {unit}{'以下' if falls else '以上'}",
        "range": f"{words}～{number(target * 1.1, unit)} {unit}",
        "direction": "減少" if falls else "上昇",
        "keep": f"{number(baseline, unit)} {unit}{'以下' if falls else '以上'}を維持",
        "text": "計画の策定",
    }[kind]
    cells = [
        f"{FIRST + year}年度 {number(actual, unit)} {unit}" for year, actual in enumerate(actuals)
    ]
    if random.random() < 0.08:
        cells[-1] = random.choice(["", "－", "集計中", "未公表"])
    reached = (actuals[-1] - baseline) / (target - baseline)
    published = f"{round(reached * 100)}%" if kind == "number" and cells[-1][:2] == "20" else ""
    goals = f"【{random.randint(1, 17)}.{random.randint(1, 5)}】"
    first = f"2020年度 {number(baseline, unit)} {unit}"
    target_cell = target_text if kind == "text" else f"{FIRST + 8}年 {target_text}"
    blank = [""] * (last - years)
    return [f"{name}{measure} {goals}", first, *cells, *blank, target_cell, published]


def sheet(town: str, years: int, last: int) -> str:
    """A sheet as cities publish it; of its columns for ``last`` years ``years`` are filled."""
    actuals = "\t".join(f"{FIRST + year}年" for year in range(last))
    things = Random(town).sample(THINGS, len(THINGS))
    tables = []
    # The last of table (1) are listed again in table (2).
    for things_of_table, initiative in ((things[:6], ""), (things[4:], "取組名\t")):
        lines = [HEAD.format(initiative=initiative, actuals=actuals, last=FIRST + 8)]
        for no, thing in enumerate(things_of_table, 1):
            cells = row(Random(f"{town} {thing}"), thing, years, last)
            lines.append("\t".join([str(no), *([f"{thing}の推進"] if initiative else []), *cells]))
        tables.append("\n".join(lines))
    return f"""\
## 架空県{town} 架空のSDGs未来都市計画（架空のデータ）：計画期間{FIRST}年～{FIRST + 2}年

## (1) 2030年のあるべき姿の実現へ向けた取組の達成状況

{tables[0]}

## (2) 自治体SDGsの推進に資する取組の達成状況（{FIRST}年～{FIRST + 2}年）

{tables[1]}

**（3）SDGs 未来都市計画推進のKPI達成に係る評価及び課題等**

- 架空の評価【(1)No.1、(2)No.2】
  - ・このシートの数値及び文章は、全て架空のものである。
- 架空の課題【(2)No.3】
  - ・試験のために、乱数から作成した。
"""


def make(folder: Path, plans: int, years: int = 1) -> None:
    """Write the plans ``made0001`` … into a folder."""
    for place in range(1, plans + 1):
        town = f"架空第{place}市"
        plan = folder / f"made{place:04}"
        plan.mkdir(parents=True, exist_ok=True)
        about = f'[plan]\nmunicipality = "{town}"\nname = "架空のSDGs未来都市計画"\n'
        (plan / "plan.toml").write_text(f"# 架空のデータ\n{about}", "utf-8")
        for year in range(years):
            text = sheet(town, year + 1, years)
            (plan / f"{FIRST + year}.txt").write_text(text, "utf-8")


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    make(Path(sys.argv[1]), *map(int, sys.argv[2:] or ["100"]))
