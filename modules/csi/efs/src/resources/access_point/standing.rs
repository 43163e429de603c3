//! Who names an access point, as far as one cluster shows it.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::life_cycle::LifeCycle;
use crate::owner::Owner;
use crate::users::{AccessPoint, Volume};

/// The tag that the driver puts on every access point that it makes, unless its class says
/// `enableTagging: "false"` (its `pkg/driver/controller.go`). It names no cluster.
const OF_DRIVER: &str = "efs.csi.aws.com/cluster";

/// How the driver's provisioner names volumes: the uid of the claim comes after it
/// (external-provisioner, flag `--volume-name-prefix`).
const OF_CLAIM: &str = "pvc-";

/// How the tag of a cluster's resources begins whose key names the cluster (EKS User Guide,
/// "Tagging Amazon EKS resources").
const BY_KEY: &str = "kubernetes.io/cluster/";

/// The tags whose value names a cluster: `cluster`, which `docs/access-points.md` gives for `access_point_tags`,
/// ours, and those of EKS and its tools.
const BY_VALUE: [&str; 4] =
    ["cluster", "clockwork-codex/cluster", "eks:cluster-name", "aws:eks:cluster-name"];

/// A claim of one of the driver's classes that has no volume yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnboundClaim {
    /// `NAMESPACE/NAME`.
    pub name: String,
    pub uid: String,
}

/// What was seen beside the access points of a file system.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    pub access_points: Vec<AccessPoint>,
    /// The volumes of the cluster, whatever their state; `None` where no cluster was looked at.
    pub volumes: Option<Vec<Volume>>,
    pub claims: Vec<UnboundClaim>,
}

/// What is known of an access point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "by")]
pub enum Standing {
    /// A volume of the cluster names it, in whatever state that is.
    Volume(String),
    /// This claim waits for the volume that it is for, or may be it.
    Claim(String),
    Deleting,
    /// Its tags name another cluster, whose volumes are not seen.
    OtherCluster(String),
    /// A driver made it, and no tag says of which cluster: another one may use the file system too.
    SomeCluster,
    /// The inputs of the deployment made it, under this name.
    Declared(String),
    /// It does not carry the tag of the driver.
    Foreign,
    /// No cluster was looked at.
    Unseen,
    /// The driver of this cluster made it, and no volume of the cluster names it.
    Leftover,
}

impl Standing {
    /// In a few words.
    pub fn as_str(&self) -> &'static str {
        match self {
            Standing::Volume(_) => "in use",
            Standing::Claim(_) => "awaited",
            Standing::Deleting => "deleting",
            Standing::OtherCluster(_) => "of another cluster",
            Standing::SomeCluster => "of some cluster",
            Standing::Declared(_) => "of the deployment",
            Standing::Foreign => "not of the driver",
            Standing::Unseen => "unknown",
            Standing::Leftover => "leftover",
        }
    }

    /// What says so.
    pub(super) fn why(&self) -> String {
        match self {
            Standing::Volume(name) => format!("the volume {name} names it"),
            Standing::Claim(name) => format!("the claim {name} has no volume yet"),
            Standing::Deleting => "EFS is deleting it".to_owned(),
            Standing::OtherCluster(name) => format!("its tags name the cluster {name}"),
            Standing::SomeCluster => {
                "no volume of this cluster names it, and no tag says of which cluster it is"
                    .to_owned()
            }
            Standing::Declared(name) => format!("it is the deployment's own `{name}`"),
            Standing::Foreign => "the driver's tag is not on it".to_owned(),
            Standing::Unseen => "no cluster was looked at".to_owned(),
            Standing::Leftover => "no volume names it".to_owned(),
        }
    }
}

/// What is known of an access point of a deployment's file system.
///
/// Another cluster may use the file system as well, and its volumes are not seen: only what a tag
/// says to be of this cluster is a leftover. The driver's own tag does not; `access_point_tags` can.
pub fn standing(point: &AccessPoint, seen: &Seen, owner: &Owner) -> Standing {
    if point.life_cycle == LifeCycle::Deleting || point.life_cycle == LifeCycle::Deleted {
        return Standing::Deleting;
    }
    let Some(volumes) = &seen.volumes else { return Standing::Unseen };
    if let Some(volume) = volumes.iter().find(|it| it.access_points.contains(point.id.as_str())) {
        return Standing::Volume(volume.name.clone());
    }
    let token = point.client_token.as_deref();
    if let Some(claim) = awaiting(token, false, &seen.claims) {
        return Standing::Claim(claim.name.clone());
    }
    if let Some(name) = point.declared_by(owner) {
        return Standing::Declared(name.to_owned());
    }
    let named = named_clusters(point);
    if let Some(other) = named.iter().find(|name| **name != owner.cluster) {
        return Standing::OtherCluster((*other).to_owned());
    }
    if !is_of_driver(point) {
        return Standing::Foreign;
    }
    match awaiting(token, may_be_reused(point, owner), &seen.claims) {
        Some(claim) => Standing::Claim(claim.name.clone()),
        None if named.is_empty() => Standing::SomeCluster,
        None => Standing::Leftover,
    }
}

/// The claim that an access point of this token is for: the driver makes it before there is a
/// volume, and gives the name of the volume as the token. Where its class says `reuseAccessPoint`,
/// the token is a hash of the claim's name: one that may be `reused` may be for any claim.
pub fn awaiting<'a>(
    token: Option<&str>,
    reused: bool,
    claims: &'a [UnboundClaim],
) -> Option<&'a UnboundClaim> {
    match token.and_then(|token| token.strip_prefix(OF_CLAIM)) {
        Some(uid) => claims.iter().find(|claim| claim.uid == uid),
        None => claims.first().filter(|_| reused),
    }
}

