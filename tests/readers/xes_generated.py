"""Logs large enough to be cut into shards, of everything that a guess at a cut can take for something else: the same at every number of
threads, packed or not, in UTF-8 or UTF-16, and as our own reading has them."""

import gzip
import random

import logflow
import parquet
import xes_compare
import xes_fixture
import xes_table

EVENTS = 20_000
SEED = 1849
THREADS = [1, 2, 8]
# Longer than what a trace may have before it is taken apart, in events of about 150 bytes.
LONG = 15_000
LOOKS = "</event></trace> <trace><string key='concept:name' value='no'/><event> </log>"
BETWEEN = ["", "\n", "\r\n\t", f"<!-- {LOOKS} -->", f"<?x {LOOKS}?>", "<!----><?y?>"]
INSIDE = ["", "", "\n\t\t", f"<!-- {LOOKS} -->", f"<?x {LOOKS}?>"]
FOREIGN = [f"<note><![CDATA[{LOOKS}]]></note>", "<wrap><trace><event/></trace></wrap>", "<event.s/>", "<trace-x><event/></trace-x>"]
VALUES = ["a", "", "é支😀", "&lt;trace>&lt;event>", "/>&#10;&quot;>", " x\ty\n", "--> ]]> ?>", "&amp;lt;", "z" * 300]
NUMBERS = ["1", "+7", " 007 ", "9007199254740992", "-5"]
DATES = ["2024-03-01T08:00:00.000+01:00", "2024-03-01T08:00:00Z", "2024-03-01", "2024-02-29T23:59:59.999999"]
MORE = [
    '<int key="n" value="{number}"/>',
    '<date key="time:timestamp" value="{date}"/>',
    "<string value='{value}' key='single'/>",
    '<string key="nested" value="{value}"><int key="inside" value="{number}"><boolean key="deep" value="1"/></int></string>',
    '<list key="list"><values><string key="v" value="{value}"/><int key="v" value="{number}"/></values></list>',
    '<string key="twice" value="1"/><string key="twice" value="{value}"/>',
    '<string  key = "spaced"\n value\t=\n"{value}"  ></string >',
    '<string key="mixed" value="{value}"/>',
    '<int key="mixed" value="{number}"/>',
    '<string key="further" value="" more="{value}"/>',
]


class Writer:
    """Writes the same log for the same seed."""

    def __init__(self, seed):
        self.random, self.parts, self.events = random.Random(seed), [], 0

    def log(self, events):
        """A log of about so many events, with a trace that is long in its midst."""
        self.parts = ['<?xml version="1.0"?>\n<log xes.version="1.0" xmlns="http://www.xes-standard.org/">\n']
        long = events // 3
        while self.events < events:
            self.parts.append(self.any(BETWEEN))
            if self.random.random() < 0.1:
                self.event()
            elif self.random.random() < 0.05:
                self.parts.append("<trace/>")
            else:
                late = self.events > long > 0
                self.trace(LONG if late else self.random.randrange(8))
                long = 0 if late else long
        # A key, a type and a name that only the last trace has.
        self.parts.append('<trace><string key="last" value=""/><event><float key="n" value="0.5"/><id key="case:last" value="x"/></event></trace>')
        self.parts.append("\n</log>\n<!-- the end -->")
        return "".join(self.parts)

    def trace(self, events):
        self.parts.append(self.any(["<trace>", "<trace\n\t>"]))
        if self.random.random() < 0.95:
            # Few names, so that neighbours have the same.
            self.parts.append(f'<string key="concept:name" value="C{self.random.randrange(50)}"/>')
        if self.random.random() < 0.3:
            self.parts.append(self.filled(self.any(MORE)))
        for _ in range(events):
            self.parts.append(self.any(INSIDE))
            self.event()
        self.parts.append(self.any(INSIDE) + self.any(["</trace>", "</trace >"]))

    def event(self):
        self.events += 1
        if self.random.random() < 0.02:
            self.parts.append(self.any(["<event/>", "<event></event>", "<event \n/>"]))
            return
        self.parts.append(self.any(["<event>", "<event >"]) + f'<string key="concept:name" value="{self.any(VALUES)}"/>')
        if self.random.random() < 0.7:
            self.parts.extend(self.filled(it) for it in self.random.sample(MORE, self.random.randrange(4)))
        if self.random.random() < 0.05:
            self.parts.append(self.any(FOREIGN))
        self.parts.append(self.any(INSIDE) + "</event>")

    def any(self, those):
        return self.random.choice(those)

    def filled(self, template):
        return template.format(value=self.any(VALUES), number=self.any(NUMBERS), date=self.any(DATES))


def check(tally):
    if not xes_fixture.binary_reads():
        tally.skip("generated logs", "the binary reads no XES")
        return
    with logflow.folder() as folder:
        text = Writer(SEED).log(EVENTS)
        plain, packed, wide = folder / "log.xes", folder / "log.xes.gz", folder / "wide.xes"
        plain.write_bytes(text.encode())
        half = len(text.encode()) // 2
        packed.write_bytes(gzip.compress(text.encode()[:half]) + gzip.compress(text.encode()[half:]))
        wide.write_bytes(text.encode("utf-16"))
        table = xes_table.Table(plain)
        columns = [(it.name, it.type, it.values) for it in table.columns]
        for path in (plain, packed, wide):
            for threads in THREADS:
                with tally.check(f"{path.name}, {threads} threads"), logflow.folder() as into:
                    run = logflow.converted(path, into, threads=threads)
                    xes_compare.same_table(columns, table.rows, parquet.read(run.output))
                    xes_compare.same_metadata(table.metadata, xes_compare.metadata(run.output))
