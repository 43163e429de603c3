//! `variable` blocks: what they declare.

use std::sync::Arc;

use hcl::edit::structure::{Attribute, Block, Structure};

use super::constant::{check_description, switch};
use super::constraints::Constraint;
use super::diagnose::diagnostic;
use super::module::Written;
use super::references::names;
use super::source::{place, written};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Source};

/// A `variable` block.
#[derive(Debug)]
pub(crate) struct Variable {
    pub(crate) place: Place,
    pub(crate) constraint: Constraint,
    pub(crate) default: Option<Written>,
    /// Whether null is a value; otherwise it means the default.
    pub(crate) nullable: bool,
    /// Whether no message and no document may show the value.
    pub(crate) sensitive: bool,
    pub(crate) validations: Vec<Validation>,
}

/// A rule for a variable's values.
#[derive(Debug)]
pub(crate) struct Validation {
    pub(crate) condition: Written,
    pub(crate) message: Written,
}

const ATTRIBUTES: [&str; 5] = ["type", "default", "description", "nullable", "sensitive"];

impl Variable {
    /// Reads a block. Mistakes go to `diagnostics`, and what is right stays.
    pub(super) fn read(
        name: &str,
        source: &Arc<Source>,
        block: &Block,
        diagnostics: &mut Diagnostics,
    ) -> Variable {
        let mut variable = Variable {
            place: place(source, &block.ident),
            constraint: Constraint::none(),
            default: None,
            nullable: true,
            sensitive: false,
            validations: Vec::new(),
        };
        for structure in &block.body {
            match structure {
                Structure::Attribute(attribute) => {
                    variable.attribute(source, attribute, diagnostics);
                }
                Structure::Block(inner) if inner.ident.as_str() == "validation" => {
                    variable.validations.extend(validation(name, source, inner, diagnostics));
                }
                Structure::Block(inner) => diagnostics.push(
                    Diagnostic::new(
                        format!("`{}` is not a block of a variable", inner.ident.as_str()),
                        place(source, &inner.ident),
                    )
                    .nearest(inner.ident.as_str(), ["validation"]),
                ),
            }
        }
        variable
    }

    fn attribute(
        &mut self,
        source: &Arc<Source>,
        attribute: &Attribute,
        diagnostics: &mut Diagnostics,
    ) {
        let value = written(source, attribute);
        match attribute.key.as_str() {
            "type" => match Constraint::parse(&attribute.value, &source.text) {
                Ok(constraint) => self.constraint = constraint,
                Err(fault) => diagnostics.push(diagnostic(fault, &value.place)),
            },
            "default" => self.default = Some(value),
            "nullable" => {
                self.nullable = switch(source, attribute, diagnostics).unwrap_or(true);
            }
            // A mistake in it shows nothing that may be a secret.
            "sensitive" => {
                self.sensitive = switch(source, attribute, diagnostics).unwrap_or(true);
            }
            "description" => check_description(source, attribute, diagnostics),
            "ephemeral" => {
                if switch(source, attribute, diagnostics) == Some(true) {
                    let message =
                        "nothing here is ephemeral: a deployment's values stand in its documents";
                    diagnostics
                        .push(Diagnostic::new(message, value.place).remedy(
                            "leave it out; `sensitive = true` keeps a value from messages",
                        ));
                }
            }
            unknown => diagnostics.push(
                Diagnostic::new(
                    format!("`{unknown}` is not an attribute of a variable"),
                    place(source, &attribute.key),
                )
                .nearest(unknown, ATTRIBUTES),
            ),
        }
    }
}

/// The rule of a block within the variable `name`.
fn validation(
    name: &str,
    source: &Arc<Source>,
    block: &Block,
    diagnostics: &mut Diagnostics,
) -> Option<Validation> {
    for structure in &block.body {
        let (part, place) = match structure {
            Structure::Attribute(attribute) => {
                (attribute.key.as_str(), place(source, &attribute.key))
            }
            Structure::Block(inner) => (inner.ident.as_str(), place(source, &inner.ident)),
        };
        if !matches!(part, "condition" | "error_message") {
            diagnostics.push(
                Diagnostic::new(format!("`{part}` is not part of a `validation`"), place)
                    .nearest(part, ["condition", "error_message"]),
            );
        }
    }
    let attribute =
        |name: &str| block.body.get_attribute(name).map(|attribute| written(source, attribute));
    let (Some(condition), Some(message)) = (attribute("condition"), attribute("error_message"))
    else {
        diagnostics.push(
            Diagnostic::new(
                "a `validation` needs `condition` and `error_message`",
                place(source, &block.ident),
            )
            .remedy("add what is missing"),
        );
        return None;
    };
    if !names(&condition.expression, "var").contains(name) {
        diagnostics.push(
            Diagnostic::new(
                format!("this condition does not check `var.{name}`, which it must refer to"),
                condition.place,
            )
            .remedy(format!("compare the variable with something, such as `var.{name} != \"\"`")),
        );
        return None;
    }
    Some(Validation { condition, message })
}
