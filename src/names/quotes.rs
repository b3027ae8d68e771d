//! Quotes in a CSV file that people edit: blanks in front of one, and those that
//! are never closed.
//!
//! A CSV reader takes a quote that is not closed as the beginning of a field that
//! lasts to the end of the file, without an error. Here such a quote costs its line.

/// The longest quoted field: a longer one is a quote that is not closed.
const LONGEST: usize = 1_000;

/// The text as a CSV reader understands it, and the lines whose quotes are wrong:
/// those are empty now, so that every other line keeps its number.
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

/// How many lines end in this part of the text, which does not end between the
/// two bytes of a Windows line break.
pub(super) fn line_breaks(text: &[u8], part: std::ops::Range<usize>) -> usize {
    let ends = |at: &usize| match text[*at] {
        b'\n' => true,
        b'\r' => text.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    part.filter(ends).count()
}

/// The length of the line break that the text begins with.
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

/// Copies one record, and returns where its line break is; `None` if one of its
/// quotes is wrong.
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
            // Text after a closing quote: it closed another one.
            Some(_) => return None,
        }
    }
}

/// Where the quote at `from` is closed; a doubled quote stands for itself.
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
