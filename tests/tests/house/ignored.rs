//! What an ordinary test run leaves out is run by CI.

use std::collections::BTreeSet;
use std::fs::read_to_string;

use tests::workspace;

use crate::sources;

/// The tests that a command of its own runs.
const BY_COMMAND: &[(&str, &str)] = &[("clients", "step cargo xtask clients")];

#[test]
fn ci_runs_every_test_that_needs_more_than_an_ordinary_machine() {
    let folder = workspace().join("tests/tests");
    let ci = read_to_string(workspace().join(".ci/run")).unwrap();
    let mut targets = BTreeSet::new();
    for file in sources(&folder) {
        if read_to_string(&file).unwrap().lines().any(|line| line.trim().starts_with("#[ignore")) {
            let target = file.strip_prefix(&folder).unwrap().iter().next().unwrap();
            targets.insert(target.to_str().unwrap().trim_end_matches(".rs").to_owned());
        }
    }
    assert!(targets.len() > 10, "the tests were not found: {targets:?}");
    let ignored: Vec<&str> =
        ci.lines().filter(|line| line.contains("-- --include-ignored")).collect();
    let runs = |target: &String| match BY_COMMAND.iter().find(|(name, _)| name == target) {
        Some((_, command)) => ci.lines().any(|line| line == *command),
        None => ignored.iter().any(|line| line.contains(&format!(" --test {target} "))),
    };
    let left_out: Vec<&String> = targets.iter().filter(|target| !runs(target)).collect();
    assert!(left_out.is_empty(), "add them to `.ci/run`: {left_out:?}");
}

#[test]
fn the_page_for_contributors_names_the_tests_of_a_cluster_as_ci_does() {
    let named = |file: &str| -> Vec<String> {
        let text = read_to_string(workspace().join(file)).unwrap();
        let line = text.lines().find(|line| {
            line.contains(" --test cluster ") && line.contains("-- --include-ignored")
        });
        let words: Vec<&str> = line.unwrap().split(' ').collect();
        let targets = words.windows(2).filter(|pair| pair[0] == "--test");
        targets.map(|pair| pair[1].to_owned()).collect()
    };
    assert_eq!(named("docs/development.md"), named(".ci/run"));
}
