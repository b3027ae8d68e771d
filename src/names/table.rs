//! Reads the content of a names file, line by line.
//!
//! A fault names the line and never quotes it: the setting may point to the wrong file, with
//! secrets in it.

use std::borrow::Cow;
use std::collections::btree_map::Entry as Slot;

use csv::ByteRecord;

use super::fault::{NamesFault, NamesProblem};
use super::field::{account, is_number, plain};
use super::heading::NamesColumns;
use super::quotes;
use crate::domain::directory::Names;

/// The number of faults to report. Further ones are counted.
pub(super) const NAMED: usize = 20;

/// The content of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct NamesTable {
    /// The names.
    pub names: Names,
    /// The number of lines that are not blank, with the heading.
    pub lines: usize,
    /// The first ignored lines, in order.
    pub problems: Vec<NamesProblem>,
    /// The number of lines that are ignored.
    pub unused: usize,
}

impl NamesTable {
    /// Reads a CSV file. Faulty lines are reported, and the others are used.
    ///
    /// # Errors
    ///
    /// The heading is not understood, or no line is usable.
    pub fn parse(bytes: &[u8]) -> Result<Self, NamesProblem> {
        let text = text(bytes).ok_or(NamesProblem {
            line: 1,
            fault: NamesFault::NotText,
        })?;
        let (skipped, delimiter) = delimiter(&text);
        let (settled, quotes) = quotes::settle(&text[skipped..], delimiter);
        // The line with the delimiter counts as a line of the file.
        let before = quotes::line_breaks(&text, 0..skipped);
        let mut reading = NamesReading::default();
        for line in quotes {
            reading.wrong(before + line, NamesFault::Quote);
        }
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(settled.as_slice());
        let mut record = ByteRecord::new();
        let (mut line, mut counted) = (before + 1, 0);
        // Reading from memory can't fail.
        while reader.read_byte_record(&mut record).unwrap_or(false) {
            let begin = record.position().map_or(counted, |at| begin(&settled, at));
            line += quotes::line_breaks(&settled, counted..begin);
            counted = begin;
            reading.line(line, &record)?;
        }
        reading.finish()
    }
}

/// The position of a record, after the line breaks that the reader skips.
fn begin(settled: &[u8], position: &csv::Position) -> usize {
    let at = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let at = at.min(settled.len());
    let skipped = settled[at..].iter();
    at + skipped.take_while(|byte| b"\r\n".contains(byte)).count()
}

/// The bytes as UTF-8, from any encoding that editors save; `None` if they are not text.
fn text(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, []) = rest.as_chunks::<2>() else {
            return None;
        };
        let units = pairs.iter().map(|pair| unit(*pair));
        let text: Result<String, _> = char::decode_utf16(units).collect();
        text.ok().map(|text| Cow::Owned(text.into_bytes()))
    };
    let text = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => Some(Cow::Borrowed(rest)),
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        _ => Some(Cow::Borrowed(bytes)),
    };
    text.filter(|text| !text.contains(&0))
}

/// The delimiter, and the length of its declaration: Excel writes `sep=;` at the beginning.
fn delimiter(text: &[u8]) -> (usize, u8) {
    const KNOWN: [u8; 3] = *b",;\t";
    let first = text.split(|byte| b"\r\n".contains(byte));
    let first = first.into_iter().find(|line| !line.trim_ascii().is_empty());
    let first = first.unwrap_or_default();
    if let Some([delimiter]) = first.strip_prefix(b"sep=")
        && KNOWN.contains(delimiter)
    {
        let end = first.as_ptr_range().end as usize - text.as_ptr() as usize;
        return (end, *delimiter);
    }
    let mut quoted = false;
    let mut counts = [0_usize; KNOWN.len()];
    for byte in first {
        quoted ^= *byte == b'"';
        let known = KNOWN.iter().position(|known| known == byte);
        if let (Some(known), false) = (known, quoted) {
            counts[known] += 1;
        }
    }
    let most = counts.iter().max().copied().unwrap_or_default();
    let which = counts.iter().position(|count| *count == most);
    (0, KNOWN[which.unwrap_or_default()])
}

/// The part of a file that has been read.
#[derive(Default)]
struct NamesReading {
    columns: Option<(NamesColumns, NamesFault)>,
    table: NamesTable,
}

impl NamesReading {
    fn wrong(&mut self, line: usize, fault: NamesFault) {
        self.table.lines += usize::from(fault == NamesFault::Quote);
        self.table.unused += 1;
        if self.table.problems.len() < NAMED {
            self.table.problems.push(NamesProblem { line, fault });
        }
    }

