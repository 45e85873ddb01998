"""plan.toml: what is read of it, and every mistake in it, named by its line and all at once."""

import pytest
from conftest import PLAN

from kpi_utils import KpiError
from kpi_utils.declaration import CONVENTIONS
from kpi_utils.plan import read_plan
from kpi_utils.words import Words

GOOD = f"""\
{PLAN}
[[kpi]]
name = "架空の指標 【1.1】"
direction = "decrease"
reason = "架空の理由"
"""


@pytest.fixture
def plan_of(tmp_path):
    def read(text):
        path = tmp_path / "shiken/plan.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_plan(path, "data/shiken/plan.toml")

    return read


@pytest.fixture
def mistakes(plan_of):
    def read(text):
        with pytest.raises(KpiError) as error:
            plan_of(text)
        assert all(problem.startswith("data/shiken/plan.toml") for problem in error.value.problems)
        return error.value.problems

    return read


def test_plan_is_read_and_its_states_stand_beside_a_convention(plan_of):
    plan = plan_of("\ufeff" + GOOD.replace("[plan]", "[plan]\nera = '平成'"))
    about = plan.id, plan.municipality, plan.name, plan.era
    assert about == ("shiken", "試験市", "試験計画", "平成")
    declared = plan.declarations["架空の指標"]
    assert (declared.direction, declared.reason, declared.line) == ("decrease", "架空の理由", 6)
    declared = "convention = 'ratio'\nreason = '架空'\nstate = {2023 = 'draft', 2022 = 'published'}"
    plan = plan_of(f"{GOOD}[published]\n{declared}\n")
    assert (plan.convention, plan.states) == ("ratio", {"2023": "draft", "2022": "published"})


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('municipality = "試験市"\n', "", ["[plan]", "municipality"]),
        ('municipality = "試験市"', "municipality = 5", ["[plan]", "municipality"]),
        ('reason = "架空の理由"\n', "", ["5行目", "[[kpi]]", "reason"]),
        ('reason = "架空の理由"', 'reason = ""', ["5行目", "[[kpi]]", "reason"]),
        ("[plan]", "[plann]", ["1行目", "plann"]),
        ('name = "架空', 'nama = "架空', ["nama", "name"]),
        ("[[kpi]]", "[kpi]", ["[[kpi]]"]),
        ('"試験計画"', '"試験計画', ["3行目", "文字目", "TOML"]),
        ("[plan]", "plan = 1\n[[kpi]]", ["plan"]),
        ("[plan]", "[plan]\nera = '大正'", ["era", "大正", "昭和"]),
        ("[plan]", "[worksheet]\n2022 = 1\n[plan]", ["[worksheet]", "2022 = 1", '"シートの名前"']),
        ("[plan]", "[worksheet]\nR4 = 'x'\n[plan]", ["[worksheet]", "R4 = x", "年度ごと"]),
        ("[plan]", "worksheet = 1\n[plan]", ["[worksheet] という見出し"]),
        # What Python's reader of TOML, or a float, has no end for.
        *(
            ("[plan]", f"x = {text}\n[plan]", ["plan.toml: 桁数の多すぎる数又は重なりの深すぎる"])
            for text in ("9" * 5000, "1e" + "9" * 20, "0x" + "f" * 4000, "[" * 20000, "{a=" * 20000)
        ),
        ("[plan]", f"report.outgrown = {'9' * 400}\n[plan]", ["0より大きい数で"]),
        ("[plan]", " " * 10_000_001 + "[plan]", ["10 MB", "大きすぎます"]),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else None,
)
def test_mistake_is_named(mistakes, old, new, named):
    assert old in GOOD
    problems = "\n".join(mistakes(GOOD.replace(old, new)))
    assert [word for word in named if word not in problems] == []


@pytest.mark.parametrize(
    ("items", "named"),
    [
        ('direction = "up"', ["direction", "up", "increase", "decrease"]),
        ('direction = ""', ["direction"]),
        ('kind = "reach_up"', ["kind", "reach_up", "at_least", "at_most", "range", "text"]),
        ('kind = "range"\nlower = 1', ["lower", "upper"]),
        ('kind = "at_least"\nlower = 1', ["lower", "upper"]),
        ('kind = "range"\nlower = 3\nupper = 2', ["lower", "upper"]),
        ('kind = "range"\nlower = "1"\nupper = 2', ["lower"]),
        ('kind = "range"\nlower = true\nupper = 2', ["lower = 10", "数で"]),
        ('kind = "range"\nlower = nan\nupper = 2', ["lower"]),
        ('cumulative = "true"', ["cumulative = true", "引用符を付けず"]),
        ("cumulative = true\nrunning_total = true", ["cumulative", "running_total"]),
        ('same_as = "甲"', ["same_as"]),
        ('same_as = "乙"\ndirection = "decrease"', ["same_as"]),
        ('formerly = "甲"', ["formerly が指標「甲」自らの名前です"]),
        ("formerly = 5", ["formerly がないか、空白であるか"]),
        ('same_as = " "', ["same_as がないか、空白であるか"]),
        ('convention = "Linear"', ["convention", "Linear", *CONVENTIONS]),
        ('directoin = "increase"', ["directoin", "direction"]),
        ("", ["direction"]),
        ("initiative = 1\napart = true", ["initiative"]),
        ('initiative = "②防災"', ["何も宣言されていません"]),
        ('initiative = "②防災"\nsame_as = "甲（②防災）"', ["自らの名前"]),
        # Two declarations that cannot both hold.
        ('kind = "at_least"\ndirection = "decrease"', ["kind", "direction"]),
    ],
)
def test_mistake_in_a_declaration_is_named_with_its_line(mistakes, items, named):
    problems = mistakes(f'{GOOD}[[kpi]]\nname = "甲"\n{items}\nreason = "架空"\n')
    assert all("plan.toml 9行目 [[kpi]]" in problem for problem in problems)
    assert [word for word in named if word not in "\n".join(problems)] == []


