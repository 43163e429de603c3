//! AWS: clients, and the calls that read and change.

mod calls;
mod change;
mod errors;
mod network;
mod observe;
mod read;

use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use job::Job;

pub(crate) use calls::Calls;
pub(crate) use change::{Changes, Stopped};
pub(crate) use errors::Raced;
pub(crate) use observe::observe;

/// Attempts per call: throttling and server errors are retried by the SDK, in
/// about ten seconds all together. Its adaptive mode is not for us: after one
/// refusal it lets half a call a second through, and one deployment is a few calls.
const ATTEMPTS: u32 = 8;

/// The first pause between two attempts; each later one is up to twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The clients of one run, which count their calls together.
#[derive(Debug, Clone)]
pub(crate) struct Aws {
    pub(crate) efs: aws_sdk_efs::Client,
    pub(crate) ec2: aws_sdk_ec2::Client,
    pub(crate) calls: Arc<Calls>,
    pub(crate) region: String,
}

impl Aws {
    /// Clients for the job's region. The sandbox, an emulator and AWS differ by
    /// the endpoint only.
    pub(crate) async fn connect(job: &Job, endpoint: Option<&str>) -> Aws {
        let region = job.inputs.aws_region.clone();
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .operation_attempt_timeout(Duration::from_secs(30))
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new(region.clone()))
            .http_client(http)
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(ATTEMPTS)
                    .with_initial_backoff(FIRST_PAUSE),
            )
            .timeout_config(timeouts);
        if let Some(endpoint) = endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        let config = loader.load().await;
        let calls = Arc::new(Calls::new(job.verbosity));
        let efs =
            aws_sdk_efs::config::Builder::from(&config).interceptor(calls::Counter::new(&calls));
        let ec2 =
            aws_sdk_ec2::config::Builder::from(&config).interceptor(calls::Counter::new(&calls));
        Aws {
            efs: aws_sdk_efs::Client::from_conf(efs.build()),
            ec2: aws_sdk_ec2::Client::from_conf(ec2.build()),
            calls,
            region,
        }
    }
}
