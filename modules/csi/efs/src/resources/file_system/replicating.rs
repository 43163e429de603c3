//! Replication to another file system, which EFS makes, or which is there: what of it differs, and
//! what a plan does about that.

use std::collections::BTreeMap;

use inputs::plain;
use plan::{Action, After, Change, ChangeId, Difference, Known, Plan, Refusal, Scope, Warning};

use super::call::Call;
use super::spec::{FileSystem, Group, KIND, Spec};
use crate::ids::FileSystemId;
use crate::owner::OUR_PREFIX;
use crate::users::Replication as Listed;

type Replication = BTreeMap<String, String>;

/// The flag that lets a replication be ended for another one.
pub(crate) const REPLACE: &str = "--replace-replication";

/// The input that says that there should be none.
pub(crate) const NONE: &str = "replication = {}";

/// The key under which a found replication has that the copy itself was looked at, so that its zone
/// and key are known.
pub const SEEN: &str = "seen";

/// The key with why it was not, where somebody asks for its zone or key.
pub const UNSEEN: &str = "unseen";

/// The tag of a file system that was a copy: of which one, as `REGION/fs-…`. Nothing else says so
/// once the replication is gone.
pub fn copy_tag() -> String {
    format!("{OUR_PREFIX}copy-of")
}

/// Whether a replication ends: what is wanted is made after it.
pub fn is_leaving(found: &Replication) -> bool {
    found.get("status").is_some_and(|status| is_leaving_status(status))
}

/// The same by the status that EFS names.
pub(crate) fn is_leaving_status(status: &str) -> bool {
    status == "DELETING"
}

/// The id of a file system that is given by it, or by its ARN.
fn id(destination: &str) -> &str {
    destination.rsplit('/').next().unwrap_or(destination)
}

/// Whether a replication that is there has what is wanted under a key. What nobody could look at
/// counts as it is wanted.
fn is_right(key: &str, wants: &str, has: &Replication) -> bool {
    let found = has.get(key).map(String::as_str);
    match key {
        "file_system_id" => found.is_some_and(|has| has == id(wants)),
        "availability_zone_name" => found == Some(wants) || !has.contains_key(SEEN),
        // By the key's ARN or id; of an alias, `live` asked which key it is.
        "kms_key_id" => {
            found.is_none_or(|has| has == wants || has.ends_with(&format!("key/{wants}")))
        }
        // EFS need not answer with one.
        "role_arn" => found.is_none_or(|has| has == wants),
        _ => found == Some(wants),
    }
}

/// Whether a replication that is there goes where the wanted one is to go.
pub fn goes_where(wants: &Replication, has: &Replication) -> bool {
    ["region", "file_system_id"]
        .iter()
        .all(|key| wants.get(*key).is_none_or(|wants| is_right(key, wants, has)))
}

/// Whether the zone or the key of the copy is asked for, which only the copy itself shows.
pub fn asks_of_the_copy(wants: &Replication) -> bool {
    ["availability_zone_name", "kms_key_id"].iter().any(|key| wants.contains_key(*key))
}

/// What of a replication differs from what is wanted: EFS changes none of it
/// (`CreateReplicationConfiguration` is the only call that sets it).
fn differences(wants: &Replication, has: &Replication) -> Vec<Difference> {
    let differs = wants.iter().filter(|(key, wants)| !is_right(key, wants, has));
    let row = |key: &str| format!("replication[{key:?}]");
    differs
        .map(|(key, wants)| match has.get(key) {
            Some(has) => {
                Difference::new(&row(key), Some(plain(has)), After::Value(plain(wants))).forcing()
            }
            None => Difference::set(&row(key), plain(wants)),
        })
        .collect()
}

/// What a plan may do about a replication in place: nothing, where there is one.
pub(super) fn as_wanted(wanted: &Spec, found: Spec) -> Spec {
    let (Some(wants), Some(has)) = (&wanted.replication, &found.replication) else {
        return found;
    };
    if is_leaving(has) {
        return Spec { replication: None, ..found };
    }
    let mut replication = has.clone();
    replication.extend(wants.clone());
    Spec { replication: Some(replication), ..found }
}

/// The file system whose files a replication replaces that is to be made: EFS "writes data to or
/// removes existing data from the destination file system" (`DestinationToCreate`).
pub(crate) fn overwritten(wanted: &Spec, found: Option<&FileSystem>) -> Option<FileSystemId> {
    let there = found.and_then(|found| found.spec.replication.as_ref());
    if there.is_some_and(|has| !is_leaving(has)) {
        return None;
    }
    let destination = wanted.replication.as_ref()?.get("file_system_id")?;
    FileSystemId::try_from(id(destination).to_owned()).ok()
}

