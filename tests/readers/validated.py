"""`logflow validate`: what was put into a sound log is what is found, no more and no less, at the place where it stands; in all forms."""

import collections
import contextlib
import json
import random
import sqlite3
import xml.etree.ElementTree as ET

import logflow
import ocel_generated
import xes_corpus

EVENTS = range(100, 1600, 50)
RULES = ("references", "relations", "types", "times", "values", "identifiers", "attributes")


def check(tally):
    if "validate" not in logflow.start(["--help"]).stdout:
        tally.skip("validate", "this binary has no such command")
        return
    with logflow.folder() as folder:
        for name, change in FORMS.items():
            path = folder / name
            with tally.check(f"{name}: a sound log is valid"):
                ocel_generated.write(path)
                assert validated(path)[0] == 0, validated(path)[1]["violations"][:3]
            for seed in range(5):
                with tally.check(f"{name}: what is put in is found, seed {seed}"):
                    changed = folder / f"{seed}-{name}"
                    expected = change(path, changed, random.Random(seed))
                    code, found = validated(changed)
                    rules = collections.Counter(it["rule"].removeprefix("OCEL 2.0, ") for it in found["violations"])
                    assert code == 3 and rules == expected, f"expected {expected}, found {rules}"
                    assert found["count"] == sum(expected.values())
                    places(changed, found["violations"])
            with tally.check(f"{name}: convert counts the same"):
                doubles(folder, name, change)
    bundles(tally)
    xes(tally)


def validated(path):
    """Exit code, and what was found."""
    run = logflow.start(["validate", str(path), "--format", "json", "--limit", "0"])
    assert run.exit in (0, 3), run.stderr[:400]
    return run.exit, json.loads(run.stdout)


def picked(chance):
    """Which event gets which fault, each another one."""
    events = chance.sample(EVENTS, len(RULES) * 2)
    return [(RULES[at % len(RULES)], event) for at, event in enumerate(events)]


def in_json(path, changed, chance):
    log = json.loads(path.read_text())
    expected = collections.Counter()
    declared = {of["name"]: {it["name"]: it["type"] for it in of["attributes"]} for of in log["eventTypes"]}
    for rule, at in picked(chance):
        event = log["events"][at]
        numbers = [it for it in event["attributes"] if declared[event["type"]][it["name"]] in ("integer", "float")]
        match rule:
            case "references":
                event["relationships"][0]["objectId"] = f"nobody {at}"
            case "relations":
                event["relationships"].append(dict(event["relationships"][0]))
            case "types":
                # Nothing is known then of its attributes.
                event["type"] = "unheard of"
            case "times":
                event["time"] = "yesterday"
            case "values" if numbers:
                numbers[0]["value"] = "a few"
            case "identifiers":
                event["id"] = log["events"][at - 1]["id"]
            case "attributes":
                event["attributes"].append({"name": "surprise", "value": "1"})
            case _:
                continue
        expected[rule] += 1
    changed.write_text(json.dumps(log, ensure_ascii=False))
    return expected


def in_xml(path, changed, chance):
    tree = ET.parse(path)
    root = tree.getroot()
    expected = collections.Counter()
    declared = {
        of.get("name"): {it.get("name"): it.get("type") for it in of.iter("attribute")} for of in root.iter("event-type")
    }
    events = list(root.find("events"))
    for rule, at in picked(chance):
        event = events[at]
        attributes = event.find("attributes")
        given = [] if attributes is None else list(attributes)
        numbers = [it for it in given if declared[event.get("type")][it.get("name")] in ("integer", "float")]
        relations = event.find("objects")
        match rule:
            case "references":
                relations[0].set("object-id", f"nobody {at}")
            case "relations":
                relations.append(relations[0])
            case "types":
                event.set("type", "unheard of")
            case "times":
                event.set("time", "yesterday")
            case "values" if numbers:
                numbers[0].text = "a few"
            case "identifiers":
                event.set("id", events[at - 1].get("id"))
            case "attributes" if attributes is not None:
                ET.SubElement(attributes, "attribute", name="surprise").text = "1"
            case _:
                continue
        expected[rule] += 1
    tree.write(changed, encoding="utf-8", xml_declaration=True)
    return expected


