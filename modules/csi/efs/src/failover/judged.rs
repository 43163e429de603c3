//! Whether a copy may take over now: the state of its replication, and what was said of the writes to
//! its source.

use inputs::plain;
use plan::{Loss, Refusal, Scope, Warning};

use super::asked::{
    Failing, Failover, LOSE_WRITES_SINCE, Moment, SOURCE_LOST, WRITES_STOPPED_AT, Writes,
};
use crate::ids::FileSystemId;
use crate::resources::file_system::ago;
use crate::resources::replica::{KIND, Side};
use crate::users::Replication;

/// How much older than the last copy the moment may be that was agreed to: some copies may be
/// made between a look and the run. An older one was meant for another failover.
const SOME_COPIES: u64 = 3600;

/// How far the clock of whoever says a moment may be ahead of this one, in seconds.
const CLOCKS_DIFFER: u64 = 60;

/// What stands against a failover, and what it takes.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub(super) refusal: Option<Refusal>,
    pub(super) warning: Option<Warning>,
    /// The copy that is waited for, and why.
    pub(super) wait: Option<(Option<u64>, String)>,
    pub(super) lost: Vec<Loss>,
}

/// Judges a copy and its replication.
pub(super) fn judge(
    scope: &Scope,
    (id, source): (&FileSystemId, &Side),
    (found, failing): (&Replication, &Failing),
    how: &Failover,
) -> Judged {
    let stalled = stalled(found, how);
    let last = found.last_replicated.as_deref().zip(failing.last_copy);
    let judged = match (last, &how.writes) {
        (None, writes) => first_copy(source, (writes, stalled), failing.now),
        (Some(last), Writes::LostSince(at)) => lost(source, last, (at, stalled)),
        (Some(last), writes) => stopped(source, last, (writes, stalled), failing.now),
    };
    judged.unwrap_or_else(|(reason, remedy)| Judged {
        refusal: Some(Refusal::new(
            scope.address(KIND, None),
            plain(&format!("{id} cannot take over: {reason}")),
            plain(&remedy),
        )),
        ..Judged::default()
    })
}

/// What stands against a failover, and the remedy.
type Against = (String, String);

/// Before a copy is complete, there is nothing to take over with: the first one takes long, and may
/// not have what was written meanwhile.
fn first_copy(
    source: &Side,
    (writes, stalled): (&Writes, Option<String>),
    now: u64,
) -> Result<Judged, Against> {
    if let Some(why) = stalled {
        return Err((
            format!("no copy of {source} is complete, and none will be: {why}"),
            "restore a backup, or make another replication, once there is a source".to_owned(),
        ));
    }
    match writes {
        Writes::StoppedAt(at) if at.second > now + CLOCKS_DIFFER => Err((
            format!("{} is still to come", at.text),
            format!("give `{WRITES_STOPPED_AT} TIME` once nothing writes to it any more"),
        )),
        Writes::StoppedAt(at) => {
            let why = format!("no copy of {source} is complete yet");
            Ok(Judged { wait: Some((Some(at.second), why)), ..Judged::default() })
        }
        Writes::LostSince(_) | Writes::Unsaid => Err((
            format!("no copy of {source} is complete yet"),
            format!(
                "stop all that writes to {} and give `{WRITES_STOPPED_AT} TIME`, which waits for a \
                 copy of all that was written before; or run it again once there is a copy",
                source.file_system
            ),
        )),
    }
}

/// Where nobody has written since a moment, or nobody has said anything.
fn stopped(
    source: &Side,
    (last, second): (&str, u64),
    (writes, stalled): (&Writes, Option<String>),
    now: u64,
) -> Result<Judged, Against> {
    // Which of them is true only people know; a flag for either is not said by habit.
    let either = format!(
        "stop all that writes to {} and give `{WRITES_STOPPED_AT} TIME`: a copy of all that was \
         written before is waited for, and nothing is lost; or, where the source is lost, give \
         `{LOSE_WRITES_SINCE} {last}`",
        source.file_system
    );
    let Writes::StoppedAt(at) = writes else {
        let ago = ago(now.saturating_sub(second));
        let what = format!(
            "it has what {source} held at {last}, {ago} ago, and what is written to that since is lost"
        );
        return Err((what, either));
    };
    if at.second > now + CLOCKS_DIFFER {
        return Err((format!("{} is still to come", at.text), either));
    }
    if second > at.second {
        return Ok(Judged::default());
    }
    let Some(why) = stalled else {
        let why = format!("the last copy is of {last}, and writes stopped at {}", at.text);
        return Ok(Judged { wait: Some((Some(at.second), plain(&why))), ..Judged::default() });
    };
    Err((
        format!("the last copy is of {last}, before {}, and no other comes: {why}", at.text),
        format!(
            "mend that, and run it again; or give `{LOSE_WRITES_SINCE} {last}` where that is the \
             best there is"
        ),
    ))
}

/// Where what was written since a moment may be lost.
fn lost(
    source: &Side,
    (last, second): (&str, u64),
    (at, stalled): (&Moment, Option<String>),
) -> Result<Judged, Against> {
    if at.second > second {
        return Err((
            format!("the last copy is of {last}: more would be lost than since {}", at.text),
            format!("give `{LOSE_WRITES_SINCE} {last}` where that is the best there is"),
        ));
    }
    if at.second + SOME_COPIES < second {
        return Err((
            format!("the last copy is of {last}, more than an hour after {}", at.text),
            format!("give the time of this copy: `{LOSE_WRITES_SINCE} {last}`"),
        ));
    }
    let loss = Loss {
        what: format!("writes to {source}"),
        shown: plain(&format!("what was written to {source} since {last}")),
    };
    let warning = stalled.map(|why| {
        Warning::new(
            plain(&format!("it stays as it was at {last}: {why}")),
            "look at its files before pods write to them",
        )
    });
    Ok(Judged { lost: vec![loss], warning, ..Judged::default() })
}

/// Why no copy comes any more, in EFS's own words where it has any; `None` where one does. "Details
/// about the PAUSED or ERROR state" are its status message (`Destination`, EFS API Reference).
fn stalled(found: &Replication, how: &Failover) -> Option<String> {
    let said = found.message.as_deref().map(|said| format!(": {said}")).unwrap_or_default();
    match found.status.as_str() {
        _ if how.source_lost => Some(format!("{} is lost (`{SOURCE_LOST}`)", found.source_region)),
        "ENABLED" | "ENABLING" => None,
        "DELETING" => Some("the replication is being deleted".to_owned()),
        other => Some(format!("the replication is in the state {other}{said}")),
    }
}
