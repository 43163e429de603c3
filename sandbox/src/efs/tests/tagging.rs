//! Tags, by the operations of today and by the deprecated ones.

use serde_json::{Value, json};

use super::*;

fn tags(range: std::ops::Range<u32>) -> Value {
    json!({ "Tags": range.map(|n| json!({ "Key": format!("k{n:02}"), "Value": "v" })).collect::<Vec<_>>() })
}

#[test]
fn both_kinds_of_operations_see_the_same_tags() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    aws.post(
        &format!("create-tags/{id}"),
        json!({ "Tags": [{ "Key": "Name", "Value": "one" }, { "Key": "a", "Value": "" }] }),
    )
    .ok();
    aws.post(
        &format!("resource-tags/{id}"),
        json!({ "Tags": [{ "Key": "Name", "Value": "two" }] }),
    )
    .ok();
    assert_eq!(aws.described(&id)["Name"], "two", "the Name tag is the name");
    let found = aws.get(&format!("tags/{id}/")).ok();
    assert_eq!(
        found["Tags"],
        json!([{ "Key": "Name", "Value": "two" }, { "Key": "a", "Value": "" }])
    );
    assert_eq!(aws.get(&format!("resource-tags/{id}")).ok()["Tags"], found["Tags"]);
    // "If the DeleteTags request includes a tag key that doesn't exist, Amazon EFS ignores it".
    aws.post(&format!("delete-tags/{id}"), json!({ "TagKeys": ["Name", "never there"] })).ok();
    aws.delete(&format!("resource-tags/{id}?tagKeys=a&tagKeys=b")).ok();
    assert_eq!(aws.get(&format!("tags/{id}/")).ok()["Tags"], json!([]));
    assert_eq!(aws.described(&id).get("Name"), None);
}

#[test]
fn access_points_have_tags_too_but_not_for_the_deprecated_operations() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let point = text(&aws.access_point(&id, "t", &json!({})).ok()["AccessPointId"]);
    aws.post(&format!("resource-tags/{point}"), tags(0..2)).ok();
    assert_eq!(aws.get(&format!("resource-tags/{point}")).ok(), tags(0..2));
    aws.post(&format!("create-tags/{point}"), tags(0..1)).refused("BadRequest");
    aws.get("resource-tags/fsap-00000000").refused("AccessPointNotFound");
    aws.get("resource-tags/fs-00000000").refused("FileSystemNotFound");
}

/// Lengths, letters and the reserved prefix: shapes `TagKey` and `TagValue` of the model.
#[test]
fn what_is_no_tag_is_refused() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let one = |key: &str, value: &str| json!({ "Tags": [{ "Key": key, "Value": value }] });
    for body in [
        one("aws:x", "y"),
        one("AWS:x", "y"),
        one("", "y"),
        one(&"k".repeat(129), "y"),
        one("k", &"v".repeat(257)),
        one("k", "<script>"),
        json!({ "Tags": [{ "Key": "k", "Value": "1" }, { "Key": "k", "Value": "2" }] }),
        json!({ "Tags": [{ "Key": "k" }] }),
        json!({ "Tags": [{ "Key": "k", "Value": 1 }] }),
        json!({}),
    ] {
        for path in ["resource-tags", "create-tags"] {
            aws.post(&format!("{path}/{id}"), body.clone()).refused("BadRequest");
        }
    }
    aws.delete(&format!("resource-tags/{id}")).refused("BadRequest");
    aws.post(&format!("delete-tags/{id}"), json!({ "TagKeys": [] })).refused("BadRequest");
    aws.post(&format!("resource-tags/{id}"), one(&"k".repeat(128), &"v".repeat(256))).ok();
}

#[test]
fn a_resource_has_at_most_fifty_tags() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    aws.post(&format!("resource-tags/{id}"), tags(0..50)).ok();
    aws.post(&format!("resource-tags/{id}"), tags(50..51)).refused("BadRequest");
    aws.post(&format!("resource-tags/{id}"), tags(49..50)).ok();
    let many =
        aws.post("file-systems", json!({ "CreationToken": "t", "Tags": tags(0..51)["Tags"] }));
    many.refused("BadRequest");
    aws.access_point(&id, "t", &tags(0..51)).refused("BadRequest");
}
