//! Runs the program that fetches the credentials of a kubeconfig's user, and puts its token into
//! every request.
//!
//! The Kubernetes client would run it too, but holds up everything else meanwhile: Ctrl-C, the
//! end of `--timeout`, and other deployments of a fleet. Source of the protocol: Kubernetes
//! documentation, "Authenticating", client-go credential plugins.

use std::fs::File;
use std::process::Stdio;
use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};
use k8s_openapi::jiff::Timestamp;
use kube::client::Body;
use kube::config::{AuthInfo, ExecConfig};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{Mutex, Semaphore};
use tower::BoxError;
use tower::filter::AsyncPredicate;

use super::credentials::{Failed, Program};
use crate::wait::{LOGIN, PLUGIN, PLUGIN_EARLY, within};

/// How many such programs run at once, in a fleet.
static PLACES: Semaphore = Semaphore::const_new(8);

/// The credentials of a kubeconfig's user, fetched again before they expire.
#[derive(Clone)]
pub(super) struct Plugin {
    shared: Arc<Shared>,
}

struct Shared {
    program: Program,
    exec: ExecConfig,
    issued: Mutex<Issued>,
}

/// What such a program prints.
#[derive(Deserialize)]
struct ExecCredential {
    status: Issued,
}

/// Credentials; the certificate and the key are PEM.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Issued {
    expiration_timestamp: Option<Timestamp>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

impl Issued {
    /// Whether it is good for one more call.
    fn is_good(&self) -> bool {
        let now = SystemTime::now() + PLUGIN_EARLY;
        self.expiration_timestamp.is_none_or(|end| SystemTime::from(end) > now)
    }
}

impl Plugin {
    /// Runs the program of a user for the first time, in place of the Kubernetes client: what it
    /// prints as certificate and key is the user's, and its token is put into requests.
    pub(super) async fn of(
        user: &mut AuthInfo,
        program: Option<&Program>,
    ) -> Result<Option<Plugin>, Failed> {
        let (Some(exec), Some(program)) = (user.exec.take(), program) else { return Ok(None) };
        let issued = run(program, &exec).await?;
        if let (Some(certificate), Some(key)) =
            (&issued.client_certificate_data, &issued.client_key_data)
        {
            user.client_certificate_data = Some(STANDARD.encode(certificate));
            user.client_key_data = Some(STANDARD.encode(key).into());
        }
        let shared = Shared { program: program.clone(), exec, issued: Mutex::new(issued) };
        Ok(Some(Plugin { shared: Arc::new(shared) }))
    }

    /// The header of a request, with a token that is still good; several requests fetch one.
    async fn header(&self) -> Result<Option<HeaderValue>, Failed> {
        let mut issued = self.shared.issued.lock().await;
        if !issued.is_good() {
            *issued = run(&self.shared.program, &self.shared.exec).await?;
        }
        let Some(token) = &issued.token else { return Ok(None) };
        let mut header =
            HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| Failed::NoCredentials)?;
        header.set_sensitive(true);
        Ok(Some(header))
    }
}

impl AsyncPredicate<Request<Body>> for Plugin {
    type Future = futures_util::future::BoxFuture<'static, Result<Request<Body>, BoxError>>;
    type Request = Request<Body>;

    fn check(&mut self, mut request: Request<Body>) -> Self::Future {
        let plugin = self.clone();
        Box::pin(async move {
            if let Some(header) = plugin.header().await? {
                request.headers_mut().insert(AUTHORIZATION, header);
            }
            Ok(request)
        })
    }
}

