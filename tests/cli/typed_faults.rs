//! Parquet and Arrow files with one fault each, made by a generator of its own: an error with a code, and no more memory than a small file needs.

#![allow(unsafe_code, reason = "how much memory a child may ask for is set by a system call")]

use std::os::unix::process::CommandExt;

use crate::Folder;

/// Bytes of address space of a run, several times what a run of two threads maps, and a fraction of what the faults ask for.
const SPACE: u64 = 1 << 30;

/// A structure in the compact protocol of Thrift.
#[derive(Default)]
struct Thrift {
    bytes: Vec<u8>,
    last: u8,
}

const I32: u8 = 5;
const I64: u8 = 6;
const BINARY: u8 = 8;
const STRUCT: u8 = 12;

fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

fn zigzag(value: i64) -> Vec<u8> {
    varint((value << 1) as u64 ^ (value >> 63) as u64)
}

impl Thrift {
    fn field(mut self, id: u8, kind: u8, value: &[u8]) -> Self {
        self.bytes.push((id - self.last) << 4 | kind);
        self.last = id;
        self.bytes.extend_from_slice(value);
        self
    }

    fn int(self, id: u8, kind: u8, value: i64) -> Self {
        self.field(id, kind, &zigzag(value))
    }

    fn text(self, id: u8, value: &[u8]) -> Self {
        let value = [varint(value.len() as u64), value.to_vec()].concat();
        self.field(id, BINARY, &value)
    }

    /// A list that is said to have so many entries.
    fn list(self, id: u8, kind: u8, said: u64, entries: &[Vec<u8>]) -> Self {
        let value = [vec![0xF0 | kind], varint(said), entries.concat()].concat();
        self.field(id, 9, &value)
    }

    fn inner(self, id: u8, value: Self) -> Self {
        self.field(id, STRUCT, &value.end())
    }

    fn end(mut self) -> Vec<u8> {
        self.bytes.push(0);
        self.bytes
    }
}

/// A Parquet file of one column with one page, and what it says of itself.
#[derive(Clone)]
struct Table {
    /// 2 is INT64, 6 is BYTE_ARRAY, 7 is FIXED_LEN_BYTE_ARRAY.
    physical: i64,
    length: i64,
    /// 0 is required, 1 optional, 2 repeated.
    repetition: i64,
    children: i64,
    groups: u64,
    rows: i64,
    values: i64,
    page_at: i64,
    chunk_size: i64,
    codec: i64,
    page_values: i64,
    unpacked: i64,
    packed: i64,
    encoding: i64,
    /// A dictionary page before the page: how many values it is said to have, and its bytes.
    dictionary: Option<(i64, Vec<u8>)>,
    page: Vec<u8>,
    version_2: Option<(i64, i64)>,
    footer_length: Option<u32>,
    nested: usize,
    /// Whether bytes are said to be text.
    is_text: bool,
}

impl Table {
    /// Three whole numbers, as PLAIN has them.
    fn new() -> Self {
        let page: Vec<u8> = [5_i64, 6, 7].iter().flat_map(|it| it.to_le_bytes()).collect();
        Self {
            physical: 2,
            length: 0,
            repetition: 0,
            children: 1,
            groups: 1,
            rows: 3,
            values: 3,
            page_at: 4,
            chunk_size: -1,
            codec: 0,
            page_values: 3,
            unpacked: page.len() as i64,
            packed: page.len() as i64,
            encoding: 0,
            dictionary: None,
            page,
            version_2: None,
            footer_length: None,
            nested: 0,
            is_text: false,
        }
    }

    fn with_page(page: &[u8]) -> Self {
        let size = page.len() as i64;
        Self { page: page.to_vec(), unpacked: size, packed: size, ..Self::new() }
    }

