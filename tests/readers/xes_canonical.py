"""A log in a form in which two logs are equal if they mean the same, straight from its elements and with nothing of a table in between.

What docs/xes.md promises to give back: the head in its order; traces and events in theirs; attributes of one element in any order, in lists
in theirs; numbers, booleans and dates by value. Comments, prefixes of the log's namespace and white space between elements are not kept.
"""

import json

import xes_document
import xes_text
import xes_values

# Children of these have an order that means something.
ORDERED = {"list", "container", "values"}
HEAD = {"extension": "extensions", "global": "globals", "classifier": "classifiers"}


def read(path):
    """The log as lists and dicts: `log` its own XML attributes, each part of the head, and `body`, traces and events."""
    parts = {"extensions": [], "globals": [], "classifiers": [], "attributes": [], "body": []}

    def take(child):
        if child.is_a("trace") or child.is_a("event"):
            parts["body"].append(element(child))
        else:
            parts[HEAD.get(child.tag, "attributes") if child.xes else "attributes"].append(element(child))

    log, declaration = xes_document.read(xes_text.read(path), take)
    xml = {name: value for name, value in log.xml.items() if name != declaration}
    return {"log": xml, "namespace": log.xml.get(declaration, "")} | parts


def element(it):
    """[tag, key, value, other XML attributes, text, children]."""
    children = [element(child) for child in it.children]
    if it.is_a("trace"):
        # Attributes first; then events, whose order is the log's.
        children = [
            sorted((one for one, child in zip(children, it.children) if not child.is_a("event")), key=json.dumps),
            [one for one, child in zip(children, it.children) if child.is_a("event")],
        ]
    elif it.xes and it.tag not in ORDERED:
        children.sort(key=json.dumps)
    value = it.value
    if it.xes and value is not None:
        # Not a number: it would be unequal to itself.
        value = repr(xes_values.meaning(it.tag, value))
    return [it.tag, it.key, value, sorted(it.further.items()), it.said, children]


def same(one, two):
    """Fails with the first place at which two logs differ."""
    for part in one:
        ours, theirs = one[part], two[part]
        if ours == theirs:
            continue
        if isinstance(ours, list):
            for index, pair in enumerate(zip(ours, theirs)):
                assert pair[0] == pair[1], f"{part}, number {index + 1}: {short(pair[1])}, not {short(pair[0])}"
            raise AssertionError(f"{part}: {len(theirs)} in place of {len(ours)}")
        raise AssertionError(f"{part}: {short(theirs)}, not {short(ours)}")


def short(value):
    return json.dumps(value, ensure_ascii=False)[:400]
