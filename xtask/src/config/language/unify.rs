//! Which types convert to which, and the one type that values of several types can all have.
//!
//! The rules are those of Terraform's type system, documented under "Type
//! Constraints" and "Conditional Expressions": texts win over numbers and bools,
//! lists over tuples of other lengths, maps over objects of other attributes.

use super::types::{Attributes, Type};

/// Whether a value of `from` may be converted to `to`, as far as types tell.
pub(crate) fn convertible(from: &Type, to: &Type) -> bool {
    let all = |types: &[Type], to: &Type| types.iter().all(|of| of == to || convertible(of, to));
    match (from, to) {
        (_, Type::Any) | (Type::Any, _) => true,
        (a, b) if a == b && a.is_primitive() => true,
        (Type::Number | Type::Bool, Type::String) | (Type::String, Type::Number | Type::Bool) => {
            true
        }
        (Type::Object(from), Type::Object(to)) => object_convertible(from, to),
        (Type::Tuple(from), Type::Tuple(to)) => {
            from.len() == to.len() && from.iter().zip(to).all(|(a, b)| a == b || convertible(a, b))
        }
        (Type::List(from) | Type::Set(from), Type::List(to) | Type::Set(to))
        | (Type::Map(from), Type::Map(to)) => from == to || convertible(from, to),
        (Type::Tuple(from), Type::List(to) | Type::Set(to)) => {
            from.is_empty() || element_type(from, to, true).is_some_and(|to| all(from, &to))
        }
        (Type::Object(from), Type::Map(to)) => {
            let types: Vec<Type> = from.types.values().cloned().collect();
            types.is_empty() || element_type(&types, to, false).is_some_and(|to| all(&types, &to))
        }
        (Type::Map(from), Type::Object(to)) => to.types.iter().all(|(name, to_type)| {
            **from == *to_type || convertible(from, to_type) || to.optional.contains(name)
        }),
        _ => false,
    }
}

fn object_convertible(from: &Attributes, to: &Attributes) -> bool {
    to.types.iter().all(|(name, to_type)| match from.types.get(name) {
        Some(from_type) => from_type == to_type || convertible(from_type, to_type),
        None => to.optional.contains(name),
    })
}

/// The type that the elements of a list, set or map become.
pub(super) fn element_type(from: &[Type], to: &Type, only_known: bool) -> Option<Type> {
    if *to != Type::Any {
        return Some(to.clone());
    }
    let found = unify(from)?;
    let unknown = found == Type::Any && from.iter().any(|of| *of != Type::Any);
    (!(only_known && unknown)).then_some(found)
}

/// The common type of `types`, where there is one.
pub(crate) fn unify(types: &[Type]) -> Option<Type> {
    let count = |is: fn(&Type) -> bool| types.iter().filter(|of| is(of)).count();
    let all = types.len();
    let anys = count(|of| matches!(of, Type::Any));
    let maps = count(|of| matches!(of, Type::Map(_)));
    let lists = count(|of| matches!(of, Type::List(_)));
    let sets = count(|of| matches!(of, Type::Set(_)));
    let objects = count(|of| matches!(of, Type::Object(_)));
    let tuples = count(|of| matches!(of, Type::Tuple(_)));
    if all == 0 {
        return None;
    }
    if maps > 0 && maps + anys == all {
        return collections(types, Type::map, anys > 0);
    }
    if lists > 0 && lists + anys == all {
        return collections(types, Type::list, anys > 0);
    }
    if sets > 0 && sets + anys == all {
        return collections(types, Type::set, anys > 0);
    }
    if maps > 0 && maps + objects + anys == all {
        if let Some(found) =
            structures_as(types, objects_to_map, |of| matches!(of, Type::Object(_)))
        {
            return Some(found);
        }
    } else if lists > 0 && lists + tuples + anys == all {
        if let Some(found) = structures_as(types, tuples_to_list, |of| matches!(of, Type::Tuple(_)))
        {
            return Some(found);
        }
    } else if objects > 0 && objects + anys == all {
        return if anys > 0 { Some(Type::Any) } else { object(types) };
    } else if tuples > 0 && tuples + anys == all {
        return if anys > 0 { Some(Type::Any) } else { tuple(types) };
    } else if objects > 0 && tuples > 0 {
        return None;
    }
    preferred(types)
}

/// Whether all of `types` convert to `to`.
fn all_convertible(types: &[Type], to: &Type) -> bool {
    types.iter().all(|of| of == to || convertible(of, to))
}

/// The first type, from general to special, to which all others convert.
fn preferred(types: &[Type]) -> Option<Type> {
    let order = general_first(types);
    order.into_iter().map(|at| &types[at]).find(|to| all_convertible(types, to)).cloned()
}

fn collections(types: &[Type], make: fn(Type) -> Type, any: bool) -> Option<Type> {
    if any {
        return Some(Type::Any);
    }
    let elements: Vec<Type> = types.iter().filter_map(Type::element).cloned().collect();
    let found = make(unify(&elements)?);
    all_convertible(types, &found).then_some(found)
}

/// Takes tuples for lists, or objects for maps, where both are among `types`.
fn structures_as(
    types: &[Type],
    make: fn(&[Type]) -> Option<Type>,
    is: fn(&Type) -> bool,
) -> Option<Type> {
    let structures: Vec<Type> = types.iter().filter(|of| is(of)).cloned().collect();
    let collection = make(&structures)?;
    let taken = types.iter().map(|of| if is(of) { collection.clone() } else { of.clone() });
    let found = unify(&taken.collect::<Vec<_>>())?;
    matches!(found, Type::List(_) | Type::Map(_)).then_some(found)
}

