"""What stands in one event or trace, cell by cell: which column, which type, which value, where in the file."""

import collections

# Columns of their own, for what has no column.
DUPLICATES, OTHER, TYPES, TRACE = "@duplicates", "@other", "@types", "@trace"
# `path` are the keys from the outside in, or one of the names above if `special`; `nested` means that each value is a whole node.
Place = collections.namedtuple("Place", "scope path nested special")
# `value` is the text, a node, or a list of nodes; `at` the byte of its element, which is the event or trace for what has no column.
Cell = collections.namedtuple("Cell", "place tag value at")


def of(scope, element, skip=()):
    """The cells of an event or trace (`scope`); children with a tag in `skip` are none of its attributes and nothing else either."""
    reading = Reading(scope, skip)
    reading.inside(element, ())
    return reading.cells + [
        Cell(Place(scope, (name,), False, True), None, nodes, element.at)
        for name, nodes in ((DUPLICATES, reading.duplicates), (OTHER, reading.other))
        if nodes
    ]


class Reading:
    """One walk through an event or trace in document order."""

    def __init__(self, scope, skip):
        self.scope, self.skip, self.cells = scope, skip, []
        self.duplicates, self.other = [], []

    def inside(self, element, path):
        """What stands in an element whose column has this path: the event or trace itself, or a plain attribute."""
        if element.further or (not path and element.xml):
            self.other.append({"path": list(path), "xml": element.further if path else element.xml})
        keys = set()
        for index, child in enumerate(element.children):
            self.text(element, index, path)
            if not path and child.xes and child.tag in self.skip:
                continue
            if child.attribute and child.key in keys:
                self.duplicates.append(node(child, path))
            elif child.attribute:
                keys.add(child.key)
                self.attribute(child, path + (child.key,))
            elif child.xes and child.tag_is_plain and child.key is not None:
                it = node(child)
                del it["key"]
                self.other.append({"path": [*path, child.key], **it})
            else:
                self.other.append(node(child, path))
        self.text(element, len(element.children), path)

    def text(self, element, index, path):
        """Stretches of text that stand before the child of this number."""
        for before, text in element.stretches:
            if before == index:
                self.other.append({"text": text} | ({"under": list(path)} if path else {}))

    def attribute(self, element, path):
        place = Place(self.scope, path, element.nested, False)
        if element.nested:
            self.cells.append(Cell(place, element.tag, node(element), element.at))
        else:
            self.cells.append(Cell(place, element.tag, element.value, element.at))
            self.inside(element, path)


def node(element, under=()):
    """An element as JSON; `under` are the keys that it stands in."""
    it = {} if element.tag is None else {"tag": element.tag}
    if element.key is not None:
        it["key"] = element.key
    if element.value is not None:
        it["value"] = element.value
    if element.further:
        it["xml"] = element.further
    if element.children:
        it["children"] = [node(child) for child in element.children]
    if element.said is not None:
        it["text"] = element.said
    return it | ({"under": list(under)} if under else {})
