//! Mount targets that are there: which of them go, and in which order.

use efs::resources::mount_target::{Call, Consent, MountTarget};
use efs::{Actual, Desired, FileSystemId, LifeCycle, MountTargetId, Networks, Plan};
use network::{SubnetId, VpcId};
use plan::{Action, ChangeId, Styled};
use proptest::prelude::*;
use serde_json::json;

use crate::world::{
    account, apply, carry_out, deployed, desired, group, inputs, planned, scope, subnet, subnet_id,
    vpc,
};

const ZONES: [char; 4] = ['a', 'b', 'c', 'd'];

/// Every zone has two subnets: with the numbers 1 and 11, 2 and 12, and so on.
pub(crate) fn all_subnets() -> Vec<network::Subnet> {
    let both = |(n, zone): (u32, char)| [subnet(n, zone), subnet(n + 10, zone)];
    (1..).zip(ZONES).flat_map(both).collect()
}

/// Inputs whose subnets a network module finds.
fn discovering(subnets: &[u32]) -> Desired {
    let mut more = inputs(&json!({}));
    more.subnet_ids = efs::Subnets::FromNetwork("network".to_owned());
    let found = network::Outputs {
        vpc_id: vpc(),
        private_subnets: subnets.iter().map(|n| subnet_id(*n)).collect(),
        security_group_id: group("sg-00000001"),
        notes: Vec::new(),
    };
    let networks = Networks::from([("network".to_owned(), found)]);
    Desired::new(scope(), &more, &networks).unwrap()
}

fn listing(subnets: &[u32]) -> Desired {
    let ids: Vec<SubnetId> = subnets.iter().map(|n| subnet_id(*n)).collect();
    desired(&json!({ "subnet_ids": ids }))
}

fn with_flag(desired: Desired) -> Desired {
    let consent = Consent { replace_mount_targets: true, ..desired.consent };
    Desired { consent, ..desired }
}

/// A deployment whose targets are in these subnets.
fn deployed_in(subnets: &[u32]) -> Actual {
    let ids: Vec<SubnetId> = subnets.iter().map(|n| subnet_id(*n)).collect();
    deployed(&json!({ "subnet_ids": ids }), all_subnets())
}

fn text(plan: &Plan) -> String {
    Styled { plan, colour: false }.to_string()
}

#[test]
fn a_subnet_that_is_not_found_any_more_keeps_its_target_and_the_plan_says_why() {
    let actual = deployed_in(&[1, 2, 3]);
    // The tag of one was taken off, and another zone has a second subnet in its place.
    let plan = planned(&discovering(&[1, 12]), &actual);
    assert!(plan.is_empty(), "{}", text(&plan));
    insta::assert_snapshot!(text(&plan));
    // Whoever wrote ids down means them, and whoever gives the flag as well.
    for wanted in [listing(&[1, 12]), with_flag(discovering(&[1, 12]))] {
        let plan = planned(&wanted, &actual);
        let taken: Vec<Action> = plan.changes.iter().map(|change| change.action).collect();
        assert_eq!(taken, [Action::Replace, Action::Delete], "{}", text(&plan));
        assert_eq!(plan.needing_consent().count(), 2);
    }
}

#[test]
fn what_is_discovered_adds_targets_beside_those_that_stay() {
    let mut actual = deployed_in(&[1, 2]);
    let wanted = discovering(&[11, 3]);
    let plan = planned(&wanted, &actual);
    let added: Vec<String> = plan.changes.iter().map(|it| it.address.to_string()).collect();
    assert_eq!(added[0], "module.efs_csi.mount_target[\"eu-west-1c\"]");
    apply(&plan, &mut actual);
    assert_eq!(actual.mount_targets.len(), 3);
    assert!(planned(&wanted, &actual).is_empty());
}

