//! The addresses of mount targets: of which family, and which ones.

use plan::{Action, Styled};
use serde_json::{Value, json};

use crate::inputs::mistakes;
use crate::world::{account, deployed, desired, planned, three};

fn fixed(address: &str) -> Value {
    json!({ "mount_target_addresses": { "subnet-00000001": address } })
}

#[test]
fn a_target_gets_its_address_and_is_replaced_where_it_has_another() {
    let made = planned(&desired(&fixed("10.0.1.9")), &account(three()));
    let shown = Styled { plan: &made, colour: false }.to_string();
    assert!(shown.contains("\"10.0.1.9\""), "{shown}");
    let actual = deployed(&fixed("10.0.1.9"), three());
    assert!(planned(&desired(&fixed("10.0.1.9")), &actual).is_settled());
    // Nobody minds which one it is: it stays.
    assert!(planned(&desired(&json!({})), &actual).is_settled());
    let plan = planned(&desired(&fixed("10.0.1.10")), &actual);
    let [change] = plan.changes.as_slice() else { panic!("{:#?}", plan.changes) };
    assert_eq!(change.action, Action::Replace);
    assert_eq!(change.reason, "EFS never changes its `ip_address`");
    insta::assert_snapshot!(Styled { plan: &plan, colour: false }.to_string());
}

/// Three subnets that have IPv6 too.
fn dual() -> Vec<network::Subnet> {
    let mut subnets = three();
    for (n, subnet) in (1..).zip(&mut subnets) {
        subnet.ranges.push(format!("fd00:0:0:{n}::/64").parse().unwrap());
    }
    subnets
}

#[test]
fn targets_have_the_addresses_of_the_family_that_is_asked_for() {
    let both = json!({ "ip_address_type": "DUAL_STACK" });
    let actual = deployed(&both, dual());
    assert!(planned(&desired(&both), &actual).is_settled());
    assert!(planned(&desired(&json!({})), &actual).is_settled());
    let plan = planned(&desired(&json!({ "ip_address_type": "IPV4_ONLY" })), &actual);
    assert!(plan.changes.iter().all(|change| change.action == Action::Replace));
    assert_eq!(plan.changes.len(), 3);
}

#[test]
fn what_efs_would_refuse_of_addresses_is_refused_in_the_plan() {
    for (more, subnets, said) in [
        (json!({ "ip_address_type": "DUAL_STACK" }), three(), "does not support `DUAL_STACK`"),
        (json!({ "ip_address_type": "IPV6_ONLY" }), dual(), "does not support `IPV6_ONLY`"),
        (fixed("10.0.9.9"), three(), "is not in subnet-00000001"),
        (fixed("10.0.1.3"), three(), "is kept by AWS"),
        (fixed("10.0.1.255"), three(), "is kept by AWS"),
    ] {
        let plan = planned(&desired(&more), &account(subnets));
        let told = plan.refusals.iter().any(|refusal| refusal.reason.contains(said));
        assert!(told, "{more}: {:?}", plan.refusals);
    }
}

#[test]
fn an_address_that_is_none_or_of_another_family_is_a_mistake() {
    for (more, said) in [
        (json!({ "ip_address_type": "IPV5" }), "`IPV4_ONLY`"),
        (fixed("10.0.1"), "is no address"),
        (fixed("10.0.1.5 10.0.1.6"), "is no address"),
        (fixed("fd00::5"), "does not go with `ip_address_type`"),
        (json!({ "mount_target_addresses": { "subnet-1": "10.0.1.5" } }), "subnet"),
    ] {
        let told = mistakes(&more);
        assert_eq!(told.len(), 1, "{more}: {told:?}");
        assert!(told[0].1.contains(said), "{told:?}");
    }
    let both = json!({
        "ip_address_type": "DUAL_STACK",
        "mount_target_addresses": { "subnet-00000001": "10.0.1.5 fd00::5" },
    });
    assert_eq!(mistakes(&both), []);
}
