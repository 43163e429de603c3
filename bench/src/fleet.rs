//! A fleet of deployments in one process, against the rate limit of the account.

use std::path::Path;

use serde_json::Value;

use crate::measure::{Aws, job, live};
use crate::report::Figure;

/// The rate limit of the account, in calls per second.
const RATE: f64 = 20.0;

/// The fewest calls of a first deployment over three zones: six to observe, one to create the
/// file system, three to create its mount targets, and one of each kind to see them available.
const MIN_CALLS: f64 = 12.0;

/// Measures the first deployment of a fleet, at a latency of 200 ms.
pub fn fleet(programs: &Path, workspace: &Path, count: usize) -> anyhow::Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let files = folder.path().join("files");
    std::fs::create_dir(&files)?;
    for number in 0..count {
        std::fs::write(files.join(format!("cluster-{number:04}.hcl")), file(number))?;
    }
    let flags = ["--latency-ms=200".to_owned(), format!("--rate-limit={RATE}")];
    let aws = Aws::start(programs, &flags)?;
    let url = format!("--endpoint-url={}", aws.url);
    let (files, rate) = (format!("--fleet={}", files.display()), format!("--rate={RATE}"));
    let manifests = format!("--manifests={}", folder.path().join("manifests").display());
    let args = ["deploy-efs", &files, &rate, &url, &manifests];
    let job = job(programs, workspace, folder.path(), &args)?;
    let run = live(programs, &job)?;
    let number = |key: &str| run.result[key].as_f64().unwrap_or(f64::NAN);
    let name = |what: &str| format!("fleet/{count}/200ms{what}");
    let min_calls = f64::from(u32::try_from(count)?) * MIN_CALLS;
    let throttled = throttled(&aws)?;
    #[expect(clippy::cast_precision_loss, reason = "megabytes")]
    let peak = run.peak as f64 / 1e6;
    Ok(vec![
        Figure::against(name(""), run.seconds, "s", min_calls / RATE),
        Figure::against(name("/calls"), number("aws_calls"), "calls", min_calls),
        Figure::alone(name("/failed"), number("failed"), "runs"),
        Figure::alone(name("/throttled"), throttled, "calls"),
        Figure::at_most(name("/memory"), peak, "MB", 300.0),
    ])
}

/// How many calls were throttled.
fn throttled(aws: &Aws) -> anyhow::Result<f64> {
    let mut response = ureq::get(format!("{}/_sandbox/calls", aws.url)).call()?;
    let text = response.body_mut().with_config().limit(u64::MAX).read_to_string()?;
    let calls: Vec<Value> = serde_json::from_str(&text)?;
    let throttled = calls
        .iter()
        .filter(|call| {
            call["outcome"].as_str().is_some_and(|outcome| {
                outcome == "ThrottlingException" || outcome == "RequestLimitExceeded"
            })
        })
        .count();
    Ok(f64::from(u32::try_from(throttled)?))
}

/// The file of one deployment; all share one network, as is common in an account.
pub(crate) fn file(number: usize) -> String {
    format!(
        r#"module "network" {{
  source       = "./modules/network"
  cluster_name = "graphscope-dev"
}}

module "efs_csi" {{
  source            = "./modules/csi/efs"
  aws_region        = "eu-west-1"
  cluster_name      = "cluster-{number:04}"
  subnet_ids        = module.network.private_subnets
  security_group_id = module.network.security_group_id
}}
"#
    )
}
