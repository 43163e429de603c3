//! The access points that a deployment makes itself, with their volumes and claims.

use std::collections::{BTreeMap, BTreeSet};

use ::inputs::{Input, Kind, Problem, Reader, dns_label, dns_subdomain};
use serde_json::{Map, Value};

use super::nested::{Object, objects, read};
use super::{DeletionPolicy, directory, rules};
use crate::resources::access_point::{AccessPointInputs, VolumeInputs};
use crate::users::{CreationInfo, PosixUser};

/// The input.
pub(super) const NAME: &str = "access_points";

const POINT: &[Input] = &[
    Input::optional("access_point_id", Kind::String, ""),
    Input::optional("posix_user", Kind::Values, ""),
    Input::optional("root_directory", Kind::Values, ""),
    Input::optional("tags", Kind::Map, ""),
    Input::default("deletion_policy", Kind::String, "delete", ""),
    Input::optional("volume", Kind::Values, ""),
    Input::optional("claim", Kind::Values, ""),
];

const POSIX_USER: &[Input] = &[
    Input::optional("uid", Kind::Number, ""),
    Input::optional("gid", Kind::Number, ""),
    Input::optional("secondary_gids", Kind::Strings, ""),
];

const ROOT_DIRECTORY: &[Input] = &[
    Input::default("path", Kind::String, "/", ""),
    Input::optional("creation_info", Kind::Values, ""),
];

const CREATION_INFO: &[Input] = &[
    Input::optional("owner_uid", Kind::Number, ""),
    Input::optional("owner_gid", Kind::Number, ""),
    Input::optional("permissions", Kind::String, ""),
];

const VOLUME: &[Input] = &[
    Input::optional("size", Kind::String, ""),
    Input::optional("mount_options", Kind::Strings, ""),
];

const CLAIM: &[Input] = &[
    Input::optional("namespace", Kind::String, ""),
    Input::optional("name", Kind::String, ""),
    Input::optional("size", Kind::String, ""),
    Input::optional("mount_options", Kind::Strings, ""),
];

/// How many groups a POSIX user has beside its own (`PosixUser`, EFS API Reference).
const MOST_SECONDARY_GIDS: usize = 16;

/// The access points by name; `None` where nobody says which there are.
pub(super) fn access_points(reader: &mut Reader) -> Option<BTreeMap<String, AccessPointInputs>> {
    if !reader.is_given(NAME) {
        return None;
    }
    let all = reader.values(NAME)?;
    let mut problems = Vec::new();
    let mut points = BTreeMap::new();
    for (name, entries) in objects(NAME, &all, &mut problems) {
        if let Err(problem) = dns_label(name) {
            problems.push(problem);
        }
        if let Some(point) = point(name, entries, &mut problems) {
            points.insert(name.to_owned(), point);
        }
    }
    problems.extend(claimed_twice(&points));
    problems.extend(named_twice(&points));
    let whole = problems.is_empty();
    for problem in problems {
        reader.mistake(NAME, problem);
    }
    whole.then_some(points)
}

fn point(
    name: &str,
    entries: &Map<String, Value>,
    problems: &mut Vec<Problem>,
) -> Option<AccessPointInputs> {
    let path = format!("{NAME}.{name}");
    let object = Object { path: &path, entries };
    let (existing, policy, tags, user, root, volume, claim) =
        read(object, (POINT, &[]), problems, |reader| {
            let object = |reader: &mut Reader, name: &str| {
                reader.is_given(name).then(|| reader.values(name)).flatten()
            };
            (
                reader.string("access_point_id", rules::access_point_id),
                reader.string("deletion_policy", DeletionPolicy::one_of),
                reader.map("tags", rules::tag),
                object(reader, "posix_user"),
                object(reader, "root_directory"),
                object(reader, "volume"),
                object(reader, "claim"),
            )
        });
    if volume.is_some() && claim.is_some() {
        problems.push(Problem::new(
            format!("`{path}` has `volume` and `claim`, and a claim brings its own volume"),
            "leave `volume` out",
        ));
    }
    let posix_user = user.map(|user| posix_user(&format!("{path}.posix_user"), &user, problems));
    let (directory, creation_info) = match root {
        Some(root) => root_directory(&format!("{path}.root_directory"), &root, problems),
        None => ("/".to_owned(), None),
    };
    let volume = match (volume, claim) {
        (_, Some(claim)) => Some(claimed(&format!("{path}.claim"), name, &claim, problems)),
        (Some(volume), None) => Some(unclaimed(&format!("{path}.volume"), &volume, problems)),
        (None, None) => None,
    };
    Some(AccessPointInputs {
        existing,
        path: directory,
        posix_user: posix_user.flatten(),
        creation_info,
        tags: tags.unwrap_or_default(),
        retain: policy? == DeletionPolicy::Retain,
        volume: volume.flatten(),
    })
}

