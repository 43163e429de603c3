//! A container as a process of this machine, in namespaces of its own.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde_json::Value;
use supervised::Program;

use crate::json::{field_of, text};

/// Gives the process a host name, the secrets of its pod and an empty `/etc`, and becomes it.
/// The driver writes below `/etc/amazon`, and client libraries read the token at one path only.
/// The old `/etc` is hidden last, as programs look into it when they start.
const SETUP: &str = r#"
set -eu
secrets=$1 name=$2
shift 2
hostname "$name"
mount -t tmpfs tmpfs /run
mkdir /run/secrets
mount --bind "$secrets" /run/secrets
mount -t tmpfs tmpfs /etc
mkdir -p /etc/amazon/efs-static-files
exec env -i "$@"
"#;

/// The command line of a container.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Command {
    host_name: String,
    environment: BTreeMap<String, String>,
    args: Vec<String>,
}

impl Command {
    /// What the container is started with. Paths of its volumes are folders below
    /// `folder/volumes` here; `environment` is what every container of the pod gets.
    pub(super) fn of(
        pod: &Value,
        container: &Value,
        folder: &Path,
        environment: &BTreeMap<String, String>,
    ) -> Command {
        let mounts: Vec<(String, String)> = container["volumeMounts"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|mount| volume_is_empty(pod, &mount["name"]))
            .map(|mount| {
                let here = folder.join("volumes").join(text(mount, "/name"));
                let path = text(mount, "/mountPath").trim_end_matches('/');
                (path.to_owned(), here.display().to_string())
            })
            .collect();
        let local = |value: &str| {
            mounts.iter().fold(value.to_owned(), |value, (path, here)| value.replace(path, here))
        };
        let mut environment = environment.clone();
        for variable in container["env"].as_array().into_iter().flatten() {
            let field = text(variable, "/valueFrom/fieldRef/fieldPath");
            let value =
                if field.is_empty() { text(variable, "/value") } else { field_of(pod, field) };
            environment.insert(text(variable, "/name").to_owned(), local(value));
        }
        let args = container["args"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let args = args.map(|arg| expanded(&local(arg), &environment)).collect();
        Command { host_name: text(pod, "/metadata/name").to_owned(), environment, args }
    }

    /// Starts `program` with it, with its log in `folder`.
    pub(super) fn start(
        self,
        name: &'static str,
        program: &Path,
        folder: &Path,
    ) -> anyhow::Result<Program> {
        // Root needs no user namespace, which some machines do not allow.
        let user: &[&str] = if is_root() { &[] } else { &["--map-root-user"] };
        let namespaces = [user, &["--mount", "--uts"]].concat();
        let mut args: Vec<String> = namespaces.into_iter().map(str::to_owned).collect();
        args.extend(["sh", "-c", SETUP, "container"].map(str::to_owned));
        args.extend([folder.join("secrets").display().to_string(), self.host_name]);
        args.extend(self.environment.into_iter().map(|(name, value)| format!("{name}={value}")));
        args.push(program.display().to_string());
        args.extend(self.args);
        Program::start(name, Path::new("unshare"), folder, &args, &[])
    }
}

/// Whether this process is root's.
fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Whether a volume of the pod is an empty directory, which its containers share.
fn volume_is_empty(pod: &Value, name: &Value) -> bool {
    let mut volumes = pod["spec"]["volumes"].as_array().into_iter().flatten();
    volumes.any(|volume| volume["name"] == *name && volume["emptyDir"].is_object())
}

/// An argument with the values of the variables that it names as `$(NAME)`.
fn expanded(arg: &str, environment: &BTreeMap<String, String>) -> String {
    environment
        .iter()
        .fold(arg.to_owned(), |arg, (name, value)| arg.replace(&format!("$({name})"), value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_arguments_are_those_of_the_chart_with_the_socket_in_a_folder_here() {
        let container = json!({
            "args": ["--endpoint=$(CSI_ENDPOINT)", "--logtostderr", "--tags=team:graphs"],
            "env": [
                {"name": "CSI_ENDPOINT", "value": "unix:///var/lib/csi/sockets/pluginproxy/csi.sock"},
                {"name": "CSI_NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
            ],
            "volumeMounts": [
                {"name": "socket-dir", "mountPath": "/var/lib/csi/sockets/pluginproxy/"},
                {"name": "token", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"},
            ],
        });
        let pod = json!({
            "metadata": {"name": "efs-csi-controller-1"},
            "spec": {
                "nodeName": "stand-in-2",
                "containers": [container],
                "volumes": [{"name": "socket-dir", "emptyDir": {}}, {"name": "token", "projected": {}}],
            },
        });
        let shared = BTreeMap::from([("HTTPS_PROXY".to_owned(), "http://127.0.0.1:1".to_owned())]);
        let found = Command::of(&pod, &container, Path::new("/tmp/csi"), &shared);
        let socket = "unix:///tmp/csi/volumes/socket-dir/csi.sock";
        let environment = [
            ("CSI_ENDPOINT", socket),
            ("CSI_NODE_NAME", "stand-in-2"),
            ("HTTPS_PROXY", "http://127.0.0.1:1"),
        ];
        let expected = Command {
            host_name: "efs-csi-controller-1".to_owned(),
            environment: environment.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
            args: vec![
                format!("--endpoint={socket}"),
                "--logtostderr".to_owned(),
                "--tags=team:graphs".to_owned(),
            ],
        };
        assert_eq!(found, expected);
    }
}
