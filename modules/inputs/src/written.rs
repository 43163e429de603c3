//! How people wrote inputs, in a file or as flags, so that a remedy names what they can change.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Which inputs of a module were written as flags; the others stand in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// How the flags of the module begin.
    prefix: String,
    /// The names of the inputs that were given as flags.
    flags: BTreeSet<String>,
}

impl Written {
    /// A module of which these inputs were given as flags that begin so.
    pub fn with_flags(prefix: &str, inputs: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let flags = inputs.into_iter().map(Into::into).collect();
        Written { prefix: prefix.to_owned(), flags }
    }

    /// An input as a message names it: `` `name` `` or `` `--workload-name` ``.
    pub fn name(&self, input: &str) -> String {
        format!("`{}`", self.flag(input).unwrap_or(input.to_owned()))
    }

    /// An input with a value: `` `name = "fraud"` `` or `` `--workload-name=fraud` ``.
    pub fn setting(&self, input: &str, value: &str) -> String {
        match self.flag(input) {
            Some(flag) => format!("`{flag}={value}`"),
            None => format!("`{input} = \"{value}\"`"),
        }
    }

    /// An entry of a map: `` `data = "20Gi"` `` or `` `--workload-directories=data=20Gi` ``.
    pub fn entry(&self, input: &str, key: &str, value: &str) -> String {
        match self.flag(input) {
            Some(flag) => format!("`{flag}={key}={value}`"),
            None => format!("`{key} = \"{value}\"`"),
        }
    }

    fn flag(&self, input: &str) -> Option<String> {
        let given = self.flags.contains(input);
        given.then(|| format!("--{}{}", self.prefix, input.replace('_', "-")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_named_as_it_was_written() {
        let written = Written::with_flags("workload-", ["directories", "helm_chart"]);
        assert_eq!(written.name("helm_chart"), "`--workload-helm-chart`");
        assert_eq!(written.name("name"), "`name`");
        assert_eq!(written.setting("helm_chart", "./a"), "`--workload-helm-chart=./a`");
        assert_eq!(written.setting("name", "fraud"), "`name = \"fraud\"`");
        let entry = |written: &Written| written.entry("directories", "data", "1Ti");
        assert_eq!(entry(&written), "`--workload-directories=data=1Ti`");
        assert_eq!(entry(&Written::default()), "`data = \"1Ti\"`");
    }
}
