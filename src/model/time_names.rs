//! Words for times: months and weekdays in values, and the names of columns that hold dates and times.

/// The months in English, in full; their first three letters mean them too.
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The days of the week, likewise.
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The number of an English month, from 1, in full or its first three letters, in any case.
pub fn month_of(name: &[u8]) -> Option<u32> {
    // Nearly every word that is asked about is none, and most by its first letter: values of text begin with
    // one.
    if !matches!(name.first()?.to_ascii_lowercase(), b'j' | b'f' | b'm' | b'a' | b's' | b'o' | b'n' | b'd') {
        return None;
    }
    MONTHS.iter().position(|month| is_name(name, month)).map(|index| index as u32 + 1)
}

/// Whether it is an English day of the week, in full or its first three letters, in any case.
pub fn is_weekday(name: &[u8]) -> bool {
    (3..=9).contains(&name.len()) && WEEKDAYS.iter().any(|day| is_name(name, day))
}

fn is_name(found: &[u8], name: &str) -> bool {
    found.eq_ignore_ascii_case(name.as_bytes()) || found.eq_ignore_ascii_case(&name.as_bytes()[..3])
}

/// Months and weekdays in German, French, Spanish, Portuguese, Italian and Dutch, in full or as they are cut
/// short, where English has another word.
const FOREIGN_NAMES: &[&str] = &[
    "januar",
    "februar",
    "marz",
    "maerz",
    "mrz",
    "mai",
    "juni",
    "juli",
    "oktober",
    "okt",
    "dezember",
    "dez",
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonntag",
    "mo",
    "di",
    "mi",
    "do",
    "fr",
    "sa",
    "so",
    "janvier",
    "janv",
    "fevrier",
    "fevr",
    "fev",
    "mars",
    "avril",
    "avr",
    "juin",
    "juillet",
    "juil",
    "aout",
    "septembre",
    "sept",
    "octobre",
    "novembre",
    "decembre",
    "lundi",
    "mardi",
    "mercredi",
    "jeudi",
    "vendredi",
    "samedi",
    "dimanche",
    "lun",
    "mer",
    "jeu",
    "ven",
    "sam",
    "dim",
    "enero",
    "ene",
    "febrero",
    "marzo",
    "abril",
    "abr",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "ago",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
    "dic",
    "lunes",
    "martes",
    "miercoles",
    "jueves",
    "viernes",
    "sabado",
    "domingo",
    "janeiro",
    "fevereiro",
    "marco",
    "maio",
    "junho",
    "julho",
    "setembro",
    "set",
    "outubro",
    "out",
    "novembro",
    "dezembro",
    "gennaio",
    "gen",
    "febbraio",
    "aprile",
    "maggio",
    "mag",
    "giugno",
    "giu",
    "luglio",
    "lug",
    "settembre",
    "ottobre",
    "ott",
    "dicembre",
    "januari",
    "februari",
    "maart",
    "mrt",
    "mei",
    "augustus",
    "maandag",
    "dinsdag",
    "woensdag",
    "donderdag",
    "vrijdag",
    "zaterdag",
    "zondag",
];

/// Whether a word in lower case is a month or a weekday of a language that is not read.
pub fn is_foreign_name(word: &str) -> bool {
    let plain: String = word.chars().map(without_accent).collect();
    // Nearly every word is none, and its first letter and length tell so.
    let first = plain.as_bytes().first();
    let is_like = |name: &&&str| name.len() == plain.len() && name.as_bytes().first() == first;
    FOREIGN_NAMES.iter().filter(is_like).any(|name| *name == plain)
}

/// Words of which one in a column's name says that it holds dates or times, without accents.
const TIME_WORDS: &[&str] = &[
    // English
    "date",
    "datetime",
    "time",
    "timestamp",
    "timestamps",
    "ts",
    "when",
    "created",
    "started",
    "ended",
    "finished",
    "completed",
    "updated",
    "modified",
    "changed",
    "closed",
    "opened",
    "resolved",
    "received",
    "sent",
    "due",
    "deadline",
    "birthday",
    "birthdate",
    "dob",
    "expiry",
    "expires",
    "yyyy",
    // German
    "datum",
    "zeit",
    "uhrzeit",
    "zeitpunkt",
    "zeitstempel",
    "termin",
    "frist",
    "beginn",
    "wann",
    "erstellt",
    "geandert",
    "geaendert",
    "fallig",
    "faellig",
    // French
    "heure",
    "horodatage",
    "debut",
    "quand",
    "echeance",
    // Spanish and Portuguese
    "fecha",
    "hora",
    "cuando",
    "vencimiento",
    "quando",
    "vencimento",
    // Italian
    "ora",
    "orario",
    "scadenza",
    // Dutch and the languages of Scandinavia
    "tijd",
    "tijdstip",
    "tijdstempel",
    "wanneer",
    "dato",
    "tidspunkt",
    "klokkeslett",
    "tidsstampel",
    // Hungarian, Polish, Czech, Russian
    "idopont",
    "czas",
    "дата",
    "время",
];

/// Words that say so alone, and beside others may mean something else.
const TIME_NAMES: &[&str] = &[
    "start", "begin", "end", "finish", "complete", "stop", "data", "ende", "fin", "inicio", "fim", "inizio",
    "einde", "day", "jour", "dia", "giorno", "dag",
];

