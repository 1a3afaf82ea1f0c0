//! `logflow man`: manual pages, made from the help texts.

use clap::CommandFactory;
use clap_mangen::Man;
use logflow::error::{Code, Error};

use crate::args::{Args, ManArgs};
use crate::fail::{Failure, Outcome};
use crate::stdout;

/// Prints the main page, or writes a page for each command.
pub fn run(args: &ManArgs) -> Result<Outcome, Failure> {
    let command = Args::command();
    match &args.folder {
        Some(folder) => {
            let failed = |error: std::io::Error| Error::io(Code::OutputWrite, folder, &error);
            std::fs::create_dir_all(folder).map_err(failed)?;
            clap_mangen::generate_to(command, folder).map_err(failed)?;
        }
        None => {
            let mut page = Vec::new();
            stdout::settle(Man::new(command).render(&mut page))?;
            stdout::print(&String::from_utf8_lossy(&page))?;
        }
    }
    Ok(Outcome::Done)
}
