//! A deployment whose only caller has the rendered policy, and what somebody else does to it.

use serde_json::{Value, json};
use tests::{Aws, Ran, World};

/// Inputs that together take every permission.
pub(crate) const SETS: [&[&str]; 3] = [
    &[
        "--driver=addon",
        "--driver-identity=irsa",
        "--oidc-provider=create",
        "--nfs-clients=nodes",
        "--lifecycle-policy=transition_to_ia=AFTER_30_DAYS",
        "--kms-key-id=alias/graphscope-dev",
    ],
    &[
        "--driver-identity=pod-identity",
        "--helm-chart-version=4.4.1",
        "--security-group=own",
        "--nfs-client-cidr=10.0.0.0/16",
    ],
    &[
        "--driver-identity=none",
        "--nfs-client-cidr=10.9.0.0/16",
        "--replication=region=eu-central-1",
        "--replication=kms_key_id=alias/aws/elasticfilesystem",
        "--replication-overwrite-protection=DISABLED",
    ],
];

/// What stands in the table where nobody is told what is wrong: it must not be there.
pub(crate) const NOT_NAMED: &str = "(nothing names it)";

/// The account's root user, by whose access key others change what is there.
const ROOT: &str = "root";

/// A world whose only caller, beside the account's root user, has this policy and no other.
pub(crate) struct Guarded {
    pub(crate) world: World,
    inputs: Vec<String>,
}

impl Guarded {
    pub(crate) fn new(inputs: &[&str], policy: &Value) -> Guarded {
        let mut world = world(inputs);
        let file = world.path().join("iam.json");
        let principals = json!({
            "sandbox": { "arn": "arn:aws:iam::111122223333:user/operator", "policies": [policy] },
            ROOT: { "arn": "arn:aws:iam::111122223333:root" },
        });
        std::fs::write(&file, json!({ "principals": principals }).to_string()).unwrap();
        world.set("CLOCKWORK_SANDBOX_ENFORCE_IAM", "true");
        world.set("CLOCKWORK_SANDBOX_IAM_FILE", file.display());
        world.set("CLOCKWORK_SANDBOX_WORLDS", "foreign-nodes");
        world.hurry();
        Guarded { world, inputs: inputs.iter().map(|input| (*input).to_owned()).collect() }
    }

    pub(crate) fn run(&self, command: &str, more: &[&str]) -> Ran {
        let inputs = self.inputs.iter().map(String::as_str);
        self.world.run(command, &inputs.chain(more.iter().copied()).collect::<Vec<_>>())
    }

    /// A life without the looks in between, up to what fails: each action is used on the way.
    pub(crate) fn live_briefly(&self) -> Vec<Ran> {
        let mut all = vec![self.run("deploy-efs", &[])];
        if all[0].code == Some(0) {
            spoil(&self.world.aws());
            all.push(self.run("deploy-efs", &[&["--yes"][..], &CHANGED].concat()));
        }
        if all.last().is_some_and(|last| last.code == Some(0)) {
            all.push(self.run("destroy-efs", &["--yes"]));
        }
        all
    }

    /// The whole life: a plan, a deployment, a second run, what somebody changed found and put
    /// right together with a change of the inputs, a status, and the end. Up to what fails.
    pub(crate) fn live(&self) -> Vec<Ran> {
        let changed = [&["--yes"][..], &CHANGED].concat();
        let mut all = Vec::new();
        let mut run = |command: &str, more: &[&str]| {
            let ran = self.run(command, more);
            let done = ran.code == Some(0);
            all.push(ran);
            done
        };
        let lived = run("plan-efs", &[])
            && run("deploy-efs", &[])
            && run("plan-efs", &[])
            && {
                spoil(&self.world.aws());
                run("deploy-efs", &changed)
            }
            && run("plan-efs", &changed[1..])
            && run("status", &[])
            && run("destroy-efs", &["--yes"]);
        assert_eq!(lived, all.last().is_some_and(|last| last.code == Some(0)));
        all
    }
}