/// Ends of words that say so: German and Dutch join words, and English ones are often joined.
const TIME_ENDS: &[&str] =
    &["datum", "zeit", "zeitpunkt", "stempel", "tijd", "timestamp", "datetime", "date", "time"];

/// Beginnings of words that say so: `datecol`, `Datumsfeld`.
const TIME_STARTS: &[&str] = &["date", "datum", "fecha"];

/// Words with such an end that mean something else.
const OTHER_WORDS: &[&str] = &[
    "update",
    "candidate",
    "mandate",
    "validate",
    "consolidate",
    "liquidate",
    "runtime",
    "lifetime",
    "realtime",
    "sometime",
    "fulltime",
    "parttime",
];

/// Words in the scripts of East Asia, which part none.
const TIME_SIGNS: &[&str] = &["日付", "日時", "時刻", "時間", "日期", "时间", "날짜", "일시", "시간"];

/// Words that part a column of versions from one of times.
const VERSION_WORDS: &[&str] = &["version", "versions", "ver", "versie", "versione", "versao", "code", "ip"];

/// Whether the name of a column says that it holds dates or times, in one of the languages that logs are
/// written in.
pub fn names_a_time(name: &str) -> bool {
    if TIME_SIGNS.iter().any(|sign| name.contains(sign)) {
        return true;
    }
    let words = words_of(name);
    let Some((last, others)) = words.split_last() else { return false };
    if words.iter().any(|word| VERSION_WORDS.contains(&word.as_str())) {
        return false;
    }
    let is_word = |word: &String| {
        TIME_WORDS.contains(&word.as_str())
            || TIME_STARTS.iter().any(|start| word.starts_with(start))
            || TIME_ENDS.iter().any(|end| word.ends_with(end)) && !OTHER_WORDS.contains(&word.as_str())
    };
    // `created_at`, `Erstellt am`, `data di inizio`.
    let ends_so = !others.is_empty() && ["at", "am", "on"].contains(&last.as_str());
    let begins_so = words.len() > 1
        && words[0] == "data"
        && ["di", "de", "da", "do", "del", "della", "inizio", "inicio", "fine", "fim", "ora", "hora"]
            .contains(&words[1].as_str());
    words.iter().any(is_word)
        || ends_so
        || begins_so
        || others.is_empty() && TIME_NAMES.contains(&last.as_str())
}

/// The words of a name, in lower case and without accents: parted by what is no letter, and where a capital
/// follows a small letter.
fn words_of(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before: Option<char> = None;
    for letter in name.chars() {
        if letter.is_alphabetic() {
            let begins =
                before.is_none_or(|it| !it.is_alphabetic() || it.is_lowercase() && letter.is_uppercase());
            if begins {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(letter.to_lowercase().map(without_accent));
            }
        }
        before = Some(letter);
    }
    words
}

/// The letter without its accent, of those that the words above have.
fn without_accent(letter: char) -> char {
    match letter {
        'á' | 'à' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'é' | 'è' | 'ê' | 'ë' | 'ě' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' | 'ő' => 'o',
        'ú' | 'ù' | 'û' | 'ü' | 'ű' => 'u',
        'ç' | 'č' => 'c',
        'ñ' => 'n',
        'ř' => 'r',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_times_are_known_in_many_languages() {
        for name in [
            "date",
            "Date",
            "order_date",
            "datecol",
            "orderDate",
            "startTime",
            "START_TIME",
            "EVENTTIME",
            "Timestamp",
            "complete timestamp",
            "when",
            "created_at",
            "CreatedAt",
            "Due",
            "Updated",
            "Datum",
            "Buchungsdatum",
            "Startzeit",
            "Zeitstempel",
            "Erstellt am",
            "Geändert",
            "Fälligkeitsdatum",
            "dd-MM-yyyy:HH.mm",
            "date de début",
            "Heure",
            "Échéance",
            "fecha",
            "Fecha de inicio",
            "data",
            "Data",
            "data_inizio",
            "Data de início",
            "hora",
            "datum",
            "Tijdstip",
            "dátum",
            "tidspunkt",
            "дата",
            "受付日時",
            "开始时间",
            "날짜",
            "start",
            "Ende",
            "time:timestamp",
            "ts",
        ] {
            assert!(names_a_time(name), "{name}");
        }
    }

    #[test]
    fn other_names_are_not_names_of_times() {
        for name in [
            "",
            "version",
            "sourceVersion",
            "SortCode",
            "update",
            "candidate",
            "data_version",
            "database",
            "metadata",
            "Version date",
            "status",
            "Konto",
            "case_id",
            "activity",
            "end_user",
            "format",
            "1",
            "attend",
            "sentiment",
            "IP",
            "Kostenstelle",
            "part",
        ] {
            assert!(!names_a_time(name), "{name}");
        }
    }

    #[test]
    fn months_and_weekdays_are_whole_names_or_three_letters() {
        assert_eq!(month_of(b"OCT"), Some(10));
        assert_eq!(month_of(b"october"), Some(10));
        assert!(is_weekday(b"Sat") && is_weekday(b"SATURDAY"));
        for name in ["", "oc", "octo", "okt", "sa", "satur", "so"] {
            assert!(month_of(name.as_bytes()).is_none() && !is_weekday(name.as_bytes()), "{name}");
        }
    }
}
