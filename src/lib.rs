//! LogFlow: process-mining logs to Apache Parquet. The whole file, exactly, as fast as the machine allows, in
//! bounded memory.
//!
//! # Using the library
//!
//! A [`Convert`] takes inputs to a [`Target`]; [`read`] gives their rows as Arrow batches; [`schema`] tells
//! what a log holds, [`stats`] what it says about its process, and [`validate()`] checks it against its
//! standard.
//!
//! ```
//! use logflow::{Convert, Observer, ParquetFile};
//!
//! # fn main() -> logflow::Result<()> {
//! # let folder = tempfile::tempdir().unwrap();
//! # let (log, output) = (folder.path().join("log.csv"), folder.path().join("log.parquet"));
//! # std::fs::write(&log, "case,activity,amount\n1,a,3\n1,b,4.5\n").unwrap();
//! let report = Convert::new(log.as_path())
//!     .run(&mut ParquetFile::new(output.as_path()), &Observer::default())?;
//! assert_eq!(report.rows, 2);
//! assert_eq!(report.columns[2].column_type, "float64");
//! # Ok(())
//! # }
//! ```
//!
//! Options are plain values ([`Options`]); steps of one's own implement [`Step`], targets of one's own
//! implement [`Target`]. An [`Observer`] shows how far a run is and can stop it; a [`Listener`] is told of
//! its phases and warnings. Errors have [codes](Code) that do not change between versions. `examples/` in the
//! repository has a program for each of these.
//!
//! What is named on this page and in [`values`] is the interface. The modules are public for the programs and
//! tests of this package, and change without notice.
//!
//! Two things concern the whole process. A file that is mapped and then cut short would end the process with
//! a SIGBUS, so a handler for this signal is installed with the first mapping; it passes on what is not its
//! own. With [`IoMode::Read`] in [`RunOptions`] only SQLite databases are mapped, and no handler is installed
//! for anything else. The library sets no allocator; the program `logflow` sets mimalloc.
//!
//! # The way of a byte
//!
//! ```text
//! mmap      the input is mapped, or comes through windows               mmap/map.rs, window.rs
//!           a pipe is opened once, and looks at it are replayed         mmap/once.rs
//! source    its encoding and format are found, as the registry says     source/find_format.rs, formats.rs
//!           a few rows are looked at: which types to begin with         source/sample.rs
//! plan      tables, columns, types, roles                               plan/table.rs, bundle.rs
//! shard     the file is cut at nominal offsets                          shard/plan.rs
//!           a worker claims the next shard, pinned to a core            shard/board.rs, worker.rs, pin.rs
//! text      CSV: SIMD finds delimiters, the walk makes cells            text/csv/index.rs, walk.rs
//!           XES: markup seen before is compared, the rest read plainly  text/xes/quick.rs, plain.rs
//!           JSON: keys seen before are compared, the rest read plainly  text/json/quick.rs, plain.rs
//!           OCEL: entries become rows of many tables                    text/ocel/sheets.rs
//! encode    cells become typed arrays, in their own types' readers      encode/builders.rs
//! step      each batch passes the steps                                 step/mod.rs
//! encode    arrays become compressed pages, on the same thread          encode/row_group.rs
//! shard     was the guess right? else once more from the true start     shard/verify.rs
//!           row groups are spliced in file order                        shard/merge.rs
//! convert   few rows of a table are gathered, a crew encodes them       convert/gatherer.rs, shard/crew.rs
//!           do all values have these types? else one more pass          convert/run.rs
//! plan      which values made text of a column, and what else to say    plan/nearly_typed.rs, doubts.rs
//! target    footer, sync, rename: the output appears                    encode/parquet.rs, output.rs
//! ```
//!
//! Parquet, Arrow IPC and the tables of SQLite have types already: `source` gives batches, which pass the
//! steps and are encoded in one pass.
//!
//! # The floors
//!
//! A module imports only from floors below it; `tests/structure.rs` keeps it so.
//!
//! ```text
//! bin        logflow (every command), logflow-fast (the bare engine)
//! migrate    archives: a journal of what was converted, and checks of it
//! pipeline   a run as a value: source, steps, targets; its file, plan and schema
//! jobs       from files, folders and the name of an output to conversions
//! machine    what a batch system gives
//! convert    one or more passes over the inputs of a run, and its report
//! validate   logs against their standards
//! target     what is written: bundles, cases, XES, OCEL, layouts of other programs
//! plan       the tables of a run, and the types of their columns
//! inspect    checks of quality, figures of columns, scores
//! report     figures of a run
//! process    statistics of cases, activities and the time between them
//! source     opens inputs and finds what they are; files and databases whose values have types
//! shard      plan, worker, verify, merge: threads live here, but for those of a survey (step/events)
//! text       bytes to records and cells; never sees files
//! step       what happens to batches; what is known of cases
//! mmap  encode
//! model  error  options  observer  budget
//! ```
//!
//! # The words
//!
//! A *shard* is a range of input, a *batch* an Arrow record batch, a *record* a unit of input, a *row* a unit
//! of output. Event, case, activity and role are those of process mining; row group, column chunk and page
//! those of Parquet.

