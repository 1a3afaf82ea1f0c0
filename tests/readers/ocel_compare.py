"""Whether two files say the same log: tables as the bundle would have them, values by their declared types."""

import ocel_bundle
import ocel_log


def same_logs(one, other, zone="UTC", ordered=True):
    """Fails unless both logs have the same tables with the same rows, in the same order if that is asked for. Times without a zone are taken for times in `zone`."""
    for what in ("event_types", "object_types"):
        ours, theirs = (getattr(it, what) for it in (one, other))
        assert ours == theirs, f"{what}: {theirs}, not {ours}"
    left, right = ocel_bundle.expected(one), ocel_bundle.expected(other)
    for name, table in left.items():
        ours, theirs = (rows(it, zone) for it in (table, right[name]))
        if not ordered:
            ours, theirs = (sorted(it, key=repr) for it in (ours, theirs))
        assert len(ours) == len(theirs), f"{name}: {len(theirs)} rows, not {len(ours)}"
        for at, (row, found) in enumerate(zip(ours, theirs)):
            assert row == found, f"{name}, row {at}: {found}, not {row}"


def rows(table, zone):
    """Rows of an ocel_bundle.Expected with values by their declared types; what doesn't fit is text."""
    kinds = table.kinds.values()
    return [tuple(value(it, kind, zone) for it, kind in zip(row, kinds)) for row in table.rows]


def value(written, kind, zone):
    if written is None:
        return None
    said = ocel_log.said(written, kind, zone)
    return ocel_log.text(written) if said is None else said
