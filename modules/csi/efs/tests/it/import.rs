//! What was found becomes a block that plans to nothing but the tags that take it over.

use std::collections::BTreeSet;

use efs::import::{Block, Effects, Found, Names, effects};
use efs::resources::file_system::{BackupPolicy, Lifecycle, OverwriteProtection, Policy};
use efs::resources::storage_class::StorageClass;
use efs::{
    AccessPoint, AccessPointId, Actual, AdoptExisting, Canary, Cluster, Desired, Inputs, LifeCycle,
    Networks, Owner,
};
use inputs::{Given, GivenInputs};
use network::SecurityGroup;
use plan::Styled;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::properties::{more, subnets, with_subnets, world};
use crate::world::{apply, class, deployed, desired, group, planned, scope, three};

/// What an import finds of a world: everything is read, and each target has an address of its own.
pub(crate) fn found(actual: &mut Actual, owner: &Owner) -> Found {
    let file_system = actual.file_system.as_mut().unwrap();
    file_system.spec.lifecycle.get_or_insert_with(Lifecycle::new);
    file_system.spec.backup.get_or_insert(BackupPolicy::Disabled);
    file_system.spec.overwrite_protection.get_or_insert(OverwriteProtection::Enabled);
    for target in &mut actual.mount_targets {
        let n = u32::from_str_radix(&target.subnet_id.as_str()["subnet-".len()..], 16).unwrap();
        target.ip_address = Some(format!("10.0.{n}.9"));
    }
    let own = |it: &&network::IngressRule| owner.owns(&it.tags);
    Found {
        region: "eu-west-1".to_owned(),
        file_system: file_system.clone(),
        mount_targets: actual.mount_targets.clone(),
        access_points: actual.access_points.clone(),
        replications: Vec::new(),
        own_groups: Vec::new(),
        class: None,
        has_driver: false,
        own_rules: actual.network.ingress_rules.iter().filter(own).cloned().collect(),
    }
}

fn owner(class: &str) -> Owner {
    Owner {
        region: "eu-west-1".to_owned(),
        cluster: "dev".to_owned(),
        storage_class: class.to_owned(),
    }
}

/// The block of a world for a class, and its inputs.
fn imported(actual: &mut Actual, class: &str) -> (Block, Inputs) {
    let owner = owner(class);
    let found = found(actual, &owner);
    let names = Names { label: "efs_csi".to_owned(), owner };
    let mut block = Block::new(&found, &names, &GivenInputs::new(), None);
    let inputs = block.checked(&GivenInputs::new());
    (block.clone(), inputs.unwrap_or_else(|mistakes| panic!("{mistakes:?} in {}", block.hcl())))
}

fn wanted(inputs: &Inputs) -> Desired {
    let desired = Desired::new(scope(), inputs, &Networks::new()).unwrap();
    Desired { adopt_existing: AdoptExisting::Any, ..desired }
}

proptest! {
    #[test]
    fn whatever_is_deployed_is_taken_over_by_tags_alone(
        subnets in subnets(),
        more in more(),
    ) {
        let mut actual = world(&subnets);
        let first = desired(&with_subnets(&more, &subnets, &[true]));
        apply(&planned(&first, &actual), &mut actual);
        // Documents of a deployment of other names go elsewhere.
        actual.documents.clear();
        let (block, inputs) = imported(&mut actual, "taken");
        let taken = wanted(&inputs);
        let plan = planned(&taken, &actual);
        prop_assert_eq!(&plan.refusals, &[], "{}", block.hcl());
        let found = effects(&plan);
        prop_assert!(found.differences.is_empty(), "{:?} {}", found, block.hcl());
        prop_assert!(found.tagged.iter().any(|it| it.id.starts_with("fs-")), "{:?}", found);
        apply(&plan, &mut actual);
        let again = planned(&taken, &actual);
        prop_assert!(again.is_empty(), "{}", Styled { plan: &again, colour: false });
    }

    #[test]
    fn a_deployment_whose_file_is_lost_is_found_as_it_is(subnets in subnets(), more in more()) {
        let mut actual = world(&subnets);
        let first = desired(&with_subnets(&more, &subnets, &[true]));
        apply(&planned(&first, &actual), &mut actual);
        let (block, inputs) = imported(&mut actual, "efs-sc");
        let given = block.given();
        prop_assert!(!given.contains_key("file_system_id"), "it is found by its token");
        let found = effects(&planned(&wanted(&inputs), &actual));
        prop_assert_eq!(found, Effects::default(), "{}", block.hcl());
    }
}

