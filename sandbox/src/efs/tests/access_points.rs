//! Access points: validated before they are kept, so that every listing can be read.

use serde_json::json;

use super::*;

#[test]
fn an_access_point_is_described_as_it_was_asked_for() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let asked = json!({
        "PosixUser": { "Uid": 1001, "Gid": 4_294_967_295_u32, "SecondaryGids": [0, 7] },
        "RootDirectory": {
            "Path": "/a/b",
            "CreationInfo": { "OwnerUid": 0, "OwnerGid": 1, "Permissions": "0755" },
        },
        "Tags": [{ "Key": "Name", "Value": "n" }],
    });
    let made = aws.access_point(&id, "t", &asked).ok();
    assert_eq!(made["LifeCycleState"], "creating");
    for member in ["PosixUser", "RootDirectory", "Tags"] {
        assert_eq!(made[member], asked[member]);
    }
    assert_eq!((&made["Name"], &made["ClientToken"]), (&json!("n"), &json!("t")));
    aws.wait(100);
    let listed = aws.get(&format!("access-points?FileSystemId={id}")).ok();
    assert_eq!(listed["AccessPoints"][0]["LifeCycleState"], "available");
    let plain = aws.access_point(&id, "plain", &json!({})).ok();
    assert_eq!(plain["RootDirectory"], json!({ "Path": "/" }));
    assert_eq!(plain.get("PosixUser"), None);
}

/// Issue 11, "an access point with the user id `x` makes every later listing unreadable".
/// Ranges and patterns are those of EFS's model.
#[test]
fn what_is_no_user_path_or_permission_is_refused_and_not_kept() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let root = |path: &str| json!({ "RootDirectory": { "Path": path } });
    for body in [
        json!({ "PosixUser": { "Uid": "x", "Gid": 0 } }),
        json!({ "PosixUser": { "Uid": "1001", "Gid": 0 } }),
        json!({ "PosixUser": { "Uid": 1001 } }),
        json!({ "PosixUser": { "Uid": -1, "Gid": 0 } }),
        json!({ "PosixUser": { "Uid": 0, "Gid": 4_294_967_296_u64 } }),
        json!({ "PosixUser": { "Uid": 0, "Gid": 0, "SecondaryGids": [-1] } }),
        json!({ "PosixUser": { "Uid": 0, "Gid": 0, "SecondaryGids": vec![1; 17] } }),
        root(""),
        root("a"),
        root("/a/b/c/d/e"),
        root(&format!("/{}", "x".repeat(100))),
        root("/.hidden"),
        root("//a"),
        root("/a;b"),
        json!({ "RootDirectory": { "Path": "/a", "CreationInfo": { "OwnerUid": 0, "OwnerGid": 0 } } }),
        json!({ "RootDirectory": { "Path": "/a", "CreationInfo": { "OwnerUid": 0, "OwnerGid": 0, "Permissions": "rwx" } } }),
        json!({ "RootDirectory": { "Path": "/a", "CreationInfo": { "OwnerUid": 0, "OwnerGid": 0, "Permissions": "00755" } } }),
        json!({ "ClientToken": "x".repeat(65) }),
        json!({ "ClientToken": "" }),
        json!({ "Tags": [{ "Key": "k" }] }),
    ] {
        aws.access_point(&id, "t", &body).refused("BadRequest");
    }
    assert_eq!(aws.get("access-points").ok()["AccessPoints"], json!([]));
    aws.access_point(&id, "t", &root(&format!("/{}", "x".repeat(99)))).ok();
}

/// A token counts for the Region, not for the file system
/// (<https://github.com/kubernetes-sigs/aws-efs-csi-driver/pull/1170>), and repeating it is
/// refused even with the same parameters (<https://github.com/aws/aws-cli/issues/6198>).
#[test]
fn a_repeated_token_names_the_access_point_that_has_it() {
    let aws = Aws::new();
    let (one, two) = (aws.file_system(&json!({})), aws.file_system(&json!({})));
    let made = aws.access_point(&one, "pvc-1", &json!({})).ok();
    for id in [one, two] {
        let again = aws.access_point(&id, "pvc-1", &json!({}));
        assert_eq!(again.body["AccessPointId"], made["AccessPointId"]);
        again.refused("AccessPointAlreadyExists");
    }
}

#[test]
fn a_file_system_has_as_many_access_points_as_its_quota_says() {
    let aws = Aws::with(&["--access-point-limit", "2"]);
    let id = aws.file_system(&json!({}));
    let first = text(&aws.access_point(&id, "1", &json!({})).ok()["AccessPointId"]);
    aws.access_point(&id, "2", &json!({})).ok();
    let full = aws.access_point(&id, "3", &json!({}));
    assert_eq!(full.status, 403);
    full.refused("AccessPointLimitExceeded");
    aws.delete(&format!("access-points/{first}")).ok();
    aws.access_point(&id, "3", &json!({})).ok();
}

#[test]
fn access_points_are_described_by_one_thing_at_most() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let point = text(&aws.access_point(&id, "t", &json!({})).ok()["AccessPointId"]);
    aws.get(&format!("access-points?FileSystemId={id}&AccessPointId={point}"))
        .refused("BadRequest");
    aws.get("access-points?AccessPointId=fsap-00000000").refused("AccessPointNotFound");
    aws.get("access-points?FileSystemId=fs-00000000").refused("FileSystemNotFound");
    let found = aws.get(&format!("access-points?AccessPointId={point}")).ok();
    assert_eq!(found["AccessPoints"][0]["FileSystemId"], json!(id));
    aws.delete("access-points/fsap-00000000").refused("AccessPointNotFound");
}

#[test]
fn deleting_may_take_time() {
    let aws = Aws::with(&["--access-point-deleting-ms", "500"]);
    let id = aws.file_system(&json!({}));
    let point = text(&aws.access_point(&id, "t", &json!({})).ok()["AccessPointId"]);
    aws.delete(&format!("access-points/{point}")).ok();
    let path = format!("access-points?AccessPointId={point}");
    assert_eq!(aws.get(&path).ok()["AccessPoints"][0]["LifeCycleState"], "deleting");
    aws.wait(500);
    aws.get(&path).refused("AccessPointNotFound");
}
