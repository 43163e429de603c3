//! The names of what a run makes, and of who acts in it.

/// The StorageClass of a run; no other class is touched.
pub(crate) const CLASS: &str = "clockwork-e2e";

/// The access key id of this program, where it may do what its rendered policy allows.
pub(crate) const OPERATOR: &str = "operator";

/// How a deployment makes the driver's role.
pub(crate) const IRSA: [&str; 2] = ["--driver-identity=irsa", "--oidc-provider=create"];
