//! The canary: when a plan sends one, and what it says where it does not come back.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use efs::resources::canary::{Call, Cause, Controller, Event, FAILED, Facts, binding, removal};
use efs::{Actual, Canary, Desired, Plan};
use plan::Known;
use serde_json::json;

use crate::world::{account_and_cluster, deployed_to_cluster, desired, planned, three};

fn plan_of(desired: &Desired, actual: &Actual) -> Plan {
    planned(desired, actual)
}

#[test]
fn a_first_deployment_ends_with_a_claim_after_everything_else() {
    let plan = plan_of(&desired(&json!({})), &account_and_cluster(three()));
    let [check] = &plan.checks[..] else { panic!("{:?}", plan.checks) };
    assert_eq!(check.address.to_string(), "module.efs_csi.canary[\"efs-sc\"]");
    let before: BTreeSet<_> = plan.changes.iter().map(|change| &change.id).collect();
    let needs = check.needs.iter().chain(&check.needs_any.of);
    assert_eq!(needs.collect::<BTreeSet<_>>(), before);
    assert_eq!(check.needs_any.of.len(), 3, "the mount targets, of which any may fail");
    let efs::Call::Canary(Call::Prove { class, namespace, file_system, with_pod, reference: None }) =
        &check.call
    else {
        panic!("{:?}", check.call)
    };
    assert_eq!((class.as_str(), namespace.as_str(), with_pod), ("efs-sc", "kube-system", &false));
    assert_eq!(*file_system, Known::After("file_system".into()));
}

#[test]
fn planning_again_finds_nothing_to_prove_and_nor_does_a_change_that_no_claim_needs() {
    let found = deployed_to_cluster(&json!({}));
    assert_eq!(plan_of(&desired(&json!({})), &found).checks, []);
    let faster = plan_of(&desired(&json!({ "throughput_mode": "bursting" })), &found);
    assert_eq!((faster.changes.len(), faster.checks.len()), (1, 0));
    let class = plan_of(&desired(&json!({ "allow_volume_expansion": false })), &found);
    assert_eq!((class.changes.len(), class.checks.len()), (1, 1));
}

#[test]
fn one_that_did_not_come_back_is_sent_again_and_one_that_is_not_wanted_is_not() {
    let mut found = deployed_to_cluster(&json!({}));
    let class = found.cluster.as_mut().unwrap().storage_class.as_mut().unwrap();
    class.spec.annotations.insert(FAILED.to_owned(), "true".to_owned());
    let plan = plan_of(&desired(&json!({})), &found);
    assert!(plan.is_empty(), "that the canary failed changes nothing of the class");
    assert!(plan.checks[0].reason.contains("that of the last deploy was not bound"));
    let without = Desired { canary: Canary::LeftOut, ..desired(&json!({})) };
    assert_eq!(plan_of(&without, &found).checks, []);
}

#[test]
fn a_class_that_waits_for_pods_gets_one() {
    let more = json!({ "volume_binding_mode": "WaitForFirstConsumer" });
    let plan = plan_of(&desired(&more), &account_and_cluster(three()));
    let efs::Call::Canary(call) = &plan.checks[0].call else { panic!("{:?}", plan.checks) };
    let (claim, pod) = call.documents("clockwork-canary-1").unwrap();
    insta::assert_snapshot!(format!("{claim}---\n{}", pod.unwrap()));
}

#[test]
fn in_a_directory_there_is_nothing_to_prove() {
    let plan = plan_of(&desired(&json!({})), &crate::world::account(three()));
    assert_eq!(plan.checks, []);
}

/// A driver whose controller assumes a role.
fn with_role() -> Facts {
    let controller = Controller {
        name: "efs-csi-controller".to_owned(),
        selector: "app=efs-csi-controller".to_owned(),
        ready: 2,
        desired: 2,
        service_account: "efs-csi-controller-sa".to_owned(),
        role: Some("arn:aws:iam::111122223333:role/efs-csi".to_owned()),
        tags: None,
    };
    Facts {
        class: "efs-sc".to_owned(),
        namespace: "kube-system".to_owned(),
        region: "eu-west-1".to_owned(),
        controller: Some(controller),
        role_exists: None,
    }
}

