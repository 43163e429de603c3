//! What a client changes: places for one value each, over EFS, IAM and EC2.

use serde_json::{Value, json};

use crate::client::{Client, Request, Response, TRUST};

/// A place for one value: how it is given one, how that is taken away, and what is there.
///
/// All three are nothing where the sandbox is gone; what is there is an empty text for no value.
pub(crate) struct Slot {
    pub(crate) name: &'static str,
    /// The value with a number.
    pub(crate) value: fn(u64) -> String,
    pub(crate) set: fn(&Client, &str) -> Request,
    pub(crate) remove: fn(&Client) -> Option<Request>,
    pub(crate) read: fn(&Client) -> Option<String>,
    /// Whether a value takes the place of another, and need not be taken away first.
    pub(crate) replaces: bool,
}

pub(crate) const SLOTS: [Slot; 12] = [
    Slot {
        name: "tag",
        value: number,
        set: |client, value| tags("POST", client, "", &json!([{ "Key": "n", "Value": value }])),
        remove: |client| Some(tags("DELETE", client, "?tagKeys=n", &Value::Null)),
        read: |client| first(client, &tags("GET", client, "", &Value::Null), "/Tags/0/Value"),
        replaces: true,
    },
    Slot {
        name: "throughput",
        value: |n| format!("{}.0", 1 + n % 1000),
        set: |client, value| {
            let mibps: f64 = value.parse().unwrap();
            of(
                "PUT",
                client,
                "",
                &json!({ "ThroughputMode": "provisioned", "ProvisionedThroughputInMibps": mibps }),
            )
        },
        remove: |client| Some(of("PUT", client, "", &json!({ "ThroughputMode": "elastic" }))),
        read: |client| {
            let list = listing("file-systems", client);
            first(client, &list, "/FileSystems/0/ProvisionedThroughputInMibps")
        },
        replaces: true,
    },
    Slot {
        name: "policy",
        value: number,
        set: |client, value| {
            let statement = json!({ "Sid": value, "Effect": "Allow", "Principal": "*", "Action": "elasticfilesystem:ClientMount" });
            let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
            of("PUT", client, "/policy", &json!({ "Policy": policy.to_string() }))
        },
        remove: |client| Some(of("DELETE", client, "/policy", &Value::Null)),
        read: |client| {
            let text = first(client, &of("GET", client, "/policy", &Value::Null), "/Policy")?;
            let policy: Value = serde_json::from_str(&text).unwrap_or_default();
            Some(plain(&policy, "/Statement/0/Sid"))
        },
        replaces: true,
    },
    Slot {
        name: "lifecycle",
        value: |n| {
            ["AFTER_7_DAYS", "AFTER_30_DAYS", "AFTER_90_DAYS"][usize::try_from(n % 3).unwrap()]
                .to_owned()
        },
        set: |client, value| lifecycle(client, &json!([{ "TransitionToIA": value }])),
        remove: |client| Some(lifecycle(client, &json!([]))),
        read: |client| {
            let read = of("GET", client, "/lifecycle-configuration", &Value::Null);
            first(client, &read, "/LifecyclePolicies/0/TransitionToIA")
        },
        replaces: true,
    },
    Slot {
        name: "backup policy",
        value: |_| "ENABLED".to_owned(),
        set: |client, value| backup(client, value),
        remove: |client| Some(backup(client, "DISABLED")),
        read: |client| {
            let read = of("GET", client, "/backup-policy", &Value::Null);
            let status = first(client, &read, "/BackupPolicy/Status")?;
            Some(if status == "ENABLED" { status } else { String::new() })
        },
        replaces: true,
    },
    Slot {
        name: "access point",
        value: number,
        set: |client, value| {
            let body = json!({ "FileSystemId": client.file_system, "ClientToken": format!("{value}-{}", client.number) });
            Request::efs("POST", "access-points".to_owned(), &body)
        },
        remove: |client| {
            let id =
                first(client, &listing("access-points", client), "/AccessPoints/0/AccessPointId")?;
            Some(Request::efs("DELETE", format!("access-points/{id}"), &Value::Null))
        },
        read: |client| {
            let token =
                first(client, &listing("access-points", client), "/AccessPoints/0/ClientToken")?;
            Some(token.split('-').next().unwrap_or_default().to_owned())
        },
        replaces: false,
    },
    Slot {
        name: "mount target",
        value: |n| {
            format!("subnet-0c0dec000000001{}", ["0a", "0b", "0c"][usize::try_from(n % 3).unwrap()])
        },
        set: |client, value| {
            let body = json!({ "FileSystemId": client.file_system, "SubnetId": value });
            Request::efs("POST", "mount-targets".to_owned(), &body)
        },
        remove: |client| {
            let id =
                first(client, &listing("mount-targets", client), "/MountTargets/0/MountTargetId")?;
            Some(Request::efs("DELETE", format!("mount-targets/{id}"), &Value::Null))
        },
        read: |client| first(client, &listing("mount-targets", client), "/MountTargets/0/SubnetId"),
        replaces: false,
    },
    Slot {
        name: "another file system",
        value: |_| "it".to_owned(),
        set: |client, value| {
            let body = json!({ "CreationToken": format!("{value}-{}", client.number) });
            Request::efs("POST", "file-systems".to_owned(), &body)
        },
        remove: |client| {
            let id = first(client, &another(client), "/FileSystems/0/FileSystemId")?;
            Some(Request::efs("DELETE", format!("file-systems/{id}"), &Value::Null))
        },
        read: |client| {
            let id = first(client, &another(client), "/FileSystems/0/FileSystemId")?;
            Some(if id.is_empty() { id } else { "it".to_owned() })
        },
        replaces: false,
    },
    Slot {
        name: "replication",
        value: |n| ["eu-north-1", "eu-central-1"][usize::try_from(n % 2).unwrap()].to_owned(),
        set: |client, value| {
            let body = json!({ "Destinations": [{ "Region": value }] });
            of("POST", client, "/replication-configuration", &body)
        },
        remove: |client| Some(of("DELETE", client, "/replication-configuration", &Value::Null)),
        read: |client| {
            let list = listing("file-systems/replication-configurations", client);
            first(client, &list, "/Replications/0/Destinations/0/Region")
        },
        replaces: false,
    },
    Slot {
        name: "role's policy",
        value: number,
        set: |client, value| {
            let role = client.role();
            let document = json!({ "Version": "2012-10-17", "Statement": [
                { "Sid": value, "Effect": "Allow", "Action": "*", "Resource": "*" }
            ]});
            let form = [
                ("RoleName", &*role),
                ("PolicyName", "own"),
                ("PolicyDocument", &document.to_string()),
            ];
            Request::form("iam", "PutRolePolicy", &form)
        },
        remove: |client| Some(inline(client, "DeleteRolePolicy")),
        read: |client| {
            let found = xml(client, &inline(client, "GetRolePolicy"), "PolicyDocument")?;
            // The document is encoded, and its one text of digits is the number.
            let sid = found.split_once("Sid").map_or("", |(_, rest)| rest);
            let digits =
                sid.split("%22").find(|part| part.starts_with(|c: char| c.is_ascii_digit()));
            Some(digits.unwrap_or_default().to_owned())
        },
        replaces: true,
    },
    Slot {
        name: "role",
        value: number,
        set: |client, value| {
            let form = [
                ("RoleName", &*another_role(client)),
                ("AssumeRolePolicyDocument", TRUST),
                ("Description", value),
            ];
            Request::form("iam", "CreateRole", &form)
        },
        remove: |client| Some(named_role(client, "DeleteRole")),
        read: |client| xml(client, &named_role(client, "GetRole"), "Description"),
        replaces: false,
    },
    Slot {
        name: "rule of a security group",
        value: |n| format!("10.{}.{}.0/24", n / 256 % 256, n % 256),
        set: |client, value| rule("AuthorizeSecurityGroupIngress", client, value),
        remove: |client| {
            let range = ranges(client)?;
            Some(rule("RevokeSecurityGroupIngress", client, &range))
        },
        read: ranges,
        replaces: false,
    },
];

