//! Which directories of a workload belong on shared storage, and which must not.

use crate::kind::Workload;

/// A directory of a workload.
#[derive(Debug, Clone, Copy)]
pub struct Directory {
    /// Its name in the input `directories`.
    pub name: &'static str,
    /// The workloads that have it.
    pub of: &'static [Workload],
    /// Where pods have it, where it belongs on shared storage.
    pub shared_at: Option<&'static str>,
    /// The size that its claim asks for where none is given; nominal on EFS.
    pub size: &'static str,
    /// Why it belongs there, or must not, without a full stop.
    pub reason: &'static str,
}

const ALL: &[Workload] = &[Workload::Engine, Workload::Store, Workload::Interactive];

/// The table of the crate's documentation. Sources: the charts of GraphScope
/// 0.31, and for what must not be shared the projects' own documentation.
pub const DIRECTORIES: &[Directory] = &[
    shared(
        "datasets",
        &[Workload::Engine],
        "/graphscope/datasets",
        "100Gi",
        "loaded once, read by every worker side by side",
    ),
    shared(
        "checkpoints",
        &[Workload::Engine],
        "/graphscope/checkpoints",
        "50Gi",
        "written by one session, restored by another on whatever node",
    ),
    shared(
        "logs",
        &[Workload::Engine],
        "/graphscope/logs",
        "10Gi",
        "many pods append, and they outlive the pods",
    ),
    shared(
        "streams",
        &[Workload::Engine],
        "/graphscope/streams",
        "50Gi",
        "whole files handed from producers to consumers",
    ),
    shared(
        "data",
        &[Workload::Store],
        "/var/lib/graphscope-store",
        "100Gi",
        "each pod's own claim, which a pod finds again on another node",
    ),
    shared(
        "logs",
        &[Workload::Store],
        "/var/log/graphscope",
        "10Gi",
        "many pods append, and they outlive the pods",
    ),
    shared(
        "data",
        &[Workload::Interactive],
        "/tmp/interactive_workspace",
        "100Gi",
        "engine and frontend work on one claim",
    ),
    local(
        "vineyard",
        ALL,
        "Vineyard's shared memory and its socket are memory of the node, which no network file system has",
    ),
    local(
        "etcd",
        &[Workload::Engine],
        "etcd waits for the disk with every write, and asks for a local one",
    ),
    local(
        "kafka",
        &[Workload::Store],
        "Kafka brokers map their segments into memory and delete open files, which NFS does not bear",
    ),
    local(
        "scratch",
        ALL,
        "it is written and thrown away by one pod: the node's own disk is faster and free",
    ),
];

const fn shared(
    name: &'static str,
    of: &'static [Workload],
    at: &'static str,
    size: &'static str,
    reason: &'static str,
) -> Directory {
    Directory { name, of, shared_at: Some(at), size, reason }
}

const fn local(name: &'static str, of: &'static [Workload], reason: &'static str) -> Directory {
    Directory { name, of, shared_at: None, size: "", reason }
}

/// The directories of a workload that belong on shared storage.
pub(crate) fn of(workload: Workload) -> impl Iterator<Item = &'static Directory> {
    DIRECTORIES
        .iter()
        .filter(move |directory| directory.of.contains(&workload) && directory.shared_at.is_some())
}

/// A directory of a workload by name, shared or not.
pub(crate) fn find(workload: Workload, name: &str) -> Option<&'static Directory> {
    DIRECTORIES.iter().find(|directory| directory.name == name && directory.of.contains(&workload))
}
