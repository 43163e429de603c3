//! From a request to the service that it is for, and to its response: signature, rate,
//! faults, and the operation itself.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::request::Parts;
use tokio::sync::watch;

use crate::access;
use crate::admission;
use crate::callers::config::Config;
use crate::callers::{Access, Caller};
use crate::calls::{Call, Calls};
use crate::clock::Clock;
use crate::codes;
use crate::error::{AwsError, Result};
use crate::faults::{Fault, Faults};
use crate::ids::Ids;
use crate::limit::Limit;
use crate::options::Options;
use crate::request;
use crate::request::Incoming;
use crate::response::{ErrorBody, Refusal, Success};
use crate::service::{Context, Service};
use crate::store::Store;
use crate::unserved;

/// The services that a sandbox has.
pub(crate) type Services = &'static [&'static dyn Service];

/// What all requests share.
pub(crate) struct Dispatcher {
    pub(crate) services: Services,
    pub(crate) options: Options,
    clock: Clock,
    store: Mutex<Store>,
    pub(crate) calls: Mutex<Calls>,
    ids: Mutex<Ids>,
    faults: Mutex<Faults>,
    limit: Mutex<Limit>,
    pub(crate) access: Mutex<Access>,
    /// Grows with every release of the calls that are held.
    releases: watch::Sender<u64>,
    held: AtomicUsize,
}

/// A response, before it is HTTP.
pub(crate) struct Responded {
    pub(crate) request_id: String,
    pub(crate) status: u16,
    pub(crate) body: ErrorBody,
    /// Whether the connection ends instead of the response.
    pub(crate) cut: bool,
}

