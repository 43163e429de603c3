//! From a method and a path to an operation.

use std::collections::BTreeMap;

use super::{Model, Operation};

/// The operation that a request names, and the parameters of its path.
pub(crate) struct Route<'a> {
    pub(crate) name: &'a str,
    pub(crate) operation: &'a Operation,
    pub(crate) parameters: BTreeMap<&'a str, String>,
}

impl Model {
    /// The operation of a method and of a path's decoded segments, where an ARN whose
    /// slash was sent as `%2F` is one.
    pub(crate) fn route(&self, method: &str, sent: &[String]) -> Option<Route<'_>> {
        self.operations
            .iter()
            .filter(|(_, operation)| operation.method == method)
            .filter_map(|(name, operation)| {
                let (parameters, literals) = matched(&operation.path, sent)?;
                Some((literals, Route { name, operation, parameters }))
            })
            // `file-systems/replication-configurations` is no file system of that id.
            .max_by_key(|(literals, _)| *literals)
            .map(|(_, route)| route)
    }
}

/// The parameters of a path that fits, and how many of its segments are literal.
fn matched<'a>(template: &'a str, sent: &[String]) -> Option<(BTreeMap<&'a str, String>, usize)> {
    let wanted: Vec<&str> = template.split('/').filter(|segment| !segment.is_empty()).collect();
    if wanted.len() != sent.len() {
        return None;
    }
    let mut parameters = BTreeMap::new();
    for (wanted, sent) in wanted.iter().zip(sent) {
        if let Some(name) = wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            parameters.insert(name, sent.clone());
        } else if wanted != sent {
            return None;
        }
    }
    let literals = wanted.len() - parameters.len();
    Some((parameters, literals))
}