#[test]
fn a_target_that_stays_gets_the_security_groups_of_the_inputs_all_the_same() {
    let mut actual = deployed_in(&[1, 2]);
    for target in &mut actual.mount_targets {
        target.security_groups = Some(vec![group("sg-00000009")]);
    }
    apply(&planned(&discovering(&[1]), &actual), &mut actual);
    for target in &actual.mount_targets {
        let both = [group("sg-00000001"), group("sg-00000009")];
        assert_eq!(target.security_groups.as_deref(), Some(&both[..]), "{}", target.id);
    }
}

#[test]
fn targets_are_replaced_one_zone_after_the_other_and_those_of_no_zone_go_last() {
    let mut actual = deployed_in(&[1, 2, 4]);
    actual.mount_targets[0].life_cycle = LifeCycle::Creating;
    let plan = planned(&listing(&[11, 12, 3]), &actual);
    let needs = |id: &str| {
        let change = plan.changes.iter().find(|change| change.id == id).unwrap();
        change.needs.iter().map(ChangeId::as_str).collect::<Vec<_>>()
    };
    let first = ["mount_target.eu-west-1a.available", "mount_target.eu-west-1c"];
    assert_eq!(needs("mount_target.eu-west-1a"), first);
    assert_eq!(needs("mount_target.eu-west-1b"), ["mount_target.eu-west-1a"]);
    assert_eq!(needs("mount_target.eu-west-1d.delete"), ["mount_target.eu-west-1b"]);
    insta::assert_snapshot!(text(&plan));
}

#[test]
fn a_target_is_not_given_up_for_a_subnet_without_a_free_address() {
    let mut actual = deployed_in(&[1]);
    for subnet in &mut actual.network.subnets {
        subnet.free_addresses = 0;
    }
    let plan = planned(&listing(&[11]), &actual);
    let [refusal] = plan.refusals.as_slice() else { panic!("{}", text(&plan)) };
    assert!(refusal.reason.contains("no subnet of eu-west-1a has a free address"));
}

#[test]
fn a_target_that_failed_comes_back_at_its_own_address() {
    let mut actual = deployed_in(&[1, 2]);
    actual.mount_targets[0].life_cycle = LifeCycle::Other("error".to_owned());
    actual.mount_targets[0].ip_address = Some("10.0.0.77".to_owned());
    // Also where the subnet is not found any more, and where a killed run had begun with it.
    let mut killed = actual.clone();
    killed.mount_targets[0].life_cycle = LifeCycle::Deleting;
    for (wanted, found) in
        [(listing(&[1, 2]), &actual), (discovering(&[2]), &actual), (listing(&[1, 2]), &killed)]
    {
        let plan = planned(&wanted, found);
        let created = plan.changes.iter().flat_map(|change| &change.calls).find_map(|call| {
            let efs::Call::MountTarget(Call::Create { addresses, .. }) = call else { return None };
            Some(addresses.ipv4.clone())
        });
        assert_eq!(created, Some(Some("10.0.0.77".to_owned())), "{}", text(&plan));
    }
    // In another subnet it can have no address of this one.
    let moved = text(&planned(&listing(&[11, 2]), &actual));
    assert!(moved.contains("ip_address      = \"10.0.0.77\" -> (known after apply)"), "{moved}");
}

