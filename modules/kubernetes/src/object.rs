//! What is said of any object of Kubernetes.

/// What must still hold of an object when it is deleted: that it is the one that was observed,
/// and that nobody changed it since.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preconditions {
    pub uid: Option<String>,
    pub resource_version: Option<String>,
}
