//! The audit file of `--audit`: who changed what, where, by which plan, one line of JSON each.
//!
//! Lines are only ever appended. A change is recorded before its first request and again at its
//! end, so that a run that is killed leaves what it was about, and nothing is changed that cannot
//! be recorded.

use std::fs::{File, OpenOptions};
use std::future::Future;
use std::io::Write;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use failure::{Help, failure};
use inputs::printable;
use place::Verdict;
use plan::Plan;
use serde_json::{Map, Value, json};

use crate::log::timestamp;
use crate::stop::Stopped;

/// An open audit file; all deployments of a fleet write to one.
#[derive(Debug)]
pub(crate) struct Audit {
    path: PathBuf,
    file: Mutex<File>,
    /// What the lines of one run have in common.
    run: String,
    command: String,
}

/// What is recorded of one deployment.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    audit: Option<Arc<Audit>>,
    /// Which one it is, of a fleet.
    deployment: Option<String>,
    /// Who changes what is there, once that is known.
    place: OnceLock<Map<String, Value>>,
    /// The digest of the plan that is carried out.
    plan: Mutex<Option<String>>,
    /// Why a request outside of any step could not be recorded.
    broken: Mutex<Option<String>>,
}

/// A step of a plan, as its lines name it.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) step: &'a str,
    pub(crate) address: &'a str,
    /// `create`, `update`, `replace`, `delete` or `check`.
    pub(crate) action: &'a str,
}

/// Where the requests of a task belong.
#[derive(Clone)]
struct Scope {
    trail: Arc<Trail>,
    /// Those of the step that it carries out, where it does.
    requests: Option<Arc<Mutex<Vec<Value>>>>,
}

tokio::task_local! {
    static SCOPE: Scope;
}

/// Records a request that changes something.
pub(crate) fn request(told: Value) {
    let _ = SCOPE.try_with(|Scope { trail, requests }| match requests {
        Some(requests) => locked(requests).push(told),
        None => {
            if let Err(error) = trail.write("request", &told) {
                *locked(&trail.broken) = Some(format!("{error:#}"));
            }
        }
    });
}

impl Audit {
    /// Opens the file, or makes one that nobody else may read; `command` is the command line,
    /// without secrets.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn open(path: &Path, command: &str) -> anyhow::Result<Audit> {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .read(true)
            .mode(0o600)
            .open(path)
            .help(opening(path), REMEDY)?;
        let end = file.metadata().help(opening(path), REMEDY)?.len();
        let mut last = [b'\n'];
        if let Some(at) = end.checked_sub(1) {
            file.read_exact_at(&mut last, at).help(opening(path), REMEDY)?;
        }
        if last != *b"\n" {
            // A full disk cut the last line short: the next one is a line of its own.
            file.write_all(b"\n").help(opening(path), REMEDY)?;
        }
        let run = format!("{:016x}", fastrand::u64(..));
        let path = path.to_owned();
        Ok(Audit { path, file: Mutex::new(file), run, command: command.to_owned() })
    }

    fn write(&self, fields: Map<String, Value>) -> anyhow::Result<()> {
        let mut line = Value::Object(fields).to_string();
        line.push('\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let what = || format!("recording in the audit file `{}`", self.path.display());
        file.write_all(line.as_bytes()).help(what(), REMEDY)
    }
}

fn opening(path: &Path) -> String {
    format!("opening the audit file `{}`", path.display())
}

const REMEDY: &str =
    "nothing is changed without a record: make room for it, or name another file by `--audit`";

impl Trail {
    /// That of a deployment, which is named in a fleet.
    pub(crate) fn new(audit: Option<&Arc<Audit>>, deployment: Option<&str>) -> Trail {
        Trail {
            audit: audit.map(Arc::clone),
            deployment: deployment.map(str::to_owned),
            ..Trail::default()
        }
    }

