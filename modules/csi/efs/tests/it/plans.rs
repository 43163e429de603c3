//! What a plan says, for each kind of difference.

use efs::resources::file_system::PerformanceMode;
use efs::{LifeCycle, Plan};
use network::RuleSource;
use plan::{Action, Styled};
use serde_json::{Value, json};

use crate::world::{account, deployed, desired, group, inputs, planned, scope, subnet, three, vpc};

fn text(plan: &Plan) -> String {
    Styled { plan, colour: false }.to_string()
}

/// The plan after the inputs changed from `before` to `after`.
fn changed(before: &Value, after: &Value) -> Plan {
    planned(&desired(after), &deployed(before, three()))
}

fn actions(plan: &Plan) -> Vec<(Action, String)> {
    plan.changes.iter().map(|change| (change.action, change.address.to_string())).collect()
}

/// The subnet that carries the target of the first zone.
fn carrier(plan: &Plan) -> String {
    plan.details["zones"][0].value["carrier"].as_str().unwrap().to_owned()
}

#[test]
fn a_first_deployment_creates_everything() {
    let plan = planned(&desired(&json!({ "tags": { "team": "graphs" } })), &account(three()));
    insta::assert_snapshot!(text(&plan));
    insta::assert_json_snapshot!(plan);
}

#[test]
fn after_a_deployment_there_is_nothing_to_do() {
    let plan = changed(&json!({}), &json!({}));
    assert!(plan.is_empty(), "{}", text(&plan));
    insta::assert_snapshot!(text(&plan));
}

#[test]
fn destroying_takes_documents_then_targets_and_rules_then_the_file_system() {
    let more = json!({ "nfs_client_cidr": "10.0.0.0/16" });
    let plan = efs::destroy(&scope(), &inputs(&more), &deployed(&more, three()));
    insta::assert_snapshot!(text(&plan));
    insta::assert_json_snapshot!(plan);
}

#[test]
fn destroying_twice_finds_nothing() {
    assert!(efs::destroy(&scope(), &inputs(&json!({})), &account(three())).is_empty());
}

#[test]
fn two_subnets_of_one_zone_share_a_target_and_the_plan_says_so() {
    let more = json!({ "subnet_ids": ["subnet-00000002", "subnet-00000001"] });
    let plan = planned(&desired(&more), &account(vec![subnet(1, 'a'), subnet(2, 'a')]));
    insta::assert_snapshot!(text(&plan));
}

#[test]
fn the_subnet_that_has_a_target_keeps_it_when_a_lower_one_joins() {
    let mut actual = deployed(&json!({ "subnet_ids": ["subnet-00000002"] }), vec![subnet(2, 'a')]);
    actual.network.subnets.push(subnet(1, 'a'));
    let more = json!({ "subnet_ids": ["subnet-00000001", "subnet-00000002"] });
    let plan = planned(&desired(&more), &actual);
    assert!(plan.is_empty(), "{}", text(&plan));
    assert_eq!(carrier(&plan), "subnet-00000002");
}

#[test]
fn a_subnet_without_free_addresses_does_not_carry_a_new_target_where_another_can() {
    let mut subnets = vec![subnet(1, 'a'), subnet(2, 'a')];
    subnets[0].free_addresses = 0;
    let more = json!({ "subnet_ids": ["subnet-00000001", "subnet-00000002"] });
    assert_eq!(carrier(&planned(&desired(&more), &account(subnets.clone()))), "subnet-00000002");
    subnets[1].free_addresses = 0;
    let plan = planned(&desired(&more), &account(subnets));
    assert!(plan.refusals[0].reason.contains("no subnet of eu-west-1a has a free address"));
}

