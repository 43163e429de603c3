//! Error codes of AWS are named in `live/src/meaning` only.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use tests::workspace;

use crate::remedies::is_test_only;
use crate::sources;

/// The folder of the tables, and the tables of AWS in it.
const TABLES: &str = "live/src/meaning";
const AWS: [&str; 4] = ["common.rs", "ec2.rs", "efs.rs", "eks.rs"];

#[test]
fn nothing_outside_the_tables_names_a_code() {
    let read = |path| std::fs::read_to_string(path).unwrap();
    let tables = workspace().join(TABLES);
    let codes: BTreeSet<String> =
        AWS.iter().flat_map(|table| codes(&read(tables.join(table)))).collect();
    assert!(codes.len() > 60, "the tables were not found: {codes:?}");
    let mut named = Vec::new();
    for file in sources(&workspace().join("live/src")) {
        if !file.starts_with(&tables) {
            let own = self::codes(&read(file.clone()));
            named
                .extend(own.intersection(&codes).map(|code| format!("{}: {code}", file.display())));
        }
    }
    assert!(named.is_empty(), "use the constants of `{TABLES}`: {named:#?}");
}

#[test]
fn a_code_is_a_text_in_camel_case_outside_of_tests() {
    let text = r#"const A: &str = "FileSystemNotFound";
        fn f() { g("InvalidGroup.NotFound", "no code", "code") }
        #[cfg(test)] mod tests { const B: &str = "BadRequest"; }"#;
    let expected = ["FileSystemNotFound", "InvalidGroup.NotFound"].map(str::to_owned);
    assert_eq!(codes(text), BTreeSet::from(expected));
}

/// The texts of a file that may be codes.
fn codes(text: &str) -> BTreeSet<String> {
    let mut texts = Texts::default();
    texts.visit_file(&syn::parse_file(text).unwrap());
    texts.codes
}

#[derive(Default)]
struct Texts {
    codes: BTreeSet<String>,
}

impl<'ast> Visit<'ast> for Texts {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_test_only(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        let value = text.value();
        let is_code = value.starts_with(|c: char| c.is_ascii_uppercase())
            && value.chars().all(|c| c.is_ascii_alphabetic() || c == '.');
        if is_code {
            self.codes.insert(value);
        }
    }
}
