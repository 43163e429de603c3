//! Texts by letters as people count them, and as Terraform quotes and changes them.

use unicode_segmentation::UnicodeSegmentation;

/// The letters of a text, each with its accents: what lengths and positions count.
pub(super) fn graphemes(text: &str) -> Vec<&str> {
    text.graphemes(true).collect()
}

/// A text in quotes, as Terraform prints it.
pub(super) fn go_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            c if is_printable(c) => out.push(c),
            c if u32::from(c) < 0x80 => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if u32::from(c) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

/// Whether a letter shows by itself; of the spaces, only the plain one does.
fn is_printable(c: char) -> bool {
    if c == ' ' {
        return true;
    }
    let invisible = c.is_control()
        || c.is_whitespace()
        || matches!(u32::from(c),
            0xad | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x180e | 0x200b..=0x200f
            | 0x202a..=0x202e | 0x2060..=0x206f | 0xe000..=0xf8ff | 0xfeff | 0xfff0..=0xfffb
            | 0xe0000..=0x0010_ffff);
    !invisible
}

/// Letters as capitals, each by itself.
pub(super) fn upper(text: &str) -> Result<String, String> {
    text.chars().map(|c| single(c, c.to_uppercase())).collect()
}

/// Capitals as small letters, each by itself.
pub(super) fn lower(text: &str) -> Result<String, String> {
    text.chars().map(|c| if c == 'İ' { Ok('i') } else { single(c, c.to_lowercase()) }).collect()
}

/// A letter whose other case is one letter too; `ß` has none and stays.
fn single(c: char, mut cased: impl ExactSizeIterator<Item = char>) -> Result<char, String> {
    match (cased.len(), cased.next()) {
        (1, Some(one)) => Ok(one),
        _ if c == 'ß' => Ok(c),
        _ => Err(format!("`{c}` has several letters in the other case{}", super::fault::REFUSED)),
    }
}

/// The first letter of each word as a capital.
pub(super) fn title(text: &str) -> Result<String, String> {
    let mut before = ' ';
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let letter = match c {
            c if !separates(before) => c,
            // These have a third case for titles, and Georgian letters none.
            'Ǆ'..='ǌ' | 'Ǳ'..='ǳ' | 'ა'..='ჿ' => {
                let refused = super::fault::REFUSED;
                return Err(format!("the title case of `{c}` is not known here{refused}"));
            }
            c => single(c, c.to_uppercase())?,
        };
        out.push(letter);
        before = c;
    }
    Ok(out)
}

fn separates(c: char) -> bool {
    if c.is_ascii() {
        return !(c.is_ascii_alphanumeric() || c == '_');
    }
    !c.is_alphanumeric() && c.is_whitespace()
}