def in_sqlite(path, changed, chance):
    changed.write_bytes(path.read_bytes())
    expected = collections.Counter()
    with contextlib.closing(sqlite3.connect(changed)) as database:
        rows = database.execute("SELECT ocel_id, ocel_type FROM event ORDER BY rowid").fetchall()
        tables = dict(database.execute("SELECT ocel_type, ocel_type_map FROM event_map_type"))
        for table in ("event_object", "event"):
            # Without their keys, so that what a key forbids can be put in.
            names = [it[1] for it in database.execute(f"PRAGMA table_info({table})")]
            columns = ", ".join(names)
            database.execute(f"CREATE TABLE copied AS SELECT {columns} FROM {table}")
            database.execute(f"DROP TABLE {table}")
            database.execute(f"ALTER TABLE copied RENAME TO {table}")
        for rule, at in picked(chance):
            event, of = rows[at]
            own = f'"event_{tables[of]}"'
            related = "SELECT min(rowid) FROM event_object WHERE ocel_event_id = ?"
            match rule:
                case "references":
                    database.execute(
                        f"UPDATE event_object SET ocel_object_id = ? WHERE rowid = ({related})", (f"nobody {at}", event)
                    )
                case "relations":
                    database.execute(f"INSERT INTO event_object SELECT * FROM event_object WHERE rowid = ({related})", (event,))
                case "times":
                    database.execute(f"UPDATE {own} SET ocel_time = 'yesterday' WHERE ocel_id = ?", (event,))
                case "identifiers":
                    database.execute("INSERT INTO event VALUES (?, ?)", (event, of))
                case "types":
                    database.execute("INSERT INTO event VALUES (?, 'unheard of')", (f"new {at}",))
                    # It has no table, and so no row and no time either.
                    expected["complete"] += 0
                case _:
                    continue
            expected[rule] += 1
        database.commit()
    # The type that is not declared has no table: said once.
    expected["tables"] = 1
    return +expected


FORMS = {"log.jsonocel": in_json, "log.xmlocel": in_xml, "log.sqlite": in_sqlite}


def places(path, violations):
    """A fault in a text stands where it is said to stand: line and column are those of the byte, and the words are there."""
    if path.suffix == ".sqlite":
        assert all(it["table"] and (it["row"] or it["table"] == "sqlite_schema") for it in violations)
        return
    text = path.read_bytes()
    for it in violations:
        before = text[: it["byte"]].decode()
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        assert (it["line"], it["column"]) == (line, column), it
        for word in ("nobody", "unheard of", "yesterday", "a few", "surprise"):
            if f'"{word}' in it["what"]:
                assert text[it["byte"] :].startswith(word.encode()), it


def doubles(folder, name, change):
    """What convert counts of references is what was put in."""
    changed = folder / f"counted-{name}"
    expected = change(folder / name, changed, random.Random(99))
    out = folder / ("out-" + name.replace(".", "-"))
    run = logflow.start(["convert", str(changed), "-o", str(out), "--on-bad-row", "reject", "--report", "json"])
    assert run.exit in (0, 4), run.stderr[:400]
    found = run.report["references"]
    got = (found["dangling_references"], found["duplicate_relations"])
    assert got == (expected["references"], expected["relations"]), f"{found}, put in {expected}"
    assert name.endswith(".sqlite") or found["duplicate_events"] == expected["identifiers"], f"{found}, put in {expected}"


def bundles(tally):
    """A bundle is valid until one of its bytes is another."""
    with logflow.folder() as folder:
        ocel_generated.write(folder / "log.jsonocel")
        run = logflow.start(["convert", str(folder / "log.jsonocel"), "-o", str(folder / "bundle"), "-q"])
        assert run.exit == 0, run.stderr[:400]
        with tally.check("a bundle is valid"):
            assert validated(folder / "bundle")[0] == 0
        for file in sorted((folder / "bundle").rglob("*.parquet"))[::4]:
            with tally.check(f"a byte of {file.name} is another"):
                before = file.read_bytes()
                file.write_bytes(before[:20] + bytes([before[20] ^ 1]) + before[21:])
                code, found = validated(folder / "bundle")
                assert code == 3 and [it["file"] for it in found["violations"]] == [str(file.relative_to(folder / "bundle"))]
                file.write_bytes(before)


def xes(tally):
    """Logs that keep to the standard, and logs made to break it."""
    for name, code in (("correct", 0), ("non_parsing", 3)):
        if not (xes_corpus.FOLDER / "promi" / name).is_dir():
            tally.skip(name, "there is no corpus")
            continue
        for path in sorted((xes_corpus.FOLDER / "promi" / name).iterdir()):
            with tally.check(f"{path.name} is {'valid' if code == 0 else 'not valid'}"):
                assert validated(path)[0] == code, validated(path)[1]["violations"][:3]
