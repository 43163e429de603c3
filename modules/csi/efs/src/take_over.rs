//! When a deployment meets with data of before: that of a file system which nothing names any
//! more, or that of another file system which its class names.

use inputs::{counted, plain};
use plan::{Known, Plan, Question, Refusal, Scope};

use crate::actual::Actual;
use crate::adopt_existing::{ADOPT_EXISTING, AdoptExisting};
use crate::data::{access_points, other_classes, volumes_of};
use crate::documents;
use crate::ids::FileSystemId;
use crate::inputs::Inputs;
use crate::owner::Owner;
use crate::resources::file_system::{self, FileSystemSource};
use crate::resources::storage_class;

/// Whether a deployment finds a file system of its own that nothing names which it can see
/// without asking for volumes and access points: those then say whether it is taken over.
pub fn may_be_taken_over(owner: &Owner, actual: &Actual) -> bool {
    let Some(found) = actual.file_system.as_ref() else { return false };
    owner.owns(&found.tags) && !found.life_cycle.is_leaving() && !is_named(actual, &found.id)
}

/// Whether a class, a volume or a document names a file system.
fn is_named(actual: &Actual, id: &FileSystemId) -> bool {
    let own = actual.cluster.as_ref().and_then(|cluster| cluster.storage_class.as_ref());
    let mut classes = other_classes(actual).filter_map(|class| class.file_system.as_deref());
    own.and_then(|class| class.file_system()) == Some(id.as_str())
        || classes.any(|named| named == id.as_str())
        || volumes_of(actual, id).next().is_some()
        || documents::file_system_of(&actual.documents).as_deref() == Some(id.as_str())
        || documents::refers(&actual.documents)
}

/// Notes what a deployment does where people have agreed to it, and asks otherwise, with `more` in
/// the question.
fn note_or_ask<C>(
    plan: &mut Plan<C>,
    scope: &Scope,
    agreed: bool,
    (what, more, remedy): (&str, &str, String),
) {
    if agreed {
        plan.notes.push(format!("the deployment {what}"));
        return;
    }
    plan.questions.push(Question {
        address: scope.address(file_system::KIND, None).to_string(),
        asks: format!("{what}{more}"),
        remedy,
    });
}

/// Asks what a deployment may take over, unless it uses a file system as it is.
pub(crate) fn ask<C>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (inputs, actual): (&Inputs, &Actual),
    consents: &AdoptExisting,
) {
    let of = (actual, &inputs.owner());
    match (&inputs.file_system, &inputs.imported) {
        (FileSystemSource::Own(_), None) => take_over(plan, scope, of, consents),
        (FileSystemSource::Own(_), Some(_)) => from_another(plan, scope, of, consents),
        (FileSystemSource::Adopted(_), _) => {}
    }
}

/// Asks whether a deployment may take over the data of a file system that another one with its
/// names left, such as that of a cluster which was deleted and created anew.
fn take_over<C>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (actual, owner): (&Actual, &Owner),
    consents: &AdoptExisting,
) {
    let Some(found) = actual.file_system.as_ref() else { return };
    // Those that a run of these inputs makes are no data of before.
    let points = access_points(actual).filter(|it| it.declared_by(owner).is_none()).count();
    if !may_be_taken_over(owner, actual) || (!found.holds_files() && points == 0) {
        return;
    }
    let id = &found.id;
    let since = found.created.as_ref().map(|at| format!(" since {at}")).unwrap_or_default();
    let files = found.holds_files().then(|| found.size());
    let points = (points > 0).then(|| counted(points, "access point"));
    let holds: Vec<String> = files.into_iter().chain(points).collect();
    let nothing = match &actual.cluster {
        Some(cluster) => format!("no class and no volume in `{}` names it", cluster.name),
        None => "no document in the directory names it".to_owned(),
    };
    let what = format!(
        "takes over {id}, which exists{since} and holds {}: {nothing}",
        holds.join(" and ")
    );
    let remedy = format!(
        "give `{ADOPT_EXISTING}={id}` if this is the data that it should have; another \
             `storage_class_name` makes a file system of its own"
    );
    note_or_ask(plan, scope, consents.includes(id), (&what, "", remedy));
}

