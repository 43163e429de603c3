//! The access points that a block takes over: all but those that the driver made for volumes.

use std::collections::BTreeSet;

use ::inputs::plain;
use network::Tags;
use plan::Warning;
use serde_json::{Map, Value, json};

use super::found::{Found, own_tags};
use super::names::Names;
use crate::users::{AccessPoint, CreationInfo, PosixUser};

/// The driver's own tag of what it makes for a volume, and deletes with it
/// (aws-efs-csi-driver, `pkg/driver/controller.go`, `DefaultTagKey`).
const OF_DRIVER: &str = "efs.csi.aws.com/cluster";

/// The access points that are written, with the names that the block gives them.
pub(crate) fn named<'a>(found: &'a Found, names: &Names) -> Vec<(String, &'a AccessPoint)> {
    let mut known = BTreeSet::new();
    let written = found.access_points.iter().filter(|point| is_written(point));
    let with_name = written.map(|point| {
        let wanted = name(point, names);
        let mut all = (1..).map(|n| if n == 1 { wanted.clone() } else { format!("{wanted}-{n}") });
        let free = all.find(|name| known.insert(name.clone())).unwrap_or(wanted);
        (free, point)
    });
    with_name.collect()
}

fn is_written(point: &AccessPoint) -> bool {
    let of_driver = point.tags.contains_key(OF_DRIVER) && point.declared_name().is_none();
    !of_driver && !point.life_cycle.is_leaving() && !point.life_cycle.is_broken()
}

/// A name as the keys of `access_points` are: that of another deployment, the tag `Name`, or the id.
fn name(point: &AccessPoint, names: &Names) -> String {
    if let Some(name) = point.declared_by(&names.owner).or_else(|| point.declared_name()) {
        return name.to_owned();
    }
    let tag = point.tags.get("Name").map(String::as_str).unwrap_or_default();
    let letters =
        tag.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    let label: String = letters.collect();
    let label: String = label.trim_matches('-').chars().take(40).collect();
    let label = label.trim_matches('-');
    if label.is_empty() { point.id.to_string() } else { label.to_owned() }
}

/// The input `access_points`.
pub(super) fn written(found: &Found, names: &Names, warnings: &mut Vec<Warning>) -> Option<Value> {
    let mut all = Map::new();
    for (name, point) in named(found, names) {
        let own = point.declared_by(&names.owner).is_some();
        if point.had_volume() {
            warnings.push(Warning::new(
                plain(&format!(
                    "the access point {} has or had a volume, of which nothing is written",
                    point.id
                )),
                format!(
                    "add `volume` or `claim` to `access_points.{name}` by what the cluster has"
                ),
            ));
        }
        all.insert(name.clone(), of_point(&name, point, own));
    }
    let broken = found.access_points.iter().filter(|point| point.life_cycle.is_broken());
    warnings.extend(broken.map(|point| {
        let (id, state) = (&point.id, plain(point.life_cycle.as_str()));
        Warning::new(
            format!("the access point {id} is in the state `{state}`, and left out"),
            format!("`aws efs delete-access-point --access-point-id {id}` removes it"),
        )
    }));
    (!all.is_empty()).then_some(Value::Object(all))
}

fn of_point(name: &str, point: &AccessPoint, own: bool) -> Value {
    // Every field is looked at: a new one does not compile until somebody says what it means.
    let AccessPoint {
        id,
        life_cycle: _,   // Those that fail or go are left out.
        client_token: _, // It counts for whoever makes it a second time.
        account: _,
        path,
        posix_user,
        creation_info,
        tags,
    } = point;
    let mut entries = Map::new();
    if !own {
        entries.insert("access_point_id".to_owned(), id.as_str().into());
    }
    if let Some(PosixUser { uid, gid, secondary_gids }) = posix_user {
        let mut user = json!({ "uid": uid, "gid": gid });
        if !secondary_gids.is_empty() {
            user["secondary_gids"] = json!(secondary_gids);
        }
        entries.insert("posix_user".to_owned(), user);
    }
    if path != "/" || creation_info.is_some() {
        let mut root = json!({ "path": path });
        if let Some(CreationInfo { owner_uid, owner_gid, permissions }) = creation_info {
            root["creation_info"] = json!({
                "owner_uid": owner_uid, "owner_gid": owner_gid, "permissions": permissions,
            });
        }
        entries.insert("root_directory".to_owned(), root);
    }
    let tags: Tags = own_tags(tags).filter(|(key, value)| key != "Name" || value != name).collect();
    if !tags.is_empty() {
        entries.insert("tags".to_owned(), json!(tags));
    }
    if !own || point.is_retained() {
        entries.insert("deletion_policy".to_owned(), "retain".into());
    }
    Value::Object(entries)
}
