//! `clockwork.hcl`: read, resolved and evaluated, every mistake with its place.

mod constant;
mod constraints;
mod diagnose;
mod evaluate;
mod evaluation;
mod file;
mod given;
mod known;
mod language;
mod module;
mod module_block;
mod output_block;
mod outputs;
mod provider;
mod references;
mod repeat;
mod resolve;
mod source;
#[cfg(test)]
mod tests;
mod variable;
mod variables;

pub(crate) use evaluate::{Evaluated, Module};
pub(crate) use evaluation::Evaluation;
pub(crate) use file::Config;
pub(crate) use module::Kind;
pub(crate) use variables::Values;

use crate::diagnostic::{Diagnostics, Source};
use std::sync::Arc;

/// The value of an expression beside a file's blocks, as Terraform's console prints it.
pub(crate) fn answer(file: &str, values: &str, expression: &str) -> Result<String, String> {
    let mut diagnostics = Diagnostics::default();
    let source =
        |name: &str, text: &str| Arc::new(Source { name: name.to_owned(), text: text.to_owned() });
    let mut config = Config::parse(&source("main.tf", file), &mut diagnostics);
    config.folder = language::Folder::of("main.tf".as_ref());
    let values = Values::of_text(&source("terraform.tfvars", values));
    let evaluation = Evaluation::new(&config, &values, &mut diagnostics);
    let written = source::parse_expression(&source("<console>", expression));
    let written = written.map_err(|not_hcl| not_hcl.message)?;
    let value = evaluation.value(&written, &mut diagnostics);
    match (value, diagnostics.is_empty()) {
        (Some(value), true) => Ok(language::display(&value)),
        _ => Err(diagnostics.rendered(false).join("\n\n")),
    }
}
