"""XES as elements, by expat: namespaces resolved, places kept, one child of the log at a time.

expat is told nothing of encodings (xes_text.py gives it UTF-8) and resolves no entities. Namespaces are resolved here, because the metadata
keep names and declarations as they are written, which expat's own resolution takes away.
"""

from xml.parsers import expat

from xes_text import Malformed

DEPTH = 256
# The attributes that hold others in place of a value.
NESTED = {"list", "container"}
PLAIN = {"string", "id", "date", "float", "int", "boolean"}
# XML's own white space; Python's has more.
SPACE = " \t\r\n"


def said(text):
    """Text if it is more than white space, else None."""
    return text if text.strip(SPACE) else None


class Element:
    """`tag` is the local name in the log's namespace and the name as written in any other, None for text between the log's children; `xml` all XML attributes as written;
    `at` the byte of its start tag; `text` what characters stand directly inside, put together; `stretches` of them, more than white space
    and with no markup within, as (how many children stand before, text)."""

    __slots__ = ("tag", "xes", "at", "xml", "children", "text", "stretches")

    def __init__(self, tag, xes, at, xml):
        self.tag, self.xes, self.at, self.xml = tag, xes, at, xml
        self.children, self.text, self.stretches = [], "", ()

    @property
    def key(self):
        return self.xml.get("key")

    @property
    def value(self):
        return self.xml.get("value")

    @property
    def nested(self):
        """Whether it is a list or a container."""
        return self.xes and self.tag in NESTED

    @property
    def attribute(self):
        """Whether it is an attribute by XES's idea: one of its tags, a key, and a value or what stands for it."""
        return self.xes and self.key is not None and (self.tag in NESTED or self.tag in PLAIN and self.value is not None)

    @property
    def further(self):
        """The XML attributes that XES does not know."""
        return {name: value for name, value in self.xml.items() if name not in ("key", "value")}

    @property
    def said(self):
        """The text inside if it is more than white space, else None."""
        return said(self.text)

    @property
    def tag_is_plain(self):
        """Whether it has the tag of an attribute with a value."""
        return self.tag in PLAIN

    def is_a(self, tag):
        return self.xes and self.tag == tag


def read(text, take):
    """Reads a log: calls `take(child)` for each whole child of the log in order; returns the log's element without children, and the name
    of the XML attribute that declares its namespace.

    Raises Malformed for what is no well-formed XML, no XES, or beyond a limit.
    """
    reader = Reader(take)
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.ordered_attributes = True
    reader.parser = parser
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.characters
    parser.CommentHandler = parser.StartCdataSectionHandler = parser.EndCdataSectionHandler = reader.between
    parser.ProcessingInstructionHandler = reader.between
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.SkippedEntityHandler = reader.entity
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise Malformed(expat.errors.messages[error.code], parser.ErrorByteIndex) from error
    return reader.log, ":".join(filter(None, ["xmlns", reader.prefix]))


class Reader:
    """expat's handlers."""

    def __init__(self, take):
        self.take, self.log, self.open, self.scopes, self.pending = take, None, [], [{"": "", "xml": "xml"}], ""

    def start(self, name, flat):
        xml = dict(zip(flat[::2], flat[1::2]))
        scope = self.scopes[-1]
        if any(it == "xmlns" or it.startswith("xmlns:") for it in xml):
            scope = scope | {it[6:]: uri for it, uri in xml.items() if it == "xmlns" or it.startswith("xmlns:")}
        self.scopes.append(scope)
        prefix, _, local = name.rpartition(":")
        # A prefix that nobody declares stands for itself.
        space = scope.get(prefix, ("undeclared", prefix))
        at = self.parser.CurrentByteIndex
        if self.log is None:
            if local != "log":
                raise Malformed(f"the root is {name}", at)
            self.space, self.prefix = space, prefix
        xes = space == self.space
        element = Element(local if xes else name, xes, at, xml)
        if self.log is None:
            self.log = element
        self.between()
        self.open.append(element)
        if len(self.open) > DEPTH:
            raise Malformed(f"deeper than {DEPTH} elements", at)

    def end(self, _):
        self.between()
        element = self.open.pop()
        self.scopes.pop()
        if len(self.open) == 1:
            self.take(element)
        elif self.open:
            self.open[-1].children.append(element)

    def characters(self, text):
        self.pending += text

    def between(self, *_):
        """Closes a stretch of text: something else follows. Directly in the log it is handed over like a child."""
        text, self.pending = self.pending, ""
        if not text:
            return
        if len(self.open) > 1:
            element = self.open[-1]
            element.text += text
            if said(text):
                element.stretches = (*element.stretches, (len(element.children), text))
        elif said(text):
            element = Element(None, False, self.parser.CurrentByteIndex, {})
            element.text = text
            self.take(element)

    def doctype(self, _name, _system, _public, internal):
        if internal:
            raise Malformed("a DTD inside the document", self.parser.CurrentByteIndex)

    def entity(self, name, _):
        raise Malformed(f"the entity {name}", self.parser.CurrentByteIndex)
