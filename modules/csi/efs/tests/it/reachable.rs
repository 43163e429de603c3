//! Nobody's data is lost without the word for it: over random worlds of users, no plan that
//! lacks the file system's id among what may be deleted has a step after which a user cannot
//! reach its data any more.

use std::sync::atomic::{AtomicUsize, Ordering};

use efs::resources::{
    addon, driver, file_system, ingress, mount_target, security_group, storage_class,
};
use efs::{Actual, Call, FileSystemId, Inputs, LifeCycle, Plan};
use kubernetes::release;
use plan::{Action, Styled};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use serde_json::{Value, json};

use crate::addon::eks;
use crate::users::{User, beside, user};
use crate::world::{
    account, apply, deployed, deployed_to_cluster, desired, inputs, planned, scope, three,
};

/// How many worlds the ordinary run destroys.
const WORLDS: u32 = 100_000;

/// In how many of them a deployment runs again: its documents take most of the time.
const DEPLOYED_AGAIN: u32 = 2_000;

/// What the deployment is, beside its users: a number, each bit of which decides one thing.
#[derive(Debug, Clone, Copy)]
struct Setting(u8);

impl Setting {
    fn in_cluster(self) -> bool {
        self.0 & 1 == 0
    }

    /// Whether the file system is kept by `deletion_policy`.
    fn is_retained(self) -> bool {
        self.0 & 2 == 0
    }

    fn is_adopted(self) -> bool {
        self.0 & 4 == 0
    }

    /// Whether `--delete-data` names another file system.
    fn names_another(self) -> bool {
        self.0 & 8 == 0
    }

    /// Whether the driver is an add-on of EKS.
    fn has_addon(self) -> bool {
        self.in_cluster() && self.0 & 16 != 0
    }

    /// Whether the mount targets have a group of the deployment's own, and it a second class.
    fn has_more(self) -> bool {
        self.0 & 32 != 0
    }

    fn has_second_class(self) -> bool {
        self.has_more() && !self.has_dropped_a_class()
    }

    /// Whether the inputs do not name that class any more.
    fn has_dropped_a_class(self) -> bool {
        self.has_more() && self.0 & 64 != 0
    }
}

/// A world before anybody used it, with the inputs that made it.
struct Base {
    setting: Setting,
    inputs: Inputs,
    desired: efs::Desired,
    actual: Actual,
}

fn base(setting: Setting) -> Base {
    let mut more = json!({ "nfs_client_cidr": "10.0.0.0/16" });
    if setting.has_more() {
        more["security_group"] = json!("own");
        more["storage_classes"] = json!({ "efs-store": { "uid": 1001, "gid": 1001 } });
    }
    if setting.has_addon() {
        more["driver"] = json!("addon");
    }
    let policy = if setting.is_retained() { "retain" } else { "delete" };
    let made = if setting.has_addon() {
        let mut actual = eks();
        apply(&planned(&desired(&more), &actual), &mut actual);
        actual
    } else if setting.in_cluster() {
        deployed_to_cluster(&more)
    } else {
        deployed(&more, three())
    };
    if setting.has_dropped_a_class() {
        more.as_object_mut().unwrap().remove("storage_classes");
    }
    if setting.is_adopted() {
        more["file_system_id"] = json!("fs-0000000a");
    } else {
        more["deletion_policy"] = Value::from(policy);
    }
    Base { setting, inputs: inputs(&more), desired: desired(&more), actual: made }
}

/// What a plan takes away.
#[derive(Debug, Default)]
struct Gone {
    file_system: bool,
    targets: usize,
    rules: usize,
    driver: bool,
    /// The class is on another file system than before.
    class_moved: bool,
}

/// What each user needs to reach its data, judged without any code of the planner.
fn lost(user: &User, gone: &Gone) -> bool {
    let on_the_way = gone.file_system || gone.targets > 0 || gone.rules > 0;
    match user {
        // Their pods mount through the driver of this cluster.
        User::Volume { of_driver: true, .. } | User::Claim | User::Class { .. } => {
            on_the_way || gone.driver
        }
        // Its volume is on another file system, and new claims of its class would not be.
        User::Elsewhere => gone.driver || gone.class_moved,
        User::Volume { .. } | User::AccessPoint { .. } | User::Files { .. } => on_the_way,
        User::Replication => gone.file_system,
    }
}

/// The first step after which a user is lost, in the order of a plan that is carried out.
fn step_that_loses(plan: &Plan, users: &[User]) -> Option<String> {
    if !plan.refusals.is_empty() {
        return None;
    }
    let mut gone = Gone::default();
    for change in &plan.changes {
        let of_class = change.address.kind == storage_class::KIND;
        gone.class_moved |= of_class && change.action == Action::Replace;
        for call in &change.calls {
            match call {
                Call::FileSystem(file_system::Call::Delete { .. }) => gone.file_system = true,
                Call::MountTarget(mount_target::Call::Delete { .. }) => gone.targets += 1,
                Call::Ingress(ingress::Call::Revoke { .. })
                | Call::SecurityGroup(security_group::Call::Delete { .. }) => gone.rules += 1,
                Call::Release(release::Call::Uninstall(_))
                | Call::Addon(addon::Call::Delete { preserve: false, .. })
                | Call::Driver(driver::Call::DeleteCsiDriver { .. }) => gone.driver = true,
                _ => {}
            }
            if let Some(user) = users.iter().find(|user| user.counts() && lost(user, &gone)) {
                return Some(format!("after {:?} {user:?} is lost", change.id));
            }
        }
    }
    None
}

