//! IAM, EKS and the cluster of the world for plans, as they obey calls at once.

use std::collections::BTreeMap;
use std::convert::Infallible;

use efs::resources::access_point;
use efs::resources::addon::{self, Found, Status as AddonStatus};
use efs::resources::driver;
use efs::resources::file_system::{self, FileSystem, Policy, Spec};
use efs::resources::iam_role::{self, Role};
use efs::resources::oidc_provider::{self, Provider};
use efs::resources::pod_identity_association::{self, Association};
use efs::resources::security_group;
use efs::{AccessPoint, AccessPointId, Actual, IdentityFound, LifeCycle};
use kubernetes::release::{Release, Status};
use kubernetes::{claim, release};
use network::SecurityGroupId;
use plan::{ChangeId, Known};
use serde_json::Value;

/// What a change resulted in.
pub(crate) type Resolve<'a> = &'a dyn Fn(&ChangeId) -> Result<String, Infallible>;

/// What there is of the driver's identity.
pub(crate) fn found(actual: &mut Actual) -> &mut IdentityFound {
    actual.identity.as_mut().unwrap()
}

/// IAM, as it obeys a call.
pub(crate) fn role(call: &iam_role::Call, resolve: Resolve<'_>, actual: &mut Actual) {
    let found = found(actual);
    match call {
        iam_role::Call::Create { name, trust, tags, marks, .. } => {
            assert!(found.role.is_none(), "EntityAlreadyExists");
            assert!(marks.iter().all(|(key, value)| tags.get(key) == Some(value)));
            found.role = Some(Role {
                arn: format!("arn:aws:iam::111122223333:role/{name}"),
                trust: trust.clone(),
                ours: true,
                policy: None,
                others: Vec::new(),
            });
        }
        iam_role::Call::PutTrust { trust, .. } => {
            found.role.as_mut().unwrap().trust = trust.clone();
        }
        iam_role::Call::PutPolicy { document, .. } => {
            let document = document.resolve(resolve).unwrap();
            found.role.as_mut().unwrap().policy = Some(document);
        }
        iam_role::Call::DeletePolicy { .. } => found.role.as_mut().unwrap().policy = None,
        iam_role::Call::Delete { .. } => {
            let gone = found.role.take().unwrap();
            assert_eq!((gone.policy, gone.others), (None, Vec::new()), "DeleteConflict");
        }
    }
}

/// The same for providers.
pub(crate) fn provider(call: &oidc_provider::Call, actual: &mut Actual) {
    let found = found(actual);
    match call {
        oidc_provider::Call::Create { arn, audience, tags, .. } => {
            found.provider = Some(Provider {
                arn: arn.clone(),
                client_ids: vec![audience.clone()],
                tags: tags.clone(),
                trusting: Vec::new(),
            });
        }
        oidc_provider::Call::AddAudience { audience, .. } => {
            found.provider.as_mut().unwrap().client_ids.push(audience.clone());
        }
        oidc_provider::Call::Delete { .. } => drop(found.provider.take().unwrap()),
    }
}

/// EKS, as it obeys a call.
pub(crate) fn association(
    call: &pod_identity_association::Call,
    resolve: Resolve<'_>,
    actual: &mut Actual,
) {
    let arn = |role: &Known<String>| match role {
        Known::Now(arn) => arn.clone(),
        Known::After(change) => resolve(change).unwrap(),
    };
    let found = found(actual);
    match call {
        pod_identity_association::Call::Create { service_account, role, .. } => {
            found.associations.push(Association {
                id: format!("a-{service_account}"),
                service_account: service_account.clone(),
                role_arn: arn(role),
                ours: true,
            });
        }
        pod_identity_association::Call::SetRole { id, role, .. } => {
            let one = found.associations.iter_mut().find(|one| one.id == *id).unwrap();
            one.role_arn = arn(role);
        }
        pod_identity_association::Call::Delete { id, .. } => {
            found.associations.retain(|one| one.id != *id);
        }
    }
}

