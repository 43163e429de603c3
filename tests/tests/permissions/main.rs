//! The rendered policy of this program is all that it needs, and whoever lacks a part of it is told
//! which. What is wrong with a network is told.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod choice;
mod driver;
mod faults;
mod nodes;
mod support;
mod table;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use support::{Guarded, NOT_NAMED, POINTS, SETS, actions, rendered, told, without};
use table::Row;

#[test]
fn the_rendered_policy_alone_carries_a_deployment_through_its_life() {
    for inputs in SETS {
        let guarded = Guarded::new(inputs, &rendered(inputs));
        let lived = guarded.live();
        let last = lived.last().unwrap();
        assert_eq!(last.code, Some(0), "{inputs:?}: {}", last.stderr);
        assert_eq!(lived.len(), 7, "{inputs:?}");
        for again in [2, 4] {
            assert_eq!(lived[again].json()["changes"], 0, "{inputs:?}: {}", lived[again].stderr);
        }
        let denied = lived.iter().flat_map(|ran| &ran.calls);
        let denied: Vec<_> = denied
            .filter(|call| call.outcome.contains("Denied") || call.outcome.contains("Unauthorized"))
            .map(|call| &call.operation)
            .collect();
        assert!(denied.is_empty(), "{inputs:?}: {denied:?}");
    }
}

#[test]
fn the_rendered_policy_alone_makes_tags_and_removes_access_points() {
    // A file system that goes with access points takes its id: it stays here.
    let inputs = [POINTS, "--driver-identity=none", "--deletion-policy=retain"];
    let guarded = Guarded::new(&inputs, &rendered(&inputs));
    let lived = guarded.live();
    assert_eq!((lived.last().unwrap().code, lived.len()), (Some(0), 7), "{:?}", lived.last());
    let called: Vec<&String> =
        lived.iter().flat_map(|ran| &ran.calls).map(|call| &call.operation).collect();
    for call in ["CreateAccessPoint", "TagResource", "DeleteAccessPoint"] {
        assert!(called.iter().any(|it| *it == call), "{call}: {called:?}");
    }
}

/// What nobody misses, and why.
const NOT_MISSED: &[(&str, &str)] = &[("sts:GetCallerIdentity", "IAM never denies it")];

/// What a person is told where an action is missing: the error with its cause, or the note, and
/// the remedy. `None` where nothing missed it.
fn told_without(inputs: &[&str], policy: &Value, action: &str) -> Option<String> {
    let lived = Guarded::new(inputs, &without(policy, action)).live_briefly();
    let last = lived.last().unwrap();
    let named = |line: &&str| line.contains(action);
    if last.code != Some(0) {
        let error = last.stderr.lines().filter(|line| {
            let line = line.trim_start();
            line.starts_with("error: ") || line.starts_with("caused by: ")
        });
        let mut help = last.stderr.lines().filter(|line| line.trim_start().starts_with("help: "));
        let help = help.find(named);
        let help = help.unwrap_or(NOT_NAMED);
        let lines = error.take(2).chain([help]).map(told);
        return Some(lines.collect::<Vec<_>>().join("\n    "));
    }
    let mut noted = lived.iter().flat_map(|ran| ran.stderr.lines());
    noted.find(named).map(told)
}

/// What everybody is told, by the action that they lack.
fn all_told() -> BTreeMap<String, Option<String>> {
    let policies = SETS.map(|inputs| (inputs, rendered(inputs)));
    let mut cases: BTreeMap<String, Vec<(&[&str], &Value)>> = BTreeMap::new();
    for (inputs, policy) in &policies {
        for action in actions(policy) {
            cases.entry(action).or_default().push((*inputs, policy));
        }
    }
    let cases: Vec<_> = cases.into_iter().collect();
    let (next, found) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let work = || {
        while let Some((action, allowed)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            // A policy may allow what only the inputs of another one come to use.
            let mut tried = allowed.iter();
            let told = tried.find_map(|(inputs, policy)| told_without(inputs, policy, action));
            found.lock().unwrap().insert(action.clone(), told);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(work);
        }
    });
    found.into_inner().unwrap()
}

#[test]
#[ignore = "needs some minutes"]
fn each_action_that_is_taken_away_is_named_with_its_remedy() {
    let mut rows: Vec<Row> = Vec::new();
    let mut not_missed = Vec::new();
    for (action, told) in all_told() {
        match told {
            Some(told) => rows.push((format!("without {action}"), told)),
            None => not_missed.push(action),
        }
    }
    let known: Vec<&str> = NOT_MISSED.iter().map(|(action, _)| *action).collect();
    assert_eq!(not_missed, known, "what nobody misses");
    table::holds(table::DENIALS, &rows);
}
