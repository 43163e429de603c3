//! A world with a cluster: a real control plane, and small charts.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use control_plane::{
    ApiProxy, Cluster, ControlPlane, Driver, DriverPrograms, Nodes, Programs, RealDriver, User,
    complete_provisioner_role,
};
use serde_json::{Value, json};
use xshell::cmd;

use crate::{Aws, Ran, World, programs, workspace};

/// The cluster of the example `clockwork.hcl`.
const CLUSTER: &str = "graphscope-dev";

/// Starts a control plane with the programs that `cargo xtask tools install` builds.
///
/// # Panics
/// Where a program is missing, with the command that builds it.
pub fn control_plane() -> ControlPlane {
    let tools = tools();
    PLACE.with(|_| ());
    let found = Programs::find(&tools).unwrap_or_else(|missing| {
        panic!("missing: {}; run `cargo xtask tools install`", missing.join(", "))
    });
    ControlPlane::start(&found).unwrap()
}

/// A place among the tests that run control planes: there are as many as cores, since a control
/// plane is several programs that are busy at their start. A test that has one may start several.
struct Place;

static TAKEN: Mutex<usize> = Mutex::new(0);
static GIVEN_BACK: Condvar = Condvar::new();

thread_local! {
    /// The place of a test, which has a thread of its own: given back when that ends.
    static PLACE: Place = Place::take();
}

impl Place {
    fn take() -> Place {
        let places = std::thread::available_parallelism().map_or(1, NonZero::get);
        let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = GIVEN_BACK.wait_while(taken, |taken| *taken >= places);
        *taken.unwrap_or_else(PoisonError::into_inner) += 1;
        Place
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        GIVEN_BACK.notify_one();
    }
}

/// The folder that `cargo xtask tools install` builds into.
fn tools() -> PathBuf {
    programs().parent().unwrap().join("tools/bin")
}

/// A world, its sandbox as a server, and a control plane.
pub struct Clustered {
    pub world: World,
    pub aws: Aws,
    pub plane: ControlPlane,
}

impl Default for Clustered {
    fn default() -> Self {
        Clustered::new()
    }
}

impl Clustered {
    /// An empty account and an empty cluster.
    pub fn new() -> Clustered {
        Clustered::with(World::new())
    }

    /// The same, with an AWS that takes almost no time.
    pub fn quick() -> Clustered {
        let mut world = World::new();
        for name in [
            "FILE_SYSTEM_CREATING",
            "FILE_SYSTEM_DELETING",
            "MOUNT_TARGET_CREATING",
            "MOUNT_TARGET_DELETING",
        ] {
            world.set(&format!("CLOCKWORK_SANDBOX_{name}_MS"), 20);
        }
        Clustered::with(world)
    }

    /// An empty account and an empty cluster for this world.
    pub fn with(mut world: World) -> Clustered {
        let plane = control_plane();
        world.set("AWS_ACCESS_KEY_ID", "a");
        world.set("AWS_SECRET_ACCESS_KEY", "b");
        world.set("KUBECONFIG", plane.kubeconfig(User::Admin).display());
        let path = std::env::var("PATH").unwrap_or_default();
        world.set("PATH", format!("{path}:{}", tools().display()));
        let aws = world.aws();
        let there = Clustered { world, aws, plane };
        there.is_of_eks();
        there
    }

    /// The same cluster in another account, which is as new and has these worlds.
    pub fn in_worlds(&mut self, worlds: &str) {
        let mut env = self.world.env.clone();
        if !worlds.is_empty() {
            env.push(("CLOCKWORK_SANDBOX_WORLDS".to_owned(), worlds.to_owned()));
        }
        self.aws = Aws::serve(None, &env);
        self.is_of_eks();
    }

    /// Has EKS show the control plane as the cluster of the deployment file.
    fn is_of_eks(&self) {
        let authority = std::fs::read(self.plane.folder().join("authority.pem")).unwrap();
        self.is_known_to_eks(&json!({
            "name": CLUSTER,
            "endpoint": self.plane.url(),
            "certificateAuthority": STANDARD.encode(authority),
        }));
    }

    /// Nodes whose pods of the driver's controller are the driver itself. Where its service account
    /// names no role, it has the credentials of this access key id, as of its node.
    pub fn with_real_driver(&self, node: &str) -> Nodes {
        let programs = DriverPrograms::find(&tools()).unwrap_or_else(|missing| {
            panic!("missing: {}; run `cargo xtask tools install`", missing.join(", "))
        });
        let driver = RealDriver {
            programs,
            aws: self.aws.url.clone(),
            api_server: self.plane.url().to_owned(),
            authority: self.plane.authority(),
            node_credentials: Some((node.to_owned(), "secret".to_owned())),
        };
        complete_provisioner_role(self.cluster()).unwrap();
        let kubeconfig = self.plane.kubeconfig(User::Admin);
        Nodes::start_with(&kubeconfig, 2, Driver::Real(Box::new(driver))).unwrap()
    }

    /// Has EKS show a cluster so, as it shows the ones that it made.
    pub fn is_known_to_eks(&self, cluster: &Value) {
        let seed = json!({ "Clusters": [cluster] }).to_string();
        let answer = self.aws.admin("POST", "seed/eu-west-1", &seed);
        assert_eq!(answer.status, 204, "{}", answer.body);
    }

    /// Puts a proxy before the API server that can inject faults and reports the usage of volumes.
    pub fn proxied(&mut self, volumes: Option<&std::path::Path>) -> ApiProxy {
        let upstream = self.plane.kubeconfig(User::Admin);
        let proxy = ApiProxy::start(&upstream, self.world.path(), volumes).unwrap();
        self.world.set("KUBECONFIG", proxy.kubeconfig().display());
        self.is_known_to_eks(&json!({ "name": CLUSTER, "endpoint": proxy.url() }));
        proxy
    }

