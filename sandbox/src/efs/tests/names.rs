//! Ids may be given as ARNs: of this account, Region and service.

use serde_json::json;

use super::*;

/// As clients send it in a path: with its colons and slashes percent-encoded.
fn encoded(arn: &str) -> String {
    arn.replace(':', "%3A").replace('/', "%2F")
}

#[test]
fn an_arn_does_what_its_id_does_in_paths_queries_and_bodies() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let arn = text(&aws.described(&id)["FileSystemArn"]);
    assert_eq!(arn, format!("arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/{id}"));
    let tags = json!({ "Tags": [{ "Key": "k", "Value": "v" }] });
    aws.post(&format!("resource-tags/{}", encoded(&arn)), tags.clone()).ok();
    assert_eq!(aws.get(&format!("resource-tags/{id}")).ok(), tags);
    let found = aws.get(&format!("file-systems?FileSystemId={}", encoded(&arn))).ok();
    assert_eq!(found["FileSystems"][0]["FileSystemId"], json!(id));
    let point = aws.access_point(&arn, "t", &json!({})).ok();
    assert_eq!(point["FileSystemId"], json!(id));
    let arn = encoded(&text(&point["AccessPointArn"]));
    aws.get(&format!("mount-targets?AccessPointId={arn}")).ok();
    aws.post(&format!("resource-tags/{arn}"), tags).ok();
    aws.delete(&format!("access-points/{arn}")).ok();
}

#[test]
fn an_arn_of_something_else_is_refused() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    for (arn, said) in [
        (
            format!("arn:aws:elasticfilesystem:us-east-1:111122223333:file-system/{id}"),
            "The resource ARN belongs to a different region.",
        ),
        (
            format!("arn:aws:elasticfilesystem:eu-west-1:444455556666:file-system/{id}"),
            "The resource ARN belongs to a different account.",
        ),
        (
            format!("arn:aws-cn:elasticfilesystem:eu-west-1:111122223333:file-system/{id}"),
            "The resource ARN is invalid",
        ),
        (
            format!("arn:aws-cn:elasticfilesystem:cn-north-1:111122223333:file-system/{id}"),
            "The resource ARN belongs to a different region.",
        ),
        (
            format!("arn:aws:s3:eu-west-1:111122223333:file-system/{id}"),
            "regular expression pattern",
        ),
        (
            format!("arn:aws:elasticfilesystem:eu-west-1:111122223333:access-point/{id}"),
            "regular expression pattern",
        ),
        (
            "arn:aws:elasticfilesystem:eu-west-1:111122223333:access-point/fsap-01234567"
                .to_owned(),
            "regular expression pattern",
        ),
    ] {
        let message = aws.delete(&format!("file-systems/{}", encoded(&arn))).refused("BadRequest");
        assert!(message.contains(said), "{arn}: {message}");
    }
    aws.described(&id);
}
