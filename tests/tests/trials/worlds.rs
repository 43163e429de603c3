//! What real accounts have (`--world` of the sandbox): in each world alone and in all of them at
//! once, a deployment is planned, made, found complete and taken down, and what is not its own is
//! as it was. What is told of those in which something does not work is in `permissions/faults.rs`.

use std::sync::Mutex;

use serde_json::{Value, json};
use tests::{Job, Ran, Storage, Trial, programs};
use xshell::{Shell, cmd};

/// How many worlds are tried side by side.
const AT_ONCE: usize = 4;

/// Every world that the sandbox has, as its own help lists them.
fn worlds() -> Vec<String> {
    let (shell, program) = (Shell::new().unwrap(), programs().join("sandbox"));
    let help = cmd!(shell, "{program} --help").quiet().read().unwrap();
    let (_, world) = help.split_once("--world <WORLD>").unwrap();
    let (values, _) = world.split_once("\n      --").unwrap();
    let values = values.lines().filter_map(|line| line.trim().strip_prefix("- ")?.split_once(':'));
    values.map(|(name, _)| name.to_owned()).collect()
}

fn in_worlds(worlds: &str) -> [(String, String); 1] {
    [("CLOCKWORK_SANDBOX_WORLDS".to_owned(), worlds.to_owned())]
}

/// Groups, rules, subnets with their free addresses, and route tables.
fn network(trial: &Trial) -> Vec<String> {
    let kinds = ["SecurityGroups", "SecurityGroupRules", "Subnets", "RouteTables"];
    let listed = kinds.map(|kind| {
        let answer = trial.aws.ec2(&format!("Action=Describe{kind}"));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body.split_once("</requestId>").unwrap().1.to_owned()
    });
    listed.to_vec()
}

/// The whole life of a deployment in these worlds; its first plan.
fn live(storage: &Storage, worlds: &str) -> Value {
    let trial = storage.trial(&worlds.replace(',', "-"), &in_worlds(worlds));
    let before = network(&trial);
    let plan = trial.run(&storage.plan).exits(0).json();
    let made = trial.run(&storage.deploy).exits(0).json();
    assert_eq!(made["changed"], plan["changes"], "{worlds}: {made:#}");
    assert_eq!(trial.not_deployed(&storage.plan), None, "{worlds}");
    let again = trial.run(&storage.deploy).exits(0).json();
    assert_eq!((&again["changed"], &again["outputs"]), (&json!(0), &made["outputs"]), "{worlds}");
    trial.run(&storage.destroy).exits(0);
    assert_eq!(trial.not_gone(), None, "{worlds}");
    assert_eq!(network(&trial), before, "{worlds}: what is not the deployment's is as it was");
    plan
}

/// The subnet that carries each mount target: of the cluster's private ones the first of each
/// zone, whatever else there is. Twin clusters have other digits before these.
fn carried_by_private_subnets(plan: &Value, worlds: &str) {
    let zones = plan["zones"].as_array().unwrap().iter();
    let last = |zone: &Value| {
        let subnet = zone["carrier"].as_str().unwrap_or_default();
        subnet[subnet.len().saturating_sub(4)..].to_owned()
    };
    let carriers: Vec<String> = zones.map(last).collect();
    assert_eq!(carriers, ["010a", "010b", "010c"], "{worlds}: {plan:#}");
}

#[test]
fn a_deployment_lives_in_every_world_alone_and_in_all_at_once() {
    let storage = Storage::new();
    let mut all = worlds();
    assert!(all.len() >= 15, "{all:?}");
    all.push(all.join(","));
    // The one that takes longest begins first.
    let left = Mutex::new(all);
    let next = || left.lock().unwrap().pop();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(worlds) = next() {
                    let plan = live(&storage, &worlds);
                    carried_by_private_subnets(&plan, &worlds);
                }
            });
        }
    });
}

/// For how long what was just made is not known in the world of it, in microseconds.
const UNKNOWN_US: u64 = 2_000_000;

/// Asserts that the first call of an operation was refused with this code where it came too early after
/// the creation of what it names. A machine that is slow gives AWS the time.
fn too_early(trial: &Trial, maker: &str, taker: &str, code: &str) {
    let calls: Value = serde_json::from_str(&trial.aws.unsigned("/_sandbox/calls").body).unwrap();
    let us = |call: &Value, name: &str| call[name].as_u64().unwrap();
    let first = |operation: &str, from: u64| {
        let mut calls = calls.as_array().unwrap().iter();
        let call = calls.find(|it| it["operation"] == operation && us(it, "at_us") >= from);
        call.unwrap_or_else(|| panic!("{operation} was not called")).clone()
    };
    let made = first(maker, 0);
    let used = first(taker, us(&made, "at_us"));
    if us(&used, "at_us") + us(&used, "took_us") < us(&made, "at_us") + UNKNOWN_US {
        assert_eq!(used["outcome"], code, "{taker}");
    }
}

/// Deploys with these inputs and a group of its own, finds nothing to do and takes it down, in a world
/// where what was just made is not known at once.
fn lives_late<'a>(storage: &'a Storage, name: &str, inputs: &[&str]) -> Trial<'a> {
    let trial = storage.trial(name, &in_worlds("late-visibility"));
    let job = |command: &str, more: &[&str]| {
        let group = ["--security-group=own", "--nfs-client-cidr=10.0.0.0/16"];
        trial.here(&storage.world.job(&[&[command], &group[..], inputs, more].concat()))
    };
    job("deploy-efs", &["--yes"]).run().exits(0);
    let plan = job("plan-efs", &[]).run().exits(0).json();
    assert_eq!(plan["changes"], 0, "{name}: {plan:#}");
    job("destroy-efs", &["--yes"]).run().exits(0);
    assert_eq!(trial.not_gone(), None, "{name}");
    trial
}

