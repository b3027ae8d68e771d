//! Letters that nobody sees, and text as it is compared.
//!
//! Whoever shows text and whoever reads it use this one list: what is dropped from one is dropped from the other.

/// Whether a letter is not seen itself and changes how others are seen or read:
/// controls, marks of direction, what has no width. No language of ours needs
/// one; the variation selector of an emoji is none of them.
pub fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Whether a letter means nothing in what people type: an invisible one that does not part words, or what chooses
/// between two drawings of the letter before it.
pub fn is_meaningless(letter: char) -> bool {
    let selects_a_drawing = matches!(letter, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    (is_invisible(letter) || selects_a_drawing) && !letter.is_whitespace()
}
