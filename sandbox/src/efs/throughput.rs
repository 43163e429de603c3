//! Throughput modes and amounts, and how often they may change. Pure.

use std::time::{Duration, UNIX_EPOCH};

use super::call::refused;
use crate::error::{AwsError, Result};
use crate::world::efs::{PerformanceMode, Throughput, ThroughputMode};

/// The greatest amounts, in MiB/s: "valid values are 1-3414, with the upper limit
/// depending on Region" (`CreateFileSystem`). EFS user guide, "Quotas": 3.33 GiB/s in four
/// regions, 1 GiB/s in all others.
const MOST_MIBPS: (f64, f64) = (3414.0, 1024.0);
const LARGE_REGIONS: [&str; 4] = ["us-east-1", "us-east-2", "us-west-2", "eu-west-1"];

impl ThroughputMode {
    fn as_str(self) -> &'static str {
        match self {
            ThroughputMode::Bursting => "bursting",
            ThroughputMode::Provisioned => "provisioned",
            ThroughputMode::Elastic => "elastic",
        }
    }
}

/// A mode with its amount, if they go together.
///
/// The messages are AWS's (cdk-preflight, rule `pf-efs-throughput-mode`).
pub(super) fn throughput(
    region: &str,
    mode: ThroughputMode,
    mibps: Option<f64>,
) -> Result<Throughput> {
    let (large, other) = MOST_MIBPS;
    let most = if LARGE_REGIONS.contains(&region) { large } else { other };
    match (mode, mibps) {
        (ThroughputMode::Provisioned, None) => Err(AwsError::bad_request(
            "Provisioned throughput must be set for file systems that use provisioned throughput mode.",
        )),
        (ThroughputMode::Provisioned, Some(mibps)) if mibps > most => Err(refused(
            "ThroughputLimitExceeded",
            format!("The requested throughput exceeds the limit of {most} MiB/s."),
        )),
        (ThroughputMode::Bursting | ThroughputMode::Elastic, Some(_)) => {
            Err(AwsError::bad_request(format!(
                "Provisioned throughput can't be set for file systems that use {} throughput mode.",
                mode.as_str()
            )))
        }
        _ => Ok(Throughput { mode, mibps }),
    }
}

/// Whether a performance mode goes with throughput and zone: "`MaxIO` mode is not supported for
/// One Zone file systems or file systems that use Elastic throughput" (`CreateFileSystem`).
pub(super) fn performance(
    mode: PerformanceMode,
    throughput: ThroughputMode,
    one_zone: bool,
) -> Result<()> {
    let refusal = match (mode, throughput) {
        (PerformanceMode::GeneralPurpose, _) => return Ok(()),
        (_, ThroughputMode::Elastic) => {
            "maxIO performance mode is not supported with elastic throughput."
        }
        _ if one_zone => "maxIO performance mode is not supported for One Zone file systems.",
        _ => return Ok(()),
    };
    Err(AwsError::bad_request(refusal))
}

/// What a change of throughput comes to: the 24-hour rule.
///
/// `free_ms` is the end of that day, where there was a change. After a change of the mode or of the provisioned amount, a day must pass before the mode
/// changes or the amount decreases; an increase is free at any time (`UpdateFileSystem`,
/// `TooManyRequests`; EFS user guide, "Throughput modes"). The message, with its time, is
/// AWS's (<https://github.com/ansible-collections/community.aws/pull/2026>).
pub(super) fn change(
    before: Throughput,
    after: Throughput,
    free_ms: Option<u64>,
    now: u64,
) -> Result<()> {
    let decrease =
        matches!((before.mibps, after.mibps), (Some(before), Some(after)) if after < before);
    let restricted = before.mode != after.mode || decrease;
    match free_ms {
        Some(free) if restricted && now < free => Err(refused(
            "TooManyRequests",
            format!(
                "You have reached the maximum number of throughput mode changes or provisioned \
                 throughput value decreases. Wait until {} UTC and try again.",
                utc(free)
            ),
        )),
        _ => Ok(()),
    }
}

/// A moment as `2023-12-29T12:51:32Z`, rounded up to the second: from then on it is allowed.
fn utc(ms: u64) -> impl std::fmt::Display {
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(ms.div_ceil(1000)))
}

#[cfg(test)]
#[path = "tests/throughput.rs"]
mod tests;