    /// Who changes what, as soon as that is known.
    pub(crate) fn place(&self, places: &[Verdict]) {
        let Some(first) = places.first() else { return };
        let caller = places.iter().find_map(|verdict| verdict.caller.as_ref());
        let mut place = Map::new();
        place.insert("account".to_owned(), json!(caller.map(|caller| &caller.account)));
        place.insert("principal".to_owned(), json!(caller.map(|caller| &caller.arn)));
        // Modules may be in several regions: then each request names its own.
        if !places.iter().any(|verdict| verdict.wanted.region != first.wanted.region) {
            place.insert("region".to_owned(), json!(first.wanted.region));
        }
        if !places.iter().any(|verdict| verdict.wanted.cluster != first.wanted.cluster) {
            place.insert("cluster".to_owned(), json!(first.wanted.cluster));
        }
        if let Some(access) = &first.access {
            place.insert("server".to_owned(), json!(access.server));
        }
        let _ = self.place.set(place);
    }

    /// Carries a run out, whose requests belong to this deployment.
    pub(crate) async fn run<T>(self: &Arc<Self>, work: impl Future<Output = T>) -> T {
        let scope = Scope { trail: Arc::clone(self), requests: None };
        SCOPE.scope(scope, Box::pin(work)).await
    }

    /// A run begins.
    ///
    /// # Errors
    /// If that cannot be recorded: then nothing should be changed.
    pub(crate) fn begins(&self) -> anyhow::Result<()> {
        self.write("run", &Value::Null)
    }

    /// A plan is about to be carried out.
    ///
    /// # Errors
    /// If that cannot be recorded: then it must not be carried out.
    pub(crate) fn plan<C>(&self, plan: &Plan<C>, digest: &str) -> anyhow::Result<()> {
        *locked(&self.plan) = Some(digest.to_owned());
        let change = |change: &plan::Change<C>| {
            json!({
                "step": change.id,
                "action": change.action,
                "address": change.address.to_string(),
                "reason": printable(&change.reason),
            })
        };
        let changes: Vec<Value> = plan.changes.iter().map(change).collect();
        self.write("plan", &json!({ "changes": changes }))
    }

    /// Carries a step out, which is recorded before and after.
    ///
    /// # Errors
    /// That of the step; or if it cannot be recorded: before its first request, or at its end.
    pub(crate) async fn step(
        self: &Arc<Self>,
        entry: Entry<'_>,
        work: impl Future<Output = anyhow::Result<String>>,
    ) -> anyhow::Result<String> {
        if self.audit.is_none() {
            return Box::pin(work).await;
        }
        let Entry { step, address, action } = entry;
        let begun = json!({"step": step, "address": address, "action": action});
        if let Some(broken) = locked(&self.broken).clone() {
            return Err(failure(broken, REMEDY));
        }
        self.write("begun", &begun)?;
        let requests = Arc::<Mutex<Vec<Value>>>::default();
        let scope = Scope { trail: Arc::clone(self), requests: Some(Arc::clone(&requests)) };
        let result = SCOPE.scope(scope, Box::pin(work)).await;
        let mut ended = begun;
        ended["requests"] = locked(&requests).clone().into();
        match &result {
            Ok(summary) => {
                ended["result"] = "done".into();
                ended["summary"] = printable(summary).into();
            }
            Err(error) if error.is::<Stopped>() => ended["result"] = "stopped".into(),
            Err(error) => {
                ended["result"] = "failed".into();
                ended["error"] = printable(&format!("{error:#}")).into();
            }
        }
        let written = self.write(if action == "check" { "check" } else { "change" }, &ended);
        result.and_then(|summary| written.map(|()| summary))
    }

    /// A run ended, in one word, after so many changes.
    pub(crate) fn ends(&self, how: &str, changed: usize) -> anyhow::Result<()> {
        self.write("ended", &json!({"result": how, "changed": changed}))
    }

    /// Appends a line.
    fn write(&self, event: &str, more: &Value) -> anyhow::Result<()> {
        let Some(audit) = &self.audit else { return Ok(()) };
        let mut line = Map::new();
        line.insert("timestamp".to_owned(), timestamp().into());
        line.insert("event".to_owned(), event.into());
        line.insert("run".to_owned(), audit.run.clone().into());
        line.insert("command".to_owned(), audit.command.clone().into());
        if let Some(deployment) = &self.deployment {
            line.insert("deployment".to_owned(), deployment.clone().into());
        }
        if let Some(plan) = locked(&self.plan).clone() {
            line.insert("plan".to_owned(), plan.into());
        }
        line.extend(self.place.get().cloned().unwrap_or_default());
        if let Value::Object(more) = more {
            line.extend(more.clone());
        }
        audit.write(line)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