#[doc(hidden)]
pub mod budget;
#[doc(hidden)]
pub mod convert;
#[doc(hidden)]
pub mod encode;
#[doc(hidden)]
pub mod error;
#[doc(hidden)]
pub mod inspect;
#[doc(hidden)]
pub mod jobs;
#[doc(hidden)]
pub mod machine;
#[doc(hidden)]
pub mod migrate;
#[doc(hidden)]
pub mod mmap;
#[doc(hidden)]
pub mod model;
#[doc(hidden)]
pub mod observer;
#[doc(hidden)]
pub mod options;
#[doc(hidden)]
pub mod pipeline;
#[doc(hidden)]
pub mod plan;
#[doc(hidden)]
pub mod process;
#[doc(hidden)]
pub mod report;
#[doc(hidden)]
pub mod shard;
#[doc(hidden)]
pub mod source;
#[doc(hidden)]
pub mod step;
#[doc(hidden)]
pub mod target;
#[doc(hidden)]
pub mod text;
#[doc(hidden)]
pub mod validate;

#[doc(inline)]
pub use self::convert::{Batches, Convert, LogReader, object_stats, read, schema, stats};
#[doc(inline)]
pub use self::encode::page_store::Spill;
#[doc(inline)]
pub use self::error::{Code, Error, Result};
#[doc(inline)]
pub use self::mmap::Input;
#[doc(inline)]
pub use self::model::catalog::{TableColumn, TableId, TableSchema};
#[doc(inline)]
pub use self::model::warning::{Warning, WarningCode};
#[doc(inline)]
pub use self::observer::{Listener, Observer, Phase, Progress};
#[doc(inline)]
pub use self::options::{IoMode, Options, ReadOptions, RunOptions, TableOptions, WriteOptions};
#[doc(inline)]
pub use self::pipeline::Pipeline;
#[doc(inline)]
pub use self::report::Report;
#[doc(inline)]
pub use self::step::{BoundStep, Finding, Step, StepWorker};
#[doc(inline)]
pub use self::target::{OutputPlace, Summary, Target, TargetTable, Wants};
#[doc(inline)]
pub use self::target::{
    bundle::BundleFolder, each_batch::EachBatch, parquet::ParquetFile, report_file::ReportFile,
    several::Several,
};
#[doc(inline)]
pub use self::validate::{Validation, validate};

/// The types of the values in [`Options`] and [`Report`], and what targets of row groups are given.
pub mod values {
    #[doc(inline)]
    pub use crate::encode::output::Replace;
    #[doc(inline)]
    pub use crate::encode::row_group::{EncodedRowGroup, RowGroupFactory};
    #[doc(inline)]
    pub use crate::model::condition::Condition;
    #[doc(inline)]
    pub use crate::model::roles::{Naming, Role, RoleWishes};
    #[doc(inline)]
    pub use crate::model::value::{ColumnType, DateOrder, DecimalMark};
    #[doc(inline)]
    pub use crate::model::zone::ZoneRule;
    #[doc(inline)]
    pub use crate::options::{
        BadRowLimit, Compression, CsvOptions, DeclaredColumn, ExplicitOptions, InputFormat, JsonOptions,
        NulBytes, OnBadRow, RowGroupSize, Spelling, TimestampUnit, UnevenRows, ValueOptions, XesOptions,
    };
    #[doc(inline)]
    pub use crate::process::objects::{
        ActivityOfObjects, ActivityOfType, ObjectEdge, ObjectFigures, ObjectInteraction, ObjectRow,
        ObjectTypeFigures, RelationsLeftOut,
    };
    #[doc(inline)]
    pub use crate::process::ranking::{RankedVariant, RankedVariants};
    #[doc(inline)]
    pub use crate::process::{
        ActivityFigures, CaseFigures, EdgeFigures, LeftOut, ProcessFigures, ProcessStep, ProcessWishes,
        ProfilePair, Spread, TemporalProfile, Tick, VariantFigures,
    };
    #[doc(inline)]
    pub use crate::report::{
        ColumnReport, InputReport, OutputReport, StepReport, TableReport, TimingsReport, UnreadReport,
    };
    #[doc(inline)]
    pub use crate::step::Steps;
    #[doc(inline)]
    pub use crate::validate::Violation;
}