#[test]
fn a_subnet_taken_out_makes_its_target_a_deletion_that_needs_consent() {
    let plan =
        changed(&json!({}), &json!({ "subnet_ids": ["subnet-00000001", "subnet-00000002"] }));
    assert_eq!(
        actions(&plan),
        [(Action::Delete, "module.efs_csi.mount_target[\"eu-west-1c\"]".to_owned())]
    );
    assert_eq!(plan.needing_consent().count(), 1);
}

#[test]
fn a_carrier_taken_out_while_its_zone_stays_is_replaced() {
    let mut actual = deployed(&json!({ "subnet_ids": ["subnet-00000001"] }), vec![subnet(1, 'a')]);
    actual.network.subnets = vec![subnet(2, 'a')];
    let plan = planned(&desired(&json!({ "subnet_ids": ["subnet-00000002"] })), &actual);
    insta::assert_snapshot!(text(&plan));
    assert_eq!(plan.needing_consent().count(), 1);
}

#[test]
fn throughput_and_tags_change_in_place() {
    let plan = changed(
        &json!({}),
        &json!({ "throughput_mode": "provisioned", "provisioned_throughput_in_mibps": 64, "tags": { "team": "graphs" } }),
    );
    insta::assert_snapshot!(text(&plan));
    assert_eq!(plan.needing_consent().count(), 0);
}

#[test]
fn what_efs_never_changes_is_refused_with_the_way_out_all_of_it_at_once() {
    let key = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555";
    let plan = changed(
        &json!({ "kms_key_id": key, "throughput_mode": "bursting" }),
        &json!({ "encrypted": false, "performance_mode": "maxIO", "throughput_mode": "bursting" }),
    );
    insta::assert_snapshot!(text(&plan));
}

#[test]
fn a_key_given_by_its_id_is_the_same_as_its_arn() {
    let id = "11111111-2222-3333-4444-555555555555";
    let arn = format!("arn:aws:kms:eu-west-1:111122223333:key/{id}");
    assert!(changed(&json!({ "kms_key_id": arn }), &json!({ "kms_key_id": id })).is_empty());
    assert_eq!(
        changed(&json!({ "kms_key_id": arn }), &json!({ "kms_key_id": id.replace('1', "9") }))
            .refusals
            .len(),
        1
    );
}

#[test]
fn a_class_whose_parameters_change_is_replaced_with_consent() {
    let plan =
        changed(&json!({}), &json!({ "uid": 1001, "gid": 1001, "reclaim_policy": "Retain" }));
    insta::assert_snapshot!(text(&plan));
    assert_eq!(plan.needing_consent().count(), 1);
}

#[test]
fn labels_and_expansion_of_a_class_change_in_place() {
    let plan = changed(
        &json!({}),
        &json!({ "storage_class_labels": { "team": "graphs" }, "allow_volume_expansion": false }),
    );
    assert_eq!(
        actions(&plan),
        [(Action::Update, "module.efs_csi.document[\"storageclass.yaml\"]".to_owned())]
    );
}

#[test]
fn another_chart_version_changes_values_and_kustomization_only() {
    let plan = changed(&json!({}), &json!({ "helm_chart_version": "4.4.1" }));
    insta::assert_snapshot!(text(&plan));
}

#[test]
fn a_document_that_somebody_else_wrote_is_never_overwritten() {
    let mut actual = account(three());
    actual.documents.insert("values.yaml".to_owned(), "replicaCount: 9\n".to_owned());
    let plan = planned(&desired(&json!({})), &actual);
    assert!(plan.refusals[0].reason.contains("did not write"), "{}", text(&plan));
    let destroyed = efs::destroy(&scope(), &inputs(&json!({})), &actual);
    assert!(destroyed.changes.is_empty() && destroyed.notes.len() == 1);
}

#[test]
fn a_file_system_with_our_token_and_without_our_tags_is_left_alone() {
    let mut actual = deployed(&json!({}), three());
    actual.file_system.as_mut().unwrap().tags.clear();
    for plan in [
        planned(&desired(&json!({})), &actual),
        efs::destroy(&scope(), &inputs(&json!({})), &actual),
    ] {
        assert!(plan.refusals[0].remedy.contains("file_system_id"), "{}", text(&plan));
        let touched = plan.changes.iter().any(|change| change.address.kind == "file_system");
        assert!(!touched, "{}", text(&plan));
    }
}

