//! Functions that convert, and those that mark secrets.

use super::arguments::Takes::Nullable;
use super::arguments::{Arguments, Function};
use crate::config::language::convert::convert;
use crate::config::language::types::Type;
use crate::config::language::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("tobool", &[Nullable], |args| to(args, &Type::Bool)).shallow(),
    Function::new("tolist", &[Nullable], |args| to(args, &Type::list(Type::Any))).shallow(),
    Function::new("tomap", &[Nullable], |args| to(args, &Type::map(Type::Any))).shallow(),
    Function::new("tonumber", &[Nullable], |args| to(args, &Type::Number)).shallow(),
    Function::new("toset", &[Nullable], |args| to(args, &Type::set(Type::Any))).shallow(),
    Function::new("tostring", &[Nullable], |args| to(args, &Type::String)).shallow(),
    Function::new("issensitive", &[Nullable], |args| Ok(args.any(0)?.sensitive.into())).own_marks(),
    Function::new("nonsensitive", &[Nullable], |args| {
        Ok(Value { sensitive: false, ..args.any(0)?.clone() })
    })
    .own_marks(),
    Function::new("sensitive", &[Nullable], |args| Ok(args.any(0)?.clone().marked(true)))
        .own_marks(),
    // Nothing here is ephemeral, so that everything stays.
    Function::new("ephemeralasnull", &[Nullable], |args| Ok(args.any(0)?.clone())).own_marks(),
];

fn to(args: &Arguments, of: &Type) -> Result<Value, String> {
    let value = args.any(0)?;
    convert(value.clone(), of)
}