    /// A page with three values of text.
    fn texts(texts: [&[u8]; 3]) -> Self {
        let page: Vec<u8> = texts
            .iter()
            .flat_map(|it| [(it.len() as u32).to_le_bytes().to_vec(), it.to_vec()].concat())
            .collect();
        Self { physical: 6, is_text: true, ..Self::with_page(&page) }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = b"PAR1".to_vec();
        let mut page_at = self.page_at;
        if let Some((values, bytes)) = &self.dictionary {
            let size = bytes.len() as i64;
            let header = Thrift::default().int(1, I32, 2).int(2, I32, size).int(3, I32, size);
            let header = header.inner(7, Thrift::default().int(1, I32, *values).int(2, I32, 0));
            out.extend(header.end());
            out.extend(bytes);
            page_at = out.len() as i64;
        }
        let kind = if self.version_2.is_some() { 3 } else { 0 };
        let header = Thrift::default().int(1, I32, kind).int(2, I32, self.unpacked).int(3, I32, self.packed);
        let header = match self.version_2 {
            None => {
                let data = Thrift::default().int(1, I32, self.page_values).int(2, I32, self.encoding);
                header.inner(5, data.int(3, I32, 3).int(4, I32, 3))
            }
            Some((definitions, repetitions)) => {
                let data =
                    Thrift::default().int(1, I32, self.page_values).int(2, I32, 0).int(3, I32, self.rows);
                let data = data.int(4, I32, self.encoding).int(5, I32, definitions).int(6, I32, repetitions);
                header.inner(8, data)
            }
        };
        out.extend(header.end());
        out.extend(&self.page);
        let size = if self.chunk_size < 0 { out.len() as i64 - 4 } else { self.chunk_size };
        let column = Thrift::default().int(1, I32, self.physical);
        let column = column.list(2, I32, 1, &[zigzag(self.encoding)]);
        let column = column.list(3, BINARY, 1, &[[vec![1], b"a".to_vec()].concat()]).int(4, I32, self.codec);
        let column = column.int(5, I64, self.values).int(6, I64, size).int(7, I64, size).int(9, I64, page_at);
        let column = match self.dictionary {
            Some(_) => column.int(11, I64, 4),
            None => column,
        };
        let chunk = Thrift::default().int(2, I64, 4).inner(3, column);
        let group =
            Thrift::default().list(1, STRUCT, 1, &[chunk.end()]).int(2, I64, size).int(3, I64, self.rows);
        let mut schema = vec![Thrift::default().text(4, b"m").int(5, I32, self.children).end()];
        for _ in 0..self.nested {
            schema.push(Thrift::default().int(3, I32, 1).text(4, b"g").int(5, I32, 1).end());
        }
        let leaf = Thrift::default().int(1, I32, self.physical);
        let leaf = if self.physical == 7 { leaf.int(2, I32, self.length) } else { leaf };
        let leaf = leaf.int(3, I32, self.repetition).text(4, b"a");
        let leaf = if self.is_text { leaf.int(6, I32, 0) } else { leaf };
        schema.push(leaf.end());
        let footer = Thrift::default().int(1, I32, 1).list(2, STRUCT, schema.len() as u64, &schema);
        let footer = footer.int(3, I64, self.rows).list(4, STRUCT, self.groups, &[group.end()]).end();
        out.extend(&footer);
        out.extend(self.footer_length.unwrap_or(footer.len() as u32).to_le_bytes());
        out.extend(b"PAR1");
        out
    }
}

fn little_space() -> std::io::Result<()> {
    let limit = libc::rlimit { rlim_cur: SPACE, rlim_max: SPACE };
    // SAFETY: the limit is live.
    match unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}

