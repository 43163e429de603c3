//! `clockwork.hcl`: read, resolved and evaluated, every mistake with its place.

mod constraints;
mod evaluate;
mod file;
mod given;
mod language;
mod module;
mod module_block;
mod output_block;
mod provider;
mod references;
mod repeat;
mod resolve;
mod variable;
mod variables;

pub(crate) use evaluate::{Evaluated, Evaluation, Module};
pub(crate) use file::Config;
pub(crate) use module::Kind;
pub(crate) use variables::Values;

use crate::diagnostic::{Diagnostic, Diagnostics, Place, Source};
use hcl::edit::Span;
use std::sync::Arc;

/// The value of an expression beside a file's blocks, as Terraform's console prints it.
pub(crate) fn answer(file: &str, values: &str, expression: &str) -> Result<String, String> {
    let mut diagnostics = Diagnostics::default();
    let source =
        |name: &str, text: &str| Arc::new(Source { name: name.to_owned(), text: text.to_owned() });
    let mut config = Config::parse(&source("main.tf", file), &mut diagnostics);
    config.folder = language::Folder::of("main.tf".as_ref());
    let values = Values::of_text(&source("terraform.tfvars", values), &mut diagnostics);
    let evaluation = Evaluation::new(&config, &values, &mut diagnostics);
    let source = source("<console>", expression);
    let parsed = hcl::edit::parser::parse_expr(&source.text)
        .map_err(|error| format!("this is not HCL: {}", error.message()))?;
    let place = Place::Text(source, 0..expression.len());
    let value = evaluation.value(&module::Written { expression: parsed, place }, &mut diagnostics);
    match (value, diagnostics.is_empty()) {
        (Some(value), true) => Ok(language::display(&value)),
        _ => Err(diagnostics.rendered(false).join("\n\n")),
    }
}

/// Where a piece of a parsed file was written.
fn place(source: &Arc<Source>, piece: &impl Span) -> Place {
    match piece.span() {
        Some(range) => Place::Text(Arc::clone(source), range),
        None => Place::Nowhere,
    }
}

/// A mistake of an expression, at its place within the expression's own.
fn diagnostic(fault: language::Fault, within: &Place) -> Diagnostic {
    let place = match (within, fault.span) {
        (Place::Text(source, _), Some(span)) => Place::Text(Arc::clone(source), span),
        (within, _) => within.clone(),
    };
    let remedy = fault
        .remedy
        .unwrap_or_else(|| "correct the expression, or give the value itself".to_owned());
    Diagnostic::new(fault.message, place).remedy(remedy)
}
