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

/// How long a connection to AWS, and its response, may take.
pub(crate) const AWS_CONNECT: Duration = Duration::from_secs(5);
pub(crate) const AWS_READ: Duration = Duration::from_secs(30);

/// The first pause before AWS is called again; each later one is up to twice as long.
pub(crate) const AWS_FIRST_PAUSE: Duration = Duration::from_millis(200);

/// For how long a call of AWS is repeated where something else responds, and the longest
/// pause between two attempts then.
pub(crate) const FOREIGN_RESPONSES: Duration = Duration::from_secs(5);
pub(crate) const FOREIGN_PAUSE: Duration = Duration::from_secs(1);

/// How long a connection to an API server, and its response, may take.
pub(crate) const API_SERVER_CONNECT: Duration = Duration::from_secs(5);
pub(crate) const API_SERVER_READ: Duration = Duration::from_mins(1);

/// How long the credential program of a kubeconfig may take, and how long a person may who logs
/// in at the terminal. A token is fetched again this long before it expires.
pub(crate) const PLUGIN: Duration = Duration::from_mins(1);
pub(crate) const LOGIN: Duration = Duration::from_mins(10);
pub(crate) const PLUGIN_EARLY: Duration = Duration::from_mins(1);

/// The shortest and the longest pause between two looks at what takes its time, where nothing says
/// when to look: everything here takes at least the first, and on a rollout of two minutes 5 s are
/// 4 per cent.
pub(crate) const POLL_FIRST: Duration = Duration::from_millis(250);
pub(crate) const POLL_LONGEST: Duration = Duration::from_secs(5);

/// When one looks at what AWS makes or deletes, in seconds since it was asked to: densest where
/// that usually ends. A file system takes some seconds, a mount target a minute to a minute and
/// a half, and its end about twenty seconds. What takes longer is looked at as all else is.
pub(crate) const FILE_SYSTEM: &[f64] = &[1.5, 3.0, 4.5, 6.0, 8.0, 10.0];
pub(crate) const MOUNT_TARGET: &[f64] =
    &[10.0, 25.0, 40.0, 52.0, 58.0, 63.0, 68.0, 73.0, 77.0, 81.0, 85.0, 89.0, 93.0];
pub(crate) const MOUNT_TARGET_GONE: &[f64] = &[8.0, 14.0, 18.0, 21.0, 24.0, 27.0, 31.0, 36.0];

/// For how long every look at what is waited for may fail: an API server that is being upgraded,
/// or a network that is, is back within that time.
pub(crate) const LOOKS_MAY_FAIL: Duration = Duration::from_mins(1);

/// For how long a rollout that lacks no more pods than its `maxUnavailable` is still waited for.
pub(crate) const LAST_PODS: Duration = Duration::from_secs(30);

/// How often a line of a terminal moves while something is in progress.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// How long the local AWS may take to start, and to stop.
pub(crate) const LOCAL_AWS: Duration = Duration::from_mins(1);

/// How long Kubernetes may take to remove a namespace with a claim in it.
pub(crate) const NAMESPACE_REMOVAL: Duration = Duration::from_mins(1);

/// How long a claim may stay unbound at the end of a deploy: a controller that was just started
/// takes up to half a minute until it leads, and a role that was just made as long until AWS
/// knows it everywhere.
pub(crate) const CANARY: Duration = Duration::from_secs(90);

/// How long an add-on may be degraded before that is an error: pods of the driver that are replaced
/// node by node make it so for a while.
pub(crate) const DEGRADED: Duration = Duration::from_mins(2);

/// How long its volume may take to go when the claim is gone.
pub(crate) const CANARY_REMOVAL: Duration = Duration::from_mins(1);

/// How long a node may take for its figures: it is only looked at.
pub(crate) const NODE_FIGURES: Duration = Duration::from_secs(5);

/// How long EFS may refuse to delete a file system as in use: mount targets that are being
/// deleted take a minute or two.
pub(crate) const IN_USE: Duration = Duration::from_mins(5);

/// The pause before a file system is deleted again that was in use without mount targets.
pub(crate) const IN_USE_PAUSE: Duration = Duration::from_secs(2);

/// The pauses before an address is asked for again that a mount target had which is gone.
pub(crate) const ADDRESS_RELEASE: Backoff =
    &[Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// The pauses before a security group is deleted again whose mount targets are gone: EC2 releases
/// their interfaces a little later, within minutes (Terraform's provider goes on for 15).
pub(crate) const GROUP_IN_USE: Backoff = &[
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(15),
    Duration::from_secs(30),
    Duration::from_mins(1),
    Duration::from_mins(1),
    Duration::from_mins(1),
    Duration::from_mins(1),
];

/// How long calls in progress may take when the time is over.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// How long what was just made may be unknown to other calls and services of AWS (the
/// `propagationTimeout` of Terraform's provider).
pub(crate) const PROPAGATION: Duration = Duration::from_mins(2);

/// How long something that was just made may be missing from lists.
pub(crate) const LATE_LISTING: Duration = Duration::from_secs(8);

/// The same where it was listed before: a look may be answered from the past.
pub(crate) const STALE_LISTING: Duration = Duration::from_secs(2);

/// What `work` results in, if it does so within a time.
pub(crate) async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, work).await.ok()
}

/// What `work` results in, unless `end` comes before: then it is given up, and this is what
/// ended it.
pub(crate) async fn unless<T, E>(
    end: impl Future<Output = E>,
    work: impl Future<Output = T>,
) -> Result<T, E> {
    tokio::select! {
        biased;
        result = work => Ok(result),
        end = end => Err(end),
    }
}

tokio::task_local! {
    /// Set where a call only looks whether something is done.
    static POLLS: ();
}

/// Looks at something that takes its time: such calls of AWS wait until all others were made.
pub(crate) async fn poll<T>(look: impl Future<Output = T>) -> T {
    POLLS.scope((), look).await
}

/// Whether this call is part of a [`poll`].
pub(crate) fn is_poll() -> bool {
    POLLS.try_with(|()| ()).is_ok()
}

/// Makes a call that may be repeated, until its result is not `passing`.
pub(crate) async fn retry<T, E, F: Future<Output = Result<T, E>>>(
    backoff: Backoff,
    passing: impl Fn(&E) -> bool,
    call: impl Fn() -> F,
) -> Result<T, E> {
    for pause in backoff {
        match call().await {
            Err(error) if passing(&error) => tokio::time::sleep(*pause).await,
            result => return result,
        }
    }
    call().await
}
