//! The pages for users: each has one purpose, a length to read at once, and links that lead somewhere.

use std::path::Path;

use tests::{page, pages, workspace};

/// The most lines of a page.
const PAGE: usize = 300;

/// The first page is read by everybody.
const README: usize = 350;

/// Documents whose links are held too, beside the pages.
const OTHERS: &[&str] = &["ARCHITECTURE.md", "sandbox/OPERATIONS.md"];

#[test]
fn no_page_is_too_long_and_each_says_what_it_is() {
    let pages = pages();
    assert!(pages.len() > 15, "the pages were not found: {pages:?}");
    for path in &pages {
        let text = page(path);
        let most = if path == "README.md" { README } else { PAGE };
        assert!(text.lines().count() <= most, "{path} has over {most} lines");
        let mut lines = text.lines();
        assert!(lines.next().unwrap().starts_with("# "), "{path} has no title");
        let opening = lines.nth(1).unwrap();
        assert!(opening.starts_with(char::is_alphabetic), "{path} does not say whom it is for");
    }
}

#[test]
fn the_readme_leads_to_every_page() {
    let readme = page("README.md");
    let linked: Vec<&str> = links(&readme);
    let left_out: Vec<String> = pages()
        .into_iter()
        .skip(1)
        .filter(|path| !linked.iter().any(|link| link.split('#').next() == Some(path)))
        .collect();
    assert!(left_out.is_empty(), "no link in README.md to {left_out:?}");
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let mut broken = Vec::new();
    let mut count = 0;
    for path in pages().iter().map(String::as_str).chain(OTHERS.iter().copied()) {
        let text = page(path);
        for link in links(&text).into_iter().filter(|link| !link.contains("://")) {
            count += 1;
            if !resolves(path, link) {
                broken.push(format!("{path}: {link}"));
            }
        }
    }
    assert!(count > 40, "the links were not found: {count}");
    assert!(broken.is_empty(), "{broken:#?}");
}

/// Whether a link of a page names a file that is there and, behind `#`, one of its headings.
fn resolves(path: &str, link: &str) -> bool {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let here = workspace().join(path);
    let target = if file.is_empty() { here } else { here.parent().unwrap().join(file) };
    target.exists() && (anchor.is_empty() || anchors(&target).iter().any(|known| known == anchor))
}

/// The links of a text outside of its code.
fn links(text: &str) -> Vec<&str> {
    let prose = outside_of_blocks(text);
    prose
        .flat_map(|line| line.split("](").skip(1))
        .filter_map(|rest| Some(rest.split_once(')')?.0))
        .collect()
}

fn outside_of_blocks(text: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    })
}

/// The anchors of a document's headings, as GitHub makes them: lower case, without punctuation,
/// and with dashes for spaces
/// (<https://docs.github.com/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#section-links>).
fn anchors(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap();
    let headings = outside_of_blocks(&text).filter(|line| line.starts_with('#'));
    headings.map(|heading| anchor(heading.trim_start_matches('#').trim())).collect()
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn an_anchor_is_the_one_that_github_makes() {
    assert_eq!(anchor("Inputs of `./modules/csi/efs`"), "inputs-of-modulescsiefs");
    assert_eq!(anchor("Account, region and cluster"), "account-region-and-cluster");
    assert!(!resolves("README.md", "docs/data.md#no-such-heading"));
    assert!(!resolves("README.md", "docs/no-such-page.md"));
}
