"""How a CSV file is written, said once for Python's csv module and for DuckDB; and its text, by Python's own codecs."""

import bz2
import csv
import gzip
import io
import lzma

import pyarrow as pa

PACKED = {
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".xz": lzma.decompress,
    ".zst": lambda packed: pa.input_stream(io.BytesIO(packed), compression="zstd").read(),
}


class Dialect:
    """`delimiter`, `quote`, `escape` (None: quotes are doubled), `comment`, `skip` lines, `header`, `space` after
    delimiters, `encoding` by Python's name."""

    def __init__(
        self, delimiter=",", quote='"', escape=None, comment=None, skip=0, header=True, space=False, encoding="utf-8"
    ):
        self.delimiter, self.quote, self.escape, self.comment = delimiter, quote, escape, comment
        self.skip, self.header, self.space, self.encoding = skip, header, space, encoding

    def text(self, path):
        """The text of the file, unpacked and decoded, line ends as they are."""
        content = path.read_bytes()
        return PACKED.get(path.suffix, lambda it: it)(content).decode(self.encoding)

    def cells(self, path):
        """Rows of texts as Python's csv module reads them, header left out; it can't tell "" from nothing."""
        # With newline="" lines end at CR, LF and CR LF, and the reader sees them as they are.
        lines = list(io.StringIO(self.text(path), newline=""))[self.skip :]
        if self.comment:
            lines = [line for line in lines if not line.startswith(self.comment)]
        rows = csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar=self.escape,
            doublequote=self.escape is None,
            skipinitialspace=self.space,
            strict=True,
        )
        # A blank line comes as a row of no fields.
        rows = [row for row in rows if row]
        return rows[1:] if self.header else rows
