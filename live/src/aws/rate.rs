//! The rate of calls that many deployments share: one for an account and a region.
//!
//! Calls that bring something about go before looks at what is under way: looks take
//! what is left of the rate, so that waiting costs the others nothing. After a refusal
//! for the rate, the pace slows down on its own, and comes back call by call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::wait::is_poll;

/// How much slower one refusal makes it, and at most.
const SLOWER: f64 = 1.5;
const SLOWEST: f64 = 8.0;

/// How much of that comes back with every call that succeeds.
const RECOVERY: f64 = 0.97;

/// A place in the line.
type Ticket = oneshot::Sender<()>;

/// A shared rate.
#[derive(Debug)]
pub(crate) struct Rate {
    changes: mpsc::UnboundedSender<Ticket>,
    looks: mpsc::UnboundedSender<Ticket>,
    pace: Arc<Pace>,
    /// How many calls that change something wait.
    backlog: watch::Sender<usize>,
}

/// How far calls are apart.
#[derive(Debug)]
struct Pace {
    /// Calls per second that are asked for.
    rate: f64,
    /// By how much it is slowed down now, in thousandths.
    slowed: AtomicU64,
}

impl Pace {
    fn slowed(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "it is a few thousand")]
        let slowed = self.slowed.load(Ordering::Relaxed) as f64;
        slowed / 1000.0
    }

    fn slow(&self, by: f64) {
        let slowed = (self.slowed() * by).clamp(1.0, SLOWEST) * 1000.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is clamped"
        )]
        self.slowed.store(slowed as u64, Ordering::Relaxed);
    }

    fn interval(&self) -> Duration {
        Duration::from_secs_f64(self.slowed() / self.rate)
    }
}

impl Rate {
    /// So many calls per second.
    pub(crate) fn new(rate: f64) -> Arc<Rate> {
        let (changes, mut changing) = mpsc::unbounded_channel::<Ticket>();
        let (looks, mut looking) = mpsc::unbounded_channel::<Ticket>();
        let pace = Arc::new(Pace { rate, slowed: AtomicU64::new(1000) });
        let own = Arc::clone(&pace);
        tokio::spawn(async move {
            let mut due = Instant::now();
            loop {
                // First the moment, and then who has it: a change may come until then.
                tokio::time::sleep_until(due).await;
                let ticket = tokio::select! {
                    biased;
                    Some(ticket) = changing.recv() => ticket,
                    Some(ticket) = looking.recv() => ticket,
                    else => return,
                };
                if ticket.send(()).is_ok() {
                    due = due.max(Instant::now()) + own.interval();
                }
            }
        });
        Arc::new(Rate { changes, looks, pace, backlog: watch::Sender::new(0) })
    }

    /// Waits until a call may be made.
    async fn pass(&self) {
        let (ticket, called) = oneshot::channel();
        if is_poll() {
            let _ = self.looks.send(ticket);
            let _ = called.await;
            return;
        }
        let _waits = Counted::new(&self.backlog);
        let _ = self.changes.send(ticket);
        let _ = called.await;
    }

    /// Waits until the line is short enough for one deployment more: about a second.
    pub(crate) async fn has_room(&self) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small rate")]
        let room = self.pace.rate.ceil() as usize;
        let mut backlog = self.backlog.subscribe();
        let _ = backlog.wait_for(|waiting| *waiting < room).await;
    }
}

/// Counts one more for as long as it lives.
struct Counted<'a>(&'a watch::Sender<usize>);

impl<'a> Counted<'a> {
    fn new(count: &'a watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Counted(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// An HTTP client that keeps a rate.
#[derive(Debug)]
pub(crate) struct Paced {
    pub(crate) inner: SharedHttpClient,
    pub(crate) rate: Arc<Rate>,
}

impl HttpClient for Paced {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Connector { inner, rate: Arc::clone(&self.rate) })
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    rate: Arc<Rate>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, rate) = (self.inner.clone(), Arc::clone(&self.rate));
        HttpConnectorFuture::new(async move {
            rate.pass().await;
            let response = inner.call(request).await;
            // EFS refuses with 429, EC2 with 503.
            let refused = response
                .as_ref()
                .is_ok_and(|response| matches!(response.status().as_u16(), 429 | 503));
            rate.pace.slow(if refused { SLOWER } else { RECOVERY });
            response
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait::poll;

    #[tokio::test]
    async fn calls_come_at_the_rate_and_changes_before_looks() {
        let rate = Rate::new(50.0);
        let order = std::sync::Mutex::new(Vec::new());
        let call = |name: &'static str| {
            let (rate, order) = (Arc::clone(&rate), &order);
            async move {
                rate.pass().await;
                order.lock().unwrap().push(name);
            }
        };
        let began = Instant::now();
        rate.pass().await;
        tokio::join!(poll(call("look")), call("change"), call("change"));
        assert_eq!(order.into_inner().unwrap(), ["change", "change", "look"]);
        assert!(began.elapsed() >= Duration::from_millis(60), "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn who_gave_up_takes_nobodys_place() {
        let rate = Rate::new(20.0);
        rate.pass().await;
        let gone: Vec<_> = (0..100).map(|_| Box::pin(rate.pass())).collect();
        for mut one in gone {
            assert!(futures_util::poll!(&mut one).is_pending());
        }
        let began = Instant::now();
        rate.pass().await;
        // In the place of one of them it would wait for five seconds.
        assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn a_refusal_slows_down_and_answers_bring_the_pace_back() {
        let rate = Rate::new(10.0);
        rate.pace.slow(SLOWER);
        assert_eq!(rate.pace.interval(), Duration::from_millis(150));
        for _ in 0..20 {
            rate.pace.slow(SLOWER);
        }
        assert_eq!(rate.pace.interval(), Duration::from_millis(800), "and not for ever");
        for _ in 0..200 {
            rate.pace.slow(RECOVERY);
        }
        assert_eq!(rate.pace.interval(), Duration::from_millis(100));
    }

    #[tokio::test]
    async fn there_is_room_while_the_line_is_short() {
        let rate = Rate::new(2.0);
        rate.has_room().await;
        rate.pass().await;
        let waiting = futures_util::future::join_all((0..3).map(|_| rate.pass()));
        let mut waiting = Box::pin(waiting);
        assert!(futures_util::poll!(&mut waiting).is_pending());
        let mut room = Box::pin(rate.has_room());
        assert!(futures_util::poll!(&mut room).is_pending(), "three wait, and two a second pass");
        waiting.await;
        room.await;
    }
}
