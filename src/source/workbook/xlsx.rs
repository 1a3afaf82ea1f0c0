//! Workbooks of Office Open XML (xlsx, xlsm): which sheets there are, how numbers are shown, and the texts
//! that cells share.
//!
//! The strict and the transitional form differ in namespaces alone, so elements go by their local names, and
//! relationships by the ends of their types.

use std::collections::HashMap;

use quick_xml::events::{BytesStart, Event};

use super::area::{Area, NamedArea};
use super::serial::{Epoch, NumberFormat};
use super::strings::SharedStrings;
use super::xml::{XmlPart, attribute, damaged, is_true};
use super::{SheetInfo, SheetState};
use crate::error::Result;
use crate::source::zip::ZipArchive;

/// Sheets, formats and names at most: 65,490 formats are the most that Excel has.
const MOST: usize = 1 << 16;

/// A workbook whose sheets are known.
pub struct XlsxBook {
    archive: ZipArchive,
    /// For each sheet the name of its part.
    parts: Vec<String>,
    /// The sheets in the order of their tabs.
    pub sheets: Vec<SheetInfo>,
    /// Names that areas of sheets have, and tables.
    pub names: Vec<NamedArea>,
    /// For each style how it shows numbers.
    pub formats: Vec<NumberFormat>,
    /// The day that dates count from.
    pub epoch: Epoch,
    strings: Option<String>,
    /// Whether the tables of the sheets are among the names.
    has_tables: bool,
}

/// A relationship of a part: the kind of the other part, and its name.
struct Related {
    id: String,
    kind: String,
    part: String,
}

impl XlsxBook {
    /// Reads what is not in sheets.
    ///
    /// # Errors
    /// [`Code::TypedFile`](crate::error::Code::TypedFile) for a workbook that is damaged.
    pub fn open(archive: ZipArchive) -> Result<Self> {
        let root = related(&archive, "")?;
        let book = root.into_iter().find(|it| it.kind == "officeDocument").map(|it| it.part);
        let book = book.unwrap_or_else(|| "xl/workbook.xml".to_owned());
        let related = related(&archive, &book)?;
        let part_of = |kind: &str| related.iter().find(|it| it.kind == kind).map(|it| it.part.clone());
        let mut this = Self {
            parts: Vec::new(),
            sheets: Vec::new(),
            names: Vec::new(),
            formats: match part_of("styles").filter(|part| archive.entry(part).is_some()) {
                Some(part) => formats(&mut open(&archive, &part)?)?,
                None => Vec::new(),
            },
            epoch: Epoch::default(),
            strings: part_of("sharedStrings").filter(|part| archive.entry(part).is_some()),
            archive,
            has_tables: false,
        };
        let mut part = open(&this.archive, &book)?;
        let mut defined = None;
        loop {
            let read = match part.token()? {
                Event::Start(tag) => {
                    defined = None;
                    match tag.local_name().as_ref() {
                        "sheet" => this.sheet(&tag, &related),
                        "workbookPr" => attribute(&tag, "date1904").map(|it| {
                            if is_true(it.as_deref()) {
                                this.epoch = Epoch::Year1904;
                            }
                        }),
                        "definedName" => attribute(&tag, "name").map(|name| defined = name),
                        _ => Ok(()),
                    }
                }
                Event::Text(text) => {
                    if let Some(name) = defined.take()
                        && this.names.len() < MOST
                        && let Some((sheet, area)) = Area::with_sheet(&text.xml10_content())
                    {
                        this.names.push(NamedArea { name, sheet, area, is_table: false });
                    }
                    Ok(())
                }
                Event::Eof => break,
                _ => Ok(()),
            };
            if let Err(what) = read {
                return Err(part.damaged(what));
            }
        }
        if this.sheets.is_empty() {
            return Err(damaged(&book, "it names no sheet"));
        }
        Ok(this)
    }

    fn sheet(&mut self, tag: &BytesStart<'_>, related: &[Related]) -> Result<(), String> {
        if self.sheets.len() >= MOST {
            return Err(format!("more than {MOST} sheets"));
        }
        let name = attribute(tag, "name")?.unwrap_or_default();
        let state = match attribute(tag, "state")?.as_deref() {
            Some("hidden") => SheetState::Hidden,
            Some("veryHidden") => SheetState::VeryHidden,
            _ => SheetState::Visible,
        };
        let id = attribute(tag, "id")?.unwrap_or_default();
        let part = related.iter().find(|it| it.id == id);
        let is_table = part.is_some_and(|it| it.kind == "worksheet");
        self.parts.push(part.map(|it| it.part.clone()).unwrap_or_default());
        self.sheets.push(SheetInfo { name, state, is_table });
        Ok(())
    }

    /// The texts that cells share; they may take `most` bytes.
    ///
    /// # Errors
    /// If they take more, or are damaged.
    pub fn strings(&self, most: u64) -> Result<SharedStrings> {
        match &self.strings {
            Some(part) => SharedStrings::read(&mut open(&self.archive, part)?, most),
            None => Ok(SharedStrings::default()),
        }
    }

    /// The part of the sheet with this index.
    ///
    /// # Errors
    /// If the workbook lacks it.
    pub fn part(&self, sheet: usize) -> Result<XmlPart> {
        open(&self.archive, self.parts.get(sheet).map_or("", String::as_str))
    }

