"""The text of an XES file as UTF-8, whatever it is packed and written in: by Python's own gzip and codecs.

What decides is the content and never the name: gzip by its magic number, all members; a byte order mark before what the XML declaration
names (XML 1.0 §4.3.3, appendix F), and UTF-8 without either. A mark of UTF-8 stays, so that offsets are those in the file.
"""

import codecs
import gzip
import re
import zlib

GZIP = b"\x1f\x8b"
DECLARED = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["'][^>]*\?>""")
# Browsers, and so the WHATWG's table of labels, read these as what nearly everyone means by them.
MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"}


class Malformed(Exception):
    """What is no XES text: `at` is the byte of the text at which that shows, None where there is none."""

    def __init__(self, why, at=None):
        super().__init__(f"{why}, byte {at}")
        self.at = at


def read(path):
    """The text as bytes of UTF-8; raises Malformed for what is packed or encoded badly."""
    content = path.read_bytes()
    if content.startswith(GZIP):
        try:
            content = gzip.decompress(content)
        except (EOFError, OSError, zlib.error) as error:
            raise Malformed(str(error)) from error
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if content.startswith(mark):
            return decoded(content[len(mark) :], encoding).encode()
    if content.startswith(codecs.BOM_UTF8):
        decoded(content, "utf-8")
        return content
    declared = DECLARED.match(content)
    encoding = named(declared[1].decode()) if declared else "utf-8"
    text = decoded(content, encoding)
    return content if encoding == "utf-8" else text.encode()


def named(label):
    """Python's name of a declared encoding."""
    try:
        name = codecs.lookup(label).name
    except LookupError as error:
        raise Malformed(f"no encoding is called {label}") from error
    if name.startswith(("utf-16", "utf-32")):
        raise Malformed(f"{label} is declared in single bytes")
    return MEANT.get(name, name)


def decoded(content, encoding):
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Malformed(f"no {encoding}", error.start) from error
