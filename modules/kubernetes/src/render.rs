//! Templates, embedded and strict.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, ValueKind};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value,
};
use serde::Serialize;

use crate::yaml::{self, Quoted};

/// A template that did not render: a defect of this project, never of an input.
#[derive(Debug, thiserror::Error)]
#[error("rendering `{template}`")]
pub struct RenderError {
    template: &'static str,
    source: Error,
}

/// A document that a template made, as the value that it is.
pub fn parsed(template: &'static str, text: &str) -> Result<serde_json::Value, RenderError> {
    yaml::read(text).map_err(|error| RenderError {
        template,
        source: Error::new(ErrorKind::InvalidOperation, error.to_string()),
    })
}

/// The templates of a crate, by the names of the documents that they make.
///
/// They are strict: an undefined name is an error, and every value is written so
/// that it can only be read as that value.
pub struct Templates(Result<Environment<'static>, Error>);

impl Templates {
    /// Compiles the templates; one that does not compile is an error when it is rendered.
    pub fn new(sources: &[(&'static str, &'static str)]) -> Templates {
        Templates(environment(sources))
    }

    /// Renders one of them.
    pub fn render(
        &self,
        template: &'static str,
        context: &impl Serialize,
    ) -> Result<String, RenderError> {
        let rendered = match &self.0 {
            Ok(environment) => {
                environment.get_template(template).and_then(|found| found.render(Serde(context)))
            }
            Err(error) => Err(Error::new(ErrorKind::InvalidOperation, error.to_string())),
        };
        rendered.map_err(|source| RenderError { template, source })
    }
}

fn environment(sources: &[(&'static str, &'static str)]) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().keep_trailing_newline(true).build()?);
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("yaml".into()));
    environment.set_formatter(write_value);
    environment.add_filter("comment", |text: &str| {
        Value::from_safe_string(text.escape_debug().to_string())
    });
    environment.add_filter("indented", indented);
    for (name, source) in sources {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

/// A script of ours as the lines of a block literal, where people can read it.
fn indented(script: &str) -> Result<Value, Error> {
    if script.contains(|c: char| c.is_control() && c != '\n') {
        let why = "a block literal has no control characters";
        return Err(Error::new(ErrorKind::InvalidOperation, why));
    }
    let lines =
        script.trim_end().lines().map(|line| format!("{:14}{line}", "").trim_end().to_owned());
    Ok(Value::from_safe_string(lines.collect::<Vec<_>>().join("\n")))
}

/// Writes one value as YAML; nothing in a template can forget to quote.
fn write_value(out: &mut Output, _state: &mut State, value: &Value) -> Result<(), Error> {
    if value.is_safe() {
        return write!(out, "{value}").map_err(Error::from);
    }
    match value.kind() {
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default();
            write!(out, "{}", Quoted(text)).map_err(Error::from)
        }
        ValueKind::Bool => write!(out, "{}", value.is_true()).map_err(Error::from),
        ValueKind::Number => write!(out, "{value}").map_err(Error::from),
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        kind => Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("a template writes single values, and this is a {kind}"),
        )),
    }
}
