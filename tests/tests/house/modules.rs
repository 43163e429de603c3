//! The module tree of a crate, parsed with `syn`: what each module defines, imports and mentions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ImplItem, Item, Lit, Meta, Type, UseTree, Visibility};

/// One path of a `use`.
#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) path: Vec<String>,
    /// The name that it binds; `*` for a glob.
    pub(crate) name: String,
    /// Whether it is a re-export of any visibility.
    pub(crate) reexport: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Module {
    pub(crate) file: PathBuf,
    pub(crate) parent: Option<usize>,
    pub(crate) children: BTreeMap<String, usize>,
    /// The file that defines each item: another one where a macro is exported to the crate's root.
    pub(crate) items: BTreeMap<String, PathBuf>,
    pub(crate) imports: Vec<Import>,
    /// Every path that the code mentions, also within macro calls.
    pub(crate) mentions: Vec<Vec<String>>,
    /// The methods that it gives to types, by the names of both; no methods of traits.
    pub(crate) methods: BTreeSet<(String, String)>,
    /// The names of the methods that the code calls, also within macro calls.
    pub(crate) calls: BTreeSet<String>,
}

/// The modules of a crate; the first one is its root.
#[derive(Debug, Default)]
pub(crate) struct Crate {
    pub(crate) modules: Vec<Module>,
}

impl Crate {
    /// Reads the tree from its root file on. `read` returns `None` where there is no such file.
    pub(crate) fn read(root: &Path, read: &dyn Fn(&Path) -> Option<String>) -> Crate {
        let mut read_crate = Crate::default();
        read_crate.add_file(root, folder_of(root), None, read);
        read_crate
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        self.modules.iter().map(|module| module.file.as_path())
    }

    fn add_file(
        &mut self,
        file: &Path,
        children: PathBuf,
        parent: Option<usize>,
        read: &dyn Fn(&Path) -> Option<String>,
    ) -> usize {
        let text = read(file).unwrap_or_else(|| panic!("{} is missing", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| {
            panic!("{}:{}: {error}", file.display(), error.span().start().line)
        });
        self.add(file, &children, parent, &parsed.items, read)
    }

    fn add(
        &mut self,
        file: &Path,
        folder: &Path,
        parent: Option<usize>,
        items: &[Item],
        read: &dyn Fn(&Path) -> Option<String>,
    ) -> usize {
        let id = self.modules.len();
        self.modules.push(Module { file: file.to_owned(), parent, ..Module::default() });
        let mut reader = Reader::default();
        for item in items {
            if let Some(name) = defined(item) {
                let exported = matches!(item, Item::Macro(item) if is_exported(&item.attrs));
                let module = if exported { 0 } else { id };
                self.modules[module].items.insert(name, file.to_owned());
            }
            let Item::Mod(module) = item else {
                reader.visit_item(item);
                continue;
            };
            let name = module.ident.to_string();
            let child = if let Some((_, items)) = &module.content {
                self.add(file, &folder.join(&name), Some(id), items, read)
            } else {
                let (file, folder) = located(file, folder, &name, &module.attrs, read);
                self.add_file(&file, folder, Some(id), read)
            };
            self.modules[id].children.insert(name, child);
        }
        let module = &mut self.modules[id];
        module.imports = reader.imports;
        module.mentions = reader.mentions;
        module.methods = reader.methods;
        module.calls = reader.calls;
        id
    }
}

/// The folder of a file's child modules.
fn folder_of(file: &Path) -> PathBuf {
    file.parent().map(Path::to_owned).unwrap_or_default()
}

/// The file of `mod name;`, and the folder of that module's own children.
fn located(
    parent: &Path,
    folder: &Path,
    name: &str,
    attrs: &[Attribute],
    read: &dyn Fn(&Path) -> Option<String>,
) -> (PathBuf, PathBuf) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("path")) {
        if let Meta::NameValue(pair) = &attr.meta
            && let Expr::Lit(literal) = &pair.value
            && let Lit::Str(path) = &literal.lit
        {
            let file = folder_of(parent).join(path.value());
            let folder = folder_of(&file);
            return (file, folder);
        }
    }
    let nested = folder.join(name).join("mod.rs");
    let folder = folder.join(name);
    if read(&nested).is_some() {
        return (nested, folder);
    }
    (folder.with_extension("rs"), folder)
}

