"""`logflow inspect` on the workbook of DaQAPO's documentation: its sheet as CSV, and the answers that the documentation prints."""

import csv
import json
import re
import zipfile
from xml.etree import ElementTree

import logflow

WORKBOOK = logflow.SHARED / "corpus" / "xlsx" / "daqapo_hospital.xlsx"
DATA = logflow.ROOT / "tests" / "data"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ROLES = [
    "--case-id", "patient_visit_nr", "--activity", "activity", "--timestamp", "complete_ts", "--start-timestamp", "start_ts",
    "--resource", "originator", "--null-words", "#N/A"
]
# For each check the number that the documentation prints of what is wrong, and of all where it does.
ANSWERS = {
    "activity-frequency": (3, None),
    "activity-order": (4, 22),
    "attribute-dependency": (2, 14),
    "case-id-gaps": (5, 27),
    "duration-bounds": (1, None),
    "inactive-period": (9, None),
    "required-activities": (18, 22),
    "allowed-activities": (4, None),
    "missing-role-values": (3, None),
    "missing-attributes": (1, None),
    "related-activities": (1, 6),
    "negative-durations": (4, None),
    "zero-durations": (1, None),
    # Seven are not in the range; one of them is missing, which is counted with the missing values.
    "value-range": (6, None),
}


def check(tally):
    if not WORKBOOK.exists():
        tally.skip("DaQAPO's hospital log", f"there is no {WORKBOOK}")
        return
    with tally.check("DaQAPO's hospital log"), logflow.folder() as folder:
        rows = cells(WORKBOOK)
        assert rows == list(csv.reader((DATA / "hospital.csv").open(newline=""))), "the workbook has other cells than the CSV"
        with (folder / "hospital.csv").open("w", newline="") as out:
            csv.writer(out).writerows(rows)
        run = logflow.start([
            "inspect", str(folder / "hospital.csv"), "--rules", str(DATA / "hospital_rules.toml"), "--format", "json", *ROLES
        ])
        assert run.exit == 0, run.stderr[:400]
        found = {it["id"]: (it["affected"], it["applicable"]) for it in json.loads(run.stdout)["checks"]}
        for name, (affected, applicable) in ANSWERS.items():
            assert found[name][0] == affected, f"{name}: {found[name]}"
            assert applicable is None or found[name][1] == applicable, f"{name}: {found[name]}"


def cells(path):
    """The first sheet of a workbook as rows of texts."""
    with zipfile.ZipFile(path) as book:
        words = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        words = ["".join(it.itertext()) for it in words.iter(f"{SHEET}si")]
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    rows = []
    for row in sheet.iter(f"{SHEET}row"):
        texts = {}
        for cell in row.iter(f"{SHEET}c"):
            value = cell.find(f"{SHEET}v")
            if value is not None:
                letter = re.match("[A-Z]+", cell.get("r"))[0]
                texts[letter] = words[int(value.text)] if cell.get("t") == "s" else value.text
        rows.append([texts.get(letter, "") for letter in "ABCDEFG"])
    return rows
