//! What a deployment costs in a month, by hand and by the table.

use efs::costs::{Amount, Estimate, Prices, Sizes, of_plan, of_status};
use efs::resources::file_system::{FileSystemSource, MeteredIn, Spec};
use efs::{Actual, destroy};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::{deployed, desired, inputs, planned, scope, three};

const GIB: u64 = 1 << 30;

/// The properties that inputs ask for in a region.
fn spec(region: &str, more: &Value) -> Spec {
    let mut more = more.clone();
    more["aws_region"] = json!(region);
    match inputs(&more).file_system {
        FileSystemSource::Own(spec) => spec,
        FileSystemSource::Adopted(_) => panic!("none of its own"),
    }
}

fn gib(standard: u64, ia: u64, archive: u64) -> Sizes {
    Sizes { standard: standard * GIB, ia: ia * GIB, archive: archive * GIB }
}

fn estimate(region: &str, more: &Value, sizes: Sizes) -> Estimate {
    Estimate::of(Prices::built_in(), region, &spec(region, more), sizes).unwrap()
}

/// Parts and their sum, as a person adds them up.
fn added_up(estimate: &Estimate) -> (Vec<(&str, String)>, String) {
    let parts = estimate.parts.iter();
    let parts = parts.map(|part| (part.name.as_str(), part.monthly.to_string())).collect();
    (parts, estimate.monthly.to_string())
}

#[track_caller]
fn costs(region: &str, more: &Value, sizes: Sizes, parts: &[(&str, &str)], sum: &str) {
    let estimate = estimate(region, more, sizes);
    let parts = parts.iter().map(|(name, price)| (*name, (*price).to_owned())).collect();
    assert_eq!(added_up(&estimate), (parts, sum.to_owned()), "{region} {more}");
}

/// The same without backups.
fn alone(mut more: Value) -> Value {
    more["backup_policy"] = json!("DISABLED");
    more
}

#[test]
fn storage_and_backups_cost_what_a_person_computes() {
    // 120 x 0.30, 1000 x 0.016 and 500 x 0.008, and 1620 x 0.05 for the copy of all.
    let parts = [
        ("storage", "36.00"),
        ("Infrequent Access", "16.00"),
        ("Archive", "4.00"),
        ("backup, one copy", "81.00"),
    ];
    let backed_up = json!({ "backup_policy": "ENABLED" });
    costs("us-east-1", &backed_up, gib(120, 1000, 500), &parts, "137.00");
    // Infrequent Access costs more where reads are not paid for.
    let bursting = alone(json!({ "throughput_mode": "bursting" }));
    let parts = [("storage", "3.00"), ("Infrequent Access", "2.50")];
    costs("us-east-1", &bursting, gib(10, 100, 0), &parts, "5.50");
    let one_zone = alone(json!({
        "availability_zone_name": "us-east-1a", "throughput_mode": "bursting",
    }));
    let parts = [("One Zone storage", "36.80"), ("Infrequent Access", "1.33")];
    costs("us-east-1", &one_zone, gib(230, 100, 0), &parts, "38.13");
    let elastic = alone(json!({}));
    costs("ap-northeast-1", &elastic, gib(3, 0, 0), &[("storage", "1.08")], "1.08");
}

#[test]
fn throughput_and_replicas_cost_what_a_person_computes() {
    let provisioned = alone(json!({
        "throughput_mode": "provisioned", "provisioned_throughput_in_mibps": 100,
    }));
    // 230 / 20 = 11.5 MiB/s come with the storage, and 88.5 x 6 is left.
    let parts = [("storage", "69.00"), ("provisioned throughput", "531.00")];
    costs("us-east-1", &provisioned, gib(230, 0, 0), &parts, "600.00");
    // What comes with 2000 GB is more than 100 MiB/s.
    let parts = [("storage", "600.00"), ("provisioned throughput", "0.00")];
    costs("us-east-1", &provisioned, gib(2000, 0, 0), &parts, "600.00");
    let replicated = alone(json!({ "replication": { "region": "eu-west-1" } }));
    let parts = [("storage", "30.00"), ("replica in eu-west-1", "33.00")];
    costs("us-east-1", &replicated, gib(100, 0, 0), &parts, "63.00");
    let to_one_zone = alone(json!({ "replication": { "availability_zone_name": "eu-west-1a" } }));
    let parts = [("storage", "33.00"), ("replica in eu-west-1", "17.60")];
    costs("eu-west-1", &to_one_zone, gib(100, 0, 0), &parts, "50.60");
}

