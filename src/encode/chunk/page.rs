//! Page headers: `PageHeader` of Parquet's `parquet.thrift` in Thrift's compact protocol.
//!
//! A field is one byte, the step from the field before and the type, then the value; a struct ends with a
//! zero byte.

use parquet::basic::Encoding;

use super::bits::zigzag;

const I32: u8 = 5;
const STRUCT: u8 = 12;
const DATA_PAGE: i64 = 0;
const DICTIONARY_PAGE: i64 = 2;

/// Sizes of a page without its header, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Size in bytes before compression.
    pub uncompressed: usize,
    /// Size in bytes as stored.
    pub compressed: usize,
}

/// Appends the header of a data page (version 1) with levels in runs. `values` counts nulls too.
pub fn data_header(sizes: Sizes, values: usize, encoding: Encoding, out: &mut Vec<u8>) {
    begin(DATA_PAGE, sizes, out);
    out.push(2 << 4 | STRUCT);
    field(values as i64, out);
    field(code(encoding), out);
    field(code(Encoding::RLE), out);
    field(code(Encoding::RLE), out);
    out.extend_from_slice(&[0, 0]);
}

/// Appends the header of a dictionary page with `values` plain values.
pub fn dictionary_header(sizes: Sizes, values: usize, out: &mut Vec<u8>) {
    begin(DICTIONARY_PAGE, sizes, out);
    out.push(4 << 4 | STRUCT);
    field(values as i64, out);
    field(code(Encoding::PLAIN), out);
    out.extend_from_slice(&[0, 0]);
}

fn begin(page_type: i64, sizes: Sizes, out: &mut Vec<u8>) {
    field(page_type, out);
    field(sizes.uncompressed as i64, out);
    field(sizes.compressed as i64, out);
}

/// The field after the one before.
fn field(value: i64, out: &mut Vec<u8>) {
    out.push(1 << 4 | I32);
    zigzag(value, out);
}

/// The number of an encoding in `parquet.thrift`.
fn code(encoding: Encoding) -> i64 {
    encoding as i64
}
