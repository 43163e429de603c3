//! The driver's identity: what a plan gives it, and what becomes of that.

use efs::resources::oidc_provider::Provider;
use efs::{Actual, Desired, EksIdentity, IdentityFound, Owner, Plan};
use place::ClusterArn;
use plan::{Action, Styled};
use serde_json::{Value, json};

use crate::obeying::found;
use crate::world::{account, account_and_cluster, apply, desired, inputs, planned, scope, three};

const ISSUER: &str = "https://oidc.eks.eu-west-1.amazonaws.com/id/0C0DEC";

/// The newest chart, whose driver takes every kind of identity.
pub(crate) const NEWEST: &str = "4.4.1";

pub(crate) fn text(plan: &Plan) -> String {
    Styled { plan, colour: false }.to_string()
}

fn owner() -> Owner {
    inputs(&json!({})).owner()
}

/// An EKS cluster without anything for identities.
pub(crate) fn eks() -> Actual {
    let arn = ClusterArn::parse("arn:aws:eks:eu-west-1:111122223333:cluster/dev").unwrap();
    let cluster = EksIdentity { arn, issuer: Some(ISSUER.to_owned()) };
    let identity = IdentityFound { cluster: Some(cluster), ..IdentityFound::default() };
    Actual { identity: Some(identity), ..account_and_cluster(three()) }
}

/// The same, whose issuer IAM knows by somebody else's provider.
fn with_provider() -> Actual {
    let mut actual = eks();
    let found = found(&mut actual);
    let arn = found.cluster.as_ref().unwrap().provider_arn().unwrap();
    found.provider = Some(Provider {
        arn,
        client_ids: vec!["sts.amazonaws.com".to_owned()],
        tags: network::Tags::new(),
        trusting: Vec::new(),
    });
    actual
}

pub(crate) fn with_agent() -> Actual {
    let mut actual = eks();
    actual.cluster.as_mut().unwrap().pod_identity_agent = true;
    actual
}

/// Applies a plan, which must leave nothing to do.
pub(crate) fn converge(desired: &Desired, actual: &mut Actual) {
    let plan = planned(desired, actual);
    apply(&plan, actual);
    let again = planned(desired, actual);
    assert!(again.is_settled(), "{:?}", again.changes);
    assert_eq!(again.warnings.len(), plan.warnings.len());
}

pub(crate) fn changed(plan: &Plan) -> Vec<(Action, &'static str)> {
    let identity = ["iam_role", "iam_role_policy", "oidc_provider", "pod_identity_association"];
    let changes = plan.changes.iter();
    let ours = changes.filter(|change| identity.contains(&change.address.kind));
    ours.map(|change| (change.action, change.address.kind)).collect()
}

fn release_values(actual: &Actual) -> Value {
    actual.cluster.as_ref().unwrap().driver.release.as_ref().unwrap().values.clone()
}

#[test]
fn irsa_makes_a_role_for_the_drivers_account_and_this_file_system_and_annotates_the_account() {
    let desired = desired(&json!({ "driver_identity": "irsa" }));
    let mut actual = with_provider();
    let plan = planned(&desired, &actual);
    insta::assert_snapshot!(text(&plan));
    converge(&desired, &mut actual);
    let role = found(&mut actual).role.clone().unwrap();
    insta::assert_json_snapshot!("irsa_trust", role.trust);
    insta::assert_json_snapshot!("irsa_policy", role.policy);
    let values = release_values(&actual);
    let annotated = "/controller/serviceAccount/annotations/eks.amazonaws.com~1role-arn";
    assert_eq!(values.pointer(annotated), Some(&json!(role.arn)));
    assert_eq!(values["node"]["serviceAccount"]["annotations"], json!({}), "nodes need no role");
}