#[test]
fn what_has_no_price_is_named_and_none_is_made_up() {
    let all = json!({
        "backup_policy": "ENABLED",
        "replication": { "region": "ap-east-1" },
        "lifecycle_policy": { "transition_to_archive": "AFTER_90_DAYS" },
    });
    let found = estimate("eu-central-1", &all, gib(1, 1, 1));
    assert_eq!(added_up(&found), (vec![("storage", "0.36".to_owned())], "0.36".to_owned()));
    assert_eq!(found.per_use, []);
    assert_eq!(
        found.unknown,
        [
            "Infrequent Access",
            "Archive",
            "access to Infrequent Access",
            "access to Archive",
            "elastic reads",
            "elastic writes",
            "backups",
            "the replica in ap-east-1",
            "what a replication sends",
        ]
    );
    let there = spec("ap-east-1", &json!({}));
    assert_eq!(Estimate::of(Prices::built_in(), "ap-east-1", &there, gib(1, 0, 0)), None);
    // Another currency is not added up.
    let table = r#"{ "ap-east-1": { "date": "2026-01-31", "currency": "HKD", "prices": {
        "standard_gb_month": "2.5" } } }"#;
    let table = Prices::parse(table).unwrap().over_built_in();
    let wanted = spec("eu-central-1", &all);
    let found = Estimate::of(&table, "eu-central-1", &wanted, gib(1, 0, 0)).unwrap();
    assert!(found.unknown.contains(&"the replica in ap-east-1".to_owned()));
}

/// What exists of a deployment in us-east-1, with this size.
fn holding(more: &Value, sizes: Sizes) -> (Value, Actual) {
    let mut more = more.clone();
    more["aws_region"] = json!("us-east-1");
    let mut actual = deployed(&more, three());
    let found = actual.file_system.as_mut().unwrap();
    found.metered_bytes = Some(sizes.whole());
    found.metered_in = MeteredIn {
        standard: Some(sizes.standard),
        ia: Some(sizes.ia),
        archive: Some(sizes.archive),
    };
    (more, actual)
}

/// What a plan says of costs, for people and for programs.
fn told(more: &Value, actual: &Actual) -> (String, Value) {
    let desired = desired(more);
    let plan = planned(&desired, actual);
    let of = (&scope(), false);
    let detail = of_plan(&plan, of, (&desired.inputs, actual), Prices::built_in()).unwrap();
    (detail.line.unwrap(), detail.value)
}

#[test]
fn a_first_plan_says_what_each_gb_will_cost() {
    let more = json!({ "aws_region": "us-east-1" });
    let (line, value) = told(&more, &crate::world::account(three()));
    assert_eq!(
        line,
        "Estimated cost of module.efs_csi: $0.00 a month while it is empty, and for each GB $0.03 \
         read, $0.06 written; for each GB-month $0.30 stored, $0.05 backed up (prices of us-east-1 \
         as of 2023-11-26)"
    );
    assert_eq!((&value["now"], &value["after"]["monthly"]), (&Value::Null, &json!("0.00")));
    let read = json!({ "name": "read", "per": "GB", "price": "0.03" });
    assert!(value["after"]["per_use"].as_array().unwrap().contains(&read), "{value:#}");
}

#[test]
fn a_change_says_what_it_costs_now_and_afterwards() {
    let off = json!({ "backup_policy": "DISABLED", "throughput_mode": "bursting" });
    let (_, actual) = holding(&off, gib(120, 0, 0));
    let faster = json!({
        "aws_region": "us-east-1", "backup_policy": "DISABLED",
        "throughput_mode": "provisioned", "provisioned_throughput_in_mibps": 10.5,
    });
    let (line, value) = told(&faster, &actual);
    assert_eq!(
        line,
        "Estimated cost of module.efs_csi: $36.00 a month now, $63.00 afterwards (storage $36.00, \
         provisioned throughput $27.00) (prices of us-east-1 as of 2023-11-26)"
    );
    assert_eq!(value["now"]["monthly"], "36.00");
    assert_eq!(value["after"]["parts"][1]["monthly"], "27.00");
    let (more, actual) = holding(&off, gib(120, 0, 0));
    let (line, _) = told(&more, &actual);
    assert_eq!(
        line,
        "Estimated cost of module.efs_csi: $36.00 a month (prices of us-east-1 as of 2023-11-26)"
    );
}

#[test]
fn backups_that_only_the_default_asks_for_cost_nothing_where_there_are_none() {
    let off = json!({ "backup_policy": "DISABLED" });
    let (_, actual) = holding(&off, gib(100, 0, 0));
    let costs = |more: &Value| told(more, &actual).1["after"]["monthly"].clone();
    assert_eq!(costs(&json!({ "aws_region": "us-east-1" })), "30.00");
    let asked = json!({ "aws_region": "us-east-1", "backup_policy": "ENABLED" });
    assert_eq!(costs(&asked), "35.00");
}

#[test]
fn a_destroy_says_what_is_saved_and_what_is_kept_costs_on() {
    let (more, actual) = holding(&json!({ "backup_policy": "DISABLED" }), gib(100, 0, 0));
    let id = actual.file_system.clone().unwrap().id;
    let kept = json!({ "aws_region": "us-east-1", "deletion_policy": "retain" });
    for (more, after) in [(&more, Value::Null), (&kept, json!("30.00"))] {
        let inputs = inputs(more);
        let scope = scope();
        let modules = [(&scope, &inputs, &actual)];
        let plans = efs::destroy_together(&modules, std::slice::from_ref(&id));
        let of = (&scope, true);
        let detail = of_plan(&plans[0], of, (&inputs, &actual), Prices::built_in()).unwrap();
        assert_eq!(detail.value["now"]["monthly"], "30.00");
        let costs = detail.value["after"].get("monthly").cloned().unwrap_or_default();
        assert_eq!(costs, after, "{:?}", detail.line);
    }
    let gone = crate::world::account(three());
    let inputs = inputs(&more);
    let plan = destroy(&scope(), &inputs, &gone);
    let of = (&scope(), true);
    assert_eq!(of_plan(&plan, of, (&inputs, &gone), Prices::built_in()), None);
}