/// A file system that a person made: a policy of their own, groups that differ by target, access
/// points of their own and of the driver.
fn by_hand() -> Actual {
    let mut actual = deployed(&json!({ "enforce_tls": false }), three());
    actual.documents.clear();
    let file_system = actual.file_system.as_mut().unwrap();
    "console-1".clone_into(&mut file_system.creation_token);
    file_system.tags = [
        ("Name", "Shared ${data}"),
        ("aws:cloudformation:stack-name", "storage"),
        ("aws:cloudformation:logical-id", "Shared"),
        ("managed-by", "terraform"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into();
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": "*" },
        "Action": "elasticfilesystem:ClientMount",
    }] });
    file_system.spec.policy = Policy::found(&policy.to_string());
    actual.mount_targets[0].security_groups =
        Some(vec![group("sg-00000001"), group("sg-00000002")]);
    let more = actual.network.security_groups[0].clone();
    actual.network.security_groups.push(SecurityGroup { id: group("sg-00000002"), ..more });
    let point = |id: &str, path: &str, tags: &[(&str, &str)]| AccessPoint {
        id: AccessPointId::try_from(id).unwrap(),
        life_cycle: LifeCycle::Available,
        client_token: None,
        path: path.to_owned(),
        creation_info: None,
        posix_user: None,
        account: None,
        tags: tags.iter().map(|(key, it)| ((*key).to_owned(), (*it).to_owned())).collect(),
    };
    actual.access_points = vec![
        point("fsap-00000001", "/", &[("Name", "My Data")]),
        point("fsap-00000002", "/b", &[("Name", "my data")]),
        point("fsap-00000003", "/pvc-1", &[("efs.csi.aws.com/cluster", "true")]),
        point("fsap-00000004", "/c", &[]),
    ];
    actual
}

#[test]
fn a_file_system_that_a_person_made_is_written_as_people_write_blocks() {
    let mut actual = by_hand();
    let (block, inputs) = imported(&mut actual, "shared");
    insta::assert_snapshot!(block.hcl());
    let warnings: Vec<String> =
        block.warnings.iter().map(|it| format!("{}\n  help: {}", it.text, it.remedy)).collect();
    insta::assert_snapshot!(warnings.join("\n"));
    let plan = planned(&wanted(&inputs), &actual);
    assert_eq!(plan.refusals, []);
    let effects = effects(&plan);
    assert_eq!(effects.differences, [""; 0]);
    let tagged: Vec<&str> = effects.tagged.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(tagged, ["fs-0000000a", "fsap-00000004", "fsap-00000001", "fsap-00000002"]);
    // `mount_targets` names the group that one target has more than the others.
    assert!(!plan.notes.iter().any(|note| note.contains("sg-00000002")), "{:?}", plan.notes);
}

#[test]
fn a_deployment_asks_before_it_takes_over_the_file_system_of_another_one() {
    let mut actual = deployed(&json!({}), three());
    let (_, inputs) = imported(&mut actual, "taken");
    let wanted = Desired { adopt_existing: AdoptExisting::None, ..wanted(&inputs) };
    let plan = planned(&wanted, &actual);
    let [question] = plan.questions.as_slice() else { panic!("{:?}", plan.questions) };
    assert!(question.asks.contains("is of the deployment `dev/efs-sc`"), "{question:?}");
    assert!(question.remedy.contains("--adopt-existing=fs-0000000a"), "{question:?}");
}

#[test]
fn what_is_taken_over_and_not_there_is_refused_and_nothing_is_made_in_its_place() {
    let mut actual = by_hand();
    let (_, inputs) = imported(&mut actual, "shared");
    let wanted = wanted(&inputs);
    actual.access_points.remove(1);
    actual.access_points[0].path = "/other".to_owned();
    let plan = planned(&wanted, &actual);
    let told: Vec<String> =
        plan.refusals.iter().map(|it| format!("{}: {}", it.address, it.reason)).collect();
    assert_eq!(
        told,
        [
            "module.efs_csi.access_point[\"my-data\"]: fsap-00000001 has another \
             `root_directory.path`, and EFS changes none",
            "module.efs_csi.access_point[\"my-data-2\"]: fsap-00000002 is no access point of the \
             file system",
        ]
    );
    actual.file_system = None;
    actual.mount_targets.clear();
    let plan = planned(&wanted, &actual);
    assert!(plan.refusals[0].reason.contains("fs-0000000a does not exist"), "{:?}", plan.refusals);
    let creates = plan.changes.iter().any(|change| change.address.kind == "file_system");
    assert!(!creates, "{:?}", plan.changes);
}

