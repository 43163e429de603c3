//! Time and chance come from outside: a day passes in a moment, and a seed makes the same ids.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::account::Account;

#[tokio::test]
async fn states_change_when_the_clock_says_so_and_not_before() {
    let account = Account::new(&["--file-system-creating-ms", "3600000"]);
    let id = account.create("a").await;
    assert_eq!(account.state(&id).await, "creating");
    account.hands.advance(Duration::from_millis(3_599_999));
    assert_eq!(account.state(&id).await, "creating");
    account.hands.advance(Duration::from_millis(1));
    assert_eq!(account.state(&id).await, "available");
}

#[tokio::test]
async fn a_day_passes_between_two_decreases_of_throughput() {
    let account = Account::new(&[]);
    let id = account.create("a").await;
    let update = async |mibps: u32| {
        account.hands.advance(Duration::from_secs(1));
        let body =
            json!({ "ThroughputMode": "provisioned", "ProvisionedThroughputInMibps": mibps });
        account.efs("PUT", &format!("file-systems/{id}"), body).await
    };
    assert_eq!(update(64).await.0, 202);
    account.hands.advance(Duration::from_hours(24));
    assert_eq!(update(32).await.0, 202);
    let (status, refused) = update(16).await;
    assert_eq!((status, &refused["ErrorCode"]), (429, &json!("TooManyRequests")));
    account.hands.advance(Duration::from_hours(24));
    assert_eq!(update(16).await.0, 202);
}

#[tokio::test]
async fn latencies_and_delays_pass_on_the_same_clock() {
    let account = Account::new(&["--latency-ms", "60000", "--fault", "*:*:delay=3600000"]);
    let began = Instant::now();
    let (_, made) = account.efs("POST", "file-systems", json!({ "CreationToken": "a" })).await;
    assert!(began.elapsed() < Duration::from_mins(1), "nobody waits for it");
    let id = made["FileSystemId"].as_str().unwrap();
    let created = made["CreationTime"].as_f64().unwrap();
    let (_, again) = account.efs("POST", "file-systems", json!({ "CreationToken": "b" })).await;
    let took = again["CreationTime"].as_f64().unwrap() - created;
    assert!((took - 3660.0).abs() < 1e-3, "an hour, and two halves of a minute: {took}");
    assert_eq!(account.state(id).await, "available");
}

#[tokio::test]
async fn one_seed_makes_the_same_identifiers() {
    let (one, two) = (Account::new(&[]), Account::new(&[]));
    assert_eq!(one.create("a").await, two.create("a").await);
    assert_ne!(one.create("b").await, two.state("fs-00000000").await);
}
