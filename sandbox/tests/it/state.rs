//! The state file: what is acknowledged is in it, what is refused is not, and what a kill cut
//! short is forgotten.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use crate::account::Account;

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("deep/down/state.json");
    (folder, state)
}

fn open(state: &Path) -> Account {
    Account::with_state(state).unwrap()
}

fn refused(state: &Path) -> String {
    match Account::with_state(state) {
        Ok(_) => panic!("it opened"),
        Err(error) => format!("{error:#}"),
    }
}

#[tokio::test]
async fn what_is_acknowledged_is_there_after_a_restart() {
    let (_folder, state) = place();
    let account = open(&state);
    // Tabs and line breaks part rows in the file; within a text they are none.
    let (kept, removed) = (account.create("kept\there").await, account.create("removed").await);
    account.hands.advance(Duration::from_secs(1));
    let tags = json!({ "Tags": [{ "Key": "team", "Value": "graphs" }] });
    assert_eq!(account.efs("POST", &format!("resource-tags/{kept}"), tags.clone()).await.0, 200);
    account.efs("DELETE", &format!("file-systems/{removed}"), json!(null)).await;
    drop(account);
    let account = open(&state);
    account.hands.advance(Duration::from_hours(1));
    assert_eq!(account.tokens().await, ["kept\there"]);
    let (_, listed) = account.efs("GET", &format!("resource-tags/{kept}"), json!(null)).await;
    assert_eq!(listed["Tags"], tags["Tags"]);
    let body = json!({ "CreationToken": "kept\there" });
    assert_eq!(account.efs("POST", "file-systems", body).await.0, 409, "tokens are found again");
}

#[tokio::test]
async fn reads_and_refusals_and_the_passing_of_time_write_nothing() {
    let (_folder, state) = place();
    let account = open(&state);
    let id = account.create("a").await;
    let before = fs::read(&state).unwrap();
    account.hands.advance(Duration::from_hours(1));
    assert_eq!(account.state(&id).await, "available");
    let again = json!({ "CreationToken": "a" });
    assert_eq!(account.efs("POST", "file-systems", again).await.0, 409);
    assert_eq!(fs::read(&state).unwrap(), before);
}

#[tokio::test]
async fn a_change_that_a_kill_cut_short_is_forgotten_wherever_the_cut_is() {
    let (_folder, state) = place();
    let account = open(&state);
    account.create("first").await;
    let whole = fs::read(&state).unwrap();
    account.create("second").await;
    drop(account);
    let longer = fs::read(&state).unwrap();
    assert!(longer.starts_with(&whole), "changes are appended");
    for cut in whole.len()..longer.len() {
        fs::write(&state, &longer[..cut]).unwrap();
        let account = open(&state);
        assert_eq!(account.tokens().await, ["first"], "cut after {cut} bytes");
        account.create("third").await;
        drop(account);
        assert_eq!(open(&state).tokens().await, ["first", "third"], "cut after {cut} bytes");
    }
}

#[tokio::test]
async fn a_file_of_anything_else_is_refused_with_the_way_out_and_left_alone() {
    let (_folder, state) = place();
    drop(open(&state));
    for text in [r#"{"regions":{}}"#, "a letter home\n", "clockwork-sandbox state 9\n"] {
        fs::write(&state, text).unwrap();
        let error = refused(&state);
        assert!(error.contains("not a state file of this version"), "{error}");
        assert!(error.contains("cargo xtask sandbox --reset"), "{error}");
        assert_eq!(fs::read_to_string(&state).unwrap(), text);
    }
    fs::remove_file(&state).unwrap();
    drop(open(&state));
    let mut file = fs::OpenOptions::new().append(true).open(&state).unwrap();
    file.write_all(b"eu-west-1\tefs.file_systems\tfs-1\t{\"id\":1}\n\n").unwrap();
    let error = refused(&state);
    assert!(error.contains("fs-1") && error.contains("efs.file_systems"), "{error}");
    assert!(error.contains("remove it to start anew"), "{error}");
}

#[tokio::test]
async fn a_file_in_use_is_refused() {
    let (_folder, state) = place();
    let _account = open(&state);
    let error = refused(&state);
    assert!(error.contains("another run uses"), "{error}");
}

#[tokio::test]
async fn a_file_of_former_versions_is_written_anew_and_says_the_same() {
    let (_folder, state) = place();
    let account = open(&state);
    let id = account.create("a").await;
    let changes = 12_000;
    for round in 1..=changes {
        tag(&account, &id, round).await;
    }
    drop(account);
    let lines = fs::read_to_string(&state).unwrap().lines().count();
    assert!(lines < changes, "{lines} lines for {changes} changes of one row");
    let account = open(&state);
    let (_, listed) = account.efs("GET", &format!("resource-tags/{id}"), json!(null)).await;
    assert_eq!(listed["Tags"][0]["Value"], "12000");
    assert_eq!(account.tokens().await, ["a"]);
}

#[tokio::test]
async fn what_is_gone_leaves_the_file_and_compaction_comes_to_an_end() {
    let (_folder, state) = place();
    let account = open(&state);
    let kept = account.create("kept").await;
    for round in 0..2_000 {
        let id = account.create(&format!("short-lived {round}")).await;
        account.hands.advance(Duration::from_secs(1));
        assert_eq!(account.efs("DELETE", &format!("file-systems/{id}"), json!(null)).await.0, 204);
    }
    account.hands.advance(Duration::from_hours(1));
    tag(&account, &kept, 0).await;
    // So many changes of one row that the file is written anew once, without what is gone, and
    // is far from the next time at the end.
    for round in 1..=4_000 {
        tag(&account, &kept, round).await;
    }
    drop(account);
    let before = fs::read_to_string(&state).unwrap();
    assert!(before.lines().count() < 6_000, "{} lines", before.lines().count());
    let account = open(&state);
    assert_eq!(account.tokens().await, ["kept"]);
    let (_, listed) = account.efs("GET", &format!("resource-tags/{kept}"), json!(null)).await;
    assert_eq!(listed["Tags"][0]["Value"], "4000");
    assert_eq!(fs::read_to_string(&state).unwrap(), before, "the restart had nothing to do");
}

#[tokio::test]
async fn the_file_knows_what_is_gone_with_the_next_change() {
    let (_folder, state) = place();
    let account = open(&state);
    let (kept, gone) = (account.create("kept").await, account.create("gone").await);
    account.hands.advance(Duration::from_secs(1));
    account.efs("DELETE", &format!("file-systems/{gone}"), json!(null)).await;
    account.hands.advance(Duration::from_hours(1));
    assert_eq!(account.state(&gone).await, "404");
    let last = |id: &str| {
        let text = fs::read_to_string(&state).unwrap();
        let row = text.lines().rfind(|line| line.contains(&format!("\t{id}\t"))).unwrap();
        row.rsplit('\t').next().unwrap().to_owned()
    };
    assert!(last(&gone).contains("deleting"), "a read writes nothing: {}", last(&gone));
    tag(&account, &kept, 1).await;
    assert_eq!(last(&gone), "", "removed");
}

async fn tag(account: &Account, id: &str, round: usize) {
    let tags = json!({ "Tags": [{ "Key": "round", "Value": round.to_string() }] });
    assert_eq!(account.efs("POST", &format!("resource-tags/{id}"), tags).await.0, 200);
}
