//! The labels of our own that objects have. The templates write them; a test here compares.

/// The workload that a claim belongs to, by its name.
pub const WORKLOAD: &str = "clockwork-codex/workload";

/// The directory of a workload that a claim holds.
pub const DIRECTORY: &str = "clockwork-codex/directory";

/// The proof that an object was made for.
pub const VERIFY: &str = "clockwork-codex/verify";

/// The part of an example that a pod belongs to.
pub const PART: &str = "clockwork-codex/part";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::MANAGER;

    #[test]
    fn the_templates_write_these_labels_and_no_others_of_ours() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates");
        let mut written = BTreeSet::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|ending| ending != "j2") {
                continue;
            }
            let text = std::fs::read_to_string(path).unwrap();
            for line in text.lines() {
                let key = line.trim().split(':').next().unwrap_or_default();
                if key.strip_prefix(MANAGER).is_some_and(|rest| rest.starts_with('/')) {
                    written.insert(key.to_owned());
                }
            }
        }
        assert_eq!(written, BTreeSet::from([WORKLOAD, DIRECTORY, VERIFY, PART].map(str::to_owned)));
    }
}
