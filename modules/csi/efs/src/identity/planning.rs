//! The identity's part of a plan: provider, role, policy and associations.

use plan::{ChangeId, Document, Known, Plan, Refusal, Scope, Warning};
use serde_json::{Value, json};

use super::choice::{Choice, Method, choose, without_pod_identity};
use super::found::{EksIdentity, IdentityFound, without_scheme};
use super::given::{Calls, Given, Part};
use super::leaving::{given_up, gives_up};
use crate::actual::Actual;
use crate::desired::Desired;
use crate::driver_policy::{self, Access};
use crate::ids::FileSystemId;
use crate::inputs::Inputs;
use crate::owner::Owner;
use crate::resources::driver::{DriverMode, ProviderPolicy, service_accounts};
use crate::resources::{iam_role, oidc_provider, pod_identity_association};

/// Plans the identity of the driver.
pub(crate) fn plan<C: Calls>(
    plan: &mut Plan<C>,
    desired: &Desired,
    actual: &Actual,
    file_system: (&Known<FileSystemId>, &[ChangeId]),
    part: Part<'_>,
) -> Given {
    let (scope, inputs) = (&desired.scope, &desired.inputs);
    let nothing = IdentityFound::default();
    let found = actual.identity.as_ref().unwrap_or(&nothing);
    let (method, why) = match choose(inputs, actual) {
        Choice::Nothing if gives_up(inputs, part) => return given_up(plan, scope, inputs, found),
        Choice::Nothing => return Given::default(),
        Choice::Noted(note) => {
            plan.notes.push(note);
            return Given::default();
        }
        Choice::Lacking(warning) => {
            plan.warnings.push(warning);
            return Given::default();
        }
        Choice::Ours(method, why) => (method, why),
    };
    let Some(cluster) = &found.cluster else {
        plan.refusals.push(unknown(scope, inputs));
        return Given::default();
    };
    let here = Here { plan, scope, inputs, owner: &inputs.owner(), cluster, found };
    match part {
        Part::Policy { role } => here.policy_only(file_system, role),
        Part::Whole => here.all((method, why), file_system, actual),
    }
}

/// What a plan of an identity is about.
struct Here<'a, C> {
    plan: &'a mut Plan<C>,
    scope: &'a Scope,
    inputs: &'a Inputs,
    owner: &'a Owner,
    cluster: &'a EksIdentity,
    found: &'a IdentityFound,
}

