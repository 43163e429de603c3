//! The engine of all plans: changes and what they need, values that are known
//! later, properties and how they are compared, files of a directory, and how a
//! plan is shown.
//!
//! It knows no resource. A module plans its own resources as [`Change`]s with
//! calls of its own type `C`, and whoever carries plans out maps these to one.

mod change;
mod compare;
mod concern;
mod difference;
pub mod files;
mod id;
mod json;
mod known;
mod markdown;
mod property;
pub mod saved;
mod schedule;
mod scope;
mod status;
mod text;
mod values;

pub use change::{Action, Any, Change, Check, Loss, Plan, Wait};
pub use compare::{Compared, Forbidden, compare, gone};
pub use concern::{Detail, Question, Refusal, Warning};
pub use difference::{After, Attribute, Difference, line_differences};
pub use id::ChangeId;
pub use known::{Document, Known, Part, Text};
pub use markdown::markdown;
pub use property::{Mutability, Property, Unset, Value, equal, later, map, set, texts};
pub use schedule::Schedule;
pub use scope::{Address, Scope};
pub use status::{Row, Table};
pub use text::{Styled, named, refused};
