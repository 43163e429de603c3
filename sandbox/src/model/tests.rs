//! The table is EFS's whole API; requests are routed and checked by it.

use serde_json::{Value, json};

use super::*;

fn efs() -> Model {
    Model::of(include_str!("../../data/efs.json"))
}

fn path(text: &str) -> Vec<String> {
    text.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect()
}

/// What the model makes of a request: the operation, and its input or a complaint.
#[track_caller]
fn read(
    method: &str,
    at: &str,
    query: &[(&str, &str)],
    body: &str,
) -> (String, Result<Value, String>) {
    let model = efs();
    let route = model.route(method, &path(at)).expect("an operation");
    let query: Vec<(String, String)> =
        query.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let sent = Sent { query: &query, body: body.as_bytes() };
    let input = model.input(&route, &sent).map(Value::Object).map_err(|why| why.to_string());
    (route.name.to_owned(), input)
}

#[test]
fn the_table_is_the_whole_model_and_says_where_it_comes_from() {
    let model = efs();
    assert!(model.source.starts_with("botocore 1."), "{}", model.source);
    assert_eq!(model.operations.len(), 31);
    for (name, operation) in &model.operations {
        for shape in operation.input.iter().chain(&operation.output).chain(&operation.errors) {
            assert!(model.shapes.contains_key(shape), "{name} names {shape}");
        }
        assert!(operation.errors.iter().all(|error| model.status(error).is_some()), "{name}");
    }
    for (name, shape) in &model.shapes {
        let members = shape.members.values().map(|member| &member.shape);
        for inner in members.chain(&shape.member) {
            assert!(model.shapes.contains_key(inner), "{name} names {inner}");
        }
        if let Some(pattern) = &shape.pattern {
            let compiled = regress::Regex::with_flags(&pattern.text, "u");
            assert!(compiled.is_ok(), "{name}: {} is no pattern", pattern.text);
        }
    }
}

#[test]
fn every_operation_is_reached_by_its_own_method_and_path() {
    let model = efs();
    for (name, operation) in &model.operations {
        let at = operation.path.replace(['{', '}'], "");
        let route = model.route(&operation.method, &path(&at)).expect("a route");
        assert_eq!(route.name, name);
        assert_eq!(route.parameters.len(), operation.path.matches('{').count(), "{name}");
    }
    for (method, at) in [
        ("GET", "2015-02-01/replications"),
        ("PATCH", "2015-02-01/file-systems"),
        ("DELETE", "2015-02-01/file-systems"),
        ("GET", "2015-02-01"),
        ("GET", "2014-01-01/file-systems"),
    ] {
        assert!(model.route(method, &path(at)).is_none(), "{method} {at}");
    }
}

#[test]
fn an_arn_in_a_path_is_one_parameter() {
    let arn = "arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-0123456789abcdef0";
    let model = efs();
    let sent = ["2015-02-01".to_owned(), "resource-tags".to_owned(), arn.to_owned()];
    let route = model.route("GET", &sent).expect("a route");
    assert_eq!((route.name, route.parameters["ResourceId"].as_str()), ("ListTagsForResource", arn));
}

#[test]
fn an_input_is_put_together_from_path_query_and_body() {
    let (name, input) = read(
        "DELETE",
        "2015-02-01/resource-tags/fs-01234567",
        &[("tagKeys", "one"), ("tagKeys", "two"), ("other", "x")],
        "",
    );
    assert_eq!(name, "UntagResource");
    assert_eq!(input, Ok(json!({ "ResourceId": "fs-01234567", "TagKeys": ["one", "two"] })));
    let (_, input) = read(
        "PUT",
        "2015-02-01/file-systems/fs-01234567",
        &[],
        r#"{ "ThroughputMode": "elastic", "ProvisionedThroughputInMibps": null, "Unknown": 1 }"#,
    );
    assert_eq!(input, Ok(json!({ "FileSystemId": "fs-01234567", "ThroughputMode": "elastic" })));
    let (_, input) =
        read("GET", "2015-02-01/file-systems", &[("MaxItems", "7"), ("Marker", "m")], "");
    assert_eq!(input, Ok(json!({ "MaxItems": 7, "Marker": "m" })));
}

