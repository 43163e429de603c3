//! The access points that a deployment makes itself: their part of a plan, and their rows.

use std::collections::BTreeMap;

use inputs::plain;
use network::Tags;
use plan::{
    Action, Change, ChangeId, Difference, Known, Plan, Refusal, Row, Scope, Text, Warning, compare,
};

use super::declared::{AccessPointInputs, PROPERTIES, Spec, fits};
use super::leftovers::{Call, KIND};
use crate::ids::{AccessPointId, FileSystemId};
use crate::life_cycle::LifeCycle;
use crate::owner::Owner;
use crate::users::{AccessPoint, Volume};

/// The access points that a deployment wants.
#[derive(Debug, Clone, Copy)]
pub struct Declared<'a> {
    pub owner: &'a Owner,
    /// Those of the inputs, by name.
    pub points: &'a BTreeMap<String, AccessPointInputs>,
    /// The tags of everything that is created.
    pub tags: &'a Tags,
    pub file_system: &'a Known<FileSystemId>,
    /// What must be done before the file system takes any.
    pub needs: &'a [ChangeId],
}

/// What was found.
#[derive(Debug, Clone, Copy)]
pub struct FoundPoints<'a> {
    /// Those of the file system.
    pub access_points: &'a [AccessPoint],
    /// The volumes of the cluster, but for those of this deployment's own access points; `None`
    /// where no cluster was looked at.
    pub volumes: Option<&'a [Volume]>,
    /// The document of the deployment's own volumes, where there is one.
    pub document: Option<&'a str>,
}

impl FoundPoints<'_> {
    /// Whether a volume of a cluster that nobody looked at may name it: documents are never
    /// pruned, so that its volume stays there when they name it no more.
    pub(crate) fn may_be_named(&self, point: &AccessPoint) -> bool {
        let named = || self.document.is_some_and(|text| text.contains(point.id.as_str()));
        // Volumes are made once it is available.
        let had = || point.had_volume() && !point.life_cycle.is_broken();
        self.volumes.is_none() && (named() || had())
    }
}

/// Plans the access points; the answer is their ids, by name.
///
/// One that EFS cannot change is made anew first, and then the old one goes, so that a run that
/// is killed between the two leaves both, and the next one finishes.
pub fn declare<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    wanted: &Declared,
    found: FoundPoints,
) -> BTreeMap<String, Known<AccessPointId>> {
    // What was found belongs to the file system that was found.
    let there = wanted.file_system.now().map_or(&[][..], |_| found.access_points);
    let mut ids = BTreeMap::new();
    let mut kept = Vec::new();
    for (name, inputs) in wanted.points {
        let spec = inputs.spec(name, wanted.owner, wanted.tags);
        let ours = || there.iter().filter(|it| it.is_of(wanted.owner, name, inputs));
        if let Some(refusal) = not_taken(scope, name, (inputs, &spec), there) {
            plan.refusals.push(refusal);
            kept.extend(ours().map(|it| &it.id));
            ids.extend(inputs.existing.clone().map(|id| (name.clone(), Known::Now(id))));
            continue;
        }
        let best = ours().filter(|it| fits(&spec, it));
        let best = best.min_by_key(|it| (inputs.existing.as_ref() != Some(&it.id), &it.id));
        let named = |it: &AccessPoint| inputs.volume.is_some() && found.may_be_named(it);
        let holds = ours().find(|it| named(it)).filter(|_| !best.is_some_and(named));
        let id = match (holds, best.or_else(|| ours().min_by_key(|it| &it.id))) {
            (Some(old), _) => {
                plan.refusals.push(held(scope, name, old));
                kept.extend(ours().map(|it| &it.id));
                Known::Now(old.id.clone())
            }
            (None, Some(old)) if best.is_none() => {
                let broken = ours().filter(|it| it.life_cycle.is_broken());
                let broken: Vec<&AccessPoint> = broken.collect();
                replace(plan, scope, wanted, (name, spec), (old, &broken));
                Known::After(id(scope, name))
            }
            (None, Some(same)) => {
                tag(plan, (scope, wanted.owner), (name, &spec), same);
                kept.push(&same.id);
                Known::Now(same.id.clone())
            }
            (None, None) => {
                let change = Change::new(Action::Create, id(scope, name), address(scope, name))
                    .because("the access point does not exist")
                    .needing(wanted.needs.to_vec())
                    .showing([Difference::later("access_point_id")])
                    .showing(compare(PROPERTIES, &spec, None).differences)
                    .calling(create(wanted, name, spec, &[]));
                plan.changes.push(change);
                plan.warnings.extend(not_made(name, inputs));
                Known::After(id(scope, name))
            }
        };
        ids.insert(name.clone(), id);
    }
    let taken = |it: &AccessPoint| {
        wanted.points.values().any(|point| point.existing.as_ref() == Some(&it.id))
    };
    for point in there.iter().filter(|it| !kept.contains(&&it.id) && !taken(it)) {
        if let Some(name) = point.declared_by(wanted.owner) {
            let replaced = ids.contains_key(name).then(|| id(scope, name));
            retire(plan, scope, (name, point), replaced, found);
        }
    }
    ids
}

