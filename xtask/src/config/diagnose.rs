//! Mistakes of expressions as diagnostics.

use std::sync::Arc;

use super::language::Fault;
use crate::diagnostic::{Diagnostic, Place};

/// A mistake of an expression, at its place within the expression's own.
pub(super) fn diagnostic(fault: Fault, within: &Place) -> Diagnostic {
    let place = match (within, fault.span) {
        (Place::Text(source, _), Some(span)) => Place::Text(Arc::clone(source), span),
        (within, _) => within.clone(),
    };
    let remedy = fault
        .remedy
        .unwrap_or_else(|| "correct the expression, or give the value itself".to_owned());
    Diagnostic::new(fault.message, place).remedy(remedy)
}
