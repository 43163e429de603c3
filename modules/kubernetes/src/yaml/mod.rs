//! YAML as Helm and Kubernetes read it: [`read`] resolves it as Helm does or
//! refuses it, and [`Block`] writes what can only be read as it was meant.

mod error;
mod escapes;
mod nodes;
mod read;
mod scalar;
mod tag;
mod unseparated;
mod write;

pub use error::Unreadable;
pub use read::{read, read_map, read_published};
pub use write::{Block, Quoted};
