//! Waiting: one poll for everybody who waits for the same kind of thing.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::anyhow;
use failure::Failure;
use job::Pace;
use tokio::sync::{Notify, watch};
use tracing::Instrument;

use crate::wait::{LOOKS_MAY_FAIL, POLL_FIRST, POLL_LONGEST, poll, unless};

/// A pause in terms of the time that was waited already, where nothing says when to look: what
/// takes its time is seen at most so much later than it came, and 4 per cent on the average.
const LATE: f64 = 0.08;

/// When to look again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Rhythm {
    /// After a pause that grows with the time waited, from this one on.
    Growing(Duration),
    /// At these seconds of the wait, and growing after them.
    At(&'static [f64]),
}

impl Rhythm {
    /// The pause before the next look. It is up to a tenth longer than it need be, so that many
    /// runs do not look at the same moment, and never shorter: the next look would follow at once.
    fn pause(self, waited: Duration) -> Duration {
        let (first, at) = match self {
            Rhythm::Growing(first) => (first, &[][..]),
            Rhythm::At(at) => (POLL_FIRST, at),
        };
        let next = at.iter().find(|at| **at > waited.as_secs_f64());
        let pause = match next {
            Some(next) => Duration::from_secs_f64(*next).saturating_sub(waited),
            None => waited.mul_f64(LATE).clamp(first, POLL_LONGEST),
        };
        pause.mul_f64(1.0 + 0.1 * fastrand::f64())
    }
}

/// When one looks at what AWS takes its time for: at these seconds, where this is AWS.
pub(crate) fn rhythm(pace: Pace, at: &'static [f64]) -> Rhythm {
    match pace {
        Pace::Aws => Rhythm::At(at),
        Pace::Emulator => Rhythm::Growing(POLL_FIRST),
    }
}

/// What something in AWS is watched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awaited {
    Ready,
    Gone,
}

/// What was seen last, or why nothing can be seen.
type Latest<T> = Option<Result<Arc<T>, Blind>>;

/// Why nothing can be seen, for everybody who waits.
#[derive(Debug, Clone)]
struct Blind {
    /// For how long every look has failed.
    since: Duration,
    cause: String,
    remedy: Option<String>,
}

impl Blind {
    fn new(since: Duration, error: &anyhow::Error) -> Blind {
        let remedy = error.downcast_ref::<Failure>().map(|failure| failure.remedy().to_owned());
        Blind { since, cause: format!("{error:#}"), remedy }
    }

    fn error(self) -> anyhow::Error {
        let Blind { since, cause, remedy } = self;
        let remedy =
            remedy.unwrap_or_else(|| "fix the cause, and run the same command again".to_owned());
        let what = format!("every look for {} s failed", since.as_secs());
        anyhow!("{cause}").context(Failure::new(what, remedy))
    }
}

/// Looks at something again and again for as long as anybody waits.
#[derive(Debug)]
pub(crate) struct Watch<T> {
    latest: watch::Receiver<Latest<T>>,
    waiting: Arc<AtomicUsize>,
    wake: Arc<Notify>,
}

impl<T> Clone for Watch<T> {
    fn clone(&self) -> Self {
        Watch {
            latest: self.latest.clone(),
            waiting: Arc::clone(&self.waiting),
            wake: Arc::clone(&self.wake),
        }
    }
}

impl<T: Send + Sync + 'static> Watch<T> {
    /// Starts watching with `look`; nothing is called until somebody waits.
    pub(crate) fn new<F>(look: impl Fn() -> F + Send + 'static) -> Self
    where
        F: Future<Output = anyhow::Result<T>> + Send,
    {
        Watch::paced(Rhythm::Growing(POLL_FIRST), LOOKS_MAY_FAIL, look)
    }

    /// The same, with looks at these times, which may fail for so long.
    fn paced<F>(rhythm: Rhythm, may_fail: Duration, look: impl Fn() -> F + Send + 'static) -> Self
    where
        F: Future<Output = anyhow::Result<T>> + Send,
    {
        let (sender, latest) = watch::channel(None);
        let waiting = Arc::new(AtomicUsize::new(0));
        let wake = Arc::new(Notify::new());
        let (count, woken) = (Arc::clone(&waiting), Arc::clone(&wake));
        let looks = async move {
            let mut since = Instant::now();
            // When the looks began to fail that have failed ever since.
            let mut failing: Option<Instant> = None;
            loop {
                if count.load(Ordering::Acquire) == 0 {
                    if unless(sender.closed(), woken.notified()).await.is_err() {
                        return;
                    }
                    since = Instant::now();
                    failing = None;
                    continue;
                }
                tokio::time::sleep(rhythm.pause(since.elapsed())).await;
                if count.load(Ordering::Acquire) > 0 {
                    let began = Instant::now();
                    match poll(look()).await {
                        Ok(seen) => {
                            failing = None;
                            sender.send_replace(Some(Ok(Arc::new(seen))));
                        }
                        Err(error) => {
                            let blind = failing.get_or_insert(began).elapsed();
                            if blind >= may_fail {
                                sender.send_replace(Some(Err(Blind::new(blind, &error))));
                            }
                        }
                    }
                }
            }
        };
        tokio::spawn(looks.in_current_span());
        Watch { latest, waiting, wake }
    }

    /// Waits until `judge` finds in a fresh look what it is after.
    pub(crate) async fn until<R>(
        &self,
        mut judge: impl FnMut(&T) -> Option<R>,
    ) -> anyhow::Result<R> {
        let mut latest = self.latest.clone();
        latest.mark_unchanged();
        let _waiting = Waiting::new(&self.waiting, &self.wake);
        loop {
            latest.changed().await?;
            let found = match &*latest.borrow_and_update() {
                Some(Ok(found)) => Arc::clone(found),
                Some(Err(blind)) => return Err(blind.clone().error()),
                None => continue,
            };
            if let Some(result) = judge(&found) {
                return Ok(result);
            }
        }
    }
}

/// A look at the thing of a key.
type Look<K, T> =
    Arc<dyn Fn(K) -> Pin<Box<dyn Future<Output = anyhow::Result<T>> + Send>> + Send + Sync>;

/// A watch for each thing that somebody waits for, by key.
pub(crate) struct Watches<K, T> {
    rhythm: Box<dyn Fn(&K) -> Rhythm + Send + Sync>,
    look: Look<K, T>,
    known: Mutex<Vec<(K, Watch<T>)>>,
}

impl<K, T> Watches<K, T>
where
    K: Clone + PartialEq + Send + 'static,
    T: Send + Sync + 'static,
{
    /// Watches that look in this way, at these times; nothing is called until somebody waits.
    pub(crate) fn new<F>(
        rhythm: impl Fn(&K) -> Rhythm + Send + Sync + 'static,
        look: impl Fn(K) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = anyhow::Result<T>> + Send + 'static,
    {
        Watches {
            rhythm: Box::new(rhythm),
            look: Arc::new(move |key| Box::pin(look(key))),
            known: Mutex::default(),
        }
    }

    /// The watch of a key.
    pub(crate) fn of(&self, key: K) -> Watch<T> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, watch)) = known.iter().find(|(it, _)| *it == key) {
            return watch.clone();
        }
        let (look, of) = (Arc::clone(&self.look), key.clone());
        let rhythm = (self.rhythm)(&key);
        let watch = Watch::paced(rhythm, LOOKS_MAY_FAIL, move || look(of.clone()));
        known.push((key, watch.clone()));
        watch
    }
}

