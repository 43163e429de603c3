//! A remedy is a field of an error, and nothing within its message.
//!
//! Messages are the texts of the program, without its tests. A remedy is known by its place: an
//! argument that is one by its position, or a function or field of that name.

use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Lit, Meta};
use tests::workspace;

use crate::sources;

/// What imperatives begin with that tell people what to do.
const VERBS: &[&str] = &[
    "add", "ask", "check", "choose", "correct", "delete", "drop", "fix", "give", "install",
    "leave", "log in", "make", "move", "name", "pass", "please", "put", "remove", "rename",
    "report", "run", "see", "set", "split", "start", "take", "try", "upgrade", "use", "wait",
    "write",
];

/// The printers of remedies.
const PRINTERS: &[&str] = &["failure/src/lib.rs", "modules/plan/src/text.rs"];

/// Folders whose errors have no remedy: those of tests, and the sandbox, whose messages are AWS's.
const OUTSIDE: &[&str] = &["fuzz/", "tests/", "sandbox/"];

/// The tests of a crate, and what they need.
fn is_test(file: &str) -> bool {
    file.contains("/tests/") || file.ends_with("/tests.rs") || file.ends_with("/testing.rs")
}

#[test]
fn no_message_holds_its_remedy() {
    let mut found = Vec::new();
    let mut files = 0;
    for file in sources(&workspace()) {
        let short = file.strip_prefix(workspace()).unwrap().display().to_string();
        if OUTSIDE.iter().any(|folder| short.starts_with(folder)) || is_test(&short) {
            continue;
        }
        files += 1;
        let messages = messages(&std::fs::read_to_string(&file).unwrap(), Path::new(&short));
        found.extend(messages.into_iter().map(|message| format!("{short}: {message}")));
    }
    assert!(files > 100, "the files were not found");
    assert!(found.is_empty(), "give these remedies as such: {found:#?}");
}

#[test]
fn a_remedy_is_found_within_a_message_and_not_in_its_own_place() {
    let text = r#"
        fn f() {
            bail!("the file is gone; write it anew");
            failure("no cluster; name one", "run it; see the log");
            Failure::new("one", "set it; use it");
            context.help("two", "fix it; run it").unwrap();
            println!("help: {remedy}");
            Fault::new("three").remedy("four; write five");
            plan.warnings.push("ten; use eleven");
            plan.warnings.push(Warning::new("twelve", "fix it; use thirteen"));
        }
        fn remedy() -> &'static str { "log in; run it again" }
        #[derive(Error)] enum E { #[error("six; check seven")] A }
        #[cfg(test)] mod tests { const T: &str = "eight; run nine"; }
    "#;
    let expected = [
        "the file is gone; write it anew",
        "no cluster; name one",
        "help: {remedy}",
        "ten; use eleven",
        "six; check seven",
    ];
    assert_eq!(messages(text, Path::new("a.rs")), expected);
    assert_eq!(messages(r#"fn f() { g("help: x"); }"#, Path::new(PRINTERS[0])), [""; 0]);
}

/// The messages of a file that hold a remedy.
fn messages(text: &str, file: &Path) -> Vec<String> {
    let printer = PRINTERS.iter().any(|printer| file == Path::new(printer));
    let mut texts = Texts { printer, ..Texts::default() };
    texts.visit_file(&syn::parse_file(text).unwrap());
    texts.found
}

#[derive(Default)]
struct Texts {
    printer: bool,
    found: Vec<String>,
}

impl Texts {
    fn read(&mut self, text: &str) {
        let advises = text.match_indices("; ").any(|(at, _)| {
            let rest = &text[at + 2..];
            VERBS.iter().any(|verb| {
                rest.strip_prefix(verb).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            })
        });
        if advises || (text.contains("help: ") && !self.printer) {
            self.found.push(text.to_owned());
        }
    }

    fn tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Literal(literal) => {
                    if let Lit::Str(text) = Lit::new(literal) {
                        self.read(&text.value());
                    }
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }

    /// The arguments of a call of which all but the first `messages` are remedies.
    fn arguments<'ast>(&mut self, all: impl Iterator<Item = &'ast Expr>, messages: usize) {
        for argument in all.take(messages) {
            self.visit_expr(argument);
        }
    }
}

pub(crate) fn is_test_only(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| {
        matches!(&attr.meta, Meta::List(list)
            if list.path.is_ident("cfg") && list.tokens.to_string().contains("test"))
    })
}

impl<'ast> Visit<'ast> for Texts {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_test_only(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        if !function.sig.ident.to_string().contains("remedy") {
            visit::visit_item_fn(self, function);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !function.sig.ident.to_string().contains("remedy") {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_field_value(&mut self, field: &'ast syn::FieldValue) {
        if !matches!(&field.member, syn::Member::Named(name) if name == "remedy") {
            visit::visit_field_value(self, field);
        }
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        let path = match &*call.func {
            Expr::Path(path) => {
                path.path.segments.iter().map(|part| part.ident.to_string()).collect()
            }
            _ => Vec::new(),
        };
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match path.as_slice() {
            [.., "failure"] | [.., "Failure" | "Problem" | "Warning", "new"] => {
                self.arguments(call.args.iter(), 1);
            }
            [.., "Meaning", _] => {}
            _ => visit::visit_expr_call(self, call),
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let messages = match call.method.to_string().as_str() {
            "help" => 1,
            "remedy" => 0,
            _ => return visit::visit_expr_method_call(self, call),
        };
        self.visit_expr(&call.receiver);
        self.arguments(call.args.iter(), messages);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta
            && list.path.is_ident("error")
        {
            self.tokens(list.tokens.clone());
        }
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(call.tokens.clone());
    }

    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        self.read(&text.value());
    }
}
