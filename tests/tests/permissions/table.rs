//! The table of what a person is told, by what is wrong: a section for each kind of cause, which the
//! tests of that kind hold, and no message for two causes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use tests::programs;
use xshell::{Shell, cmd};

use crate::support::NOT_NAMED;

/// A cause, and what is told: messages and remedy, a line each.
pub(crate) type Row = (String, String);

/// Actions of IAM that the caller lacks.
pub(crate) const DENIALS: &str = "An action of IAM is missing";
/// Networks, as a plan without a cluster sees them.
pub(crate) const NETWORKS: &str = "The network is not as somebody thinks";
/// What keeps the nodes of a cluster from the mount targets.
pub(crate) const NODES: &str = "Nodes do not reach the mount targets";
/// What keeps the driver from making a volume, as the driver itself says it.
pub(crate) const DRIVER: &str = "The driver has no identity, or AWS denies it";

const SECTIONS: [&str; 4] = [DENIALS, NETWORKS, NODES, DRIVER];

/// Set to write the section of each test that runs anew.
const WRITE: &str = "CLOCKWORK_WRITE_TOLD";

fn path() -> PathBuf {
    tests::workspace().join("tests/tests/permissions/told.txt")
}

/// The rows of each section.
fn read() -> BTreeMap<String, Vec<Row>> {
    let text = std::fs::read_to_string(path()).unwrap_or_default();
    let mut found: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    let mut section = String::new();
    for block in text.split("\n\n").map(str::trim_end).filter(|block| !block.is_empty()) {
        match (block.strip_prefix("# "), block.split_once("\n    ")) {
            (Some(name), _) => name.clone_into(&mut section),
            (None, Some((cause, told))) => {
                let row = (cause.to_owned(), told.to_owned());
                found.entry(section.clone()).or_default().push(row);
            }
            (None, None) => panic!("no row of the table: {block}"),
        }
    }
    found
}

fn write(all: &BTreeMap<String, Vec<Row>>) {
    let mut blocks = Vec::new();
    for section in SECTIONS {
        blocks.push(format!("# {section}"));
        let rows = all.get(section).into_iter().flatten();
        blocks.extend(rows.map(|(cause, told)| format!("{cause}\n    {told}")));
    }
    std::fs::write(path(), blocks.join("\n\n") + "\n").unwrap();
}

/// Asserts that the table has these rows in a section, and no others.
#[track_caller]
pub(crate) fn holds(section: &str, rows: &[Row]) {
    // Tests of several sections run side by side.
    static ONE_BY_ONE: Mutex<()> = Mutex::new(());
    let _turn = ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut all = read();
    if std::env::var_os(WRITE).is_some() {
        all.insert(section.to_owned(), rows.to_vec());
        write(&all);
    }
    let expected = all.remove(section).unwrap_or_default();
    let differs =
        |(cause, told): &&Row| !expected.iter().any(|(other, text)| (cause, told) == (other, text));
    let new: Vec<String> =
        rows.iter().filter(differs).map(|(cause, told)| format!("{cause}\n    {told}")).collect();
    assert!(new.is_empty(), "{WRITE}=1 writes the table anew:\n{}", new.join("\n\n"));
    let gone = expected.iter().find(|(cause, _)| !rows.iter().any(|(other, _)| cause == other));
    assert_eq!(gone, None, "{WRITE}=1 writes the table anew");
}

/// The denials of which EFS says no more than that something was denied: what it needs of other
/// services. Their message names all of them.
fn is_silent(cause: &str, told: &str) -> bool {
    let action = cause.trim_start_matches("without ");
    told.contains("EFS does not say which of them is missing") && told.contains(action)
}

/// One cause that is told alike where a cluster is looked at and where none is.
const SAME: [(&str, &str); 3] = [
    ("the VPC gives no DNS host names", "the nodes' VPC gives no DNS host names"),
    ("the VPC resolves no names", "the nodes' VPC resolves no names"),
    ("the VPC asks resolvers of its own", "the nodes' VPC asks resolvers of its own"),
];

#[test]
fn no_two_causes_have_one_message_and_each_has_one() {
    let all = read();
    assert_eq!(all.len(), SECTIONS.len(), "{:?}", all.keys());
    let table: Vec<&Row> = all.values().flatten().collect();
    assert!(table.len() >= 100, "{}", table.len());
    for (number, (cause, told)) in table.iter().enumerate() {
        assert!(!told.is_empty() && !told.contains(NOT_NAMED), "{cause}: {told}");
        let before = &table[..number];
        assert!(!before.iter().any(|(other, _)| other == cause), "twice: {cause}");
        let same = |other: &str| {
            let pairs = [(other, cause.as_str()), (cause.as_str(), other)];
            pairs.iter().any(|pair| SAME.contains(pair))
        };
        let others = before.iter().filter(|(other, text)| text == told && !same(other));
        let others: Vec<&String> = others.map(|(other, _)| other).collect();
        assert!(others.is_empty() || is_silent(cause, told), "{cause}, and {others:?}: {told}");
    }
}

/// The worlds of the sandbox in which everything works and nobody needs to be told anything; that a
/// deployment lives in each of them, `trials/worlds.rs` shows.
const QUIET: &[(&str, &str)] = &[
    ("database-tier", "untagged subnets without a way out are not the nodes'"),
    ("transit-subnets", "EKS does not name them, and they are tiny"),
    ("intra-subnets", "the control plane's alone: the nodes' are taken"),
    ("nodes", "nodes in the cluster's group reach the mount targets"),
    ("twin-clusters", "the region tells clusters of one name apart"),
    ("stale-group", "EKS names the group that the cluster has now"),
    ("dual-stack", "a mount target gets an IPv4 address there"),
    ("many-interfaces", "they are only many"),
    ("shared-vpc", "EKS names the subnets that this account cannot judge"),
    ("default-vpc", "it is not the cluster's"),
];

#[test]
fn every_world_of_the_sandbox_is_in_the_table_or_quiet() {
    let (shell, program) = (Shell::new().unwrap(), programs().join("sandbox"));
    let help = cmd!(shell, "{program} --help").quiet().read().unwrap();
    let (_, world) = help.split_once("--world <WORLD>").unwrap();
    let (values, _) = world.split_once("\n      --").unwrap();
    let values = values.lines().filter_map(|line| line.trim().strip_prefix("- ")?.split_once(':'));
    let worlds: Vec<&str> = values.map(|(name, _)| name).collect();
    assert!(worlds.len() >= 15, "{worlds:?}");
    let told = crate::faults::worlds();
    for world in worlds {
        let quiet = QUIET.iter().any(|(name, _)| *name == world);
        assert!(quiet != told.contains(&world), "{world}: in the table, or quiet for a reason");
    }
}
