//! `module` blocks: which module, how often, and with what.

use std::collections::BTreeMap;
use std::sync::Arc;

use hcl::edit::structure::{Attribute, Block, Structure};

use super::module::{Kind, Written};
use super::source::{place, written};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Source};

/// A `module` block.
#[derive(Debug)]
pub(crate) struct ModuleBlock {
    pub(crate) place: Place,
    pub(crate) kind: Kind,
    pub(crate) attributes: BTreeMap<String, Written>,
    pub(crate) repeat: Option<Repeat>,
    /// What `depends_on` names.
    pub(crate) depends_on: Option<Written>,
}

/// How one block makes several modules.
#[derive(Debug)]
pub(crate) enum Repeat {
    Count(Written),
    ForEach(Written),
}

impl Repeat {
    pub(crate) fn written(&self) -> &Written {
        match self {
            Repeat::Count(written) | Repeat::ForEach(written) => written,
        }
    }

    /// The root of references to what differs among them.
    pub(crate) fn root(&self) -> &'static str {
        match self {
            Repeat::Count(_) => "count",
            Repeat::ForEach(_) => "each",
        }
    }
}

impl ModuleBlock {
    /// Reads a block; `None` is a mistake that is told.
    pub(super) fn read(
        source: &Arc<Source>,
        name: &str,
        block: &Block,
        notes: &mut Vec<String>,
        diagnostics: &mut Diagnostics,
    ) -> Option<ModuleBlock> {
        let header = place(source, &block.ident);
        let kind = block
            .body
            .get_attribute("source")
            .map(|attribute| module_source(source, attribute, diagnostics));
        let Some(kind) = kind else {
            diagnostics.push(
                Diagnostic::new(format!("the module `{name}` has no `source`"), header).remedy(
                    format!("add `source = \"{}\"` or another module's", Kind::Efs.source()),
                ),
            );
            return None;
        };
        let mut module = ModuleBlock {
            place: header,
            kind: kind?,
            attributes: BTreeMap::new(),
            repeat: None,
            depends_on: None,
        };
        for structure in &block.body {
            match structure {
                Structure::Attribute(attribute) => {
                    module.attribute(source, name, attribute, notes, diagnostics);
                }
                Structure::Block(inner) if inner.ident.as_str() == "providers" => {
                    notes.push(format!(
                        "`providers` of `module.{name}` means nothing here: there is one AWS, that of the credentials"
                    ));
                }
                Structure::Block(inner) => diagnostics.push(
                    Diagnostic::new(
                        format!("a module takes no block `{}`", inner.ident.as_str()),
                        place(source, &inner.ident),
                    )
                    .remedy(format!("write an attribute: `{} = {{ … }}`", inner.ident.as_str())),
                ),
            }
        }
        Some(module)
    }

    fn attribute(
        &mut self,
        source: &Arc<Source>,
        label: &str,
        attribute: &Attribute,
        notes: &mut Vec<String>,
        diagnostics: &mut Diagnostics,
    ) {
        let value = written(source, attribute);
        let key = attribute.key.as_str();
        let known = || self.kind.inputs().iter().map(|input| input.name);
        match key {
            "source" => {}
            _ if known().any(|input| input == key) => {
                self.attributes.insert(key.to_owned(), value);
            }
            "count" | "for_each" if self.repeat.is_some() => diagnostics.push(
                Diagnostic::new(
                    "a module has either `count` or `for_each`",
                    place(source, &attribute.key),
                )
                .remedy("keep one of them"),
            ),
            "count" => self.repeat = Some(Repeat::Count(value)),
            "for_each" => self.repeat = Some(Repeat::ForEach(value)),
            "depends_on" => self.depends_on = Some(value),
            "version" => notes.push(format!(
                "`version` of `module.{label}` means nothing here: its module comes with this program"
            )),
            "providers" => notes.push(format!(
                "`providers` of `module.{label}` means nothing here: there is one AWS, that of the credentials"
            )),
            unknown => {
                let message = format!("`{unknown}` is not an input of `{}`", self.kind.source());
                diagnostics.push(
                    Diagnostic::new(message, place(source, &attribute.key))
                        .nearest(unknown, known()),
                );
            }
        }
    }
}

/// The module that a `source` names; `None` is a mistake that is reported already.
fn module_source(
    source: &Arc<Source>,
    attribute: &Attribute,
    diagnostics: &mut Diagnostics,
) -> Option<Kind> {
    let place = place(source, &attribute.value);
    let Some(text) = attribute.value.as_str() else {
        diagnostics.push(
            Diagnostic::new("`source` takes a plain string", place)
                .remedy(format!("write \"{}\" or another module's", Kind::Efs.source())),
        );
        return None;
    };
    let found = Kind::ALL.into_iter().find(|kind| kind.source() == text.trim_end_matches('/'));
    if found.is_none() {
        diagnostics.push(
            Diagnostic::new(format!("there is no module at `{text}`"), place)
                .nearest(text, Kind::ALL.map(Kind::source)),
        );
    }
    found
}
