"""Letters as texts are compared: width, composition, look-alikes and what is not seen set aside."""

import re
import tomllib
import unicodedata
from pathlib import Path

# The words and letters by which the cells of a sheet are read.
WORDS = tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))
# A text looks the same with and without these letters. Those that turn the order of the letters
# beside them are not among them.
UNSEEN = WORDS["letters"]["unseen"]
_IGNORED = re.compile(f"[{UNSEEN}{WORDS['letters']['turning']}]")
_LETTERS = dict(zip(range(0x2E81, 0x2EF3), WORDS["letters"]["radicals"], strict=True))


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
    """A text as ``plain`` returns it, without white space: 指標名 of 指　標　名."""
    return re.sub(r"\s", "", plain(text))