/// A panic elsewhere leaves what is behind a lock as the last whole operation left it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Dispatcher {
    pub(crate) fn new(
        services: Services,
        options: Options,
        faults: Faults,
        clock: Clock,
        ids: Ids,
    ) -> anyhow::Result<Arc<Dispatcher>> {
        let state = options.state.as_deref();
        let store = Store::open(state, &options.account, clock.now_ms())?;
        let config = Config::read(options.iam_file.as_ref(), &options.principals)?;
        let dispatcher = Dispatcher {
            services,
            store: Mutex::new(store),
            calls: Mutex::new(Calls::open(state)?),
            ids: Mutex::new(ids),
            faults: Mutex::new(faults),
            limit: Mutex::new(Limit::new(options.rate_limit, clock.now_us())),
            access: Mutex::new(Access::new(options.enforce_iam, config, &options.account)),
            releases: watch::Sender::new(0),
            held: AtomicUsize::new(0),
            options,
            clock,
        };
        dispatcher.change_faults(|_| {});
        Ok(Arc::new(dispatcher))
    }

    /// Changes the rules of faults, and keeps former states for as long as they need.
    pub(crate) fn change_faults<T>(&self, change: impl FnOnce(&mut Faults) -> T) -> T {
        let mut faults = lock(&self.faults);
        let changed = change(&mut faults);
        lock(&self.store).remember(milliseconds(faults.reach()));
        changed
    }

    /// How many calls are held at this moment.
    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::SeqCst)
    }

    /// Releases the calls that are held.
    pub(crate) fn release(&self) {
        self.releases.send_modify(|count| *count += 1);
    }

    /// Waits for the next release.
    async fn hold(&self) {
        /// Counts as held for as long as it lives, also when the client goes away.
        struct Held<'a>(&'a AtomicUsize);
        impl Drop for Held<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        let mut releases = self.releases.subscribe();
        self.held.fetch_add(1, Ordering::SeqCst);
        let _held = Held(&self.held);
        let _ = releases.changed().await;
    }

    /// Responds to one request; without a body, to one whose body is over the limit.
    pub(crate) async fn respond(&self, parts: Parts, body: Option<Bytes>) -> Responded {
        let at_us = self.clock.now_us();
        let latency = self.options.latency();
        let too_large = body.is_none();
        let id = lock(&self.ids).uuid();
        let request = request::read(parts, body.unwrap_or_default(), id);
        self.clock.sleep(latency / 2).await;
        let Some(service) = self.service(&request) else {
            return self.refuse_unserved(&request, at_us).await;
        };
        let operation = service.operation(&request);
        let signed = request.scope.is_some() || !service.needs_signature(&operation);
        let operation = if signed { operation } else { "unsigned".to_owned() };
        let region = request.scope.as_ref().map_or("", |scope| scope.region.as_str());
        let drawn = lock(&self.faults).draw(service.name(), region, &operation);
        let response = match admission::refusal(service, &request, signed, too_large) {
            Some(refusal) => Err(refusal),
            None if !lock(&self.limit).allows(self.clock.now_us()) => {
                Err(service.refusal(Refusal::Throttled))
            }
            None => self.under_faults(service, &request, &operation, &drawn).await,
        };
        self.clock.sleep(latency.saturating_sub(latency / 2)).await;
        let (status, outcome) = match &response {
            Ok(success) => (success.status, "ok"),
            Err(error) if error.code.is_empty() => (error.status, "not served"),
            Err(error) => (error.status, error.code),
        };
        let call = Call {
            at_us,
            took_us: 0,
            service: service.name(),
            operation: &operation,
            region: request.scope.as_ref().map_or("", |scope| &scope.region),
            status,
            outcome,
            faults: drawn.iter().map(ToString::to_string).collect(),
            request_id: &request.id,
        };
        self.record(call);
        let body = match response {
            Ok(Success { content_type, body, .. }) => {
                ErrorBody { content_type, error_type: None, body }
            }
            Err(error) => service.error(&error, &request.id),
        };
        let cut = drawn.iter().any(|fault| matches!(fault, Fault::CutBefore | Fault::CutAfter));
        Responded { request_id: request.id, status, body, cut }
    }

    /// Adds a call that ends now to the list of calls.
    fn record(&self, mut call: Call<'_>) {
        call.took_us = self.clock.now_us().saturating_sub(call.at_us);
        if let Err(error) = lock(&self.calls).push(&call) {
            eprintln!("warning: cannot list a call: {error:#}");
        }
    }

    /// Responds to a request that is signed for a service which the sandbox does not have.
    async fn refuse_unserved(&self, request: &Incoming, at_us: u64) -> Responded {
        let latency = self.options.latency();
        self.clock.sleep(latency.saturating_sub(latency / 2)).await;
        let (service, region) = request
            .scope
            .as_ref()
            .map_or(("", ""), |scope| (scope.service.as_str(), scope.region.as_str()));
        let served: Vec<&str> = self.services.iter().map(|service| service.name()).collect();
        let refusal = unserved::refusal(service, &served);
        self.record(Call {
            at_us,
            took_us: 0,
            service,
            operation: &unserved::operation(request),
            region,
            status: refusal.status,
            outcome: "not served",
            faults: Vec::new(),
            request_id: &request.id,
        });
        Responded {
            request_id: request.id.clone(),
            status: refusal.status,
            body: unserved::body(service, request, &refusal),
            cut: false,
        }
    }

    /// The service that a request is for: of those whose form it has, the one that it is signed
    /// for; the form decides before the signature, and the signature where no form fits.
    /// `None` for a request whose form is unknown and which is signed for another service.
    /// An unsigned request of an unknown form is the first service's to refuse.
    fn service(&self, request: &Incoming) -> Option<&'static dyn Service> {
        let signed_for = |service: &&&dyn Service| {
            request.scope.as_ref().is_some_and(|scope| scope.service == service.name())
        };
        let accepting = || self.services.iter().filter(|service| service.accepts(request));
        let found = accepting()
            .find(signed_for)
            .or_else(|| accepting().next())
            .or_else(|| self.services.iter().find(signed_for));
        match found {
            None if request.scope.is_none() => self.services.first().copied(),
            found => found.copied(),
        }
    }

    /// Carries a request out, or not, as the faults drawn for it say.
    async fn under_faults(
        &self,
        service: &dyn Service,
        request: &Incoming,
        operation: &str,
        drawn: &[Fault],
    ) -> Result<Success> {
        let mut past = None;
        for fault in drawn {
            match fault {
                Fault::Delay(time) => self.clock.sleep(*time).await,
                Fault::HoldBefore => self.hold().await,
                Fault::Throttle => return Err(service.refusal(Refusal::Throttled)),
                Fault::Error => return Err(service.refusal(Refusal::Internal)),
                Fault::Code(code) => return Err(injected(service, operation, code)),
                Fault::CutBefore => {
                    let message = "cut before it was carried out";
                    return Err(AwsError::new(500, "ConnectionCut", message));
                }
                Fault::Stale(time) if operation.starts_with("Describe") => past = Some(*time),
                Fault::CutAfter | Fault::HoldAfter | Fault::Stale(_) => {}
            }
        }
        let response = self.carry_out(service, request, past);
        if drawn.contains(&Fault::HoldAfter) {
            self.hold().await;
        }
        response
    }

    /// Carries an operation out: wholly, or with an error and no trace.
    fn carry_out(
        &self,
        service: &dyn Service,
        request: &Incoming,
        past: Option<Duration>,
    ) -> Result<Success> {
        let mut store = lock(&self.store);
        let now = self.clock.now_ms();
        let region = request.scope.as_ref().map_or("us-east-1", |scope| &scope.region);
        let failed = |error: anyhow::Error| {
            eprintln!("error: the state could not be written: {error:#}");
            service.refusal(Refusal::Internal)
        };
        self.prepare(&mut store, region, now).map_err(failed)?;
        if let Some(past) = past {
            let then = now.saturating_sub(milliseconds(past));
            store.turn_back(region, then);
            self.settle(&mut store, region, then);
            let response = self.operate(&mut store, service, request, region, then);
            store.roll_back(region);
            return response;
        }
        let response = self.operate(&mut store, service, request, region, now);
        let response = response.and_then(|success| {
            store.commit(region, now).map_err(failed)?;
            Ok(success)
        });
        if response.is_err() {
            store.roll_back(region);
        }
        response
    }

    /// Seeds a new region, and carries out the changes of state that are due.
    fn prepare(&self, store: &mut Store, region: &str, now: u64) -> anyhow::Result<()> {
        if !store.world.regions.contains_key(region) {
            let found = store.world.region(region, &self.options.account);
            self.services.iter().for_each(|service| service.seed(found, &self.options));
            if let Err(error) = store.commit(region, now) {
                store.world.regions.remove(region);
                return Err(error);
            }
        }
        self.settle(store, region, now);
        store.accept(region, now);
        Ok(())
    }

    fn settle(&self, store: &mut Store, region: &str, now: u64) {
        let found = store.world.region(region, &self.options.account);
        self.services.iter().for_each(|service| service.settle(found, now));
    }

    /// Carries an operation out, or refuses it where the caller may not make it.
    fn operate(
        &self,
        store: &mut Store,
        service: &dyn Service,
        request: &Incoming,
        region: &str,
        now: u64,
    ) -> Result<Success> {
        let access = lock(&self.access);
        let caller = access.caller(service.name(), request, &store.world.global, now)?;
        self.within(store, region, now, (&access, &caller), |context| {
            access::authorize(context, service, &service.operation(request), request)?;
            service.carry_out(context, request)
        })
        .unwrap_or_else(|| Err(service.refusal(Refusal::Internal)))
    }

    /// Changes a region from outside of AWS's API: wholly, or with an error and no trace.
    pub(crate) fn administer<E>(
        &self,
        region: &str,
        change: impl FnOnce(&mut Context<'_>) -> Result<(), E>,
    ) -> anyhow::Result<Result<(), E>> {
        let mut store = lock(&self.store);
        let now = self.clock.now_ms();
        self.prepare(&mut store, region, now)?;
        let access = lock(&self.access);
        let by = (&*access, &access.root(region));
        let Some(result) = self.within(&mut store, region, now, by, change) else {
            anyhow::bail!("the region `{region}` does not exist");
        };
        let kept = if result.is_ok() { store.commit(region, now) } else { Ok(()) };
        if result.is_err() || kept.is_err() {
            store.roll_back(region);
        }
        kept.map(|()| result)
    }

    fn within<T>(
        &self,
        store: &mut Store,
        region: &str,
        now: u64,
        (access, caller): (&Access, &Caller),
        work: impl FnOnce(&mut Context<'_>) -> T,
    ) -> Option<T> {
        let world = &mut store.world;
        world.regions.entry(region.to_owned()).or_default();
        let (mine, others): (Vec<_>, Vec<_>) =
            world.regions.iter_mut().partition(|(name, _)| name.as_str() == region);
        let (_, region) = mine.into_iter().next()?;
        let mut context = Context {
            region,
            others: others.into_iter().map(|(_, region)| &*region).collect(),
            global: &mut world.global,
            access,
            caller,
            options: &self.options,
            ids: &mut lock(&self.ids),
            now,
        };
        Some(work(&mut context))
    }
}

/// The error that a rule of faults names.
fn injected(service: &dyn Service, operation: &str, code: &'static str) -> AwsError {
    let status = codes::status(service.name(), operation, code).unwrap_or(500);
    AwsError::new(status, code, "This error was injected by a fault rule of the sandbox.")
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
