//! The driver's own controller, with its provisioner, where its identity is not what it needs: what
//! it says of a claim of the class, and what a deploy makes of that.
//!
//! The API server, its controllers, Helm, driver and provisioner are real, and so are their answers;
//! AWS is the sandbox, which enforces policies and trust as IAM and STS do.

use std::io::Read as _;
use std::process::{Command, Stdio};

use control_plane::Nodes;
use serde_json::{Value, json};
use tests::{Clustered, World, programs};
use xshell::cmd;

use crate::support::told;
use crate::table::{self, Row};

/// The account's root user, by whose access key this program and the tests call AWS.
const ROOT: &str = "sandbox";
/// The access key of the nodes, whose role allows nothing.
const NODE: &str = "node";

/// The issuer of the control plane's tokens, without `https://`.
const ISSUER: &str = "kubernetes.default.svc";
const AUDIENCE: &str = "sts.amazonaws.com";
const ROLE: &str = "arn:aws:iam::111122223333:role/driver";
const MANAGED: &str = "arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy";

const NAMESPACE: &str = "/api/v1/namespaces/kube-system";
/// By which a provisioner leads. One that was killed leaves it behind for fifteen seconds.
const LEASE: &str = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/efs-csi-aws-com";
const CLASS: &str = "/apis/storage.k8s.io/v1/storageclasses/efs-sc";

/// An account and a cluster, in which the driver itself makes volumes.
struct Driven {
    there: Clustered,
    _nodes: Nodes,
    rows: Vec<Row>,
}

impl Driven {
    fn new() -> Driven {
        let mut world = World::new();
        world.set("CLOCKWORK_SANDBOX_ENFORCE_IAM", "true");
        let mut there = Clustered::with(world);
        there.world.set("AWS_ACCESS_KEY_ID", ROOT);
        let node = json!({ "arn": "arn:aws:iam::111122223333:role/nodes" }).to_string();
        let put = there.aws.admin("PUT", &format!("iam/principals/{NODE}"), &node);
        assert_eq!(put.status, 204, "{}", put.body);
        let nodes = there.with_real_driver(NODE);
        Driven { there, _nodes: nodes, rows: Vec::new() }
    }

    fn iam(&self, operation: &str, parameters: &[(&str, &str)]) {
        self.there.aws.iam_as(ROOT, operation, parameters);
    }

    fn args(&self, inputs: &[&str]) -> Vec<String> {
        let own = [
            "deploy-efs".to_owned(),
            format!("--endpoint-url={}", self.there.aws.url),
            format!("--helm-chart={}", Clustered::chart().display()),
            "--driver-replicas=1".to_owned(),
            "--yes".to_owned(),
        ];
        own.into_iter().chain(inputs.iter().map(|input| (*input).to_owned())).collect()
    }

    /// The driver gets these inputs, and its controller starts anew with them, as EKS gives a pod its
    /// role when it starts.
    fn given(&self, inputs: &[&str]) {
        let before = self.controllers();
        let args = self.args(&[inputs, &["--no-canary"]].concat());
        self.there.world.xtask(&args.iter().map(String::as_str).collect::<Vec<_>>()).exits(0);
        self.there.await_that("no controller of before is there", || {
            let now = self.controllers();
            !now.is_empty() && now.iter().all(|pod| !before.contains(pod))
        });
        self.there.cluster().delete(LEASE).unwrap();
        self.there.await_that("the provisioner leads", || {
            let lease = self.there.cluster().find(LEASE).unwrap();
            lease.is_some_and(|lease| lease["spec"]["holderIdentity"].is_string())
        });
    }

    /// The controller's pods.
    fn controllers(&self) -> Vec<String> {
        let all = format!("{NAMESPACE}/pods?labelSelector=app%3Defs-csi-controller");
        let all = self.there.cluster().list(&all).unwrap();
        all.iter().map(|pod| pod["metadata"]["uid"].as_str().unwrap().to_owned()).collect()
    }

    /// Has the next deploy send a canary.
    fn unproved(&self) {
        let failed = json!({ "clockwork-codex/canary-failed": "true" });
        let failed = json!({ "metadata": { "annotations": failed } });
        self.there.cluster().merge(CLASS, &failed).unwrap();
    }

    /// Adds the statement to the role that a plan with these inputs says it lacks.
    fn allow_tags(&self, inputs: &[&str]) {
        let args = self.args(inputs);
        let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
        args.retain(|arg| *arg != "--yes");
        args[0] = "plan-efs";
        let plan = self.there.world.xtask(&args).exits(0).stdout;
        let (_, statement) = plan.split_once("policies of the driver's role: ").unwrap();
        let statement: Value = serde_json::from_str(statement.lines().next().unwrap()).unwrap();
        let policy = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
        let own = [("RoleName", "driver"), ("PolicyName", "tags"), ("PolicyDocument", &*policy)];
        self.iam("PutRolePolicy", &own);
    }

    /// Sends a canary that is bound.
    fn binds(&self, inputs: &[&str]) {
        self.unproved();
        let args = self.args(inputs);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let ran = self.there.world.xtask(&args).exits(0);
        assert!(ran.stderr.contains("canary[\"efs-sc\"]: bound as fsap-"), "{}", ran.stderr);
    }