#[test]
fn the_driver_is_installed_when_it_has_its_role_and_the_class_when_the_role_allows_volumes() {
    let plan = planned(&desired(&json!({ "driver_identity": "irsa" })), &with_provider());
    let needs = |kind: &str| {
        let change = plan.changes.iter().find(|change| change.address.kind == kind).unwrap();
        change.needs.iter().map(|need| need.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert!(needs("helm_release").contains(&"iam_role".to_owned()));
    assert!(needs("storage_class").contains(&"iam_role_policy".to_owned()));
    assert_eq!(needs("iam_role_policy"), ["file_system", "iam_role"]);
}

#[test]
fn nodes_that_mount_with_iam_have_the_role_too_and_may_mount() {
    let more = json!({ "driver_identity": "irsa", "mount_options": ["iam"] });
    let mut actual = with_provider();
    converge(&desired(&more), &mut actual);
    let role = found(&mut actual).role.clone().unwrap();
    let text = role.policy.unwrap().to_string();
    assert!(text.contains("elasticfilesystem:ClientMount"), "{text}");
    assert!(role.trust.to_string().contains("kube-system:efs-csi-node-sa"));
    let annotated = "/node/serviceAccount/annotations/eks.amazonaws.com~1role-arn";
    assert_eq!(release_values(&actual).pointer(annotated), Some(&json!(role.arn)));
}

#[test]
fn tags_of_access_points_are_allowed_by_the_policy_that_comes_with_them() {
    let more = json!({ "driver_identity": "irsa", "access_point_tags": { "team": "graphs" } });
    let mut actual = with_provider();
    let plan = planned(&desired(&more), &actual);
    assert!(!plan.warnings.iter().any(|warning| warning.text.contains("access_point_tags")));
    converge(&desired(&more), &mut actual);
    let policy = found(&mut actual).role.as_ref().unwrap().policy.clone().unwrap();
    let keys = policy.pointer("/Statement/1/Condition/ForAllValues:StringEquals/aws:TagKeys");
    assert_eq!(keys, Some(&json!(["efs.csi.aws.com/cluster", "team"])));

    let more = json!({ "driver_identity": "node", "access_point_tags": { "team": "graphs" } });
    let warned = lines(planned(&desired(&more), &with_provider()).warnings).join("\n");
    assert!(warned.contains(r#""aws:TagKeys":["efs.csi.aws.com/cluster","team"]"#), "{warned}");
}

#[test]
fn pod_identity_makes_an_association_and_annotates_nothing() {
    let more = json!({ "driver_identity": "pod-identity", "helm_chart_version": NEWEST });
    let desired = desired(&more);
    let mut actual = with_agent();
    insta::assert_snapshot!(text(&planned(&desired, &actual)));
    converge(&desired, &mut actual);
    let found = found(&mut actual).clone();
    insta::assert_json_snapshot!("pod_identity_trust", found.role.as_ref().unwrap().trust);
    let [one] = found.associations.as_slice() else { panic!("{:?}", found.associations) };
    assert_eq!(one.role_arn, found.role.unwrap().arn);
    assert_eq!(
        release_values(&actual)["controller"]["serviceAccount"]["annotations"],
        json!({ "clockwork-codex/managed-by": "clockwork-codex" })
    );
}

#[test]
fn a_driver_that_takes_no_pod_identity_is_refused_with_the_way_out() {
    let plan = planned(&desired(&json!({ "driver_identity": "pod-identity" })), &with_agent());
    let [refusal] = plan.refusals.as_slice() else { panic!("{:?}", plan.refusals) };
    assert_eq!(
        (refusal.reason.as_str(), refusal.remedy.as_str()),
        (
            "the driver of chart 2.4.5 takes no credentials of EKS Pod Identity, and that of chart \
             3.1.1 does",
            "set `helm_chart_version` to that chart, or `driver_identity` to `irsa`"
        )
    );
}

#[test]
fn a_missing_oidc_provider_is_refused_unless_it_may_be_created() {
    let plan = planned(&desired(&json!({ "driver_identity": "irsa" })), &eks());
    assert!(plan.refusals[0].remedy.contains("oidc_provider = \"create\""), "{:?}", plan.refusals);
    let more = json!({ "driver_identity": "irsa", "oidc_provider": "create" });
    let mut actual = eks();
    converge(&desired(&more), &mut actual);
    assert_eq!(found(&mut actual).provider.as_ref().unwrap().client_ids, ["sts.amazonaws.com"]);
}

/// Warnings with their remedies.
pub(crate) fn lines(warnings: Vec<plan::Warning>) -> Vec<String> {
    warnings.into_iter().map(|it| format!("{}; {}", it.text, it.remedy)).collect()
}

/// How the default chooses for a chart and a cluster: what it makes, and what it says.
fn by_default(actual: &Actual, chart: &str) -> (Vec<&'static str>, String) {
    let plan = planned(&desired(&json!({ "helm_chart_version": chart })), actual);
    let kinds = changed(&plan).into_iter().map(|(_, kind)| kind).collect();
    let said = [plan.notes, lines(plan.warnings)].concat();
    let about = said.into_iter().filter(|line| {
        line.contains("identity") || line.contains("IRSA") || line.contains("Identity")
    });
    (kinds, about.collect::<Vec<_>>().join("\n"))
}

#[test]
fn the_default_takes_what_the_cluster_offers_and_says_why() {
    let mut both = with_provider();
    both.cluster.as_mut().unwrap().pod_identity_agent = true;
    let pod_identity = vec!["iam_role", "iam_role_policy", "pod_identity_association"];
    let irsa = vec!["iam_role", "iam_role_policy"];
    for (actual, chart, makes, says) in [
        (
            &both,
            NEWEST,
            &pod_identity,
            "by EKS Pod Identity, as the cluster has the EKS Pod Identity Agent",
        ),
        (
            &both,
            "2.4.5",
            &irsa,
            "by IRSA, as the driver of chart 2.4.5 takes no credentials of EKS Pod Identity",
        ),
        (
            &with_provider(),
            NEWEST,
            &irsa,
            "by IRSA, as the cluster has no EKS Pod Identity Agent, and IAM has",
        ),
        (
            &eks(),
            NEWEST,
            &Vec::new(),
            "claims stay pending unless its node's role allows what it does",
        ),
    ] {
        let (made, said) = by_default(actual, chart);
        assert_eq!(made, *makes, "{said}");
        assert!(said.contains(says), "{said}");
    }
}

#[test]
fn the_default_changes_nothing_where_eks_does_not_know_the_cluster_or_documents_are_the_target() {
    let unknown =
        Actual { identity: Some(IdentityFound::default()), ..account_and_cluster(three()) };
    for actual in [unknown, account_and_cluster(three()), account(three())] {
        assert_eq!(by_default(&actual, NEWEST), (Vec::new(), String::new()));
    }
}

#[test]
fn the_default_leaves_a_release_that_had_no_role_of_ours_as_it_is() {
    let mut actual = with_provider();
    let before = desired(&json!({ "driver_identity": "node" }));
    apply(&planned(&before, &actual), &mut actual);
    let plan = planned(&desired(&json!({})), &actual);
    assert!(plan.is_settled(), "{:?}", plan.changes);
    assert!(plan.notes.iter().any(|note| note.contains("keeps the identity")), "{:?}", plan.notes);
}

#[test]
fn what_cannot_be_looked_at_is_a_warning_by_default() {
    let mut actual = eks();
    *found(&mut actual) =
        IdentityFound { unknown: Some("AccessDenied".to_owned()), ..IdentityFound::default() };
    let (made, said) = by_default(&actual, NEWEST);
    assert_eq!(made, Vec::<&str>::new());
    assert!(said.contains("could not be looked at: AccessDenied"), "{said}");
}

#[test]
fn drift_of_trust_policy_and_association_is_repaired() {
    let more = json!({ "driver_identity": "pod-identity", "helm_chart_version": NEWEST });
    let desired = desired(&more);
    let mut actual = with_agent();
    converge(&desired, &mut actual);
    let there = found(&mut actual);
    let role = there.role.as_mut().unwrap();
    role.trust["Statement"][0]["Principal"] = json!({ "AWS": "*" });
    role.policy = None;
    there.associations[0].role_arn = "arn:aws:iam::111122223333:role/other".to_owned();
    let plan = planned(&desired, &actual);
    assert_eq!(
        changed(&plan),
        [
            (Action::Update, "iam_role"),
            (Action::Create, "iam_role_policy"),
            (Action::Update, "pod_identity_association"),
        ]
    );
    converge(&desired, &mut actual);
}

#[test]
fn what_does_not_carry_our_tags_is_never_changed() {
    let desired = desired(&json!({ "driver_identity": "irsa" }));
    let mut actual = with_provider();
    converge(&desired, &mut actual);
    let there = found(&mut actual);
    there.role.as_mut().unwrap().ours = false;
    there.provider.as_mut().unwrap().client_ids.clear();
    let plan = planned(&desired, &actual);
    assert_eq!(plan.refusals.len(), 2, "{:?}", plan.refusals);
    assert_eq!(changed(&plan), []);
    let destroyed = efs::destroy(&scope(), &desired.inputs, &actual);
    assert_eq!(changed(&destroyed), []);
}

#[test]
fn a_destroy_takes_association_policy_role_and_provider_after_the_driver() {
    let more = json!({ "driver_identity": "irsa", "oidc_provider": "create" });
    let mut actual = eks();
    converge(&desired(&more), &mut actual);
    let plan = efs::destroy(&scope(), &desired(&more).inputs, &actual);
    insta::assert_snapshot!(text(&plan));
    apply(&plan, &mut actual);
    let left = found(&mut actual).clone();
    assert_eq!((left.role, left.provider, left.associations), (None, None, Vec::new()));
    assert!(efs::destroy(&scope(), &desired(&more).inputs, &actual).is_empty());
}

#[test]
fn a_role_with_policies_of_others_stays_and_they_are_named() {
    let desired = desired(&json!({ "driver_identity": "irsa" }));
    let mut actual = with_provider();
    converge(&desired, &mut actual);
    let attached = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    found(&mut actual).role.as_mut().unwrap().others.push(attached.to_owned());
    let plan = efs::destroy(&scope(), &desired.inputs, &actual);
    assert_eq!(changed(&plan), [(Action::Delete, "iam_role_policy")]);
    assert!(plan.notes.iter().any(|note| note.contains(attached)), "{:?}", plan.notes);
}

#[test]
fn the_role_of_a_driver_that_stays_among_the_documents_stays_without_this_policy() {
    let desired = desired(&json!({ "driver_identity": "irsa" }));
    let mut actual = Actual { cluster: None, ..with_provider() };
    converge(&desired, &mut actual);
    actual.driver_users = vec!["scratch".to_owned()];
    let plan = efs::destroy(&scope(), &desired.inputs, &actual);
    assert_eq!(changed(&plan), [(Action::Delete, "iam_role_policy")]);
    let why = "the driver stays among the documents";
    assert!(plan.notes.iter().any(|note| note.contains(why)), "{:?}", plan.notes);
    apply(&plan, &mut actual);
    assert!(found(&mut actual).role.is_some());

    actual.driver_users.clear();
    let last = efs::destroy(&scope(), &desired.inputs, &actual);
    assert_eq!(changed(&last), [(Action::Delete, "iam_role")], "nobody needs it any more");
}

#[test]
fn the_default_gives_a_release_of_ours_its_role_back_that_somebody_took_off() {
    let desired = desired(&json!({}));
    let mut actual = with_provider();
    converge(&desired, &mut actual);
    let annotations = "/controller/serviceAccount/annotations";
    let release = actual.cluster.as_mut().unwrap().driver.release.as_mut().unwrap();
    *release.values.pointer_mut(annotations).unwrap() = json!({});
    assert!(efs::keeps_its_own(&desired.inputs, actual.cluster.as_ref().unwrap()));
    let plan = planned(&desired, &actual);
    let kinds: Vec<&str> = plan.changes.iter().map(|change| change.address.kind).collect();
    assert_eq!(kinds, ["helm_release"]);
    converge(&desired, &mut actual);
    assert!(release_values(&actual).pointer(annotations).unwrap().to_string().contains("role/"));
}

#[test]
fn tags_of_access_points_are_warned_of_only_where_the_role_is_none_of_ours() {
    let warned = |identity: &str| {
        let tags = json!({ "team": "graphs" });
        let more = json!({ "driver_identity": identity, "access_point_tags": tags });
        let plan = planned(&desired(&more), &with_provider());
        plan.warnings.iter().any(|warning| warning.text.contains("access_point_tags"))
    };
    assert_eq!(["auto", "irsa", "node", "none"].map(warned), [false, false, true, true]);
}

#[test]
fn a_provider_that_other_roles_trust_stays_and_they_are_named() {
    let more = json!({ "driver_identity": "irsa", "oidc_provider": "create" });
    let mut actual = eks();
    converge(&desired(&more), &mut actual);
    found(&mut actual).provider.as_mut().unwrap().trusting.push("external-dns".to_owned());
    let plan = efs::destroy(&scope(), &desired(&more).inputs, &actual);
    assert_eq!(changed(&plan), [(Action::Delete, "iam_role")]);
    assert!(plan.notes.iter().any(|note| note.contains("external-dns trusts it")));
}

#[test]
fn moving_from_pod_identity_to_irsa_takes_the_association_away() {
    let more = json!({ "driver_identity": "pod-identity", "helm_chart_version": NEWEST });
    let mut actual = with_provider();
    converge(&desired(&more), &mut actual);
    let more = json!({ "driver_identity": "irsa", "helm_chart_version": NEWEST });
    converge(&desired(&more), &mut actual);
    assert_eq!(found(&mut actual).associations, []);
}

#[test]
fn the_name_of_the_role_is_of_the_cluster_and_that_of_the_policy_of_the_deployment() {
    let logs = Owner { storage_class: "logs".to_owned(), ..owner() };
    assert_eq!(owner().role_name(), logs.role_name());
    assert_ne!(owner().policy_name(), logs.policy_name());
}