fn another() -> Vec<FileSystemId> {
    vec![FileSystemId::try_from("fs-0000000b").unwrap()]
}

/// The settings of all worlds, without users.
fn bases() -> Vec<Base> {
    (0..128).map(|bits| base(Setting(bits))).collect()
}

/// In how many parts worlds are tried side by side: not as many as there are cores, so that a seed
/// makes the same worlds on every machine.
const PARTS: u32 = 8;

/// Tries random worlds on all cores.
fn in_worlds(
    count: u32,
    bases: &[Base],
    judge: impl Fn(&Base, &Actual, &[User]) -> Result<(), TestCaseError> + Sync,
) {
    let judge = &judge;
    std::thread::scope(|scope| {
        for part in 0..PARTS {
            scope.spawn(move || one_part(part, count.div_ceil(PARTS), bases, judge));
        }
    });
}

/// Tries random worlds: each a setting, a state of its file system, and up to three users.
fn one_part(
    part: u32,
    count: u32,
    bases: &[Base],
    judge: &impl Fn(&Base, &Actual, &[User]) -> Result<(), TestCaseError>,
) {
    let mut config = Config { cases: count, failure_persistence: None, ..Config::default() };
    if let RngSeed::Fixed(seed) = &mut config.rng_seed {
        *seed += u64::from(part);
    }
    let worlds = (0..bases.len(), proptest::collection::vec(user(), 0..4), state());
    let tried = TestRunner::new(config).run(&worlds, |(which, users, state)| {
        let base = &bases[which];
        let mut actual = base.actual.clone();
        if let Some(found) = &mut actual.file_system {
            found.life_cycle = state;
        }
        // A directory shows no cluster, and volumes of a class of the deployment are claims of it.
        let of_class = |user: &User| base.setting.has_second_class() && user.is_of("efs-store");
        let visible =
            |user: &User| (base.setting.in_cluster() || !user.is_in_cluster()) && !of_class(user);
        let users: Vec<User> = users.into_iter().filter(visible).collect();
        for user in &users {
            beside(&mut actual, user);
        }
        judge(base, &actual, &users)
    });
    tried.unwrap();
}

#[test]
fn no_plan_without_the_word_has_a_step_after_which_a_users_data_is_unreachable() {
    let counts = [const { AtomicUsize::new(0) }; 3];
    let [destroyed, refused, kept] = &counts;
    let (scope, bases) = (scope(), bases());
    in_worlds(WORLDS, &bases, |base, actual, users| {
        let words = if base.setting.names_another() { another() } else { Vec::new() };
        let plan = efs::destroy_together(&[(&scope, &base.inputs, actual)], &words).remove(0);
        let text = || Styled { plan: &plan, colour: false }.to_string();
        prop_assert_eq!(step_that_loses(&plan, users), None, "{}", text());
        let deletes = plan.changes.iter().any(|change| change.address.kind == file_system::KIND);
        let count = match (plan.refusals.is_empty(), deletes) {
            (false, _) => refused,
            (true, true) => destroyed,
            (true, false) => kept,
        };
        count.fetch_add(1, Ordering::Relaxed);
        Ok(())
    });
    let [destroyed, refused, kept] = counts.map(AtomicUsize::into_inner);
    println!("{WORLDS} worlds: {destroyed} destroyed, {refused} refused, {kept} kept");
    // The property is not kept by refusing everything.
    assert!(destroyed > 1000 && refused > 10_000 && kept > 10_000);
}

#[test]
fn a_deployment_that_runs_again_takes_nothing_from_anybody() {
    in_worlds(DEPLOYED_AGAIN, &bases(), |base, actual, users| {
        let plan = planned(&base.desired, actual);
        prop_assert_eq!(step_that_loses(&plan, users), None);
        let elsewhere = users.iter().any(|user| matches!(user, User::Elsewhere));
        let named = plan.questions.is_empty() || elsewhere;
        prop_assert!(named, "a class or a document names the file system: {:?}", plan.questions);
        Ok(())
    });
}

/// The states of a file system that can still be used.
fn state() -> impl Strategy<Value = LifeCycle> {
    prop_oneof![9 => Just(LifeCycle::Available), 1 => Just(LifeCycle::Updating)]
}

#[test]
fn the_judge_sees_a_loss_where_the_word_was_given() {
    let mut actual = deployed(&json!({}), three());
    let users = [User::AccessPoint { tagged: true, leaving: false }, User::Files { bytes: 6145 }];
    for user in &users {
        beside(&mut actual, user);
    }
    let (scope, inputs) = (scope(), inputs(&json!({})));
    let id = actual.file_system.as_ref().unwrap().id.clone();
    let plan = &efs::destroy_together(&[(&scope, &inputs, &actual)], &[id])[0];
    assert_eq!(plan.refusals, []);
    assert!(step_that_loses(plan, &users).is_some());
    let without = &efs::destroy_together(&[(&scope, &inputs, &actual)], &[])[0];
    assert_eq!(without.refusals.len(), 1, "{:?}", without.refusals);
}

#[test]
fn an_empty_world_goes_without_a_word_and_nothing_is_left() {
    let mut actual = deployed(&json!({}), three());
    beside(&mut actual, &User::Files { bytes: 6144 });
    beside(&mut actual, &User::AccessPoint { tagged: true, leaving: true });
    let plan = efs::destroy(&scope(), &inputs(&json!({})), &actual);
    apply(&plan, &mut actual);
    assert_eq!((actual.file_system, actual.mount_targets.len()), (None, 0));
    assert_eq!(actual.network, account(three()).network);
}
