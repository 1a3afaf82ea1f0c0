"""The generated object-centric log: its three forms say the same, and keep to the published schemas; LogFlow's bundles of them are one."""

import json

import logflow
import ocel_bundle
import ocel_compare
import ocel_corpus
import ocel_document

EVENTS, OBJECTS = 5_000, 1_500
NAMES = ("log.jsonocel", "log.xmlocel", "log.sqlite")


def check(tally):
    if "ocel-json" not in logflow.start(["generate", "--help"]).stdout:
        tally.skip("a generated log", "this binary makes no object-centric logs")
        return
    with logflow.folder() as folder:
        for name in NAMES:
            with tally.check(f"{name} is made"):
                write(folder / name)
        logs = {name: ocel_document.read(folder / name) for name in NAMES}
        first = logs[NAMES[0]]
        with tally.check("as many events and objects as asked for"):
            assert first.counts()[:2] == (EVENTS, OBJECTS), f"{first.counts()}"
        for name in NAMES[1:]:
            with tally.check(f"{NAMES[0]} and {name} are one log"):
                ocel_compare.same_logs(first, logs[name])
        schemas(tally, folder)
        if not ocel_corpus.binary_reads():
            tally.skip("the binary", "it reads no OCEL")
            return
        for name in NAMES:
            if not ocel_corpus.is_read(folder / name):
                tally.skip(name, "the binary takes it for no object-centric log")
                continue
            with tally.check(f"{name}, LogFlow's bundle"), logflow.folder() as into:
                # One log, so its bundle is one too, whatever form it came in.
                ocel_bundle.same(first, ocel_corpus.converted(folder / name, into), ordered=not name.endswith(".sqlite"))


def write(path):
    args = ["--events", str(EVENTS), "--objects", str(OBJECTS), "--seed", "1", "-o", str(path), "-q"]
    run = logflow.start(["generate", *args])
    assert run.exit == 0, run.stderr[:400]


def schemas(tally, folder):
    """By the schemas of the standard. The one for XML knows relations as `<object type>` only, and one type for an attribute's name: there the standard's own example fails too."""
    if not ocel_corpus.FOLDER.is_dir():
        tally.skip("the published schemas", f"there is no {ocel_corpus.FOLDER}")
        return
    with tally.check("the JSON is valid"):
        schema = json.loads((ocel_corpus.FOLDER / "schema_ocel2.json").read_text())
        fault(json.loads((folder / NAMES[0]).read_text(encoding="utf-8")), schema, "")
    with tally.check("the XML is valid"):
        from lxml import etree

        schema = etree.XMLSchema(etree.parse(str(ocel_corpus.FOLDER / "ocel2-validation.xsd")))
        text = (folder / NAMES[1]).read_bytes().replace(b"<relationship ", b'<object type="any" ')
        schema.validate(etree.fromstring(text))
        faults = [it for it in schema.error_log if "More than one match found for key-sequence" not in it.message]
        assert not faults, f"{faults[0]}"


def fault(value, schema, place):
    """Fails where the value isn't as the schema says; it knows the few words that the schema uses."""
    kinds = {"object": dict, "array": list, "string": str}
    unknown = set(schema) - {"$schema", "type", "properties", "items", "required", "format"}
    assert not unknown, f"the schema says {unknown}"
    assert isinstance(value, kinds[schema["type"]]), f"{place} is no {schema['type']}"
    if isinstance(value, dict):
        missing = set(schema.get("required", [])) - set(value)
        assert not missing, f"{place} has no {missing}"
        for name, inner in value.items():
            if name in schema["properties"]:
                fault(inner, schema["properties"][name], f"{place}/{name}")
    if isinstance(value, list):
        for at, inner in enumerate(value):
            fault(inner, schema["items"], f"{place}/{at}")
