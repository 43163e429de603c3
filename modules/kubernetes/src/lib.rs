//! What Helm and Kubernetes read, as pure data: YAML, and the values of charts.
//!
//! Nothing here knows a network, a clock, a file, or a cloud. Charts and
//! documents come in as text; [`yaml`] reads and writes them, and
//! [`ChartValues`] says which values a chart knows.

mod template;
mod values;
pub mod yaml;

pub use values::{
    ChartError, ChartValues, UnknownKey, merged, same_values, unknown_keys, unread_keys,
};
