//! `provider` and `terraform` blocks: what is taken from them, and what is not.

use std::sync::Arc;

use hcl::edit::expr::Expression;
use hcl::edit::structure::{Attribute, Block, Structure};

use super::module::Written;
use super::module_block::ModuleBlock;
use super::source::{place, written};
use crate::diagnostic::{Diagnostic, Diagnostics, Source};

/// What the `provider "aws"` block says.
#[derive(Debug, Default)]
pub(crate) struct Provider {
    /// The region of modules that name none.
    pub(crate) region: Option<Written>,
    /// The one account that is allowed, for modules that name none.
    pub(crate) account: Option<Written>,
    /// Tags that every module's own come on top of.
    pub(crate) default_tags: Option<Written>,
}

impl Provider {
    /// All expressions in it.
    pub(super) fn all(&self) -> impl Iterator<Item = &Written> {
        self.region.iter().chain(&self.account).chain(&self.default_tags)
    }

    /// A module's attributes, and its region and account from here where it names none.
    pub(super) fn inputs<'a>(
        &'a self,
        block: &'a ModuleBlock,
    ) -> impl Iterator<Item = (&'a str, &'a Written)> {
        let more = [("aws_region", &self.region), ("aws_account_id", &self.account)];
        let more = more.into_iter().filter_map(|(name, written)| Some((name, written.as_ref()?)));
        let more = more.filter(|(name, _)| !block.attributes.contains_key(*name));
        block.attributes.iter().map(|(name, written)| (name.as_str(), written)).chain(more)
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
                Structure::Attribute(attribute) if only_account(source, attribute).is_some() => {
                    self.account = only_account(source, attribute);
                    taken.push("allowed_account_ids".to_owned());
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

/// The only account that `allowed_account_ids` names.
fn only_account(source: &Arc<Source>, attribute: &Attribute) -> Option<Written> {
    match &attribute.value {
        Expression::Array(all)
            if attribute.key.as_str() == "allowed_account_ids" && all.len() == 1 =>
        {
            let expression = all.get(0)?.clone();
            Some(Written { expression, place: written(source, attribute).place })
        }
        _ => None,
    }
}

/// What is not taken, and where it is given instead.
fn instead(name: &str) -> String {
    match name {
        "profile" => "profile (AWS_PROFILE selects one)".to_owned(),
        "assume_role" | "assume_role_with_web_identity" => {
            format!("{name} (AWS_PROFILE selects a profile with `role_arn`)")
        }
        "allowed_account_ids" => {
            "allowed_account_ids (each module takes one account, its `aws_account_id`)".to_owned()
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
