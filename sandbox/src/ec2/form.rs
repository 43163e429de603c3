//! Parameters as EC2 takes them: `Filter.1.Value.2=…`.

use std::collections::BTreeMap;

use crate::request::pairs;
use crate::service::Incoming;

/// The parameters of one call.
#[derive(Debug)]
pub(super) struct Form {
    values: BTreeMap<String, String>,
}

impl Form {
    pub(super) fn new(incoming: &Incoming) -> Self {
        let mut values: BTreeMap<String, String> = incoming.query.iter().cloned().collect();
        values.extend(pairs(&incoming.body));
        Form { values }
    }

    /// One parameter.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The values of `name.1`, `name.2` and so on.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        (1..=self.values.len()).map_while(|n| self.get(&format!("{name}.{n}"))).collect()
    }

    /// The prefixes `name.1`, `name.2` and so on under which anything is given.
    pub(super) fn groups(&self, name: &str) -> Vec<String> {
        (1..=self.values.len())
            .map(|n| format!("{name}.{n}."))
            .take_while(|prefix| {
                self.values
                    .range(prefix.clone()..)
                    .next()
                    .is_some_and(|(key, _)| key.starts_with(prefix))
            })
            .collect()
    }
}