#[test]
fn an_adopted_file_system_gets_the_missing_targets_and_keeps_everything_else() {
    let mut actual = deployed(&json!({}), three());
    actual.documents.clear();
    actual.file_system.as_mut().unwrap().tags.clear();
    actual.mount_targets.remove(2);
    actual.mount_targets[0].security_groups = Some(vec![group("sg-00000009")]);
    let more = json!({ "file_system_id": "fs-0000000a" });
    let plan = planned(&desired(&more), &actual);
    insta::assert_snapshot!(text(&plan));
    let destroyed = efs::destroy(&scope(), &inputs(&more), &actual);
    assert!(destroyed.changes.is_empty(), "{}", text(&destroyed));
}

#[test]
fn an_adopted_file_system_of_another_vpc_is_refused_and_no_zone_counts_as_served() {
    let mut actual = deployed(&json!({}), three());
    actual.documents.clear();
    for target in &mut actual.mount_targets {
        target.vpc_id = Some(network::VpcId::try_from("vpc-00000009").unwrap());
    }
    let plan = planned(&desired(&json!({ "file_system_id": "fs-0000000a" })), &actual);
    let [refusal] = plan.refusals.as_slice() else { panic!("{}", text(&plan)) };
    assert_eq!(refusal.address, "module.efs_csi.file_system");
    for part in ["fs-0000000a", "vpc-00000009", vpc().as_str()] {
        assert!(refusal.reason.contains(part), "{part} is not in {}", refusal.reason);
    }
    assert!(!text(&plan).contains("is served by"), "{}", text(&plan));
}

#[test]
fn an_adopted_file_system_that_does_not_exist_is_refused() {
    let plan = planned(&desired(&json!({ "file_system_id": "fs-0000000a" })), &account(three()));
    assert!(plan.refusals[0].reason.contains("fs-0000000a does not exist"));
}

#[test]
fn a_one_zone_file_system_is_adopted_with_the_subnets_of_its_zone_and_no_others() {
    let mut actual = deployed(&json!({}), three());
    actual.documents.clear();
    actual.mount_targets.clear();
    actual.file_system.as_mut().unwrap().spec.availability_zone = Some("eu-west-1b".to_owned());
    let plan = planned(&desired(&json!({ "file_system_id": "fs-0000000a" })), &actual);
    let refused: Vec<&str> = plan.refusals.iter().map(|refusal| refusal.address.as_str()).collect();
    let address = |zone| format!("module.efs_csi.mount_target[\"{zone}\"]");
    assert_eq!(refused, [address("eu-west-1a"), address("eu-west-1c")]);
    let more = json!({ "file_system_id": "fs-0000000a", "subnet_ids": ["subnet-00000002"] });
    assert_eq!(planned(&desired(&more), &actual).refusals, []);
}

#[test]
fn a_group_that_admits_nfs_from_nowhere_is_a_warning_that_says_what_it_will_look_like() {
    let mut actual = account(three());
    actual.network.ingress_rules.clear();
    let plan = planned(&desired(&json!({})), &actual);
    let told = plan.warnings.iter().any(|warning| warning.text.contains("mounts will hang"));
    assert!(told, "{}", text(&plan));
}

#[test]
fn the_missing_rule_is_a_step_where_the_clients_are_named() {
    let more =
        json!({ "nfs_client_cidr": "10.0.0.0/16", "nfs_client_security_group_id": "sg-00000002" });
    let mut actual = account(three());
    let plan = planned(&desired(&more), &actual);
    let rules = |plan: &Plan| {
        plan.changes.iter().filter(|change| change.address.kind.contains("rule")).count()
    };
    assert_eq!(rules(&plan), 2);
    // A wider range and the group's own members admit them already.
    actual.network.ingress_rules[0].source = Some(RuleSource::Cidr("10.0.0.0/8".parse().unwrap()));
    assert_eq!(rules(&planned(&desired(&more), &actual)), 1);
}

