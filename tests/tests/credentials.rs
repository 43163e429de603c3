//! Credentials as companies hand them out: logins of the console, roles behind MFA devices, and
//! sessions that end in the middle of a run.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use serde_json::{Value, json};
use tests::{Aws, Ran, World, programs, write_program};
use xshell::cmd;

/// A session of `aws login`, and the name of the file that the AWS CLI keeps its token in: the
/// SHA-256 of the session.
const SESSION: &str = "arn:aws:iam::0123456789012:user/Admin";
const TOKEN_FILE: &str = "36db1d138ff460920374e4c3d8e01f53f9f73537e89c88d639f68393df0e2726.json";

/// A key that was made for this test; the token is bound to it (RFC 9449).
const DPOP_KEY: &str = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEICATr7/xtmOPxbq9o02E4VpLDJjScO0aB4wxzFH8G+uaoAoGCCqGSM49\nAwEHoUQDQgAEnFFU2d45i7rBC568tVy5fq/ka+yACe8cOjuH+wNgoBSh82cLxgiY\niIl8Qb+Q0snwxCOSmKmJmO22SfzgyCm1Bg==\n-----END EC PRIVATE KEY-----";

/// A world whose AWS is called with the credentials of a profile.
struct Laptop {
    world: World,
    aws: Aws,
    env: Vec<(String, String)>,
}

impl Laptop {
    /// With this configuration file, and `dev` as the profile in use.
    fn new(config: &str) -> Laptop {
        let (world, aws) = (World::new(), Aws::serve(None, &[]));
        let path = |name: &str| world.path().join(name).display().to_string();
        std::fs::write(path("aws-config"), config).unwrap();
        let env = [
            ("AWS_CONFIG_FILE", path("aws-config")),
            ("AWS_SHARED_CREDENTIALS_FILE", path("none")),
            ("AWS_LOGIN_CACHE_DIRECTORY", path("")),
            ("AWS_PROFILE", "dev".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value)).to_vec();
        Laptop { world, aws, env }
    }

    fn with(mut self, name: &str, value: &str) -> Laptop {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    fn args(&self, command: &str) -> Vec<String> {
        let manifests = self.world.manifests().display().to_string();
        let args = [command, "--output=json", "--endpoint-url", self.aws.url(), "--manifests"];
        args.into_iter().map(str::to_owned).chain([manifests]).collect()
    }

    fn run(&self, command: &str) -> Ran {
        let args = self.args(command);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        self.world.xtask_with(&self.env, &args)
    }

    /// How many calls reached AWS.
    fn calls(&self) -> usize {
        self.aws.admin("GET", "calls", "").json().as_array().unwrap().len()
    }
}

/// Leaves the token of a login that is good until `end`.
fn logged_in(laptop: &Laptop, end: &str) {
    let token = json!({
        "accessToken": {
            "accessKeyId": "ASIALOGIN", "secretAccessKey": "secret", "sessionToken": "session",
            "accountId": "012345678901", "expiresAt": end,
        },
        "tokenType": "aws_sigv4", "refreshToken": "refresh-1",
        "clientId": "arn:aws:signin:::devtools/same-device", "dpopKey": DPOP_KEY,
    });
    std::fs::write(laptop.world.path().join(TOKEN_FILE), token.to_string()).unwrap();
}

fn login_profile() -> String {
    format!("[profile dev]\nlogin_session = {SESSION}\nregion = eu-west-1\n")
}

/// Has this access key id belong to a user of its name.
fn known(aws: &Aws, key: &str) {
    let all = json!({"Version": "2012-10-17", "Statement":
        [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let principal = json!({"policies": [all]}).to_string();
    assert_eq!(aws.admin("PUT", &format!("iam/principals/{key}"), &principal).status, 204);
}

/// A sign-in service that answers every request with this, and the requests that it got.
fn sign_in_service(status: &'static str, body: Value) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut request, mut buffer) = (stream.unwrap(), Vec::new(), [0; 4096]);
            loop {
                let read = stream.read(&mut buffer).unwrap();
                request.extend(&buffer[..read]);
                // The body is one JSON object.
                if read == 0 || request.ends_with(b"}") {
                    break;
                }
            }
            let body = body.to_string();
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
                 connection: close\r\n\r\n",
                body.len()
            );
            stream.write_all((head + &body).as_bytes()).unwrap();
            let _ = sender.send(String::from_utf8_lossy(&request).into_owned());
        }
    });
    (url, requests)
}

