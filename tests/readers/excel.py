"""Workbooks: cell by cell against openpyxl and python-calamine, and workbooks that LogFlow writes as openpyxl reads them."""

import datetime
import decimal
import json
import math
import subprocess
import warnings

import openpyxl
import pyarrow.parquet as pq
import python_calamine

import logflow

FOLDER = logflow.SHARED / "corpus" / "xlsx"
UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1899, 12, 30)
# Encrypted; the others have no sheet with a value, by openpyxl or python-calamine.
PROTECTED = {"pass_protected.xlsb", "pass_protected.xlsx"}
# Cells in which readers differ, with who is right and why.
KNOWN = {
    # The standard writes a carriage return so (ECMA-376 part 1, 22.9.2.19): LogFlow and calamine undo it.
    ("has_x000D_.xlsx", "openpyxl_sheets"): "openpyxl leaves _x000D_ as it is",
    ("has_x000D_inline.xlsx", "openpyxl_sheets"): "openpyxl leaves _x000D_ as it is",
    # The file names its code page, which calamine heeds from 0.36 on and its Python binding does not.
    ("biff5-rich-text-string.xls", "calamine_sheets"): "letters beyond ASCII of a rich text",
}


def check(tally):
    """All of it."""
    with tally.check("values that openpyxl writes"):
        check_written_by_openpyxl()
    with tally.check("a workbook that LogFlow writes"):
        check_written_by_logflow()
    if not FOLDER.is_dir():
        tally.skip("corpus", f"{FOLDER} is not there")
        return
    for path in sorted(FOLDER.iterdir()):
        if path.name in PROTECTED:
            with tally.check(path.name), logflow.folder() as into:
                run = start(path, into, "--sheet", "1")
                assert run.returncode == 1 and "password" in run.stderr, run.stderr
            continue
        for reader in (calamine_sheets, openpyxl_sheets):
            sheets = reader(path)
            if sheets is None:
                continue
            if why := KNOWN.get((path.name, reader.__name__)):
                tally.skip(f"{path.name}, {reader.__name__}", why)
                continue
            for number, (name, rows) in enumerate(sheets, 1):
                with tally.check(f"{path.name}, sheet {name!r}, {reader.__name__}"), logflow.folder() as into:
                    compare(path, number, rows, into)


def start(path, into, *args):
    command = [logflow.BINARY, "convert", str(path), "-o", str(into / "out.parquet"), "--report", "json", *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=logflow.PATIENCE_SECONDS)


def calamine_sheets(path):
    """Name and rows of each sheet; rows as dicts from column to value, empty cells left out."""
    book = python_calamine.CalamineWorkbook.from_path(path)
    found = []
    for sheet in book.sheets_metadata:
        if str(sheet.typ).rsplit(".", 1)[-1] != "WorkSheet":
            found.append((sheet.name, None))
            continue
        data = book.get_sheet_by_name(sheet.name)
        left = data.start[1] if data.start else 0
        rows = data.to_python(skip_empty_area=True)
        found.append((sheet.name, [{left + at: cell for at, cell in enumerate(row) if cell != ""} for row in rows]))
    return found


def openpyxl_sheets(path):
    """The same by openpyxl, which reads Office Open XML alone."""
    if path.suffix not in (".xlsx", ".xlsm"):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(path, data_only=True)
        except Exception as error:
            print(f"openpyxl does not read {path.name}: {error}")
            return None
    found = []
    for sheet in book:
        if not isinstance(sheet, openpyxl.worksheet.worksheet.Worksheet):
            found.append((sheet.title, None))
            continue
        rows = []
        for row in sheet.iter_rows():
            cells = {}
            for cell in row:
                if cell.value is not None and cell.value != "":
                    cells[cell.column - 1] = None if cell.data_type == "e" else cell.value
            rows.append(cells)
        found.append((sheet.title, rows))
    return found


