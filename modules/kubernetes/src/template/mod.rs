//! Which values the templates of a chart read, by following them through the
//! templates without running these.
//!
//! Every `.Values.a.b` counts, and what `with`, `range`, `index`, `hasKey`,
//! `default`, `dict` and `include` make of it. What cannot be followed counts
//! as read with all that lies below: a key is never refused for that.

mod following;
mod functions;
mod lex;
mod parse;
mod reads;

pub(crate) use following::{Path, Reads, Step};
pub(crate) use reads::Source;
