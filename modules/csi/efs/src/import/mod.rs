//! A file system that somebody else made becomes the module block by which a deployment takes it
//! over: what was observed, who else manages it, the block, and what it would change.

mod block;
mod class;
mod effects;
mod found;
mod hcl;
mod managers;
mod names;
mod origins;
pub(crate) mod points;
mod policy;
mod source;
mod sources;
mod states;

pub use block::Block;
pub use effects::{Effects, Tagged, effects};
pub use found::Found;
pub(crate) use hcl::{attributes, expressions, written};
pub use names::Names;
pub use origins::{ORIGINS, Origin};
pub use source::{Source, Tool};
pub use sources::sources;
