//! `variable` blocks: what they declare.

use std::sync::Arc;

use hcl::edit::expr::Expression;
use hcl::edit::structure::{Attribute, Block, Structure};

use super::constraints::Constraint;
use super::diagnose::diagnostic;
use super::module::Written;
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
                    variable.validations.extend(validation(source, inner, diagnostics));
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
        let mut wrong = |message: &str, remedy: &str| {
            let place = place(source, &attribute.value);
            diagnostics.push(Diagnostic::new(message, place).remedy(remedy));
        };
        match attribute.key.as_str() {
            "type" => match Constraint::parse(&attribute.value, &source.text) {
                Ok(constraint) => self.constraint = constraint,
                Err(fault) => diagnostics.push(diagnostic(fault, &value.place)),
            },
            "default" => self.default = Some(value),
            flag @ ("nullable" | "sensitive") => match value.expression.as_bool() {
                Some(set) if flag == "nullable" => self.nullable = set,
                Some(set) => self.sensitive = set,
                None => wrong(
                    &format!("`{flag}` is `true` or `false`"),
                    &format!("write `{flag} = true`"),
                ),
            },
            "description" => {
                if !matches!(
                    value.expression,
                    Expression::String(_) | Expression::HeredocTemplate(_)
                ) {
                    wrong("`description` is a plain text", "write `description = \"…\"`");
                }
            }
            "ephemeral" => wrong(
                "nothing here is ephemeral: a deployment's values stand in its documents",
                "leave it out; `sensitive = true` keeps a value from messages",
            ),
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

fn validation(
    source: &Arc<Source>,
    block: &Block,
    diagnostics: &mut Diagnostics,
) -> Option<Validation> {
    for structure in &block.body {
        let (name, place) = match structure {
            Structure::Attribute(attribute) => {
                (attribute.key.as_str(), place(source, &attribute.key))
            }
            Structure::Block(inner) => (inner.ident.as_str(), place(source, &inner.ident)),
        };
        if !matches!(name, "condition" | "error_message") {
            diagnostics.push(
                Diagnostic::new(format!("`{name}` is not part of a `validation`"), place)
                    .nearest(name, ["condition", "error_message"]),
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
    Some(Validation { condition, message })
}
