//! IAM policies as `cargo xtask render --iam` prints them

use std::process::ExitCode;

use efs::Inputs;
use efs::permissions::{self, Unknown};
use efs::resources::file_system::FileSystemSource;
use job::ModuleInputs;
use serde_json::Value;

use crate::deployment::Deployment;
use crate::print::print;

/// Whose documents are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Whose {
    /// Whoever runs this program.
    Operator,
    /// The EFS CSI driver.
    Driver,
}

/// How documents are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Language {
    Json,
    Terraform,
}

/// Prints the documents of every storage module of a file; one alone stands for itself.
pub(crate) fn print_documents(
    whose: Whose,
    language: Language,
    deployment: &Deployment,
) -> anyhow::Result<ExitCode> {
    let mut all = serde_json::Map::new();
    let mut texts = Vec::new();
    for module in &deployment.modules {
        let ModuleInputs::Efs(inputs) = &module.inputs else { continue };
        let label = module.scope().module;
        match language {
            Language::Json => drop(all.insert(label, json(whose, inputs))),
            Language::Terraform => texts.push(terraform(whose, &label, inputs)),
        }
    }
    if language == Language::Terraform {
        print(texts.join("\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let value = match all.len() {
        1 => all.into_iter().next().map_or(Value::Null, |(_, value)| value),
        _ => Value::Object(all),
    };
    print(serde_json::to_string_pretty(&value)? + "\n")?;
    if whose == Whose::Driver {
        eprintln!("note: words in capitals stand for what only AWS knows");
    }
    Ok(ExitCode::SUCCESS)
}

fn file_system(inputs: &Inputs) -> Option<&str> {
    if let Some(id) = &inputs.imported {
        return Some(id.as_str());
    }
    match &inputs.file_system {
        FileSystemSource::Adopted(id) => Some(id.as_str()),
        FileSystemSource::Own(_) => None,
    }
}

fn json(whose: Whose, inputs: &Inputs) -> Value {
    if whose == Whose::Operator {
        return permissions::operator(inputs);
    }
    let unknown = Unknown {
        account: inputs.aws_account_id.as_deref().unwrap_or("ACCOUNT_ID"),
        file_system: file_system(inputs).unwrap_or("FILE_SYSTEM_ID"),
        issuer: "OIDC_ISSUER",
    };
    let documents = permissions::driver(inputs, &unknown);
    documents.into_iter().map(|(name, document)| (name.to_owned(), document)).collect()
}

/// The same for Terraform, which looks up what only AWS knows.
fn terraform(whose: Whose, label: &str, inputs: &Inputs) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let label: String = label.chars().map(plain).collect();
    let name = inputs.owner().role_name();
    if whose == Whose::Operator {
        let policy = expression(&permissions::operator(inputs));
        return format!(
            "resource \"aws_iam_policy\" \"{label}\" {{\n  name   = \"{name}-operator\"\n  policy = {policy}\n}}\n"
        );
    }
    let unknown = Unknown {
        account: "${data.aws_caller_identity.current.account_id}",
        file_system: file_system(inputs).unwrap_or("${var.file_system_id}"),
        issuer: "${trimprefix(data.aws_eks_cluster.cluster.identity[0].oidc[0].issuer, \"https://\")}",
    };
    let mut documents = permissions::driver(inputs, &unknown);
    let policy = documents.remove("policy").unwrap_or_default();
    let mut text = format!(
        "data \"aws_caller_identity\" \"current\" {{}}\n\ndata \"aws_eks_cluster\" \"cluster\" {{\n  name = \"{}\"\n}}\n\nvariable \"file_system_id\" {{\n  type = string\n}}\n",
        inputs.cluster_name
    );
    let (trust, policy) = (template(&trusts(documents.into_values())), template(&policy));
    text.push_str(&format!(
        "\nresource \"aws_iam_role\" \"{label}\" {{\n  name               = \"{name}\"\n  assume_role_policy = {trust}\n}}\n\nresource \"aws_iam_role_policy\" \"{label}\" {{\n  role   = aws_iam_role.{label}.id\n  policy = {policy}\n}}\n"
    ));
    text
}

/// One document of those who may assume a role: where the inputs leave several ways, the role takes
/// all of them, as there is one role of its name.
fn trusts(documents: impl IntoIterator<Item = Value>) -> Value {
    let mut whole = Value::Null;
    for document in documents {
        match whole["Statement"].as_array_mut() {
            Some(all) => all.extend(document["Statement"].as_array().cloned().unwrap_or_default()),
            None => whole = document,
        }
    }
    whole
}

/// A document as an expression: Terraform reads JSON as an object of its own, but for templates.
fn expression(document: &Value) -> String {
    template(document).replace("${", "$${")
}

/// The same, where templates are meant.
fn template(document: &Value) -> String {
    let text = serde_json::to_string_pretty(document).unwrap_or_default();
    // A quote within a template stands for itself.
    let text = text.replace("\\\"", "\"");
    format!("jsonencode({})", text.replace('\n', "\n  "))
}