#[test]
fn a_move_to_another_vpc_breaks_all_mounts_at_once_and_takes_the_flag() {
    let mut actual = deployed_in(&[1, 2, 3]);
    let other = VpcId::try_from("vpc-00000002").unwrap();
    actual.network.subnets = vec![subnet(21, 'a'), subnet(22, 'b')];
    for subnet in &mut actual.network.subnets {
        subnet.vpc_id = other.clone();
    }
    actual.network.security_groups[0].vpc_id = other;
    for wanted in [listing(&[21, 22]), discovering(&[21, 22])] {
        let plan = planned(&wanted, &actual);
        let [refusal] = plan.refusals.as_slice() else { panic!("{}", text(&plan)) };
        for part in ["vpc-00000001", "vpc-00000002", "one VPC only"] {
            assert!(refusal.reason.contains(part), "{}", refusal.reason);
        }
        assert!(refusal.remedy.contains("--replace-mount-targets"), "{}", refusal.remedy);
        assert!(!plan.changes.iter().any(|change| change.address.kind == "mount_target"));
        // With it, and by no other way: all go, and then all come.
        let plan = planned(&with_flag(wanted), &actual);
        assert_eq!(plan.refusals, []);
        let created = plan.changes.iter().find(|change| change.action == Action::Create).unwrap();
        assert_eq!(created.needs.len(), 3, "{}", text(&plan));
        // A run that was killed meanwhile left some on their way.
        let mut killed = actual.clone();
        killed.mount_targets[0].life_cycle = LifeCycle::Deleting;
        killed.mount_targets.remove(1);
        let plan = planned(&with_flag(listing(&[21, 22])), &killed);
        let created = plan.changes.iter().filter(|change| change.action == Action::Create);
        for created in created.filter(|change| change.address.kind == "mount_target") {
            assert_eq!(created.needs.len(), 2, "{}", text(&plan));
        }
    }
}

/// A target of a random world: in the first or second subnet of its zone, in a random state.
fn target(zone: usize, second: bool, state: u8) -> MountTarget {
    let n = u32::try_from(zone).unwrap() + 1 + if second { 10 } else { 0 };
    let life_cycle = match state {
        0 => LifeCycle::Creating,
        1 => LifeCycle::Deleting,
        2 => LifeCycle::Other("error".to_owned()),
        _ => LifeCycle::Available,
    };
    MountTarget {
        id: MountTargetId::try_from(format!("fsmt-{n:08x}")).unwrap(),
        life_cycle,
        subnet_id: subnet_id(n),
        vpc_id: Some(vpc()),
        availability_zone: format!("eu-west-1{}", ZONES[zone]),
        availability_zone_id: None,
        network_interface_id: None,
        ip_address: Some(format!("10.0.{n}.4")),
        ipv6_address: None,
        security_groups: Some(vec![group("sg-00000001")]),
    }
}

/// The zones in which a mount would work.
fn served(actual: &Actual) -> Vec<&str> {
    let serves = actual.mount_targets.iter().filter(|it| it.life_cycle == LifeCycle::Available);
    serves.map(|target| target.availability_zone.as_str()).collect()
}

/// What must hold before a target is deleted, in whatever order the plan is carried out.
fn may_go(actual: &Actual, call: &efs::Call, wanted: &[String], keeps: bool) -> Result<(), String> {
    let efs::Call::MountTarget(Call::Delete { id, .. }) = call else { return Ok(()) };
    let target = actual.mount_targets.iter().find(|target| target.id == *id).unwrap();
    if matches!(target.life_cycle, LifeCycle::Other(_)) {
        // It serves nobody, and comes before those that do.
        return Ok(());
    }
    let served = served(actual);
    let others = wanted.iter().filter(|zone| **zone != target.availability_zone);
    let without: Vec<&String> = others.filter(|zone| !served.contains(&zone.as_str())).collect();
    if !without.is_empty() {
        return Err(format!("{id} goes while {without:?} have no target"));
    }
    if keeps {
        return Err(format!("{id} goes, and it was only discovered away"));
    }
    Ok(())
}

