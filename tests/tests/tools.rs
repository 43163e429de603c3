//! `tools` and `doctor`: what is there, and how to get what is not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use tests::World;

const PROGRAMS: [&str; 13] = [
    "helm",
    "registry",
    "kind",
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "efs-csi-driver",
    "csi-provisioner",
    "kube-scheduler",
    "kubelet",
    "containerd",
    "containerd-shim-runc-v2",
    "ctr",
];

#[test]
fn every_program_is_listed_with_its_pinned_version() {
    let listed = World::new().xtask(&["tools", "list"]).exits(0).stdout;
    for program in PROGRAMS {
        let line = listed.lines().find(|line| line.split_whitespace().next() == Some(program));
        let line = line.unwrap_or_else(|| panic!("{program} is not in\n{listed}"));
        assert!(line.split_whitespace().nth(1).unwrap().starts_with('v'), "{line}");
    }
}

#[test]
fn assets_come_before_the_path_and_the_path_before_our_own_folder() {
    let mut world = World::new();
    let places = ["assets", "path"].map(|name| world.path().join(name));
    for place in &places {
        std::fs::create_dir(place).unwrap();
        let program = place.join("etcd");
        let name = place.file_name().unwrap().to_str().unwrap();
        tests::write_program(&program, &format!("#!/bin/sh\necho etcd of {name}\n"));
    }
    let path = format!("{}:{}", places[1].display(), std::env::var("PATH").unwrap());
    world.set("PATH", path);
    let found = world.xtask(&["tools", "list"]).exits(0).stdout;
    assert!(found.contains("PATH") && found.contains("etcd of path"), "{found}");
    world.set("KUBEBUILDER_ASSETS", places[0].display());
    let found = world.xtask(&["tools", "list"]).exits(0).stdout;
    assert!(found.contains("KUBEBUILDER_ASSETS") && found.contains("etcd of assets"), "{found}");
}

#[test]
fn a_distributions_containerd_is_not_one_that_a_node_can_run_with() {
    let mut world = World::new();
    let place = world.path().join("distribution");
    std::fs::create_dir(&place).unwrap();
    for name in ["containerd", "containerd-shim-runc-v2", "ctr", "kubelet", "kube-scheduler"] {
        tests::write_program(&place.join(name), "#!/bin/sh\necho of the distribution\n");
    }
    world.set("PATH", format!("{}:{}", place.display(), std::env::var("PATH").unwrap()));
    let listed = world.xtask(&["tools", "list"]).exits(0).stdout;
    assert!(!listed.contains("of the distribution"), "{listed}");
}

#[test]
fn without_go_nothing_is_built_and_the_remedy_is_shown() {
    let mut world = World::new();
    world.set("PATH", "/nowhere");
    let ran = world.xtask(&["tools", "install", "kind"]).exits(1);
    assert!(ran.stderr.contains("go.dev/dl"), "{}", ran.stderr);
}

#[test]
fn a_program_that_is_not_pinned_is_a_mistake() {
    let ran = World::new().xtask(&["tools", "install", "kubctl"]).exits(2);
    assert!(ran.stderr.contains("kube-apiserver"), "{}", ran.stderr);
}

#[test]
fn the_doctor_says_what_is_missing_and_how_to_get_it() {
    let mut world = World::new();
    let well = world.xtask(&["doctor"]).exits(0).stdout;
    for named in PROGRAMS.into_iter().chain(["verify", "e2e --cluster kind", "kubeconfig"]) {
        assert!(well.contains(named), "{well}");
    }
    world.set("PATH", "/nowhere");
    let ill = world.xtask(&["doctor"]).exits(1).stdout;
    for remedy in ["https://rustup.rs", "build-essential", "go.dev/dl"] {
        assert!(ill.contains(remedy), "{remedy} is not in\n{ill}");
    }
}
