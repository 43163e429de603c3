//! The templates, embedded and strict.

use std::sync::LazyLock;

use kubernetes::yaml::Quoted;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, ValueKind};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value,
};
use serde::Serialize;

/// A template that did not render: a defect of this project, never of an input.
#[derive(Debug, thiserror::Error)]
#[error("rendering `{template}`")]
pub struct RenderError {
    template: &'static str,
    source: Error,
}

impl RenderError {
    /// A document that came out as something that is not YAML.
    pub(super) fn not_yaml(error: kubernetes::yaml::Unreadable) -> RenderError {
        RenderError {
            template: "values.yaml",
            source: Error::new(ErrorKind::InvalidOperation, error.to_string()),
        }
    }
}

/// Every template, by the name of the document that it makes.
const TEMPLATES: &[(&str, &str)] = &[
    ("example-header.yaml", include_str!("../../../../../templates/example-header.yaml.j2")),
    ("example-job.yaml", include_str!("../../../../../templates/example-job.yaml.j2")),
    ("graphscope-claims.yaml", include_str!("../../../../../templates/graphscope-claims.yaml.j2")),
    (
        "graphscope-kustomization.yaml",
        include_str!("../../../../../templates/graphscope-kustomization.yaml.j2"),
    ),
    (
        "graphscope-values-engine.yaml",
        include_str!("../../../../../templates/graphscope-values-engine.yaml.j2"),
    ),
    (
        "graphscope-values-interactive.yaml",
        include_str!("../../../../../templates/graphscope-values-interactive.yaml.j2"),
    ),
    (
        "graphscope-values-store.yaml",
        include_str!("../../../../../templates/graphscope-values-store.yaml.j2"),
    ),
    ("kind.yaml", include_str!("../../../../../templates/kind.yaml.j2")),
    ("kustomization.yaml", include_str!("../../../../../templates/kustomization.yaml.j2")),
    ("storageclass.yaml", include_str!("../../../../../templates/storageclass.yaml.j2")),
    ("values.yaml", include_str!("../../../../../templates/values.yaml.j2")),
    ("verify-claim.yaml", include_str!("../../../../../templates/verify-claim.yaml.j2")),
    ("verify-namespace.yaml", include_str!("../../../../../templates/verify-namespace.yaml.j2")),
    ("verify-pod.yaml", include_str!("../../../../../templates/verify-pod.yaml.j2")),
];

static ENVIRONMENT: LazyLock<Result<Environment<'static>, Error>> = LazyLock::new(environment);

/// Renders one of the project's templates, strictly.
pub fn render(template: &'static str, context: &impl Serialize) -> Result<String, RenderError> {
    let rendered = match &*ENVIRONMENT {
        Ok(environment) => {
            environment.get_template(template).and_then(|found| found.render(Serde(context)))
        }
        Err(error) => Err(Error::new(ErrorKind::InvalidOperation, error.to_string())),
    };
    rendered.map_err(|source| RenderError { template, source })
}

fn environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().keep_trailing_newline(true).build()?);
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("yaml".into()));
    environment.set_formatter(write_value);
    environment.add_filter("comment", |text: &str| {
        Value::from_safe_string(text.escape_debug().to_string())
    });
    environment.add_filter("indented", indented);
    for (name, source) in TEMPLATES {
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