fn with(change: impl Fn(&mut Controller)) -> Facts {
    let mut facts = with_role();
    change(facts.controller.as_mut().unwrap());
    facts
}

fn refused(answer: &str) -> Vec<Event> {
    let message = format!(
        "failed to provision volume with StorageClass \"efs-sc\": rpc error: code = {answer}"
    );
    let waiting = "Waiting for a volume to be created either by the external provisioner \
                   'efs.csi.aws.com' or manually by the system administrator.";
    vec![event("ExternalProvisioning", waiting), event("ProvisioningFailed", &message)]
}

fn event(reason: &str, message: &str) -> Event {
    Event { reason: reason.to_owned(), message: message.to_owned() }
}

/// The answer of the driver to every denied call, whatever AWS said.
const DENIED: &str = "Unauthenticated desc = Access Denied. Please ensure you have the right AWS \
                      permissions: Access denied";

/// What is missing, and what the driver, AWS's SDKs in it and the cluster say then: the texts are
/// those of driver 1.5.6 to 3.4.1, of its SDKs and of its issues 392, 499, 709 and 876.
fn unbound() -> Vec<(&'static str, Cause)> {
    [without_identity(), without_room(), without_driver()].concat()
}

/// The driver has no identity, or AWS denies it.
fn without_identity() -> Vec<(&'static str, Cause)> {
    let no_role = with(|controller| controller.role = None);
    let tagged = with(|controller| controller.tags = Some("team:graphs".to_owned()));
    let named = "Internal desc = Failed to create Access point in File System fs-1 : AccessDeniedException: \
         User: arn:aws:sts::111122223333:assumed-role/efs-csi/1 is not authorized to perform: \
         elasticfilesystem:TagResource on the specified resource";
    let trust = "Internal desc = Failed to fetch File System info: Describe File System failed: \
         WebIdentityErr: failed to retrieve credentials\ncaused by: AccessDenied: Not authorized to \
         perform sts:AssumeRoleWithWebIdentity";
    let no_provider = "Internal desc = Failed to fetch Access Points or Describe File System: \
         WebIdentityErr: failed to retrieve credentials\ncaused by: InvalidIdentityToken: No \
         OpenIDConnect provider found in your account for https://oidc.eks.eu-west-1.amazonaws.com/id/1";
    let audience = "Internal desc = Failed to fetch Access Points or Describe File System: \
         WebIdentityErr: failed to retrieve credentials\ncaused by: InvalidIdentityToken: Incorrect \
         token audience";
    let with_iam = |exists| Facts { role_exists: Some(exists), ..with_role() };
    let nobody = "Internal desc = Failed to fetch File System info: Describe File System failed: \
         NoCredentialProviders: no valid providers in chain. Deprecated.";
    let expired = "Internal desc = Failed to fetch Access Points or Describe File System: \
         ExpiredTokenException: The security token included in the request is expired";
    vec![
        ("an action is denied by name", binding(&with_role(), &refused(named))),
        ("a role lacks permissions", binding(&with_role(), &refused(DENIED))),
        ("a role does not allow the tags", binding(&tagged, &refused(DENIED))),
        ("no role", binding(&no_role, &refused(DENIED))),
        ("a role does not trust, or is not there", binding(&with_role(), &refused(trust))),
        ("a role does not trust", binding(&with_iam(true), &refused(trust))),
        ("a role is not there", binding(&with_iam(false), &refused(trust))),
        ("no provider", binding(&with_role(), &refused(no_provider))),
        ("a provider without the audience", binding(&with_role(), &refused(audience))),
        ("no credentials at all", binding(&no_role, &refused(nobody))),
        ("credentials have expired", binding(&no_role, &refused(expired))),
    ]
}

