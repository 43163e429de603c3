//! What a crate offers to others says what it is: functions and types, not every field.
//!
//! This stands in for the lint `missing_docs`, which asks for a sentence on each field and
//! variant as well. Most of them would only repeat the name.

use syn::visit::{self, Visit};
use syn::{Attribute, Ident, Visibility};
use tests::workspace;

use crate::sources;

#[test]
fn public_functions_and_types_have_docs() {
    let mut bare = Vec::new();
    for file in sources(&workspace()) {
        let mut items = Public::default();
        items.visit_file(&syn::parse_file(&std::fs::read_to_string(&file).unwrap()).unwrap());
        bare.extend(items.bare.into_iter().map(|name| format!("{}: {name}", file.display())));
    }
    assert!(bare.is_empty(), "without docs: {bare:#?}");
}

#[test]
fn fields_variants_and_private_items_need_none() {
    let text = "pub struct Bare { pub field: u8 } /// Has docs.\npub enum Kind { A, B }\n\
                pub(crate) fn inner() {} impl Bare { pub fn method() {} fn private() {} }\n\
                /// Has docs.\npub trait Shape { fn area(); } impl Shape for Bare { fn area() {} }";
    let mut items = Public::default();
    items.visit_file(&syn::parse_file(text).unwrap());
    assert_eq!(items.bare, ["Bare", "method"]);
}

/// The public functions and types without a doc comment.
#[derive(Default)]
struct Public {
    bare: Vec<String>,
}

impl Public {
    fn add(&mut self, visibility: &Visibility, attrs: &[Attribute], name: &Ident) {
        let is_public = matches!(visibility, Visibility::Public(_));
        if is_public && !attrs.iter().any(|attr| attr.path().is_ident("doc")) {
            self.bare.push(name.to_string());
        }
    }
}

impl<'ast> Visit<'ast> for Public {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.vis, &item.attrs, &item.sig.ident);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.vis, &item.attrs, &item.sig.ident);
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.add(&item.vis, &item.attrs, &item.ident);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.add(&item.vis, &item.attrs, &item.ident);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.add(&item.vis, &item.attrs, &item.ident);
        visit::visit_item_trait(self, item);
    }
}
