//! From an expression to its value.

use std::collections::BTreeMap;

use hcl::edit::Span;
use hcl::edit::expr::{Conditional, Expression, ForExpr, Object, ObjectKey, UnaryOperator};

use super::convert::{convert, wanted};
use super::fault::{Evaluation, Fault};
use super::files::Folder;
use super::functions;
use super::iteration::{hidden_element, pairs};
use super::misread::for_key;
use super::number::Number;
use super::operators::{binary, condition, result_type, unary};
use super::scope::Scope;
use super::template;
use super::traversal::traversal;
use super::types::Type;
use super::unify::{convertible, convertible_as_collection, unify};
use super::value::{Data, Value};

impl<'a> Scope<'a> {
    /// The scope of a whole expression.
    pub(crate) fn new(
        text: &'a str,
        roots: &'a BTreeMap<String, Value>,
        folder: &'a Folder,
    ) -> Scope<'a> {
        Scope::with_evaluator(text, roots, folder, evaluate)
    }
}

/// The value of an expression.
pub(crate) fn evaluate(expression: &Expression, scope: &Scope) -> Evaluation<Value> {
    let span = expression.span();
    let value = match expression {
        Expression::Null(_) => Ok(Value::null(Type::Any)),
        Expression::Bool(truth) => Ok((*truth.value()).into()),
        Expression::Number(number) => literal(number, scope.text),
        Expression::String(text) => Ok(Value::string(text)),
        Expression::Array(array) => {
            let values = array.iter().map(|element| evaluate(element, scope)).collect();
            all_of(values).map(Value::tuple)
        }
        Expression::Object(members) => object(members, scope),
        Expression::StringTemplate(_) | Expression::HeredocTemplate(_) => {
            template::evaluate(expression, scope)
        }
        Expression::Parenthesis(inner) => evaluate(inner.inner(), scope),
        Expression::Variable(name) => match scope.named(name.as_str()) {
            Some(value) => Ok(value.clone()),
            None => Err(Fault::new(format!("`{}` refers to nothing", name.as_str()))
                .remedy(format!("did you mean the text \"{}\"?", name.as_str()))),
        },
        Expression::Conditional(node) => conditional(node, scope),
        Expression::FuncCall(call) => functions::call(call, scope),
        Expression::Traversal(node) => traversal(node, scope),
        Expression::UnaryOp(node) => {
            let operator = *node.operator.value();
            let result = evaluate(&node.expr, scope).and_then(|value| unary(operator, value));
            let of = if operator == UnaryOperator::Not { Type::Bool } else { Type::Number };
            result.map_err(|fault| fault.at(node.expr.span()).partial(of))
        }
        Expression::BinaryOp(node) => {
            let operator = *node.operator.value();
            let left = evaluate(&node.lhs_expr, scope);
            let result =
                left.and_then(|left| binary(left, operator, evaluate(&node.rhs_expr, scope)?));
            result.map_err(|fault| fault.partial(result_type(operator)))
        }
        Expression::ForExpr(node) => for_expression(node, scope),
    };
    let opaque = matches!(expression, Expression::FuncCall(_));
    value.map_err(|fault| {
        let fault = fault.at(span);
        if opaque { fault.partial(Type::Any) } else { fault }
    })
}

/// All values, or the first fault with the types of the others.
fn all_of(values: Vec<Evaluation<Value>>) -> Evaluation<Vec<Value>> {
    if values.iter().all(Result::is_ok) {
        return values.into_iter().collect();
    }
    let of = |value: &Evaluation<Value>| match value {
        Ok(value) => value.ty(),
        Err(fault) => (*fault.partial).clone(),
    };
    let types: Vec<Type> = values.iter().map(of).collect();
    let all: Evaluation<Vec<Value>> = values.into_iter().collect();
    all.map_err(|fault| fault.partial(Type::Tuple(types)))
}

/// The digits as they are written, which a float would not keep.
fn literal(number: &hcl::edit::Formatted<hcl::Number>, text: &str) -> Evaluation<Value> {
    let written = number.span().and_then(|span| text.get(span));
    let written = written.map_or_else(|| number.value().to_string(), str::to_owned);
    let compact: String = written.chars().filter(|c| !c.is_whitespace()).collect();
    match Number::read(&compact)? {
        Some(number) => Ok(number.into()),
        None => Err(Fault::new(format!("{compact} is not a number"))),
    }
}