/// AWS has no room for the volume, or no such file system, or is not reached.
fn without_room() -> Vec<(&'static str, Cause)> {
    let many = "Internal desc = Failed to create Access point in File System fs-1 : Failed to create \
         access point: AccessPointLimitExceeded: You have reached the maximum number of access points";
    let fast = "Internal desc = Failed to create Access point in File System fs-1 : Failed to create \
         access point: ThrottlingException: Rate exceeded";
    let gids = "Internal desc = Failed to locate a free GID for given file system: fs-1. Please create \
         a new storage class with a new file-system";
    let long = "InvalidArgument desc = Proposed path '/a' exceeds EFS limit of 100 characters";
    let gone = "InvalidArgument desc = File System does not exist: Resource was not found";
    let targets = "Internal desc = Failed to describe mount targets: Cannot find mount targets for \
         file system fs-1. Please create mount targets for file system.";
    let cut = "Internal desc = Failed to fetch File System info: Describe File System failed: \
         RequestError: send request failed caused by: Post \
         \"https://elasticfilesystem.eu-west-1.amazonaws.com/\": dial tcp: i/o timeout";
    let other = "Internal desc = Failed to create Access point in File System fs-1 : \
         InternalServerError: try again";
    vec![
        ("too many access points", binding(&with_role(), &refused(many))),
        ("too many calls", binding(&with_role(), &refused(fast))),
        ("no group id is left", binding(&with_role(), &refused(gids))),
        ("a path is too long", binding(&with_role(), &refused(long))),
        ("another account or region", binding(&with_role(), &refused(gone))),
        ("no mount targets", binding(&with_role(), &refused(targets))),
        ("no way to AWS", binding(&with_role(), &refused(cut))),
        ("something else", binding(&with_role(), &refused(other))),
    ]
}

/// Nobody makes the volume.
fn without_driver() -> Vec<(&'static str, Cause)> {
    let waits = vec![event(
        "ExternalProvisioning",
        "Waiting for a volume to be created either by the external provisioner 'efs.csi.aws.com' \
         or manually by the system administrator.",
    )];
    let scheduling = vec![
        event("WaitForFirstConsumer", "waiting for first consumer to be created before binding"),
        event("FailedScheduling", "0/3 nodes are available: 3 node(s) had untolerated taint(s)."),
    ];
    let idle = with(|controller| controller.ready = 0);
    let none = Facts { controller: None, ..with_role() };
    vec![
        ("no node for the pod", binding(&with_role(), &scheduling)),
        ("no driver", binding(&none, &waits)),
        ("a driver that does not run", binding(&idle, &waits)),
        ("a driver that says nothing", binding(&with_role(), &waits)),
    ]
}

/// What keeps the volume of a claim that was bound and is gone.
fn undeleted() -> Vec<(&'static str, Cause)> {
    let failed =
        |answer: &str| vec![event("VolumeFailedDelete", &format!("rpc error: code = {answer}"))];
    let busy =
        "Internal desc = Failed to Delete volume fs-1::fsap-1: Failed to delete access point";
    vec![
        ("a role may not delete", removal(&with_role(), &failed(DENIED))),
        ("deleting fails otherwise", removal(&with_role(), &failed(busy))),
        ("deleting takes too long", removal(&with_role(), &[])),
    ]
}

#[test]
fn what_is_missing_is_said_in_the_words_of_the_driver_and_in_ours() {
    let mut text = String::new();
    for (case, cause) in unbound().into_iter().chain(undeleted()) {
        let Cause { what, says, remedy, answered: _, is_final } = cause;
        let says = says.map(|says| format!("  caused by: {says}\n")).unwrap_or_default();
        let waits = if is_final { "at once" } else { "when it lasts" };
        writeln!(text, "## {case}, {waits}\nerror: {what}\n{says}help: {remedy}\n").unwrap();
    }
    insta::assert_snapshot!(text);
}

#[test]
fn no_two_causes_have_one_message_or_one_remedy() {
    let all: Vec<Cause> = unbound().into_iter().chain(undeleted()).map(|(_, it)| it).collect();
    let messages: BTreeSet<&str> = all.iter().map(|cause| cause.what.as_str()).collect();
    assert_eq!(messages.len(), all.len());
}
