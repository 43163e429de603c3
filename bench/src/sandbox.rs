//! The sandbox under load: its memory and its time for a call where it holds much, many whole
//! lives at once, and its start with a large state.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::measure::Aws;
use crate::report::Figure;

/// How many file systems and how many access points there are.
const MANY: usize = 10_000;
/// How many clients live at once.
const CLIENTS: usize = 200;
/// How many rounds of calls are timed one by one.
const ROUNDS: usize = 200;
/// How often a start is measured; the middle one counts.
const STARTS: usize = 5;

/// The subnets of the sandbox's network that a mount target can be in at the same time.
const SUBNETS: [&str; 3] =
    ["subnet-0c0dec0000000010a", "subnet-0c0dec0000000010b", "subnet-0c0dec0000000010c"];

/// All figures, against the goals that the sandbox has.
pub fn sandbox(programs: &Path) -> anyhow::Result<Vec<Figure>> {
    let mut figures = vec![lives(programs)?];
    let folder = tempfile::tempdir()?;
    let state = format!("--state={}", folder.path().join("state.json").display());
    // More than AWS's own quota, so that what grows shows.
    let limit = format!("--file-system-limit={}", 2 * MANY);
    let flags = [state, limit, "--file-system-creating-ms=0".to_owned()];
    let aws = Aws::start(programs, &flags)?;
    let ids = fill(&aws)?;
    figures.extend(calls(&aws, &ids)?);
    #[expect(clippy::cast_precision_loss, reason = "megabytes")]
    let peak = aws.peak() as f64 / 1e6;
    figures.push(Figure::at_most("sandbox/memory", peak, "MB", 200.0));
    drop(aws);
    figures.push(start(programs, &flags)?);
    Ok(figures)
}

/// A client of its own, which keeps its connection.
pub(crate) struct Client<'a> {
    url: &'a str,
    agent: ureq::Agent,
}

impl<'a> Client<'a> {
    pub(crate) fn new(url: &'a str) -> Client<'a> {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .build()
            .into();
        Client { url, agent }
    }

    /// A request of EFS: the status, and the body as JSON.
    fn efs(&self, method: &str, path: &str, body: &Value) -> anyhow::Result<(u16, Value)> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let path = format!("/2015-02-01/{path}");
        let (status, text) = self.send(method, &path, "elasticfilesystem", body)?;
        Ok((status, serde_json::from_str(&text).unwrap_or_default()))
    }

    /// The same, which must succeed.
    pub(crate) fn done(&self, method: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        let (status, answer) = self.efs(method, path, body)?;
        if !(200..300).contains(&status) {
            bail!("{method} {path} was answered {status}: {answer}");
        }
        Ok(answer)
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        service: &str,
        body: String,
    ) -> anyhow::Result<(u16, String)> {
        let signature = "0".repeat(64);
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=BENCH/20260101/eu-west-1/{service}/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature={signature}"
        );
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("authorization", authorization)
            .header("x-amz-date", "20260101T000000Z")
            .body(body)?;
        let mut answer = self.agent.run(request).with_context(|| format!("{method} {path}"))?;
        let text = answer.body_mut().read_to_string()?;
        Ok((answer.status().as_u16(), text))
    }
}

/// Whole lives side by side, with a state file and the sandbox's own times, of which 1.4 s are
/// waiting.
fn lives(programs: &Path) -> anyhow::Result<Figure> {
    let folder = tempfile::tempdir()?;
    let state = format!("--state={}", folder.path().join("state.json").display());
    let aws = Aws::start(programs, &[state])?;
    let began = Instant::now();
    side_by_side(CLIENTS, |number| life(&Client::new(&aws.url), number))?;
    let took = began.elapsed().as_secs_f64();
    Ok(Figure::at_most(format!("sandbox/lives/{CLIENTS}"), took, "s", 5.0))
}

/// A file system with mount targets, an access point and tags, from its creation to its end.
fn life(client: &Client, number: usize) -> anyhow::Result<()> {
    let token = json!({ "CreationToken": format!("life-{number}") });
    let made = client.done("POST", "file-systems", &token)?;
    let id = text(&made, "FileSystemId")?;
    let systems = format!("file-systems?FileSystemId={id}");
    let targets = format!("mount-targets?FileSystemId={id}");
    let states = |path: &str, list: &str, wanted: usize| {
        until(|| {
            let (_, answer) = client.efs("GET", path, &Value::Null)?;
            let found = answer[list].as_array().map_or(&[][..], Vec::as_slice);
            let ready = found.iter().all(|found| found["LifeCycleState"] == "available");
            Ok(found.len() == wanted && ready)
        })
    };
    states(&systems, "FileSystems", 1)?;
    let mut made = Vec::new();
    for subnet in SUBNETS {
        let body = json!({ "FileSystemId": id, "SubnetId": subnet });
        made.push(text(&client.done("POST", "mount-targets", &body)?, "MountTargetId")?);
    }
    states(&targets, "MountTargets", SUBNETS.len())?;
    let body = json!({ "ClientToken": format!("life-{number}"), "FileSystemId": id });
    let point = text(&client.done("POST", "access-points", &body)?, "AccessPointId")?;
    let tags = json!({ "Tags": [{ "Key": "team", "Value": "graphs" }] });
    client.done("POST", &format!("resource-tags/{id}"), &tags)?;
    client.done("DELETE", &format!("access-points/{point}"), &Value::Null)?;
    for target in made {
        client.done("DELETE", &format!("mount-targets/{target}"), &Value::Null)?;
    }
    states(&targets, "MountTargets", 0)?;
    client.done("DELETE", &format!("file-systems/{id}"), &Value::Null)?;
    until(|| Ok(client.efs("GET", &systems, &Value::Null)?.0 == 404))
}

