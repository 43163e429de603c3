//! `count` and `for_each`: one block as several modules.

use hcl::edit::expr::{Expression, TraversalOperator};

use super::language::{Data, Fault, Number, Type, Value, convert};
use super::module::Written;
use super::references::Scope;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// What distinguishes a module of a block from its siblings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    Index(usize),
    Name(String),
}

impl Key {
    /// As Terraform writes it between brackets.
    pub(super) fn address(&self) -> String {
        match self {
            Key::Index(at) => at.to_string(),
            Key::Name(name) => format!("\"{name}\""),
        }
    }
}

/// How many modules a block may make.
const LIMIT: usize = 1000;

/// The indexes of `count`, each with what `count` stands for.
pub(super) fn count(value: Value) -> Result<Vec<(Key, Value)>, Fault> {
    public(&value, "count")?;
    let remedy = format!("give a whole number from 0 to {LIMIT}, such as `var.enabled ? 1 : 0`");
    let count = match convert(value, &Type::Number).map(|value| value.data) {
        Ok(Data::Number(number)) if !number.is_negative() => number.to_whole(),
        _ => None,
    };
    let count = count.and_then(|count| usize::try_from(count).ok());
    let Some(count) = count.filter(|count| *count <= LIMIT) else {
        return Err(Fault::new("`count` is not a number of modules").remedy(remedy));
    };
    let each =
        |at| (Key::Index(at), Value::object([("index".to_owned(), Number::count(at).into())]));
    Ok((0..count).map(each).collect())
}

/// The keys of `for_each`, each with what `each` stands for.
pub(super) fn for_each(value: Value) -> Result<Vec<(Key, Value)>, Fault> {
    public(&value, "for_each")?;
    let entries: Vec<(String, Value)> = match value.data {
        Data::Map(_, entries) | Data::Object(entries) => entries.into_iter().collect(),
        Data::Set(_, values) => values
            .into_iter()
            .map(|value| match &value.data {
                Data::String(name) => Ok((name.clone(), value)),
                _ => Err(Fault::new("`for_each` goes over a set of strings, and this is another")
                    .remedy("give a map, whose keys name the modules")),
            })
            .collect::<Result<_, _>>()?,
        Data::Null(_) => {
            return Err(Fault::new("`for_each` is null").remedy("give an empty map: `{}`"));
        }
        Data::List(..) | Data::Tuple(_) => {
            return Err(Fault::new("`for_each` takes a map or a set, and this is a list")
                .remedy("write `for_each = toset(LIST)`"));
        }
        _ => {
            return Err(Fault::new("`for_each` takes a map or a set of strings")
                .remedy("write `for_each = { KEY = VALUE }` or `toset([\"KEY\"])`"));
        }
    };
    if entries.len() > LIMIT {
        return Err(Fault::new(format!("`for_each` makes over {LIMIT} modules")));
    }
    let each = |(key, value): (String, Value)| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        // Keys stand in addresses, and those of workloads in paths.
        if key.is_empty() || !key.chars().all(plain) || key.starts_with('.') {
            return Err(Fault::new(format!("the key {key:?} is not a name"))
                .remedy("use letters, digits, `-`, `_` and `.`"));
        }
        let each = [("key".to_owned(), Value::string(&key)), ("value".to_owned(), value)];
        Ok((Key::Name(key), Value::object(each)))
    };
    entries.into_iter().map(each).collect()
}

/// How many modules there are cannot be a secret, nor wait for one of them.
fn public(value: &Value, name: &str) -> Result<(), Fault> {
    if let Some((module, output)) = value.output() {
        return Err(Fault::later(module, output, &format!("`{name}`")));
    }
    if value.is_sensitive_anywhere() {
        return Err(Fault::new(format!("`{name}` is a secret, and would show in every address"))
            .remedy("write `nonsensitive(VALUE)` where it may be shown"));
    }
    Ok(())
}

/// What `module.NAME` stands for: a list by index, or an object by key.
pub(super) fn collected(all: Vec<(Key, Value)>) -> Value {
    let named = all.iter().any(|(key, _)| matches!(key, Key::Name(_)));
    if named {
        let entry = |(key, value)| match key {
            Key::Name(name) => Some((name, value)),
            Key::Index(_) => None,
        };
        return Value::object(all.into_iter().filter_map(entry));
    }
    Value::tuple(all.into_iter().map(|(_, value)| value).collect())
}

/// `depends_on` names modules; their order follows from that as from any reference.
pub(super) fn check_depends_on(written: &Written, scope: &Scope, diagnostics: &mut Diagnostics) {
    let Expression::Array(elements) = &written.expression else {
        diagnostics.push(no_module(written));
        return;
    };
    for element in elements {
        match label(element) {
            Some(label) if scope.modules.contains_key(&label) => {}
            Some(label) => diagnostics.push(
                Diagnostic::new(format!("there is no `module \"{label}\"`"), written.place.clone())
                    .nearest(&label, scope.modules.keys().map(String::as_str)),
            ),
            None => diagnostics.push(no_module(written)),
        }
    }
}

/// The label in `module.LABEL`, which Terraform takes in quotes too.
fn label(element: &Expression) -> Option<String> {
    match element {
        Expression::Traversal(node) => match (&node.expr, node.operators.first()?.value()) {
            (Expression::Variable(root), TraversalOperator::GetAttr(name)) => {
                (root.as_str() == "module").then(|| name.to_string())
            }
            _ => None,
        },
        Expression::String(text) => label(&hcl::edit::parser::parse_expr(text.as_str()).ok()?),
        _ => None,
    }
}

fn no_module(written: &Written) -> Diagnostic {
    Diagnostic::new("`depends_on` is a list of modules", written.place.clone())
        .remedy("write `depends_on = [module.NAME]`")
}