/// Carries a plan out in the order that `order` picks among all that may be next, call by call,
/// each judged before it is made; as many calls as `order` has numbers, so that it may be killed
/// on the way.
pub(crate) fn some_order(
    plan: &Plan,
    actual: &mut Actual,
    order: &[u8],
    judge: &dyn Fn(&Actual, &efs::Call) -> Result<(), String>,
) -> Result<(), String> {
    let waits = plan.waits.iter().map(|wait| (&wait.id, &[][..], std::slice::from_ref(&wait.call)));
    let changes = plan.changes.iter().map(|it| (&it.id, &it.needs[..], &it.calls[..]));
    let mut left: Vec<_> = waits.chain(changes).collect();
    let mut done: Vec<&ChangeId> = Vec::new();
    for number in order {
        let ready = left
            .iter()
            .enumerate()
            .filter(|(_, (_, needs, _))| needs.iter().all(|need| done.contains(&need)));
        let ready: Vec<usize> = ready.map(|(at, _)| at).collect();
        let Some(at) = ready.get(usize::from(*number) % ready.len().max(1)) else { break };
        let (id, _, calls) = &mut left[*at];
        if let Some((call, rest)) = calls.split_first() {
            judge(actual, call)?;
            carry_out(call, actual);
            *calls = rest;
        }
        if calls.is_empty() {
            done.push(id);
            left.remove(*at);
        }
    }
    Ok(())
}

/// Subnets by their numbers: of each zone none, either, or both.
fn some_subnets() -> impl Strategy<Value = Vec<u32>> {
    proptest::sample::subsequence(vec![1_u32, 2, 3, 4, 11, 12, 13, 14], 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever is there and whatever is wanted, in any order of execution that is killed
    /// anywhere and begun again: a target goes only while every other zone has its own, and none
    /// that works goes because a network was discovered without it.
    #[test]
    fn at_no_moment_are_two_zones_without_their_target_because_of_one_plan(
        found in proptest::collection::vec(proptest::option::of((any::<bool>(), 0_u8..8)), 4),
        subnets in some_subnets(),
        discovered in any::<bool>(),
        flag in any::<bool>(),
        first in proptest::collection::vec(any::<u8>(), 0..24),
        second in proptest::collection::vec(any::<u8>(), 0..24),
    ) {
        let mut actual = account(all_subnets());
        apply(&planned(&listing(&[1]), &actual), &mut actual);
        actual.mount_targets = found.iter().enumerate()
            .filter_map(|(zone, it)| it.map(|(second, state)| target(zone, second, state)))
            .collect();
        let wanted = if discovered { discovering(&subnets) } else { listing(&subnets) };
        let wanted = if flag { with_flag(wanted) } else { wanted };
        let zones: Vec<String> = wanted.subnets.iter().map(|id| {
            let all = &actual.network.subnets;
            all.iter().find(|it| it.id == *id).unwrap().availability_zone.clone()
        }).collect();
        let keeps = discovered && !flag;
        let judge = |actual: &Actual, call: &efs::Call| may_go(actual, call, &zones, keeps);
        for order in [first, second, vec![0; 200]] {
            let plan = planned(&wanted, &actual);
            prop_assert_eq!(&plan.refusals, &[]);
            let ran = some_order(&plan, &mut actual, &order, &judge);
            prop_assert!(ran.is_ok(), "{}\n{}", ran.unwrap_err(), text(&plan));
        }
        prop_assert!(planned(&wanted, &actual).is_empty());
        let served = served(&actual);
        prop_assert!(zones.iter().all(|zone| served.contains(&zone.as_str())));
    }
}

/// The property is judged by what it says: an order without turns breaks it.
#[test]
fn the_judge_sees_two_zones_at_once() {
    let mut actual = deployed_in(&[1, 2]);
    let mut plan = planned(&listing(&[11, 12]), &actual);
    for change in &mut plan.changes {
        change.needs.clear();
    }
    let zones = ["eu-west-1a".to_owned(), "eu-west-1b".to_owned()];
    let judge = |actual: &Actual, call: &efs::Call| may_go(actual, call, &zones, false);
    // One call of the first, then one of the second.
    let why = some_order(&plan, &mut actual, &[0, 1], &judge).unwrap_err();
    assert!(why.contains("have no target"), "{why}");
    let file_system = FileSystemId::try_from("fs-0000000a").unwrap();
    let delete = Call::Delete { file_system, id: target(0, false, 9).id };
    let kept = may_go(&deployed_in(&[1]), &delete.into(), &[], true);
    assert!(kept.unwrap_err().contains("discovered away"));
}
