//! AWS: clients, and the calls that read and change.

mod calls;
mod ec2;
mod errors;
mod foreign;
mod rate;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use foreign::ForeignResponses;
use rate::Paced;

use crate::wait::{AWS_CONNECT, AWS_FIRST_PAUSE, AWS_READ};

pub(crate) use calls::Calls;
pub(crate) use ec2::filter;
pub(crate) use errors::{Raced, explain, is};
pub(crate) use rate::{LOOKS, Rate};

/// Attempts per call: throttling and server errors are retried by the SDK, in
/// about ten seconds all together. Its adaptive mode is not for us: after one
/// refusal it lets half a call a second through, and one deployment is a few calls.
const ATTEMPTS: u32 = 8;

/// An account, and how fast it may be called.
pub(crate) struct Account {
    http: SharedHttpClient,
    /// Calls per second and region, where many deployments share them.
    rate: Option<f64>,
    /// Credentials and clients' settings, read once for each region.
    regions: Mutex<BTreeMap<String, Region>>,
}

/// What deployments of one region share.
#[derive(Clone)]
struct Region {
    config: SdkConfig,
    rate: Option<Arc<Rate>>,
}

/// The clients for a region, which count their calls together with those for others.
#[derive(Debug, Clone)]
pub(crate) struct Aws {
    pub(crate) efs: aws_sdk_efs::Client,
    pub(crate) ec2: aws_sdk_ec2::Client,
    pub(crate) region: String,
}

/// In one run there is one account, and one set of clients for each region.
impl PartialEq for Aws {
    fn eq(&self, other: &Self) -> bool {
        self.region == other.region
    }
}

impl Aws {
    fn new(config: &SdkConfig, region: &str, calls: &Arc<Calls>) -> Aws {
        let efs = aws_sdk_efs::config::Builder::from(config)
            .interceptor(calls::Counter::new(calls))
            .interceptor(ForeignResponses);
        let ec2 = aws_sdk_ec2::config::Builder::from(config)
            .interceptor(calls::Counter::new(calls))
            .interceptor(ForeignResponses);
        Aws {
            efs: aws_sdk_efs::Client::from_conf(efs.build()),
            ec2: aws_sdk_ec2::Client::from_conf(ec2.build()),
            region: region.to_owned(),
        }
    }
}

/// How failed attempts at a call are repeated.
fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(AWS_FIRST_PAUSE)
}

/// The timeouts of the response alone: waiting for a place in the line does not count.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(AWS_CONNECT).read_timeout(AWS_READ).build()
}

impl Account {
    /// Credentials come from where the AWS CLI takes them.
    pub(crate) fn new(rate: Option<f64>) -> Account {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        Account { http, rate, regions: Mutex::default() }
    }

    /// Clients for a region. The sandbox, an emulator and AWS differ by the
    /// endpoint only.
    pub(crate) async fn connect(
        &self,
        region: &str,
        endpoint: Option<&str>,
        calls: &Arc<Calls>,
    ) -> Aws {
        let Region { config, rate: _ } = self.region(region, endpoint).await;
        Aws::new(&config, region, calls)
    }

    /// How fast a region of the account may be called.
    pub(crate) async fn rate(&self, region: &str, endpoint: Option<&str>) -> Option<Arc<Rate>> {
        self.region(region, endpoint).await.rate
    }

    async fn region(&self, name: &str, endpoint: Option<&str>) -> Region {
        let known = self.regions.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if let Some(known) = known {
            return known;
        }
        let rate = self.rate.map(Rate::new);
        let http = match &rate {
            None => self.http.clone(),
            Some(rate) => {
                SharedHttpClient::new(Paced { inner: self.http.clone(), rate: Arc::clone(rate) })
            }
        };
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(aws_config::Region::new(name.to_owned()))
            .http_client(http)
            .retry_config(retries())
            .timeout_config(timeouts());
        if let Some(endpoint) = endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        let region = Region { config: loader.load().await, rate };
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        regions.entry(name.to_owned()).or_insert(region).clone()
    }
}
