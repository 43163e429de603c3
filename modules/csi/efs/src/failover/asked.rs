//! How a failover is asked for, what is looked at for it, and what a file system is as far as it goes.

use inputs::plain;
use plan::Detail;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::moved::Moved;
use crate::ids::FileSystemId;
use crate::resources::file_system::FileSystem;
use crate::resources::replica::{self, Side, Stage};
use crate::users::{AccessPoint, Replication};

/// The flags by which people say what becomes of what is written to the source meanwhile.
pub const WRITES_STOPPED_AT: &str = "--writes-stopped-at";
pub const LOSE_WRITES_SINCE: &str = "--lose-writes-since";
/// The flag that says that the region of the source answers nothing any more.
pub const SOURCE_LOST: &str = "--source-lost";
/// The flag with the file system that a replication overwrites.
pub const OVERWRITE: &str = "--overwrite";

/// How a failover was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failover {
    /// From where the file system is to be copied first, on the way back.
    pub replicate_from: Option<Side>,
    pub writes: Writes,
    /// Whether the region of the source answers nothing any more.
    pub source_lost: bool,
    /// The file system that may be overwritten on the way back.
    pub overwrite: Option<FileSystemId>,
    /// Whether pods prove it at the end, where there is a cluster.
    #[serde(default)]
    pub proves: bool,
}

/// What was said of the writes to the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Writes {
    /// Nothing.
    Unsaid,
    /// Nobody has written since: nothing is lost, once a copy began after that.
    StoppedAt(Moment),
    /// What was written since may be lost.
    LostSince(Moment),
}

/// A moment as people wrote it, to the second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// As RFC 3339 writes it.
    pub text: String,
    /// Since 1970.
    pub second: u64,
}

/// What was observed for a failover, beside what a deployment looks at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Failing {
    /// The replications that the file system is part of.
    pub replications: Vec<Replication>,
    /// When the last copy was complete, in seconds since 1970.
    pub last_copy: Option<u64>,
    /// The time of the observation, in seconds since 1970.
    pub now: u64,
    /// The access points of the source; `None` where nobody could look.
    pub points_of_source: Option<Vec<AccessPoint>>,
    /// The access points of the file system itself.
    pub points: Vec<AccessPoint>,
    /// The volumes of the cluster on the source, and those that took their place.
    pub volumes: Moved,
    /// What the identity may not do of what moving them takes.
    pub denied: Vec<String>,
}

/// What a file system is, as far as a failover goes.
pub(super) enum Standing<'a> {
    /// The copy of another one.
    Copy(Side, &'a Replication),
    /// It was one, and an earlier run has not completed the failover.
    UnderWay(Side),
    /// It took over in AWS, and no run has looked at a cluster.
    InAws(Side),
    /// It took over, and no pods have proved it.
    ToProve(Side),
    /// A file system like any other.
    Own,
}

pub(super) fn standing<'a>(found: &FileSystem, failing: &'a Failing) -> Standing<'a> {
    let of_copy = |it: &&Replication| it.destination == found.id.as_str();
    if let Some(replication) = failing.replications.iter().find(of_copy)
        && let Some(side) = Side::of_source(replication)
    {
        return Standing::Copy(side, replication);
    }
    match found.tags.get(&replica::tag()).and_then(|tag| Stage::parse(tag)) {
        Some(Stage::UnderWay(side)) => Standing::UnderWay(side),
        Some(Stage::InAws(side)) => Standing::InAws(side),
        Some(Stage::ToProve(side)) => Standing::ToProve(side),
        Some(Stage::Complete(_)) | None => Standing::Own,
    }
}

/// The file system that another one takes over from: by its replication, or by what an earlier run
/// left of a failover, and something of it is still to be done, in a cluster where one is looked at.
/// `None` where the file system is the copy of no other.
pub fn source_of(
    found: &FileSystem,
    replications: &[Replication],
    in_cluster: bool,
) -> Option<Side> {
    let failing = Failing { replications: replications.to_vec(), ..Failing::default() };
    match standing(found, &failing) {
        Standing::Copy(side, _) | Standing::UnderWay(side) => Some(side),
        Standing::InAws(side) => Some(side).filter(|_| in_cluster),
        Standing::ToProve(_) | Standing::Own => None,
    }
}

/// The replication, as a plan shows it.
pub(super) fn shown(found: &Replication, source: &Side) -> Detail {
    let last = found.last_replicated.as_deref();
    let copied = last.map_or("no copy is complete".to_owned(), |at| {
        format!("the last copy was complete at {at}")
    });
    Detail {
        value: json!({
            "source_file_system_id": source.file_system,
            "source_region": source.region,
            "file_system_id": found.destination,
            "region": found.destination_region,
            "status": found.status,
            "message": found.message,
            "last_replicated": last,
        }),
        line: Some(plain(&format!(
            "Copy: {} of {source}, {}; {copied}",
            found.destination, found.status
        ))),
    }
}
