//! AWS: clients, and the calls that read and change.

mod admitted;
mod calls;
mod clusters;
mod ec2;
mod errors;
mod foreign;
mod http;
mod identity;
mod mfa;
mod moment;
mod rate;
mod reach;
mod settings;
mod socks;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aws_config::SdkConfig;
use aws_sdk_sts::config::Credentials;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use clusters::Clusters;
use foreign::ForeignResponses;
use place::Caller;
use rate::Paced;
use settings::Settings;
use tokio::sync::OnceCell;

use crate::proxies::Proxies;

pub(crate) use admitted::admitted;
pub(crate) use calls::Calls;
pub(crate) use ec2::{filter, tags};
pub(crate) use errors::{explain, is, is_missing_operation, says};
pub(crate) use moment::{moment, second};
pub(crate) use rate::Rate;
pub(crate) use reach::Nodes;

/// An account, and how fast it may be called.
pub(crate) struct Account {
    http: SharedHttpClient,
    /// Calls per second and region, where many deployments share them.
    rate: Option<f64>,
    /// Credentials of a role that was assumed with a code, in place of the environment's.
    assumed: OnceLock<Credentials>,
    /// Credentials and clients' settings, read once for each region.
    regions: Mutex<BTreeMap<String, Region>>,
}

/// What deployments of one region share.
#[derive(Clone)]
struct Region {
    settings: Settings,
    config: SdkConfig,
    rate: Option<Arc<Rate>>,
    caller: Arc<OnceCell<Result<Caller, String>>>,
}

/// The clients for a region, which count their calls together with those for others.
#[derive(Debug, Clone)]
pub(crate) struct Aws {
    pub(crate) efs: aws_sdk_efs::Client,
    pub(crate) ec2: aws_sdk_ec2::Client,
    sts: aws_sdk_sts::Client,
    pub(crate) eks: aws_sdk_eks::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) kms: aws_sdk_kms::Client,
    pub(crate) region: String,
    /// The clusters that were described, once for all that want to know.
    clusters: Arc<Clusters>,
    /// Who calls, looked up once for all deployments of the region.
    caller: Arc<OnceCell<Result<Caller, String>>>,
    settings: Settings,
    calls: Arc<Calls>,
    /// Whether it has an endpoint of its own, such as an emulator's.
    pub(crate) elsewhere: bool,
}

/// In one run there is one account, and one set of clients for each region.
impl PartialEq for Aws {
    fn eq(&self, other: &Self) -> bool {
        self.region == other.region
    }
}

impl Aws {
    fn new(region: Region, name: &str, calls: &Arc<Calls>) -> Aws {
        let Region { settings, config, rate: _, caller } = region;
        let efs = aws_sdk_efs::config::Builder::from(&config)
            .interceptor(calls::Counter::new(calls, &config))
            .interceptor(ForeignResponses);
        let ec2 = aws_sdk_ec2::config::Builder::from(&config)
            .interceptor(calls::Counter::new(calls, &config))
            .interceptor(ForeignResponses);
        Aws {
            efs: aws_sdk_efs::Client::from_conf(efs.build()),
            ec2: aws_sdk_ec2::Client::from_conf(ec2.build()),
            sts: settings::sts(&config, calls),
            eks: settings::eks(&config, calls),
            iam: settings::iam(&config, calls),
            kms: settings::kms(&config, calls),
            region: name.to_owned(),
            clusters: Arc::default(),
            caller,
            settings,
            calls: Arc::clone(calls),
            elsewhere: config.endpoint_url().is_some(),
        }
    }

    /// Clients for another region, by the same account.
    pub(crate) async fn of_region(&self, name: &str) -> Aws {
        if name == self.region {
            return self.clone();
        }
        let settings = Settings { region: name.to_owned(), ..self.settings.clone() };
        let config = settings.load(None).await;
        let region = Region { settings, config, rate: None, caller: Arc::default() };
        Aws::new(region, name, &self.calls)
    }
}

impl Account {
    /// Credentials come from where the AWS CLI takes them.
    ///
    /// # Errors
    /// If a proxy or an authority of the environment cannot be used.
    pub(crate) fn new(rate: Option<f64>) -> anyhow::Result<Account> {
        let http = http::client(&Arc::new(Proxies::from_env()?))?;
        Ok(Account { http, rate, assumed: OnceLock::new(), regions: Mutex::default() })
    }

    /// Asks for the code of an MFA device, where the profile in use has one (`mfa_serial`).
    ///
    /// # Errors
    /// If there is no terminal to ask at, or AWS does not accept the code.
    pub(crate) async fn sign_in(&self, region: &str, endpoint: Option<&str>) -> anyhow::Result<()> {
        if let Some(role) = mfa::Role::of_environment().await {
            let settings = self.settings(self.http.clone(), region, endpoint);
            let _ = self.assumed.set(role.assume(&settings).await?);
        }
        Ok(())
    }

    fn settings(&self, http: SharedHttpClient, region: &str, endpoint: Option<&str>) -> Settings {
        let endpoint = endpoint.map(str::to_owned);
        Settings { http, region: region.to_owned(), endpoint, assumed: self.assumed.get().cloned() }
    }

    /// Clients for a region. The sandbox, an emulator and AWS differ by the
    /// endpoint only.
    pub(crate) async fn connect(
        &self,
        region: &str,
        endpoint: Option<&str>,
        calls: &Arc<Calls>,
    ) -> Aws {
        Aws::new(self.region(region, endpoint).await, region, calls)
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
        let settings = self.settings(http, name, endpoint);
        let config = settings.load(None).await;
        let region = Region { settings, config, rate, caller: Arc::default() };
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        regions.entry(name.to_owned()).or_insert(region).clone()
    }
}
