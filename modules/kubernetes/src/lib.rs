//! What Helm and Kubernetes read, as pure data: YAML and templates, charts and
//! their values, releases, claims, and the proof that pods share a volume.
//!
//! Nothing here knows a network, a clock, a file, or a cloud. What is found in a
//! cluster comes in as plain data, and documents as text.

mod chart;
pub mod claim;
pub mod grants;
pub mod label;
mod object;
pub mod proof;
mod quantity;
pub mod release;
mod render;
mod template;
mod usage;
mod values;
pub mod yaml;

pub use chart::{ChartSource, FoundChart, archive_for_kustomize, repository};
pub use object::Preconditions;
pub use quantity::bytes;
pub use render::{RenderError, Templates, parsed};
pub use usage::{Usage, readable, usage, used};
pub use values::{
    ChartError, ChartValues, UnknownKey, merged, same_values, unknown_keys, unread_keys,
};

/// The name under which everything is applied, and by which what is ours is known.
pub const MANAGER: &str = "clockwork-codex";

/// The label that says who manages an object.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
