//! How long files and functions may be, tests included.

use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use tests::workspace;

use crate::sources;

/// The most lines of a file.
const FILE: usize = 400;

/// The most lines of a function, from its signature to its last brace.
const FUNCTION: usize = 60;

fn short(file: &Path) -> String {
    file.strip_prefix(workspace()).unwrap().display().to_string()
}

fn read(file: &PathBuf) -> String {
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn every_file_begins_with_what_it_is() {
    let files = sources(&workspace());
    assert!(files.len() > 50, "the files were not found");
    for file in &files {
        assert!(read(file).starts_with("//! "), "{} does not say what it is", file.display());
    }
}

#[test]
fn no_file_is_too_long() {
    let lengths =
        sources(&workspace()).into_iter().map(|file| (short(&file), read(&file).lines().count()));
    let long: Vec<(String, usize)> = lengths.filter(|(_, lines)| *lines > FILE).collect();
    assert!(long.is_empty(), "over {FILE} lines: {long:#?}");
}

#[test]
fn no_function_is_too_long() {
    let mut long = Vec::new();
    for file in sources(&workspace()) {
        let mut functions = Functions::default();
        functions.visit_file(&syn::parse_file(&read(&file)).unwrap());
        let over = functions.found.into_iter().filter(|(_, lines)| *lines > FUNCTION);
        long.extend(over.map(|(name, lines)| (format!("{}: {name}", short(&file)), lines)));
    }
    assert!(long.is_empty(), "over {FUNCTION} lines: {long:#?}");
}

#[test]
fn a_function_is_measured_from_its_signature_to_its_last_brace() {
    let text = "/// Not a line of it.\n#[test]\nfn two() {\n}\ntrait T { fn none(); fn one() {} }\n\
                impl T { pub fn three(\n) {\n} }";
    let mut functions = Functions::default();
    functions.visit_file(&syn::parse_file(text).unwrap());
    let expected = [("two", 2), ("one", 1), ("three", 3)];
    assert_eq!(functions.found, expected.map(|(name, lines)| (name.to_owned(), lines)));
}

#[test]
fn functions_in_macros_are_measured_too() {
    let text = "proptest! { #[test] fn two(a in b()) {\n} }\n\
                macro_rules! m { ($n:ident) => { trait T { fn none(); }\nfn $n() { n!(\nfn one() {});\n} } }\n\
                fn outer() { each!(fn(u8) -> u8, {\n}, async move fn inner() {\n\n}) }";
    let mut functions = Functions::default();
    functions.visit_file(&syn::parse_file(text).unwrap());
    let expected = [("two", 2), ("n", 3), ("one", 1), ("outer", 4), ("inner", 3)];
    assert_eq!(functions.found, expected.map(|(name, lines)| (name.to_owned(), lines)));
}

/// Every function with a body, and its lines.
#[derive(Default)]
struct Functions {
    found: Vec<(String, usize)>,
}

impl Functions {
    fn add(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let lines = body.span().end().line - signature.span().start().line + 1;
        self.found.push((signature.ident.to_string(), lines));
    }

    /// The functions in the tokens of a macro, which `syn` does not parse: `fn`, a name, and all
    /// up to the end of the next braces.
    fn add_from(&mut self, tokens: TokenStream) {
        let mut begun: Option<(usize, Option<String>)> = None;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if ident == "fn" => {
                    begun = Some((ident.span().start().line, None));
                }
                TokenTree::Ident(ident) => {
                    if let Some((_, name @ None)) = &mut begun {
                        *name = Some(ident.to_string());
                    }
                }
                TokenTree::Punct(punct) if punct.as_char() == ';' => begun = None,
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
                TokenTree::Group(group) => {
                    begun = match begun {
                        Some((first, Some(name))) if group.delimiter() == Delimiter::Brace => {
                            let last = group.span_close().end().line;
                            self.found.push((name, last - first + 1));
                            None
                        }
                        // Without a name it is the type of a function.
                        begun => begun.filter(|(_, name)| name.is_some()),
                    };
                    self.add_from(group.stream());
                }
            }
        }
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.add_from(call.tokens.clone());
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(body) = &function.default {
            self.add(&function.sig, body);
        }
        visit::visit_trait_item_fn(self, function);
    }
}