    /// Adds the tables of all sheets to the names.
    ///
    /// # Errors
    /// If a part is damaged.
    pub fn find_tables(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.has_tables, true) {
            return Ok(());
        }
        for (sheet, part) in self.sheets.iter().zip(&self.parts).filter(|(sheet, _)| sheet.is_table) {
            for table in related(&self.archive, part)?.iter().filter(|it| it.kind == "table") {
                let mut part = open(&self.archive, &table.part)?;
                let read = loop {
                    match part.token()? {
                        Event::Start(tag) if tag.local_name().as_ref() == "table" => {
                            break named_table(&tag, &sheet.name);
                        }
                        Event::Eof => break Err("it has no table".to_owned()),
                        _ => {}
                    }
                };
                match read {
                    Ok(table) => self.names.extend(table.filter(|_| self.names.len() < MOST)),
                    Err(what) => return Err(part.damaged(what)),
                }
            }
        }
        Ok(())
    }
}

/// The name and the area of a table; a row of totals at its end is none of its rows.
fn named_table(tag: &BytesStart<'_>, sheet: &str) -> Result<Option<NamedArea>, String> {
    let name = match attribute(tag, "displayName")? {
        Some(name) => Some(name),
        None => attribute(tag, "name")?,
    };
    let area = attribute(tag, "ref")?.and_then(|it| Area::parse(&it));
    let totals = attribute(tag, "totalsRowCount")?.and_then(|it| it.parse::<u32>().ok()).unwrap_or(0);
    Ok(name.zip(area).map(|(name, mut area)| {
        area.last_row = area.last_row.saturating_sub(totals);
        NamedArea { name, sheet: sheet.to_owned(), area, is_table: true }
    }))
}

/// Reads a part of this name.
fn open(archive: &ZipArchive, name: &str) -> Result<XmlPart> {
    let entry = archive.entry(name).ok_or_else(|| damaged(name, "the part is not there"))?;
    super::refuse_bomb(entry)?;
    Ok(XmlPart::new(name, archive.read(entry)?))
}

/// The relationships of a part; those of the package for the empty name.
fn related(archive: &ZipArchive, of: &str) -> Result<Vec<Related>> {
    let (folder, file) = of.rsplit_once('/').unwrap_or(("", of));
    let slash = if folder.is_empty() { "" } else { "/" };
    let name = format!("{folder}{slash}_rels/{file}.rels");
    let mut found = Vec::new();
    if archive.entry(&name).is_none() {
        return Ok(found);
    }
    let mut part = open(archive, &name)?;
    loop {
        let read = match part.token()? {
            Event::Start(tag) if tag.local_name().as_ref() == "Relationship" => relationship(&tag, folder),
            Event::Eof => return Ok(found),
            _ => continue,
        };
        match read {
            Ok(relation) if found.len() < MOST => found.extend(relation),
            Ok(_) => return Err(part.damaged(format!("more than {MOST} relationships"))),
            Err(what) => return Err(part.damaged(what)),
        }
    }
}

fn relationship(tag: &BytesStart<'_>, folder: &str) -> Result<Option<Related>, String> {
    let (id, kind) = (attribute(tag, "Id")?, attribute(tag, "Type")?);
    if attribute(tag, "TargetMode")?.as_deref() == Some("External") {
        return Ok(None);
    }
    let Some(target) = attribute(tag, "Target")? else { return Ok(None) };
    let kind = kind.unwrap_or_default();
    let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
    Ok(Some(Related { id: id.unwrap_or_default(), kind, part: resolved(folder, &target) }))
}

/// The name of a part that a part in `folder` names.
fn resolved(folder: &str, target: &str) -> String {
    let (from, target) = match target.strip_prefix('/') {
        Some(target) => ("", target),
        None => (folder, target),
    };
    let mut parts: Vec<&str> = from.split('/').filter(|it| !it.is_empty()).collect();
    for part in target.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// How each style shows numbers.
fn formats(part: &mut XmlPart) -> Result<Vec<NumberFormat>> {
    let (mut own, mut formats, mut in_cells) = (HashMap::new(), Vec::new(), false);
    loop {
        let read = match part.token()? {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "numFmt" => number_format(&tag).map(|format| own.extend(format)),
                "cellXfs" => {
                    in_cells = true;
                    Ok(())
                }
                "xf" if in_cells => attribute(&tag, "numFmtId").map(|id| {
                    let id = id.and_then(|id| id.parse().ok()).unwrap_or(0);
                    formats.push(own.get(&id).copied().unwrap_or_else(|| NumberFormat::built_in(id)));
                }),
                _ => Ok(()),
            },
            Event::End(tag) => {
                in_cells &= tag.local_name().as_ref() != "cellXfs";
                Ok(())
            }
            Event::Eof => return Ok(formats),
            _ => Ok(()),
        };
        match read {
            Ok(()) if own.len() <= MOST && formats.len() <= MOST => {}
            Ok(()) => return Err(part.damaged(format!("more than {MOST} formats"))),
            Err(what) => return Err(part.damaged(what)),
        }
    }
}

fn number_format(tag: &BytesStart<'_>) -> Result<Option<(u32, NumberFormat)>, String> {
    let id = attribute(tag, "numFmtId")?.and_then(|id| id.parse().ok());
    let code = attribute(tag, "formatCode")?;
    Ok(id.zip(code).map(|(id, code)| (id, NumberFormat::of(&code))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_parts_are_relative_to_the_part_that_names_them() {
        for (folder, target, part) in [
            ("xl", "worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
            ("xl", "/xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
            ("xl/worksheets", "../tables/table1.xml", "xl/tables/table1.xml"),
            ("", "xl/workbook.xml", "xl/workbook.xml"),
            ("", "../../../etc/passwd", "etc/passwd"),
        ] {
            assert_eq!(resolved(folder, target), part);
        }
    }
}
