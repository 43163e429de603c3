//! AWS clients that others wrote, installed for tests and led to the sandbox.

pub mod conversations;
pub mod seen;
mod terraform;

use std::path::{Path, PathBuf};
use std::sync::{LazyLock, OnceLock};

use serde_json::Value;
use xshell::{Shell, cmd};

use crate::{Aws, target, workspace};

pub use terraform::Terraform;

/// boto3 and the AWS CLI, from one release, so that they share one botocore and its model.
const PYTHON_PACKAGES: &[&str] = &["awscli==1.46.3", "boto3==1.44.8"];

/// Times of a sandbox whose clients wait for it.
const TIMES: &[(&str, u32)] = &[
    ("FILE_SYSTEM_UPDATING", 20),
    ("FILE_SYSTEM_DELETING", 20),
    ("MOUNT_TARGET_CREATING", 50),
    ("MOUNT_TARGET_DELETING", 50),
];

/// A sandbox for one client, with instances, in which a file system is `creating` for long enough
/// that the client's next call still finds it so.
pub fn serve(creating_ms: u32) -> Aws {
    let env: Vec<(String, String)> = TIMES
        .iter()
        .chain(&[("FILE_SYSTEM_CREATING", creating_ms)])
        .map(|(name, ms)| (format!("CLOCKWORK_SANDBOX_{name}_MS"), ms.to_string()))
        .chain([("CLOCKWORK_SANDBOX_WORLDS".to_owned(), "nodes".to_owned())])
        .collect();
    Aws::serve(None, &env)
}

/// Where the files of these tests are: stories, conversations, Terraform files.
pub fn files() -> PathBuf {
    workspace().join("tests/clients")
}

/// The folder of a virtual environment that holds boto3 and the AWS CLI.
pub fn python() -> &'static Path {
    static VENV: OnceLock<PathBuf> = OnceLock::new();
    VENV.get_or_init(|| {
        let venv = target().join("clients/python");
        emulators::python::environment(&venv, PYTHON_PACKAGES).unwrap();
        venv
    })
}

/// A folder that holds the AWS SDK for JavaScript and our story for it.
pub fn javascript() -> PathBuf {
    let (folder, files) = (target().join("clients/javascript"), files().join("javascript"));
    let shell = Shell::new().unwrap();
    shell.create_dir(&folder).unwrap();
    let lock = shell.read_file(files.join("package-lock.json")).unwrap();
    // npm leaves its own copy of the lock where it has finished.
    let installed = shell.read_file(folder.join("installed.json")).is_ok_and(|found| found == lock);
    for name in ["package.json", "package-lock.json", "story.mjs"] {
        shell.copy_file(files.join(name), folder.join(name)).unwrap();
    }
    if !installed {
        shell.change_dir(&folder);
        cmd!(shell, "npm ci --silent --no-audit --no-fund").quiet().run().expect(
            "npm installs the AWS SDK for JavaScript; help: install Node.js 20 or later with npm",
        );
        shell.write_file(folder.join("installed.json"), lock).unwrap();
    }
    folder
}

/// A shell whose AWS clients find nothing but this AWS, and do not hide errors by repeating calls.
pub fn shell(url: &str) -> Shell {
    /// Written once, as clients of other tests read it at the same time.
    static CONFIG: LazyLock<PathBuf> = LazyLock::new(|| {
        let config = target().join("clients/config");
        // The plugin is `answers.py`: the CLI's answers are checked like those of boto3.
        let text = "[default]\nparameter_validation = false\n[plugins]\nanswers = answers\n";
        Shell::new().unwrap().write_file(&config, text).unwrap();
        config
    });
    let shell = Shell::new().unwrap();
    for (name, value) in [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_MAX_ATTEMPTS", "1"),
        ("AWS_PAGER", ""),
        ("PYTHONDONTWRITEBYTECODE", "1"),
    ] {
        shell.set_var(name, value);
    }
    for proxy in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        shell.set_var(proxy, "");
    }
    shell.set_var("AWS_CONFIG_FILE", &*CONFIG);
    shell.set_var("PYTHONPATH", files().join("python"));
    shell
}

/// Runs the story of all operations with boto3 (`boto3`) or the AWS CLI (`cli`).
///
/// # Panics
/// Where something went otherwise, or an answer is not what botocore's model says.
pub fn story(client: &str, aws: &Aws) {
    let (shell, folder) = (shell(&aws.url), tempfile::tempdir().unwrap());
    let (python, script) = (python().join("bin/python"), files().join("python/story.py"));
    let answers = folder.path().join("answers.jsonl");
    shell.set_var("CLOCKWORK_ANSWERS", &answers);
    let told = cmd!(shell, "{python} {script} {client}").quiet().ignore_status().output().unwrap();
    let mut mistakes = String::from_utf8_lossy(&told.stderr).into_owned();
    let text = std::fs::read_to_string(&answers).unwrap_or_default();
    let mut heard = 0;
    for line in text.lines() {
        let answer: Value = serde_json::from_str(line).unwrap();
        heard += 1;
        for complaint in answer["complaints"].as_array().unwrap() {
            mistakes.push_str(&format!("{}: {}\n", answer["operation"], complaint));
        }
    }
    assert!(told.status.success() && mistakes.is_empty(), "{client}:\n{mistakes}");
    assert!(heard > 100, "the answers were not checked: {heard}");
}
