//! The glossary stays short enough to be read, and each of its terms has one row.

use std::collections::BTreeSet;

use tests::workspace;

/// The most terms of the glossary.
const TERMS: usize = 40;

/// The terms of the glossary in a document: the first cell of each row of its table.
fn terms(document: &str) -> Vec<&str> {
    let section = document.split("\n## ").find(|section| section.starts_with("Glossary\n"));
    let rows = section.expect("a section `Glossary`").lines().filter_map(|line| {
        let (term, _) = line.strip_prefix("| ")?.split_once(" | ")?;
        Some(term)
    });
    // The heading of the table, and the line below it.
    rows.skip(2).collect()
}

#[test]
fn the_glossary_has_at_most_forty_terms() {
    let document = std::fs::read_to_string(workspace().join("ARCHITECTURE.md")).unwrap();
    let terms = terms(&document);
    let different: BTreeSet<&&str> = terms.iter().collect();
    assert!(terms.contains(&"action") && terms.contains(&"workload"), "not all rows: {terms:?}");
    assert_eq!(different.len(), terms.len(), "a term has two rows: {terms:?}");
    assert!(terms.len() <= TERMS, "{} terms, over {TERMS}: {terms:?}", terms.len());
}

#[test]
fn only_the_rows_of_the_glossary_are_terms() {
    let document = "# A\n\n| Word | Meaning |\n| --- | --- |\n| other | row |\n\n## Glossary\n\n\
                    Text.\n\n| Word | Meaning |\n| --- | --- |\n| a | b |\n| c, d | e |\n\n## F\n\n| g | h |\n";
    assert_eq!(terms(document), ["a", "c, d"]);
}
