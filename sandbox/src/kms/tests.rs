//! KMS's rules as its users meet them.

use serde_json::json;

use crate::testing::Aws;

const OWN: &str = "0c0dec00-0000-4000-8000-000000000002";

#[test]
fn a_key_is_described_by_id_arn_and_alias() {
    let aws = Aws::new();
    let arn = format!("arn:aws:kms:eu-west-1:111122223333:key/{OWN}");
    for id in [OWN, &arn, "alias/graphscope-dev"] {
        let key = aws.kms("DescribeKey", &json!({ "KeyId": id })).ok().json();
        assert_eq!(key["KeyMetadata"]["Arn"], json!(arn));
        assert_eq!(key["KeyMetadata"]["KeyState"], "Enabled");
    }
    let managed =
        aws.kms("DescribeKey", &json!({ "KeyId": "alias/aws/elasticfilesystem" })).ok().json();
    assert_eq!(managed["KeyMetadata"]["KeyManager"], "AWS");
    let leaving = aws.kms("DescribeKey", &json!({ "KeyId": "alias/leaving" })).ok().json();
    assert_eq!(leaving["KeyMetadata"]["KeyState"], "PendingDeletion");
    assert!(leaving["KeyMetadata"]["DeletionDate"].is_number());
}

#[test]
fn what_names_no_key_is_refused_in_kmss_words() {
    let aws = Aws::new();
    let none = "0c0dec00-0000-4000-8000-00000000dead";
    let base = "arn:aws:kms:eu-west-1:111122223333";
    for (id, code, message) in [
        (none, "NotFoundException", format!("Key '{base}:key/{none}' does not exist")),
        ("alias/none", "NotFoundException", format!("Alias {base}:alias/none is not found.")),
        ("banana", "NotFoundException", "Invalid keyId 'banana'".to_owned()),
    ] {
        let refused = aws.kms("DescribeKey", &json!({ "KeyId": id }));
        assert_eq!(refused.rejected(400, code), message);
    }
    aws.kms("DescribeKey", &json!({})).rejected(400, "ValidationException");
    let other = aws.kms("CreateKey", &json!({}));
    assert_eq!((other.status, &other.error_type), (501, &None), "{}", other.body);
    assert_eq!(other.json().get("__type"), None, "AWS has no code for this");
    aws.kms("CreateKeys", &json!({})).rejected(400, "UnknownOperationException");
}

#[test]
fn aliases_come_in_pages() {
    let aws = Aws::new();
    let all = aws.kms("ListAliases", &json!({})).ok().json();
    assert_eq!(all["Truncated"], false);
    let all = all["Aliases"].as_array().unwrap().len();
    let first = aws.kms("ListAliases", &json!({ "Limit": 2 })).ok().json();
    assert_eq!(
        (first["Truncated"].clone(), first["Aliases"].as_array().unwrap().len()),
        (json!(true), 2)
    );
    let rest = json!({ "Limit": 100, "Marker": first["NextMarker"] });
    let rest = aws.kms("ListAliases", &rest).ok().json();
    assert_eq!(rest["Aliases"].as_array().unwrap().len(), all - 2);
    // An alias that is there is no marker, and one of another listing is not this one's.
    for made_up in [json!("banana"), json!("alias/graphscope-dev")] {
        let made_up = json!({ "Marker": made_up });
        aws.kms("ListAliases", &made_up).rejected(400, "InvalidMarkerException");
    }
    let elsewhere = json!({ "KeyId": OWN, "Marker": first["NextMarker"] });
    aws.kms("ListAliases", &elsewhere).rejected(400, "InvalidMarkerException");
    let of_key = aws.kms("ListAliases", &json!({ "KeyId": OWN })).ok().json();
    assert_eq!(of_key["Aliases"][0]["AliasName"], "alias/graphscope-dev");
}

/// "EFS accepts only symmetric KMS keys" (`CreateFileSystem`).
#[test]
fn efs_takes_a_key_that_can_encrypt() {
    let aws = Aws::new();
    let create = |key: &str| {
        let body = json!({ "CreationToken": key, "Encrypted": true, "KmsKeyId": key });
        aws.efs("POST", "file-systems", &body)
    };
    let made = create("alias/graphscope-dev").ok().json();
    assert_eq!(made["KmsKeyId"], json!(format!("arn:aws:kms:eu-west-1:111122223333:key/{OWN}")));
    for alias in ["alias/disabled", "alias/leaving", "alias/asymmetric"] {
        assert_eq!(create(alias).error_type.as_deref(), Some("BadRequest"), "{alias}");
    }
}

#[test]
fn keys_are_added_from_outside() {
    let aws = Aws::new();
    let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
    let seed = json!({ "Keys": [{ "KeyId": id, "KeyState": "Disabled" }], "Aliases": [{ "AliasName": "alias/x", "TargetKeyId": id }] });
    aws.own("seed/eu-west-1", &seed).ok();
    let key = aws.kms("DescribeKey", &json!({ "KeyId": "alias/x" })).ok().json();
    assert_eq!(key["KeyMetadata"]["Enabled"], false);
    let dangling = json!({ "Aliases": [{ "AliasName": "alias/y", "TargetKeyId": "none" }] });
    assert_eq!(aws.own("seed/eu-west-1", &dangling).status, 400);
    assert_eq!(aws.own("seed/eu-west-1", &json!({ "Colours": [] })).status, 400);
}
