//! What of the driver's identity is not looked at changes no plan.

use efs::resources::iam_role::Role;
use efs::resources::oidc_provider::Provider;
use efs::resources::pod_identity_association::Association;
use efs::{Actual, EksIdentity, IdentityFound, Looks, looks};
use place::ClusterArn;
use plan::Styled;
use serde_json::{Value, json};

use crate::world::{account_and_cluster, deployed_to_cluster, desired, inputs, planned, three};

/// Whose something is, where there is any.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Whose {
    Nobodys,
    Ours,
    Others,
}

const WHOSE: [Whose; 3] = [Whose::Nobodys, Whose::Ours, Whose::Others];

/// All that there is of an identity.
fn whole(role: Whose, association: Whose, provider: bool) -> IdentityFound {
    let arn = ClusterArn::parse("arn:aws:eks:eu-west-1:111122223333:cluster/dev").unwrap();
    let issuer = "https://oidc.eks.eu-west-1.amazonaws.com/id/0C0DEC".to_owned();
    let cluster = EksIdentity { arn, issuer: Some(issuer) };
    let role_arn = "arn:aws:iam::111122223333:role/a".to_owned();
    IdentityFound {
        provider: provider.then(|| Provider {
            arn: cluster.provider_arn().unwrap(),
            client_ids: vec!["sts.amazonaws.com".to_owned()],
            tags: network::Tags::new(),
            trusting: Vec::new(),
        }),
        role: (role != Whose::Nobodys).then(|| Role {
            arn: role_arn.clone(),
            trust: json!({}),
            ours: role == Whose::Ours,
            policy: None,
            others: Vec::new(),
        }),
        associations: if association == Whose::Nobodys {
            Vec::new()
        } else {
            vec![Association {
                id: "a-1".to_owned(),
                service_account: "efs-csi-controller-sa".to_owned(),
                role_arn,
                ours: association == Whose::Ours,
            }]
        },
        cluster: Some(cluster),
        built_in_agent: false,
        given_role_is_missing: false,
        unknown: None,
    }
}

/// What a run sees of it that looks at this much, as `live` does.
fn seen(whole: &IdentityFound, looks: Looks) -> IdentityFound {
    let provider = whole.provider.clone().filter(|_| looks.provider);
    let role = whole.role.clone().filter(|_| looks.role || provider.is_some());
    let ours = role.as_ref().is_some_and(|role| role.ours);
    let associations =
        if looks.associations || ours { whole.associations.clone() } else { Vec::new() };
    IdentityFound { provider, role, associations, ..whole.clone() }
}

fn plan(more: &Value, actual: &Actual, identity: IdentityFound) -> String {
    let actual = Actual { identity: Some(identity), ..actual.clone() };
    Styled { plan: &planned(&desired(more), &actual), colour: false }.to_string()
}

/// The worlds of these inputs: with and without a release and the agent.
fn worlds() -> impl Iterator<Item = Actual> {
    [false, true].into_iter().flat_map(|release| {
        [false, true].map(|agent| {
            let mut actual = if release {
                deployed_to_cluster(&json!({}))
            } else {
                account_and_cluster(three())
            };
            actual.cluster.as_mut().unwrap().pod_identity_agent = agent;
            actual
        })
    })
}

#[test]
fn a_plan_is_the_same_whether_everything_of_an_identity_was_looked_at_or_what_it_depends_on() {
    let (mut compared, mut spared) = (0, 0);
    for identity in ["auto", "irsa", "pod-identity"] {
        for more in [
            json!({}),
            json!({ "oidc_provider": "create" }),
            json!({ "helm_chart_version": "4.4.1" }),
            json!({ "driver": "skip" }),
        ] {
            let mut more = more.clone();
            more["driver_identity"] = identity.into();
            for actual in worlds() {
                let cluster = actual.cluster.as_ref();
                let looks = looks(&inputs(&more), cluster, false);
                spared += usize::from(looks != Looks::ALL);
                for (role, association, provider) in WHOSE
                    .into_iter()
                    .flat_map(|role| WHOSE.map(|association| (role, association)))
                    .flat_map(|(role, of)| [false, true].map(|provider| (role, of, provider)))
                {
                    let whole = whole(role, association, provider);
                    let seen = seen(&whole, looks);
                    // Without the agent an association gives nobody an identity, whatever it says.
                    let idle = whole.associations != seen.associations;
                    if idle && !cluster.unwrap().pod_identity_agent {
                        continue;
                    }
                    compared += 1;
                    let here = format!("{more} {role:?} {association:?} {provider}");
                    assert_eq!(plan(&more, &actual, seen), plan(&more, &actual, whole), "{here}");
                }
            }
        }
    }
    assert!(compared > 500 && spared > 20, "{compared} plans, {spared} with fewer looks");
}

#[test]
fn of_an_add_on_everything_is_looked_at_as_its_driver_may_need_the_provider() {
    let mut actual = crate::addon::eks();
    // The only version for this cluster takes no credentials of Pod Identity.
    let observed = actual.addon.as_mut().unwrap();
    observed.kubernetes = Some("1.32".to_owned());
    observed.offered.retain(|it| it.version.starts_with("v1."));
    actual.cluster.as_mut().unwrap().pod_identity_agent = true;
    let more = json!({ "driver": "addon" });
    let looks = looks(&inputs(&more), actual.cluster.as_ref(), false);
    let whole = whole(Whose::Nobodys, Whose::Nobodys, true);
    let of_seen = plan(&more, &actual, seen(&whole, looks));
    assert!(of_seen.contains("by IRSA"), "{of_seen}");
    assert_eq!(of_seen, plan(&more, &actual, whole));
}

#[test]
fn in_auto_mode_associations_are_looked_at_although_no_agent_is_seen() {
    let actual = account_and_cluster(three());
    let cluster = actual.cluster.as_ref();
    let first = inputs(&json!({}));
    assert!(!looks(&first, cluster, false).associations);
    assert!(looks(&first, cluster, true).associations);
    assert_eq!(looks(&first, None, false), Looks::ALL, "nothing is known of the cluster");
}