/// The exit code of a run in little space, and what it says.
fn run(folder: &Folder, args: &str) -> (Option<i32>, String) {
    let mut command = folder.command(args);
    // SAFETY: the child makes one system call.
    unsafe { command.pre_exec(little_space) };
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn the_tables_of_the_generator_are_read() {
    let levels = [2, 0, 0, 0, 6, 1];
    let values: Vec<u8> = [5_i64, 6, 7].iter().flat_map(|it| it.to_le_bytes()).collect();
    let optional = [&levels[..], &values].concat();
    let dictionary = Table {
        dictionary: Some((3, values.clone())),
        encoding: 8,
        ..Table::with_page(&[2, 3, 0b10_01_00, 0])
    };
    for (table, rows) in [
        (Table::new(), ["5", "6", "7"]),
        (Table::texts([b"a", b"bc", b""]), ["a", "bc", ""]),
        (Table { repetition: 1, ..Table::with_page(&optional) }, ["5", "6", "7"]),
        (Table { version_2: Some((0, 0)), ..Table::new() }, ["5", "6", "7"]),
        (dictionary, ["5", "6", "7"]),
        // Lengths of three texts: deltas in a block of 128, the first 1, then the deltas 0 and 0.
        (
            Table {
                physical: 6,
                is_text: true,
                encoding: 6,
                ..Table::with_page(&[&[0x80, 1, 4, 3, 2, 0, 0, 0, 0, 0][..], b"abc"].concat())
            },
            ["a", "b", "c"],
        ),
    ] {
        let folder = Folder::new().with("a.parquet", table.bytes());
        let (code, told) = run(&folder, "convert a.parquet -o out.parquet -j 2");
        assert_eq!(code, Some(0), "{told}");
        assert_eq!(folder.values("out.parquet"), rows);
    }
}

#[test]
fn a_fault_is_an_error_with_a_code_and_asks_for_no_memory() {
    let good = Table::new();
    let huge = i64::from(i32::MAX);
    let dictionary = |values| {
        let bytes = [5_i64, 6, 7].iter().flat_map(|it| it.to_le_bytes()).collect();
        Table { dictionary: Some((values, bytes)), encoding: 8, ..Table::with_page(&[2, 3, 0b10_01_00, 0]) }
    };
    let deltas = |count: u64, encoding, rest: &[u8]| {
        let page = [&[0x80, 1, 4][..], &varint(count), &[2, 0, 0, 0, 0, 0], rest].concat();
        Table { physical: 6, encoding, ..Table::with_page(&page) }
    };
    let lists = |levels: &[u8]| Table { repetition: 2, ..Table::with_page(levels) };
    // A run of 2^30 repeated levels, all of the same list, and one of as many that are there.
    let run = |level: u8| [varint(1 << 31), vec![level]].concat();
    let long = [
        (run(1).len() as u32).to_le_bytes().to_vec(),
        run(1),
        (run(1).len() as u32).to_le_bytes().to_vec(),
        run(1),
    ]
    .concat();
    let faults = [
        ("a footer beyond the file", Table { footer_length: Some(u32::MAX), ..good.clone() }),
        ("a footer without anything", Table { footer_length: Some(0), ..good.clone() }),
        ("a footer that begins too late", Table { footer_length: Some(20), ..good.clone() }),
        ("many children", Table { children: huge, ..good.clone() }),
        ("negative children", Table { children: -1, ..good.clone() }),
        ("groups within groups", Table { nested: 100_000, ..good.clone() }),
        ("many row groups", Table { groups: huge as u64, ..good.clone() }),
        ("very many row groups", Table { groups: u64::MAX, ..good.clone() }),
        ("negative rows", Table { rows: -1, ..good.clone() }),
        ("many rows", Table { rows: i64::MAX, ..good.clone() }),
        ("more rows than values", Table { rows: 1 << 40, ..good.clone() }),
        ("fewer values in the page", Table { page_values: 2, ..good.clone() }),
        ("more values in the page", Table { page_values: 4, rows: 4, values: 4, ..good.clone() }),
        ("negative values", Table { page_values: -1, ..good.clone() }),
        ("a page beyond the file", Table { page_at: 1 << 40, ..good.clone() }),
        ("a page before the file", Table { page_at: -4, ..good.clone() }),
        ("a column beyond the file", Table { chunk_size: i64::MAX, ..good.clone() }),
        ("a column that is too short", Table { chunk_size: 10, ..good.clone() }),
        ("a page that is too long", Table { packed: huge, ..good.clone() }),
        ("a page of negative length", Table { packed: -1, ..good.clone() }),
        ("an unknown codec", Table { codec: 99, ..good.clone() }),
        ("an unknown encoding", Table { encoding: 77, ..good.clone() }),
        ("an unknown type", Table { physical: 42, ..good.clone() }),
        ("no Snappy", Table { codec: 1, ..good.clone() }),
        ("much Snappy", Table { codec: 1, unpacked: huge, ..good.clone() }),
        ("much gzip", Table { codec: 2, unpacked: huge, ..good.clone() }),
        ("much brotli", Table { codec: 4, unpacked: huge, ..good.clone() }),
        ("much zstd", Table { codec: 6, unpacked: huge, ..good.clone() }),
        ("much LZ4", Table { codec: 7, unpacked: huge, ..good.clone() }),
        ("a dictionary that is missing", Table { encoding: 8, ..Table::with_page(&[2, 3, 0b10_01_00, 0]) }),
        ("a large dictionary", dictionary(huge)),
        ("a dictionary that is longer than its page", dictionary(4)),
        ("a negative dictionary", dictionary(-1)),
        ("indexes beyond the dictionary", dictionary(1)),
        ("indexes of too many bits", {
            Table { dictionary: dictionary(3).dictionary, encoding: 8, ..Table::with_page(&[200, 3, 0, 0]) }
        }),
        ("many deltas", deltas(1 << 40, 6, b"abc")),
        ("more deltas than values", deltas(1 << 31, 6, b"abc")),
        ("many prefixes", deltas(1 << 40, 7, b"abc")),
        (
            "many suffixes",
            deltas(3, 7, &[&[0x80, 1, 4][..], &varint(1 << 40), &[2, 0, 0, 0, 0, 0], b"abc"].concat()),
        ),
        (
            "a text that is too long",
            Table { physical: 6, ..Table::with_page(&[0xFF, 0xFF, 0xFF, 0x7F, b'a']) },
        ),
        ("text that is no text", Table::texts([b"a", b"\xFF\xFE", b"c"])),
        ("wide values", Table { physical: 7, length: huge, ..good.clone() }),
        ("values of negative width", Table { physical: 7, length: -1, ..good.clone() }),
        (
            "levels that are too long",
            Table { repetition: 1, ..Table::with_page(&[0xFF, 0xFF, 0xFF, 0x7F, 1]) },
        ),
        ("levels that are cut", Table { repetition: 1, ..Table::with_page(&[2, 0]) }),
        ("levels of more values", Table { repetition: 1, ..Table::with_page(&[2, 0, 0, 0, 6, 1, 5]) }),
        ("long levels of version 2", Table { version_2: Some((huge, huge)), ..good.clone() }),
        ("negative levels of version 2", Table { version_2: Some((-1, 0)), ..good.clone() }),
        ("a long list", Table { page_values: 1 << 30, values: 1 << 30, rows: 1, ..lists(&long) }),
    ];
    for (what, table) in faults {
        let folder = Folder::new().with("a.parquet", table.bytes());
        for io in ["", " --io read"] {
            let (code, told) = self::run(&folder, &format!("convert a.parquet -o out.parquet -j 2{io}"));
            assert_eq!(code, Some(1), "{what}: {told}");
            assert!(told.contains("LF233") && told.contains("a.parquet"), "{what}: {told}");
            assert!(!told.contains("panicked"), "{what}: {told}");
        }
        assert!(!folder.has("out.parquet"), "{what}");
        let (code, told) = self::run(&folder, "convert a.parquet -o out.xes --case-id a -j 2");
        assert!(code == Some(1) && told.contains("LF233"), "{what}: {told}");
    }
}
