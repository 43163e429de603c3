//! Waiting: one poll for everybody who waits for the same kind of thing.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};

use crate::wait::{POLL_FIRST, POLL_LONGEST, poll, unless};

/// A pause in terms of the time that was waited already: whatever takes its time is
/// seen at most so much later than it came, and 4 per cent on the average. Before,
/// pauses grew on their own, and a destroy took up to 1.29 of what it had to.
const LATE: f64 = 0.08;

/// What was seen last, or why nothing could be seen.
type Latest<T> = Option<Result<Arc<T>, String>>;

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
        Watch::paced(POLL_FIRST, look)
    }

    fn paced<F>(first: Duration, look: impl Fn() -> F + Send + 'static) -> Self
    where
        F: Future<Output = anyhow::Result<T>> + Send,
    {
        let (sender, latest) = watch::channel(None);
        let waiting = Arc::new(AtomicUsize::new(0));
        let wake = Arc::new(Notify::new());
        let (count, woken) = (Arc::clone(&waiting), Arc::clone(&wake));
        tokio::spawn(async move {
            let mut since = Instant::now();
            loop {
                if count.load(Ordering::Acquire) == 0 {
                    if unless(sender.closed(), woken.notified()).await.is_err() {
                        return;
                    }
                    since = Instant::now();
                    continue;
                }
                let pause = since.elapsed().mul_f64(LATE).clamp(first, POLL_LONGEST);
                tokio::time::sleep(jittered(pause)).await;
                if count.load(Ordering::Acquire) > 0 {
                    let found = poll(look()).await;
                    let found = found.map(Arc::new).map_err(|error| format!("{error:#}"));
                    sender.send_replace(Some(found));
                }
            }
        });
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
                Some(Err(error)) => anyhow::bail!("{error}"),
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
    look: Look<K, T>,
    known: Mutex<Vec<(K, Watch<T>)>>,
}

impl<K, T> Watches<K, T>
where
    K: Clone + PartialEq + Send + 'static,
    T: Send + Sync + 'static,
{
    /// Watches that look in this way; nothing is called until somebody waits.
    pub(crate) fn new<F>(look: impl Fn(K) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = anyhow::Result<T>> + Send + 'static,
    {
        Watches { look: Arc::new(move |key| Box::pin(look(key))), known: Mutex::default() }
    }

    /// The watch of a key.
    pub(crate) fn of(&self, key: K) -> Watch<T> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, watch)) = known.iter().find(|(it, _)| *it == key) {
            return watch.clone();
        }
        let (look, of) = (Arc::clone(&self.look), key.clone());
        let watch = Watch::new(move || look(of.clone()));
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

/// A tenth more or less, so that many runs do not look at the same moment.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.9 + 0.2 * fastrand::f64())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;

    /// A watch over a number that grows with every look, and that number.
    fn counted() -> (Watch<u32>, Arc<AtomicU32>) {
        let looks = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&looks);
        let watch = Watch::paced(Duration::from_millis(1), move || {
            let look = count.fetch_add(1, Ordering::SeqCst) + 1;
            async move { Ok(look) }
        });
        (watch, looks)
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
    async fn a_look_that_fails_ends_the_wait_with_its_cause() {
        let watch: Watch<()> =
            Watch::paced(Duration::from_millis(1), || async { anyhow::bail!("refused") });
        let error = watch.until(|()| Some(())).await.unwrap_err();
        assert_eq!(error.to_string(), "refused");
    }
}