def compare(path, number, rows, into):
    """Holds the rows of a sheet as LogFlow reads them against those of another reader."""
    run = start(path, into, "--sheet", str(number), "--header", "no")
    if rows is None:
        assert run.returncode == 2 and "LF501" in run.stderr, run.stderr
        return
    rows = [row for row in rows if row]
    if not rows:
        # A cell may hold an empty text, which the other readers take for none.
        if run.returncode == 1:
            assert "LF104" in run.stderr, run.stderr
            return
    assert run.returncode == 0, run.stderr
    table = pq.read_table(into / "out.parquet")
    ours = [[value for value in column.to_pylist()] for column in table.columns]
    mine = [[column[at] for column in ours] for at in range(table.num_rows)]
    mine = [row for row in mine if any(value not in (None, "") for value in row) or rows_with_errors(rows)]
    rows = [row for row in rows if any(shown(value) not in (None, "") for value in row.values()) or rows_with_errors(rows)]
    assert len(mine) == len(rows), f"{len(mine)} rows, and {len(rows)}"
    first = min((min(row) for row in rows if row), default=0)
    # Columns are numbered from the first that has a cell, which may hold an empty text.
    empty = [all(value in (None, "") for value in column) for column in ours]
    first -= next((at for at, is_empty in enumerate(empty) if not is_empty), 0)
    places = [first + int(name.removeprefix("column_")) - 1 for name in table.column_names]
    for at, (own, other) in enumerate(zip(mine, rows)):
        for place, value, name in zip(places, own, table.column_names):
            expected = other.get(place)
            assert same(value, expected), f"row {at}, {name}: {value!r}, and {expected!r}"
        missed = [place for place in other if place not in places and shown(other[place]) not in (None, "")]
        assert not missed, f"row {at}: columns {missed} are not there"


def rows_with_errors(rows):
    return any(shown(value) is None for row in rows for value in row.values())


def shown(value):
    """None for an error."""
    if isinstance(value, str) and value.startswith("#") and value in {
        "#N/A", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#GETTING_DATA", "#SPILL!", "#CALC!"
    }:
        return None
    return value


def same(own, other):
    """Whether a value is the same, however its column is typed."""
    other = shown(other)
    if own in (None, "") or other in (None, ""):
        return own in (None, "") and other in (None, "")
    if isinstance(own, str):
        return own == other or own in texts(other) or own.replace("\r\n", "\n") == other
    if isinstance(own, bool) or isinstance(other, bool):
        return own == other
    if isinstance(own, (int, float, decimal.Decimal)):
        return isinstance(other, (int, float)) and math.isclose(own, other, rel_tol=0, abs_tol=0)
    return abs(micros(own) - micros(other)) <= 1000


def texts(value):
    """How LogFlow may write a value in a column of text."""
    if isinstance(value, bool):
        return {str(value).lower()}
    if isinstance(value, float):
        whole = {str(int(value))} if value.is_integer() else set()
        return {format(decimal.Decimal(repr(value)), "f"), repr(value)} | whole
    if isinstance(value, datetime.datetime):
        plain = value.isoformat(sep=" ")
        near = (value + datetime.timedelta(microseconds=500)).replace(microsecond=0).isoformat(sep=" ")
        millis = value.isoformat(sep=" ", timespec="milliseconds")
        return {plain, near, millis, plain.removesuffix(" 00:00:00"), value.date().isoformat(), value.time().isoformat()}
    if isinstance(value, datetime.date):
        return {value.isoformat(), f"{value.isoformat()} 00:00:00"}
    if isinstance(value, datetime.time):
        return {value.isoformat(), value.isoformat(timespec="milliseconds")}
    if isinstance(value, datetime.timedelta):
        seconds = value.total_seconds()
        hours, rest = divmod(int(seconds), 3600)
        return {f"{hours:02}:{rest // 60:02}:{rest % 60:02}"}
    return {str(value)}


def micros(value):
    """A date, a time or a duration in microseconds, on one scale."""
    if isinstance(value, datetime.datetime):
        value = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return (value - EPOCH) // datetime.timedelta(microseconds=1)
    if isinstance(value, datetime.date):
        return micros(datetime.datetime(value.year, value.month, value.day))
    if isinstance(value, datetime.time):
        return ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond
    if isinstance(value, datetime.timedelta):
        return value // datetime.timedelta(microseconds=1)
    raise AssertionError(f"{value!r} is no time")


