//! Who else manages a file system: what made it goes on to change it, or deletes it.

use ::inputs::plain;
use plan::Warning;

use super::found::Found;
use super::source::Source;

/// The warnings of those that the tags name, and of the source.
pub(super) fn managers(found: &Found, source: Option<&Source>) -> Vec<Warning> {
    let id = &found.file_system.id;
    let tag = |key: &str| found.file_system.tags.get(key).map(|value| plain(value));
    let mut all: Vec<Warning> = source.into_iter().map(Source::warning).collect();
    // "AWS CloudFormation automatically creates the following stack-level tags"
    // (CloudFormation User Guide, "Resource tag"); eksctl makes stacks, and tags what is in them.
    if let Some(stack) = tag("aws:cloudformation:stack-name") {
        let eksctl = tag("alpha.eksctl.io/cluster-name");
        let by = eksctl.map(|cluster| format!(", which eksctl made for the cluster `{cluster}`"));
        let logical =
            tag("aws:cloudformation:logical-id").unwrap_or_else(|| "its resource".to_owned());
        all.push(Warning::new(
            format!(
                "the CloudFormation stack `{stack}`{} has {id}: it changes it back, and deletes it \
                 with the stack",
                by.unwrap_or_default()
            ),
            format!(
                "set `DeletionPolicy: Retain` and `UpdateReplacePolicy: Retain` for `{logical}` in its \
                 template, update the stack, and take the resource out of the template"
            ),
        ));
    }
    // The default tags of ACK's controllers (`--resource-tags`, ACK "Install an ACK controller").
    if let Some(namespace) = tag("services.k8s.aws/namespace") {
        all.push(Warning::new(
            format!(
                "an ACK controller has {id} as a FileSystem of the namespace `{namespace}`: it \
                 changes it back, and deletes it with that object"
            ),
            "annotate the object with `services.k8s.aws/deletion-policy: retain`, and delete it",
        ));
    }
    let says_terraform = |(key, value): (&String, &String)| {
        let key = key.to_ascii_lowercase().replace(['-', '_', ' '], "");
        let value = value.to_ascii_lowercase();
        key == "terraform"
            || (key.ends_with("managedby") || key.ends_with("createdby"))
                && value.contains("terraform")
    };
    if source.is_none() && found.file_system.tags.iter().any(says_terraform) {
        all.push(Warning::new(
            format!("a tag of {id} says that Terraform manages it: its next apply changes it back"),
            "give its state by `--from` to have its addresses named, and take them out of it by \
             `terraform state rm`",
        ));
    }
    all
}
