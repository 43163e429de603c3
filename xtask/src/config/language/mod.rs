//! The language of deployment files: HCL's expressions with Terraform's types.
//!
//! The parser is `hcl-rs`; what an expression means is decided here, and held to
//! Terraform's own answers by a table (`tests/terraform.rs`).

mod convert;
mod digits;
mod display;
mod evaluate;
mod fault;
mod files;
mod format;
mod functions;
mod iteration;
mod json;
mod misread;
mod notation;
mod number;
mod operators;
mod power;
mod scope;
mod set;
mod template;
mod text;
mod traversal;
mod types;
mod unify;
mod value;

pub(crate) use convert::convert;
pub(crate) use display::display;
pub(crate) use evaluate::evaluate;
pub(crate) use fault::Fault;
pub(crate) use files::Folder;
pub(crate) use functions::refusal;
pub(crate) use json::{decode_unique, to_serde};
pub(crate) use misread::{misread, number_out_of_range};
pub(crate) use number::Number;
pub(crate) use scope::Scope;
pub(crate) use types::{Attributes, Type};
pub(crate) use unify::unify;
pub(crate) use value::{Data, Value};
