//! Counting calls: how many, and how many had to follow one another.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

use super::foreign::error_code;
use crate::log;
use crate::requests::Request;
use crate::trace::Trace;

/// The calls of one run, each attempt counted.
#[derive(Debug)]
pub(crate) struct Calls {
    verbosity: u8,
    trace: Arc<Trace>,
    tally: Mutex<Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    count: usize,
    /// The rounds of the calls that have ended.
    ended: usize,
    rounds: usize,
}

impl Calls {
    pub(crate) fn new(verbosity: u8, trace: &Arc<Trace>) -> Self {
        Calls { verbosity, trace: Arc::clone(trace), tally: Mutex::default() }
    }

    /// How many requests were sent.
    pub(crate) fn count(&self) -> usize {
        self.tally().count
    }

    /// The longest chain of calls in which each began after the one before had ended.
    pub(crate) fn rounds(&self) -> usize {
        self.tally().rounds
    }

    fn tally(&self) -> std::sync::MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request is sent; returns its round.
    fn begin(&self) -> usize {
        let mut tally = self.tally();
        tally.count += 1;
        let round = tally.ended + 1;
        tally.rounds = tally.rounds.max(round);
        round
    }

    fn end(&self, round: usize) {
        let mut tally = self.tally();
        tally.ended = tally.ended.max(round);
    }
}

/// Counts the requests of one client, and tells them.
#[derive(Debug)]
pub(super) struct Counter {
    calls: Arc<Calls>,
    region: String,
}

impl Counter {
    /// For a client of this configuration.
    pub(super) fn new(calls: &Arc<Calls>, config: &SdkConfig) -> Self {
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        Counter { calls: Arc::clone(calls), region }
    }

    fn tell(&self, attempt: &Attempt<'_>) {
        let Attempt { metadata, number, response, failed, since } = *attempt;
        let (operation, service) =
            metadata.map_or(("unknown", String::new()), |it| (it.name(), prefix(it.service())));
        let header = |name| response.and_then(|it| it.headers().get(name));
        let request = Request {
            service: &service,
            operation,
            resource: None,
            region: Some(&self.region),
            attempt: Some(number),
            status: response.map(|it| it.status().as_u16()),
            error_code: response.filter(|_| failed).and_then(error_code),
            id: REQUEST_IDS.iter().find_map(|name| header(*name)),
            elapsed: since.elapsed(),
            succeeded: !failed,
            changes: !READS.iter().any(|verb| operation.starts_with(verb)),
        };
        request.tell();
    }
}

/// One attempt at a call.
#[derive(Clone, Copy)]
struct Attempt<'a> {
    metadata: Option<&'a Metadata>,
    number: u32,
    response: Option<&'a Response>,
    failed: bool,
    since: Instant,
}

/// The headers by which services send the id of a request.
const REQUEST_IDS: [&str; 2] = ["x-amzn-requestid", "x-amz-request-id"];

/// How operations begin that change nothing.
const READS: [&str; 3] = ["Describe", "Get", "List"];

/// A service as permissions name it. The SDK's models name it otherwise for EFS alone, of those
/// that are called here.
fn prefix(service: &str) -> String {
    match service {
        "EFS" => "elasticfilesystem".to_owned(),
        other => other.to_lowercase(),
    }
}

/// The round of the request under way, kept with its operation.
#[derive(Debug)]
struct UnderWay {
    round: usize,
    since: Instant,
}

impl Storable for UnderWay {
    type Storer = StoreReplace<Self>;
}

#[dyn_dispatch_hint]
impl Intercept for Counter {
    fn name(&self) -> &'static str {
        "Counter"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let round = self.calls.begin();
        cfg.interceptor_state().store_put(UnderWay { round, since: Instant::now() });
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(under_way) = cfg.load::<UnderWay>() else {
            return Ok(());
        };
        self.calls.end(under_way.round);
        let operation = cfg.load::<Metadata>().map_or("unknown", Metadata::name);
        let status = context.response().map(|response| response.status().as_u16());
        let attempt = cfg.load::<RequestAttempts>().map_or(1, RequestAttempts::attempts);
        self.calls.trace.call(operation, attempt, status, under_way.since);
        self.tell(&Attempt {
            metadata: cfg.load::<Metadata>(),
            number: attempt,
            response: context.response(),
            failed: context.output_or_error().is_none_or(|result| result.is_err()),
            since: under_way.since,
        });
        if self.calls.verbosity > 0 && !log::is_json() {
            let status = status.unwrap_or(0);
            let ms = under_way.since.elapsed().as_millis();
            eprintln!("aws: {operation} {status} {ms} ms");
        }
        Ok(())
    }
}
