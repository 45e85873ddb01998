"""Letters as texts are compared: width, composition, look-alikes and what is not seen set aside."""

import re
import unicodedata

__all__ = ["UNSEEN", "plain", "squeezed"]

# What Unicode calls Default_Ignorable_Code_Point: a text looks the same with it and without; but
# for those that can turn the order of what stands beside them.
UNSEEN = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200e\u2060-\u2065\u206a-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
_TURNING = "\u061c\u200f\u202a-\u202e\u2066-\u2069"
_IGNORED = re.compile(f"[{UNSEEN}{_TURNING}]")
# The letter that a radical of U+2E81 to U+2EF2 looks like, one after the other, as Unicode's
# EquivalentUnifiedIdeograph.txt has them; NFKC leaves them apart. There is no U+2E9A.
_OF_RADICALS = (
    "厂乛乚乙亻冂𠘨刀刂卜㔾小小兀尣尢𡯂巳幺彑𫜹忄心扌攵⺚旡日月歺母民氵氺灬爫爫丬牛犭王𤴔目示礻𥫗糹"
    "纟罓罒㓁冗𦉫羊𦍌𦍋耂肀聿肉𦥑艹艹艹虎衤覀西见角𧢲讠贝𧾷车辶辶辶邑钅長镸长门𨸏阝雨青韦页风飞食𩙿"
    "飠饣𩠐马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀"
)
_LETTERS = str.maketrans(dict(zip(map(chr, range(0x2E81, 0x2EF3)), _OF_RADICALS, strict=True)))


def plain(text: str) -> str:
    r"""A text as it is compared (method 1): Unicode NFKC, without what is not seen.

    Radicals are taken for the letters that they look like.

    >>> plain("Ｎｏ．１"), plain("市\u2ea0の\u2ed1さ"), plain("葛\U000e0100城"), plain("か\u3099")
    ('No.1', '市民の長さ', '葛城', 'が')
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", _IGNORED.sub("", text)).translate(_LETTERS)


def squeezed(text: str) -> str:
    """The same without white space: 指標名 of 指　標　名."""
    return re.sub(r"\s", "", plain(text))