fn until(mut holds: impl FnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let limit = Instant::now() + Duration::from_mins(2);
    while !holds()? {
        if Instant::now() > limit {
            bail!("a state never came");
        }
        // As often as an impatient client looks.
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Makes the file systems and an access point in each; the ids of the file systems.
fn fill(aws: &Aws) -> anyhow::Result<Vec<String>> {
    let next = AtomicUsize::new(0);
    let made = side_by_side(4, |_| {
        let client = Client::new(&aws.url);
        let mut ids = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= MANY {
                return Ok(ids);
            }
            let tags = json!([{ "Key": "Name", "Value": format!("many-{number}") }]);
            let body = json!({ "CreationToken": format!("many-{number}"), "Tags": tags });
            let id = text(&client.done("POST", "file-systems", &body)?, "FileSystemId")?;
            let body = json!({ "ClientToken": format!("many-{number}"), "FileSystemId": id,
                "PosixUser": { "Uid": 1001, "Gid": 1001 }, "RootDirectory": { "Path": "/data" } });
            client.done("POST", "access-points", &body)?;
            ids.push(id);
        }
    })?;
    Ok(made.into_iter().flatten().collect())
}

/// The time of single calls in the full sandbox, and how often it writes for a change.
fn calls(aws: &Aws, ids: &[String]) -> anyhow::Result<Vec<Figure>> {
    let client = Client::new(&aws.url);
    let mut taken = Vec::new();
    let mut call = |method: &str, path: &str, body: &Value| {
        let began = Instant::now();
        let answer = client.done(method, path, body);
        taken.push(began.elapsed().as_secs_f64() * 1000.0);
        answer
    };
    let none = Value::Null;
    for round in 0..ROUNDS {
        let id = &ids[round * ids.len() / ROUNDS];
        call("GET", &format!("file-systems?FileSystemId={id}"), &none)?;
        call("GET", &format!("file-systems?CreationToken=many-{round}"), &none)?;
        call("GET", &format!("access-points?FileSystemId={id}"), &none)?;
        call("GET", &format!("mount-targets?FileSystemId={id}"), &none)?;
        let body = json!({ "ClientToken": format!("timed-{round}"), "FileSystemId": id });
        let point = text(&call("POST", "access-points", &body)?, "AccessPointId")?;
        let tags = json!({ "Tags": [{ "Key": "round", "Value": round.to_string() }] });
        call("POST", &format!("resource-tags/{point}"), &tags)?;
        call("GET", &format!("resource-tags/{point}"), &none)?;
        call("DELETE", &format!("access-points/{point}"), &none)?;
        if round % 10 == 0 {
            let page = call("GET", "file-systems?MaxItems=100", &none)?;
            let next = text(&page, "NextMarker")?;
            call("GET", &format!("file-systems?MaxItems=100&Marker={next}"), &none)?;
            call("GET", "access-points?MaxResults=100", &none)?;
        }
    }
    taken.sort_by(f64::total_cmp);
    let (middle, most) = (taken[taken.len() / 2], taken[taken.len() * 99 / 100]);
    let before = aws.writes();
    let tags = json!({ "Tags": [{ "Key": "written", "Value": "once" }] });
    client.done("POST", &format!("resource-tags/{}", ids[0]), &tags)?;
    #[expect(clippy::cast_precision_loss, reason = "a few")]
    let writes = aws.writes().saturating_sub(before) as f64;
    Ok(vec![
        Figure::at_most("sandbox/call/p50", middle, "ms", 1.0),
        Figure::at_most("sandbox/call/p99", most, "ms", 10.0),
        // The change, the line in the list of calls, and the response.
        Figure::at_most("sandbox/writes", writes, "calls", 3.0),
    ])
}

/// The time from the program's start to its first answer, with the state that is there.
fn start(programs: &Path, flags: &[String]) -> anyhow::Result<Figure> {
    let mut taken = Vec::new();
    for _ in 0..STARTS {
        let began = Instant::now();
        let aws = Aws::start(programs, flags)?;
        Client::new(&aws.url).done("GET", "file-systems?MaxItems=1", &Value::Null)?;
        taken.push(began.elapsed().as_secs_f64());
    }
    taken.sort_by(f64::total_cmp);
    Ok(Figure::at_most("sandbox/start", taken[STARTS / 2], "s", 0.5))
}

/// Does the same so many times at once; every result, in order.
pub(crate) fn side_by_side<T: Send>(
    times: usize,
    work: impl Fn(usize) -> anyhow::Result<T> + Sync,
) -> anyhow::Result<Vec<T>> {
    let work = &work;
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..times).map(|number| scope.spawn(move || work(number))).collect();
        let joined = all.into_iter().map(|one| match one.join() {
            Ok(result) => result,
            Err(_) => bail!("a measuring thread panicked"),
        });
        joined.collect()
    })
}

fn text(answer: &Value, member: &str) -> anyhow::Result<String> {
    let text = answer[member].as_str();
    Ok(text.with_context(|| format!("the answer has no {member}: {answer}"))?.to_owned())
}