/// The driver's pods, as they obey a call.
pub(crate) fn driver(call: &driver::Call, resolve: Resolve<'_>, actual: &mut Actual) {
    let driver = &mut actual.cluster.as_mut().unwrap().driver;
    match call {
        driver::Call::UntilReady { .. } => {
            for rollout in &mut driver.rollouts {
                (rollout.ready, rollout.updated) = (rollout.desired, rollout.desired);
                rollout.current = true;
            }
        }
        driver::Call::GiveCredentials { wanted, .. } => {
            let driver::Pods::Seen(pods) = &mut driver.pods else { return };
            for pod in pods.iter_mut().filter(|pod| pod.skips.is_none()) {
                pod.has_association = *wanted == driver::Credentials::PodIdentity;
                pod.role = match wanted {
                    driver::Credentials::Irsa(Known::Now(role)) => Some(role.clone()),
                    driver::Credentials::Irsa(Known::After(change)) => resolve(change).ok(),
                    driver::Credentials::PodIdentity => None,
                };
            }
        }
        driver::Call::DeleteCsiDriver { name, observed: _ } => assert_eq!(name, "efs.csi.aws.com"),
        driver::Call::LeaveToEks { revision, .. } => {
            let forgotten = driver.release.take().unwrap();
            assert_eq!(forgotten.revision, *revision, "another run changed it");
        }
        driver::Call::GiveToHelm { release } => {
            assert_eq!(release.id.name, "aws-efs-csi-driver");
            driver.foreign.clear();
        }
    }
}

/// EKS, as it obeys a call about the add-on.
pub(crate) fn addon(call: &addon::Call, resolve: Resolve<'_>, actual: &mut Actual) {
    let found = &mut actual.addon.as_mut().unwrap().found;
    let role = |spec: &addon::Spec| {
        spec.role_arn.as_ref().map(|role| match role {
            Known::Now(arn) => arn.clone(),
            Known::After(change) => resolve(change).unwrap(),
        })
    };
    match call {
        addon::Call::Create { spec, .. } => {
            assert!(found.is_none(), "ResourceInUseException");
            *found = Some(Found {
                arn: "arn:aws:eks:eu-west-1:111122223333:addon/dev/aws-efs-csi-driver/1".to_owned(),
                status: AddonStatus::Active,
                version: spec.version.clone(),
                role_arn: role(spec),
                configuration: Some(spec.configuration.value.to_string()),
                namespace: spec.namespace.clone(),
                tags: spec.tags.clone(),
                issues: Vec::new(),
            });
        }
        addon::Call::Update { spec, .. } => {
            let found = found.as_mut().unwrap();
            found.status = AddonStatus::Active;
            found.version.clone_from(&spec.version);
            // A role that is not given is taken away.
            found.role_arn = role(spec);
            found.configuration = Some(spec.configuration.value.to_string());
        }
        addon::Call::Tag { tags, .. } => found.as_mut().unwrap().tags.extend(tags.clone()),
        addon::Call::Delete { .. } => drop(found.take().unwrap()),
        addon::Call::UntilActive { .. } => {
            assert_eq!(found.as_ref().unwrap().status, AddonStatus::Active);
        }
        addon::Call::UntilGone { .. } => assert!(found.is_none()),
        addon::Call::UntilSettled { .. } => {
            if let Some(found) = found {
                found.status = AddonStatus::Active;
            }
        }
    }
}

/// The driver's release, as it obeys a call.
pub(crate) fn release(call: &release::Call, resolve: Resolve<'_>, actual: &mut Actual) {
    let values = match call {
        release::Call::Upgrade { release, .. } => release.values.resolve(resolve).unwrap(),
        _ => Value::Null,
    };
    let found = &mut actual.cluster.as_mut().unwrap().driver.release;
    let latest = found.as_ref().map(|found| found.revision);
    match call {
        release::Call::Upgrade { release, follows } => {
            assert_eq!(latest, *follows, "another revision than the plan was made for");
            *found = Some(Release {
                revision: latest.unwrap_or(0) + 1,
                previous: latest,
                status: Status::Deployed,
                chart: format!("{}-{}", release.chart_name, release.version),
                values,
                ours: true,
                owner: Some(release.owner.clone()),
                record: None,
            });
        }
        release::Call::Uninstall(_) => assert!(found.take().is_some()),
        release::Call::Discard { revision, .. } => {
            assert_eq!(latest, Some(*revision));
            let gone = found.take().unwrap();
            let restored = |revision| Release { revision, previous: None, ..gone };
            *found = gone.previous.map(restored);
        }
        release::Call::UntilFinished { .. } => {
            let found = found.as_mut().unwrap();
            (found.status, found.record) = (Status::Deployed, None);
        }
    }
}

/// The claims of the cluster, as they obey a call.
pub(crate) fn expand(call: &claim::Expand, actual: &mut Actual) {
    let claim::Expand { namespace, name, volume: _, capacity } = call;
    let mut claims = actual.cluster.as_mut().unwrap().claims.iter_mut();
    let claim = claims.find(|it| it.namespace == *namespace && it.name == *name).unwrap();
    claim.capacity = Some(capacity.clone());
}

/// The group that a call names: what an earlier change created is there by now.
pub(crate) fn group(group: &Known<SecurityGroupId>, actual: &Actual) -> SecurityGroupId {
    let made = || actual.own_groups.first().unwrap().id.clone();
    group.now().cloned().unwrap_or_else(made)
}

