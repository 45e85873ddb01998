import pytest

from kpi_utils.errors import KpiError
from kpi_utils.language import speaking
from kpi_utils.plan import read_plan

GOOD = """\
[plan]
municipality = "試験市"
name = "試験計画"

[[kpi]]
name = "架空の指標 【1.1】"
direction = "decrease"
reason = "架空の理由"
"""


def plan_of(tmp_path, text):
    folder = tmp_path / "shiken"
    folder.mkdir()
    path = folder / "plan.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_plan(path, "data/shiken/plan.toml")


def test_plan_is_read(tmp_path):
    plan = plan_of(tmp_path, GOOD)
    assert (plan.id, plan.municipality, plan.name) == ("shiken", "試験市", "試験計画")
    assert plan.declarations["架空の指標"].direction == "decrease"
    assert plan.declarations["架空の指標"].reason == "架空の理由"


def test_kumamoto_declares_the_direction_of_groundwater_with_a_reason(sheet):
    declared = sheet.plan.declarations
    assert list(declared) == ["地下水採取量の削減"]
    assert declared["地下水採取量の削減"].direction == "decrease"
    assert declared["地下水採取量の削減"].reason


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('municipality = "試験市"\n', "", ["[plan]", "municipality"]),
        ('municipality = "試験市"', "municipality = 5", ["[plan]", "municipality"]),
        ('reason = "架空の理由"\n', "", ["5行目", "[[kpi]]", "reason"]),
        ('"decrease"', '"down"', ["5行目", "down", "increase", "decrease"]),
        ('"decrease"', "1", ["5行目", "direction"]),
        ("[plan]", "[plann]", ["1行目", "plann"]),
        ('name = "架空', 'nama = "架空', ["nama", "name"]),
        ("[[kpi]]", "[kpi]", ["[[kpi]]"]),
        ('"試験計画"', '"試験計画', ["3行目", "文字目", "TOML"]),
        (GOOD, GOOD + GOOD[GOOD.index("[[kpi]]") :], ["9行目", "重なって"]),
    ],
)
def test_mistake_is_named(tmp_path, old, new, said):
    assert old in GOOD
    with pytest.raises(KpiError) as error:
        plan_of(tmp_path, GOOD.replace(old, new))
    message = str(error.value)
    assert [word for word in ["data/shiken/plan.toml", *said] if word not in message] == []


def test_declaration_without_a_name_beside_another_is_named(tmp_path):
    nameless = '[[kpi]]\nname = ""\nsame_as = "架空の指標"\nreason = "架空の理由"\n'
    with pytest.raises(KpiError, match=r"9行目.*name が文字列で書かれていません"):
        plan_of(tmp_path, GOOD + nameless)


def test_missing_file_says_what_to_copy(tmp_path):
    with pytest.raises(KpiError, match=r"plan\.toml: 計画の情報ファイルがありません"):
        read_plan(tmp_path / "plan.toml")


def test_other_encoding_is_named(tmp_path):
    with pytest.raises(KpiError, match="UTF-8"):
        plan_of(tmp_path, GOOD.encode("shift_jis"))


ENGLISH = GOOD.partition("[[kpi]]")[0] + "[english]\n"


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('"人口" = "One"\n"人 口" = "Two"', "「人 口」の訳が重なっています"),
        ('"…" = "All of it"', "「…」には原文がありません"),
        ('"" = "Nothing"', "「」には原文がありません"),
    ],
)
def test_translation_that_leaves_open_of_what_it_is_one(tmp_path, lines, problem):
    with pytest.raises(KpiError, match=problem):
        plan_of(tmp_path, ENGLISH + lines)


def test_longest_beginning_translates_whatever_the_order(tmp_path):
    plan = plan_of(tmp_path, ENGLISH + '"人…" = "Short"\n"人口の…" = "Longer"')
    with speaking("en"):
        assert [plan.said(text) for text in ("人口の増加", "人口")] == ["Longer", "Short"]


def test_translation_in_several_lines_is_one_text(tmp_path):
    plan = plan_of(tmp_path, ENGLISH + '"人口" = """\nThe\tpopulation\n  of the city\n"""')
    assert plan.english["人口"] == "The population of the city"