/// Counts as waiting for as long as it lives, also when its task is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize, wake: &Notify) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        wake.notify_one();
        Waiting(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;
    use crate::wait::{FILE_SYSTEM, MOUNT_TARGET};

    /// A watch over a number that grows with every look, and that number.
    fn counted() -> (Watch<u32>, Arc<AtomicU32>) {
        let looks = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&looks);
        let watch =
            Watch::paced(Rhythm::Growing(Duration::from_millis(1)), LOOKS_MAY_FAIL, move || {
                let look = count.fetch_add(1, Ordering::SeqCst) + 1;
                async move { Ok(look) }
            });
        (watch, looks)
    }

    /// How many looks a wait takes, and how late the last is, where something takes so long.
    fn looks(rhythm: Rhythm, takes: f64) -> (usize, f64) {
        let (mut waited, mut looks) = (Duration::ZERO, 0);
        while waited.as_secs_f64() < takes {
            waited += rhythm.pause(waited);
            looks += 1;
        }
        (looks, waited.as_secs_f64() - takes)
    }

    #[test]
    fn a_first_deployment_looks_a_dozen_times_and_is_late_by_less_than_a_tenth() {
        // A file system and its mount targets, around what AWS takes for them, and the looks.
        for (file_system, targets, most) in
            [(2.0, 60.0, 9), (4.0, 75.0, 13), (4.4, 79.0, 14), (6.0, 90.0, 18)]
        {
            let (first, late) = looks(rhythm(Pace::Aws, FILE_SYSTEM), file_system);
            let (second, later) = looks(rhythm(Pace::Aws, MOUNT_TARGET), targets);
            assert!(first + second <= most, "{file_system}, {targets}: {first} + {second}");
            assert!(late + later < 0.11 * (file_system + targets), "{late} + {later}");
        }
        // What takes far longer is still looked at, and never more than 5.5 s late.
        assert!(looks(rhythm(Pace::Aws, MOUNT_TARGET), 1800.0).1 <= 5.5);
        assert!(looks(rhythm(Pace::Emulator, MOUNT_TARGET), 0.2).1 <= 0.1);
    }

    #[tokio::test]
    async fn many_waiters_share_every_look() {
        let (watch, looks) = counted();
        let wait = |target: u32| {
            let watch = watch.clone();
            async move { watch.until(|look| (*look >= target).then_some(*look)).await.unwrap() }
        };
        let (a, b, c) = tokio::join!(wait(3), wait(3), wait(2));
        assert_eq!((a, b, c), (3, 3, 2));
        assert_eq!(looks.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn nothing_is_looked_at_while_nobody_waits() {
        let (watch, looks) = counted();
        watch.until(|_| Some(())).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(looks.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn looks_that_fail_for_a_while_are_made_again() {
        let looks = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&looks);
        let watch =
            Watch::paced(Rhythm::Growing(Duration::from_millis(1)), LOOKS_MAY_FAIL, move || {
                let look = count.fetch_add(1, Ordering::SeqCst) + 1;
                async move { if look < 10 { Err(anyhow!("look {look} failed")) } else { Ok(look) } }
            });
        assert_eq!(watch.until(|look| Some(*look)).await.unwrap(), 10);
    }

    #[tokio::test]
    async fn looks_that_fail_for_too_long_end_the_wait_with_their_cause_and_its_remedy() {
        let may_fail = Duration::from_millis(20);
        let watch: Watch<()> =
            Watch::paced(Rhythm::Growing(Duration::from_millis(1)), may_fail, || async {
                Err(anyhow!("AccessDenied").context(Failure::new("calling DescribeX", "allow it")))
            });
        let began = Instant::now();
        let error = watch.until(|()| Some(())).await.unwrap_err();
        assert!(began.elapsed() >= may_fail);
        assert_eq!(
            // A busy machine may take a second to look again.
            failure::report(&[error]).replace("for 1 s", "for 0 s"),
            "error: every look for 0 s failed\n  caused by: calling DescribeX: AccessDenied\nhelp: allow it"
        );
    }
}