@pytest.mark.parametrize(
    ("items", "named"),
    [
        ('convention = "Linear"\nreason = "架空"', ["convention", "Linear", "linear_floor"]),
        ('convention = "ratio"', ["reason"]),
        ('convention = "ratio"\nreason = ""', ["reason"]),
        ('convention = "ratio"\nreason = "架空"\nkind = "text"', ["kind"]),
        ("", ["convention", "reason"]),
        ("state = 'draft'", ["state"]),
        ("state = {2023 = 'drafted'}", ["state"]),
        ("state = {２０２３ = 'draft'}", []),
        ("state = {'23' = 'draft'}", ["state"]),
        ("state = {}\nreason = '架空'", ["convention"]),
    ],
)
def test_mistake_in_published_is_named_with_its_line(mistakes, items, named):
    problems = "\n".join(mistakes(f"{GOOD}\n[published]\n{items}\n"))
    assert "plan.toml 10行目" in problems or "TOML" in problems
    assert [word for word in named if word not in problems] == []


def kpi(name, *items):
    return "\n".join(["[[kpi]]", f'name = "{name}"', *items, 'reason = "架空"', ""])


@pytest.mark.parametrize(
    ("entries", "lines", "named"),
    [
        # The same KPI again, by its identity.
        ([kpi("架空の指標【2.2】", 'kind = "text"')], [9], "重なって"),
        ([kpi("甲", 'formerly = "丙"'), kpi("乙", 'formerly = "丙"')], [13], "重なって"),
        *(
            ([kpi(name, "cumulative = true")], [9], "name がないか、空白であるか")
            for name in ("", "　", "【再掲】")
        ),
        ([kpi("", 'same_as = "架空の指標"')], [9], "name がないか、空白であるか"),
        ([kpi("", 'initiative = "②防災"', "apart = true")], [9], "name がないか、空白であるか"),
        # Each would have passed for the other.
        ([kpi("甲", 'same_as = "乙"'), kpi("乙", 'same_as = "甲"')], [9, 13], "same_as"),
        # Of different kinds, all at once.
        ([kpi("甲", "kind = 1"), kpi("乙", "cumulative = 1")], [9, 13], ""),
    ],
)
def test_mistakes_among_declarations_are_named_all_at_once(mistakes, entries, lines, named):
    problems = mistakes(GOOD + "".join(entries))
    for line, problem in zip(lines, problems, strict=True):
        assert f"plan.toml {line}行目" in problem and named in problem


@pytest.mark.parametrize("heading", ["[[kpi]]", "[[ kpi ]]", "  [[kpi]]  # 架空"])
def test_line_is_right_among_comments_and_blank_lines(mistakes, heading):
    first = '[[kpi]]\nname = "甲"\nreason = "架空"\nkind = "text"\n\n# 架空\n\n'
    second = f'{heading}\nname = "乙"\nreason = "架空"\nkind = "tekst"\n'
    (problem,) = mistakes(f"# [[kpi]] 架空\n\n{PLAN}\n\n{first}{second}")
    assert "15行目" in problem


def test_missing_file_says_what_to_copy_and_another_encoding_is_named(tmp_path, mistakes):
    with pytest.raises(KpiError, match=r"plan\.toml: 計画の情報ファイルがありません"):
        read_plan(tmp_path / "plan.toml")
    (problem,) = mistakes(GOOD.encode("shift_jis"))
    assert "UTF-8" in problem


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ('"人口" = "One"\n"人 口" = "Two"', "「人 口」の訳が重なっています"),
        ('"…" = "All of it"', "「…」には原文がありません"),
        ('"" = "Nothing"', "「」には原文がありません"),
        ('"人口" = 5', "「人口」の訳が文字列で書かれていません"),
        ('"人口" = " "', "「人口」の訳が文字列で書かれていません"),
    ],
)
def test_translation_that_leaves_open_of_what_it_is_one(mistakes, lines, named):
    (problem,) = mistakes(f"{PLAN}[english]\n{lines}\n")
    assert named in problem


def test_longest_beginning_translates_and_several_lines_are_one_text(plan_of):
    plan = plan_of(f'{PLAN}[english]\n"人…" = "Short"\n"人口の…" = "Longer"\n')
    translated = Words("en", plan).translated
    assert [translated(text) for text in ("人口の増加", "人口")] == ["Longer", "Short"]
    plan = plan_of(f'{PLAN}[english]\n"人口" = """\nThe\tpopulation\n  of the city\n"""')
    assert plan.english["人口"] == "The population of the city"
