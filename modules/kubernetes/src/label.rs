//! The labels and annotations of our own that objects have. The templates write them; `tests/proof.rs` compares.

/// The workload that a claim belongs to, by its name.
pub const WORKLOAD: &str = "clockwork-codex/workload";

/// The directory of a workload that a claim holds.
pub const DIRECTORY: &str = "clockwork-codex/directory";

/// The proof that an object was made for.
pub const VERIFY: &str = "clockwork-codex/verify";

/// The part of an example that a pod belongs to.
pub const PART: &str = "clockwork-codex/part";

/// The annotation of a service account in the values of a release, which only ours have.
pub const RELEASE_MARK: &str = "clockwork-codex/managed-by";

/// The canary that an object is part of.
pub const CANARY: &str = "clockwork-codex/canary";

/// An annotation of the controller's pods: their role, so that another one makes them anew.
pub const ROLE: &str = "clockwork-codex/role";