#[test]
fn a_destroy_leaves_what_was_never_taken_over() {
    let mut actual = by_hand();
    let (block, _) = imported(&mut actual, "shared");
    let mut given = block.given();
    given.insert("deletion_policy".to_owned(), Given::Literal("delete".into()));
    let inputs = Inputs::parse(&given).unwrap();
    let plan = efs::destroy(&scope(), &inputs, &actual);
    assert!(plan.refusals[0].reason.contains("it was never taken over"), "{:?}", plan.refusals);
    given.insert("deletion_policy".to_owned(), Given::Literal("retain".into()));
    let plan = efs::destroy(&scope(), &Inputs::parse(&given).unwrap(), &actual);
    assert_eq!(plan.refusals, []);
    assert!(plan.notes.iter().any(|note| note.contains("stays with its data")), "{:?}", plan.notes);
}

#[test]
fn managing_a_file_system_takes_its_id() {
    let parsed = |more: &[(&str, Value)]| {
        let all = [
            ("aws_region", json!("eu-west-1")),
            ("cluster_name", json!("dev")),
            ("subnet_ids", json!(["subnet-00000001"])),
            ("security_group_id", json!("sg-00000001")),
        ];
        let all = all
            .iter()
            .chain(more)
            .map(|(name, value)| ((*name).to_owned(), Given::Literal(value.clone())));
        Inputs::parse(&all.collect())
    };
    let mistakes = parsed(&[("manage_file_system", json!(true))]).unwrap_err();
    assert!(mistakes[0].message.contains("no file system of before is named"), "{mistakes:?}");
    let id = ("file_system_id", json!("fs-00000001"));
    let mistakes = parsed(&[id.clone(), ("backup_policy", json!("DISABLED"))]).unwrap_err();
    assert!(mistakes[0].remedy.contains("`manage_file_system = true`"), "{mistakes:?}");
    let managed = [id, ("manage_file_system", json!(true)), ("backup_policy", json!("DISABLED"))];
    let inputs = parsed(&managed).unwrap();
    assert_eq!(inputs.imported.unwrap().as_str(), "fs-00000001");
}

/// A StorageClass that a person applied.
const CLASS: &str = "
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: shared, labels: { team: graphs } }
provisioner: efs.csi.aws.com
parameters:
  { provisioningMode: efs-ap, fileSystemId: fs-0000000a, directoryPerms: '755', uid: '7', gid: '7' }
reclaimPolicy: Retain
volumeBindingMode: WaitForFirstConsumer
mountOptions: [tls]
";

#[test]
fn a_class_that_somebody_else_put_on_it_is_marked_and_never_replaced() {
    let mut actual = by_hand();
    let names = Names { label: "efs_csi".to_owned(), owner: owner("shared") };
    let found_class = StorageClass { our_labels: BTreeSet::new(), ..class(CLASS) };
    let found = Found {
        class: Some(found_class.spec.clone()),
        has_driver: true,
        ..found(&mut actual, &names.owner)
    };
    let mut block = Block::new(&found, &names, &GivenInputs::new(), None);
    let inputs = block.checked(&GivenInputs::new()).unwrap();
    let written = block.json();
    for (name, value) in [
        ("driver", json!("skip")),
        ("directory_perms", json!("755")),
        ("uid", json!(7)),
        ("reclaim_policy", json!("Retain")),
        ("mount_options", json!(["tls"])),
        ("allow_volume_expansion", json!(false)),
    ] {
        assert_eq!(written[name], value, "{name}: {}", block.hcl());
    }
    let cluster = |class| Cluster {
        name: "dev".to_owned(),
        storage_class: Some(class),
        ..Cluster::default()
    };
    actual.cluster = Some(cluster(found_class.clone()));
    let wanted = Desired { canary: Canary::LeftOut, ..wanted(&inputs) };
    let plan = planned(&wanted, &actual);
    assert_eq!(plan.refusals, []);
    let effects = effects(&plan);
    assert_eq!((effects.labelled, effects.differences), (vec!["shared".to_owned()], vec![]));
    apply(&plan, &mut actual);
    let class = actual.cluster.as_ref().unwrap().storage_class.as_ref().unwrap();
    assert!(class.is_of(&names.owner) && class.spec.labels["team"] == "graphs", "{class:?}");

    // What Kubernetes changes is told beside the labels, attribute by attribute.
    let mut expands = found_class.clone();
    expands.spec.allow_volume_expansion = true;
    actual.cluster = Some(cluster(expands));
    let told = efs::import::effects(&planned(&wanted, &actual));
    let [difference] = told.differences.as_slice() else { panic!("{told:?}") };
    assert!(difference.ends_with("would change from `true` to `false`"), "{difference}");

    // What Kubernetes never changes is not what the inputs say: it stays somebody else's.
    let mut other = found_class;
    other.spec.reclaim_policy = "Delete".to_owned();
    actual.cluster = Some(cluster(other));
    let plan = planned(&wanted, &actual);
    let reason = &plan.refusals[0].reason;
    assert!(reason.contains("was not made here"), "{reason}");
    assert!(reason.contains("never changes") && reason.contains("is `Delete`"), "{reason}");
}