/// Plans the deletion of those that a deployment made, where their file system stays, after
/// `needs`. The files stay too.
pub fn remove_declared<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    owner: &Owner,
    found: FoundPoints,
    needs: &[ChangeId],
) {
    for point in found.access_points {
        let Some(name) = point.declared_by(owner) else { continue };
        retire(plan, scope, (name, point), None, found);
    }
    let deletes = |change: &Change<C>| change.address.kind == KIND;
    for change in plan.changes.iter_mut().filter(|change| deletes(change)) {
        change.needs.extend(needs.iter().cloned());
    }
}

/// The id of the change that makes an access point.
pub fn id(scope: &Scope, name: &str) -> ChangeId {
    scope.id(format_args!("{KIND}.{name}"))
}

/// The id of the change that deletes one.
pub(crate) fn removal_id(scope: &Scope, point: &AccessPointId) -> ChangeId {
    scope.id(format_args!("{KIND}.{point}.delete"))
}

fn address(scope: &Scope, name: &str) -> plan::Address {
    scope.address(KIND, Some(name))
}

/// Why one of before is not taken over: it is not there, or it is not as the inputs say, and EFS
/// changes none.
fn not_taken(
    scope: &Scope,
    name: &str,
    (inputs, spec): (&AccessPointInputs, &Spec),
    there: &[AccessPoint],
) -> Option<Refusal> {
    let id = inputs.existing.as_ref()?;
    let (reason, remedy) = match there.iter().find(|it| it.id == *id) {
        Some(found) if fits(spec, found) && !found.life_cycle.is_leaving() => return None,
        Some(found) if found.life_cycle == LifeCycle::Available => {
            let compared = compare(PROPERTIES, spec, Some(&found.spec()));
            let differs = compared.differences.iter().map(|it| it.attribute.as_str().to_owned());
            let differs: Vec<String> = differs.filter(|it| !it.starts_with("tags")).collect();
            (
                format!("{id} has another `{}`, and EFS changes none", differs.join("`, `")),
                "write what it has, as `cargo xtask import` prints it; or leave `access_point_id` \
                 out to get another one",
            )
        }
        Some(found) => (
            format!("{id} is in the state `{}`", plain(found.life_cycle.as_str())),
            "leave `access_point_id` out to get another one",
        ),
        None => (
            format!("{id} is no access point of the file system"),
            "correct `access_point_id`, or leave it out to get another one",
        ),
    };
    Some(Refusal::new(address(scope, name), reason, remedy))
}

/// Why one is not replaced that a volume of a cluster may name which nobody looked at.
fn held(scope: &Scope, name: &str, old: &AccessPoint) -> Refusal {
    let id = &old.id;
    Refusal::new(
        address(scope, name),
        format!(
            "another access point is to take the place of {id}, which its volume may name in a \
             cluster that is not looked at, and Kubernetes never changes that of a volume"
        ),
        format!(
            "delete its claim and its volume in the cluster, which keeps the files, and then it: \
             `cargo xtask access-points --delete {id}` with that cluster; or leave it as it is, or \
             give another name"
        ),
    )
}

/// The call that makes one. The token is another one beside those that are `broken`, whose tokens
/// EFS would answer with them.
fn create(wanted: &Declared, name: &str, spec: Spec, broken: &[&AccessPoint]) -> Call {
    let owner = wanted.owner;
    let (user, info) = (format!("{:?}", spec.posix_user), format!("{:?}", spec.creation_info));
    let mut parts = vec![name, &spec.path, &user, &info];
    parts.extend(broken.iter().map(|it| it.id.as_str()));
    let hash = owner.hash(&parts);
    // 20 characters of the file system's id, and 42 more: EFS takes 64 (`CreateAccessPoint`).
    let token = Text::rendered(wanted.file_system, |of| {
        Ok::<_, std::convert::Infallible>(format!("{of}-{}", &hash[..42]))
    });
    let token = token.unwrap_or_else(|never| match never {});
    Call::Create {
        of: wanted.file_system.clone(),
        token,
        spec: Box::new(spec),
        marks: owner.marks(),
    }
}

/// Plans one in the place of another, which goes afterwards.
fn replace<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    wanted: &Declared,
    (name, spec): (&str, Spec),
    (old, broken): (&AccessPoint, &[&AccessPoint]),
) {
    let compared = compare(PROPERTIES, &spec, Some(&old.spec()));
    let path = compared.differences.iter().any(|it| it.attribute.as_str() == PROPERTIES[0].name);
    let files = if path {
        format!(
            "the files under `{}` stay there, and volumes see those under `{}`",
            old.path, spec.path
        )
    } else {
        format!("the files under `{}` stay as they are", spec.path)
    };
    let why = if old.life_cycle.is_broken() {
        format!("{} is in the state `{}`", old.id, old.life_cycle.as_str())
    } else {
        "EFS changes nothing of an access point but its tags".to_owned()
    };
    let change = Change::new(Action::Replace, id(scope, name), address(scope, name))
        .because(plain(&format!("{why}; {files}")))
        .needing(wanted.needs.to_vec())
        .showing(compared.differences)
        .calling(create(wanted, name, spec, broken));
    plan.changes.push(change);
}

