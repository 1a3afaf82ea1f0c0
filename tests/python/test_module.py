"""The module `logflow`: streams, commands, errors, threads and signals."""

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import pytest

import logflow


def test_a_log_is_read_by_everything_that_knows_arrow(csv, rows):
    import arro3.core
    import duckdb
    import nanoarrow
    import pandas
    import polars
    import pyarrow

    table = pyarrow.table(logflow.read(csv))
    assert [tuple(row.values()) for row in table.to_pylist()] == rows
    assert polars.DataFrame(logflow.read(csv)).rows() == rows
    log = pyarrow.RecordBatchReader.from_stream(logflow.read(csv))
    assert duckdb.sql("SELECT count(*), sum(amount) FROM log").fetchall() == [(5, 18)]
    assert nanoarrow.Array(logflow.read(csv)).to_pylist() == table.to_pylist()
    assert arro3.core.Table.from_arrow(logflow.read(csv)).num_rows == 5
    assert isinstance(table.to_pandas(), pandas.DataFrame)


def test_a_stream_has_the_values_of_the_parquet_file(csv, xes, tmp_path):
    import pyarrow
    import pyarrow.parquet

    for source in csv, xes:
        output = tmp_path / "log.parquet"
        logflow.convert(source, output, force=True)
        streamed = pyarrow.table(logflow.read(source))
        assert streamed.equals(pyarrow.parquet.read_table(output))
        assert streamed.equals(pyarrow.table(logflow.read(output)))


def test_a_log_is_read_anew_by_each_stream(csv):
    import pyarrow

    log = logflow.read(csv)
    assert pyarrow.table(log).equals(pyarrow.table(log))
    assert pyarrow.schema(log).names[:2] == ["case_id", "activity"]


def test_options_are_those_of_the_command_line(csv):
    import pyarrow

    table = pyarrow.table(logflow.read(csv, select=["note", "amount"], where="amount > 3", threads=1))
    assert table.to_pydict() == {"note": ['say "no"', "end", "x"], "amount": [4, 5, 6]}
    texts = pyarrow.table(logflow.read(csv, all_text=True))
    assert texts.schema.field("amount").type in (pyarrow.string(), pyarrow.large_string())


def test_a_report_says_what_was_written(csv, tmp_path):
    output = tmp_path / "out.parquet"
    report = logflow.convert(csv, output, compression="snappy")
    assert (report["rows"], report["status"]) == (5, "done")
    assert output.exists()
    with pytest.raises(logflow.LogFlowError) as caught:
        logflow.convert(csv, output)
    assert caught.value.code == "LF106"
    kept = logflow.filter(csv, output, where="activity = 'close'", force=True)
    assert (kept["rows"], kept["filtered_rows"]) == (2, 3)


def test_results_are_those_of_the_program(csv, xes):
    program = os.environ.get("LOGFLOW_PROGRAM")
    if not program:
        pytest.skip("LOGFLOW_PROGRAM names no program")
    for name, call in ("stats", logflow.stats), ("inspect", logflow.inspect):
        for path in csv, xes:
            printed = subprocess.run(
                [program, name, "-q", "--format", "json", str(path)], capture_output=True, check=True, text=True
            )
            assert call(path) == json.loads(printed.stdout)
    printed = subprocess.run([program, "schema", "-q", "--format", "json", str(csv)], capture_output=True, check=True, text=True)
    assert logflow.schema(csv)["columns"] == json.loads(printed.stdout)["columns"]


def test_statistics_and_checks(csv, xes):
    stats = logflow.stats(csv)
    assert (stats["events"], stats["cases"]) == (5, 2)
    assert stats["start_activities"] == {"register": 2}
    assert logflow.inspect(csv)["score"] <= 100
    assert {it["rule"] for it in logflow.validate(xes)["violations"]}
    assert logflow.validate(xes, limit=1)["count"] >= 1
    assert [it["name"] for it in logflow.schema(csv)["columns"]][:2] == ["case_id", "activity"]


def test_a_pipeline_file_is_run(csv, tmp_path):
    output = tmp_path / "p.parquet"
    pipeline = tmp_path / "p.toml"
    pipeline.write_text(f'[source]\ninputs = "log.csv"\n[[target]]\npath = "{output.name}"\n')
    assert logflow.run(pipeline, "run.threads=1")[0]["rows"] == 5
    assert output.exists()