fn object(members: &Object, scope: &Scope) -> Evaluation<Value> {
    if let Some(fault) = for_key(members) {
        return Err(fault);
    }
    let mut values = BTreeMap::new();
    let mut secret = false;
    for (key, member) in members {
        let (name, sensitive) = match key {
            ObjectKey::Ident(name) => (name.as_str().to_owned(), false),
            ObjectKey::Expression(Expression::Null(_)) => ("null".to_owned(), false),
            ObjectKey::Expression(expression @ Expression::Traversal(_)) => {
                return Err(Fault::new("this key could be a reference or a text")
                    .remedy("put a reference in parentheses: `(local.name) = …`")
                    .at(expression.span()));
            }
            ObjectKey::Expression(expression) => {
                let value =
                    evaluate(expression, scope).map_err(|fault| fault.partial(Type::Any))?;
                object_key(value).map_err(|fault| fault.at(expression.span()))?
            }
        };
        secret |= sensitive;
        values.insert(name, evaluate(member.expr(), scope));
    }
    object_of(values).map(|value| value.marked(secret))
}

/// An object of all values, or the first fault with the types of the others.
fn object_of(values: BTreeMap<String, Evaluation<Value>>) -> Evaluation<Value> {
    let (names, values): (Vec<String>, Vec<Evaluation<Value>>) = values.into_iter().unzip();
    match all_of(values) {
        Ok(values) => Ok(Value::object(names.into_iter().zip(values))),
        Err(fault) => {
            let of = match &*fault.partial {
                Type::Tuple(types) => Type::object(names.into_iter().zip(types.iter().cloned())),
                _ => Type::Any,
            };
            Err(fault.partial(of))
        }
    }
}

/// A key as a text, and whether it is a secret.
fn object_key(value: Value) -> Evaluation<(String, bool)> {
    if let Some((module, output)) = value.output() {
        return Err(Fault::later(module, output, "a key"));
    }
    if value.is_null() {
        return Err(Fault::new("a key is null")
            .remedy("give it a value, or choose one with `coalesce(VALUE, \"…\")`"));
    }
    let secret = value.sensitive;
    match convert(value, &Type::String).map(|value| value.data) {
        Ok(Data::String(name)) => Ok((name, secret)),
        Ok(_) => Err(Fault::new("a key is a string")),
        Err(why) => Err(Fault::new(format!("this is not a key: {why}"))
            .remedy("a key is a string, such as an attribute of this value")),
    }
}

/// Both branches have one type; a mistake in the one that is not taken counts for nothing.
fn conditional(node: &Conditional, scope: &Scope) -> Evaluation<Value> {
    let branch = |expression| match evaluate(expression, scope) {
        Err(fault) => (Value::from(Data::Unknown((*fault.partial).clone())), Some(fault)),
        Ok(value) => (value, None),
    };
    let (yes, no) = (branch(&node.true_expr), branch(&node.false_expr));
    let of = common(&yes.0, &no.0);
    let Some(of) = of else {
        return Err(Fault::new(format!(
            "the branches have no common type: one is {}, the other {}",
            yes.0.ty().friendly(),
            no.0.ty().friendly()
        ))
        .remedy("give both the same type, for instance with `tolist` or `tomap`")
        .at(node.true_expr.span()));
    };
    let test = evaluate(&node.cond_expr, scope).map_err(|fault| fault.partial(of.clone()))?;
    let secret = test.sensitive || yes.0.sensitive || no.0.sensitive;
    let holds = condition(test, "the condition")
        .map_err(|fault| fault.at(node.cond_expr.span()).partial(of.clone()))?;
    let ((value, fault), span) =
        if holds { (yes, node.true_expr.span()) } else { (no, node.false_expr.span()) };
    if let Some(fault) = fault {
        let partial = if of == Type::Any { (*fault.partial).clone() } else { of };
        return Err(fault.partial(partial));
    }
    let value = convert(value, &of).map_err(|why| {
        let fault = Fault::new(why).hidden(secret, || {
            format!("the result is not {}; it is sensitive and not shown", wanted(&of))
        });
        fault.at(span).partial(of.clone())
    })?;
    Ok(value.marked(secret))
}

