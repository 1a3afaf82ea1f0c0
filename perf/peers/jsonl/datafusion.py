"""DataFusion: COPY to Parquet from a registered file of JSON Lines with an explicit schema."""

import pyarrow as pa
from datafusion import SessionConfig, SessionContext

from peers.datafusion import TYPES

PACKAGES = ["datafusion", "pyarrow"]


def convert(source, target, threads, columns):
    context = SessionContext(SessionConfig({"datafusion.execution.target_partitions": str(threads)}))
    schema = pa.schema([(name, TYPES[kind]) for name, kind in columns])
    # A scan that splits the file gives its parts in no order; the Parquet columns are still encoded in parallel.
    context.sql("SET datafusion.optimizer.repartition_file_scans = false").collect()
    context.register_json("log", source, schema=schema, file_extension=source[source.rindex(".") :])
    place = target.replace("'", "''")
    context.sql(f"COPY (SELECT * FROM log) TO '{place}' STORED AS PARQUET OPTIONS ('compression' 'zstd(3)')").collect()