#[test]
fn a_rule_that_no_input_asks_for_any_more_is_a_deletion_and_others_rules_are_not() {
    let plan = changed(&json!({ "nfs_client_cidr": "10.0.0.0/16" }), &json!({}));
    assert_eq!(
        actions(&plan),
        [(Action::Delete, "module.efs_csi.security_group_rule[\"10.0.0.0/16\"]".to_owned())]
    );
}

#[test]
fn a_rule_of_ours_that_somebody_turned_into_another_is_replaced() {
    let more = json!({ "nfs_client_cidr": "10.0.0.0/16" });
    let mut actual = deployed(&more, three());
    let ours = actual.network.ingress_rules.last_mut().unwrap();
    (ours.from_port, ours.to_port) = (22, 22);
    let plan = planned(&desired(&more), &actual);
    let taken: Vec<Action> = plan.changes.iter().map(|change| change.action).collect();
    assert_eq!(taken, [Action::Create, Action::Delete], "{}", text(&plan));
}

#[test]
fn every_missing_subnet_and_group_is_named_at_once() {
    let more = json!({ "security_group_id": "sg-00000009" });
    let plan = planned(&desired(&more), &account(vec![subnet(1, 'a')]));
    let refused: Vec<&str> = plan.refusals.iter().map(|refusal| refusal.address.as_str()).collect();
    assert_eq!(refused, ["subnet-00000002", "subnet-00000003", "sg-00000009"]);
}

#[test]
fn subnets_of_two_vpcs_are_refused() {
    let mut subnets = three();
    subnets[1].vpc_id = network::VpcId::try_from("vpc-00000002").unwrap();
    let plan = planned(&desired(&json!({})), &account(subnets));
    assert!(plan.refusals[0].reason.contains(vpc().as_str()), "{}", text(&plan));
}

#[test]
fn what_a_killed_run_left_on_its_way_is_waited_for_and_finished() {
    let mut actual = deployed(&json!({}), three());
    actual.file_system.as_mut().unwrap().life_cycle = LifeCycle::Creating;
    actual.mount_targets.truncate(2);
    actual.mount_targets[0].life_cycle = LifeCycle::Creating;
    actual.mount_targets[1].life_cycle = LifeCycle::Deleting;
    actual.documents.remove("storageclass.yaml");
    let plan = planned(&desired(&json!({})), &actual);
    insta::assert_json_snapshot!(plan);
}

#[test]
fn a_file_system_on_its_way_out_is_waited_for_before_a_new_one_is_created() {
    let mut actual = deployed(&json!({}), three());
    actual.mount_targets.clear();
    actual.file_system.as_mut().unwrap().life_cycle = LifeCycle::Deleting;
    let plan = planned(&desired(&json!({})), &actual);
    assert_eq!(plan.waits[0].id, "file_system.gone");
    assert_eq!(plan.changes[0].needs, ["file_system.gone"]);
    assert!(
        plan.changes.iter().any(|change| change.action == Action::Replace),
        "the class names the old one"
    );
}

#[test]
fn hostile_names_from_outside_reach_no_terminal() {
    let mut actual = deployed(&json!({}), three());
    let found = actual.file_system.as_mut().unwrap();
    found.spec.performance_mode = PerformanceMode::parse("\u{1b}[2J");
    found.tags.insert("Name".to_owned(), "a\r\n\u{1b}]0;x\u{7}".to_owned());
    let plan = planned(&desired(&json!({})), &actual);
    assert!(text(&plan).chars().all(|c| c == '\n' || !c.is_control()), "{:?}", text(&plan));
}
