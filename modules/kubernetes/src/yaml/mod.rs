//! YAML as Helm and Kubernetes read it.

mod write;

pub use write::{Block, Quoted};