/// Whether a value of `from` may become `to` once it is taken for a map or a list, as the
/// branches of a conditional are: of `{ a = null, b = [] }`, what `b` is then counts for
/// nothing, unless this branch is taken.
pub(super) fn convertible_as_collection(from: &Type, to: &Type) -> bool {
    let collection = match from {
        Type::Object(_) => objects_to_map(std::slice::from_ref(from)),
        Type::Tuple(_) => tuples_to_list(std::slice::from_ref(from)),
        _ => None,
    };
    collection.is_some_and(|collection| collection == *to || convertible(&collection, to))
}

fn objects_to_map(types: &[Type]) -> Option<Type> {
    let all = types.iter().flat_map(|of| match of {
        Type::Object(attributes) => attributes.types.values().cloned().collect(),
        _ => Vec::new(),
    });
    let found = Type::map(unify(&all.collect::<Vec<_>>())?);
    all_convertible(types, &found).then_some(found)
}

fn tuples_to_list(types: &[Type]) -> Option<Type> {
    let all = types.iter().flat_map(|of| match of {
        Type::Tuple(types) => types.clone(),
        _ => Vec::new(),
    });
    let found = Type::list(unify(&all.collect::<Vec<_>>())?);
    all_convertible(types, &found).then_some(found)
}

fn object(types: &[Type]) -> Option<Type> {
    let attributes: Vec<_> = types
        .iter()
        .filter_map(|of| match of {
            Type::Object(attributes) => Some(&attributes.types),
            _ => None,
        })
        .collect();
    let first = attributes.first()?;
    if attributes.iter().any(|other| !other.keys().eq(first.keys())) {
        return objects_to_map(types);
    }
    let mut unified = Vec::new();
    for name in first.keys() {
        let across: Vec<Type> =
            attributes.iter().filter_map(|attributes| attributes.get(name)).cloned().collect();
        unified.push((name.clone(), unify(&across)?));
    }
    let found = Type::object(unified);
    if all_convertible(types, &found) { Some(found) } else { objects_to_map(types) }
}

fn tuple(types: &[Type]) -> Option<Type> {
    let elements: Vec<&Vec<Type>> = types
        .iter()
        .filter_map(|of| match of {
            Type::Tuple(types) => Some(types),
            _ => None,
        })
        .collect();
    let first = elements.first()?;
    if elements.iter().any(|other| other.len() != first.len()) {
        return tuples_to_list(types);
    }
    let mut unified = Vec::new();
    for at in 0..first.len() {
        let across: Vec<Type> = elements.iter().map(|types| types[at].clone()).collect();
        unified.push(unify(&across)?);
    }
    let found = Type::Tuple(unified);
    if all_convertible(types, &found) { Some(found) } else { tuples_to_list(types) }
}

/// The positions of `types`, more general ones first, otherwise as they stand.
fn general_first(types: &[Type]) -> Vec<usize> {
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); types.len()];
    let mut open = vec![0_usize; types.len()];
    for i in 0..types.len() {
        for j in i + 1..types.len() {
            match generality(&types[i], &types[j]) {
                1.. => {
                    before[i].push(j);
                    open[j] += 1;
                }
                0 => {}
                _ => {
                    before[j].push(i);
                    open[i] += 1;
                }
            }
        }
    }
    let mut order: Vec<usize> = (0..types.len()).filter(|at| open[*at] == 0).collect();
    let mut next = 0;
    while let Some(at) = order.get(next).copied() {
        next += 1;
        for later in &before[at] {
            open[*later] -= 1;
            if open[*later] == 0 {
                order.push(*later);
            }
        }
    }
    order
}

/// Above 0 where `a` is the more general type, below where `b` is.
fn generality(a: &Type, b: &Type) -> i8 {
    match (a, b) {
        (Type::Any, other) => -i8::from(*other != Type::Any),
        (Type::List(a), Type::List(b))
        | (Type::Set(a), Type::Set(b))
        | (Type::Map(a), Type::Map(b)) => generality(a, b),
        (_, Type::Any)
        | (Type::String, Type::Number | Type::Bool)
        | (Type::List(_), Type::Tuple(_))
        | (Type::Map(_), Type::Object(_))
        | (Type::Tuple(_) | Type::List(_), Type::Set(_)) => 1,
        (Type::Number | Type::Bool, Type::String)
        | (Type::Tuple(_), Type::List(_))
        | (Type::Object(_), Type::Map(_))
        | (Type::Set(_), Type::Tuple(_) | Type::List(_)) => -1,
        (Type::Object(a), Type::Object(b)) if a.types.keys().eq(b.types.keys()) => {
            agreed(a.types.values().zip(b.types.values()))
        }
        (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => agreed(a.iter().zip(b)),
        _ => 0,
    }
}

/// What all pairs say, where none says otherwise.
fn agreed<'a>(pairs: impl Iterator<Item = (&'a Type, &'a Type)>) -> i8 {
    let all: Vec<i8> = pairs.map(|(a, b)| generality(a, b)).collect();
    match (all.iter().any(|is| *is > 0), all.iter().any(|is| *is < 0)) {
        (true, false) => 1,
        (false, true) => -1,
        _ => 0,
    }
}
