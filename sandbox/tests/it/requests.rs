//! Requests are told apart, decoded and refused before any service sees them.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::account::{Account, authorization};

fn request(path: &str, service: &str, body: impl Into<Body>) -> Request<Body> {
    Request::builder()
        .method("POST")
        .uri(path)
        .header("authorization", authorization(service))
        .header("x-amz-date", "20260101T000000Z")
        .body(body.into())
        .unwrap()
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_not_carried_out() {
    let account = Account::new(&[]);
    let tags = json!([{ "Key": "k", "Value": "x".repeat(2 * 1024 * 1024) }]);
    let body = json!({ "CreationToken": "a", "Tags": tags });
    let (status, refused) = account.efs("POST", "file-systems", body).await;
    assert_eq!((status, &refused["ErrorCode"]), (413, &json!("RequestEntityTooLargeException")));
    let form = format!("Action=DescribeVpcs&Filter.1.Name={}", "x".repeat(2 * 1024 * 1024));
    let (status, refused) = account.send(request("/", "ec2", form)).await.unwrap();
    assert_eq!(status, 413);
    assert!(refused.contains("<Code>RequestEntityTooLarge</Code>"), "{refused}");
    assert!(account.tokens().await.is_empty());
}

#[tokio::test]
async fn ids_and_arns_are_the_same_however_a_path_encodes_them() {
    let account = Account::new(&[]);
    let id = account.create("a").await;
    let arn = format!("arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/{id}");
    let encoded = arn.replace(':', "%3A").replace('/', "%2F");
    let tags = json!({ "Tags": [{ "Key": "team", "Value": "a+b/c" }] });
    for name in [&id, &encoded, &encoded.to_lowercase()] {
        let path = format!("resource-tags/{name}");
        assert_eq!(account.efs("POST", &path, tags.clone()).await.0, 200, "{path}");
        let (_, listed) = account.efs("GET", &path, Value::Null).await;
        assert_eq!(listed["Tags"], tags["Tags"], "{path}");
    }
    // Decoded once: an encoded percent sign is a percent sign, and no id has one.
    let twice = encoded.replace('%', "%25");
    let (status, _) = account.efs("GET", &format!("resource-tags/{twice}"), Value::Null).await;
    assert!([400, 404].contains(&status), "{status}");
}

#[tokio::test]
async fn a_signature_for_another_service_is_refused_as_each_service_does() {
    let account = Account::new(&[]);
    let efs = request("/2015-02-01/file-systems", "ec2", r#"{"CreationToken":"a"}"#);
    let (status, refused) = account.send(efs).await.unwrap();
    assert_eq!(status, 403);
    assert!(refused.contains("Credential should be scoped to correct service"), "{refused}");
    let ec2 = request("/", "elasticfilesystem", "Action=DescribeVpcs&Version=2016-11-15");
    let (status, refused) = account.send(ec2).await.unwrap();
    assert_eq!(status, 401);
    assert!(refused.contains("<Code>AuthFailure</Code>"), "{refused}");
    assert!(account.tokens().await.is_empty());
}

#[tokio::test]
async fn a_cut_connection_is_no_response() {
    let account = Account::new(&["--fault", "CreateFileSystem:#1:cut-after"]);
    let body = r#"{"CreationToken":"a"}"#;
    let create = || request("/2015-02-01/file-systems", "elasticfilesystem", body);
    assert!(account.send(create()).await.is_none());
    assert_eq!(account.tokens().await, ["a"], "it was carried out");
    assert_eq!(account.send(create()).await.unwrap().0, 409);
}

#[tokio::test]
async fn the_account_is_the_one_that_is_asked_for() {
    let account = Account::new(&["--account", "999988887777"]);
    let body = json!({ "CreationToken": "a" });
    let (_, made) = account.efs("POST", "file-systems", body).await;
    assert_eq!(made["OwnerId"], "999988887777");
    assert!(made["FileSystemArn"].as_str().unwrap().contains(":999988887777:"), "{made}");
}
