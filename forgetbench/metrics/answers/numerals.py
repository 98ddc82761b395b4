"""Which numbers stand in a text, however they are written.

Digits in both customs (1,234.5 and 1.234,5 and 1 234), fractions and mixed numbers, per cent, powers of ten, English
and Chinese numerals. No times, dates, ordinals, names (42B), versions.

word2number (last released in 2018) and cn2an turn a numeral into its value but do not find it in prose, raise on what
is no numeral and know neither fractions nor a sign; with finding done, a sum of some lines is left, so neither is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from forgetbench.metrics.answers.mentions import Mention

_LARGEST_POWER = 400
_MOST_DIGITS = 60
"""A longer run of digits is no answer but an attack on arithmetic."""

# --- digits -----------------------------------------------------------------------------------

_SCALES = {
    "hundred": 10**2, "thousand": 10**3, "k": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
    "dozen": 12, "百": 10**2, "千": 10**3, "万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8,
}  # fmt: skip
_UNITS = (
    "km|cm|mm|nm|m|mi|ft|in|kg|mg|g|lbs?|oz|t|ms|s|secs?|h|hrs?|mins?|d|l|L|ml|mL|cl|C|F|K|USD|EUR|GBP|CNY|RMB|JPY"
    "|GB|MB|KB|TB|kWh|kW|W|V|A|Hz|kHz|MHz|GHz|px|pt|x|J|kJ|N|Pa|mph|kph|pcs|deg"
)
_PLAIN = r"""
    \d{1,3}(?:,\d{2,3})*,\d{3}(?!\d)(?:\.\d+)?
  | \d{1,3}(?:\.\d{3}){1,9}(?![\d.]*\d)(?:,\d+)?
  | \d{1,3}(?:[ ']\d{3}){1,9}(?!\d)(?:[.,]\d+)?
  | \d+(?:[.,]\d+)?(?![.,]\d)
  | \d+
  | \.\d+
"""
_DIGITS = re.compile(
    rf"""
    (?<![^\W\u3400-\u9fff])(?<![.^#\u00b1])(?<!\u00b1\s)(?<!\d[:/])(?P<sign>[-+]\s?)?(?:[$€£¥₹]|US\$|USD\s|EUR\s|Rs\.?\s)?\s?(?P<minus>-)?
    (?P<number>{_PLAIN})
    (?:
        (?:[eE](?P<exponent>[-+]?\d{{1,3}})(?![\w]))
      | (?:\s?(?:[x×*]|\*)\s?10\s?(?:\^|\*\*)\s?(?P<ten>[-+]?\d{{1,3}}))
      | (?:(?:\^|\*\*)(?P<power>[-+]?\d{{1,3}}))
      | (?:\s(?P<numerator>\d{{1,4}})\s?/\s?(?P<under>\d{{1,4}})(?!\d))
      | (?:\s?/\s?(?P<denominator>\d{{1,9}})(?![\d/]))
    )?
    (?P<scale>\s?(?:hundred|thousand|million|billion|trillion|dozen)\b|k\b|\s?[百千万萬亿億])?
    (?P<percent>\s?(?:%|percent\b|per\scent\b))?
    """,
    re.VERBOSE,
)
_NO_NUMBER_AFTER = re.compile(rf"(?!(?:{_UNITS})\b)[^\W\d_\u3400-\u9fff]|:\d|_|[-/]\d{{1,2}}[-/]\d")
_MONTH = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
_NAMES_BEFORE = re.compile(
    r"(?:\bsteps?|\bcase|\bcases|\boption|\bquestion|\bpart|\bseat|\broom|\bpage|\bchapter"
    r"|\bline|\bstage|\bindex|\b(?:bus|train|tram|bus\snumber|train\snumber|room\snumber|house\snumber"
    r"|line\snumber|item\snumber)"
    r"|\bexample|\bproblem|\bexercise|\bitem|\bNo\.|第)\s?#?$",
    re.IGNORECASE,
)
_DATES_AND_VERSIONS = re.compile(
    r"(?<![\d.])(?:\d{4}-\d\d-\d\d|\d{1,2}/\d{1,2}/\d{2,4}|v?\d{1,3}\.\d{1,2}\.\d{1,4})(?![\d.]*\d)"
)
_MONTH_BEFORE = re.compile(rf"\b(?:{_MONTH})\.?\s$", re.IGNORECASE)
_MONTH_AFTER = re.compile(rf"\s(?:of\s)?(?:{_MONTH})\b", re.IGNORECASE)
_BELOW_ZERO = re.compile(r"\s?(?:°\s?[CF]?|degrees?(?: \w+)?)?\s?below\s(?:zero|freezing)", re.IGNORECASE)
_NEGATIVE_BEFORE = re.compile(r"(?:\b(?:minus|negative)\s|负|負|零下)\s?$", re.IGNORECASE)


def numerals(text: str) -> list[Mention]:
    """The numbers in `text`, from left to right; values are Fractions."""
    text = _DATES_AND_VERSIONS.sub(lambda match: "_" * len(match.group()), text)
    found = [*_digit_numerals(text), *_english(text), *_pairs(text), *_chinese(text)]
    found.sort(key=lambda mention: (mention.start, -mention.end))
    kept: list[Mention] = []
    for mention in found:
        if not kept or mention.start >= kept[-1].end:
            kept.append(mention)
    return kept


def whole_numeral(text: str) -> Mention | None:
    """The number that all of `text` is, blanks, a currency's sign and a full stop aside."""
    text = text.strip()
    found = numerals(text)
    if len(found) != 1 or found[0].start > 0:
        return None
    return found[0] if not text[found[0].end :].strip(" .。!") else None


def _digit_numerals(text: str) -> Iterator[Mention]:
    for match in _DIGITS.finditer(text):
        if len(match["number"]) > _MOST_DIGITS or _NO_NUMBER_AFTER.match(text, match.end()):
            continue
        before = text[max(0, match.start() - 24) : match.start()]
        day = len(match["number"]) <= 2 and (_MONTH_BEFORE.search(before) or _MONTH_AFTER.match(text, match.end()))
        if day or _NAMES_BEFORE.search(before):
            continue
        values = _values(match)
        sign, start = _sign(match, before)
        if values:
            below = _BELOW_ZERO.match(text, match.end())
            end = below.end() if below else match.end()
            yield Mention(start, end, frozenset(sign * value for value in values))


def _sign(match: re.Match[str], before: str) -> tuple[int, int]:
    """The sign of a number, and where it begins: 5 in '8 -5', which is a difference, -5 in 'minus 5'."""
    start, last = match.end() - len(match.group().lstrip()), before.rstrip()[-1:]
    written = match["sign"] or ""
    if written and (last.isdigit() or last in (")", "]", "%") or (written == "- " and last)):
        return (-1 if match["minus"] else 1), match.start("sign") + len(written)
    if written.startswith("-") or match["minus"] or _BELOW_ZERO.match(match.string, match.end()):
        return -1, start
    negative = _NEGATIVE_BEFORE.search(before)
    if negative and not before[: negative.start()].rstrip()[-1:].isdigit():
        return -1, match.start() - len(before) + negative.start()
    return 1, start


def _values(match: re.Match[str]) -> list[Fraction]:
    values = _plain_values(match["number"])
    if power := match["exponent"] or match["ten"]:
        values = [value * Fraction(10) ** int(power) for value in values]
    elif match["power"]:
        if abs(int(match["power"])) > _LARGEST_POWER or len(match["number"]) > 6 or not values[0]:
            return []
        values = [values[0] ** int(match["power"])]
    elif match["under"]:
        if not int(match["under"]):
            return []
        values = [values[0] + Fraction(int(match["numerator"]), int(match["under"]))]
    elif match["denominator"]:
        if not int(match["denominator"]):
            return []
        values = [value / int(match["denominator"]) for value in values]
    if match["scale"]:
        values = [value * _SCALES[match["scale"].strip()] for value in values]
    if match["percent"]:
        values += [value / 100 for value in values]
    return values


def _plain_values(digits: str) -> list[Fraction]:
    """'1,234' is 1234, or 1.234 where the comma is the decimal sign; '12,5' is 12.5 alone."""
    digits = digits.replace(" ", "").replace("'", "")
    points, commas = digits.count("."), digits.count(",")
    if points and commas:
        thousands = "," if digits.rfind(".") > digits.rfind(",") else "."
        return [Fraction(digits.replace(thousands, "").replace(",", "."))]
    if points + commas > 1:
        return [Fraction(digits.replace(",", "").replace(".", ""))]
    if not points + commas:
        return [Fraction(digits)]
    mark = "." if points else ","
    whole, _, rest = digits.partition(mark)
    as_decimal, as_thousands = Fraction(f"{whole or '0'}.{rest}"), Fraction((whole or "0") + rest)
    if len(rest) != 3 or not whole or whole.startswith("0") or len(whole) > 3:
        return [as_decimal]
    return [as_thousands, as_decimal] if commas else [as_decimal, as_thousands]


# --- English ----------------------------------------------------------------------------------

_SMALL = {
    word: value
    for value, word in enumerate(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
        seventeen eighteen nineteen""".split()
    )
}
_TENS = {
    word: 10 * (place + 2) for place, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split())
}
_TENS["fourty"] = 40
_LARGE = {word: _SCALES[word] for word in ("hundred", "thousand", "million", "billion", "trillion")}
_PARTS = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4,
    "fifth": 5, "fifths": 5, "sixths": 6, "sevenths": 7, "eighth": 8, "eighths": 8, "ninths": 9, "tenth": 10,
    "tenths": 10,
}  # fmt: skip
NUMBER_WORD = "|".join(sorted({*_SMALL, *_TENS, *_LARGE, "dozen"}, key=len, reverse=True))
_PART_WORD = "|".join(sorted(_PARTS, key=len, reverse=True))
_ENGLISH = re.compile(
    rf"(?<![\w-])(?:(?P<minus>minus|negative)[ ])?"
    rf"(?P<words>(?:a[ ](?=hundred|thousand|million|billion|dozen))?(?:{NUMBER_WORD})(?:(?:[ ]|-|,[ ]"
    rf"|[ ]and[ ]|-and-)(?:{NUMBER_WORD})\b){{0,24}})"
    rf"(?:[ ]point(?P<decimals>(?:[ ](?:{'|'.join(_SMALL)})\b){{1,12}})|(?:[ ]and[ ](?:a|one|two|three)"
    rf"|)(?:[ -])(?P<part>{_PART_WORD}))?"
    rf"(?![\w])(?P<percent>[ ](?:percent|per[ ]cent))?|(?<![\w-])(?P<alone>a[ ](?:half|third|quarter)"
    rf"|half)(?![\w-])",
    re.IGNORECASE,
)
_ONES = "|".join(word for word, value in _SMALL.items() if 0 < value < 10)
_TEENS = "|".join(word for word, value in _SMALL.items() if value >= 10)
_TENS_WORD = "|".join(_TENS)
_PAIR = re.compile(
    rf"(?<![\w-])(?P<high>{_TEENS}|twenty)[ -](?:(?:oh|o)[ -](?P<one>{_ONES})"
    rf"|(?P<low>{_TEENS}|(?:{_TENS_WORD})(?:[ -](?:{_ONES}))?))(?![\w-]|,? (?:{NUMBER_WORD})\b)",
    re.IGNORECASE,
)
"""Years are spoken in pairs of figures: 'nineteen forty-two', 'eighteen oh six'."""
_NUMBER_BEFORE = re.compile(rf"\b(?:{NUMBER_WORD}),?[ -]$", re.IGNORECASE)
_TIMES = {"once": 1, "twice": 2, "thrice": 3}
_OCCURS = re.compile(r"(?<![\w-])(?<!at )(once|twice|thrice)(?=[ ]*(?:[.,;:!)\n]|$|in\b))", re.IGNORECASE)
_PRONOUN_BEFORE = re.compile(
    r"\b(?:this|that|the|which|no|each|every|other|another|any|right|correct|some|white|black|last|first|next"
    r"|same|is a|new)\s$",
    re.IGNORECASE,
)
_COUNTS = re.compile(r"\b(?:only|exactly|just)\s$", re.IGNORECASE)
_PRONOUN_AFTER = re.compile(
    r"\s(?:of|another|that|who|which|moment|second|sec|can|could|should|must|by)\b|'s|-", re.IGNORECASE
)


def _english(text: str) -> Iterator[Mention]:
    for match in _OCCURS.finditer(text):
        yield Mention(*match.span(), frozenset({Fraction(_TIMES[match[1].lower()])}))
    for match in _ENGLISH.finditer(text):
        if match["alone"]:
            if not text[match.end() :].lstrip().startswith(("past", "an hour")):
                part = match["alone"].split()[-1].lower()
                yield Mention(*match.span(), frozenset({Fraction(1, _PARTS[part])}), weak=True)
            continue
        words = re.findall(r"[a-z]+", match["words"].lower())
        value = _spelled(words)
        if value is None:
            yield from _separate(match)
            continue
        if match["decimals"]:
            digits = "".join(str(_SMALL[word]) for word in match["decimals"].lower().split())
            value += Fraction(int(digits), 10 ** len(digits))
        if part := match["part"]:
            value = _with_part(value, text[match.end("words") : match.end("part")].lower(), _PARTS[part.lower()])
        values = {-value if match["minus"] else value}
        if match["percent"]:
            values |= {value / 100}
        weak = words == ["one"] and not match["part"]
        if weak and _is_pronoun(text, match.start(), match.end()):
            continue
        yield Mention(*match.span(), frozenset(values), weak)


def _pairs(text: str) -> Iterator[Mention]:
    for match in _PAIR.finditer(text):
        high = _spelled([match["high"].lower()])
        low = _spelled(re.split("[ -]", (match["one"] or match["low"]).lower()))
        counted = _NUMBER_BEFORE.search(text, max(0, match.start() - 12), match.start())
        if high is not None and low is not None and not counted:
            yield Mention(*match.span(), frozenset({100 * high + low}))


def _is_pronoun(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - 12) : start]
    if _COUNTS.search(before):
        return False
    return _PRONOUN_BEFORE.search(before) is not None or _PRONOUN_AFTER.match(text, end) is not None


def _separate(match: re.Match[str]) -> Iterator[Mention]:
    """Number words that are no one number: 'two and three', 'five, six'."""
    for word in re.finditer("[A-Za-z]+(?:-[A-Za-z]+)?", match["words"]):
        value = _spelled(word.group().lower().split("-"))
        if value is not None:
            start = match.start("words")
            yield Mention(start + word.start(), start + word.end(), frozenset({value}))


def _with_part(value: Fraction, written: str, part: int) -> Fraction:
    """'two and a half' is 2 1/2, 'two thirds' is 2/3."""
    if " and " not in written:
        return value / part
    times = {"a": 1, "one": 1, "two": 2, "three": 3}
    return value + Fraction(times[written.split()[1]], part)


def _spelled(words: Sequence[str]) -> Fraction | None:
    """The value of number words; None where they are no one number."""
    total, group, last = 0, 0, 0  # last: the place value that the next small word must stay under
    for word in words:
        if word in ("and", "a"):
            if word == "and" and not (last and last >= 100):
                return None
        elif word == "dozen":
            group = (group or 1) * 12
            last = 1
        elif word in _LARGE:
            scale = _LARGE[word]
            if scale == 100:
                group, last = (group or 1) * 100, 100
            else:
                total, group, last = total + (group or 1) * scale, 0, scale
        else:
            value = _SMALL.get(word, _TENS.get(word, 0))
            if (last and last < 10) or (last == 10 and not 0 < value < 10):
                return None
            group, last = group + value, 10 if value >= 20 else 1
    return Fraction(total + group)


# --- Chinese ----------------------------------------------------------------------------------

_ZH_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "兩": 2}
_ZH_PLACES = {"十": 10, "百": 100, "千": 1000}
_ZH_MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_ZH = "".join((*_ZH_DIGITS, *_ZH_PLACES, *_ZH_MYRIADS))
_CHINESE = re.compile(
    rf"(?<![第{_ZH}\d])(?P<minus>负|負"
    rf"|零下)?(?:(?P<under>[{_ZH}]{{1,12}})分之)?(?P<number>[{_ZH}]{{1,24}}(?<![两兩])|[两兩])(?:[点點](?P<decimals>[{_ZH}]{{1,12}}))?(?P<half>[个個小]?半)?"
)
"""两 is a figure before a place or what is counted, and behind another figure a weight: 八十两."""
_ZH_ADVERB = re.compile("一(.)一\\1|(?<=[这那同每任某唯])一|一(?=[起样樣下定般直些致旦边邊同切并共向])")
"""一 that counts nothing: 一步一步, 一起, 这一组."""
_ZH_MEASURE = "个個只隻条條本张張元块塊岁歲年月天日分秒米斤克人次支枝颗棵辆輛步页頁名位度倍种種道件双雙把"


def _chinese(text: str) -> Iterator[Mention]:
    text = _ZH_ADVERB.sub(lambda found: "_" * len(found.group()), text)
    for match in _CHINESE.finditer(text):
        value = _zh_value(match["number"])
        if match["under"] and match["under"] != "百":
            under = _zh_value(match["under"])
            if not under:
                continue
            value /= under
        if match["decimals"]:
            digits = [_ZH_DIGITS.get(char) for char in match["decimals"]]
            if any(digit is None for digit in digits):  # "三点十分" is a time
                continue
            value += Fraction(int("".join(map(str, digits))), 10 ** len(digits))
        elif text[match.end() : match.end() + 1] in ("点", "點"):
            continue
        if match["half"]:
            value += Fraction(1, 2)
        values = {-value if match["minus"] else value} | ({value / 100} if match["under"] == "百" else set())
        alone = len(match.group()) == 1
        if alone and match.group() in "一千百万" and not _stands_as_number(text, match.start(), match.end()):
            continue
        yield Mention(*match.span(), frozenset(values), weak=alone and match.group() == "一")


def _stands_as_number(text: str, start: int, end: int) -> bool:
    after = text[end : end + 1]
    return not after.strip() or after in _ZH_MEASURE or after in "。，,.!！"


def _zh_value(digits: str) -> Fraction:
    if all(char in _ZH_DIGITS for char in digits):  # a year, a telephone number: 一九八四
        return Fraction("".join(str(_ZH_DIGITS[char]) for char in digits))
    total = section = digit = 0
    for char in digits:
        if char in _ZH_DIGITS:
            digit = _ZH_DIGITS[char]
        elif char in _ZH_PLACES:
            section, digit = section + (digit or 1) * _ZH_PLACES[char], 0
        else:
            total, section, digit = (total + section + digit or 1) * _ZH_MYRIADS[char], 0, 0
    return Fraction(total + section + digit)