/// Requests that break one constraint each, and what AWS's validator says of it. The words
/// are those of <https://github.com/aws/aws-sdk-js/pull/3321> and
/// <https://github.com/kubernetes-sigs/aws-efs-csi-driver/issues/1073>.
#[test]
fn constraints_are_complained_of_in_the_words_of_awss_validator() {
    let long = "x".repeat(65);
    let create = |body: Value| ("POST", "2015-02-01/access-points", body);
    let with = |member: &str, value: Value| {
        let mut body = json!({ "ClientToken": "t", "FileSystemId": "fs-01234567" });
        body[member] = value;
        create(body)
    };
    let table = [
        (
            ("POST", "2015-02-01/file-systems", json!({})),
            "1 validation error detected: Value null at 'creationToken' failed to satisfy constraint: Member must not be null".to_owned(),
        ),
        (
            ("POST", "2015-02-01/file-systems", json!({ "CreationToken": long })),
            format!("Value '{long}' at 'creationToken' failed to satisfy constraint: Member must have length less than or equal to 64"),
        ),
        (
            ("DELETE", "2015-02-01/file-systems/fake-id", json!({})),
            "Value 'fake-id' at 'fileSystemId' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(arn".to_owned(),
        ),
        (
            with("RootDirectory", json!({ "Path": "//a" })),
            "Value '//a' at 'rootDirectory.path' failed to satisfy constraint: Member must satisfy regular expression pattern: ".to_owned(),
        ),
        (
            with("PosixUser", json!({ "Uid": 4_294_967_296_u64, "Gid": 0 })),
            "Value '4294967296' at 'posixUser.uid' failed to satisfy constraint: Member must have value less than or equal to 4294967295".to_owned(),
        ),
        (
            with("PosixUser", json!({ "Uid": -1 })),
            "2 validation errors detected: Value null at 'posixUser.gid' failed to satisfy constraint: Member must not be null; Value '-1' at 'posixUser.uid' failed to satisfy constraint: Member must have value greater than or equal to 0".to_owned(),
        ),
        (
            with("PosixUser", json!({ "Uid": 1, "Gid": 1, "SecondaryGids": vec![1; 17] })),
            "at 'posixUser.secondaryGids' failed to satisfy constraint: Member must have length less than or equal to 16".to_owned(),
        ),
        (
            with("Tags", json!([{ "Key": "aws:x", "Value": "" }])),
            "Value 'aws:x' at 'tags.1.member.key' failed to satisfy constraint: ".to_owned(),
        ),
        (
            ("PUT", "2015-02-01/file-systems/fs-01234567", json!({ "ThroughputMode": "fast" })),
            "Value 'fast' at 'throughputMode' failed to satisfy constraint: Member must satisfy enum value set: [bursting, provisioned, elastic]".to_owned(),
        ),
    ];
    for ((method, at, body), complaint) in table {
        let (name, input) = read(method, at, &[], &body.to_string());
        let why = input.expect_err(&name);
        assert!(why.contains(&complaint), "{name}:\n{why}\n{complaint}");
    }
}

#[test]
fn what_has_another_type_or_cannot_be_read_is_said_to_be_so() {
    for (body, complaint) in [
        (
            r#"{ "ClientToken": "t", "FileSystemId": "fs-01234567", "PosixUser": { "Uid": "x", "Gid": 1 } }"#,
            "posixUser.uid: the string 'x' cannot be converted to a long integer",
        ),
        (
            r#"{ "ClientToken": "t", "FileSystemId": "fs-01234567", "PosixUser": { "Uid": 1.5, "Gid": 1 } }"#,
            "posixUser.uid: the number 1.5 cannot be converted to a long integer",
        ),
        (
            r#"{ "ClientToken": 1, "FileSystemId": "fs-01234567" }"#,
            "clientToken: the number 1 cannot be converted to a string",
        ),
        (
            r#"{ "ClientToken": "t", "FileSystemId": "fs-01234567", "Tags": {} }"#,
            "tags: a structure cannot be converted to a list",
        ),
        ("{", "The request body is not valid JSON: "),
        ("[]", "The request body is not a JSON object"),
    ] {
        let (_, input) = read("POST", "2015-02-01/access-points", &[], body);
        let why = input.expect_err(body);
        assert!(why.starts_with(complaint), "{body}: {why}");
    }
    let (_, input) = read("GET", "2015-02-01/file-systems", &[("MaxItems", "many")], "");
    assert_eq!(input, Err("MaxItems: 'many' is not a number".to_owned()));
}

/// Values on both sides of each border of an access point's and a tag's patterns.
#[test]
fn patterns_admit_what_efs_admits() {
    let model = efs();
    for (shape, value, admitted) in [
        ("Path", "/", true),
        ("Path", "/a", true),
        ("Path", "/a/b/c/d", true),
        ("Path", "/a/b/c/d/e", false),
        ("Path", "a", false),
        ("Path", "/a/../b", false),
        ("Path", "/a*", false),
        ("Path", "/a b", true),
        ("Permissions", "755", true),
        ("Permissions", "0755", true),
        ("Permissions", "800", false),
        ("Permissions", "75", false),
        ("TagKey", "Straße №1", false),
        ("TagKey", "Straße 1", true),
        ("TagKey", "aWs:x", false),
        ("TagKey", "awsome", true),
        ("TagValue", "", true),
        ("TagValue", "<x>", false),
        ("MountTargetId", "fsmt-01234567", true),
        ("MountTargetId", "fs-01234567", false),
        ("KmsKeyId", "alias/projectKey1", true),
        ("KmsKeyId", "my key", false),
        ("RegionName", "us-gov-west-1", true),
        ("RegionName", "moon", false),
    ] {
        let mut violations = Vec::new();
        model.check(shape, &json!(value), "at", &mut violations).expect("a string");
        assert_eq!(violations.is_empty(), admitted, "{shape} {value}: {violations:?}");
    }
}

#[test]
fn an_answer_is_objected_to_where_clients_would_trip() {
    let model = efs();
    let describe = &model.operations["DescribeFileSystems"];
    let objections = |body: Value| model.objections(describe, &body);
    assert_eq!(objections(json!({ "FileSystems": [] })), [""; 0]);
    assert_eq!(
        objections(json!({ "Files": [] })),
        [".Files is no member of DescribeFileSystemsResponse"]
    );
    let lacking = objections(json!({ "FileSystems": [{ "OwnerId": "111122223333" }] }));
    assert!(lacking.iter().any(|why| why.contains("fileSystemId")), "{lacking:?}");
    assert!(!model.objections(&model.operations["DeleteFileSystem"], &json!({})).is_empty());
}
