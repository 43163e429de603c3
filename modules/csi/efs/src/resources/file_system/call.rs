//! The calls of EFS that a file system takes.

use network::Tags;
use plan::Known;

use super::spec::{Group, Spec};
use crate::ids::{AccessPointId, FileSystemId};

/// A call of EFS.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// Creates it, and waits until it is available.
    Create {
        /// Makes the creation happen once, however often it is requested.
        token: String,
        spec: Box<Spec>,
        tags: Tags,
        /// The tags by which one that another run created is known as ours.
        marks: Tags,
    },
    /// Sets the properties of a group, and waits until they are in force.
    Put {
        of: Known<FileSystemId>,
        group: Group,
        spec: Box<Spec>,
    },
    /// Sets tags; others stay.
    Tag {
        of: Known<FileSystemId>,
        tags: Tags,
    },
    /// Ends the run where somebody uses it who did not when the plan was made: other than
    /// these access points.
    StillUnused {
        id: FileSystemId,
        access_points: Vec<AccessPointId>,
        /// The addresses of its mount targets, by which volumes may mount it.
        addresses: Vec<String>,
        /// Where it is replicated to by what the same plan ends.
        replicas: Vec<String>,
        /// Whether the same plan looked before, when the class was gone.
        again: bool,
    },
    /// Deletes it, and waits until it is gone.
    Delete {
        id: FileSystemId,
    },
    /// Keeps on the copy, in its region, which file system it is a copy of: once the replication is
    /// gone, nothing else says so.
    MarkCopy {
        copy: String,
        region: String,
        value: String,
    },
    /// Ends the replication from it, and waits until that is gone; the copy stays.
    EndReplication {
        id: FileSystemId,
    },
    UntilAvailable {
        id: FileSystemId,
    },
    UntilGone {
        id: FileSystemId,
    },
}
