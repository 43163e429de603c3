//! Changes of file systems that no call of AWS's API makes, for tests and demonstrations: data is
//! written and metered, a zone fails, a replication pauses.

use serde::Deserialize;

use super::replication::arrive;
use crate::life::{Life, State};
use crate::service::Context;
use crate::world::efs::{Forced, Metered, Protection};

/// A status of HTTP and a sentence.
type Refusal = (u16, String);

/// What is to be changed of a file system or a mount target.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Change {
    metered_bytes: Option<Bytes>,
    life_cycle_state: Option<State>,
    replication_status: Option<String>,
    status_message: Option<String>,
}

/// Bytes by storage class.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
struct Bytes {
    standard: u64,
    infrequent_access: u64,
    archive: u64,
}

/// Changes a file system or a mount target as the body says, which is JSON:
/// `MeteredBytes` (`Standard`, `InfrequentAccess`, `Archive`), `LifeCycleState`,
/// `ReplicationStatus` with `StatusMessage` (of the replication that it is part of;
/// `ENABLED` lets it go on).
pub(crate) fn change(context: &mut Context, id: &str, body: &[u8]) -> Result<(), Refusal> {
    let change: Change =
        serde_json::from_slice(body).map_err(|error| (400, format!("the body: {error}")))?;
    arrive(context);
    if let Some(bytes) = &change.metered_bytes {
        meter(context, id, bytes)?;
    }
    if let Some(state) = change.life_cycle_state {
        live(context, id, state)?;
    }
    match change.replication_status {
        Some(status) => replicate(context, id, &status, change.status_message),
        None => Ok(()),
    }
}

fn missing(id: &str) -> Refusal {
    (404, format!("`{id}` does not exist in this region"))
}

/// Data is written, and metered at once.
fn meter(context: &mut Context, id: &str, bytes: &Bytes) -> Result<(), Refusal> {
    let size = Metered {
        standard: bytes.standard,
        infrequent: bytes.infrequent_access,
        archive: bytes.archive,
        at_ms: context.now,
    };
    let found = context.region.efs.file_systems.get_mut(id).ok_or_else(|| missing(id))?;
    if found.protection == Protection::Replicating {
        return Err((409, format!("`{id}` is the destination of a replication: it is read-only")));
    }
    found.metered = Some(size);
    let copied = of(context, id);
    for key in copied {
        if let Some(found) = context.global.efs.replications.get_mut(&key) {
            found.meter(size);
        }
    }
    Ok(())
}

fn live(context: &mut Context, id: &str, state: State) -> Result<(), Refusal> {
    let efs = &mut context.region.efs;
    let life = if let Some(found) = efs.file_systems.get_mut(id) {
        &mut found.life
    } else {
        &mut efs.mount_targets.get_mut(id).ok_or_else(|| missing(id))?.life
    };
    *life = Life { state, until: None };
    Ok(())
}

fn replicate(
    context: &mut Context,
    id: &str,
    status: &str,
    message: Option<String>,
) -> Result<(), Refusal> {
    let stalled = match status {
        "ENABLED" => None,
        "ERROR" | "PAUSED" | "PAUSING" => Some(status.to_owned()),
        _ => {
            return Err((400, format!("`{status}` is not one of ENABLED, ERROR, PAUSED, PAUSING")));
        }
    };
    let key = of(context, id).into_iter().next().ok_or_else(|| missing(id))?;
    let now = context.now;
    if let Some(found) = context.global.efs.replications.get_mut(&key) {
        // From one such state to another, no copy is made in between.
        let since_ms = found.forced.as_ref().map_or(now, |before| before.since_ms);
        found.forced = stalled.map(|status| Forced { status, message, since_ms });
    }
    Ok(())
}

/// The replications that a file system is part of.
fn of(context: &Context, id: &str) -> Vec<String> {
    let all = context.global.efs.replications.by("file_system", id);
    all.filter(|found| found.is_seen(&context.region.name, context.now))
        .map(|found| found.id.clone())
        .collect()
}
