//! Quotes in a CSV file that people edit: blanks before a quote, and quotes that are not closed.
//!
//! A CSV reader treats an unclosed quote as a field up to the end of the file, without an error.
//! Here only its line is lost.

/// The limit for a quoted field. A longer one has an unclosed quote.
const LONGEST: usize = 1_000;

/// The text without blanks before quotes, and the numbers of the lines with wrong quotes. Those
/// lines become empty, so that the others keep their numbers.
pub(super) fn settle(text: &[u8], delimiter: u8) -> (Vec<u8>, Vec<usize>) {
    let mut settled = Vec::with_capacity(text.len());
    let (mut wrong, mut at, mut line) = (Vec::new(), 0, 1);
    while at < text.len() {
        let begun = settled.len();
        let end = record(text, at, delimiter, &mut settled);
        let end = end.unwrap_or_else(|| {
            settled.truncate(begun);
            wrong.push(line);
            end_of_line(text, at)
        });
        let next = end + line_break(&text[end..]);
        settled.extend(&text[end..next]);
        line += line_breaks(text, at..next);
        at = next;
    }
    (settled, wrong)
}

/// The number of line breaks in this part of the text. The part must not end within a Windows
/// line break.
pub(super) fn line_breaks(text: &[u8], part: std::ops::Range<usize>) -> usize {
    let ends = |at: &usize| match text[*at] {
        b'\n' => true,
        b'\r' => text.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    part.filter(ends).count()
}

/// The length of the line break at the beginning of the text.
fn line_break(text: &[u8]) -> usize {
    match text {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

fn end_of_line(text: &[u8], from: usize) -> usize {
    let end = text[from..].iter().position(|byte| b"\r\n".contains(byte));
    end.map_or(text.len(), |end| from + end)
}

/// Copies one record, and returns the position of its line break; `None` if a quote is wrong.
fn record(text: &[u8], from: usize, delimiter: u8, settled: &mut Vec<u8>) -> Option<usize> {
    let is_blank = |byte: &&u8| **byte != delimiter && b" \t".contains(byte);
    let blanks = |at: usize| at + text[at..].iter().take_while(is_blank).count();
    let mut at = from;
    loop {
        let field = blanks(at);
        if text.get(field) == Some(&b'"') {
            let end = closing_quote(text, field)? + 1;
            settled.extend(&text[field..end]);
            at = blanks(end);
        } else {
            let ends = |byte: &u8| *byte == delimiter || b"\r\n".contains(byte);
            let end = text[field..].iter().position(ends);
            let end = end.map_or(text.len(), |end| field + end);
            settled.extend(&text[at..end]);
            at = end;
        }
        match text.get(at) {
            Some(byte) if *byte == delimiter => {
                settled.push(delimiter);
                at += 1;
            }
            None | Some(b'\r' | b'\n') => return Some(at),
            // Text after a closing quote, so the quote closed another one.
            Some(_) => return None,
        }
    }
}

/// The position of the closing quote. A doubled quote is a part of the field.
fn closing_quote(text: &[u8], from: usize) -> Option<usize> {
    let last = text.len().min(from + LONGEST);
    let mut at = from + 1;
    while at < last {
        match (text[at], text.get(at + 1)) {
            (b'"', Some(b'"')) => at += 2,
            (b'"', _) => return Some(at),
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_that_is_not_closed_costs_its_line_and_the_others_keep_their_numbers() {
        for (text, expected, wrong) in [
            ("a, \"b, c\" ,d\nx", "a,\"b, c\",d\nx", vec![]),
            ("a;\t\"b\"\r\n\r\nx", "a;\"b\"\r\n\r\nx", vec![]),
            ("a,\"two\nlines\"\rx", "a,\"two\nlines\"\rx", vec![]),
            ("a,\"say \"\"hi\"\"\"\nx", "a,\"say \"\"hi\"\"\"\nx", vec![]),
            ("a,the \"best\"\nx", "a,the \"best\"\nx", vec![]),
            ("a,\"open\nb,c\n", "\nb,c\n", vec![1]),
            ("a,\"open\r\nb,\"c\"\r\nd", "\r\nb,\"c\"\r\nd", vec![1]),
            ("a,\"o\"x\n\"b\nc,d", "\n\nc,d", vec![1, 2]),
            ("a,\"two\nlines\"\n\"open", "a,\"two\nlines\"\n", vec![3]),
        ] {
            let delimiter = if text.contains(';') { b';' } else { b',' };
            let (settled, lines) = settle(text.as_bytes(), delimiter);
            let settled = String::from_utf8(settled).unwrap();
            assert_eq!((settled.as_str(), lines), (expected, wrong), "{text:?}");
        }
    }
}
