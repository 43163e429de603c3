//! Trials of one deployment, each on an AWS of its own, and what must be true of it.

use std::path::PathBuf;

use crate::world::hurried;
use crate::{Aws, Job, Ran, World};

/// The jobs of one deployment.
pub struct Storage {
    pub world: World,
    pub deploy: Job,
    /// Deploys other inputs, with consent.
    pub change: Job,
    /// Plans `deploy`.
    pub plan: Job,
    /// Plans `change`.
    pub plan_change: Job,
    /// Moves the mount target of the first zone to another subnet, and all of them to another
    /// security group, with consent.
    pub moves: Job,
    /// Plans `moves`.
    pub plan_moves: Job,
    pub destroy: Job,
}

impl Default for Storage {
    fn default() -> Self {
        Storage::new()
    }
}

impl Storage {
    /// Makes the jobs; runs none.
    pub fn new() -> Storage {
        let world = World::new();
        let points = |name: &str, points: &str| {
            let file = world.path().join(name);
            std::fs::write(&file, points).unwrap();
            format!("--access-points={}", file.display())
        };
        let none = points("none.yaml", "{}\n");
        // Without a volume: one that had any stays here, where no cluster is looked at.
        let logs = points("logs.yaml", "logs: { posix_user: { uid: 7, gid: 7 } }\n");
        let first = ["--nfs-client-cidr=10.0.0.0/16", &none];
        let other = [
            "--nfs-client-cidr=10.0.0.0/16",
            "--throughput-mode=provisioned",
            "--provisioned-throughput-in-mibps=64",
            "--tags=team=graphs",
            "--directory-perms=750",
            "--lifecycle-policy=transition_to_ia=AFTER_30_DAYS",
            "--backup-policy=DISABLED",
            "--replication-overwrite-protection=DISABLED",
            "--root-squash=true",
            &logs,
        ];
        let moved = [
            "--nfs-client-cidr=10.0.0.0/16",
            "--subnet-ids=subnet-0c0dec0000000030a,subnet-0c0dec0000000010b,subnet-0c0dec0000000010c",
            "--security-group-id=sg-0c0dec00000000002",
            &none,
        ];
        let job = |command: &str, inputs: &[&str]| {
            let consents: &[&str] = if command == "plan-efs" { &[] } else { &["--yes"] };
            world.job(&[&[command], inputs, consents].concat())
        };
        Storage {
            deploy: job("deploy-efs", &first),
            change: job("deploy-efs", &other),
            plan: job("plan-efs", &first),
            plan_change: job("plan-efs", &other),
            moves: job("deploy-efs", &moved),
            plan_moves: job("plan-efs", &moved),
            destroy: job("destroy-efs", &first),
            world,
        }
    }

    /// The same, whose deployment file names no security group: inputs may ask for one of its own.
    pub fn with_own_group() -> Storage {
        let storage = Storage::new();
        let file = storage.world.path().join("clockwork.hcl");
        let text = std::fs::read_to_string(&file).unwrap();
        let others = |line: &&str| !line.trim_start().starts_with("security_group_id");
        std::fs::write(&file, text.lines().filter(others).collect::<Vec<_>>().join("\n")).unwrap();
        storage
    }

    /// An AWS that is quick and a directory, both empty, for one trial.
    pub fn trial(&self, name: &str, env: &[(String, String)]) -> Trial<'_> {
        let mut quick = Vec::from(hurried());
        quick.extend_from_slice(env);
        let aws = Aws::serve(None, &quick);
        Trial { storage: self, aws, manifests: self.world.path().join(name) }
    }
}

/// A deployment in an AWS and a directory of its own.
pub struct Trial<'a> {
    storage: &'a Storage,
    pub aws: Aws,
    pub manifests: PathBuf,
}

impl Trial<'_> {
    /// A job of the storage, in this trial.
    pub fn here(&self, job: &Job) -> Job {
        job.at(&self.aws.url, &self.manifests)
    }

    /// Runs a job of the storage in this trial.
    pub fn run(&self, job: &Job) -> Ran {
        self.here(job).run()
    }

    /// Why this is not the complete deployment of `plan`: one file system, a mount target per
    /// zone, one rule, documents that name it, and no changes. `None` if it is.
    pub fn not_deployed(&self, plan: &Job) -> Option<String> {
        let ran = self.run(plan);
        if ran.code != Some(0) {
            return Some(format!("the plan ended with {:?}: {}", ran.code, ran.stderr));
        }
        let plan = ran.json();
        let quiet = plan["changes"] == 0 && plan["waits"].as_array().is_some_and(Vec::is_empty);
        if !quiet {
            return Some(format!("there is something to do: {plan:#}"));
        }
        let all = self.aws.efs("GET", "file-systems", None).json();
        let [found] = all["FileSystems"].as_array().unwrap().as_slice() else {
            return Some(format!("not one file system: {all:#}"));
        };
        let id = found["FileSystemId"].as_str().unwrap();
        let targets = self.aws.mount_targets().len();
        let rules = self.rules();
        let class = std::fs::read_to_string(self.manifests.join("storageclass.yaml"));
        let named = class.is_ok_and(|text| text.contains(id));
        ((targets, rules, named) != (3, 1, true)).then(|| {
            format!("{targets} targets, {rules} rules, the class names the file system: {named}")
        })
    }

    /// What is left of the deployment; `None` if nothing is.
    pub fn not_gone(&self) -> Option<String> {
        let all = self.aws.efs("GET", "file-systems", None).json();
        let systems = all["FileSystems"].as_array().map_or(0, Vec::len);
        // Those of mount targets: a NAT gateway of the seed has one too.
        let interfaces = self.aws.ec2(
            "Action=DescribeNetworkInterfaces&Filter.1.Name=interface-type&Filter.1.Value.1=efs",
        );
        let interfaces = interfaces.body;
        let interfaces = interfaces.matches("<networkInterfaceId>").count();
        let (rules, documents) = (self.rules(), self.manifests.exists());
        ((systems, interfaces, rules, documents) != (0, 0, 0, false)).then(|| {
            format!(
                "{systems} file systems, {interfaces} interfaces, {rules} rules, documents: {documents}"
            )
        })
    }

    /// How many rules admit NFS.
    fn rules(&self) -> usize {
        let rules = self.aws.ec2("Action=DescribeSecurityGroupRules").body;
        rules.matches("<fromPort>2049<").count()
    }

    /// The storage whose trial this is.
    pub fn storage(&self) -> &Storage {
        self.storage
    }
}