    /// Sends a canary by a deploy, which is stopped as soon as the driver has answered; what the
    /// person is told.
    fn canary(&mut self, cause: &str, inputs: &[&str]) {
        self.unproved();
        let (shell, xtask) = (self.there.world.shell(), programs().join("xtask"));
        let args = self.args(inputs);
        let mut command: Command = cmd!(shell, "{xtask} {args...}").into();
        let mut run = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        self.there.await_that("the driver answers", || self.has_answered());
        let id = run.id().to_string();
        cmd!(shell, "kill -INT {id}").quiet().run().unwrap();
        let mut said = String::new();
        run.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(run.wait().unwrap().code(), Some(1), "{said}");
        self.rows.push((cause.to_owned(), told_of(&said)));
        self.there.await_that("the claim is gone", || {
            let claims = format!("{NAMESPACE}/persistentvolumeclaims");
            self.there.cluster().list(&claims).unwrap().is_empty()
        });
    }

    /// Whether the driver has answered a claim that is there.
    fn has_answered(&self) -> bool {
        let list = |path: &str| self.there.cluster().list(&format!("{NAMESPACE}/{path}")).unwrap();
        let claims = list("persistentvolumeclaims");
        let events = list("events?fieldSelector=reason%3DProvisioningFailed");
        claims.iter().any(|claim| {
            let uid = &claim["metadata"]["uid"];
            events.iter().any(|event| event["involvedObject"]["uid"] == *uid)
        })
    }
}

/// The error of the canary, what it was caused by, and its remedy.
fn told_of(said: &str) -> String {
    let lines =
        said.lines().skip_while(|line| !line.contains("carrying out module.efs_csi.canary"));
    let lines = lines.take_while(|line| !line.contains("Completed steps are kept"));
    lines.map(steady).collect::<Vec<_>>().join("\n    ")
}

/// A line without the ids of requests, which the driver writes in its own way, and without what only
/// one of the provisioner's two events has in front of the driver's answer.
fn steady(line: &str) -> String {
    let line = line.replacen("failed to provision volume with StorageClass \"efs-sc\": ", "", 1);
    let line = line.as_str();
    match line.split_once(", request id: ") {
        Some((before, after)) => {
            let rest = after.trim_start_matches(|c: char| c.is_ascii_hexdigit() || c == '-');
            told(&format!("{before}, request id: …{rest}"))
        }
        None => told(line),
    }
}

/// Who may assume the role by tokens of the cluster.
fn trust(account: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Federated": format!("arn:aws:iam::111122223333:oidc-provider/{ISSUER}") },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": { "StringEquals": {
                format!("{ISSUER}:sub"): format!("system:serviceaccount:kube-system:{account}"),
                format!("{ISSUER}:aud"): AUDIENCE,
            } },
        }],
    })
    .to_string()
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`, and namespaces of mounts"]
fn what_the_driver_lacks_is_told_by_what_it_says_itself() {
    let mut driven = Driven::new();
    let (none, role) = (["--driver-identity=none"], format!("--driver-identity={ROLE}"));
    driven.given(&none);
    driven.canary("nobody gave the driver a role", &none);

    let named = [role.as_str()];
    // A role that was never there is refused: this one is deleted later.
    let document = trust("somebody-else");
    driven.iam("CreateRole", &[("RoleName", "driver"), ("AssumeRolePolicyDocument", &document)]);
    driven.given(&named);
    driven.iam("DeleteRole", &[("RoleName", "driver")]);
    driven.canary("IAM has no provider for the cluster's tokens", &named);
    let provider = [("Url", &*format!("https://{ISSUER}")), ("ClientIDList.member.1", "other")];
    driven.iam("CreateOpenIDConnectProvider", &provider);
    driven.canary("the provider takes no tokens for STS", &named);
    let arn = format!("arn:aws:iam::111122223333:oidc-provider/{ISSUER}");
    let audience = [("OpenIDConnectProviderArn", arn.as_str()), ("ClientID", AUDIENCE)];
    driven.iam("AddClientIDToOpenIDConnectProvider", &audience);
    driven.canary("the service account names a role that is not there", &named);
    let document = trust("somebody-else");
    driven.iam("CreateRole", &[("RoleName", "driver"), ("AssumeRolePolicyDocument", &document)]);
    driven.canary("the role trusts another service account", &named);
    let document = trust("efs-csi-controller-sa");
    driven.iam("UpdateAssumeRolePolicy", &[("RoleName", "driver"), ("PolicyDocument", &document)]);
    driven.canary("no policy is attached to the role", &named);

    driven.iam("AttachRolePolicy", &[("RoleName", "driver"), ("PolicyArn", MANAGED)]);
    let tagged = [role.as_str(), "--access-point-tags=team=graphs"];
    driven.given(&tagged);
    driven.canary("AWS's own policy does not allow the driver's tags", &tagged);

    // With the statement that the plan names, the same claim is bound.
    driven.allow_tags(&tagged);
    driven.binds(&tagged);
    table::holds(table::DRIVER, &driven.rows);
}