/// A replication that is there, and the file system that it is from.
struct There<'a> {
    source: &'a FileSystem,
    region: &'a str,
    has: &'a Replication,
}

impl There<'_> {
    fn text(&self, key: &str) -> String {
        plain(self.has.get(key).map_or("?", String::as_str))
    }

    fn status(&self) -> &str {
        self.has.get("status").map_or("", String::as_str)
    }

    fn copy(&self) -> String {
        format!("{} in {}", self.text("file_system_id"), self.text("region"))
    }

    /// Whose it was, for its tag.
    fn ended(&self) -> Ended<'_> {
        let of = |key: &str| self.has.get(key).map_or("", String::as_str);
        Ended {
            source: self.source,
            source_region: self.region,
            copy: of("file_system_id"),
            copy_region: of("region"),
            account: self.has.get("account").map(String::as_str),
            status: self.status(),
        }
    }

    /// That no copy comes any more, in EFS's words where it has any.
    fn stalled(&self) -> String {
        let said = self.has.get("message").map(|said| format!(": {}", plain(said)));
        format!(
            "the replication of {} to {} is {}: nothing is copied{}",
            self.source.id,
            self.copy(),
            plain(self.status()),
            said.unwrap_or_default()
        )
    }
}

/// Plans what becomes of a replication that is there: it ends where the inputs want none, and where
/// another one is wanted and somebody consented.
pub(super) fn plan<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (wanted, replaces): (&Spec, bool),
    (source, region): (&FileSystem, &str),
    needs: &[ChangeId],
) {
    let (Some(wants), Some(has)) = (&wanted.replication, &source.spec.replication) else { return };
    let there = There { source, region, has };
    if is_leaving(has) {
        if wants.is_empty() {
            let copy = there.copy();
            plan.notes.push(format!("the replication to {copy} is being deleted; the copy stays"));
        }
        return;
    }
    if wants.is_empty() {
        let why = format!("the inputs want no replication (`{NONE}`)");
        end(plan, scope, &there.ended(), (&why, needs));
        return;
    }
    if let Some(why) = has.get(UNSEEN) {
        let copy = there.copy();
        let note =
            format!("whether {copy} has the zone and the key of the inputs is not known: {why}");
        plan.notes.push(plain(&note));
    }
    let differences = differences(wants, has);
    let failed = there.status() == "ERROR";
    if (failed || !differences.is_empty()) && replaces && !wants.contains_key("file_system_id") {
        replace(plan, scope, (wanted, &there), differences, needs);
    } else if !differences.is_empty() {
        plan.refusals.push(elsewhere(scope, (wants, &there), &differences));
    } else {
        plan.warnings.extend(stalled(wants, &there));
    }
}

/// A replication that should be another one than is there: a file system has one, and EFS changes
/// none (`CreateReplicationConfiguration`).
fn elsewhere(
    scope: &Scope,
    (wants, there): (&Replication, &There),
    differences: &[Difference],
) -> Refusal {
    let keys: Vec<&str> = differences.iter().map(|one| one.attribute.as_str()).collect();
    let remedy = if wants.contains_key("file_system_id") {
        format!(
            "set `replication` to what there is; or deploy `{NONE}` first, which ends it and keeps \
             its copy, and then this"
        )
    } else {
        format!(
            "set `replication` to what there is; or give `{REPLACE}`: it ends, its copy stays and \
             can be written to, and EFS makes another copy from the beginning"
        )
    };
    Refusal::new(
        scope.address(KIND, None),
        format!(
            "{} is replicated to {}, and EFS never changes a replication: {} differ",
            there.source.id,
            there.copy(),
            keys.join(", ")
        ),
        remedy,
    )
}

/// A state in which nothing is copied, with the way out of it. "ERROR: the replication configuration
/// is in a failed state and is unrecoverable"; one that is paused goes on by itself when its cause is
/// gone, such as a permission, a key, or a region that the account opted out of (EFS User Guide,
/// "Viewing replication details").
fn stalled(wants: &Replication, there: &There) -> Option<Warning> {
    let remedy = match there.status() {
        "ERROR" if wants.contains_key("file_system_id") => format!(
            "deploy `{NONE}`, which ends it and keeps the copy; then disable the overwrite \
             protection of the destination, and deploy this again"
        ),
        "ERROR" => format!(
            "give `{REPLACE}`: it ends, its copy stays and can be written to, and EFS makes another \
             copy from the beginning"
        ),
        "PAUSED" | "PAUSING" => format!(
            "enable the region {} for the account where it is not, and give EFS back its role, its \
             permissions and the keys of both file systems: it goes on by itself then",
            there.text("region")
        ),
        _ => return None,
    };
    Some(Warning::new(there.stalled(), remedy))
}

