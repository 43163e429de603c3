//! The escapes of quoted texts in which go-yaml and libyaml differ.
//!
//! go-yaml takes `\\'` for a quote, and does not know `\\/`; libyaml has it the other way
//! round. A test compares all escapes with Helm (`tests/tests/values.rs`).

use libyaml_safer::Mark;

use super::error::Unreadable;

/// The text with the escape `\\'`, at which reading it failed, in a form that both know.
pub(super) fn with_quote(text: &str, why: &Unreadable) -> Option<String> {
    let (before, rest) = text.split_at_checked(why.index?)?;
    Some(format!("{before}\\x27{}", rest.strip_prefix("\\'")?))
}

/// Refuses the escape `\\/` in the text between two marks, which is in double quotes.
pub(super) fn check_slash(text: &str, start: Mark, end: Mark) -> Result<(), Unreadable> {
    if !text.contains("\\/") {
        return Ok(());
    }
    let at = |mark: Mark| usize::try_from(mark.index).unwrap_or(usize::MAX);
    let mut letters = text.get(at(start)..at(end)).unwrap_or_default().chars();
    while let Some(letter) = letters.next() {
        if letter == '\\' && letters.next() == Some('/') {
            return Err(Unreadable::new(
                Some(start),
                "Helm does not know the escape `\\/` in this text",
                "write the slash alone",
            ));
        }
    }
    Ok(())
}