impl<C: Calls> Here<'_, C> {
    fn all(
        mut self,
        (method, why): (Method, Option<String>),
        file_system: (&Known<FileSystemId>, &[ChangeId]),
        actual: &Actual,
    ) -> Given {
        let (inputs, owner) = (self.inputs, self.owner);
        let tags = owner.tags_of_cluster(&inputs.tags);
        let nodes = inputs.mounts_with_iam();
        // EKS annotates both service accounts of an add-on with its role (EKS User Guide, "Store an
        // elastic file system with Amazon EFS": the trust is for `efs-csi-*`).
        let both = inputs.driver.mode == DriverMode::Addon && method == Method::Irsa;
        let accounts = service_accounts(nodes || both);
        let before = self.plan.changes.len();
        let (trust, needs) = match method {
            Method::Irsa => {
                let Some((trust, needs)) = self.irsa(&accounts, &tags) else {
                    return Given::default();
                };
                (trust, needs)
            }
            Method::PodIdentity => {
                self.check_pod_identity(actual, nodes);
                (pod_identity_trust(), Vec::new())
            }
        };
        let wanted = iam_role::Wanted { owner, trust, tags: &tags, needs: &needs };
        let role = self.found.role.as_ref();
        let Some(arn) = iam_role::plan(self.plan, self.scope, &wanted, role) else {
            return Given::default();
        };
        let mut needs: Vec<ChangeId> = needs;
        needs.extend(change_of(&arn));
        let policy = self.policy(file_system, change_of(&arn));
        let mut given = self.handed_out(method, (&arn, &needs), &accounts, &tags);
        given.before_class = policy;
        if let Some(why) = why.filter(|_| self.plan.changes.len() > before) {
            let method = match method {
                Method::Irsa => "IRSA",
                Method::PodIdentity => "EKS Pod Identity",
            };
            self.plan.notes.push(format!("the driver gets its role by {method}, as {why}"));
        }
        given
    }

    /// How the service accounts get the role, after `needs`.
    fn handed_out(
        &mut self,
        method: Method,
        (role, needs): (&Known<String>, &[ChangeId]),
        accounts: &[&'static str],
        tags: &network::Tags,
    ) -> Given {
        let (owner, found) = (self.owner, self.found.associations.as_slice());
        match method {
            Method::Irsa => {
                let why = "the driver assumes its role with tokens of its service accounts";
                let gone = (found, why);
                let gone =
                    pod_identity_association::remove_all(self.plan, self.scope, owner, gone, &[]);
                let before_driver = [needs, &gone].concat();
                Given { role: Some(role.clone()), before_driver, ..Given::default() }
            }
            Method::PodIdentity => {
                let wanted = pod_identity_association::Wanted {
                    owner,
                    namespace: &self.inputs.driver.namespace,
                    service_accounts: accounts,
                    role,
                    needs,
                    tags,
                };
                let before_driver =
                    pod_identity_association::plan(self.plan, self.scope, &wanted, found);
                Given { before_driver, by_associations: true, ..Given::default() }
            }
        }
    }

    /// The policy for this file system alone, in a role that is there or planned elsewhere.
    fn policy_only(
        mut self,
        file_system: (&Known<FileSystemId>, &[ChangeId]),
        role: Option<&ChangeId>,
    ) -> Given {
        let ours = self.found.role.as_ref().is_some_and(|role| role.ours);
        if !ours && role.is_none() {
            return Given::default();
        }
        let before_class = self.policy(file_system, role.cloned());
        Given { before_class, ..Given::default() }
    }

    /// Plans the policy; the answer is what must be done before it is in force.
    fn policy(
        &mut self,
        (file_system, usable): (&Known<FileSystemId>, &[ChangeId]),
        role: Option<ChangeId>,
    ) -> Vec<ChangeId> {
        let arn = &self.cluster.arn;
        let access = Access {
            partition: &arn.partition,
            region: &self.inputs.aws_region,
            account: &arn.account,
            tags: &self.inputs.driver.access_point_tags,
            untagged: self.inputs.makes_untagged(),
            mounts: self.inputs.mounts_with_iam(),
        };
        let document = Document::rendered(file_system, |id| {
            Ok::<_, std::convert::Infallible>(driver_policy::document(&access, id))
        });
        let Ok(document) = document;
        // A file system that is known has its id whatever it waits for.
        let mut needs: Vec<ChangeId> =
            if file_system.now().is_some() { Vec::new() } else { usable.to_vec() };
        needs.extend(change_of(file_system));
        needs.sort();
        needs.dedup();
        needs.extend(role);
        let found = self.found.role.as_ref();
        let wanted = (self.owner, document);
        let change = iam_role::plan_policy(self.plan, self.scope, wanted, found, needs);
        change.into_iter().collect()
    }

    /// The trust of IRSA, and what must be done before; `None` where the cluster has no issuer.
    fn irsa(&mut self, accounts: &[&str], tags: &network::Tags) -> Option<(Value, Vec<ChangeId>)> {
        let (Some(issuer), Some(arn)) = (&self.cluster.issuer, self.cluster.provider_arn()) else {
            self.plan.refusals.push(Refusal::new(
                self.scope.address(oidc_provider::KIND, None),
                "the cluster has no OpenID Connect issuer",
                "`driver_identity` has other ways, such as `pod-identity`",
            ));
            return None;
        };
        let wanted = oidc_provider::Wanted {
            owner: self.owner,
            arn: &arn,
            url: issuer,
            create: self.inputs.driver.oidc_provider == ProviderPolicy::Create,
            tags,
        };
        let needs =
            oidc_provider::plan(self.plan, self.scope, &wanted, self.found.provider.as_ref());
        let trust = irsa_trust(&arn, issuer, &self.inputs.driver.namespace, accounts);
        Some((trust, needs))
    }

    /// What Pod Identity needs of the cluster and of the driver.
    fn check_pod_identity(&mut self, actual: &Actual, nodes: bool) {
        let address = self.scope.address(pod_identity_association::KIND, None);
        if let Some(why) = without_pod_identity(self.inputs.driver.version, nodes) {
            self.plan.refusals.push(Refusal::new(
                &address,
                why,
                match self.inputs.driver.mode {
                    DriverMode::Addon => {
                        "choose a newer `addon_version`, or `driver_identity` = `irsa`"
                    }
                    _ => "set `helm_chart_version` to that chart, or `driver_identity` to `irsa`",
                },
            ));
        }
        let shown = actual.cluster.as_ref().is_none_or(|cluster| cluster.pod_identity_agent);
        if !shown && !self.found.built_in_agent {
            self.plan.warnings.push(Warning::new(
                "the cluster has no EKS Pod Identity Agent, and without it claims stay pending",
                "install it: `aws eks create-addon --addon-name eks-pod-identity-agent \
                 --cluster-name …`",
            ));
        }
    }
}

/// The change that a value is known after.
fn change_of<T>(value: &Known<T>) -> Option<ChangeId> {
    match value {
        Known::Now(_) => None,
        Known::After(change) => Some(change.clone()),
    }
}

/// Who may assume the role by IRSA
/// (<https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html>).
pub(crate) fn irsa_trust(
    provider: &str,
    issuer: &str,
    namespace: &str,
    accounts: &[&str],
) -> Value {
    let issuer = without_scheme(issuer);
    let subjects =
        accounts.iter().map(|account| format!("system:serviceaccount:{namespace}:{account}"));
    let subjects: Vec<String> = subjects.collect();
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Federated": provider },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": { "StringEquals": {
                (format!("{issuer}:aud")): oidc_provider::AUDIENCE,
                (format!("{issuer}:sub")): subjects,
            } },
        }],
    })
}

/// Who may assume the role by EKS Pod Identity
/// (<https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html>).
pub(crate) fn pod_identity_trust() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "pods.eks.amazonaws.com" },
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }],
    })
}

fn unknown(scope: &Scope, inputs: &Inputs) -> Refusal {
    Refusal::new(
        scope.address(iam_role::KIND, None),
        format!(
            "EKS does not know the cluster `{}` in `{}`, and a role is for the pods of an EKS cluster",
            inputs.cluster_name, inputs.aws_region
        ),
        "correct `cluster_name` or `aws_region`, or set `driver_identity` to `node` or `none`",
    )
}
