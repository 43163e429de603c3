//! Subcommand: cargo xtask failover

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use efs::resources::replica::Side;
use efs::{Failover, FileSystemId, Moment, Writes};
use job::{Goal, TakeOver, Verify};

use super::verify::{IMAGE, PODS, PlacementArgs};
use crate::flags::{CONSENT, CanaryArgs, DeploymentArgs, OWN, Run};
use crate::request::{Request, Selection};

/// Have the copy of a file system take over from its source.
///
/// The file describes the side that takes over: its file system is the copy. Mount targets, driver
/// and whatever else it lacks are made first; then the replication ends, and class, volumes and
/// claims go to the copy; then pods prove it, as `verify` does. Can be interrupted at any moment:
/// running it again completes it.
///
/// The way back is the same with the file of the first side: `--replicate-from` makes its file system
/// the copy, and then it takes over.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask failover --config standby.hcl --plan
  cargo xtask failover --config standby.hcl --writes-stopped-at 2026-05-04T09:30:00Z
  cargo xtask failover --config standby.hcl --source-lost --lose-writes-since 2026-05-04T09:12:40Z
  cargo xtask failover --config prod.hcl --replicate-from eu-central-1/fs-0123456789abcdef0 \\
      --overwrite fs-0fedcba9876543210                  # the way back, first half
  cargo xtask failover --config prod.hcl --writes-stopped-at 2026-05-05T06:00:00Z")]
pub(super) struct Args {
    #[command(flatten)]
    deployment: DeploymentArgs,
    #[command(flatten)]
    run: Run,
    #[command(flatten)]
    how: HowArgs,
    /// Show the plan, and change nothing
    #[arg(long, help_heading = OWN)]
    plan: bool,
    /// Consent to deletions and replacements without being asked
    #[arg(long, help_heading = CONSENT)]
    yes: bool,
    #[command(flatten)]
    canary: CanaryArgs,
    /// Do not prove at the end that pods share a volume
    #[arg(long, help_heading = OWN)]
    no_verify: bool,
    /// Image of the pods that prove it: any with a shell and `flock`
    #[arg(long, help_heading = PODS, default_value = IMAGE)]
    image: String,
    #[command(flatten)]
    placement: PlacementArgs,
}

/// What becomes of what is written to the source.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Failover")]
struct HowArgs {
    /// Nobody writes to the source since then: a copy that has all of it is waited for
    #[arg(long, value_name = "TIME", value_parser = moment, conflicts_with = "lose_writes_since")]
    writes_stopped_at: Option<Moment>,
    /// What was written to the source since then may be lost: the time of the last copy
    #[arg(long, value_name = "TIME", value_parser = moment)]
    lose_writes_since: Option<Moment>,
    /// The region of the source answers nothing: end the replication in that of the copy alone
    #[arg(long)]
    source_lost: bool,
    /// The way back: have the file system of the file copied from this one first, in place of taking
    /// over
    #[arg(long, value_name = "REGION/fs-…", value_parser = side, conflicts_with_all =
        ["writes_stopped_at", "lose_writes_since", "source_lost"])]
    replicate_from: Option<Side>,
    /// File system that the copy of `--replicate-from` may overwrite
    #[arg(long, value_name = "fs-…", value_parser = file_system, requires = "replicate_from")]
    overwrite: Option<FileSystemId>,
}

impl HowArgs {
    fn read(&self) -> Failover {
        let writes = match (&self.writes_stopped_at, &self.lose_writes_since) {
            (Some(at), _) => Writes::StoppedAt(at.clone()),
            (None, Some(at)) => Writes::LostSince(at.clone()),
            (None, None) => Writes::Unsaid,
        };
        Failover {
            replicate_from: self.replicate_from.clone(),
            writes,
            source_lost: self.source_lost,
            overwrite: self.overwrite.clone(),
            proves: false,
        }
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let how = args.how.read();
    let how = Failover { proves: !args.no_verify && how.replicate_from.is_none(), ..how };
    let verify = (how.proves && !args.plan).then(|| Verify {
        image: args.image.clone(),
        readers: 2,
        example: None,
        claim: None,
        keep: false,
        placement: args.placement.read(),
    });
    let goal = Goal::Failover(TakeOver {
        how,
        verify,
        canary: !args.canary.no_canary,
        only_plan: args.plan,
    });
    Request::new(&args.deployment, &args.run, Selection::Storage).hand_over(goal, args.yes)
}

fn moment(text: &str) -> Result<Moment, String> {
    let wrong = "write it as 2026-05-04T09:30:00Z";
    let at: SystemTime = humantime::parse_rfc3339_weak(text).map_err(|_| wrong)?;
    let second = at.duration_since(UNIX_EPOCH).map_err(|_| wrong)?.as_secs();
    Ok(Moment { text: humantime::format_rfc3339_seconds(at).to_string(), second })
}

fn side(text: &str) -> Result<Side, String> {
    let wrong = "write it as eu-central-1/fs-0123456789abcdef0";
    let (region, id) = text.split_once('/').ok_or(wrong)?;
    if region.is_empty() || !region.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-') {
        return Err(wrong.to_owned());
    }
    Ok(Side { region: region.to_owned(), file_system: file_system(id)? })
}

fn file_system(text: &str) -> Result<FileSystemId, String> {
    FileSystemId::try_from(text).map_err(|_| "write the id of the file system: fs-…".to_owned())
}
