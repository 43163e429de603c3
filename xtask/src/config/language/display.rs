//! Values as Terraform prints them: results of `terraform console` and of outputs.

use super::text::go_quoted;
use super::types::Type;
use super::value::{Data, Value};

/// The value in Terraform's syntax, with conversions that tell its type.
pub(crate) fn display(value: &Value) -> String {
    indented(value, 0)
}

fn indented(value: &Value, indent: usize) -> String {
    if value.sensitive {
        return "(sensitive value)".to_owned();
    }
    match &value.data {
        Data::Output { .. } | Data::Unknown(_) => "(known after apply)".to_owned(),
        Data::Null(of) => null(of),
        Data::String(text) => string(text, indent),
        Data::Number(number) => number.to_string(),
        Data::Bool(truth) => truth.to_string(),
        Data::List(_, values) => format!("tolist({})", sequence(values, indent)),
        Data::Set(_, values) => format!("toset({})", sequence(values, indent)),
        Data::Tuple(values) => sequence(values, indent),
        Data::Map(_, values) => format!("tomap({})", mapping(values.iter(), indent)),
        Data::Object(values) => mapping(values.iter(), indent),
    }
}

fn null(of: &Type) -> String {
    let of_elements = |name: &str, of: &Type| format!("{name}(null) /* of {} */", of.friendly());
    match of {
        Type::Any => "null".to_owned(),
        Type::String => "tostring(null)".to_owned(),
        Type::Number => "tonumber(null)".to_owned(),
        Type::Bool => "tobool(null)".to_owned(),
        Type::List(of) => of_elements("tolist", of),
        Type::Set(of) => of_elements("toset", of),
        Type::Map(of) => of_elements("tomap", of),
        other => format!("null /* {} */", other.friendly()),
    }
}

/// A text of several lines is a heredoc, whose delimiter is none of its lines.
fn string(text: &str, indent: usize) -> String {
    if !text.contains('\n') {
        return go_quoted(text);
    }
    let mut delimiter = "EOT".to_owned();
    while text.split('\n').any(|line| line.trim() == delimiter) {
        delimiter.push('_');
    }
    let operator = if indent > 0 { "<<-" } else { "<<" };
    let pad = " ".repeat(indent);
    let mut out = format!("{operator}{delimiter}");
    for line in text.split('\n').chain([delimiter.as_str()]) {
        out.push_str(&format!("\n{pad}{line}"));
    }
    out
}

fn sequence(values: &[Value], indent: usize) -> String {
    let lines = values.iter().map(|value| format!("{},", indented(value, indent + 2)));
    enclosed('[', lines, ']', indent)
}

fn mapping<'a>(values: impl Iterator<Item = (&'a String, &'a Value)>, indent: usize) -> String {
    let lines = values.map(|(key, value)| {
        format!("{} = {}", string(key, indent + 2), indented(value, indent + 2))
    });
    enclosed('{', lines, '}', indent)
}

fn enclosed(open: char, lines: impl Iterator<Item = String>, close: char, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let body = lines.map(|line| format!("\n{pad}  {line}")).collect::<Vec<_>>().concat();
    if body.is_empty() { format!("{open}{close}") } else { format!("{open}{body}\n{pad}{close}") }
}
