//! `provider` and `terraform` blocks: what is taken from them, and what is not.

use std::sync::Arc;

use hcl::edit::structure::{Block, Structure};

use super::module::Written;
use super::module_block::ModuleBlock;
use super::source::{place, written};
use crate::diagnostic::{Diagnostic, Diagnostics, Source};

/// What the `provider "aws"` block says.
#[derive(Debug, Default)]
pub(crate) struct Provider {
    /// The region of modules that name none.
    pub(crate) region: Option<Written>,
    /// Tags that every module's own come on top of.
    pub(crate) default_tags: Option<Written>,
}

impl Provider {
    /// All expressions in it.
    pub(super) fn all(&self) -> impl Iterator<Item = &Written> {
        self.region.iter().chain(&self.default_tags)
    }

    /// A module's attributes, and its region from here where it names none.
    pub(super) fn inputs<'a>(
        &'a self,
        block: &'a ModuleBlock,
    ) -> impl Iterator<Item = (&'a str, &'a Written)> {
        let named = block.attributes.contains_key("aws_region");
        let region = self.region.as_ref().filter(|_| !named).map(|region| ("aws_region", region));
        block.attributes.iter().map(|(name, written)| (name.as_str(), written)).chain(region)
    }

    /// Reads a block; what is not taken from it is noted.
    pub(super) fn read(
        &mut self,
        name: &str,
        source: &Arc<Source>,
        block: &Block,
        notes: &mut Vec<String>,
        diagnostics: &mut Diagnostics,
    ) {
        if name != "aws" {
            notes.push(format!("the `provider \"{name}\"` block means nothing here"));
            return;
        }
        if block.body.get_attribute("alias").is_some() {
            notes.push(
                "a `provider \"aws\"` block with an `alias` means nothing here: each deployment has one region, its `aws_region`"
                    .to_owned(),
            );
            return;
        }
        let (mut taken, mut left) = (Vec::new(), Vec::new());
        for structure in &block.body {
            match structure {
                Structure::Attribute(attribute) if attribute.key.as_str() == "region" => {
                    self.region = Some(written(source, attribute));
                    taken.push("region".to_owned());
                }
                Structure::Block(inner) if inner.ident.as_str() == "default_tags" => {
                    match inner.body.get_attribute("tags") {
                        Some(attribute) => {
                            self.default_tags = Some(written(source, attribute));
                            taken.push("default_tags".to_owned());
                        }
                        None => diagnostics.push(
                            Diagnostic::new(
                                "`default_tags` has no `tags`",
                                place(source, &inner.ident),
                            )
                            .remedy("write `default_tags { tags = { … } }`"),
                        ),
                    }
                }
                Structure::Attribute(attribute) => left.push(instead(attribute.key.as_str())),
                Structure::Block(inner) => left.push(instead(inner.ident.as_str())),
            }
        }
        if !taken.is_empty() {
            notes.push(format!("taken from `provider \"aws\"`: {}", taken.join(", ")));
        }
        for left in left {
            notes.push(format!("not taken from `provider \"aws\"`: {left}"));
        }
    }
}

/// What is not taken, and where it is given instead.
fn instead(name: &str) -> String {
    match name {
        "profile" => "profile (AWS_PROFILE selects one)".to_owned(),
        "assume_role" | "assume_role_with_web_identity" => {
            format!("{name} (AWS_PROFILE selects a profile with `role_arn`)")
        }
        "endpoints" => "endpoints (`--endpoint-url` gives one)".to_owned(),
        "access_key"
        | "secret_key"
        | "token"
        | "shared_credentials_files"
        | "shared_config_files" => {
            format!("{name} (credentials come from where the AWS CLI takes them)")
        }
        other => other.to_owned(),
    }
}

/// Notes what a `terraform` block asks for, which is nothing that is here.
pub(super) fn terraform(block: &Block, notes: &mut Vec<String>) {
    let names: Vec<String> = block
        .body
        .iter()
        .map(|structure| match structure {
            Structure::Attribute(attribute) => format!("`{}`", attribute.key.as_str()),
            Structure::Block(inner) => format!("`{}`", inner.ident.as_str()),
        })
        .collect();
    let names = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
    notes.push(format!(
        "the `terraform` block{names} means nothing here: there is no state, and no provider to install"
    ));
}