    fn line(&mut self, line: usize, record: &ByteRecord) -> Result<(), NamesProblem> {
        if record.iter().all(|field| field.trim_ascii().is_empty()) {
            return Ok(());
        }
        self.table.lines += 1;
        let fields = record.iter().map(std::str::from_utf8);
        let fields: Result<Vec<_>, _> = fields.map(|field| field.map(plain)).collect();
        let fields = match fields {
            Ok(fields) => fields,
            Err(_) if self.columns.is_none() => {
                let fault = NamesFault::NotText;
                return Err(NamesProblem { line, fault });
            }
            Err(_) => {
                self.wrong(line, NamesFault::NotText);
                return Ok(());
            }
        };
        let columns = match self.columns {
            Some(columns) => columns,
            None if fields.iter().any(|field| is_number(field)) => *self
                .columns
                .insert((NamesColumns::PLAIN, NamesFault::NeedsHeading)),
            None => {
                let columns =
                    NamesColumns::of(&fields).map_err(|fault| NamesProblem { line, fault })?;
                self.columns = Some((columns, NamesFault::TooManyColumns));
                return Ok(());
            }
        };
        let known = account(columns, &fields).and_then(|(account, who)| {
            match self.table.names.entry(account) {
                Slot::Vacant(slot) => {
                    slot.insert(who);
                    Ok(())
                }
                Slot::Occupied(slot) if *slot.get() == who => Ok(()),
                Slot::Occupied(_) => Err(NamesFault::Repeated),
            }
        });
        if let Err(fault) = known {
            self.wrong(line, fault);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<NamesTable, NamesProblem> {
        // Wrong quotes were found first, so the order must be restored.
        self.table.problems.sort_by_key(|problem| problem.line);
        match self.table.problems.first() {
            Some(first) if self.table.names.is_empty() => Err(*first),
            None if self.columns.is_none() => Err(NamesProblem {
                line: 1,
                fault: NamesFault::Empty,
            }),
            _ => Ok(self.table),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::directory::Who;
    use crate::domain::member::AccountId;
    use crate::names::field::has_address;

    /// The names, like `1 payments (Prod)`, then the problems.
    fn read(bytes: &[u8]) -> Vec<String> {
        let table = match NamesTable::parse(bytes) {
            Ok(table) => table,
            Err(problem) => return vec![format!("unusable: {problem}")],
        };
        let name = |(account, who): (&AccountId, &Who)| {
            let unit = who.unit.as_ref().map(|unit| format!(" ({unit})"));
            let name = who.name.as_deref().unwrap_or_default();
            format!("{} {name}{}", account.as_u64(), unit.unwrap_or_default())
        };
        let problems = table.problems.iter().map(NamesProblem::to_string);
        table.names.iter().map(name).chain(problems).collect()
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(bytes).collect()
    }

    #[test]
    fn a_file_of_names_is_read_however_it_was_saved() {
        let expected = ["1 payments (Prod)", "2 data, lake"];
        for text in [
            "id,name,unit\n000000000001,payments,Prod\n000000000002,\"data, lake\"\n",
            "id,name,unit\r\n000000000001,payments,Prod\r\n\r\n000000000002,\"data, lake\",\r\n",
            "id,name,unit\r000000000001,payments,Prod\r000000000002,\"data, lake\",\r",
            "\u{feff}unit,name,id\nProd,payments,000000000001\n,\"data, lake\",000000000002",
            "\n \n,,\nアカウント,名前,組織単位 (OU)\n000000000001, payments ,\t Prod\n\"000000000002\", \"data,\nlake\"",
            "Account_ID;Account Name;OU\n0000-0000-0001;payments;Prod\n0000 0000 0002;data, lake;\n",
            "sep=;\r\nid;name;ou\r\n000000000001;payments;Prod\r\n000000000002;data, lake\r\n",
            "ＩＤ\tName\tUnit\n'000000000001\tpayments\tProd\n'000000000002\tdata, lake\t\n",
            "id,name,unit\n=\"000000000001\",payments,Prod\n\"=\"\"000000000002\"\"\",\"data, lake\",\n",
            "Account ID,ARN,Email,Account name,OU\n000000000001,arn,a@example.com,payments,Prod\n000000000002,arn,b@example.com,\"data, lake\",\n",
            "AWS アカウント ID,メール,アカウント名,組織単位\n000000000001,a@example.com,payments,Prod\n000000000002,,\"data, lake\",\n",
        ] {
            assert_eq!(read(text.as_bytes()), expected, "{text:?}");
            assert_eq!(read(&utf16(text, u16::to_le_bytes)), expected, "{text:?}");
            assert_eq!(read(&utf16(text, u16::to_be_bytes)), expected, "{text:?}");
        }
        let two = b"000000000001,payments\n000000000002,\"data, lake\",\n";
        assert_eq!(read(two), ["1 payments", "2 data, lake"]);
    }

    #[test]
    fn a_wrong_line_is_named_without_its_text_and_the_rest_is_used() {
        let mut file = b"000000000001,payments\n1234567,hush\n000000000002\n\n".to_vec();
        file.extend(b"000000000003,\x83f\x81[\x83^\n000000000004,\"hush\n");
        file.extend(b"000000000001,hush\nid,hush\n000000000005,last\n000000000005,last\n");
        file.extend("1.23457E+11,hush\n,hush\n000000000006,=hush()\n".as_bytes());
        file.extend("000000000007,hush\u{1b}[2J\n000000000008,hush,hush\n".as_bytes());
        file.extend("000000000009,Team <hush＠example.com>\n".as_bytes());
        file.extend(
            format!(
                "000000000010,{}\n000000000011,ops @ night",
                "hush".repeat(51)
            )
            .bytes(),
        );
        assert_eq!(
            read(&file),
            [
                "1 payments",
                "5 last",
                "11 ops @ night",
                "line 2: the account ID has fewer than 12 digits: a spreadsheet drops zeros at the start, so format the column as text",
                "line 3: the name is missing",
                "line 5: this is not UTF-8 text: save the file as \"CSV UTF-8\"",
                "line 6: a quote is not closed, or text follows a closing quote",
                "line 7: an earlier line gives this account another name",
                "line 8: the account ID does not have 12 digits",
                "line 11: a spreadsheet has rounded the account ID: format the column as text",
                "line 12: the account ID is missing",
                "line 13: the name or unit is a formula",
                "line 14: the name or unit contains a control character",
                "line 15: a file with more than two columns needs a heading like id,name,unit",
                "line 16: the name or unit contains an email address",
                "line 17: the name or unit is longer than 200 characters",
            ]
        );
        let table = NamesTable::parse(&file).unwrap();
        assert_eq!((table.lines, table.unused), (17, 13));
    }

    #[test]
    fn a_heading_that_is_half_understood_is_a_fault_and_no_position_is_guessed() {
        for (text, said) in [
            (
                "",
                "line 1: the file is empty: it needs a heading like id,name,unit at least",
            ),
            (
                "\n ,, \n",
                "line 1: the file is empty: it needs a heading like id,name,unit at least",
            ),
            (
                "Account ID,Email\n012345678901,aws+zero@example.com",
                "line 1: the heading has no column for the name: call it \"name\" or \"account name\"",
            ),
            (
                "Name,Email\n012345678901,hush@example.com",
                "line 1: the heading has no column for the account ID: call it \"id\" or \"account ID\"",
            ),
            (
                "\n\nNumber,Title\n012345678901,payments",
                "line 3: this must be a heading like id,name,unit, or an account ID and a name",
            ),
            (
                "SLACK_BOT_TOKEN=xoxb-hush\nSLACK_CHANNEL=C1\n",
                "line 1: this must be a heading like id,name,unit, or an account ID and a name",
            ),
            (
                "Account ID,account-id,name\n",
                "line 1: the heading has two columns for the account ID",
            ),
            (
                "id,name,Name\n",
                "line 1: the heading has two columns for the name",
            ),
            (
                "id,name,ou,unit\n",
                "line 1: the heading has two columns for the organizational unit",
            ),
            (
                "012345678901,aws+zero@example.com\n",
                "line 1: the name or unit contains an email address",
            ),
            (
                "012345678901,payments,Prod\n",
                "line 1: a file with more than two columns needs a heading like id,name,unit",
            ),
            (
                "PK\u{3}\u{4}\0\0",
                "line 1: this is not UTF-8 text: save the file as \"CSV UTF-8\"",
            ),
        ] {
            assert_eq!(
                read(text.as_bytes()),
                [format!("unusable: {said}")],
                "{text:?}"
            );
        }
        assert!(read(b"id,name\n").is_empty(), "no names yet");
    }

    #[test]
    fn only_the_first_wrong_lines_of_a_huge_file_are_kept() {
        let file = format!("id,name\n000000000001,payments\n{}", "x,y\n".repeat(50_000));
        let table = NamesTable::parse(file.as_bytes()).unwrap();
        assert_eq!(table.problems.len(), NAMED);
        assert_eq!((table.lines, table.unused), (50_002, 50_000));
    }

    proptest! {
        #[test]
        fn nothing_in_a_file_panics_and_no_address_becomes_a_name(
            lines in proptest::collection::vec("[0-9]{11,12}|id|name|[,;\"\t '=@a-z.\r\n]{0,8}|[0-9]{12},[a-z@\" ]{1,9}", 0..20),
            between in "[,\n\r]",
        ) {
            let text = lines.join(&between);
            for text in [text.clone(), format!("id,name\n{text}")] {
                if let Ok(table) = NamesTable::parse(text.as_bytes()) {
                    for who in table.names.values() {
                        let name = who.name.as_deref().unwrap_or_default();
                        prop_assert!(!name.is_empty() && !has_address(name), "{text:?}");
                    }
                    prop_assert!(table.problems.is_sorted_by_key(|problem| problem.line));
                }
            }
        }
    }
}
