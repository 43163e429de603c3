//! A class that names another file system than that of its deployment.

use efs::resources::file_system::FileSystem;
use efs::{Actual, NamedBefore};
use plan::{Action, Known};
use serde_json::json;

use crate::data::{id, text, volume};
use crate::world::{deployed, deployed_to_cluster, desired, planned, three};

/// A deployment whose class, or whose document, names another file system that exists.
fn moved(mut actual: Actual, points: usize, bytes: u64) -> Actual {
    let other = FileSystem {
        id: id("fs-0000000b"),
        metered_bytes: Some(bytes),
        ..actual.file_system.clone().unwrap()
    };
    if let Some(cluster) = &mut actual.cluster {
        let class = cluster.storage_class.as_mut().unwrap();
        let named = Known::Now("fs-0000000b".to_owned());
        class.spec.parameters.insert("fileSystemId".to_owned(), named);
    } else {
        let class = actual.documents.get_mut("storageclass.yaml").unwrap();
        *class = class.replace("fs-0000000a", "fs-0000000b");
    }
    actual.named_before = Some(NamedBefore { file_system: other, access_points: points });
    actual
}

#[test]
fn a_class_is_not_moved_to_another_file_system_under_its_claims() {
    let wanted = desired(&json!({}));
    let mut actual = moved(deployed_to_cluster(&json!({})), 0, 0);
    // Nothing is on it: the class is replaced, with consent as ever.
    let plan = planned(&wanted, &actual);
    assert_eq!((plan.refusals.len(), plan.changes[0].action), (0, Action::Replace));
    let held = volume("pv-1", "fs-0000000b::fsap-00000001", Some("graphs/datasets"));
    actual.cluster.as_mut().unwrap().volumes = vec![held];
    let plan = planned(&wanted, &actual);
    assert_eq!(
        plan.refusals[0].reason,
        "the class names fs-0000000b, which holds the volume pv-1 of the claim graphs/datasets, and \
         this deployment's file system is fs-0000000a"
    );
    assert!(plan.refusals[0].remedy.contains("`file_system_id = \"fs-0000000b\"`"));
    // The same where the deployment's own is gone, and a new one would be made.
    actual.file_system = None;
    let plan = planned(&wanted, &actual);
    assert!(plan.refusals[0].reason.ends_with("would create another file system"));
    // What the class names is the deployment's by its inputs: nothing is moved.
    let adopts = desired(&json!({ "file_system_id": "fs-0000000b" }));
    let file_system = actual.named_before.clone().map(|it| it.file_system);
    let adopted = Actual { file_system, mount_targets: Vec::new(), ..actual };
    assert_eq!(planned(&adopts, &adopted).refusals, []);
}

#[test]
fn a_document_of_a_class_is_not_moved_off_a_file_system_that_holds_anything() {
    let wanted = desired(&json!({}));
    for (points, bytes, refused) in [(0, 6144, false), (1, 0, true), (0, 12 << 30, true)] {
        let plan = planned(&wanted, &moved(deployed(&json!({}), three()), points, bytes));
        assert_eq!(!plan.refusals.is_empty(), refused, "{}", text(&plan));
        let named = |refusal: &plan::Refusal| {
            refusal.reason.contains("fs-0000000a") && refusal.reason.contains("fs-0000000b")
        };
        assert!(plan.refusals.iter().all(named), "{:?}", plan.refusals);
    }
}