/// The type of a conditional.
fn common(yes: &Value, no: &Value) -> Option<Type> {
    let untyped = |value: &Value| matches!(value.data, Data::Null(Type::Any));
    let (yes_type, no_type) = (yes.ty(), no.ty());
    if untyped(yes) {
        return Some(no_type);
    }
    if untyped(no) {
        return Some(yes_type);
    }
    if yes_type == Type::Any || no_type == Type::Any {
        return Some(Type::Any);
    }
    let becomes = |from: &Type, of: &Type| {
        from == of || convertible(from, of) || convertible_as_collection(from, of)
    };
    unify(&[yes_type.clone(), no_type.clone()])
        .filter(|of| [yes_type, no_type].iter().all(|from| becomes(from, of)))
}

/// A condition that is wrong whatever it is asked about is wrong without elements too.
fn check_condition(
    test: &Expression,
    key: Option<&str>,
    value: &str,
    scope: &Scope,
) -> Evaluation<()> {
    let later = || Value::from(Data::Output { module: String::new(), output: String::new() });
    let inner = scope.binding(key, value, (later(), later()));
    let checked = evaluate(test, &inner).and_then(|holds| condition(holds, "the `if` of a `for`"));
    match checked {
        Err(fault) if !fault.firm => Err(fault.at(test.span())),
        _ => Ok(()),
    }
}

fn for_expression(node: &ForExpr, scope: &Scope) -> Evaluation<Value> {
    let collection =
        evaluate(&node.intro.collection_expr, scope).map_err(|fault| fault.partial(Type::Any))?;
    // The elements are not marked themselves: only the whole result is.
    let secret = collection.sensitive;
    for_each(node, collection, scope)
        .map_err(|fault| fault.hidden(secret, || hidden_element("for")))
}

fn for_each(node: &ForExpr, collection: Value, scope: &Scope) -> Evaluation<Value> {
    let untyped = |fault: Fault| fault.partial(Type::Any);
    let mut secret = collection.sensitive;
    let all = pairs(collection, node.intro.collection_expr.span())?;
    let key = node.intro.key_var.as_ref().map(|name| name.as_str());
    let value = &node.intro.value_var;
    if let (true, Some(test)) = (all.is_empty(), &node.cond) {
        check_condition(&test.expr, key, value.as_str(), scope).map_err(untyped)?;
    }
    let mut list = Vec::new();
    let mut map: BTreeMap<String, Vec<Evaluation<Value>>> = BTreeMap::new();
    for element in all {
        let inner = scope.binding(key, value.as_str(), element);
        if let Some(test) = &node.cond {
            let included = evaluate(&test.expr, &inner).map_err(untyped)?;
            secret |= included.sensitive;
            if !condition(included, "the `if` of a `for`")
                .map_err(|fault| fault.at(test.expr.span()))?
            {
                continue;
            }
        }
        let Some(key) = &node.key_expr else {
            list.push(evaluate(&node.value_expr, &inner));
            continue;
        };
        let at = evaluate(key, &inner).map_err(untyped)?;
        let (name, sensitive) = object_key(at).map_err(|fault| fault.at(key.span()))?;
        secret |= sensitive;
        let values = map.entry(name.clone()).or_default();
        if !values.is_empty() && !node.grouping {
            return Err(Fault::new(format!("two elements have the key \"{name}\""))
                .remedy("group them with `...` behind the value, or make the keys differ")
                .hidden(secret, || {
                    "two elements have the same key, which is sensitive and not shown".to_owned()
                })
                .at(key.span()));
        }
        values.push(evaluate(&node.value_expr, &inner));
    }
    let value = if node.key_expr.is_none() {
        all_of(list).map(Value::tuple)
    } else if node.grouping {
        let groups = map.into_iter();
        object_of(groups.map(|(key, group)| (key, all_of(group).map(Value::tuple))).collect())
    } else {
        let entries = map.into_iter();
        object_of(entries.filter_map(|(key, mut values)| Some((key, values.pop()?))).collect())
    };
    value.map(|value| value.marked(secret))
}