pub(crate) fn security_group(call: &security_group::Call, actual: &mut Actual) {
    match call {
        security_group::Call::Create { spec, marks } => {
            assert!(marks.iter().all(|(key, value)| spec.tags.get(key) == Some(value)));
            let of = |spec: &security_group::Spec| (spec.vpc_id.clone(), spec.name.clone());
            let same = |found: &security_group::Found| of(&found.spec) == of(spec);
            assert!(!actual.own_groups.iter().any(same), "InvalidGroup.Duplicate");
            let id = format!("sg-000000a{}", actual.own_groups.len());
            let id = SecurityGroupId::try_from(id).unwrap();
            actual.own_groups.insert(0, security_group::Found { id, spec: spec.clone() });
        }
        security_group::Call::Tag { id, tags } => {
            for found in actual.own_groups.iter_mut().filter(|found| found.id == *id) {
                found.spec.tags.extend(tags.clone());
            }
        }
        security_group::Call::Delete { id } => {
            let mut used = actual.mount_targets.iter();
            let has = |groups: &Vec<SecurityGroupId>| groups.contains(id);
            let used = used.any(|target| target.security_groups.as_ref().is_some_and(has));
            assert!(!used, "DependencyViolation");
            actual.own_groups.retain(|found| found.id != *id);
            actual.network.ingress_rules.retain(|rule| rule.group_id != *id);
        }
    }
}

/// EFS, as it sets the properties of a group.
pub(crate) fn put(group: file_system::Group, spec: &Spec, found: &mut FileSystem) {
    match group {
        file_system::Group::Throughput => {
            found.spec.throughput = spec.throughput.clone();
        }
        file_system::Group::Lifecycle => {
            found.spec.lifecycle.clone_from(&spec.lifecycle);
        }
        file_system::Group::Backup => found.spec.backup = spec.backup,
        file_system::Group::Protection => {
            found.spec.overwrite_protection.clone_from(&spec.overwrite_protection);
        }
        file_system::Group::Replication => {
            assert_eq!(found.spec.replication, None, "it has one already");
            found.spec.replication.clone_from(&spec.replication);
        }
        file_system::Group::Policy => {
            // EFS returns what was put, and nothing of how.
            let text = spec.policy.as_ref().map(|policy| policy.document.to_string());
            found.spec.policy = text.as_deref().and_then(Policy::found);
        }
    }
}

/// The access points that the inputs made, by the change that makes them.
pub(crate) fn points(actual: &Actual) -> BTreeMap<String, String> {
    let named = actual.access_points.iter().filter_map(|point| {
        let name = point.tags.get("clockwork-codex/access-point")?;
        Some((format!("access_point.{name}"), point.id.to_string()))
    });
    // Of two of one name, the newer one is the one that was made for it.
    named.collect()
}

/// EFS, as it obeys a call about access points.
pub(crate) fn access_point(call: &access_point::Call, resolve: Resolve<'_>, actual: &mut Actual) {
    let points = &mut actual.access_points;
    match call {
        access_point::Call::Create { token, spec, marks, .. } => {
            let token = token.resolve(resolve).unwrap();
            assert!(token.len() <= 64, "CreateAccessPoint takes 64 characters: {token}");
            assert!(marks.iter().all(|(key, value)| spec.tags.get(key) == Some(value)));
            assert!(points.iter().all(|it| it.client_token.as_ref() != Some(&token)), "{token}");
            let number = points.len() + 1;
            points.push(AccessPoint {
                id: AccessPointId::try_from(format!("fsap-{number:08x}")).unwrap(),
                life_cycle: LifeCycle::Available,
                client_token: Some(token),
                path: spec.path.clone(),
                posix_user: spec.posix_user.clone(),
                creation_info: spec.creation_info.clone(),
                account: Some("111122223333".to_owned()),
                tags: spec.tags.clone(),
            });
        }
        access_point::Call::Tag { id, tags } => {
            let point = points.iter_mut().find(|point| point.id == *id).unwrap();
            point.tags.extend(tags.clone());
        }
        access_point::Call::DeleteDeclared { id } => {
            let volumes = actual.cluster.iter().flat_map(|it| &it.static_volumes.volumes);
            let mut handles = volumes.filter_map(|it| it.spec.handle.clone());
            assert!(!handles.any(|it| it.to_string().ends_with(id.as_str())), "{id} is named");
            points.retain(|point| point.id != *id);
        }
        access_point::Call::Delete { .. } => panic!("no deployment deletes one of the driver"),
    }
}
