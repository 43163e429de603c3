//! A deployment with a group of its own and a replication, whose file system is retained, adopted
//! again and destroyed in the end: killed, raced and among random faults.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tests::{Job, Storage, Trial};

use crate::killed::kill_at;
use crate::raced::race;

/// The jobs of such a deployment.
pub(crate) struct Kept {
    pub(crate) storage: Storage,
    /// Deploys it, and takes over what an earlier run left.
    pub(crate) up: Job,
    /// Plans `up`.
    pub(crate) plan: Job,
    /// Takes it down, but for the file system.
    pub(crate) retain: Job,
    /// Takes all of it down.
    pub(crate) down: Job,
}

impl Kept {
    pub(crate) fn new() -> Kept {
        let storage = Storage::with_own_group();
        let world = &storage.world;
        let job = |command: &str, more: &[&str]| {
            let inputs = [
                command,
                "--security-group=own",
                "--nfs-client-cidr=10.0.0.0/16",
                "--replication=region=eu-central-1",
            ];
            world.job(&[&inputs, more].concat())
        };
        Kept {
            up: job("deploy-efs", &["--deletion-policy=retain", "--yes", "--adopt-existing"]),
            plan: job("plan-efs", &["--deletion-policy=retain"]),
            retain: job("destroy-efs", &["--deletion-policy=retain", "--yes"]),
            down: job("destroy-efs", &["--yes"]),
            storage,
        }
    }
}

/// The id of the only file system.
pub(crate) fn file_system(trial: &Trial) -> String {
    trial.aws.file_system()["FileSystemId"].as_str().unwrap().to_owned()
}

/// How many security groups deployments made.
fn own_groups(trial: &Trial) -> usize {
    let form = "Action=DescribeSecurityGroups&Filter.1.Name=tag-key\
                &Filter.1.Value.1=clockwork-codex/storage-class";
    trial.aws.ec2(form).body.matches("<groupId>").count()
}

/// Why the file system does not stand alone with its targets and its data; `None` if it does.
pub(crate) fn not_kept(trial: &Trial, id: &str, point: &str) -> Option<String> {
    let all = trial.aws.file_systems();
    let stands = all.len() == 1
        && all[0]["FileSystemId"] == id
        && all[0]["LifeCycleState"] == "available"
        && trial.aws.mount_targets().len() == 3
        && trial.aws.efs("GET", &format!("access-points?AccessPointId={point}"), None).status
            == 200;
    let class = trial.manifests.join("storageclass.yaml").exists();
    (!stands || class).then(|| format!("{all:#?}, and the class is there: {class}"))
}

/// The calls that make it, and those that take it down, in the order of a run.
const MAKING: &[&str] = &[
    "CreateFileSystem",
    "CreateSecurityGroup",
    "AuthorizeSecurityGroupIngress",
    "CreateMountTarget",
    "CreateReplicationConfiguration",
];
const REMOVING: &[&str] = &[
    "DeleteReplicationConfiguration",
    "DeleteMountTarget",
    "DeleteSecurityGroup",
    "DeleteFileSystem",
    "DescribeAccessPoints",
];

/// One life, killed once on the way up and once on the way down.
fn one_life(kept: &Kept, (making, removing): (&str, &str), hold: &str) {
    let Kept { storage, up, plan, retain, down } = kept;
    let trial = storage.trial(&format!("kept-{making}-{hold}"), &[]);
    assert!(kill_at(&trial, up, &format!("{making}:#1:{hold}")), "{making} is not called");
    trial.run(up).exits(0);
    assert_eq!(trial.not_deployed(plan), None, "{making} {hold}");
    assert_eq!(own_groups(&trial), 1, "{making} {hold}");
    let id = file_system(&trial);
    let point = trial.aws.access_point(&id, "pvc-1");

    assert!(kill_at(&trial, retain, &format!("DescribeMountTargets:#1:{hold}")));
    trial.run(retain).exits(0);
    assert_eq!(not_kept(&trial, &id, &point), None, "{making} {hold}");
    assert!(kill_at(&trial, up, &format!("DescribeAccessPoints:#1:{hold}")));
    trial.run(up).exits(0);
    assert_eq!(trial.not_deployed(plan), None, "{making} {hold}");
    assert!(not_kept(&trial, &id, &point).is_some(), "the class is there again");

    let down = down.deleting_data(&id);
    assert!(kill_at(&trial, &down, &format!("{removing}:#1:{hold}")), "{removing} is not called");
    trial.run(&down).exits(0);
    assert_eq!(trial.not_gone(), None, "{removing} {hold}");
    assert_eq!(own_groups(&trial), 0, "{removing} {hold}");
}

#[test]
fn what_is_retained_adopted_and_destroyed_is_finished_by_the_next_run_wherever_it_was_killed() {
    let kept = Kept::new();
    std::thread::scope(|scope| {
        for hold in ["hold-before", "hold-after"] {
            for calls in MAKING.iter().zip(REMOVING) {
                let kept = &kept;
                scope.spawn(move || one_life(kept, (calls.0, calls.1), hold));
            }
        }
    });
}

/// Two pipelines: one takes the deployment down but for its data, the other one deploys.
#[test]
fn a_deploy_and_a_destroy_that_retains_at_once_never_lose_the_data() {
    let (kept, stood) = (Kept::new(), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for step in 0..6 {
            let (kept, stood) = (&kept, &stood);
            scope.spawn(move || {
                let trial = kept.storage.trial(&format!("kept-raced-{step}"), &[]);
                trial.run(&kept.up).exits(0);
                let id = file_system(&trial);
                let point = trial.aws.access_point(&id, "pvc-1");
                let jobs =
                    if step % 2 == 0 { (&kept.up, &kept.retain) } else { (&kept.retain, &kept.up) };
                let told = race(&trial, jobs.0, jobs.1, Duration::from_millis(step * 40));
                let class = trial.manifests.join("storageclass.yaml").exists();
                stood.fetch_add(usize::from(class), Ordering::Relaxed);
                assert_eq!(file_system(&trial), id, "{told:?}");
                assert_eq!(trial.aws.mount_targets().len(), 3, "{told:?}");
                trial.run(&kept.up).exits(0);
                assert_eq!(trial.not_deployed(&kept.plan), None, "{told:?}");
                trial.run(&kept.retain).exits(0);
                assert_eq!(not_kept(&trial, &id, &point), None, "{told:?}");
            });
        }
    });
    println!("{} of 6 ended deployed", stood.into_inner());
}