#[test]
fn the_login_of_the_console_is_a_profile_like_any_other() {
    let laptop = Laptop::new(&login_profile());
    known(&laptop.aws, "ASIALOGIN");
    logged_in(&laptop, "2999-01-01T00:00:00Z");
    let deployed = laptop.run("deploy-efs").exits(0).json();
    assert_eq!(deployed["changed"], 7);
    let identity = deployed["places"][0]["identity"].as_str().unwrap();
    assert!(identity.ends_with(":user/ASIALOGIN"), "{identity}");
}

#[test]
fn a_login_that_is_about_to_end_is_renewed_and_kept() {
    let renewed = json!({
        "accessToken": {"accessKeyId": "ASIANEW", "secretAccessKey": "s", "sessionToken": "t"},
        "tokenType": "aws_sigv4", "expiresIn": 900, "refreshToken": "refresh-2",
    });
    let (url, requests) = sign_in_service("200 OK", renewed);
    let laptop = Laptop::new(&login_profile()).with("AWS_ENDPOINT_URL_SIGNIN", &url);
    known(&laptop.aws, "ASIANEW");
    logged_in(&laptop, "2020-01-01T00:00:00Z");
    let deployed = laptop.run("deploy-efs").exits(0).json();
    let identity = deployed["places"][0]["identity"].as_str().unwrap();
    assert!(identity.ends_with(":user/ASIANEW"), "{identity}");
    let request = requests.recv().unwrap();
    assert!(request.starts_with("POST /v1/token") && request.contains("refresh-1"), "{request}");
    let kept = std::fs::read_to_string(laptop.world.path().join(TOKEN_FILE)).unwrap();
    assert!(kept.contains("ASIANEW") && kept.contains("refresh-2"), "{kept}");
}

#[test]
fn a_login_that_cannot_be_renewed_ends_before_any_call_and_says_how_to_log_in() {
    let refused = json!({"error": "TOKEN_EXPIRED", "message": "expired"});
    let (url, _requests) = sign_in_service("401 Unauthorized", refused);
    let laptop = Laptop::new(&login_profile()).with("AWS_ENDPOINT_URL_SIGNIN", &url);
    logged_in(&laptop, "2020-01-01T00:00:00Z");
    let ran = laptop.run("deploy-efs").exits(1);
    let help = ran.stderr.lines().find(|line| line.starts_with("help: ")).unwrap();
    assert!(help.contains("`aws login`"), "{}", ran.stderr);
    assert_eq!(laptop.calls(), 0);
    assert!(!ran.stderr.contains("refresh-1"), "{}", ran.stderr);
}

#[test]
fn credentials_that_end_in_the_middle_of_a_run_are_named_and_the_next_run_goes_on() {
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_FAULTS", "CreateMountTarget:#2:code=ExpiredTokenException");
    let ran = world.run("deploy-efs", &[]).exits(1);
    let help: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("help: ")).collect();
    assert!(help.iter().any(|line| line.contains("have expired: log in again")), "{help:?}");
    assert!(help.iter().any(|line| line.contains("resumes")), "{help:?}");
    world.env.clear();
    world.deploy(&[]);
    world.nothing_to_do(&[]);
    assert_eq!(world.aws().mount_targets().len(), 3);
}

