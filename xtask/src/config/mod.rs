//! `clockwork.hcl`: read, resolved and evaluated, every mistake with its place.

mod evaluate;
mod file;
mod functions;
mod references;
mod types;
mod value;
mod variables;

pub(crate) use evaluate::{Evaluated, Module, evaluate};
pub(crate) use file::{Config, Kind};
pub(crate) use variables::Values;

use crate::diagnostic::{Place, Source};
use hcl::edit::Span;
use std::sync::Arc;

/// Where a piece of a parsed file was written.
fn place(source: &Arc<Source>, piece: &impl Span) -> Place {
    match piece.span() {
        Some(range) => Place::Text(Arc::clone(source), range),
        None => Place::Nowhere,
    }
}