    /// A client of the API, as the administrator.
    pub fn cluster(&self) -> &Cluster {
        self.plane.cluster()
    }

    /// The small chart that stands in for the driver's.
    pub fn chart() -> PathBuf {
        workspace().join("tests/charts/aws-efs-csi-driver")
    }

    /// A copy of that chart that a test may change.
    pub fn own_chart(&self, name: &str) -> PathBuf {
        self.chart_like("aws-efs-csi-driver", name)
    }

    /// The small chart as one of this version, with the number of controllers where that one reads it.
    pub fn chart_of(&self, version: &str) -> String {
        let folder = self.own_chart(version);
        let change = |file: &str, from: &str, to: &str| {
            let path = folder.join(file);
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.contains(from), "{file} has no {from:?}");
            std::fs::write(path, text.replacen(from, to, 1)).unwrap();
        };
        change("Chart.yaml", "version: 2.4.5", &format!("version: {version}"));
        if !version.starts_with('2') {
            let controller =
                "controller:\n  replicaCount: 2\n  fileSystemIdRefs: {enabled: false}\n";
            change("values.yaml", "controller:\n", controller);
            let template = "templates/controller.yaml";
            change(template, ".Values.replicaCount", ".Values.controller.replicaCount");
        }
        // From 4.0.0 on, the driver's version is one behind that of its chart.
        if let Some(of_driver) = version.strip_prefix("4.") {
            change("values.yaml", "tag: v1.5.6", &format!("tag: v3.{of_driver}"));
        }
        folder.display().to_string()
    }

    /// A copy of a small chart that a test may change.
    pub fn chart_like(&self, chart: &str, name: &str) -> PathBuf {
        let copy = self.world.path().join(name);
        copy_folder(&workspace().join("tests/charts").join(chart), &copy);
        copy
    }

    /// Runs a command of a deployment in the cluster, with the small chart. It does not wait for
    /// the driver, as there may be no nodes.
    pub fn run(&self, command: &str, more: &[&str]) -> Ran {
        let chart = format!("--helm-chart={}", Clustered::chart().display());
        let mut args =
            vec![command, "--endpoint-url", &self.aws.url, "--output", "json", "--no-wait"];
        if !more.iter().any(|arg| arg.starts_with("--helm-chart=")) {
            args.push(&chart);
        }
        args.extend(more);
        self.world.xtask(&args)
    }

    /// Deploys, which must succeed; returns the summary.
    #[track_caller]
    pub fn deploy(&self, more: &[&str]) -> Value {
        self.run("deploy-efs", more).exits(0).json()
    }

    /// Asserts that a plan has no changes.
    #[track_caller]
    pub fn nothing_to_do(&self, more: &[&str]) {
        let plan = self.run("plan-efs", more).exits(0).json();
        assert_eq!(plan["changes"], 0, "{plan:#}");
        assert_eq!(plan["waits"].as_array().map(Vec::len), Some(0), "{plan:#}");
    }

    /// Runs Helm in the cluster, as a person would by hand; returns its output.
    #[track_caller]
    pub fn helm(&self, args: &[&str]) -> String {
        let shell = self.world.shell();
        cmd!(shell, "helm {args...}").quiet().read().unwrap()
    }

    /// Waits until a condition holds.
    #[track_caller]
    pub fn await_that(&self, what: &str, holds: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_mins(3);
        while !holds() {
            assert!(Instant::now() < deadline, "not within three minutes: {what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The path of a claim in the namespace `default`.
    pub fn claim_path(name: &str) -> String {
        format!("/api/v1/namespaces/default/persistentvolumeclaims/{name}")
    }

    /// Creates a claim on the class, and waits until it is bound.
    pub fn claim(&self, name: &str, storage: &str) {
        let path = Clustered::claim_path(name);
        let claim = json!({
            "metadata": {"name": name},
            "spec": {
                "accessModes": ["ReadWriteMany"],
                "storageClassName": "efs-sc",
                "resources": {"requests": {"storage": storage}},
            },
        });
        self.cluster().create(path.rsplit_once('/').unwrap().0, &claim).unwrap();
        self.await_that("the claim is bound", || {
            self.cluster().get(&path).unwrap()["status"]["phase"] == "Bound"
        });
    }

    /// The StorageClass, if it exists.
    pub fn class(&self) -> Option<Value> {
        self.cluster().find("/apis/storage.k8s.io/v1/storageclasses/efs-sc").unwrap()
    }

    /// The revisions of the driver's release, by number, with their status.
    pub fn revisions(&self) -> Vec<(u64, String)> {
        let secrets = "/api/v1/namespaces/kube-system/secrets";
        let of_release = "labelSelector=owner%3Dhelm,name%3Daws-efs-csi-driver";
        let records = self.cluster().list(&format!("{secrets}?{of_release}")).unwrap();
        let mut revisions: Vec<(u64, String)> = records
            .iter()
            .map(|record| {
                let label = |name: &str| record["metadata"]["labels"][name].as_str().unwrap();
                (label("version").parse().unwrap(), label("status").to_owned())
            })
            .collect();
        revisions.sort();
        revisions
    }
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Serves the files of a folder over HTTP until the test ends; returns the URL.
pub fn serve_files(folder: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut line = String::new();
            BufReader::new(&connection).read_line(&mut line).unwrap_or_default();
            let name = line.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
            let (status, body) = match std::fs::read(folder.join(name)) {
                Ok(body) if !name.is_empty() => ("200 OK", body),
                _ => ("404 Not Found", Vec::new()),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ =
                connection.write_all(head.as_bytes()).and_then(|()| connection.write_all(&body));
        }
    });
    url
}