/// The ranges that the client's group admits.
fn ranges(client: &Client) -> Option<String> {
    let form = [("Filter.1.Name", "group-id"), ("Filter.1.Value.1", client.group.as_str())];
    let listed = client.done(&Request::form("ec2", "DescribeSecurityGroupRules", &form))?;
    let ranges = listed.text.split("<cidrIpv4>").skip(1).filter_map(|part| part.split('<').next());
    // The default rule is the way out to everywhere.
    Some(ranges.filter(|range| *range != "0.0.0.0/0").collect::<Vec<_>>().join(" "))
}

fn number(n: u64) -> String {
    n.to_string()
}

/// A call on the client's file system.
fn of(method: &'static str, client: &Client, rest: &str, body: &Value) -> Request {
    Request::efs(method, format!("file-systems/{}{rest}", client.file_system), body)
}

fn lifecycle(client: &Client, policies: &Value) -> Request {
    of("PUT", client, "/lifecycle-configuration", &json!({ "LifecyclePolicies": policies }))
}

fn backup(client: &Client, status: &str) -> Request {
    of("PUT", client, "/backup-policy", &json!({ "BackupPolicy": { "Status": status } }))
}

fn tags(method: &'static str, client: &Client, query: &str, tags: &Value) -> Request {
    let body = if tags.is_null() { Value::Null } else { json!({ "Tags": tags }) };
    Request::efs(method, format!("resource-tags/{}{query}", client.file_system), &body)
}

/// What of a kind the client's file system has.
fn listing(kind: &str, client: &Client) -> Request {
    Request::efs("GET", format!("{kind}?FileSystemId={}", client.file_system), &Value::Null)
}

fn another(client: &Client) -> Request {
    Request::efs("GET", format!("file-systems?CreationToken=it-{}", client.number), &Value::Null)
}

fn inline(client: &Client, action: &str) -> Request {
    let role = client.role();
    Request::form("iam", action, &[("RoleName", &role), ("PolicyName", "own")])
}

fn another_role(client: &Client) -> String {
    format!("another-{}", client.number)
}

fn named_role(client: &Client, action: &str) -> Request {
    Request::form("iam", action, &[("RoleName", &another_role(client))])
}

fn rule(action: &str, client: &Client, range: &str) -> Request {
    let form = [
        ("GroupId", client.group.as_str()),
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", "2049"),
        ("IpPermissions.1.ToPort", "2049"),
        ("IpPermissions.1.IpRanges.1.CidrIp", range),
    ];
    Request::form("ec2", action, &form)
}

/// What a read gives at a JSON pointer; an empty text where nothing is there (404).
fn first(client: &Client, read: &Request, at: &str) -> Option<String> {
    Some(plain(&found(client.send(read)?).map(|found| found.json()).unwrap_or_default(), at))
}

fn xml(client: &Client, read: &Request, element: &str) -> Option<String> {
    let found = found(client.send(read)?);
    Some(found.and_then(|found| found.xml(element)).unwrap_or_default())
}

/// A response that is no 404, and must be a success then.
fn found(response: Response) -> Option<Response> {
    assert!([200, 404].contains(&response.status), "{response:?}");
    (response.status == 200).then_some(response)
}

fn plain(value: &Value, at: &str) -> String {
    match value.pointer(at) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
