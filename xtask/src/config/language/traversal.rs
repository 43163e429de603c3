//! Traversals: attributes, indexes and splats, one behind the other.

use hcl::edit::expr::{Expression, Traversal, TraversalOperator};
use hcl::edit::{Decorated, Span};

use super::fault::{Evaluation, Fault};
use super::number::Number;
use super::operators::{attribute, index};
use super::scope::Scope;
use super::types::Type;
use super::value::{Data, Value};

/// `a.b[c]`, with splats.
pub(super) fn traversal(node: &Traversal, scope: &Scope) -> Evaluation<Value> {
    let operators: Vec<&TraversalOperator> = node.operators.iter().map(Decorated::value).collect();
    refuse_two_legacy_indexes(&operators).map_err(|fault| fault.at(node.span()))?;
    let Expression::Variable(name) = &node.expr else {
        let base = scope.evaluate(&node.expr).map_err(|fault| {
            let of = type_after(&fault.partial, &operators).unwrap_or(Type::Any);
            fault.partial(of)
        })?;
        return steps(base, &operators, scope)
            .map_err(|fault| fault.at(node.span()).partial(Type::Any));
    };
    let Some(mut value) = scope.named(name.as_str()) else {
        return Err(Fault::new(format!("`{}` refers to nothing", name.as_str())));
    };
    // As far as names go, nothing is copied: `var` may be large.
    let (mut at, mut secret) = (0, value.sensitive);
    while let Some(TraversalOperator::GetAttr(name)) = operators.get(at)
        && let Data::Object(values) | Data::Map(_, values) = &value.data
        && let Some(inner) = values.get(name.as_str())
    {
        value = inner;
        secret |= value.sensitive;
        at += 1;
    }
    steps(value.clone().marked(secret), &operators[at..], scope)
        .map_err(|fault| fault.partial(Type::Any))
}

/// `.1.0` is no syntax of Terraform, so that `try` does not pass over it.
fn refuse_two_legacy_indexes(operators: &[&TraversalOperator]) -> Evaluation<()> {
    for pair in operators.windows(2) {
        if let [TraversalOperator::LegacyIndex(first), TraversalOperator::LegacyIndex(second)] =
            pair
        {
            let (first, second) = (first.value(), second.value());
            let mut fault = Fault::new(format!("`.{first}.{second}` is no index of an index"))
                .remedy(format!("write `[{first}][{second}]`"));
            fault.firm = true;
            return Err(fault);
        }
    }
    Ok(())
}

fn steps(value: Value, operators: &[&TraversalOperator], scope: &Scope) -> Evaluation<Value> {
    let Some((first, rest)) = operators.split_first() else {
        return Ok(value);
    };
    let (value, rest) = match first {
        TraversalOperator::GetAttr(name) => {
            (attribute(value, name.as_str()).map_err(|fault| fault.at(name.span()))?, rest)
        }
        TraversalOperator::LegacyIndex(at) => {
            let key = usize::try_from(*at.value()).unwrap_or(usize::MAX);
            (index(value, Number::count(key).into())?, rest)
        }
        TraversalOperator::Index(key) => {
            let at = scope.evaluate(key)?;
            (index(value, at).map_err(|fault| fault.at(key.span()))?, rest)
        }
        TraversalOperator::FullSplat(_) => return splat(value, rest, scope),
        TraversalOperator::AttrSplat(_) => {
            let attributes = rest.iter().take_while(|operator| {
                matches!(
                    operator,
                    TraversalOperator::GetAttr(_) | TraversalOperator::LegacyIndex(_)
                )
            });
            let (each, rest) = rest.split_at(attributes.count());
            if let Some(TraversalOperator::AttrSplat(_)) = rest.first() {
                return Err(Fault::new("a splat within a splat")
                    .remedy("write `[*]`, or a `for` expression"));
            }
            (splat(value, each, scope)?, rest)
        }
    };
    steps(value, rest, scope)
}

/// The same steps for each element; what is not a list is a list of itself, and null none.
fn splat(value: Value, each: &[&TraversalOperator], scope: &Scope) -> Evaluation<Value> {
    let secret = value.sensitive;
    if let Data::Output { module, output } = &value.data {
        return Err(Fault::later(module, output, "a splat"));
    }
    let of = value.ty();
    if value.is_null() {
        return match of {
            Type::List(_) | Type::Set(_) | Type::Tuple(_) => {
                Err(Fault::new("a null list has no elements for `[*]`")
                    .remedy("give an empty list instead, for instance with `coalesce(LIST, [])`"))
            }
            _ => Ok(Value::tuple(Vec::new()).marked(secret)),
        };
    }
    let (elements, uniform) = match value.data {
        Data::List(_, values) | Data::Set(_, values) => (values, true),
        Data::Tuple(values) => (values, false),
        other => (vec![other.into()], false),
    };
    let results: Vec<Value> = elements
        .into_iter()
        .map(|element| steps(element, each, scope))
        .collect::<Result<_, _>>()
        .map_err(|fault: Fault| {
            fault.hidden(secret, || {
                "an element of this sensitive list has no such part; it is not shown".to_owned()
            })
        })?;
    if !uniform {
        return Ok(Value::tuple(results).marked(secret));
    }
    let of = match results.first() {
        Some(first) => {
            results.iter().map(Value::ty).find(|of| *of != Type::Any).unwrap_or(first.ty())
        }
        None => of.element().and_then(|of| type_after(of, each)).unwrap_or(Type::Any),
    };
    Ok(Value::list(of, results).marked(secret))
}

/// The type that an element would have after the steps of a splat.
fn type_after(of: &Type, each: &[&TraversalOperator]) -> Option<Type> {
    let mut of = of.clone();
    for step in each {
        of = match (&of, step) {
            (Type::Object(attributes), TraversalOperator::GetAttr(name)) => {
                attributes.types.get(name.as_str())?.clone()
            }
            (Type::Tuple(types), TraversalOperator::Index(Expression::Number(at))) => {
                let at = at.value().as_u64().and_then(|at| usize::try_from(at).ok());
                at.and_then(|at| types.get(at))?.clone()
            }
            (Type::Map(of), TraversalOperator::GetAttr(_) | TraversalOperator::Index(_))
            | (Type::List(of), TraversalOperator::Index(_) | TraversalOperator::LegacyIndex(_)) => {
                (**of).clone()
            }
            _ => return None,
        };
    }
    Some(of)
}
