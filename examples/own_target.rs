//! A target of one's own: it writes the rows of a log as an Arrow IPC file.
//!
//!     cargo run --example own_target -- examples/orders.csv orders.arrow

use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::ipc::writer::FileWriter;
use logflow::{
    Code, Convert, Error, Observer, Options, Report, Result, Spill, Summary, TableId, Target, TargetTable,
    Wants,
};

/// An Arrow IPC file, which appears under its name when it is complete. Until then it has another name, that of this
/// process.
struct ArrowFile {
    path: PathBuf,
    writer: Option<FileWriter<BufWriter<File>>>,
}

impl ArrowFile {
    fn temporary(&self) -> PathBuf {
        self.path.with_extension(format!("{}.part", std::process::id()))
    }

    fn writer(&mut self) -> Result<&mut FileWriter<BufWriter<File>>> {
        self.writer.as_mut().ok_or_else(|| Error::new(Code::Internal, "the file was not begun"))
    }
}

impl Target for ArrowFile {
    fn check(&self, _: &Options) -> Result<()> {
        match self.path.exists() {
            true => Err(Error::new(Code::OutputExists, "the output exists already").in_file(&self.path)),
            false => Ok(()),
        }
    }

    fn begin(&mut self, tables: &[TargetTable<'_>], _: &Options, _: &Arc<Spill>) -> Result<Wants> {
        let path = self.temporary();
        let file = File::create(&path).map_err(|error| Error::io(Code::OutputWrite, &path, &error))?;
        let schema = tables[0].schema.arrow();
        self.writer = Some(FileWriter::try_new_buffered(file, &schema)?);
        Ok(Wants::Batches)
    }

    fn batch(&mut self, _: TableId, rows: RecordBatch) -> Result<()> {
        Ok(self.writer()?.write(&rows)?)
    }

    fn finish(&mut self, _: Summary<'_>) -> Result<()> {
        let path = self.temporary();
        let writer = self.writer()?;
        writer.finish()?;
        let synced = writer.get_ref().get_ref().sync_all();
        synced.map_err(|error| Error::io(Code::OutputWrite, &path, &error))
    }

    fn commit(&mut self, report: &mut Report) -> Result<()> {
        let failed = |error| Error::io(Code::OutputWrite, &self.path, &error);
        std::fs::rename(self.temporary(), &self.path).map_err(failed)?;
        report.output = Some(self.path.clone());
        Ok(())
    }
}

impl Drop for ArrowFile {
    fn drop(&mut self) {
        // Of a run that failed; there is no such file if it was committed.
        if self.writer.is_some() {
            let _ = std::fs::remove_file(self.temporary());
        }
    }
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(log), Some(output)) = (arguments.next(), arguments.next()) else {
        return Err("expected a log and the Arrow file to write".into());
    };
    let mut target = ArrowFile { path: output.into(), writer: None };
    let report = Convert::new(log.as_str()).run(&mut target, &Observer::default())?;
    println!("{} rows in {}", report.rows, target.path.display());
    Ok(())
}
