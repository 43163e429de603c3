//! `output` blocks: values for people and programs, known once all is done.

use std::sync::Arc;

use hcl::edit::structure::{Block, Structure};

use super::constant::{check_description, switch};
use super::module::Written;
use super::source::{place, written};
use crate::diagnostic::{Diagnostic, Diagnostics, Source};

/// An `output` block.
#[derive(Debug)]
pub(crate) struct OutputBlock {
    pub(crate) value: Written,
    /// Whether its value is for nobody's eyes.
    pub(super) sensitive: bool,
    /// What `depends_on` names.
    pub(crate) depends_on: Option<Written>,
}

const ATTRIBUTES: [&str; 5] = ["value", "description", "sensitive", "ephemeral", "depends_on"];

impl OutputBlock {
    /// Reads a block; `None` is a mistake that is told.
    pub(super) fn read(
        source: &Arc<Source>,
        block: &Block,
        diagnostics: &mut Diagnostics,
    ) -> Option<OutputBlock> {
        let (mut value, mut sensitive, mut depends_on) = (None, false, None);
        for structure in &block.body {
            let attribute = match structure {
                Structure::Attribute(attribute) => attribute,
                Structure::Block(inner) => {
                    let name = inner.ident.as_str();
                    diagnostics.push(
                        Diagnostic::new(
                            format!("`{name}` is not a block of an output"),
                            place(source, &inner.ident),
                        )
                        .remedy("write a `validation` in the `variable` block that it is about"),
                    );
                    continue;
                }
            };
            match attribute.key.as_str() {
                "value" => value = Some(written(source, attribute)),
                "sensitive" => sensitive = switch(source, attribute, diagnostics) == Some(true),
                "ephemeral" => {
                    if switch(source, attribute, diagnostics) == Some(true) {
                        let place = place(source, &attribute.value);
                        diagnostics.push(
                            Diagnostic::new("an output of a deployment is not ephemeral", place)
                                .remedy("leave it out"),
                        );
                    }
                }
                "description" => check_description(source, attribute, diagnostics),
                "depends_on" => depends_on = Some(written(source, attribute)),
                unknown => diagnostics.push(
                    Diagnostic::new(
                        format!("`{unknown}` is not an attribute of an output"),
                        place(source, &attribute.key),
                    )
                    .nearest(unknown, ATTRIBUTES),
                ),
            }
        }
        if value.is_none() {
            diagnostics.push(
                Diagnostic::new("the output has no `value`", place(source, &block.ident))
                    .remedy("add `value = …`"),
            );
        }
        value.map(|value| OutputBlock { value, sensitive, depends_on })
    }
}