fn tag<C: From<Call>>(
    plan: &mut Plan<C>,
    (scope, owner): (&Scope, &Owner),
    (name, spec): (&str, &Spec),
    found: &AccessPoint,
) {
    let differences = compare(PROPERTIES, spec, Some(&found.spec())).differences;
    if differences.is_empty() {
        return;
    }
    let missing = spec.tags.iter().filter(|(key, value)| found.tags.get(*key) != Some(value));
    let tags = missing.map(|(key, value)| (key.clone(), value.clone())).collect();
    let change = Change::new(Action::Update, id(scope, name), address(scope, name))
        .because(if found.declared_by(owner).is_some() {
            format!("the tags of {} differ", found.id)
        } else {
            format!("the deployment takes {} over", found.id)
        })
        .showing(differences)
        .calling(Call::Tag { id: found.id.clone(), tags });
    plan.changes.push(change);
}

/// Plans the deletion of one that is wanted no more, or that another one was made in place of.
fn retire<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (name, point): (&str, &AccessPoint),
    replaced: Option<ChangeId>,
    found: FoundPoints,
) {
    let id = &point.id;
    if replaced.is_none() && point.is_retained() {
        plan.notes.push(plain(&format!(
            "the access point {id} (`{}`) stays, as its `deletion_policy` is `retain`",
            point.path
        )));
        return;
    }
    if found.may_be_named(point) {
        plan.notes.push(plain(&format!(
            "the access point {id} (`{}`) stays: no cluster is looked at, and volumes of one may \
             name it; once its claim and its volume are gone there, `cargo xtask access-points \
             --delete {id}` with that cluster removes it",
            point.path
        )));
        return;
    }
    let volumes = found.volumes.unwrap_or_default();
    let named = volumes.iter().find(|volume| volume.access_points.contains(id.as_str()));
    if let Some(volume) = named {
        let claim = volume.claim.as_ref().map(|claim| format!(" of the claim {claim}"));
        plan.refusals.push(Refusal::new(
            address(scope, name),
            plain(&format!(
                "the volume {}{} names {id}, which is to go",
                volume.name,
                claim.unwrap_or_default()
            )),
            "delete that claim and its volume first, which keeps the files; or leave the access \
             point in the inputs as it is",
        ));
        return;
    }
    let why = match &replaced {
        Some(_) => "another one takes its place",
        None => "it is wanted no more",
    };
    let change = Change::new(Action::Delete, removal_id(scope, id), address(scope, name))
        .because(format!("{why}; its directory stays, with its files"))
        .needing(replaced)
        .showing([Difference::gone("access_point_id", id)])
        .showing(plan::gone(&PROPERTIES[..2], &point.spec()))
        .calling(Call::DeleteDeclared { id: id.clone() });
    plan.changes.push(change);
}

/// A directory that nobody makes: "If you don't provide `CreationInfo` and the root directory does
/// not exist, attempts to mount the file system using the access point will fail"
/// (`RootDirectory`, EFS API Reference).
fn not_made(name: &str, inputs: &AccessPointInputs) -> Option<Warning> {
    (inputs.path != "/" && inputs.creation_info.is_none()).then(|| {
        Warning::new(
            format!(
                "mounts through the access point `{name}` fail unless `{}` exists: nothing makes it",
                inputs.path
            ),
            "give `creation_info` in its `root_directory`",
        )
    })
}

/// Their rows in a status.
pub fn rows(
    owner: &Owner,
    wanted: Option<&BTreeMap<String, AccessPointInputs>>,
    found: &[AccessPoint],
) -> Vec<Row> {
    let missing = wanted
        .into_iter()
        .flatten()
        .filter(|(name, inputs)| !found.iter().any(|point| point.is_of(owner, name, inputs)));
    let missing = missing.map(|(name, _)| Row::missing("access point", name.clone()));
    let there = found.iter().filter_map(|point| {
        let name = point.declared_by(owner)?;
        let user = point.posix_user.as_ref();
        let user = user.map(|user| format!(" as {}:{}", user.uid, user.gid)).unwrap_or_default();
        Some(Row {
            resource: "access point",
            name: plain(name),
            state: plain(point.life_cycle.as_str()),
            detail: plain(&format!("{} {}{user}", point.id, point.path)),
            healthy: point.life_cycle == LifeCycle::Available,
        })
    });
    there.chain(missing).collect()
}
