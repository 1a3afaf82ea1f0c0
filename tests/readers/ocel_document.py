"""Any OCEL file as an ocel_log.Log: OCEL 2.0 and 1.0 as JSON and XML, and pm4py's flat CSV; ocel_tables.py has the SQLite forms.

Read by Python's own json, ElementTree and csv, whole and without any mercy on memory: a second opinion, not a program to use.
"""

import ast
import csv
import io
import json
import xml.etree.ElementTree as xml

import ocel_tables
from ocel_log import Event, Log, Number, declared

SQLITE = b"SQLite format 3\0"
# By what name a relation's element stands in XML, and its qualifier.
RELATIONS = {"relationship", "object", "relobj"}
QUALIFIERS = ("qualifier", "relationship")
# Elements of OCEL 1.0 XML that hold a value; what they are as a declared type.
TAGS = {"string": "string", "date": "time", "int": "integer", "float": "float", "boolean": "boolean"}
LISTED = "ocel:type:"


def read(path):
    """The log in a file of any form, told by its content."""
    raw = path.read_bytes()
    if raw.startswith(SQLITE):
        return ocel_tables.read(path)
    start = raw.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start == b"<":
        return from_xml(xml.fromstring(raw))
    if start == b"{":
        document = json.loads(raw.decode("utf-8-sig"), parse_int=Number, parse_float=Number, parse_constant=Number)
        return from_json_1(document) if "ocel:events" in document else from_json_2(document)
    return from_csv(raw.decode("utf-8-sig"))


def from_json_2(document):
    """OCEL 2.0 JSON: `{objectTypes, eventTypes, objects, events}` in any order."""
    log = Log()
    for section, types in (("objectTypes", log.object_types), ("eventTypes", log.event_types)):
        for each in document.get(section, []):
            types[each["name"]] = {it["name"]: it["type"] for it in each.get("attributes", [])}
    for each in document.get("objects", []):
        values = [(it["name"], it.get("time"), it["value"]) for it in each.get("attributes", [])]
        log.add_object(each["id"], each["type"], present(values))
        log.o2o += related(each)
    for each in document.get("events", []):
        attributes = {it["name"]: it["value"] for it in each.get("attributes", []) if it["value"] is not None}
        log.add_event(Event(each["id"], each["type"], each["time"], attributes))
        log.e2o += related(each)
    return log


def related(each):
    return [(each["id"], it["objectId"], it.get("qualifier", "")) for it in each.get("relationships", [])]


def present(values):
    """A null says nothing."""
    return [it for it in values if it[2] is not None]


def from_json_1(document):
    """OCEL 1.0 JSON: `{"ocel:events": {id: ...}, "ocel:objects": {id: ...}}`. Nothing declares types, and relations have no qualifier."""
    log = Log()
    for kind in document.get("ocel:global-log", {}).get("ocel:object-types", []):
        declared(log.object_types, kind, [])
    for identity, each in document.get("ocel:objects", {}).items():
        values = [(name, None, value) for name, value in each.get("ocel:ovmap", {}).items()]
        log.add_object(identity, each["ocel:type"], present(values))
    for identity, each in document.get("ocel:events", {}).items():
        attributes = {name: value for name, value in each.get("ocel:vmap", {}).items() if value is not None}
        log.add_event(Event(identity, each["ocel:activity"], each["ocel:timestamp"], attributes))
        log.e2o += [(identity, it, "") for it in each.get("ocel:omap", [])]
    return log


def from_xml(root):
    """OCEL 2.0 XML, or 1.0, whose events are `<event>` with `<string key="id">` within."""
    old = root.find("global") is not None or root.find("events/event/*[@key]") is not None
    return from_xml_1(root) if old else from_xml_2(root)


def from_xml_2(root):
    log = Log()
    for tag, types in (("object-type", log.object_types), ("event-type", log.event_types)):
        for each in root.iterfind(f"{tag}s/{tag}"):
            types[each.get("name")] = {it.get("name"): it.get("type") for it in each.iterfind("attributes/attribute")}
    for each in root.iterfind("objects/object"):
        values = [(it.get("name"), it.get("time"), it.text or "") for it in each.iterfind("attributes/attribute")]
        log.add_object(each.get("id"), each.get("type"), values)
        log.o2o += related_in_xml(each)
    for each in root.iterfind("events/event"):
        attributes = {it.get("name"): it.text or "" for it in each.iterfind("attributes/attribute")}
        log.add_event(Event(each.get("id"), each.get("type"), each.get("time"), attributes))
        log.e2o += related_in_xml(each)
    return log


def related_in_xml(each):
    found = [it for it in each.iterfind("objects/*") if it.tag in RELATIONS]
    return [(each.get("id"), it.get("object-id"), qualifier(it)) for it in found]


def qualifier(element):
    return next((element.get(name) for name in QUALIFIERS if element.get(name) is not None), "")


def from_xml_1(root):
    log = Log()
    for each in root.iterfind("global[@scope='log']/list[@key='object-types']/string"):
        declared(log.object_types, each.get("value"), [])
    for each in root.iterfind("objects/object"):
        plain = keyed(each)
        values = [(name, None, value) for name, value, _ in listed(each, "ovmap")]
        log.add_object(plain["id"], plain["type"], values)
        typed(log.object_types[plain["type"]], listed(each, "ovmap"))
    for each in root.iterfind("events/event"):
        plain = keyed(each)
        attributes = {name: value for name, value, _ in listed(each, "vmap")}
        log.add_event(Event(plain["id"], plain["activity"], plain["timestamp"], attributes))
        typed(log.event_types[plain["activity"]], listed(each, "vmap"))
        log.e2o += [(plain["id"], it, "") for _, it, _ in listed(each, "omap")]
    return log


def keyed(element):
    return {it.get("key"): it.get("value") for it in element if it.tag in TAGS}


def listed(element, key):
    """(key, value, type by its tag) of each member of a list; no list is an empty one."""
    return [(it.get("key"), it.get("value"), TAGS.get(it.tag)) for it in element.iterfind(f"list[@key='{key}']/*")]


def typed(types, members):
    """What tags say of types; two that differ say nothing."""
    for name, _, kind in members:
        types[name] = kind if types[name] in (None, kind) else "string"


def from_csv(text):
    """pm4py's flat table: a column `ocel:type:T` holds Python's list of the objects of that type; all other columns are attributes of events."""
    log, known = Log(), {}
    for row in csv.DictReader(io.StringIO(text, newline="")):
        own = {name: value for name, value in row.items() if not name.startswith("ocel:") and value}
        identity = row["ocel:eid"]
        log.add_event(Event(identity, row["ocel:activity"], row["ocel:timestamp"], own))
        for name, value in row.items():
            for other in ast.literal_eval(value) if name.startswith(LISTED) and value else []:
                known.setdefault(other, name.removeprefix(LISTED))
                log.e2o.append((identity, other, ""))
    for identity, kind in known.items():
        log.add_object(identity, kind, [])
    return log
