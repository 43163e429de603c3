//! The vocabulary of waiting: how often something is tried again, and for how
//! long something is waited for.

use std::future::Future;
use std::time::Duration;

/// The pauses between attempts at what may be possible a moment later.
pub(crate) type Backoff = &'static [Duration];

/// For calls of an API server, which are cheap.
pub(crate) const API_SERVER: Backoff = &[
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_millis(900),
    Duration::from_millis(2700),
];

/// For programs, which take a moment to start.
pub(crate) const PROGRAM: Backoff =
    &[Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// How long the local AWS may take to start, and to stop.
pub(crate) const LOCAL_AWS: Duration = Duration::from_secs(10);

/// How long Kubernetes may take to remove a namespace with a claim in it.
pub(crate) const NAMESPACE_REMOVAL: Duration = Duration::from_mins(1);

/// How long a node may take for its figures: it is only looked at.
pub(crate) const NODE_FIGURES: Duration = Duration::from_secs(5);

/// How long EFS may refuse to delete a file system as in use: mount targets that are being
/// deleted take a minute or two.
pub(crate) const IN_USE: Duration = Duration::from_mins(5);

/// The pause before a file system is deleted again that was in use without mount targets.
pub(crate) const IN_USE_PAUSE: Duration = Duration::from_secs(2);

/// How long calls in progress may take when the time is over.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// How long something that was just made may be missing from lists.
pub(crate) const LATE_LISTING: Duration = Duration::from_secs(8);

/// The same where it was listed before: a look may be answered from the past.
pub(crate) const STALE_LISTING: Duration = Duration::from_secs(2);

/// Makes a call that may be repeated, until its answer is not `passing`.
pub(crate) async fn retry<T, E, F: Future<Output = Result<T, E>>>(
    backoff: Backoff,
    passing: impl Fn(&E) -> bool,
    call: impl Fn() -> F,
) -> Result<T, E> {
    for pause in backoff {
        match call().await {
            Err(error) if passing(&error) => tokio::time::sleep(*pause).await,
            answer => return answer,
        }
    }
    call().await
}
