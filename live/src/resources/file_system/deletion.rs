//! The end of a file system.

use std::time::{Duration, Instant};

use anyhow::bail;
use efs::resources::file_system::FileSystem;
use efs::{FileSystemId, LifeCycle};
use inputs::printable;

use crate::aws::{Aws, explain, is};
use crate::context::Context;
use crate::meaning::efs as codes;
use crate::progress::Line;
use crate::raced::Raced;
use crate::users;
use crate::wait::{IN_USE_PAUSE, within};
use crate::watch::Awaited;

/// The call that deletes a file system.
const DELETE: &str = "elasticfilesystem:DeleteFileSystem";

/// Deletes a file system. EFS answers `FileSystemInUse` for mount targets that are being
/// deleted, which end, and for what does not: that is waited for at most so long, and the error
/// says what it is.
pub(super) async fn delete(
    context: &Context,
    aws: &Aws,
    id: &FileSystemId,
    line: &Line,
    in_use_at_most: Duration,
) -> anyhow::Result<()> {
    let since = Instant::now();
    loop {
        line.state("deleting");
        match aws.efs.delete_file_system().file_system_id(id.as_str()).send().await {
            Ok(_) => return gone(context, aws, id, line).await,
            Err(error) if is(&error, codes::FILE_SYSTEM_NOT_FOUND) => return Ok(()),
            Err(error) if is(&error, codes::FILE_SYSTEM_IN_USE) => {
                line.state("waiting until its mount targets are gone");
                let left = in_use_at_most.saturating_sub(since.elapsed());
                if let Some(ended) = within(left, targets_gone(context, aws, id)).await {
                    ended?;
                    if users::replications(aws, id).await?.unwrap_or_default().is_empty()
                        && since.elapsed() < in_use_at_most
                    {
                        context.pause(IN_USE_PAUSE).await?;
                        continue;
                    }
                }
                return Err(in_use(context, aws, id, explain(DELETE, &aws.region, error)).await?);
            }
            Err(error) => return Err(explain(DELETE, &aws.region, error)),
        }
    }
}

/// Waits for targets that are still being deleted; one that a run beside this one
/// made is a reason to plan again.
async fn targets_gone(context: &Context, aws: &Aws, id: &FileSystemId) -> anyhow::Result<()> {
    let watch = context.mount_targets.of((aws.clone(), id.clone(), Awaited::Gone));
    let left = context.wait(&watch, |targets| {
        let targets = targets.as_deref().unwrap_or_default();
        let stays = targets.iter().find(|target| target.life_cycle == LifeCycle::Available);
        match stays {
            Some(target) => Some(Some(target.id.clone())),
            None => targets.is_empty().then_some(None),
        }
    });
    match left.await? {
        None => Ok(()),
        Some(target) => bail!(Raced(format!(
            "{id} has the mount target {target}, which was not there when the plan was made"
        ))),
    }
}

/// The error for a file system that EFS does not delete: with what still uses it.
async fn in_use(
    context: &Context,
    aws: &Aws,
    id: &FileSystemId,
    error: anyhow::Error,
) -> anyhow::Result<anyhow::Error> {
    let watch = context.mount_targets.of((aws.clone(), id.clone(), Awaited::Gone));
    let targets = context.wait(&watch, |targets| Some(targets.clone().unwrap_or_default()));
    let (targets, replications) = tokio::try_join!(targets, users::replications(aws, id))?;
    let targets = targets.iter().map(|it| format!("{} ({})", it.id, it.life_cycle.as_str()));
    let replications = replications.unwrap_or_default().into_iter().map(|it| {
        let (from, to) = (&it.source_region, &it.destination_region);
        format!("the replication from {} in {from} to {} in {to}", it.source, it.destination)
    });
    let users: Vec<String> = targets.chain(replications).collect();
    let who = if users.is_empty() {
        "nothing that EFS lists".to_owned()
    } else {
        printable(&users.join(", "))
    };
    // As text: another plan would wait for the same again.
    let error = anyhow::anyhow!("{error:#}");
    Ok(error.context(failure::Failure::new(
        format!("{id} is still in use by {who}"),
        "end that, and run the same command again: it continues from here",
    )))
}

