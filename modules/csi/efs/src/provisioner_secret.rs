//! The Secret that a class gives to the driver with every volume: it holds the role by which the
//! driver calls EFS for a file system of another account.
//!
//! Source: the driver's `docs/parameters.md`, "Cross-account provisioning", and its
//! `pkg/driver/controller.go` (`getCloud`).

use std::collections::BTreeMap;
use std::fmt;

use inputs::{Problem, dns_label, dns_subdomain};
use serde::{Deserialize, Serialize};

/// The parameters by which a class names it (external-provisioner, `pkg/controller/controller.go`).
pub(crate) const PARAMETERS: [&str; 2] = [
    "csi.storage.k8s.io/provisioner-secret-namespace",
    "csi.storage.k8s.io/provisioner-secret-name",
];

/// The only one that the chart lets the driver read, in the namespace of its release
/// (`templates/controller-serviceaccount.yaml`).
pub(crate) const OF_CHART: &str = "x-account";

/// Its keys: the role, the id that the role's trust may ask for, and whether nodes find the mount
/// target of their zone by DNS.
pub(crate) const ROLE: &str = "awsRoleArn";
pub(crate) const EXTERNAL_ID: &str = "externalId";
pub(crate) const CROSS_ACCOUNT: &str = "crossaccount";

/// A Secret by its namespace and its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProvisionerSecret {
    pub namespace: String,
    pub name: String,
}

impl ProvisionerSecret {
    /// Reads `NAMESPACE/NAME`.
    pub(crate) fn parse(text: &str) -> Result<ProvisionerSecret, Problem> {
        let Some((namespace, name)) = text.split_once('/') else {
            return Err(Problem::new(
                format!("`{}` names no Secret", text.escape_debug()),
                format!("write it as `NAMESPACE/NAME`, such as `kube-system/{OF_CHART}`"),
            ));
        };
        Ok(ProvisionerSecret { namespace: dns_label(namespace)?, name: dns_subdomain(name)? })
    }

    /// The parameters of a class, and their values.
    pub(crate) fn parameters(&self) -> [(&'static str, String); 2] {
        [(PARAMETERS[0], self.namespace.clone()), (PARAMETERS[1], self.name.clone())]
    }
}

impl fmt::Display for ProvisionerSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the Secret `{}/{}`", self.namespace, self.name)
    }
}

/// What a cluster has of such a Secret: never what it holds, only which of its keys it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretFound {
    Missing,
    /// This identity may not read it.
    Unknown,
    There(SecretKeys),
}

/// Which keys such a Secret has, and what the one says that is a switch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SecretKeys {
    pub role: bool,
    pub external_id: bool,
    pub cross_account: CrossAccount,
}

/// Whether nodes find the mount target of their zone by DNS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CrossAccount {
    #[default]
    Off,
    On,
    /// What is there is neither true nor false: the driver refuses every claim.
    Unreadable,
}

impl SecretKeys {
    /// Which keys the data of a Secret has.
    pub fn of(data: &BTreeMap<String, Vec<u8>>) -> SecretKeys {
        let has = |key: &str| data.get(key).is_some_and(|value| !value.is_empty());
        // As Go's `strconv.ParseBool`, by which the driver reads it.
        let cross_account = match data.get(CROSS_ACCOUNT).map(Vec::as_slice) {
            None | Some(b"0" | b"f" | b"F" | b"false" | b"FALSE" | b"False") => CrossAccount::Off,
            Some(b"1" | b"t" | b"T" | b"true" | b"TRUE" | b"True") => CrossAccount::On,
            Some(_) => CrossAccount::Unreadable,
        };
        SecretKeys { role: has(ROLE), external_id: has(EXTERNAL_ID), cross_account }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_named_by_its_namespace_and_its_name() {
        let secret = ProvisionerSecret::parse("kube-system/x-account").unwrap();
        assert_eq!(secret.to_string(), "the Secret `kube-system/x-account`");
        for wrong in ["x-account", "Kube/x", "a/b/c", "a/", "/b"] {
            assert!(ProvisionerSecret::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_switch_of_a_secret_is_read_as_the_driver_reads_it() {
        let of = |text: &str| {
            let data = BTreeMap::from([(CROSS_ACCOUNT.to_owned(), text.as_bytes().to_vec())]);
            SecretKeys::of(&data).cross_account
        };
        assert_eq!(
            (of("true"), of("1"), of("False")),
            (CrossAccount::On, CrossAccount::On, CrossAccount::Off)
        );
        for wrong in ["yes", "", "true\n", "tRUE"] {
            assert_eq!(of(wrong), CrossAccount::Unreadable, "{wrong:?}");
        }
        let empty = BTreeMap::from([(ROLE.to_owned(), Vec::new())]);
        assert_eq!(SecretKeys::of(&empty), SecretKeys::default(), "a role without a text is none");
    }
}
