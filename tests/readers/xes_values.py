"""What the text of a value means by its type, and what type a column has: the forms that docs/xes.md gives, in Python's own numbers.

A value that its type does not hold reads as None.
"""

import datetime
import math
import re

INT64 = range(-(1 << 63), 1 << 63)
# Up to here every integer is a float64 too.
EXACT = 1 << 53
SPACE = " \t\r\n"
LONG = re.compile(r"[+-]?[0-9]+", re.ASCII)
DOUBLE = re.compile(r"[+-]?([0-9]*)(?:(\.)([0-9]*))?([eE][+-]?[0-9]+)?", re.ASCII)
WORDS = {"nan": math.nan} | {f"{sign}{word}": float(f"{sign}inf") for sign in ("", "+", "-") for word in ("inf", "infinity")}
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
# Digits that are looked at, to tell whether a float64 is a larger one exactly.
LONGEST = 64
# Significant digits that a float64 can be told by.
DIGITS = 17
MOMENT = re.compile(
    r"(?P<year>[0-9]{4})(?P<mark>[-/.])(?P<month>[0-9]{1,2})(?P=mark)(?P<day>[0-9]{1,2})"
    r"(?:(?:[Tt]| +)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?(?P<zone> ?[A-Za-z+-].*)?)?",
    re.ASCII,
)
ZONE = re.compile(r" ?(?:(?P<utc>[Zz]|UTC|GMT|utc|gmt)|(?P<sign>[+-])(?P<hours>[0-9]{2})(?::?(?P<minutes>[0-9]{2}))?)", re.ASCII)
UNIX_DAY = datetime.date(1970, 1, 1).toordinal()
DAY = 86_400
NANOS = 10**9
# Years whose moments 64 bits of nanoseconds hold in any zone.
NANO_RANGE = range(*((datetime.date(year, 1, 1).toordinal() - UNIX_DAY) * DAY * NANOS for year in (1678, 2262)))
# The order of main types; `nested` is what lists and containers are.
MAIN = ["string", "id", "date", "float", "int", "boolean"]


def long(text):
    """An xs:long as int."""
    text = text.strip(SPACE)
    return int(text) if LONG.fullmatch(text) and int(text) in INT64 else None


def double(text):
    """An xs:double as float; None too for what a float64 would change: more digits than it tells apart, or beyond its range."""
    text = text.strip(SPACE)
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    found = DOUBLE.fullmatch(text)
    if not found or not (found[1] or found[3]):
        return None
    whole, point, fraction, exponent = found[1], found[2], found[3] or "", found[4]
    if not point and not exponent and int(whole) > EXACT:
        # Python compares integers with floats exactly.
        return float(text) if len(whole.lstrip("0")) <= LONGEST and float(whole) == int(whole) else None
    digits = (whole + fraction).strip("0")
    number = float(text)
    fits = len(digits) <= DIGITS and math.isfinite(number) and (number != 0 or not digits)
    return number if fits else None


def boolean(text):
    """An xs:boolean, in any case."""
    return BOOLEANS.get(text.strip(SPACE).lower())


def moment(text):
    """A date as nanoseconds since 1970 in UTC; a clock without a zone is UTC's."""
    found = MOMENT.fullmatch(text.strip(SPACE))
    if not found:
        return None
    try:
        days = datetime.date(int(found["year"]), int(found["month"]), int(found["day"])).toordinal() - UNIX_DAY
    except ValueError:
        return None
    hour, minute, second = (int(found[it] or 0) for it in ("hour", "minute", "second"))
    fraction = (found["fraction"] or "").rstrip("0")
    late = hour == 24 and (minute, second, fraction) == (0, 0, "")
    if len(fraction) > 9 or not (hour < 24 or late) or minute > 59 or second > 60:
        return None
    nanos = int(fraction.ljust(9, "0"))
    if second == 60:
        # No clock of ours has that second: its last microsecond before.
        second, nanos = 59, 999_999_000
    ahead = zone(found["zone"])
    if ahead is None:
        return None
    return (days * DAY + hour * 3600 + minute * 60 + second - ahead) * NANOS + nanos


def zoneless(text):
    """Whether a date names no zone."""
    found = MOMENT.fullmatch(text.strip(SPACE))
    return found is not None and found["zone"] is None


def zone(text):
    """Seconds ahead of UTC; 0 for no zone, None for what is none."""
    if text is None:
        return 0
    found = ZONE.fullmatch(text)
    if not found:
        return None
    if found["utc"]:
        return 0
    hours, minutes = int(found["hours"]), int(found["minutes"] or 0)
    seconds = hours * 3600 + minutes * 60
    return None if hours > 23 or minutes > 59 else seconds if found["sign"] == "+" else -seconds


READ = {"int": long, "float": double, "boolean": boolean, "date": moment, "string": str, "id": str}


def meaning(tag, text):
    """What a value means: of its type where that holds it, else the text itself."""
    value = READ[tag](text) if tag in READ else None
    return text if value is None else value


def column(tags, texts):
    """(type, values) of a column whose values have these types, one text each: the narrowest that keeps all as they are."""
    kinds = set(tags)
    if kinds == {"date"}:
        values = [moment(text) for text in texts]
        if None not in values:
            if all(value % 1000 == 0 for value in values):
                return "timestamp[us, UTC]", [value // 1000 for value in values]
            if all(value in NANO_RANGE for value in values):
                return "timestamp[ns, UTC]", values
    elif kinds == {"boolean"}:
        values = [boolean(text) for text in texts]
        if None not in values:
            return "bool", values
    elif kinds == {"int"}:
        values = [long(text) for text in texts]
        if None not in values:
            return "int64", values
    elif kinds and kinds <= {"int", "float"}:
        values = [number(tag, text) for tag, text in zip(tags, texts)]
        if None not in values:
            return "float64", values
    return "string", list(texts)


def number(tag, text):
    """A float, or an integer that is one exactly."""
    if tag == "float":
        return double(text)
    value = long(text)
    return None if value is None or float(value) != value else float(value)
