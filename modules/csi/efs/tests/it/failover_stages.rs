//! How far a failover is, between runs: in AWS alone, to be proved, complete.

use efs::resources::replica;
use efs::{Actual, Failover, Moved};
use plan::Action;

use crate::failover::{Stage, planned_one, shown};

/// Runs that prove at the end.
fn proving() -> Failover {
    Failover { proves: true, ..planned_one() }
}

/// What the tag of the copy says.
fn tag(actual: &Actual) -> &str {
    let tags = &actual.file_system.as_ref().unwrap().tags;
    tags.get(&replica::tag()).map_or("", String::as_str)
}

#[test]
fn without_documents_of_a_cluster_the_class_of_a_directory_goes_too() {
    let mut stage = Stage::new();
    stage.failing.volumes = Moved::default();
    stage.actual.cluster = None;
    let plan = stage.plan(&planned_one());
    assert!(shown(&plan).contains("no cluster is looked at"), "{}", shown(&plan));
    let class = plan.changes.iter().find(|it| it.id.as_str().contains("storageclass")).unwrap();
    assert!(class.needs.iter().any(|need| need.as_str() == "replica.promote"));
}

#[test]
fn a_failover_without_a_cluster_is_completed_in_that_cluster_by_a_later_run() {
    let mut stage = Stage::new();
    let cluster = stage.actual.cluster.take();
    let volumes = std::mem::take(&mut stage.failing.volumes);
    let mut plan = stage.plan(&planned_one());
    // The documents are of no concern here.
    plan.changes.retain(|change| change.address.kind != "document");
    let kept: Vec<_> = plan.changes.iter().map(|change| change.id.clone()).collect();
    plan.changes.iter_mut().for_each(|change| change.needs.retain(|need| kept.contains(need)));
    assert!(stage.obey(&plan, usize::MAX));
    assert_eq!(tag(&stage.actual), "complete in AWS: eu-west-1/fs-0000000a");
    let again = stage.plan(&planned_one());
    assert!(!again.changes.iter().any(|change| change.address.kind == "replication"));
    assert!(again.notes.join("").contains("no cluster was looked at"), "{}", shown(&again));

    stage.actual.cluster = cluster;
    stage.failing.volumes = volumes;
    let rest = stage.plan(&planned_one());
    assert!(!rest.changes.iter().any(|change| change.address.kind == "replication"));
    assert!(stage.obey(&rest, usize::MAX));
    stage.is_complete();
    assert_eq!(tag(&stage.actual), "complete: fs-0000000a in eu-west-1");
}

#[test]
fn a_failover_that_is_not_proved_says_so_until_it_is_or_nobody_asks_for_a_proof() {
    let mut stage = Stage::new();
    let plan = stage.plan(&proving());
    assert!(stage.obey(&plan, usize::MAX));
    assert_eq!(tag(&stage.actual), "to be proved: eu-west-1/fs-0000000a");
    let again = stage.plan(&proving());
    assert!(again.is_settled(), "{}", shown(&again));
    assert!(again.notes.join("").contains("no pods have proved it yet"), "{}", shown(&again));
    let unproved = stage.plan(&planned_one());
    let [change] = unproved.changes.as_slice() else { panic!("{}", shown(&unproved)) };
    assert_eq!((change.id.as_str(), change.action), ("replica.complete", Action::Update));
    assert!(stage.obey(&unproved, usize::MAX));
    stage.is_complete();
}

#[test]
fn every_stage_is_read_as_it_was_written_and_no_other_text_is_one() {
    let side = replica::Side {
        region: "eu-west-1".to_owned(),
        file_system: "fs-0000000a".try_into().unwrap(),
    };
    for stage in [
        replica::Stage::UnderWay(side.clone()),
        replica::Stage::InAws(side.clone()),
        replica::Stage::ToProve(side.clone()),
    ] {
        assert_eq!(replica::Stage::parse(&stage.tag()), Some(stage));
    }
    let complete = replica::Stage::Complete(side).tag();
    for text in [complete.as_str(), "", "eu-west-1", "eu-west-1/efs", "complete in AWS: x"] {
        assert_eq!(replica::Stage::parse(text), None, "{text}");
    }
}