/// The name of what an item defines.
fn defined(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

fn is_exported(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| attr.path().is_ident("macro_export"))
}

/// Collects the imports and mentions of one module.
#[derive(Default)]
struct Reader {
    imports: Vec<Import>,
    mentions: Vec<Vec<String>>,
    methods: BTreeSet<(String, String)>,
    calls: BTreeSet<String>,
}

impl Reader {
    fn import(&mut self, tree: &UseTree, before: &[String], reexport: bool) {
        let mut path = before.to_vec();
        let name = match tree {
            UseTree::Path(inner) => {
                path.push(inner.ident.to_string());
                return self.import(&inner.tree, &path, reexport);
            }
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.import(tree, &path, reexport));
            }
            UseTree::Glob(_) => "*".to_owned(),
            UseTree::Name(inner) => {
                path.push(inner.ident.to_string());
                inner.ident.to_string()
            }
            UseTree::Rename(inner) => {
                path.push(inner.ident.to_string());
                inner.rename.to_string()
            }
        };
        // `use a::{self}` names `a`.
        let is_self = name != "*" && path.len() > 1 && path.last().is_some_and(|end| end == "self");
        if is_self {
            path.pop();
        }
        let name = if name == "self" { path.last().cloned().unwrap_or_default() } else { name };
        self.imports.push(Import { path, name, reexport });
    }

    /// Collects the paths in the tokens of a macro call, which `syn` does not parse.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        // The punctuation before the next token: after `::` an identifier continues the path, and
        // after `.` it is a field or a method.
        let mut before = String::new();
        // The identifier after a `.`, which parentheses make a method.
        let mut field: Option<String> = None;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if before != "::" {
                        self.finish(&mut path, false);
                    }
                    field = (before == ".").then(|| ident.to_string());
                    if field.is_none() && (before != "::" || !path.is_empty()) {
                        path.push(ident.to_string());
                    }
                    before.clear();
                }
                TokenTree::Punct(punct) => {
                    field = None;
                    if punct.as_char() != ':' {
                        before.clear();
                    }
                    before.push(punct.as_char());
                    if before != ":" && before != "::" {
                        self.finish(&mut path, false);
                    }
                }
                TokenTree::Group(group) => {
                    let is_called = group.delimiter() == Delimiter::Parenthesis;
                    self.calls.extend(field.take().filter(|_| is_called));
                    self.finish(&mut path, is_called);
                    before.clear();
                    self.tokens(group.stream());
                }
                TokenTree::Literal(_) => {
                    self.finish(&mut path, false);
                    before.clear();
                }
            }
        }
        self.finish(&mut path, false);
    }

    fn finish(&mut self, path: &mut Vec<String>, is_called: bool) {
        let path = std::mem::take(path);
        if is_called || !may_be_variable(&path) {
            self.mentions.push(path);
        }
    }
}

/// Whether a path without a call looks like a local variable, which may have the name of a
/// function that is re-exported.
fn may_be_variable(path: &[String]) -> bool {
    match path {
        [] => true,
        [name] => name.starts_with(|first: char| first.is_lowercase() || first == '_'),
        _ => false,
    }
}

fn names(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            self.import(&item.tree, &[], !matches!(item.vis, Visibility::Inherited));
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.mentions.push(names(path));
        }
        visit::visit_path(self, path);
    }

    fn visit_expr_path(&mut self, expression: &'ast syn::ExprPath) {
        if !may_be_variable(&names(&expression.path)) {
            visit::visit_expr_path(self, expression);
        }
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let Expr::Path(function) = &*call.func
            && function.path.leading_colon.is_none()
        {
            self.mentions.push(names(&function.path));
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.calls.insert(call.method.to_string());
        visit::visit_expr_method_call(self, call);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if let (None, Type::Path(of)) = (&item.trait_, &*item.self_ty) {
            let of = names(&of.path).pop().unwrap_or_default();
            let methods = item.items.iter().filter_map(|item| match item {
                ImplItem::Fn(function) if function.sig.receiver().is_some() => {
                    Some((of.clone(), function.sig.ident.to_string()))
                }
                _ => None,
            });
            self.methods.extend(methods);
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }

    /// `pub(crate)` is not a mention of the crate's root.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}