/// Changes by hand what a deployment repairs.
fn spoil(aws: &Aws) {
    let send = |method: &str, path: &str, body: Option<&Value>| {
        let answer = aws.efs_as(ROOT, method, path, body);
        assert!(answer.status < 300, "{path}: {}", answer.body);
        answer
    };
    let systems = send("GET", "file-systems", None).json();
    let id = systems["FileSystems"][0]["FileSystemId"].as_str().unwrap().to_owned();
    let targets = send("GET", &format!("mount-targets?FileSystemId={id}"), None).json();
    let target = targets["MountTargets"][0]["MountTargetId"].as_str().unwrap().to_owned();
    let groups = json!({ "SecurityGroups": ["sg-0c0dec00000000002"] });
    send("PUT", &format!("mount-targets/{target}/security-groups"), Some(&groups));
    let iam =
        |operation: &str, parameters: &[(&str, &str)]| aws.iam_as(ROOT, operation, parameters);
    let roles = iam("ListRoles", &[]);
    let role = roles.split("<RoleName>").find(|rest| rest.starts_with("clockwork-"));
    if let Some(role) = role.and_then(|role| role.split('<').next()) {
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        iam("UpdateAssumeRolePolicy", &[("RoleName", role), ("PolicyDocument", trust)]);
    }
    let providers = iam("ListOpenIDConnectProviders", &[]);
    if let Some(arn) = providers.split("<Arn>").nth(1).and_then(|arn| arn.split('<').next()) {
        let audience = [("OpenIDConnectProviderArn", arn), ("ClientID", "sts.amazonaws.com")];
        iam("RemoveClientIDFromOpenIDConnectProvider", &audience);
    }
    spoil_addon(aws);
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#;
    iam("CreateRole", &[("RoleName", "other-pods"), ("AssumeRolePolicyDocument", trust)]);
    let path = "clusters/graphscope-dev/pod-identity-associations";
    let all = aws.eks_as(ROOT, "GET", path, None).json();
    for one in all["associations"].as_array().unwrap() {
        let id = one["associationId"].as_str().unwrap();
        let other = json!({ "roleArn": "arn:aws:iam::111122223333:role/other-pods" });
        let answer = aws.eks_as(ROOT, "POST", &format!("{path}/{id}"), Some(&other));
        assert!(answer.status < 300, "{}", answer.body);
    }
}

/// Gives the add-on, where there is one, other values.
fn spoil_addon(aws: &Aws) {
    let path = "clusters/graphscope-dev/addons/aws-efs-csi-driver";
    if aws.eks_as(ROOT, "GET", path, None).status == 200 {
        let other = json!({ "configurationValues": "node: {logLevel: 5}" });
        let answer = aws.eks_as(ROOT, "POST", &format!("{path}/update"), Some(&other));
        assert!(answer.status < 300, "{}", answer.body);
    }
}

/// A world whose deployment file names no security group where the inputs ask for one.
fn world(inputs: &[&str]) -> World {
    let world = World::new();
    if inputs.contains(&"--security-group=own") {
        let file = world.path().join("clockwork.hcl");
        let text = std::fs::read_to_string(&file).unwrap();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("security_group_id"));
        std::fs::write(&file, lines.collect::<Vec<_>>().join("\n")).unwrap();
    }
    if inputs.contains(&POINTS) {
        // What had a volume stays where no cluster is looked at.
        let points =
            "data: { root_directory: { path: /data }, volume: { size: 1Gi } }\nplain: {}\n";
        std::fs::write(world.path().join("points.yaml"), points).unwrap();
    }
    world
}

/// Access points of the deployment's own, from a file of the world.
pub(crate) const POINTS: &str = "--access-points=points.yaml";

/// What the inputs change to on the way.
const CHANGED: [&str; 4] = [
    "--tags=team=graphs",
    "--throughput-mode=bursting",
    "--backup-policy=DISABLED",
    "--enforce-tls=false",
];

/// The policy that `render` prints for these inputs and what they change to.
pub(crate) fn rendered(inputs: &[&str]) -> Value {
    let args = [&["render", "--iam", "operator"], inputs, &CHANGED].concat();
    world(inputs).xtask(&args).exits(0).json()
}

/// The actions of a policy, in its order.
pub(crate) fn actions(policy: &Value) -> Vec<String> {
    let statements = policy["Statement"].as_array().unwrap().iter();
    let actions = statements.flat_map(|statement| statement["Action"].as_array().unwrap());
    actions.map(|action| action.as_str().unwrap().to_owned()).collect()
}

/// The same policy without an action.
pub(crate) fn without(policy: &Value, action: &str) -> Value {
    let mut policy = policy.clone();
    let statements = policy["Statement"].as_array_mut().unwrap();
    for statement in statements.iter_mut() {
        statement["Action"].as_array_mut().unwrap().retain(|one| one != action);
    }
    statements.retain(|statement| statement["Action"] != json!([]));
    policy
}

/// What a person is told, without what differs from run to run: the digits of ids, the ids of
/// requests, which of the targets failed first, and for how long the looks failed.
pub(crate) fn told(line: &str) -> String {
    let mut text = line.trim().to_owned();
    if let Some((before, _)) = text.split_once("mount_target[\"") {
        text = format!("{before}mount_target[…]");
    }
    if let Some(seconds) = text.strip_prefix("caused by: every look for ")
        && seconds.ends_with(" s failed")
    {
        "caused by: every look for … s failed".clone_into(&mut text);
    }
    while let Some((before, rest)) = text.split_once(" (request id ") {
        let after = rest.split_once(')').map_or("", |(_, after)| after);
        text = format!("{before}{after}");
    }
    let is_id = |word: &&str| {
        let (prefix, digits) = word.split_once('-').unwrap_or_default();
        !prefix.is_empty() && digits.len() == 17 && digits.chars().all(|c| c.is_ascii_hexdigit())
    };
    let words: Vec<String> = text
        .split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .map(|word| {
            let id = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            match Some(id).filter(is_id).and_then(|id| id.split_once('-')) {
                Some((prefix, _)) => word.replace(id, &format!("{prefix}-…")),
                None => word.to_owned(),
            }
        })
        .collect();
    words.concat()
}
