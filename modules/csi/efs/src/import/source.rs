//! A file system that a file of another tool names.

use ::inputs::plain;
use plan::Warning;
use serde::{Deserialize, Serialize};

use crate::ids::FileSystemId;

/// The tool that a file is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tool {
    /// Terraform, or `OpenTofu`.
    Terraform,
    CloudFormation,
    /// The ACK controller of EFS.
    Ack,
}

/// A file system that a file names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub tool: Tool,
    pub id: FileSystemId,
    /// Its region, where the file tells it.
    pub region: Option<String>,
    /// What the tool calls it, and all that belongs to it, the file system first: addresses, or
    /// `STACK/LOGICAL_ID`, or `NAMESPACE/NAME`.
    pub addresses: Vec<String>,
}

impl Source {
    /// Where it comes from, in one line.
    pub(super) fn shown(&self) -> String {
        let first = self.addresses.first().map_or("?", String::as_str);
        match self.tool {
            Tool::Terraform => format!("made by Terraform as {first}"),
            Tool::CloudFormation => format!("made by CloudFormation as {first}"),
            Tool::Ack => format!("made by ACK as the FileSystem {first}"),
        }
    }

    /// That the tool still manages it, and how it lets go of it.
    pub(super) fn warning(&self) -> Warning {
        let (id, addresses) = (&self.id, &self.addresses);
        let first = plain(addresses.first().map_or("?", String::as_str));
        match self.tool {
            Tool::Terraform => {
                let quoted = addresses.iter().map(|it| format!("'{}'", plain(it)));
                let mut resources: Vec<&str> = addresses.iter().map(|it| resource(it)).collect();
                resources.dedup();
                let first = plain(resources.first().map_or("?", |it| it));
                Warning::new(
                    format!(
                        "Terraform's state has {id} as {}: its next apply changes it back, or \
                         deletes it",
                        plain(&addresses.join(", "))
                    ),
                    format!(
                        "take it out of the state, which changes nothing in AWS: `terraform state rm \
                         {}`, or `removed {{ from = {first} … lifecycle {{ destroy = false }} }}` for \
                         each",
                        quoted.collect::<Vec<_>>().join(" ")
                    ),
                )
            }
            Tool::CloudFormation => Warning::new(
                format!(
                    "the CloudFormation stack of {first} has {id}: it deletes it with the stack"
                ),
                "set `DeletionPolicy: Retain` for it in the template, update the stack, and take the \
                 resource out of the template",
            ),
            Tool::Ack => Warning::new(
                format!(
                    "the ACK controller has {id} as {first}: it changes it back, and deletes it"
                ),
                "annotate the object with `services.k8s.aws/deletion-policy: retain`, and delete it",
            ),
        }
    }
}

/// The resource of an instance's address: `removed` blocks take no key of it
/// (<https://developer.hashicorp.com/terraform/language/block/removed>).
fn resource(address: &str) -> &str {
    let from = address.rfind("aws_efs_").unwrap_or_default();
    let end = address[from..].find('[').map_or(address.len(), |at| from + at);
    &address[..end]
}