/// The end of a replication, and what it leaves.
pub(crate) struct Ended<'a> {
    source: &'a FileSystem,
    source_region: &'a str,
    copy: &'a str,
    copy_region: &'a str,
    account: Option<&'a str>,
    status: &'a str,
}

impl<'a> Ended<'a> {
    pub(crate) fn of(source: &'a FileSystem, found: &'a Listed) -> Ended<'a> {
        Ended {
            source,
            source_region: &found.source_region,
            copy: &found.destination,
            copy_region: &found.destination_region,
            account: found.account.as_deref(),
            status: &found.status,
        }
    }

    /// Whether the copy may be tagged: nobody here tags those of another account, and in the other
    /// states its region may not answer.
    fn is_marked(&self) -> bool {
        let of_another = self.account.zip(self.source.account.as_deref());
        of_another.is_none_or(|(copy, source)| copy == source)
            && ["ENABLED", "ENABLING"].contains(&self.status)
    }

    /// The calls: the tag first, as nothing else names the source afterwards.
    fn calls(&self) -> Vec<Call> {
        let mark = self.is_marked().then(|| Call::MarkCopy {
            copy: self.copy.to_owned(),
            region: self.copy_region.to_owned(),
            value: format!("{}/{}", self.source_region, self.source.id),
        });
        let end = Call::EndReplication { id: self.source.id.clone() };
        mark.into_iter().chain([end]).collect()
    }

    fn shown(&self) -> [Difference; 2] {
        [
            Difference::gone("file_system_id", plain(self.copy)),
            Difference::gone("region", plain(self.copy_region)),
        ]
    }

    /// What stays, and how it goes.
    fn note(&self) -> String {
        let Ended { source, copy, copy_region, account, .. } = self;
        let tagged = if self.is_marked() {
            format!(", with the tag `{}`", copy_tag())
        } else {
            String::new()
        };
        let others = account.filter(|it| Some(*it) != source.account.as_deref());
        let whose = others.map(|account| format!(" of the account {account}")).unwrap_or_default();
        plain(&format!(
            "the copy {copy} in {copy_region}{whose} stays with its data{tagged}, can be written to \
             once the replication is gone, and costs what its storage costs; `aws efs \
             delete-file-system --file-system-id {copy} --region {copy_region}` deletes it, once it \
             has no mount targets"
        ))
    }
}

/// Plans the end of a replication; the copy stays: EFS makes it a file system like any other.
pub(crate) fn end<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    ended: &Ended,
    (why, needs): (&str, &[ChangeId]),
) -> ChangeId {
    let change = Change::new(
        Action::Delete,
        scope.id("replication.delete"),
        scope.address("replication", None),
    )
    .because(why)
    .needing(needs.to_vec())
    .showing(ended.shown());
    let change = ended.calls().into_iter().fold(change, Change::calling);
    let id = change.id.clone();
    plan.changes.push(change);
    plan.notes.push(ended.note());
    id
}

/// Plans another replication in the place of the one that is there.
fn replace<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (wanted, there): (&Spec, &There),
    differences: Vec<Difference>,
    needs: &[ChangeId],
) {
    let why = if there.status() == "ERROR" {
        there.stalled()
    } else {
        "EFS never changes a replication".to_owned()
    };
    let ended = there.ended();
    let put = Call::Put {
        of: Known::Now(there.source.id.clone()),
        group: Group::Replication,
        spec: Box::new(wanted.clone()),
    };
    let change =
        Change::new(Action::Replace, scope.id("replication"), scope.address("replication", None))
            .because(why)
            .needing(needs.to_vec())
            .showing(differences);
    let calls = ended.calls().into_iter().chain([put]);
    plan.changes.push(calls.fold(change, Change::calling));
    plan.notes.push(ended.note());
    plan.warnings.push(Warning::new(
        format!(
            "until the first copy of {} is complete, which may take hours, nothing newer can take \
                 over than the copy that stays",
            there.source.id
        ),
        "keep that one until `cargo xtask status` shows the time of the first copy",
    ));
}
