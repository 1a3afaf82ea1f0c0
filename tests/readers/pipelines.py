"""Pipeline files against the JSON Schema that `logflow run --json-schema` prints, judged by the package jsonschema."""

import re
import subprocess
import tomllib

import jsonschema

import logflow

# Files that are no pipelines: what the schema must refuse.
MISTAKES = [
    "[source]\ninputs = 'a'\ndelimter = ','",
    "[source]\nstrict = true",
    "[source]\ninputs = 'a'\nheader = 'maybe'",
    "[source]\ninputs = 'a'\nskip_lines = 'two'",
    "[source]\ninputs = 'a'\n[[step]]\nkind = 'wehre'",
    "[source]\ninputs = 'a'\n[[step]]\nkind = 'select'",
    "[source]\ninputs = 'a'\n[[step]]\nkind = 'select'\ncolumns = ['a']\nx = 1",
    "[source]\ninputs = 'a'\n[[target]]\nforce = true",
    "[source]\ninputs = 'a'\n[[target]]\nkind = 'report'\npath = 'r'\ntables = true",
    "[source]\ninputs = 'a'\n[run]\nthreads = 0",
]
# Command lines whose pipelines have most keys there are.
PRINTED = [
    "a.csv -o b.parquet --delimiter tab --quote none --header no --skip-lines 3 --null-words a,b --decimal comma",
    "a.csv -o b.parquet --where a=1 --select a,b --exclude c --naming xes --on-bad-row reject --max-bad-rows 5",
    "a.csv b.csv -o b/ --force --compression zstd:9 --row-group-size 64MiB --threads 4 --memory-limit 1GiB --io read",
    "a.json -o b --layout oceldb --from ocel-json --strict --timestamp-format %Y-%m-%d --timestamp-format %d.%m.%Y --report json",
]


def check(tally):
    printed = subprocess.run([logflow.BINARY, "run", "--json-schema"], capture_output=True, check=True)
    schema = logflow.json.loads(printed.stdout)
    with tally.check("the schema is a schema"):
        jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for name, text in examples():
        with tally.check(name):
            validator.validate(tomllib.loads(text))
    for words in PRINTED:
        with tally.check(words):
            line = [logflow.BINARY, "convert", *words.split(), "--print-pipeline"]
            done = subprocess.run(line, capture_output=True, check=True)
            validator.validate(tomllib.loads(done.stdout.decode()))
    for text in MISTAKES:
        with tally.check(f"refused: {text!r}"):
            assert list(validator.iter_errors(tomllib.loads(text))), "the schema allows it"


def examples():
    """The example, and the blocks of the page that are pipelines."""
    yield "examples/pipeline.toml", (logflow.ROOT / "examples/pipeline.toml").read_text()
    page = (logflow.ROOT / "docs/pipelines.md").read_text()
    for number, block in enumerate(re.findall(r"```toml\n(.*?)```", page, re.DOTALL)):
        yield f"docs/pipelines.md, block {number}", block