#[test]
fn a_status_says_what_there_is_and_a_region_without_prices_says_so() {
    let (more, mut actual) = holding(&json!({}), gib(100, 50, 0));
    let status = |more: &Value, actual: &Actual| {
        of_status(&scope(), &inputs(more), actual, Prices::built_in())
    };
    let detail = status(&more, &actual).unwrap();
    assert_eq!(detail.value["now"]["monthly"], "38.30", "30 + 0.8 + 7.5: {:#}", detail.value);
    let detail = status(&json!({ "aws_region": "af-south-1" }), &actual).unwrap();
    assert_eq!(
        detail.line.unwrap(),
        "Estimated cost of module.efs_csi: no prices of af-south-1 are known here; `--prices FILE` \
         gives them"
    );
    actual.file_system = None;
    assert_eq!(status(&more, &actual), None);
}

/// Properties that change what a file system costs.
fn any_spec() -> impl Strategy<Value = Value> {
    let mode = prop_oneof![
        Just(json!({ "throughput_mode": "elastic" })),
        Just(json!({ "throughput_mode": "bursting" })),
        (1_u32..3414).prop_map(|mibps| json!({
            "throughput_mode": "provisioned", "provisioned_throughput_in_mibps": mibps,
        })),
    ];
    let region = prop_oneof![Just("eu-west-1"), Just("us-east-2"), Just("ap-east-1")];
    (mode, any::<bool>(), proptest::option::of(region)).prop_map(|(mut more, backup, region)| {
        more["backup_policy"] = json!(if backup { "ENABLED" } else { "DISABLED" });
        if let Some(region) = region {
            more["replication"] = json!({ "region": region });
        }
        more
    })
}

/// Sizes up to some petabytes.
fn any_sizes() -> impl Strategy<Value = Sizes> {
    let bytes = || 0_u64..(1 << 53);
    (bytes(), bytes(), bytes()).prop_map(|(standard, ia, archive)| Sizes { standard, ia, archive })
}

proptest! {
    #[test]
    fn a_sum_is_that_of_its_parts(more in any_spec(), sizes in any_sizes()) {
        let found = estimate("us-east-1", &more, sizes);
        let sum: Amount = found.parts.iter().map(|part| part.monthly).sum();
        prop_assert_eq!(found.monthly, sum);
        // Only throughput depends on the size: what is billed of it, and what comes with it.
        let names: Vec<&str> = found.parts.iter().map(|part| part.name.as_str()).collect();
        prop_assert!(names.contains(&"storage"), "{names:?}");
    }

    #[test]
    fn more_data_never_costs_less(
        more in any_spec(), sizes in any_sizes(), added in any_sizes(),
    ) {
        let larger = Sizes {
            standard: sizes.standard + added.standard,
            ia: sizes.ia + added.ia,
            archive: sizes.archive + added.archive,
        };
        let (less, more) =
            (estimate("us-east-1", &more, sizes), estimate("us-east-1", &more, larger));
        // A MiB/s costs as much as the storage that it comes with, and parts are rounded.
        let most = [more.monthly, Amount::parse("0.00001").unwrap()].into_iter().sum();
        prop_assert!(less.monthly <= most, "{less:#?}\n{more:#?}");
    }
}

/// Its replication ends, and the copy goes on costing what it holds.
#[test]
fn the_copy_that_a_replication_leaves_is_told_with_what_it_costs() {
    let none = json!({ "aws_region": "us-east-1", "replication": {} });
    let (_, mut actual) = holding(&json!({}), gib(100, 0, 0));
    let told = |actual: &Actual| {
        let wanted = desired(&none);
        let plan = planned(&wanted, actual);
        let found = (&wanted.inputs, actual);
        of_plan(&plan, (&scope(), false), found, Prices::built_in()).unwrap()
    };
    assert_eq!(told(&actual).value["copy_left"], Value::Null);
    let there = [("region", "eu-west-1"), ("file_system_id", "fs-0000000b"), ("status", "ENABLED")];
    let there = there.map(|(key, text)| (key.to_owned(), text.to_owned()));
    actual.file_system.as_mut().unwrap().spec.replication = Some(there.into());
    let detail = told(&actual);
    assert_eq!(detail.value["copy_left"]["monthly"], "33.00");
    let line = detail.line.unwrap();
    assert!(
        line.contains("the copy that stays costs $33.00 a month, until it is deleted"),
        "{line}"
    );
}
