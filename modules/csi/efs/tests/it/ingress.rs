//! Ingress rules whose group, or whose source, is a group that the same plan creates; and
//! their rows in a status.

use efs::resources::ingress::{self, Call, Source, Wanted};
use efs::{Plan, rows};
use network::SecurityGroupId;
use plan::{Action, ChangeId, Known, Styled};
use serde_json::json;

use crate::world::{deployed, desired, group, inputs, scope, three};

/// A group that a change of the same plan creates.
fn created(change: &str) -> Known<SecurityGroupId> {
    Known::After(ChangeId::from(change))
}

/// The plan of rules of this group for these sources, beside those of a deployment.
fn planned(group: &Known<SecurityGroupId>, sources: &[Source]) -> Plan {
    let desired = desired(&json!({}));
    let (owner, tags) = (desired.inputs.owner(), desired.inputs.all_tags());
    let found = deployed(&json!({ "nfs_client_cidr": "10.0.0.0/16" }), three());
    let mut plan = Plan::default();
    let wanted = Wanted {
        owner: &owner,
        groups: std::slice::from_ref(group),
        own: &[],
        sources,
        tags: &tags,
    };
    ingress::plan(&mut plan, &scope(), &wanted, &found.network.ingress_rules);
    plan
}

#[test]
fn a_rule_of_a_group_that_the_plan_creates_comes_after_it_and_shows_what_is_known() {
    let own = created("security_group");
    let sources =
        [Source::Group(created("clients")), Source::Group(Known::Now(group("sg-00000009")))];
    let plan = planned(&own, &sources);
    let made: Vec<_> =
        plan.changes.iter().filter(|change| change.action == Action::Create).collect();
    let addresses: Vec<String> = made.iter().map(|change| change.address.to_string()).collect();
    assert_eq!(
        addresses,
        [
            "module.efs_csi.security_group_rule[\"clients\"]",
            "module.efs_csi.security_group_rule[\"sg-00000009\"]",
        ]
    );
    assert_eq!(made[0].needs, ["clients", "security_group"].map(ChangeId::from));
    assert_eq!(made[1].needs, [ChangeId::from("security_group")]);
    for (change, wanted) in made.iter().zip(&sources) {
        let [efs::Call::Ingress(Call::Authorize { group, source, .. })] = &change.calls[..] else {
            panic!("{:?}", change.calls);
        };
        assert_eq!((group, source), (&own, wanted));
    }
    let text = Styled { plan: &plan, colour: false }.to_string();
    assert!(text.contains("+ source                 = (known after apply)"), "{text}");
    assert!(text.contains("+ group_id               = (known after apply)"), "{text}");
}

#[test]
fn a_rule_of_ours_in_a_group_that_was_left_for_a_new_one_goes() {
    let plan = planned(&created("security_group"), &[Source::Cidr("10.0.0.0/16".parse().unwrap())]);
    let taken: Vec<Action> = plan.changes.iter().map(|change| change.action).collect();
    assert_eq!(taken, [Action::Create, Action::Delete]);
}

#[test]
fn a_status_has_a_row_for_each_rule_of_ours_and_none_for_those_of_others() {
    let more = json!({ "nfs_client_cidr": "10.0.0.0/16" });
    let found = deployed(&more, three());
    let rows = rows(&inputs(&more), &found);
    let rules: Vec<_> = rows.iter().filter(|row| row.resource == "ingress rule").collect();
    assert_eq!(found.network.ingress_rules.len(), 2, "one is not ours");
    assert_eq!(rules.len(), 1);
    assert_eq!(rules[0].name, "10.0.0.0/16");
    assert_eq!(rules[0].detail, "sgr-10.0.0.0/16 sg-00000001 tcp 2049");
}