/// Waits until a file system is gone.
pub(super) async fn gone(
    context: &Context,
    aws: &Aws,
    id: &FileSystemId,
    line: &Line,
) -> anyhow::Result<()> {
    line.state("waiting until gone");
    let judge = |found: &Option<FileSystem>| {
        let Some(found) = found.as_ref() else { return Some(()) };
        line.observed(found.life_cycle.as_str());
        (found.life_cycle == LifeCycle::Deleted).then_some(())
    };
    let watch = context.file_systems.of((aws.clone(), id.clone()));
    context.wait(&watch, judge).await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use efs::MountTargetId;
    use efs::resources::mount_target::MountTarget;
    use failure::report;
    use job::Pace;
    use network::SubnetId;
    use serde_json::json;
    use tokio::sync::watch as channel;

    use super::*;
    use crate::aws::tests::{client, serve};
    use crate::context::{Newcomers, Results};
    use crate::progress::Progress;
    use crate::stop::Stop;
    use crate::target::Target;
    use crate::trace::Trace;
    use crate::watch::{Rhythm, Watches, rhythm};

    fn response(status: u16, code: &str, body: &serde_json::Value) -> String {
        let body = body.to_string();
        let length = body.len();
        format!(
            "HTTP/1.1 {status} -\r\ncontent-type: application/json\r\nx-amzn-errortype: {code}\r\n\
             content-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
    }

    /// An EFS that never deletes its file system, and lists no replication.
    fn never_deletes() -> String {
        let (address, _) = serve(|request| {
            let deletes = request.starts_with("DELETE ");
            let (status, code) =
                if deletes { (409, "FileSystemInUse") } else { (404, "ReplicationNotFound") };
            response(status, code, &json!({ "ErrorCode": code, "Message": "in use" }))
        });
        address
    }

    fn at_once<K>(_: &K) -> Rhythm {
        rhythm(Pace::Emulator, &[])
    }

    /// Everybody who waits sees these mount targets.
    fn context(targets: Vec<MountTarget>) -> Context {
        Context {
            target: Target::Directory(std::env::temp_dir()),
            results: Results::default(),
            stop: Stop::new(Duration::from_mins(1)),
            trail: Arc::default(),
            failing: channel::Sender::new(false),
            newcomers: Newcomers::default(),
            file_systems: Watches::new(at_once, |_| async { Ok(None) }),
            mount_targets: Watches::new(at_once, move |_| {
                let targets = targets.clone();
                async { Ok(Some(targets)) }
            }),
        }
    }

    fn leaving() -> MountTarget {
        MountTarget {
            id: MountTargetId::try_from("fsmt-00000001").unwrap(),
            life_cycle: LifeCycle::Deleting,
            subnet_id: SubnetId::try_from("subnet-00000001").unwrap(),
            vpc_id: None,
            availability_zone: "eu-west-1a".to_owned(),
            availability_zone_id: None,
            network_interface_id: None,
            ip_address: None,
            ipv6_address: None,
            security_groups: None,
        }
    }

    /// How a deletion that EFS never carries out ends, and after how long.
    async fn ended(targets: Vec<MountTarget>, at_most: Duration) -> (String, Duration) {
        let aws = client(&never_deletes());
        let id = FileSystemId::try_from("fs-00000001").unwrap();
        let line = Progress::new(&Arc::new(Trace::new())).line("file system");
        let since = Instant::now();
        let error = delete(&context(targets), &aws, &id, &line, at_most).await.unwrap_err();
        assert!(error.downcast_ref::<Raced>().is_none(), "another plan would wait as long again");
        (report(&[error]), since.elapsed())
    }

    #[tokio::test]
    async fn a_file_system_that_stays_in_use_ends_with_what_uses_it_when_the_time_is_over() {
        let at_most = Duration::from_millis(600);
        let (report, elapsed) = ended(vec![leaving()], at_most).await;
        for part in [
            "fs-00000001 is still in use by fsmt-00000001 (deleting)",
            "FileSystemInUse: in use",
            "help: end that, and run the same command again",
        ] {
            assert!(report.contains(part), "no {part:?} in:\n{report}");
        }
        assert!(elapsed >= at_most, "{elapsed:?}");
        // What EFS does not list is no reason to go on for ever either.
        let (report, _) = ended(Vec::new(), at_most).await;
        assert!(report.contains("still in use by nothing that EFS lists"), "{report}");
    }
}