#[test]
fn credentials_with_a_short_life_are_fetched_again_while_a_run_goes_on() {
    let laptop = Laptop::new("[profile dev]\ncredential_process = PROCESS\n");
    let (program, count) = (laptop.world.path().join("process"), laptop.world.path().join("count"));
    let script = format!(
        "#!/bin/sh\necho x >>{count}\nend=$(date -u -d '+2 seconds' +%Y-%m-%dT%H:%M:%SZ)\n\
         echo \"{{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"K\\\",\\\"SecretAccessKey\\\":\\\"s\\\",\
         \\\"SessionToken\\\":\\\"t\\\",\\\"Expiration\\\":\\\"$end\\\"}}\"\n",
        count = count.display()
    );
    write_program(&program, &script);
    let config = laptop.world.path().join("aws-config");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("PROCESS", &program.display().to_string())).unwrap();
    assert_eq!(laptop.run("deploy-efs").exits(0).json()["changed"], 7);
    let fetched = std::fs::read_to_string(count).unwrap().lines().count();
    assert!(fetched > 2, "fetched {fetched} times");
}

/// A user whose role wants the code of a device.
fn behind_a_device() -> Laptop {
    let laptop = Laptop::new(
        "[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/deployer\n\
         mfa_serial = arn:aws:iam::111122223333:mfa/ann\nsource_profile = ann\n\
         [profile ann]\naws_access_key_id = ann\naws_secret_access_key = secret\n",
    );
    known(&laptop.aws, "ann");
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": "arn:aws:iam::111122223333:user/ann"},
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    }]});
    let all = json!({"Version": "2012-10-17", "Statement":
        [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let (trust, all) = (trust.to_string(), all.to_string());
    let role = [("RoleName", "deployer"), ("AssumeRolePolicyDocument", trust.as_str())];
    laptop.aws.iam_as("ann", "CreateRole", &role);
    let policy =
        [("RoleName", "deployer"), ("PolicyName", "all"), ("PolicyDocument", all.as_str())];
    laptop.aws.iam_as("ann", "PutRolePolicy", &policy);
    assert_eq!(laptop.aws.admin("PUT", "iam/enforced", "true").status, 204);
    laptop
}

#[test]
fn a_role_behind_a_device_says_how_to_give_a_code_where_nobody_can_be_asked() {
    let laptop = behind_a_device();
    let before = laptop.calls();
    let ran = laptop.run("deploy-efs").exits(1);
    let wants = "the profile `dev` wants a code of the MFA device \
                 `arn:aws:iam::111122223333:mfa/ann`";
    assert!(ran.stderr.contains(wants), "{}", ran.stderr);
    assert!(ran.stderr.contains("aws configure export-credentials"), "{}", ran.stderr);
    assert_eq!(laptop.calls(), before, "nothing is called before");
}

/// Answers `code` at a terminal; what it shows, and whether the run went well.
fn at_a_terminal(laptop: &Laptop, code: &str) -> (String, bool) {
    let shell = laptop.world.shell();
    for (name, value) in &laptop.env {
        shell.set_var(name, value);
    }
    let xtask = programs().join("xtask").display().to_string();
    let line = [vec![xtask], laptop.args("deploy-efs")].concat().join(" ");
    let output = cmd!(shell, "script --quiet --return --command {line} /dev/null")
        .stdin(format!("{code}\n"))
        .quiet()
        .ignore_status()
        .output()
        .unwrap();
    (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.success())
}

#[test]
#[ignore = "needs script"]
fn a_role_behind_a_device_is_assumed_with_the_code_that_a_person_types() {
    let laptop = behind_a_device();
    let (shown, went_well) = at_a_terminal(&laptop, "123456");
    assert!(went_well, "{shown}");
    assert!(shown.contains("MFA code of arn:aws:iam::111122223333:mfa/ann: "), "{shown}");
    assert!(shown.contains(":assumed-role/deployer/clockwork-codex"), "{shown}");
    assert_eq!(
        laptop.aws.efs_as("ann", "GET", "file-systems", None).json()["FileSystems"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    let laptop = behind_a_device();
    let (shown, went_well) = at_a_terminal(&laptop, "12");
    assert!(!went_well && shown.contains("invalid MFA one time pass code"), "{shown}");
    assert!(shown.contains("give the next code"), "{shown}");
}
