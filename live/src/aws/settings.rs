//! The settings of all clients of a region.

use std::sync::Arc;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::Credentials;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use super::calls::{Calls, Counter};
use super::foreign::ForeignResponses;
use crate::wait::{AWS_CONNECT, AWS_FIRST_PAUSE, AWS_READ};

/// Attempts per call: throttling and server errors are retried by the SDK, in
/// about ten seconds all together. Its adaptive mode is not for us: after one
/// refusal it lets half a call a second through, and one deployment is a few calls.
pub(super) const ATTEMPTS: u32 = 8;

/// The settings of all clients of a region.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) http: SharedHttpClient,
    pub(super) region: String,
    pub(super) endpoint: Option<String>,
    /// Those of a role that was assumed already, in place of what the environment names.
    pub(super) assumed: Option<Credentials>,
}

impl Settings {
    /// The configuration, with credentials from where the AWS CLI takes them, or those of a
    /// profile.
    pub(super) async fn load(&self, profile: Option<&str>) -> SdkConfig {
        let region = Region::new(self.region.clone());
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(region.clone())
            .http_client(self.http.clone())
            .retry_config(retries())
            .timeout_config(timeouts());
        if let Some(profile) = profile {
            let provider = ProviderConfig::default()
                .with_region(Some(region))
                .with_http_client(self.http.clone());
            let credentials = ProfileFileCredentialsProvider::builder()
                .configure(&provider)
                .profile_name(profile)
                .build();
            loader = loader.credentials_provider(credentials);
        } else if let Some(assumed) = &self.assumed {
            loader = loader.credentials_provider(assumed.clone());
        }
        if let Some(endpoint) = &self.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        loader.load().await
    }
}

/// How failed attempts at a call are repeated.
pub(super) fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(AWS_FIRST_PAUSE)
}

/// The timeouts of the response alone: waiting for a place in the line does not count.
pub(super) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(AWS_CONNECT).read_timeout(AWS_READ).build()
}

/// Attempts of a call that a run can do without: fewer than for others, as an endpoint may not
/// be reachable from a private network at all.
const FEW: u32 = 3;

/// A client of STS.
pub(super) fn sts(config: &SdkConfig, calls: &Arc<Calls>) -> aws_sdk_sts::Client {
    let builder = aws_sdk_sts::config::Builder::from(config)
        .retry_config(RetryConfig::standard().with_max_attempts(FEW))
        .interceptor(Counter::new(calls, config))
        .interceptor(ForeignResponses);
    aws_sdk_sts::Client::from_conf(builder.build())
}

/// A client of EKS.
pub(super) fn eks(config: &SdkConfig, calls: &Arc<Calls>) -> aws_sdk_eks::Client {
    let builder = aws_sdk_eks::config::Builder::from(config)
        .retry_config(RetryConfig::standard().with_max_attempts(FEW))
        .interceptor(Counter::new(calls, config))
        .interceptor(ForeignResponses);
    aws_sdk_eks::Client::from_conf(builder.build())
}

/// A client of IAM.
pub(super) fn iam(config: &SdkConfig, calls: &Arc<Calls>) -> aws_sdk_iam::Client {
    let builder = aws_sdk_iam::config::Builder::from(config)
        .interceptor(Counter::new(calls, config))
        .interceptor(ForeignResponses);
    aws_sdk_iam::Client::from_conf(builder.build())
}

/// A client of KMS.
pub(super) fn kms(config: &SdkConfig, calls: &Arc<Calls>) -> aws_sdk_kms::Client {
    let builder = aws_sdk_kms::config::Builder::from(config)
        .retry_config(RetryConfig::standard().with_max_attempts(FEW))
        .interceptor(Counter::new(calls, config))
        .interceptor(ForeignResponses);
    aws_sdk_kms::Client::from_conf(builder.build())
}
