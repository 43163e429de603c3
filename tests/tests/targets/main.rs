//! Mount targets that exist: no client loses its mount, and security groups of others stay.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod addresses;
mod cluster;
mod each;
mod groups;
mod zones;

use serde_json::{Value, json};
use tests::{Aws, Ran, World};

/// The groups of the sandbox's VPC: that of the cluster, that of the nodes, and one without rules.
pub(crate) const CLUSTER: &str = "sg-0c0dec00000000001";
pub(crate) const NODES: &str = "sg-0c0dec00000000002";
pub(crate) const BARE: &str = "sg-0c0dec00000000003";

/// A world whose AWS serves for the whole test, with a directory as the target.
pub(crate) struct There {
    pub(crate) world: World,
    pub(crate) aws: Aws,
}

impl There {
    pub(crate) fn new() -> There {
        There::of(World::new())
    }

    /// The same with a network that has IPv6 beside IPv4.
    pub(crate) fn dual_stack() -> There {
        let mut world = World::new();
        world.set("CLOCKWORK_SANDBOX_WORLDS", "dual-stack");
        There::of(world)
    }

    fn of(mut world: World) -> There {
        for name in ["FILE_SYSTEM_CREATING", "MOUNT_TARGET_CREATING", "MOUNT_TARGET_DELETING"] {
            world.set(&format!("CLOCKWORK_SANDBOX_{name}_MS"), 20);
        }
        world.set("AWS_ACCESS_KEY_ID", "a");
        world.set("AWS_SECRET_ACCESS_KEY", "b");
        let aws = world.aws();
        There { world, aws }
    }

    pub(crate) fn run(&self, command: &str, more: &[&str]) -> Ran {
        let manifests = self.world.manifests();
        let manifests = manifests.to_str().unwrap();
        let url = self.aws.url.as_str();
        let args = [command, "--endpoint-url", url, "--output", "json", "--manifests", manifests];
        self.world.xtask(&[&args[..], more].concat())
    }
}

pub(crate) fn text(target: &Value, name: &str) -> String {
    target[name].as_str().unwrap().to_owned()
}

/// The security groups of each mount target, by zone, sorted.
pub(crate) fn groups(aws: &Aws) -> Vec<Vec<String>> {
    let of = |target: &Value| {
        let path = format!("mount-targets/{}/security-groups", text(target, "MountTargetId"));
        let found = aws.efs("GET", &path, None).json();
        let all = found["SecurityGroups"].as_array().unwrap().iter();
        let mut all: Vec<String> = all.map(|id| id.as_str().unwrap().to_owned()).collect();
        all.sort();
        all
    };
    aws.mount_targets().iter().map(of).collect()
}

/// Sets the groups of the mount target of a zone, as others do in the console.
pub(crate) fn set_groups(aws: &Aws, zone: usize, groups: &[&str]) {
    let target = text(&aws.mount_targets()[zone], "MountTargetId");
    let body = json!({ "SecurityGroups": groups });
    let path = format!("mount-targets/{target}/security-groups");
    assert_eq!(aws.efs("PUT", &path, Some(&body)).status, 204);
}

/// Makes a security group in the VPC of the cluster.
pub(crate) fn make_group(aws: &Aws, name: &str) -> String {
    let form = format!("Action=DescribeSecurityGroups&GroupId.1={CLUSTER}");
    let vpc = element(&aws.ec2(&form).body, "vpcId");
    let form =
        format!("Action=CreateSecurityGroup&GroupName={name}&GroupDescription={name}&VpcId={vpc}");
    element(&aws.ec2(&form).body, "groupId")
}

/// The text of the first element of this name.
pub(crate) fn element(body: &str, name: &str) -> String {
    let behind = body.split_once(&format!("<{name}>"));
    let text = behind.and_then(|(_, behind)| behind.split_once('<'));
    text.unwrap_or_else(|| panic!("no <{name}> in {body}")).0.to_owned()
}
