//! Values of variables, from the environment, files and the command line.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use hcl::Value;
use hcl::eval::Context;

use super::file::{parse, written};
use super::types::Type;
use super::value::value_of;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Source};

/// The start of the variables of the environment that set variables of the file.
const ENVIRONMENT: &str = "CLOCKWORK_VAR_";

/// A value that somebody set.
#[derive(Debug, Clone)]
pub(crate) struct Supplied {
    pub(crate) place: Place,
    raw: Raw,
}

#[derive(Debug, Clone)]
enum Raw {
    /// As it stands on the command line or in the environment.
    Text(String),
    /// Evaluated, from a file.
    Value(Value),
}

/// All values that were set, the strongest of each name.
#[derive(Debug, Default)]
pub(crate) struct Values {
    by_name: BTreeMap<String, Supplied>,
}

impl Values {
    /// Reads them all: `--var` over `--var-file` over the environment.
    pub(crate) fn read(
        vars: &[String],
        files: &[PathBuf],
        diagnostics: &mut Diagnostics,
    ) -> Values {
        let mut values = Values::default();
        for (key, value) in std::env::vars_os() {
            let (Some(key), Some(value)) = (key.to_str(), value.to_str()) else {
                continue;
            };
            if let Some(name) = key.strip_prefix(ENVIRONMENT) {
                let place = Place::Named(key.to_owned());
                values.set(name, Supplied { place, raw: Raw::Text(value.to_owned()) });
            }
        }
        for path in files {
            values.file(path, diagnostics);
        }
        for var in vars {
            let place = Place::Named(format!("--var {var}"));
            match var.split_once('=') {
                Some((name, value)) => {
                    let place = Place::Named(format!("--var {}", name.trim()));
                    values.set(name.trim(), Supplied { place, raw: Raw::Text(value.to_owned()) });
                }
                None => diagnostics.push(
                    Diagnostic::new(format!("`{var}` sets no variable"), place)
                        .remedy("write `--var NAME=VALUE`"),
                ),
            }
        }
        values
    }

    /// A flag that stands for a variable of the same name.
    pub(crate) fn flag(&mut self, name: &str, text: &str) {
        let place = Place::Named(format!("--{}", name.replace('_', "-")));
        self.set(name, Supplied { place, raw: Raw::Text(text.to_owned()) });
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Supplied> {
        self.by_name.get(name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &Supplied)> {
        self.by_name.iter()
    }

    fn set(&mut self, name: &str, supplied: Supplied) {
        self.by_name.insert(name.to_owned(), supplied);
    }

    fn file(&mut self, path: &PathBuf, diagnostics: &mut Diagnostics) {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                let place = Place::Named(format!("--var-file {}", path.display()));
                diagnostics.push(
                    Diagnostic::new(format!("the file cannot be read: {error}"), place)
                        .remedy("check its path"),
                );
                return;
            }
        };
        let source = Arc::new(Source { name: path.display().to_string(), text });
        let Some(body) = parse(&source, diagnostics) else {
            return;
        };
        for block in body.blocks() {
            diagnostics.push(
                Diagnostic::new(
                    "a file of variables has no blocks",
                    super::place(&source, &block.ident),
                )
                .remedy(
                    "write `NAME = VALUE` lines; blocks belong into the file given with `--config`",
                ),
            );
        }
        for attribute in body.attributes() {
            let value = written(&source, attribute);
            match value_of(&value.expression, &Context::new()) {
                Ok(found) => self.set(
                    attribute.key.as_str(),
                    Supplied { place: value.place, raw: Raw::Value(found) },
                ),
                Err(error) => diagnostics.push(
                    Diagnostic::new(format!("this is no value: {error}"), value.place).remedy(
                        "write a literal; references work in the file given with `--config` only",
                    ),
                ),
            }
        }
    }
}

impl Supplied {
    /// The value as a type has it.
    pub(crate) fn value(&self, kind: &Type) -> Result<Value, Diagnostic> {
        let mistake = |message: String| {
            Diagnostic::new(message, self.place.clone()).remedy(format!("give a {kind}"))
        };
        let value = match &self.raw {
            Raw::Value(value) => value.clone(),
            Raw::Text(text) if kind.is_text() => Value::String(text.clone()),
            Raw::Text(text) => {
                literal(text).ok_or_else(|| mistake(format!("`{text}` is not a {kind}")))?
            }
        };
        kind.convert(value).map_err(mistake)
    }

    /// The value as an input has it: lists may be written with commas.
    pub(crate) fn for_input(&self, kind: inputs::Kind) -> Value {
        match (&self.raw, kind) {
            (Raw::Value(value), _) => value.clone(),
            (Raw::Text(text), inputs::Kind::Strings) => literal(text).unwrap_or_else(|| {
                text.split(',').map(|part| Value::String(part.trim().to_owned())).collect()
            }),
            (Raw::Text(text), inputs::Kind::Map | inputs::Kind::Values) => {
                literal(text).unwrap_or_else(|| Value::String(text.clone()))
            }
            (Raw::Text(text), _) => Value::String(text.clone()),
        }
    }
}

/// A text as an HCL literal.
fn literal(text: &str) -> Option<Value> {
    let expression = hcl::edit::parser::parse_expr(text).ok()?;
    value_of(&expression, &Context::new()).ok()
}