fn posix_user(
    path: &str,
    entries: &Map<String, Value>,
    problems: &mut Vec<Problem>,
) -> Option<PosixUser> {
    let table = (POSIX_USER, &["uid", "gid"][..]);
    read(Object { path, entries }, table, problems, |reader| {
        let (uid, gid) = (reader.number("uid", id), reader.number("gid", id));
        let others = reader.strings("secondary_gids", |text| {
            let number = text.parse::<f64>().unwrap_or(f64::NAN);
            id(number)
        });
        if others.as_ref().is_some_and(|others| others.len() > MOST_SECONDARY_GIDS) {
            reader.mistake(
                "secondary_gids",
                Problem::new(
                    format!("EFS takes {MOST_SECONDARY_GIDS} secondary groups"),
                    "leave some out",
                ),
            );
        }
        Some(PosixUser { uid: uid?, gid: gid?, secondary_gids: others.unwrap_or_default() })
    })
}

fn root_directory(
    path: &str,
    entries: &Map<String, Value>,
    problems: &mut Vec<Problem>,
) -> (String, Option<CreationInfo>) {
    let (directory, info) =
        read(Object { path, entries }, (ROOT_DIRECTORY, &[]), problems, |reader| {
            let directory = reader.string("path", directory::root_directory);
            let info = reader.is_given("creation_info").then(|| reader.values("creation_info"));
            (directory, info.flatten())
        });
    let place = format!("{path}.creation_info");
    let info = info.and_then(|entries| {
        let table = (CREATION_INFO, &["owner_uid", "owner_gid", "permissions"][..]);
        read(Object { path: &place, entries: &entries }, table, problems, |reader| {
            let (uid, gid) = (reader.number("owner_uid", id), reader.number("owner_gid", id));
            let permissions = reader.string("permissions", rules::directory_perms);
            Some(CreationInfo { owner_uid: uid?, owner_gid: gid?, permissions: permissions? })
        })
    });
    (directory.unwrap_or_default(), info)
}

fn unclaimed(
    path: &str,
    entries: &Map<String, Value>,
    problems: &mut Vec<Problem>,
) -> Option<VolumeInputs> {
    read(Object { path, entries }, (VOLUME, &["size"]), problems, |reader| {
        let size = reader.string("size", size);
        let mount_options = reader.strings("mount_options", rules::mount_option);
        let mount_options = mount_options.unwrap_or_default();
        Some(VolumeInputs { size: size?, mount_options, claim: None })
    })
}

fn claimed(
    path: &str,
    point: &str,
    entries: &Map<String, Value>,
    problems: &mut Vec<Problem>,
) -> Option<VolumeInputs> {
    let table = (CLAIM, &["namespace", "size"][..]);
    read(Object { path, entries }, table, problems, |reader| {
        let size = reader.string("size", size);
        let namespace = reader.string("namespace", dns_label);
        let name = reader.string("name", dns_subdomain).unwrap_or_else(|| point.to_owned());
        let mount_options = reader.strings("mount_options", rules::mount_option);
        let mount_options = mount_options.unwrap_or_default();
        Some(VolumeInputs { size: size?, mount_options, claim: Some((namespace?, name)) })
    })
}

/// A claim has one volume.
fn claimed_twice(points: &BTreeMap<String, AccessPointInputs>) -> Option<Problem> {
    let claims = points.values().filter_map(|point| point.volume.as_ref()?.claim.as_ref());
    let mut known = BTreeSet::new();
    let (namespace, name) = claims.into_iter().find(|claim| !known.insert(*claim))?;
    Some(Problem::new(
        format!(
            "two access points have the claim `{namespace}/{name}`, and a claim has one volume"
        ),
        "give one of them another `name`",
    ))
}

/// An access point has one name.
fn named_twice(points: &BTreeMap<String, AccessPointInputs>) -> Option<Problem> {
    let mut known = BTreeSet::new();
    let mut ids = points.values().filter_map(|point| point.existing.as_ref());
    let id = ids.find(|id| !known.insert(*id))?;
    Some(Problem::new(
        format!("two access points have the `access_point_id` {id}"),
        "leave one of them out",
    ))
}

/// A user or a group (`PosixUser`, EFS API Reference).
fn id(number: f64) -> Result<i64, Problem> {
    rules::whole(number, 0, u32::MAX).map(i64::from)
}

/// A size as Kubernetes writes quantities; that of EFS volumes is nominal.
fn size(text: &str) -> Result<String, Problem> {
    if kubernetes::bytes(text).is_some_and(|bytes| bytes >= 1.0) {
        return Ok(text.to_owned());
    }
    Err(Problem::new(
        format!("`{}` is not a size", text.escape_debug()),
        "write it as Kubernetes does, such as \"100Gi\"",
    ))
}