#[test]
fn what_was_just_made_is_waited_for_where_other_services_do_not_know_it_yet() {
    let storage = Storage::with_own_group();
    let pods = ["--driver-identity=pod-identity", "--helm-chart-version=4.4.1"];
    let addon = ["--driver=addon", "--driver-identity=irsa", "--oidc-provider=create"];
    let pods = lives_late(&storage, "late-pods", &pods);
    let invalid = "InvalidParameterException";
    too_early(&pods, "CreateRole", "CreatePodIdentityAssociation", invalid);
    let group = "CreateSecurityGroup";
    too_early(&pods, group, "AuthorizeSecurityGroupIngress", "InvalidGroup.NotFound");
    too_early(&pods, group, "CreateMountTarget", "SecurityGroupNotFound");
    let addon = lives_late(&storage, "late-addon", &addon);
    too_early(&addon, "CreateRole", "CreateAddon", invalid);
}

/// A policy names a role that somebody made a moment ago, as a pipeline does.
#[test]
fn a_policy_that_names_a_role_of_a_moment_ago_is_put_as_soon_as_efs_knows_it() {
    let storage = Storage::new();
    let trial = storage.trial("late-policy", &in_worlds("late-visibility"));
    let policy = storage.world.path().join("policy.json");
    let statement = json!({
        "Effect": "Allow",
        "Principal": { "AWS": "arn:aws:iam::111122223333:role/app" },
        "Action": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
    });
    let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
    std::fs::write(&policy, document.to_string()).unwrap();
    let input = format!("--file-system-policy={}", policy.display());
    trial.run(&storage.deploy).exits(0);
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    trial.aws.iam("CreateRole", &[("RoleName", "app"), ("AssumeRolePolicyDocument", trust)]);
    trial.run(&storage.world.job(&["deploy-efs", &input, "--yes"])).exits(0);
    too_early(&trial, "CreateRole", "PutFileSystemPolicy", "InvalidPolicyException");
}

/// One of two deployments in one account.
struct Twin<'a> {
    trial: &'a Trial<'a>,
    folder: &'static str,
    deploy: Job,
    plan: Job,
    destroy: Job,
}

impl<'a> Twin<'a> {
    fn new(trial: &'a Trial<'a>, folder: &'static str, variable: &str) -> Twin<'a> {
        let job = |command: &str, more: &[&str]| {
            trial.storage().world.job(&[&[command, "--var", variable], more].concat())
        };
        Twin {
            trial,
            folder,
            deploy: job("deploy-efs", &["--yes"]),
            plan: job("plan-efs", &[]),
            destroy: job("destroy-efs", &["--yes"]),
        }
    }

    fn run(&self, job: &Job) -> Ran {
        let manifests = self.trial.storage().world.path().join(self.folder);
        job.at(&self.trial.aws.url, &manifests).run().exits(0)
    }

    /// How much there is to do.
    fn to_do(&self) -> Value {
        self.run(&self.plan).json()["changes"].clone()
    }
}

/// Two deployments are made side by side, and one is taken down from beside the other.
fn live_beside(one: &Twin, other: &Twin) {
    let (whole, theirs) = (one.to_do(), other.to_do());
    let made = std::thread::scope(|scope| {
        let both = [one, other].map(|twin| scope.spawn(|| twin.run(&twin.deploy).json()));
        both.map(|run| run.join().unwrap())
    });
    let id = |made: &Value| made["outputs"]["file_system_id"].as_str().unwrap().to_owned();
    assert_ne!(id(&made[0]), id(&made[1]));
    assert_eq!((one.to_do(), other.to_do()), (json!(0), json!(0)));
    one.run(&one.destroy);
    assert_eq!((one.to_do(), other.to_do()), (whole, json!(0)), "the other one stands");
    other.run(&other.destroy);
    assert_eq!(other.to_do(), theirs);
}

#[test]
fn clusters_of_one_name_in_two_regions_have_a_file_system_each() {
    let storage = Storage::new();
    let trial = storage.trial("two-regions", &in_worlds("twin-clusters"));
    let one = Twin::new(&trial, "eu-west-1", "region=eu-west-1");
    let other = Twin::new(&trial, "us-east-1", "region=us-east-1");
    live_beside(&one, &other);
}

/// EKS has no two clusters of one name in one region; two of different names may share the network.
#[test]
fn two_clusters_of_one_region_in_one_vpc_have_a_file_system_each() {
    let storage = Storage::new();
    let trial = storage.trial("one-region", &[]);
    let path = "clusters/graphscope-dev";
    let first = trial.aws.eks("GET", path, None).json()["cluster"]["resourcesVpcConfig"].clone();
    let second = json!({ "Clusters": [{
        "name": "graphscope-prod",
        "endpoint": "https://prod.example.com",
        "vpcId": first["vpcId"],
        "subnetIds": first["subnetIds"],
        "clusterSecurityGroupId": "sg-0c0dec00000000002",
    }]});
    assert_eq!(trial.aws.admin("POST", "seed/eu-west-1", &second.to_string()).status, 204);
    let one = Twin::new(&trial, "dev", "cluster_name=graphscope-dev");
    let other = Twin::new(&trial, "prod", "cluster_name=graphscope-prod");
    live_beside(&one, &other);
}
