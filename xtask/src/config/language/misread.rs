//! What the parser reads otherwise than Terraform does.

use std::ops::Range;

use hcl::edit::Span;
use hcl::edit::expr::{Expression, Object, ObjectKey};

use super::fault::Fault;
use super::number::out_of_range;

/// What is wrong with an expression that the parser accepts and Terraform reads otherwise,
/// or not at all.
pub(crate) fn misread(expression: &Expression, text: &str) -> Option<Fault> {
    match expression {
        Expression::HeredocTemplate(heredoc) => {
            empty_heredoc(expression.span()?, heredoc.delimiter.as_str(), text)
        }
        Expression::Object(members) => for_key(members).map(|fault| fault.at(expression.span())),
        _ => None,
    }
}

/// A heredoc without a line between its delimiters, whose end the parser overlooks.
fn empty_heredoc(span: Range<usize>, delimiter: &str, text: &str) -> Option<Fault> {
    let start = span.start;
    let first = text.get(start..)?.lines().nth(1)?;
    let empty = first.trim() == delimiter;
    empty.then(|| {
        Fault::new("this heredoc is empty, and its end would be overlooked")
            .remedy("write \"\" for an empty text")
            .at(Some(start..start + 2))
    })
}

/// `for` as the first key of an object, which begins a `for` expression to Terraform.
pub(super) fn for_key(members: &Object) -> Option<Fault> {
    let (first, _) = members.iter().next()?;
    let ObjectKey::Ident(name) = first else { return None };
    (name.as_str() == "for").then(|| {
        Fault::new("`for` as the first key begins a `for` expression")
            .remedy("write the key in quotes: `{ \"for\" = … }`")
    })
}

/// What is wrong with a number where the parser stops: it reads numbers as floats of 64
/// bits, and Terraform goes on beyond their range.
pub(crate) fn number_out_of_range(text: &str, at: usize) -> Option<String> {
    let part = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    let start = text.get(..at)?.trim_end_matches(part).len();
    let token = text.get(start..)?;
    let token = &token[..token.find(|c| !part(c)).unwrap_or(token.len())];
    let starts_number = token.starts_with(|c: char| c.is_ascii_digit());
    let number: f64 = token.parse().ok()?;
    (starts_number && number.is_infinite()).then(|| out_of_range(token))
}
