//! What there is to say about each code of an error: what causes it, an example, what to do.

use logflow::error::Code;

/// What there is to say about a code.
pub struct Explanation {
    /// The code that is explained.
    pub code: Code,
    /// What causes an error with this code.
    pub cause: &'static str,
    /// An example of an input or command line that causes it.
    pub example: &'static str,
    /// What a user can do about it.
    pub remedy: &'static str,
}

const fn of(code: Code, cause: &'static str, example: &'static str, remedy: &'static str) -> Explanation {
    Explanation { code, cause, example, remedy }
}

/// One for each code, in the order of their numbers.
pub const EXPLANATIONS: &[Explanation] = &[
    of(
        Code::InputMissing,
        "The path does not exist, may not be read, or the folder or pattern holds no log.",
        "logflow convert typo.csv -o log.parquet",
        "Check the path and its permissions. Put patterns between quotes, so that the shell leaves them as they are.",
    ),
    of(
        Code::InputRead,
        "The operating system reported an error while the file was read, such as a bad disk or a lost network mount.",
        "Input/output error (os error 5)",
        "Copy the file to another disk and try again. If the copy fails too, the storage is damaged.",
    ),
    of(
        Code::InputChanged,
        "The file was written to, cut short or replaced while it was read. The output was discarded, for it would have mixed two versions.",
        "Another program still appends to log.csv.",
        "Wait until the file is complete, or convert a copy of it.",
    ),
    of(
        Code::InputEmpty,
        "The file has no bytes, or a header and no rows.",
        "An export that found no events.",
        "Check the program that wrote the file.",
    ),
    of(
        Code::InputIsOutput,
        "The output is one of the inputs, also under another name, or the destination contains the sources.",
        "logflow convert log.csv -o log.csv --force",
        "Write to another file or folder.",
    ),
    of(
        Code::OutputExists,
        "Something is at the path of the output already.",
        "logflow convert log.csv -o log.parquet, for the second time",
        "Give another path, or --force to replace the file. A migration replaces only files that its journal names.",
    ),
    of(
        Code::OutputWrite,
        "The output cannot be written: the disk is full, the folder is missing or may not be written, or the path is that of a folder or a device.",
        "No space left on device (os error 28)",
        "Make room, or check the path and its permissions. An existing output is unchanged.",
    ),
    of(
        Code::NotAnInput,
        "The path leads to something that is not read: a folder where a file is expected, tables in a layout that LogFlow only writes, or a table that another program manages.",
        "logflow convert delta_table/ -o log.parquet",
        "Export the table with its own program, or give the files themselves.",
    ),
    of(
        Code::Interrupted,
        "A signal or the calling program stopped the run. No output has appeared.",
        "Ctrl-C",
        "Start the run again. A migration goes on with --resume.",
    ),
    of(
        Code::MemoryLimit,
        "The limit is not enough for one worker thread.",
        "logflow convert log.csv -o log.parquet --memory-limit 10MB",
        "Give the number of bytes that the message names, or leave --memory-limit out.",
    ),
    of(
        Code::Worker,
        "A thread could not be started or ended early.",
        "Resource temporarily unavailable: the system allows no more threads.",
        "Give a smaller number of --threads, or raise the limit of processes (ulimit -u).",
    ),
    of(
        Code::Piped,
        "The format is read from its end or in several places, and a pipe is read once from front to back.",
        "cat log.parquet | logflow convert - -o log.xes",
        "Save the input to a file, and give the file.",
    ),
    of(
        Code::Migration,
        "The destination holds a migration already, or one with other options, so a new one cannot begin there.",
        "logflow migrate archive/ parquet/, for the second time",
        "Give --resume to go on with the migration, with the options of the first run, or another destination.",
    ),
    of(
        Code::Journal,
        "There is no journal, another process writes to it, or a later version of LogFlow wrote it.",
        "logflow verify on a folder that logflow migrate did not write",
        "Check the folder. Give each process of a migration a --shard of its own.",
    ),
    of(
        Code::OutputName,
        "The output of a source cannot have its name: a link or a file stands where its folder would be, another source has the name already, or a bag cannot hold the name.",
        "A.csv and a.csv on a destination that does not tell cases apart",
        "Rename the source, or move away what stands in the destination.",
    ),
    of(
        Code::Unproven,
        "A file that was written is not what the journal says, or the payload of a bag has files that no journal names.",
        "A bit of a Parquet file was flipped by a bad disk.",
        "logflow verify lists all such files, and logflow migrate --resume makes outputs again. Check the storage.",
    ),
    of(
        Code::Sums,
        "Records are not rows, rejected and filtered rows together, or a footer tells another number of rows. This must not happen.",
        "100 records are not 98 rows, 1 rejected and 0 filtered",
        "Do not use the output. Please report it, if possible with the file.",
    ),
    of(
        Code::UnevenRow,
        "A row has more or fewer fields than the header, often because a value holds the delimiter without quotes around it.",
        "case,activity,cost\n1,Check, twice,5",
        "Mend the row; or give --uneven-rows pad, cut or both; or set such rows aside with --on-bad-row reject.",
    ),
    of(
        Code::UnclosedQuote,
        "A quote opens a field, and no quote closes it before the end of the file or the limit of a record.",
        "1,\"Check,2024-01-01",
        "Mend the row. If quotes are plain characters in the file, give --quote none.",
    ),
    of(
        Code::QuoteInField,
        "Text follows the quote that closes a field.",
        "1,\"Check\" twice,2024-01-01",
        "Double quotes within quoted fields, or give --escape or --quote as the file has them.",
    ),
    of(
        Code::NotText,
        "Bytes are not text in the encoding of the file. LogFlow never replaces them.",
        "The byte 0xE9 (é in windows-1252) in a file that is UTF-8 elsewhere",
        "Give the --encoding of the file, or set such rows aside with --on-bad-row reject.",
    ),
    of(
        Code::NulByte,
        "A value holds a byte 0x00, often because blocks of the file were lost.",
        "A file that was copied while the disk was full",
        "Check the copy. --nul-bytes keep takes such rows as they are.",
    ),
    of(
        Code::RecordTooLong,
        "A record is longer than the limit, often because a quote or an element is never closed.",
        "A quote in the first row without a second one",
        "Check the place that the message names. --max-record-size raises the limit.",
    ),
    of(
        Code::Misfit,
        "A value does not fit the type that was declared for its column.",
        "The value unknown in a column that --schema declares as a timestamp",
        "Change the declared type, name the word with --null-words, or set such rows aside with --on-bad-row reject.",
    ),
    of(
        Code::LocalTime,
        "A change of clocks skips the local time, or it occurs twice.",
        "2024-10-27 02:30 with --timezone Europe/Berlin",
        "Give --timezone-fold earlier or later, or set such rows aside with --on-bad-row reject.",
    ),
    of(
        Code::TooManyBadRows,
        "More records were rejected than --max-bad-rows tolerates.",
        "expected at most 1%, found 312 of 10,000",
        "Look at a few of the rows without the limit, mend the cause, or raise the limit.",
    ),
    of(
        Code::Xml,
        "The text is not well-formed XML.",
        "<trace><event></trace>",
        "Mend the place that the message names, or write the log anew with the program that made it.",
    ),
    of(
        Code::XmlLimit,
        "Elements are nested more deeply, or names and attributes are longer, than any log needs.",
        "An element within 100,000 others",
        "The file was made to harm programs, or is damaged.",
    ),
    of(
        Code::XmlEntity,
        "The XML defines or uses an entity beyond the five of XML. LogFlow processes none, for they can grow without bounds.",
        "<!ENTITY a \"&b;&b;\">",
        "Replace the entity by its text.",
    ),
    of(
        Code::XesStandard,
        "With --strict: the log has something that IEEE 1849 (XES) does not allow.",
        "An event with two attributes of one key",
        "logflow validate lists all of it. Without --strict such things are warnings.",
    ),
    of(
        Code::TypesInDoubt,
        "With --strict-types: a column may not have the type that it should have.",
        "49,999 of 50,000 values are times, and one is unknown",
        "Follow the help of the message, or declare the column in a file for --schema.",
    ),
    of(
        Code::MalformedLine,
        "A line is no record of its format.",
        "A line of text among lines of key=value",
        "Mend the line, or set such lines aside with --on-bad-row reject.",
    ),
    of(
        Code::Json,
        "The text is not well-formed JSON.",
        "{\"case\": 1,}",
        "Mend the place that the message names. --json-lenient accepts comments, trailing commas, NaN and Infinity.",
    ),
    of(
        Code::JsonLimit,
        "Values are nested more deeply than the limit.",
        "A list within 100,000 others",
        "The file was made to harm programs, or is damaged.",
    ),
    of(
        Code::OcelRecord,
        "An event or object lacks what it must have: an identifier, a type or a time.",
        "{\"id\": \"e1\", \"type\": \"pay\"}, an event without a time",
        "Mend the record, or set such records aside with --on-bad-row reject.",
    ),
    of(
        Code::OcelStandard,
        "With --strict: the log has something that OCEL does not allow.",
        "A relation to an object that does not exist",
        "logflow validate lists all of it. Without --strict such things are warnings.",
    ),
    of(
        Code::JsonRecord,
        "An element of the list of rows, or a line of JSON Lines, is no object.",
        "[{\"case\": 1}, 2]",
        "Name the list of rows with --json-path, or set such elements aside with --on-bad-row reject.",
    ),
    of(
        Code::Sqlite,
        "The database is damaged, or has not the tables of an object-centric log.",
        "A database of another program that ends in .sqlite",
        "Check the file with sqlite3 FILE 'PRAGMA integrity_check', or export a table to CSV.",
    ),
    of(
        Code::Bundle,
        "The manifest of a bundle cannot be read, or its tables are not those that it names.",
        "A Parquet file of the folder was removed.",
        "logflow validate lists what is wrong. Convert the log anew.",
    ),
    of(
        Code::TypedFile,
        "A Parquet or Arrow file is damaged, cut short, encrypted, or has something that is not supported.",
        "A Parquet file without its last 100 bytes",
        "Copy or write the file anew.",
    ),
    of(
        Code::Archive,
        "An archive is damaged, cut short, encrypted, packed by a method that is not read, unpacks to far more than logs do, or has members whose names lead out of it.",
        "A member of logs.zip is called ../log.csv.",
        "Fetch the archive anew, or unpack it with another program and give the files.",
    ),
    of(
        Code::SheetFull,
        "The table has more rows or columns than a sheet of Excel, or a value has more characters than a cell.",
        "logflow convert log.csv -o log.xlsx, with two million rows",
        "Choose rows or columns, or write Parquet.",
    ),
    of(
        Code::Compressed,
        "Compressed data is damaged, or ends early.",
        "A download of log.csv.gz that was broken off",
        "Copy the file anew. gzip -t, zstd -t, xz -t or bzip2 -t tell the same.",
    ),
    of(
        Code::CompressedTrailing,
        "Bytes that are not compressed data follow the end of the compressed data.",
        "cat log.csv.gz notes.txt > both.gz",
        "Cut the file at the end of its compressed data.",
    ),
    of(
        Code::CompressedWindow,
        "The zstd frame needs a larger window than is allowed, which is memory.",
        "zstd --long=31 log.csv",
        "Raise --zstd-window-log to the number that the message names, or compress the file again without --long.",
    ),
    of(
        Code::Encoding,
        "The encoding is not known, or is UTF-32, which is not supported.",
        "logflow convert log.csv -o log.parquet --encoding klingon",
        "Give a label such as windows-1252 or utf-16le, or convert the text with iconv.",
    ),
    of(
        Code::NestedCompression,
        "The decompressed data is compressed or an archive again.",
        "A log.tar.gz, or a log.csv.gz in a second gzip",
        "Unpack the outer layer first.",
    ),
    of(
        Code::UnknownFormat,
        "The content is no format that is read, or has no standard to be checked against.",
        "A PDF that is called log.csv",
        "Name the format with --from if it is one that is read.",
    ),
    of(
        Code::Dialect,
        "The delimiter cannot be told from the text.",
        "A file whose rows have no delimiter in common",
        "Give --delimiter, and --quote or --skip-lines where they are needed.",
    ),
    of(
        Code::Header,
        "The names of columns cannot be used.",
        "A header whose names are all empty",
        "Give --header no, or --skip-lines if the header stands further down.",
    ),
    of(
        Code::TooManyColumns,
        "There are more columns than the limit, often because the keys of JSON objects are values.",
        "{\"case-1\": …, \"case-2\": …}",
        "Give --nested-text to keep nested values as text, or --json-path to name the rows.",
    ),
    of(
        Code::Usage,
        "The command line does not fit together.",
        "logflow convert log.csv -o -",
        "Follow the help of the message, or see logflow COMMAND --help.",
    ),
    of(
        Code::NoSuchColumn,
        "A flag names a column that the log does not have.",
        "--case-id order, where the column is called Order",
        "Take a name of those that the message lists.",
    ),
    of(
        Code::SchemaFile,
        "The file for --schema cannot be read, or declares something that does not exist.",
        "type = \"number\"",
        "logflow schema LOG --format file writes a file that can be edited.",
    ),
    of(
        Code::Columns,
        "Inputs that become one table do not fit together.",
        "A column that is a list in one Parquet file and a number in another",
        "Convert the inputs one by one, or leave the column out with --exclude.",
    ),
    of(
        Code::RulesFile,
        "The file of rules of logflow inspect cannot be used.",
        "A rule about a column that the log does not have",
        "Follow the place and the help of the message.",
    ),
    of(
        Code::PipelineFile,
        "The pipeline file cannot be read, or is neither TOML nor JSON.",
        "A line with inputs = log.csv, without quotes",
        "Mend the place that the message names.",
    ),
    of(
        Code::PipelineKey,
        "A section of a pipeline has a key that it does not know.",
        "compresion = \"zstd\"",
        "Take the name that the message proposes; logflow run --json-schema lists all.",
    ),
    of(
        Code::PipelineValue,
        "A key of a pipeline has a value that does not fit.",
        "threads = \"many\"",
        "Give a value such as the message names.",
    ),
    of(
        Code::PipelineVariable,
        "A pipeline names a variable of the environment that is not set.",
        "path = \"${OUT}/log.parquet\"",
        "Set the variable, or give it a default: ${OUT:-.}",
    ),
    of(
        Code::PipelineStep,
        "A step of a pipeline cannot be used on this log, or in this place.",
        "A step for event logs, on an object-centric log",
        "Leave the step out, or give the target flatten.",
    ),
    of(
        Code::PipelineTarget,
        "A target of a pipeline cannot be used on this log, or beside the others.",
        "Two targets of one path",
        "Follow the help of the message.",
    ),
    of(
        Code::Key,
        "The key of pseudonyms cannot be read, is too short, or may be read by others.",
        "A key file with the permissions 0644",
        "Make a key of 32 random bytes in a file that only its owner may read (chmod 600).",
    ),
    of(
        Code::Unreachable,
        "Values that are to be hidden would stay visible in a part of the output that pseudonyms do not reach.",
        "A nested value that holds the name of a person",
        "Leave the column out, or read it as text, so that it can be replaced.",
    ),
    of(
        Code::Encode,
        "The Parquet encoder failed. This must not happen.",
        "",
        "Please report it, if possible with the file.",
    ),
    of(
        Code::Internal,
        "Something happened that the program takes for impossible.",
        "",
        "Please report it, if possible with the file.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_explained_once_and_in_order() {
        let explained: Vec<Code> = EXPLANATIONS.iter().map(|it| it.code).collect();
        let missing: Vec<_> = Code::ALL.iter().filter(|code| !explained.contains(code)).collect();
        assert!(missing.is_empty(), "explain/codes.rs does not explain {missing:?}");
        assert!(
            explained.is_sorted() && explained.len() == Code::ALL.len(),
            "a code is there twice, or out of order"
        );
    }

    #[test]
    fn sentences_are_whole() {
        for it in EXPLANATIONS {
            for text in [it.cause, it.remedy] {
                assert!(text.ends_with('.') || text.ends_with('}'), "{}: {text}", it.code);
                assert!(
                    text.starts_with(|c: char| c.is_uppercase()) || text.starts_with("logflow"),
                    "{text}"
                );
            }
        }
    }
}
