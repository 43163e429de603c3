//! Texts, and what the parser makes of them.

use std::sync::Arc;

use hcl::edit::Span;
use hcl::edit::structure::{Attribute, Body};

use super::language::number_out_of_range;
use super::module::Written;
use crate::diagnostic::{Place, Source};

/// Where a piece of a parsed text was written.
pub(super) fn place(source: &Arc<Source>, piece: &impl Span) -> Place {
    match piece.span() {
        Some(range) => Place::Text(Arc::clone(source), range),
        None => Place::Nowhere,
    }
}

/// A text without the byte-order mark that some editors write.
pub(super) fn without_mark(text: String) -> String {
    match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

/// The same place without the line there, which may show a sensitive value.
pub(super) fn without_line(place: &Place) -> Place {
    match place {
        Place::Text(..) => Place::Named(place.short()),
        place => place.clone(),
    }
}

/// Why a text is not HCL.
#[derive(Debug)]
pub(super) struct NotHcl {
    pub(super) message: String,
    pub(super) place: Place,
    /// What to write, where the text shows what is meant.
    pub(super) remedy: Option<String>,
}

/// Parses a text, with the parser's own mistake and its place where there is one.
pub(super) fn parse(source: &Arc<Source>) -> Result<Body, NotHcl> {
    hcl::edit::parser::parse_body(&source.text).map_err(|error| mistake(source, &error))
}

/// Parses a text that is one expression.
pub(super) fn parse_expression(source: &Arc<Source>) -> Result<Written, NotHcl> {
    let expression = hcl::edit::parser::parse_expr(&source.text);
    let expression = expression.map_err(|error| mistake(source, &error))?;
    let place = Place::Text(Arc::clone(source), 0..source.text.len());
    Ok(Written { expression, place })
}

/// The parser's mistake in words, and its place.
fn mistake(source: &Arc<Source>, error: &hcl::edit::parser::Error) -> NotHcl {
    let text = &source.text;
    // The parser counts bytes, and may stop within a letter.
    let at = text.floor_char_boundary(error.location().offset());
    let end = text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
    let place = Place::Text(Arc::clone(source), at..end);
    if let Some(variable) = driver_variable(text, at) {
        let message = format!("`{variable}` is not an expression: `${{` begins one in HCL");
        let remedy = Some(format!("write `${variable}` where the driver is to read `{variable}`"));
        return NotHcl { message, place, remedy };
    }
    let message = number_out_of_range(text, at)
        .unwrap_or_else(|| format!("this is not HCL: {}", error.message()));
    NotHcl { message, place, remedy: None }
}

/// A variable of the driver's patterns, such as `${.PVC.name}`, in whose line the parser stops
/// at a place behind its beginning.
fn driver_variable(text: &str, at: usize) -> Option<&str> {
    let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let behind = text[at..].find('\n').map_or(text.len(), |end| at + end);
    let line = &text[line..behind];
    let (start, _) = line.match_indices("${.").find(|(start, _)| !line[..*start].ends_with('$'))?;
    let end = line[start..].find('}')?;
    Some(&line[start..=start + end])
}

/// An attribute's value, and where it stands.
pub(super) fn written(source: &Arc<Source>, attribute: &Attribute) -> Written {
    let whole = attribute.value.span().or_else(|| attribute.span()).unwrap_or(0..0);
    Written { expression: attribute.value.clone(), place: Place::Text(Arc::clone(source), whole) }
}