/// Asks whether a deployment may take over the file system of another one, which does not find it
/// by its tags any more.
fn from_another<C>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (actual, owner): (&Actual, &Owner),
    consents: &AdoptExisting,
) {
    let Some(found) = actual.file_system.as_ref() else { return };
    let Some(other) = Owner::marked_on(&found.tags).filter(|_| !owner.owns(&found.tags)) else {
        return;
    };
    let id = &found.id;
    let what = plain(&format!("takes over {id}, which is of the deployment `{other}`"));
    let remedy = format!(
        "give `{ADOPT_EXISTING}={id}` if this deployment is to have it; `manage_file_system` left \
             out uses it as it is"
    );
    note_or_ask(
        plan,
        scope,
        consents.includes(id),
        (&what, ", and which is refused to that one from then on", remedy),
    );
}

/// Asks whether a replication may replace the files of a file system that is there.
pub(crate) fn ask_of_the_copy<C>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (inputs, actual): (&Inputs, &Actual),
    consents: &AdoptExisting,
) {
    let FileSystemSource::Own(spec) = &inputs.file_system else { return };
    let Some(id) = file_system::overwritten(spec, actual.file_system.as_ref()) else { return };
    let what = format!(
        "replicates to {id}, which exists: EFS deletes all its files that the source does not have"
    );
    let remedy = format!(
        "give `{ADOPT_EXISTING}={id}` if they may go; `replication = {{ region = … }}` makes a \
             file system for the copy"
    );
    note_or_ask(plan, scope, consents.names(&id), (&what, "", remedy));
}

/// The file system that the class, or its document, names.
pub fn named_by_class(owner: &Owner, actual: &Actual) -> Option<FileSystemId> {
    let named = match &actual.cluster {
        Some(cluster) => {
            let class = cluster.storage_class.as_ref().filter(|class| class.is_of(owner))?;
            class.file_system().map(str::to_owned)
        }
        None => documents::file_system_of(&actual.documents),
    };
    FileSystemId::try_from(named?).ok()
}

/// Refuses to put a class on another file system while data is on the one that it names: claims
/// would have their volumes on both, and nobody would be told.
///
/// A file system that does not exist any more holds nobody up. In a cluster the volumes say
/// whether anything is on it; a directory shows none, so that the access points and files do.
pub(crate) fn keep_on_file_system(
    plan: &mut Plan<impl Sized>,
    scope: &Scope,
    (actual, owner): (&Actual, &Owner),
    wanted: &Known<FileSystemId>,
) {
    let Some(before) = &actual.named_before else { return };
    let id = &before.file_system.id;
    if wanted.now() == Some(id) {
        return;
    }
    let (kind, name, holds) = if actual.cluster.is_some() {
        (storage_class::KIND, owner.storage_class.as_str(), volumes_on(actual, id))
    } else {
        let files = before.file_system.holds_files().then(|| before.file_system.size());
        let points =
            (before.access_points > 0).then(|| counted(before.access_points, "access point"));
        let holds: Vec<String> = files.into_iter().chain(points).collect();
        let holds = (!holds.is_empty()).then(|| holds.join(" and "));
        (plan::files::KIND, documents::STORAGE_CLASS, holds)
    };
    let Some(holds) = holds else { return };
    let ours = match wanted.now() {
        Some(ours) => format!("this deployment's file system is {ours}"),
        None => "this deployment would create another file system".to_owned(),
    };
    let reason = format!("the class names {id}, which holds {holds}, and {ours}");
    plan.refusals.push(Refusal::new(
        scope.address(kind, Some(name)),
        plain(&reason),
        format!(
            "set `file_system_id = \"{id}\"` to keep the class on it, or give another \
             `storage_class_name`; a class moves once nothing of it is in use, or once you delete \
             it yourself"
        ),
    ));
}

/// The volumes of the cluster that are on a file system, with their claims, where there are any.
fn volumes_on(actual: &Actual, id: &FileSystemId) -> Option<String> {
    let volumes = volumes_of(actual, id).map(|volume| match &volume.claim {
        Some(claim) => format!("{} of the claim {claim}", volume.name),
        None => volume.name.clone(),
    });
    let volumes: Vec<String> = volumes.collect();
    (!volumes.is_empty()).then(|| format!("the volume {}", volumes.join(", ")))
}
