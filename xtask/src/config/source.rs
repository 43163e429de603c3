//! Texts, and what the parser makes of them.

use std::sync::Arc;

use hcl::edit::Span;
use hcl::edit::structure::{Attribute, Body};

use super::module::Written;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Source};

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

/// Parses a text, with the parser's own mistake where there is one.
pub(super) fn parse(source: &Arc<Source>, diagnostics: &mut Diagnostics) -> Option<Body> {
    match hcl::edit::parser::parse_body(&source.text) {
        Ok(body) => Some(body),
        Err(error) => {
            // The parser counts bytes, and may stop within a letter.
            let at = source.text.floor_char_boundary(error.location().offset());
            let end = source.text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
            let place = Place::Text(Arc::clone(source), at..end);
            let message = format!("this is not HCL: {}", error.message());
            diagnostics.push(
                Diagnostic::new(message, place)
                    .remedy("write `NAME = VALUE`, or `NAME \"LABEL\" { … }`"),
            );
            None
        }
    }
}

/// An attribute's value, and where it stands.
pub(super) fn written(source: &Arc<Source>, attribute: &Attribute) -> Written {
    let whole = attribute.value.span().or_else(|| attribute.span()).unwrap_or(0..0);
    Written { expression: attribute.value.clone(), place: Place::Text(Arc::clone(source), whole) }
}
