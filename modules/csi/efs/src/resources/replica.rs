//! A file system as the copy of another one: the end of its replication, by which it can be written
//! to, and the beginning of one.

use std::fmt;

use inputs::plain;
use plan::{Action, Any, Change, ChangeId, Difference, Loss, Plan, Scope, Wait};
use serde::{Deserialize, Serialize};

use crate::ids::FileSystemId;
use crate::owner::OUR_PREFIX;
use crate::resources::file_system;
use crate::users::Replication;

/// The kind of what ends and begins, as it stands in addresses: the file system stays.
pub const KIND: &str = "replication";

/// A file system of a region, as the other side of a replication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    pub region: String,
    pub file_system: FileSystemId,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.file_system, plain(&self.region))
    }
}

/// A call of EFS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Keeps on a file system which one it takes over from, or that it has.
    Mark { of: FileSystemId, value: String },
    /// Ends the replication from a file system, in the region of its copy, and waits until the copy
    /// can be written to.
    Promote {
        source: FileSystemId,
        replica: FileSystemId,
        /// Whether only the region of the copy is to know of it.
        local: bool,
    },
    /// Waits until a copy is complete that began after this second since 1970, or any.
    UntilCopied { replica: FileSystemId, since: Option<u64> },
    /// Ends what is left of a replication from a file system whose copy was taken over.
    Leave { source: FileSystemId, local: bool },
    /// Lets a replication overwrite a file system.
    Open { of: FileSystemId },
    /// Replicates the source to the replica, which is overwritten.
    Replicate { source: Side, replica: FileSystemId, region: String },
}

/// The tag that says from which file system one takes over: nothing else does, once the replication
/// is gone.
pub fn tag() -> String {
    format!("{OUR_PREFIX}failover-from")
}

/// How far a failover is, as the tag of the copy says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Not complete.
    UnderWay(Side),
    /// Complete in AWS, and no cluster was looked at: there, class and volumes may still be on the
    /// source.
    InAws(Side),
    /// Complete, and no pods have proved it yet.
    ToProve(Side),
    /// Complete.
    Complete(Side),
}

const IN_AWS: &str = "complete in AWS: ";
const TO_PROVE: &str = "to be proved: ";

impl Stage {
    /// What the tag says; `None` of a failover that is complete, and of what no failover wrote.
    pub fn parse(tag: &str) -> Option<Stage> {
        let side = |text: &str| {
            let (region, id) = text.split_once('/')?;
            Some(Side { region: region.to_owned(), file_system: FileSystemId::try_from(id).ok()? })
        };
        if let Some(text) = tag.strip_prefix(IN_AWS) {
            return side(text).map(Stage::InAws);
        }
        match tag.strip_prefix(TO_PROVE) {
            Some(text) => side(text).map(Stage::ToProve),
            None => side(tag).map(Stage::UnderWay),
        }
    }

    /// The same as the tag has it.
    pub fn tag(&self) -> String {
        match self {
            Stage::UnderWay(side) => side.tag(),
            Stage::InAws(side) => format!("{IN_AWS}{}", side.tag()),
            Stage::ToProve(side) => format!("{TO_PROVE}{}", side.tag()),
            Stage::Complete(side) => format!("complete: {side}"),
        }
    }

    /// Why it is written when everything else is done.
    fn reason(&self) -> &'static str {
        match self {
            Stage::InAws(_) => {
                "everything in AWS is on it: a later run with a cluster moves what that has on it"
            }
            Stage::ToProve(_) => "everything is on it, and pods are to prove that",
            Stage::UnderWay(_) | Stage::Complete(_) => {
                "everything is on it: a later run has nothing to take over"
            }
        }
    }
}

impl Side {
    /// The same as the tag has it.
    fn tag(&self) -> String {
        format!("{}/{}", self.region, self.file_system)
    }

    /// The side that a replication is from.
    pub fn of_source(found: &Replication) -> Option<Side> {
        let file_system = FileSystemId::try_from(found.source.as_str()).ok()?;
        Some(Side { region: found.source_region.clone(), file_system })
    }
}

/// The id of the change after which a copy can be written to.
pub fn promotion_id(scope: &Scope) -> ChangeId {
    scope.id("replica.promote")
}

/// Plans the end of a replication. Before it come all of `first`, and enough of the `targets`.
pub fn plan<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (source, replica, found): (&Side, &FileSystemId, &Replication),
    (first, targets): (Vec<ChangeId>, Any),
    (local, lost): (bool, Vec<Loss>),
) {
    let change = Change::new(Action::Delete, promotion_id(scope), scope.address(KIND, None))
        .because(format!(
            "{replica} takes over from {source}: without the replication, it can be written to"
        ))
        .needing(first)
        .needing_any(targets)
        .showing([
            Difference::gone("source_file_system_id", plain(&found.source)),
            Difference::gone("source_region", plain(&found.source_region)),
            Difference::gone("status", plain(&found.status)),
        ])
        .showing(
            found.last_replicated.as_ref().map(|at| Difference::gone("last_replicated", plain(at))),
        )
        .losing(lost)
        .calling(Call::Mark { of: replica.clone(), value: source.tag() })
        .calling(Call::Promote {
            source: source.file_system.clone(),
            replica: replica.clone(),
            local,
        });
    plan.changes.push(change);
}

/// Plans to keep how far the failover is once `all` is done.
pub fn complete<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (stage, replica): (&Stage, &FileSystemId),
    all: Vec<ChangeId>,
) {
    let value = stage.tag();
    plan.changes.push(
        Change::new(
            Action::Update,
            scope.id("replica.complete"),
            scope.address(file_system::KIND, None),
        )
        .because(stage.reason())
        .needing(all)
        .showing([Difference::set(&format!("tags[{:?}]", tag()), &value)])
        .calling(Call::Mark { of: replica.clone(), value }),
    );
}

/// Plans to wait for a copy that is complete; the wait's id.
pub fn until_copied<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    replica: &FileSystemId,
    (since, reason): (Option<u64>, String),
) -> ChangeId {
    let id = scope.id("replica.copied");
    plan.waits.push(Wait {
        id: id.clone(),
        address: scope.address(KIND, None),
        reason,
        call: Call::UntilCopied { replica: replica.clone(), since }.into(),
    });
    id
}

/// Plans a replication from `source` to a file system that is there, and that loses what it holds.
pub fn replicate<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (source, replica, region): (&Side, &FileSystemId, &str),
    (protected, left): (bool, Option<&Replication>),
    lost: Vec<Loss>,
) {
    let mut change = Change::new(
        Action::Replace,
        scope.id("replica.replicate"),
        scope.address(file_system::KIND, None),
    )
    .because(format!(
        "{source} is copied over {replica}: the file system stays, and what it holds is overwritten"
    ))
    .showing([
        Difference::set("source_file_system_id", &source.file_system),
        Difference::set("source_region", plain(&source.region)),
    ])
    .losing(lost);
    if let Some(left) = left {
        change = change
            .showing([no_longer_replicated(left)])
            .calling(Call::Leave { source: replica.clone(), local: left.is_left_alone() });
    }
    if protected {
        change = change.calling(Call::Open { of: replica.clone() });
    }
    plan.changes.push(change.calling(Call::Replicate {
        source: source.clone(),
        replica: replica.clone(),
        region: region.to_owned(),
    }));
}

fn no_longer_replicated(left: &Replication) -> Difference {
    Difference::gone("replication", plain(&format!("to {} ({})", left.destination, left.status)))
}
