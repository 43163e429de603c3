//! What plans and statuses say of costs, through the programs.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use serde_json::{Value, json};
use tests::World;

/// The only costs of a document.
fn costs(document: &Value) -> &Value {
    let [costs] = document["costs"].as_array().unwrap().as_slice() else {
        panic!("{document:#}");
    };
    costs
}

#[test]
fn a_plan_and_a_status_say_what_is_metered_at_the_prices_of_a_dated_table() {
    let world = World::new();
    let first = world.plan(&[]);
    let (now, after) = (&costs(&first)["now"], &costs(&first)["after"]);
    assert_eq!((now, &after["monthly"]), (&Value::Null, &json!("0.00")), "{first:#}");
    assert_eq!(costs(&first)["prices_as_of"], "2021-03-01");
    let id = world.deploy(&[])["outputs"]["file_system_id"].as_str().unwrap().to_owned();
    world.aws().meter(&id, 5 << 30);

    // 5 GB at 0.33.
    let planned = world.plan(&["--backup-policy=DISABLED"]);
    assert_eq!(costs(&planned)["after"]["monthly"], "1.65", "{planned:#}");
    let status = world.run("status", &[]).exits(0).json();
    assert_eq!(costs(&status)["now"]["monthly"], "1.65", "{status:#}");
    let backups = json!("backups");
    assert!(costs(&status)["now"]["unknown"].as_array().unwrap().contains(&backups));
    let manifests = format!("--manifests={}", world.manifests().display());
    let text = world.xtask(&["status", "--sandbox", &manifests]).exits(0).stdout;
    assert!(text.contains("Estimated cost of module.efs_csi: $1.65 a month"), "{text}");
    let destroyed = world.xtask(&["destroy-efs", "--sandbox", &manifests]);
    let saved = "Estimated cost of module.efs_csi: $1.65 a month now";
    assert!(destroyed.stderr.contains(saved), "{}", destroyed.stderr);

    // A kept plan is the same at any price.
    let kept = world.path().join("kept.plan");
    let kept = kept.to_str().unwrap();
    world.run("plan-efs", &["--tags=a=b", "--out", kept]).exits(0);
    let prices = world.path().join("prices.json");
    let table = json!({ "eu-west-1": { "date": "2026-01-31", "prices": {
        "standard_gb_month": "0.40", "backup_gb_month": 0.055,
        "elastic_read_gb": "0.033", "elastic_write_gb": "0.066" } } });
    std::fs::write(&prices, table.to_string()).unwrap();
    let prices = format!("--prices={}", prices.display());
    world.run("deploy-efs", &[kept, "--tags=a=b", &prices]).exits(0);

    // 5 at 0.40, and 5 at 0.055 for the copy.
    let planned = world.plan(&[&prices, "--tags=a=b"]);
    let now = &costs(&planned)["now"];
    assert_eq!((&now["monthly"], &now["unknown"]), (&json!("2.275"), &json!([])), "{planned:#}");
    assert_eq!(costs(&planned)["prices_as_of"], "2026-01-31");
}

#[test]
fn every_mistake_in_a_table_of_prices_is_told_before_anything_is_called() {
    let world = World::new();
    let prices = world.path().join("prices.json");
    let table =
        json!({ "eu-west-1": { "prices": { "standard_gb_mont": "0.33", "ia_gb_month": -1 } } });
    std::fs::write(&prices, table.to_string()).unwrap();
    let prices = format!("--prices={}", prices.display());
    let ran = world.run("plan-efs", &[&prices]).exits(2);
    for told in [
        "`eu-west-1.date` in `",
        "it is missing",
        "did you mean `standard_gb_month`?",
        "`eu-west-1.prices.ia_gb_month`",
        "-1 is no price",
    ] {
        assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
    }
    assert!(ran.calls.is_empty());
    let ran = world.run("plan-efs", &["--prices=/none/such.json"]).exits(2);
    assert!(ran.stderr.contains("reading `/none/such.json` failed"), "{}", ran.stderr);
}
