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

#[tokio::test]
async fn services_that_the_sandbox_does_not_have_are_501_in_their_own_protocol() {
    let account = Account::new(&[]);
    let sentence = |service: &str| format!("The sandbox does not serve the service `{service}`.");
    let mut dynamodb = request("/", "dynamodb", r#"{"TableName":"locks"}"#);
    let target = "DynamoDB_20120810.DescribeTable".parse().unwrap();
    dynamodb.headers_mut().insert("x-amz-target", target);
    let (status, body) = account.send(dynamodb).await.unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(status, 501);
    assert!(body["message"].as_str().unwrap().starts_with(&sentence("dynamodb")), "{body}");
    assert_eq!(body.as_object().unwrap().len(), 1, "no code that AWS does not have: {body}");

    let balancers = "Action=DescribeLoadBalancers&Version=2015-12-01";
    let (status, body) =
        account.send(request("/", "elasticloadbalancing", balancers)).await.unwrap();
    assert_eq!(status, 501);
    assert!(body.contains(&format!("<Message>{}", sentence("elasticloadbalancing"))), "{body}");
    assert!(!body.contains("Code"), "{body}");

    let (status, body) = account.send(request("/bucket/key", "s3", "data")).await.unwrap();
    assert_eq!(status, 501);
    assert!(body.starts_with("<Error><Message>") && body.contains(&sentence("s3")), "{body}");

    let (status, body) =
        account.send(request("/2015-03-31/functions", "lambda", "")).await.unwrap();
    assert_eq!(status, 501);
    assert!(serde_json::from_str::<Value>(&body).is_ok(), "{body}");

    let calls = Request::get("/_sandbox/calls").body(Body::empty()).unwrap();
    let (_, listed) = account.send(calls).await.unwrap();
    let listed: Vec<Value> = serde_json::from_str(&listed).unwrap();
    let named: Vec<[&str; 3]> = listed
        .iter()
        .map(|call| ["service", "operation", "outcome"].map(|of| call[of].as_str().unwrap()))
        .collect();
    assert_eq!(
        named,
        [
            ["dynamodb", "DescribeTable", "not served"],
            ["elasticloadbalancing", "DescribeLoadBalancers", "not served"],
            ["s3", "unknown", "not served"],
            ["lambda", "unknown", "not served"],
        ]
    );
}

#[tokio::test]
async fn a_region_that_does_not_exist_is_refused_by_every_service() {
    let account = Account::new(&[]);
    let form = "Action=DescribeVpcs&Version=2016-11-15";
    for (path, service, body, status) in [
        ("/", "ec2", form, 401),
        ("/2015-02-01/file-systems", "elasticfilesystem", "{}", 403),
        ("/clusters/a", "eks", "{}", 403),
        ("/", "sts", "Action=GetCallerIdentity&Version=2011-06-15", 403),
    ] {
        let mut request = request(path, service, body);
        let signed = authorization(service).replace("/eu-west-1/", "/mars-1/");
        request.headers_mut().insert("authorization", signed.parse().unwrap());
        let (found, body) = account.send(request).await.unwrap();
        assert_eq!(found, status, "{service}: {body}");
        assert!(body.contains("mars-1"), "{service}: {body}");
    }
}
