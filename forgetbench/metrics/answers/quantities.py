"""Times of day, dates and lengths of time in a text, and which finder suits a set of options."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from forgetbench.metrics.answers.mentions import Finder, Mention, name_finder
from forgetbench.metrics.answers.numerals import numerals

_HALF_DAY = 12 * 60
_MONTHS = "january february march april may june july august september october november december".split()
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_ZH_MONTHS = tuple(f"{number}月" for number in [*"一 二 三 四 五 六 七 八 九 十 十一 十二".split(), *range(1, 13)])
_ZH_DAYS = tuple(f"{name}{day}" for name in ("星期", "周", "礼拜") for day in "一二三四五六日")
_DIRECTIONS = "north east south west".split()
_MONTH = "|".join(f"{month[:3]}(?:{month[3:]})?" if month != "may" else month for month in _MONTHS).replace(
    "sep(?:tember)?", "sept?(?:ember)?"
)
_ORDINALS = {
    word: place + 1
    for place, word in enumerate(
        """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
        fifteenth sixteenth seventeenth eighteenth nineteenth twentieth""".split()
    )
} | {"thirtieth": 30}
_DAY = rf"\d{{1,2}}(?:st|nd|rd|th)?|(?:twenty|thirty)[ -](?:{'|'.join(list(_ORDINALS)[:9])})|{'|'.join(_ORDINALS)}"
_DATE = re.compile(
    rf"(?<!\w)(?:(?P<month>{_MONTH})\.?,?\s(?:the\s)?(?P<day>{_DAY})"
    rf"|(?P<first>{_DAY})\s(?:of\s)?(?P<then>{_MONTH}))(?!\w)"
    r"|(?<!\d)(?P<zh_month>\d{1,2}|十?[一二三四五六七八九十])月(?P<zh_day>\d{1,2}|[一二三]?十?[一二三四五六七八九十])[日号]"
    r"|(?<![\d-])\d{4}-(?P<iso_month>\d\d)-(?P<iso_day>\d\d)(?![\d-])",
    re.IGNORECASE,
)
_SERIES = ((_MONTHS, (3, 4), _ZH_MONTHS), (_WEEKDAYS, (3, 4, 5), _ZH_DAYS), (_DIRECTIONS, (1,), ()))
"""Names with the lengths to which they are shortened, and in Chinese."""
_HOUR = "one two three four five six seven eight nine ten eleven twelve"
_PAST = {
    "a quarter": 15,
    "quarter": 15,
    "half": 30,
    "five": 5,
    "ten": 10,
    "twenty": 20,
    "twenty-five": 25,
    "twenty five": 25,
}
_HOURS = {word: place + 1 for place, word in enumerate(_HOUR.split())}
_MINUTE_WORDS = {"five": 5, "ten": 10, "fifteen": 15, "twenty": 20, "twenty-five": 25, "twenty five": 25, "thirty": 30,
                 "thirty-five": 35, "thirty five": 35, "forty": 40, "forty-five": 45, "forty five": 45, "fifty": 50,
                 "fifty-five": 55, "fifty five": 55}  # fmt: skip
_MINUTE_WORD = "|".join(sorted(_MINUTE_WORDS, key=len, reverse=True))
_HOUR_WORD = rf"\d{{1,2}}|{_HOUR.replace(' ', '|')}"
_ZH_UNDER_60 = "[二三四五]?十[一二三四五六七八九]?|[一二两兩三四五六七八九]"
_TIME = re.compile(
    rf"(?<![^\W\u4e00-\u9fff])(?<![.])(?<!\d:)(?P<hour>\d{{1,2}})\s?[:.h点點时時]\s?(?P<minute>\d\d)(?::\d\d)?分?(?![\d:])(?!\.\d)"
    rf"|(?<!\w)(?P<by>{'|'.join(sorted(_PAST, key=len, reverse=True))}|\d{{1,2}})(?:\sminutes?)?\s(?P<way>past"
    rf"|after|to|before|till)\s(?P<whose>{_HOUR_WORD})(?![\w:])"
    rf"|(?<!\w)(?P<said>{_HOUR.replace(' ', '|')})[ -](?P<minutes>{_MINUTE_WORD})(?!\w)"
    rf"|(?<![\w:.])(?P<full>{_HOUR_WORD})\s?(?:o'?clock|[ap]m)(?!\w)"
    rf"|(?P<zh>(?<!\d)\d{{1,2}}|二?十[一二三四五六七八九]?|[零一二两兩三四五六七八九])[点點时時](?:(?P<zh_half>半|[一三]刻)"
    rf"|[过過]?[零〇]?(?P<zh_minutes>\d{{1,2}}(?=分)|{_ZH_UNDER_60})分?(?!钟|鐘)|整|正)?",
    re.IGNORECASE,
)
_HALF_DAYS = re.compile(r"\s?[ap]m(?!\w)", re.IGNORECASE)
UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_UNIT = re.compile(
    r"\s?-?(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?)(?!\w)",
    re.IGNORECASE,
)
_JOINED = re.compile(r"\s?(?:,\s?)?(?:and\s)?")


def finder_for(options: Sequence[str], *, keep_case: bool = False) -> Finder:
    """How to find these options in a reply: as times, dates, lengths of time, numbers or names, whichever all of them
    are."""
    for finder in (times, dates, durations, numerals):
        if options and all(_is_all(option, finder) for option in options):
            return finder
    return name_finder(options, keep_case=keep_case, short=shortened(options))


def shortened(options: Sequence[str]) -> dict[str, str]:
    """What stands for options that are all months, all days or all directions: 'Tue', 'Tues', 'W', '周二', '8月'."""
    for names, lengths, chinese in (
        (_MONTHS, (3, 4), _ZH_MONTHS),
        (_WEEKDAYS, (3, 4, 5), _ZH_DAYS),
        (_DIRECTIONS, (1,), ()),
    ):
        if options and all(option.lower() in names for option in options):
            said = {word: option for option in options for word in chinese[names.index(option.lower()) :: len(names)]}
            cut = {option[:length].title(): option for option in options for length in lengths if length < len(option)}
            return cut | said
    return {}


def values_of(answers: Sequence[str], finder: Finder) -> frozenset[object]:
    """What any of `answers` means to a finder."""
    return frozenset(value for answer in answers for mention in finder(answer) for value in mention.values)


def _is_all(option: str, finder: Finder) -> bool:
    found = finder(option)
    return len(found) == 1 and (found[0].start, found[0].end) == (0, len(option))


def times(text: str) -> list[Mention]:
    """Times of day; values are minutes after noon or midnight, for a question's clock has twelve hours."""
    found = []
    for match in _TIME.finditer(text):
        minutes = _minutes(match)
        if minutes is not None:
            end = match.end()
            half_day = _HALF_DAYS.match(text, end)
            found.append(Mention(match.start(), half_day.end() if half_day else end, frozenset({minutes % _HALF_DAY})))
    return found


