//! Many deployments in one process, against the rate that the account allows.

use std::path::Path;

use serde_json::Value;

use crate::measure::{Aws, live, order};
use crate::report::Figure;

/// Calls per second that the account allows.
const RATE: f64 = 20.0;

/// Calls that a first deployment of three zones cannot do without: six to look, one for
/// the file system, three for its targets, and a look at each of both kinds.
const NEEDED: f64 = 12.0;

/// So many deployments at 200 ms, from nothing to nothing to do.
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
    let job = order(programs, workspace, folder.path(), &args)?;
    let ran = live(programs, &job)?;
    let number = |key: &str| ran.result[key].as_f64().unwrap_or(f64::NAN);
    let name = |what: &str| format!("fleet/{count}/200ms{what}");
    let needed = f64::from(u32::try_from(count)?) * NEEDED;
    let throttled = throttled(&aws)?;
    #[expect(clippy::cast_precision_loss, reason = "megabytes")]
    let peak = ran.peak as f64 / 1e6;
    Ok(vec![
        Figure::against(name(""), ran.seconds, "s", needed / RATE),
        Figure::against(name("/calls"), number("aws_calls"), "calls", needed),
        Figure::alone(name("/failed"), number("failed"), "runs"),
        Figure::alone(name("/throttled"), throttled, "calls"),
        Figure::against(name("/memory"), peak, "MB", 300.0),
    ])
}

/// How many calls the account refused.
fn throttled(aws: &Aws) -> anyhow::Result<f64> {
    let mut answer = ureq::get(format!("{}/_sandbox/calls", aws.url)).call()?;
    let text = answer.body_mut().with_config().limit(u64::MAX).read_to_string()?;
    let calls: Vec<Value> = serde_json::from_str(&text)?;
    let refused = calls
        .iter()
        .filter(|call| {
            call["outcome"].as_str().is_some_and(|outcome| {
                outcome == "ThrottlingException" || outcome == "RequestLimitExceeded"
            })
        })
        .count();
    Ok(f64::from(u32::try_from(refused)?))
}

/// The file of one deployment; all use one network, as accounts often have it.
fn file(number: usize) -> String {
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
