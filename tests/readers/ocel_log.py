"""An object-centric log as plain tables in document order, and what a value as written says by a type."""

import datetime
import re
import zoneinfo

FIXED = ("ocel_id", "ocel_time", "ocel_changed_field")
# ISO 8601 as found in logs: a space or a T, a fraction of any length, a zone or none.
STAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?)?\s*(Z|z|UTC|[+-]\d\d(?::?\d\d)?)?"
)
# What JavaScript prints: "Mon Apr 03 2023 12:08:18 GMT+0200 (Mitteleuropäische Sommerzeit)".
SCRIPT = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2} \d\d \d{4} \d\d:\d\d:\d\d) GMT([+-]\d{4})(?: \(.*\))?")
WHOLE = re.compile(r"[+-]?[0-9]+")
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
SECOND = 1_000_000_000


class Number(str):
    """A number as written, where the form tells numbers from text."""


class Event:
    """`time` as written, or None; `attributes` {name: value as written}: str, Number, bool, or what JSON has beside these."""

    __slots__ = ("id", "type", "time", "attributes")

    def __init__(self, identity, kind, time, attributes):
        self.id, self.type, self.time, self.attributes = identity, kind, time, attributes


class Object:
    """`first` {name: value as written} are the values that hold from the beginning."""

    __slots__ = ("id", "type", "first")

    def __init__(self, identity, kind, first):
        self.id, self.type, self.first = identity, kind, first


class Change:
    """A value that an attribute takes later, or once more at the beginning."""

    __slots__ = ("id", "type", "time", "field", "value")

    def __init__(self, identity, kind, time, field, value):
        self.id, self.type, self.time, self.field, self.value = identity, kind, time, field, value


class Log:
    """`event_types` and `object_types`: {type: {attribute: declared type, or None}}, declared ones first. `events`, `objects`, `changes` as above; `e2o` and `o2o`
    [(from, to, qualifier)]. `missing` says what the file should have and hasn't."""

    def __init__(self):
        self.event_types, self.object_types = {}, {}
        self.events, self.objects, self.changes, self.e2o, self.o2o, self.missing = [], [], [], [], [], []

    def counts(self):
        """Events, objects, E2O, O2O, changes."""
        return tuple(len(it) for it in (self.events, self.objects, self.e2o, self.o2o, self.changes))

    def add_event(self, event):
        self.events.append(event)
        declared(self.event_types, event.type, event.attributes)

    def add_object(self, identity, kind, values):
        """`values` are (name, time as written or None for the beginning, value) in document order."""
        first = {}
        for name, time, value in values:
            declared(self.object_types, kind, [name])
            if is_beginning(time) and name not in first:
                first[name] = value
            else:
                self.changes.append(Change(identity, kind, time, name, value))
        declared(self.object_types, kind, [])
        self.objects.append(Object(identity, kind, first))


def declared(types, kind, names):
    """Adds a type and attributes that nobody declared."""
    known = types.setdefault(kind, {})
    for name in names:
        known.setdefault(name, None)


def is_beginning(time):
    """Whether values of that time are the first ones: OCEL 2.0 writes the epoch for it; some write 0, or an empty text."""
    return time in (None, "", "0") or moment(time) == 0


def moment(text, zone=datetime.UTC):
    """Nanoseconds since 1970 in UTC of a time as written, one without a zone taken for one in `zone`; None if it is no time."""
    if not isinstance(text, str):
        return None
    if found := SCRIPT.fullmatch(text.strip()):
        return whole(datetime.datetime.strptime(found[1] + found[2], "%b %d %Y %H:%M:%S%z"), 0)
    found = STAMP.fullmatch(text.strip())
    if not found:
        return None
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    try:
        local = datetime.datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
    except ValueError:
        return None
    return whole(local.replace(tzinfo=zone_of(offset, zone)), int(((fraction or "") + "0" * 9)[:9]))


def whole(time, nanoseconds):
    passed = time - EPOCH
    return (passed.days * 86_400 + passed.seconds) * SECOND + nanoseconds


def zone_of(offset, zone):
    if offset is None:
        return zone if isinstance(zone, datetime.tzinfo) else zoneinfo.ZoneInfo(zone)
    if offset in ("Z", "z", "UTC"):
        return datetime.UTC
    digits = offset[1:].replace(":", "").ljust(4, "0")
    passed = datetime.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return datetime.timezone(-passed if offset[0] == "-" else passed)


def said(value, kind, zone=datetime.UTC):
    """What the value as written says by a declared type (string, time, integer, float, boolean): str, int, float, bool, nanoseconds; None if it says nothing by it."""
    if kind == "string":
        return text(value)
    if kind == "time":
        return moment(value, zone)
    if kind == "boolean":
        return {"true": True, "false": False, "1": True, "0": False}.get(text(value).strip().lower())
    if isinstance(value, bool) or not isinstance(value, str):
        return None
    if kind == "integer":
        number = int(value) if WHOLE.fullmatch(value.strip()) else None
        return number if number is not None and -(2**63) <= number < 2**63 else None
    if kind == "float":
        try:
            return float(value)
        except ValueError:
            return None
    return None


def text(value):
    """The value as text: JSON's words for what is no text and no number."""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
