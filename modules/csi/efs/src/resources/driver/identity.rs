//! The identity that a deployment gives to the driver.

use serde::{Deserialize, Serialize};

::inputs::words! {
    /// The ways by which the driver can get an identity.
    pub enum Way {
        /// What the cluster offers.
        Auto = "auto",
        /// A role that is assumed with the tokens of service accounts.
        Irsa = "irsa",
        /// A role that EKS Pod Identity hands out.
        PodIdentity = "pod-identity",
        /// The role of the node that it runs on.
        Node = "node",
        /// None that this project knows.
        None = "none",
    }
}

::inputs::words! {
    /// What is done about the OpenID Connect provider that IRSA needs.
    pub enum ProviderPolicy {
        /// It must be there.
        Check = "check",
        /// It is created where it is missing.
        Create = "create",
    }
}

/// The identity that a deployment gives to the driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    By(Way),
    /// A role that somebody else made, which the service accounts are annotated with.
    Role(String),
}

impl Identity {
    /// The ARN of a role that somebody else made.
    pub fn role(&self) -> Option<&str> {
        match self {
            Identity::Role(arn) => Some(arn),
            Identity::By(_) => None,
        }
    }

    /// Whether a role of this project is asked for, whatever the cluster offers.
    pub fn is_ours(&self) -> bool {
        matches!(self, Identity::By(Way::Irsa | Way::PodIdentity))
    }

    /// Whether a run looks what there is: where a role is asked for, or what the cluster offers.
    pub fn is_looked_at(&self) -> bool {
        self.is_ours() || *self == Identity::By(Way::Auto)
    }
}

/// The names of the driver's service accounts, in all versions of its chart.
pub const CONTROLLER_ACCOUNT: &str = "efs-csi-controller-sa";
/// The same of its nodes.
pub const NODE_ACCOUNT: &str = "efs-csi-node-sa";

/// The annotation that names the role of a service account (IRSA).
const ROLE_ANNOTATION: &str = "eks.amazonaws.com/role-arn";

/// The role that the values of a release annotate the controller's service account with.
pub(crate) fn annotated_role(values: &serde_json::Map<String, serde_json::Value>) -> Option<&str> {
    let account = values.get("controller")?.get("serviceAccount")?;
    account.get("annotations")?.get(ROLE_ANNOTATION)?.as_str()
}

/// The service accounts that assume the role: the controller's, and the nodes' where they mount
/// with IAM.
pub(crate) fn service_accounts(nodes: bool) -> Vec<&'static str> {
    if nodes { vec![CONTROLLER_ACCOUNT, NODE_ACCOUNT] } else { vec![CONTROLLER_ACCOUNT] }
}