/// Whether an access point may be one that the driver of this cluster uses for several claims.
pub(super) fn may_be_reused(point: &AccessPoint, owner: &Owner) -> bool {
    is_of_driver(point) && named_clusters(point).iter().all(|name| *name == owner.cluster)
}

fn is_of_driver(point: &AccessPoint) -> bool {
    point.tags.get(OF_DRIVER).is_some_and(|value| value == "true")
}

/// The clusters that the tags name: only tags whose key is that of a cluster do. One with another
/// key, such as `environment = "prod"`, may have the name of a cluster by chance.
fn named_clusters(point: &AccessPoint) -> BTreeSet<&str> {
    let by_value = BY_VALUE.iter().filter_map(|key| point.tags.get(*key)).map(String::as_str);
    let by_key = point.tags.keys().filter_map(|key| key.strip_prefix(BY_KEY));
    by_value.chain(by_key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::AccessPointId;

    const UID: &str = "4d2a0d9f-5d7c-4d8b-9f0a-1b2c3d4e5f60";

    fn point(token: &str, tags: &[(&str, &str)]) -> AccessPoint {
        AccessPoint {
            id: AccessPointId::try_from("fsap-00000001").unwrap(),
            life_cycle: LifeCycle::Available,
            client_token: Some(token.to_owned()),
            path: "/a".to_owned(),
            posix_user: None,
            creation_info: None,
            account: None,
            tags: tags
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    fn judged(point: &AccessPoint, seen: &Seen) -> &'static str {
        let owner = Owner {
            region: "eu-west-1".to_owned(),
            cluster: "prod".to_owned(),
            storage_class: "efs-sc".to_owned(),
        };
        standing(point, seen, &owner).as_str()
    }

    fn seen() -> Seen {
        Seen { volumes: Some(Vec::new()), ..Seen::default() }
    }

    #[test]
    fn a_claim_waits_for_the_access_point_of_its_uid_or_for_one_that_may_be_reused() {
        let claim =
            |uid: &str| UnboundClaim { uid: uid.to_owned(), name: format!("ns/claim-{uid}") };
        let claims = [claim("other"), claim(UID)];
        let of = |token, reused| awaiting(token, reused, &claims).map(|claim| claim.uid.as_str());
        let token = format!("pvc-{UID}");
        assert_eq!(of(Some(&token), true), Some(UID));
        assert_eq!(of(Some("pvc-gone"), true), None);
        // With `reuseAccessPoint` the token is a hash of the path and names no claim: any claim
        // that has no volume yet may be about to get it.
        assert_eq!(of(Some("3b1f"), true), Some("other"));
        assert_eq!(of(Some("3b1f"), false), None);
        assert_eq!(of(None, false), None);
    }

    #[test]
    fn only_what_says_to_be_of_this_cluster_and_nothing_names_is_a_leftover() {
        let (driver, mine) = ((OF_DRIVER, "true"), ("cluster", "prod"));
        let token = format!("pvc-{UID}");
        for (tags, expected) in [
            (&[driver, mine][..], "leftover"),
            (&[driver, ("kubernetes.io/cluster/prod", "owned")], "leftover"),
            // Another driver of the same file system may have made this.
            (&[driver], "of some cluster"),
            (&[driver, ("team", "graphs")], "of some cluster"),
            (&[mine], "not of the driver"),
            (&[(OF_DRIVER, "false"), mine], "not of the driver"),
            (&[driver, ("kubernetes.io/cluster/staging", "owned")], "of another cluster"),
            // The value of any other key is the cluster's name by chance.
            (&[driver, ("environment", "prod")], "of some cluster"),
            (
                &[driver, ("environment", "prod"), ("kubernetes.io/cluster/staging", "owned")],
                "of another cluster",
            ),
            // What names two clusters may be of either.
            (&[driver, mine, ("kubernetes.io/cluster/staging", "owned")], "of another cluster"),
            (&[driver, ("cluster", "staging"), ("eks:cluster-name", "prod")], "of another cluster"),
        ] {
            let point = point(&token, tags);
            assert_eq!(judged(&point, &seen()), expected, "{tags:?}");
            let unseen = Seen { volumes: None, ..seen() };
            assert_eq!(judged(&point, &unseen), "unknown");
        }
        for key in BY_VALUE {
            let of = |cluster| point(&token, &[driver, (key, cluster)]);
            assert_eq!(judged(&of("staging"), &seen()), "of another cluster", "{key}");
            assert_eq!(judged(&of("prod"), &seen()), "leftover", "{key}");
        }
    }

    #[test]
    fn a_volume_of_any_state_and_a_claim_that_waits_keep_it() {
        let point_of = |token: &str| point(token, &[(OF_DRIVER, "true"), ("cluster", "prod")]);
        let id = "fsap-00000001".to_owned();
        let volume = Volume { access_points: [id].into(), ..Volume::default() };
        let there = Seen { volumes: Some(vec![volume]), ..seen() };
        assert_eq!(judged(&point_of("pvc-1"), &there), "in use");
        let claim = |uid: &str| UnboundClaim { name: "graphs/a".to_owned(), uid: uid.to_owned() };
        let waits = Seen { claims: vec![claim("other"), claim(UID)], ..seen() };
        assert_eq!(judged(&point_of(&format!("pvc-{UID}")), &waits), "awaited");
        assert_eq!(judged(&point_of("pvc-of-nobody"), &waits), "leftover");
        // The token of a reused one is a hash of the claim's name: it may be for any.
        assert_eq!(judged(&point_of("6a0d4c2e"), &waits), "awaited");
        assert_eq!(judged(&point_of("6a0d4c2e"), &seen()), "leftover");
    }
}
