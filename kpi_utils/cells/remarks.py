"""Words beside a number: those that leave it what it is, and those that may turn its sense."""

import re
from functools import cache

from kpi_utils.cells.units import COUNTED, MAGNITUDE

__all__ = ["is_remark", "word_before"]

_TEXT = r"[ぁ-ゖァ-ヺー一-鿿々、。・\s]{2,}"
# A number beside one of these is of another time or of others, is planned, a change or a bound.
_OTHERWISE = (
    "[未無不非欠廃休除超満最比差旧新誤半期月翌次昨他増減昇国県全各]|以[上下内外]|なし|目標|計画"
    "|予[定測]|想定|参考|前[年回]|年前|低下|向上|変更|[訂修]正|単位|割合|のみ|うち|当初|基準|中止|該当|達成|男性|女性"
)
_OF_A_BRACKET = re.compile(
    rf"{_OTHERWISE}|[率末]|[内外部]$|[今本]年|年度|平成|令和|現在|時点|^{MAGNITUDE}"
)
_WORD = "[一-鿿々ァ-ヺー]"
_OF_A_WORD = rf"{_OTHERWISE}|[日年以約残余]|進捗|伸び|見込|下位|ワースト"


def is_remark(text: str, bare: bool) -> bool:
    """Whether words in brackets are a remark on the number beside them, and change nothing of it.

    Of a ``bare`` number, without a unit, they may be the unit.

    >>> is_remark("隔年調査", bare=True), is_remark("団体", bare=True), is_remark("目標値", False)
    (True, False, False)
    """
    unit = bare and re.fullmatch(COUNTED, text)
    return bool(re.fullmatch(_TEXT, text)) and not (unit or _OF_A_BRACKET.search(text))


@cache
def word_before(number: str) -> re.Pattern:
    """The pattern of a word before a number with a well-known unit: 平均被度40%, 年12人.

    Of the nation (全国) only a rank is the row's own.

    >>> [bool(word_before("4").match(text)) for text in ("全国4位", "全国4%", "離島4人", "第4位")]
    [True, False, True, False]
    """
    counted = rf"{number}\s*{MAGNITUDE}?(?:[%‰位歳]|{COUNTED})(?![A-Za-zァ-ヺー一-鿿])"
    return re.compile(
        rf"(?:全国|県内|市内|管内|国内)\s*(?={number}\s*位)"
        rf"|(?:年|計|(?!{_WORD}{{0,8}}?(?:{_OF_A_WORD})){_WORD}{{2,9}})\s*:?\s*(?={counted})"
    )
