//! Networks of every kind that the sandbox has.

use serde_json::Value;
use tests::World;

#[test]
fn networks_of_every_kind_are_read_rightly() {
    let subnets = |plan: &Value| {
        let zones = plan["zones"].as_array().unwrap().iter();
        zones.map(|zone| zone["carrier"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let private = ["0010a", "0010b", "0010c"].map(|end| format!("subnet-0c0dec000000{end}"));
    for worlds in [
        "stale-group",
        "shared-vpc",
        "twin-clusters",
        "ipv6-only",
        "dual-stack",
        "local-zone",
        "wavelength",
        "outpost",
        "database-tier",
        "transit-subnets",
        "default-vpc",
        "many-interfaces",
    ] {
        let mut world = World::new();
        world.set("CLOCKWORK_SANDBOX_WORLDS", worlds);
        let plan = world.plan(&[]);
        let chosen = subnets(&plan);
        if worlds == "twin-clusters" {
            assert_eq!(chosen.len(), 3, "{plan:#}");
        } else {
            assert_eq!(chosen, private, "{worlds}: {plan:#}");
        }
        world.deploy(&[]);
        world.nothing_to_do(&[]);
    }
}
