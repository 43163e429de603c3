//! What a service's API model says, read once from the table that is generated from it.
//!
//! Pure: from the parts of a request to the operation and the input that it names, or to
//! what is wrong with it; from a response to what the model would object to.

mod check;
#[cfg(test)]
mod conform;
mod input;
mod route;
mod table;
#[cfg(test)]
pub(crate) mod violations;

pub(crate) use input::{Malformed, Sent};
pub(crate) use table::{Model, Operation};

#[cfg(test)]
mod tests;