def _minutes(match: re.Match[str]) -> int | None:
    if match["hour"]:
        hour, minute = int(match["hour"]), int(match["minute"])
        return 60 * hour + minute if hour <= 24 and minute < 60 else None
    if match["by"]:
        by = _PAST.get(match["by"].lower())
        by = int(match["by"]) if by is None else by
        hour = _HOURS.get(match["whose"].lower()) or int(match["whose"])
        return 60 * hour + (by if match["way"].lower() in ("past", "after") else -by)
    if match["said"]:
        return 60 * _HOURS[match["said"].lower()] + _MINUTE_WORDS[match["minutes"].lower()]
    if match["full"]:
        return 60 * (_HOURS.get(match["full"].lower()) or int(match["full"]))
    hour, minute = _small(match["zh"]), _small(match["zh_minutes"] or "0")
    return 60 * hour + minute + {"半": 30, "一刻": 15, "三刻": 45}.get(match["zh_half"] or "", 0)


def _small(written: str) -> int:
    """A whole number in digits or Chinese figures."""
    return int(str(next(iter(numerals(written)[0].values))))


def dates(text: str) -> list[Mention]:
    """Dates of a year; values are month and day."""
    found = []
    for match in _DATE.finditer(text):
        month = match["month"] or match["then"]
        if month:
            number = next(place + 1 for place, name in enumerate(_MONTHS) if name.startswith(month[:3].lower()))
            day = _day(match["day"] or match["first"])
        else:
            number, day = _small(match["zh_month"] or match["iso_month"]), _small(match["zh_day"] or match["iso_day"])
        found.append(Mention(*match.span(), frozenset({(number, day)})))
    return found


def _day(written: str) -> int:
    if written[0].isdigit():
        return int(re.sub(r"\D", "", written))
    parts = re.split("[ -]", written.lower())
    return sum({"twenty": 20, "thirty": 30}.get(part) or _ORDINALS[part] for part in parts)


def durations(text: str) -> list[Mention]:
    """Lengths of time, '2 hours and 55 minutes' as one; values are seconds."""
    found: list[tuple[int, int, Fraction]] = []
    for mention in numerals(text):
        unit = _UNIT.match(text, mention.end)
        if unit is None:
            continue
        seconds = max(Fraction(str(value)) for value in mention.values) * UNIT_SECONDS[unit[1][0].lower()]
        joined = found and _JOINED.fullmatch(text, found[-1][1], mention.start)
        if joined and seconds < found[-1][2]:
            start, _, before = found.pop()
            found.append((start, unit.end(), before + seconds))
        else:
            found.append((mention.start, unit.end(), seconds))
    return [Mention(start, end, frozenset({seconds})) for start, end, seconds in found]
