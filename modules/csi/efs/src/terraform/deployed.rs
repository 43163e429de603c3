//! A deployment as it was found, and the names of its resources.

use ::network::SecurityGroupId;

use crate::identity::IdentityFound;
use crate::import::{Found, Names};
use crate::inputs::Inputs;

/// A deployment, as it was found.
#[derive(Debug, Clone, Copy)]
pub struct Deployed<'a> {
    /// The label of the module block, by which the resources are named.
    pub label: &'a str,
    pub inputs: &'a Inputs,
    pub found: &'a Found,
    pub identity: Option<&'a IdentityFound>,
    /// The label of the module beside it that has the driver's role of the same cluster: that is
    /// written once.
    pub identity_of: Option<&'a str>,
}

/// The names of the resources.
pub(super) struct Naming {
    pub(super) label: String,
    /// The deployment's names, by which access points are called.
    pub(super) names: Names,
}

/// A label of a module block as Terraform writes names.
pub(super) fn plain_label(label: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let label: String = label.chars().map(plain).collect();
    label.trim_end_matches('_').to_owned()
}

impl Naming {
    pub(super) fn new(deployed: &Deployed) -> Naming {
        let label = plain_label(deployed.label);
        let names = Names { label: label.clone(), owner: deployed.inputs.owner() };
        Naming { label, names }
    }

    /// The name of one of several.
    pub(super) fn of(&self, which: &str) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
        let which: String = which.chars().map(plain).collect();
        format!("{}_{which}", self.label)
    }

    pub(super) fn file_system(&self) -> String {
        format!("aws_efs_file_system.{}.id", self.label)
    }

    /// A group as other resources refer to it.
    pub(super) fn group(&self, deployed: &Deployed, id: &SecurityGroupId) -> String {
        if deployed.found.own_groups.iter().any(|group| group.id == *id) {
            return format!("aws_security_group.{}.id", self.label);
        }
        format!("\"{id}\"")
    }
}
