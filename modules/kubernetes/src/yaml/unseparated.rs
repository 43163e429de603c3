//! Tags without a space before the comma that follows, as in `[!a, b]`.
//!
//! go-yaml refuses them; libyaml reads them since 0.2, and its port panics there (`scan_tag` of
//! `libyaml-safer` 0.3.0). So they are found before the text is parsed as it stands.

use libyaml_safer::{EventData, Mark, Parser};

use super::error::Unreadable;

/// Refuses a text, which ends its last line, with a tag and a comma next to each other.
///
/// What looks like it may as well be a part of a text or of a comment. So the text is parsed
/// with a space before each such comma, which changes no structure: where a value that has a tag
/// and no text ends right before that space, it was a tag.
pub(super) fn refuse(text: &str) -> Result<(), Unreadable> {
    let (spaced, commas) = spaced(text);
    if commas.is_empty() {
        return Ok(());
    }
    let mut bytes = spaced.as_bytes();
    let mut parser = Parser::new();
    parser.set_input_string(&mut bytes);
    loop {
        let event = parser.parse()?;
        match event.data {
            EventData::Scalar { tag: Some(_), value, .. }
                if value.is_empty() && commas.contains(&event.end_mark.index) =>
            {
                return Err(unseparated(event.start_mark));
            }
            EventData::StreamEnd => return Ok(()),
            _ => {}
        }
    }
}

fn unseparated(mark: Mark) -> Unreadable {
    Unreadable::new(
        Some(mark),
        "a comma follows this tag without a space between them, which Helm refuses",
        "leave the tag out, or write the text in quotes",
    )
}

/// The comma in the tags of YAML itself, written in full. No other tag says anything to Helm.
const WITHIN: &str = "!<tag:yaml.org,";

/// The text with a space before each comma that may end a tag, and where these spaces are, in
/// bytes.
fn spaced(text: &str) -> (String, Vec<u64>) {
    let mut spaced = String::with_capacity(text.len() + 8);
    let mut commas = Vec::new();
    // The parser counts no byte order mark at the start.
    let mark = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut tag = false;
    for (at, c) in text.char_indices() {
        if c == ',' && tag && !text[..=at].ends_with(WITHIN) {
            commas.push((spaced.len() - mark) as u64);
            spaced.push(' ');
        }
        tag = c == '!' || tag && !c.is_whitespace();
        spaced.push(c);
    }
    (spaced, commas)
}