def check_written_by_openpyxl():
    """Values of every kind, written by openpyxl, come back with their types."""
    moment = datetime.datetime(2024, 2, 29, 23, 59, 59, 999000)
    rows = [
        ["case", "when", "day", "at", "took", "amount", "count", "open", "code", "mixed", "error", "none"],
        ["a", moment, datetime.date(1999, 12, 31), datetime.time(8, 30), datetime.timedelta(hours=30), 1.5, 2**53, True, "007", 1, "#N/A", None],
        ["ä€😀\n\"x\"", moment, datetime.date(1901, 1, 1), datetime.time(23, 59, 59), datetime.timedelta(seconds=1), -0.1, -1, False, "1e5", "x", 3, None],
        [None, None, None, None, None, None, None, None, None, None, None, None],
        [" padded ", moment, None, None, None, 1e300, 0, None, None, 2.5, 4, None],
    ]
    for epoch in (openpyxl.utils.datetime.WINDOWS_EPOCH, openpyxl.utils.datetime.MAC_EPOCH):
        with logflow.folder() as folder:
            book = openpyxl.Workbook()
            book.epoch = epoch
            if epoch == openpyxl.utils.datetime.MAC_EPOCH:
                rows[2][2] = datetime.date(1905, 1, 1)
            for row in rows:
                book.active.append(row)
            # A text that looks like an error is one here.
            book.active["K2"].data_type = "e"
            book.save(folder / "book.xlsx")
            run = start(folder / "book.xlsx", folder)
            assert run.returncode == 0, run.stderr
            table = pq.read_table(folder / "out.parquet")
            types = {field.name: str(field.type) for field in table.schema}
            assert types == {
                "case": "string", "when": "timestamp[us, tz=UTC]", "day": "date32[day]", "at": "time64[us]",
                "took": "duration[us]", "amount": "double", "count": "int64", "open": "bool", "code": "string",
                "mixed": "string", "error": "int64", "none": "string",
            }, types
            found = [list(row.values()) for row in table.to_pylist()]
            expected = [row for row in rows[1:] if any(value is not None for value in row)]
            for own, other in zip(found, expected, strict=True):
                for name, value, wanted in zip(rows[0], own, other):
                    assert same(value, wanted), f"{name}: {value!r}, and {wanted!r}"


def check_written_by_logflow():
    """What LogFlow writes to xlsx is what openpyxl reads, and what LogFlow reads back."""
    text = 'case,activity,time,day,amount,count,open,note\n'
    text += '1,"a<b>&\'""",2024-05-01 10:00:00.125,2024-05-01,1.5,7,true,"two\nlines"\n'
    text += '2, padded ,1999-12-31 23:59:59,1950-01-01,-0.001,9007199254740993,false,_x000D_\n'
    text += '3,,,,,,,\n'
    with logflow.folder() as folder:
        (folder / "log.csv").write_text(text)
        run = subprocess.run([logflow.BINARY, "convert", folder / "log.csv", "-o", folder / "log.xlsx"], capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(folder / "log.xlsx").active.iter_rows()]
        assert rows[0] == "case activity time day amount count open note".split(), rows[0]
        assert rows[1] == [
            1, "a<b>&'\"", datetime.datetime(2024, 5, 1, 10, 0, 0, 125000), datetime.datetime(2024, 5, 1), 1.5, 7, True, "two\nlines"
        ], rows[1]
        # A double does not hold the number: it is text, with all of its digits.
        assert rows[2][:7] == [
            2, " padded ", datetime.datetime(1999, 12, 31, 23, 59, 59), datetime.datetime(1950, 1, 1), -0.001, "9007199254740993", False
        ], rows[2]
        assert rows[3] == [3] + [None] * 7, rows[3]
        calamine = python_calamine.CalamineWorkbook.from_path(folder / "log.xlsx").get_sheet_by_index(0).to_python()
        assert calamine[1][1] == "a<b>&'\"" and calamine[2][7] == "_x000D_", calamine
        both = [folder / "csv.parquet", folder / "xlsx.parquet"]
        for source, output in zip(("log.csv", "log.xlsx"), both):
            subprocess.run([logflow.BINARY, "convert", folder / source, "-o", output], check=True, capture_output=True)
        one, other = (pq.read_table(path).drop_columns(["count"]) for path in both)
        assert one.to_pylist() == other.to_pylist(), "the workbook has other values than the log"
