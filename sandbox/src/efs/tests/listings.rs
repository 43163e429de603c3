//! Lists come in pages, and a marker leads on in its own listing alone.

use serde_json::{Value, json};

use super::*;

/// One listing: its path, what holds the items, and what its parameters are called.
struct Listing {
    path: String,
    member: &'static str,
    limit: &'static str,
    from: &'static str,
    next: &'static str,
    items: usize,
}

/// Every listing of EFS that has pages, with five items or more.
fn listings(aws: &Aws) -> Vec<Listing> {
    let id = aws.file_system(&json!({}));
    for n in 0..5 {
        aws.access_point(&id, &format!("p{n}"), &json!({})).ok();
        let other = aws.file_system(&json!({}));
        let destination = json!({ "Destinations": [{ "Region": "eu-north-1" }] });
        aws.post(&format!("file-systems/{other}/replication-configuration"), destination).ok();
        aws.post(
            &format!("resource-tags/{id}"),
            json!({ "Tags": [{ "Key": format!("k{n}"), "Value": "" }] }),
        )
        .ok();
    }
    for subnet in [SUBNET_A, SUBNET_B, "subnet-0c0dec0000000010c"] {
        aws.mount_target(&id, subnet, &json!({})).ok();
    }
    let marker = |path: String, member, items| Listing {
        path,
        member,
        limit: "MaxItems",
        from: "Marker",
        next: "NextMarker",
        items,
    };
    let token = |path: String, member, items| Listing {
        path,
        member,
        limit: "MaxResults",
        from: "NextToken",
        next: "NextToken",
        items,
    };
    vec![
        marker("file-systems?".to_owned(), "FileSystems", 6),
        marker(format!("mount-targets?FileSystemId={id}&"), "MountTargets", 3),
        marker(format!("tags/{id}/?"), "Tags", 5),
        token("access-points?".to_owned(), "AccessPoints", 5),
        token(format!("access-points?FileSystemId={id}&"), "AccessPoints", 5),
        token("file-systems/replication-configurations?".to_owned(), "Replications", 5),
        token(format!("resource-tags/{id}?"), "Tags", 5),
    ]
}

#[test]
fn pages_show_everything_once_and_their_markers_count_for_them_alone() {
    let aws = Aws::new();
    let mut markers: Vec<String> = Vec::new();
    let all = listings(&aws);
    for Listing { path, member, limit, from, next, items } in &all {
        let whole = aws.get(path.trim_end_matches(['?', '&'])).ok();
        assert_eq!(whole[member].as_array().unwrap().len(), *items, "{path}");
        assert_eq!(whole.get(*next), None, "{path}");
        let mut seen: Vec<Value> = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let on = marker.as_ref().map(|marker| format!("&{from}={marker}")).unwrap_or_default();
            let page = aws.get(&format!("{path}{limit}=2{on}")).ok();
            let found = page[member].as_array().unwrap();
            assert!((1..=2).contains(&found.len()), "{path}");
            seen.extend(found.iter().cloned());
            if *from == "Marker" {
                assert_eq!(page["Marker"].as_str(), marker.as_deref(), "{path}");
            }
            let Some(further) = page[*next].as_str() else { break };
            marker = Some(further.to_owned());
        }
        assert_eq!(json!(seen), whole[member], "{path}");
        markers.extend(marker);
        for bad in ["made-up", "0000000000000000fs-0123", "x"] {
            aws.get(&format!("{path}{from}={bad}")).refused(refusal(path));
        }
    }
    for (n, Listing { path, from, .. }) in all.iter().enumerate() {
        for (m, marker) in markers.iter().enumerate().filter(|(m, _)| *m != n) {
            let reply = aws.get(&format!("{path}{from}={marker}"));
            assert_eq!(reply.status, 400, "the marker of {} leads on in {path}", all[m].path);
        }
    }
}

/// Markers are refused as `BadRequest`, which every listing's model has.
fn refusal(_path: &str) -> &'static str {
    "BadRequest"
}

#[test]
fn a_page_has_at_least_one_item_and_at_most_a_hundred() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    for n in 0..101 {
        aws.access_point(&id, &format!("p{n}"), &json!({})).ok();
    }
    for asked in ["", "MaxResults=100", "MaxResults=1000"] {
        let page = aws.get(&format!("access-points?{asked}")).ok();
        assert_eq!(page["AccessPoints"].as_array().unwrap().len(), 100, "{asked}");
        let next = text(&page["NextToken"]);
        let rest = aws.get(&format!("access-points?{asked}&NextToken={next}")).ok();
        assert_eq!(rest["AccessPoints"].as_array().unwrap().len(), 1, "{asked}");
    }
    for path in ["access-points?MaxResults", "file-systems?MaxItems"] {
        for bad in ["0", "-1", "many", "1.5"] {
            aws.get(&format!("{path}={bad}")).refused("BadRequest");
        }
    }
}

/// "To view one by its token": an unknown token is an empty list, not an error.
#[test]
fn file_systems_are_found_by_their_token() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({ "CreationToken": "mine" }));
    let found = aws.get("file-systems?CreationToken=mine").ok();
    assert_eq!(found["FileSystems"][0]["FileSystemId"], json!(id));
    assert_eq!(aws.get("file-systems?CreationToken=other").ok()["FileSystems"], json!([]));
    aws.get(&format!("file-systems?CreationToken=mine&FileSystemId={id}")).refused("BadRequest");
    aws.get(&format!("file-systems?CreationToken={}", "x".repeat(65))).refused("BadRequest");
}