def test_an_error_has_its_code_and_place(csv, tmp_path):
    broken = tmp_path / "broken.csv"
    broken.write_text("case_id,activity,timestamp\n1,a,2024-01-01\n2,b,2024-01-02,x\n")
    with pytest.raises(logflow.LogFlowError) as caught:
        logflow.convert(broken, tmp_path / "o.parquet")
    error = caught.value
    assert (error.code, error.row, error.byte) == ("LF201", 2, 42)
    assert error.path == str(broken) and error.help
    assert not (tmp_path / "o.parquet").exists()
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.code, again.row) == (str(error), error.code, error.row)
    with pytest.raises(logflow.LogFlowError) as caught:
        logflow.schema(tmp_path / "missing.csv")
    assert caught.value.code == "LF101"


def test_a_wrong_option_names_the_nearest_right_name(csv):
    with pytest.raises(logflow.LogFlowError) as caught:
        logflow.stats(csv, case_idd="case_id")
    assert "case_id" in caught.value.help
    with pytest.raises(logflow.LogFlowError):
        logflow.stats(csv, threads="many")
    with pytest.raises(TypeError):
        logflow.stats(csv, threads=object())


def test_an_error_in_a_stream_is_raised_by_its_reader(tmp_path):
    import pyarrow

    broken = tmp_path / "broken.csv"
    broken.write_text("case_id,activity\n" + "1,a\n" * 100_000 + "2,b,c\n")
    with pytest.raises(Exception, match="LF201"):
        pyarrow.table(logflow.read(broken))


def test_a_stream_that_is_dropped_early_ends(large):
    import pyarrow

    reader = pyarrow.RecordBatchReader.from_stream(logflow.read(large))
    assert reader.read_next_batch().num_rows > 0
    del reader


def test_many_threads_read_at_the_same_time(csv, rows):
    import pyarrow

    found = []
    threads = [threading.Thread(target=lambda: found.append(pyarrow.table(logflow.read(csv)).num_rows)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [len(rows)] * 8


def test_other_threads_run_while_logflow_works(large, tmp_path):
    ticks = []
    done = threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    logflow.convert(large, tmp_path / "large.parquet")
    done.set()
    thread.join()
    assert len(ticks) > 10


def test_a_child_that_was_forked_reads_too(csv):
    script = "import os, sys, logflow\nlogflow.schema(sys.argv[1])\npid = os.fork()\nif pid == 0:\n    os._exit(0 if logflow.stats(sys.argv[1])['events'] == 5 else 1)\nsys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    assert subprocess.run([sys.executable, "-c", script, str(csv)]).returncode == 0


def test_ctrl_c_stops_a_conversion_and_leaves_nothing(tmp_path):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    script = "import sys, logflow\ntry:\n    logflow.convert(sys.argv[1], sys.argv[2])\nexcept KeyboardInterrupt:\n    print('stopped')\n"
    output = tmp_path / "out.parquet"
    child = subprocess.Popen([sys.executable, "-c", script, str(pipe), str(output)], stdout=subprocess.PIPE, text=True)
    with pipe.open("w") as writer:
        # More than is looked at before the run begins.
        writer.write("case_id,activity\n" + "1,a\n" * 500_000)
        writer.flush()
        time.sleep(1.0)
        child.send_signal(signal.SIGINT)
        told, _ = child.communicate(timeout=60)
    assert told.strip() == "stopped"
    assert [it.name for it in tmp_path.iterdir()] == ["pipe.csv"]


def test_a_frame_is_that_of_pm4py(csv, xes):
    pm4py = pytest.importorskip("pm4py")
    import pandas

    for path in csv, xes:
        ours = logflow.to_pm4py(path)
        if path.suffix == ".xes":
            theirs = pm4py.format_dataframe(pm4py.read_xes(str(path)))
        else:
            theirs = pm4py.format_dataframe(pandas.read_csv(path), case_id="case_id", activity_key="activity", timestamp_key="timestamp")
        names = ["case:concept:name", "concept:name", "time:timestamp", "@@index", "@@case_index"]
        for name in names:
            assert list(ours[name]) == list(theirs[name]), name
        assert pm4py.discover_dfg(ours) == pm4py.discover_dfg(theirs)


def test_a_frame_needs_its_roles(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(logflow.LogFlowError) as caught:
        logflow.to_pm4py(path)
    assert caught.value.code == "LF502"