/// Runs the program once. It is killed where it is not waited for any more.
async fn run(program: &Program, exec: &ExecConfig) -> Result<Issued, Failed> {
    let _place = PLACES.acquire().await;
    let terminal = (!program.captured).then(|| File::open("/dev/tty").ok()).flatten();
    let (limit, interactive) = match &terminal {
        Some(_) => (LOGIN, true),
        None => (PLUGIN, false),
    };
    let mut command = program.prepared().map_err(Failed::Start)?;
    for name in exec.drop_env.iter().flatten() {
        command.env_remove(name);
    }
    command.env("KUBERNETES_EXEC_INFO", info(exec, interactive).to_string());
    command.stdin(terminal.map_or_else(Stdio::null, Stdio::from)).stdout(Stdio::piped());
    command.stderr(if program.captured { Stdio::piped() } else { Stdio::inherit() });
    let child = tokio::process::Command::from(command).kill_on_drop(true).output();
    let output = within(limit, child).await.ok_or(Failed::Late(limit))?.map_err(Failed::Start)?;
    if !output.status.success() {
        return Err(Failed::Ended { status: output.status, stderr: output.stderr });
    }
    // YAML has JSON in it; client-go takes both.
    let printed: ExecCredential =
        serde_norway::from_slice(&output.stdout).map_err(|_| Failed::NoCredentials)?;
    let issued = printed.status;
    if issued.token.is_none() && issued.client_certificate_data.is_none() {
        return Err(Failed::NoCredentials);
    }
    Ok(issued)
}

/// What the program reads of who runs it.
fn info(exec: &ExecConfig, interactive: bool) -> Value {
    let mut spec = json!({"interactive": interactive});
    if let (true, Some(cluster)) = (exec.provide_cluster_info, &exec.cluster) {
        spec["cluster"] = json!(cluster);
    }
    json!({"apiVersion": exec.api_version, "kind": "ExecCredential", "spec": spec})
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A plugin whose program is a shell script.
    fn user(script: &str) -> AuthInfo {
        let exec = json!({"apiVersion": "client.authentication.k8s.io/v1", "command": "sh",
            "args": ["-c", script], "interactiveMode": "Never"});
        serde_json::from_value(json!({"exec": exec})).unwrap()
    }

    async fn plugin(script: &str) -> Result<Option<Plugin>, Failed> {
        let mut user = user(script);
        let program = Program::of(&user);
        Plugin::of(&mut user, program.as_ref()).await
    }

    /// A program that prints a new token each time, good until `end`.
    fn counting(folder: &std::path::Path, end: &str) -> String {
        let count = folder.join("count").display().to_string();
        format!(
            "echo x >>{count}; printf '{{\"status\":{{\"token\":\"t%s\",\"expirationTimestamp\":\
             \"{end}\"}}}}' $(wc -l <{count})"
        )
    }

    #[tokio::test]
    async fn a_token_is_used_until_it_expires_and_then_fetched_again() {
        let folder = tempfile::tempdir().unwrap();
        let header = async |end| {
            let plugin = plugin(&counting(folder.path(), end)).await.unwrap().unwrap();
            plugin.header().await.unwrap();
            plugin.header().await.unwrap().unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(header("2999-01-01T00:00:00Z").await, "Bearer t1");
        assert_eq!(header("2020-01-01T00:00:00Z").await, "Bearer t4", "one, and one for each call");
    }

    #[tokio::test]
    async fn nothing_is_held_up_meanwhile_and_a_program_that_hangs_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let pid = folder.path().join("pid");
        let hanging = format!("echo $$ >{}; exec sleep 1000", pid.display());
        let started = async {
            while std::fs::read_to_string(&pid).map_or(true, |text| text.is_empty()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            _ = plugin(&hanging) => panic!("it ended"),
            () = started => {}
        }
        let pid = std::fs::read_to_string(&pid).unwrap();
        let stat = format!("/proc/{}/stat", pid.trim());
        let gone = || std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z"));
        within(PLUGIN, async {
            while !gone() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .expect("it was killed");
    }

    #[tokio::test]
    async fn a_certificate_becomes_the_users() {
        let script = "printf '{\"status\":{\"clientCertificateData\":\"CERT\",\"clientKeyData\":\
                      \"KEY\"}}'";
        let mut user = user(script);
        let program = Program::of(&user);
        let plugin = Plugin::of(&mut user, program.as_ref()).await.ok().flatten().unwrap();
        assert_eq!(user.client_certificate_data, Some(STANDARD.encode("CERT")));
        assert!(plugin.header().await.ok().flatten().is_none());
        assert!(user.exec.is_none(), "the client would run it again");
    }

    #[tokio::test]
    async fn what_prints_no_credentials_fails() {
        for script in ["true", "echo '{}'", "echo '{\"status\":{}}'", "echo no: [json"] {
            assert!(matches!(plugin(script).await, Err(Failed::NoCredentials)), "{script}");
        }
        assert!(matches!(plugin("exit 3").await, Err(Failed::Ended { .. })));
    }
}
