//! The sheets of workbooks where each input has an output of its own in a folder: with all sheets asked for,
//! each sheet has one as well.

use std::path::PathBuf;

use crate::error::Result;
use crate::jobs::search::InputPlace;
use crate::options::Options;

/// The places of inputs, those of workbooks once for each sheet that has values, and the sheet of each.
///
/// # Errors
/// If a workbook can't be read.
#[cfg(feature = "excel")]
pub fn by_sheet(places: &[InputPlace], options: &Options) -> Result<(Vec<InputPlace>, Vec<Option<String>>)> {
    use crate::source::workbook::choose::{ALL, sheets_with_values};
    let is_all = options.read.sheet.as_deref().is_some_and(|sheet| sheet.eq_ignore_ascii_case(ALL));
    let (mut all, mut sheets) = (Vec::with_capacity(places.len()), Vec::with_capacity(places.len()));
    for place in places {
        // One that can't be read is reported when its turn comes.
        let names = match place.input.path().filter(|_| is_all) {
            Some(path) => sheets_with_values(path, options).unwrap_or_default(),
            None => Vec::new(),
        };
        if names.is_empty() {
            all.push(place.clone());
            sheets.push(None);
        }
        let folder = place.below.with_extension("");
        for name in names {
            // The ending makes way for that of the output.
            let below = folder.join(PathBuf::from(format!("{}.xlsx", file_name(&name))));
            all.push(InputPlace { below, ..place.clone() });
            sheets.push(Some(name));
        }
    }
    Ok((all, sheets))
}

/// The places of inputs as they are, for a program that reads no workbooks.
///
/// # Errors
/// None.
#[cfg(not(feature = "excel"))]
pub fn by_sheet(places: &[InputPlace], _: &Options) -> Result<(Vec<InputPlace>, Vec<Option<String>>)> {
    Ok((places.to_vec(), vec![None; places.len()]))
}

/// The name of a sheet as that of a file: what would lead elsewhere, or hide the file, is written in
/// hexadecimal.
#[cfg(feature = "excel")]
fn file_name(sheet: &str) -> String {
    let mut name = String::new();
    for (at, letter) in sheet.char_indices() {
        match letter {
            '/' | '\\' | '\0' | '%' => name.push_str(&format!("%{:02X}", u32::from(letter))),
            '.' if at == 0 => name.push_str("%2E"),
            letter if letter.is_control() => name.push_str(&format!("%{:02X}", u32::from(letter))),
            letter => name.push(letter),
        }
    }
    name
}

#[cfg(all(test, feature = "excel"))]
mod tests {
    use super::*;

    #[test]
    fn names_of_sheets_stay_within_their_folder() {
        for (sheet, name) in
            [("Sheet 1", "Sheet 1"), ("../x", "%2E.%2Fx"), ("a\\b", "a%5Cb"), ("100%", "100%25")]
        {
            assert_eq!(file_name(sheet), name);
        }
    }
}
