"""Makes the workbooks of this folder: python3 -m venv v && v/bin/pip install openpyxl && v/bin/python make.py

openpyxl writes them, so that no workbook is read by the program that wrote it. What must come out of them stands in
tests/cli/excel.rs.
"""

import datetime
import pathlib
import zipfile

import openpyxl

HERE = pathlib.Path(__file__).parent
NOON = datetime.datetime(2024, 5, 1, 12, 0, 0)


def save(book, name):
    """Saves a workbook whose bytes do not depend on the day."""
    book.properties.created = book.properties.modified = datetime.datetime(2024, 1, 1)
    book.save(HERE / name)


# Titles, a blank row, a header with a missing and a doubled name, values of each kind, an error, merged and hidden cells.
book = openpyxl.Workbook()
sheet = book.active
sheet.title = "Visits"
sheet["B2"] = "Visits of the clinic"
sheet["B3"], sheet["C3"] = "as of", datetime.date(2024, 5, 2)
rows = [
    ["case", "activity", "time", "day", "at", "took", "cost", "count", "urgent", "code", None, "cost"],
    ["p1", "Triage", NOON, datetime.date(2024, 5, 1), datetime.time(8, 30), datetime.timedelta(hours=30), 1.5, 3, True, "007", "x", 1],
    ["p1", "Surgery", NOON + datetime.timedelta(milliseconds=125), datetime.date(1900, 1, 1), datetime.time(23, 59, 59), datetime.timedelta(minutes=1), 2, 4, False, "008", None, 2],
    [None] * 12,
    ["p2", " Triage ", None, None, None, None, "NA", None, None, "9", None, "many"],
]
for number, row in enumerate(rows, 5):
    for column, value in enumerate(row, 2):
        cell = sheet.cell(number, column, value)
        if isinstance(value, datetime.timedelta):
            cell.number_format = "[h]:mm:ss"
sheet["E9"] = "#N/A"
sheet["E9"].data_type = "e"
sheet.merge_cells("F9:G9")
sheet.row_dimensions[7].hidden = True
save(book, "visits.xlsx")

# Three sheets with values, one of them hidden, and an empty one; a table and an area with names.
book = openpyxl.Workbook()
first = book.active
first.title = "North"
for row in [["case", "amount"], ["n1", 1], ["n2", 2]]:
    first.append(row)
second = book.create_sheet("South ~ 2")
for row in [["case", "amount", "note"], ["s1", 2.5, "late"]]:
    second.append(row)
book.create_sheet("Empty")
third = book.create_sheet("Hidden")
third.sheet_state = "hidden"
for row in [["case", "amount"], ["h1", "unknown"]]:
    third.append(row)
first.add_table(openpyxl.worksheet.table.Table(displayName="Amounts", ref="A1:B2"))
book.defined_names["Second"] = openpyxl.workbook.defined_name.DefinedName("Second", attr_text="'South ~ 2'!$A$1:$B$2")
save(book, "sheets.xlsx")

# Days of the 1904 system.
book = openpyxl.Workbook()
book.epoch = openpyxl.utils.datetime.MAC_EPOCH
for row in [["case", "day"], ["a", datetime.date(2024, 2, 29)], ["b", datetime.date(1904, 1, 2)]]:
    book.active.append(row)
save(book, "epoch_1904.xlsx")

# OpenDocument: repeated cells and rows, a comment, several paragraphs, a hidden sheet.
CONTENT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">
<office:automatic-styles><style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style></office:automatic-styles>
<office:body><office:spreadsheet>
<table:table table:name="Log"><table:table-column/>
<table:table-row><table:table-cell office:value-type="string"><text:p>case</text:p></table:table-cell><table:table-cell office:value-type="string"><office:annotation><text:p>a comment</text:p></office:annotation><text:p>time</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>took</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>note</text:p></table:table-cell></table:table-row>
<table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="float" office:value="7"><text:p>7.00</text:p></table:table-cell><table:table-cell office:value-type="date" office:date-value="2024-05-01T12:00:00"><text:p>1 May</text:p></table:table-cell><table:table-cell office:value-type="time" office:time-value="PT25H30M00S"><text:p>25:30</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>a<text:s text:c="2"/>b</text:p><text:p>c</text:p></table:table-cell><table:table-cell table:number-columns-repeated="1000"/></table:table-row>
<table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
<table:table-row><table:table-cell office:value-type="float" office:value="8"/><table:table-cell/><table:table-cell office:value-type="string" calcext:value-type="error"><text:p>#N/A</text:p></table:table-cell></table:table-row>
</table:table>
<table:table table:name="Secret" table:style-name="ta2"><table:table-row><table:table-cell office:value-type="boolean" office:boolean-value="true"/></table:table-row></table:table>
</office:spreadsheet></office:body></office:document-content>"""
with zipfile.ZipFile(HERE / "log.ods", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr(zipfile.ZipInfo("mimetype"), "application/vnd.oasis.opendocument.spreadsheet")
    archive.writestr(zipfile.ZipInfo("content.xml"), CONTENT)
