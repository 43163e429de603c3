//! Calls to a server that is not AWS, on a clock that does not wait.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_efs::config::{
    AsyncSleep, Credentials, SharedCredentialsProvider, Sleep, StalledStreamProtectionConfig,
};
use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::settings::{ATTEMPTS, Settings, retries, timeouts};
use super::{Aws, Calls, explain};
use crate::trace::Trace;
use crate::wait::{AWS_CONNECT, AWS_READ, FOREIGN_RESPONSES};

const PAGE: &str = "HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\n\
                    content-length: 22\r\nconnection: close\r\n\r\n<html>no route</html>\n";
const EMPTY: &str = "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const PORTAL: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\
                      connection: close\r\n\r\n<p>log in</p>";
const OWN: &str = "HTTP/1.1 500 Internal Server Error\r\ncontent-type: application/json\r\n\
                   x-amzn-errortype: InternalServerError\r\ncontent-length: 2\r\n\
                   connection: close\r\n\r\n{}";

/// A clock that moves on at once by the pauses between attempts. What waits longer than
/// those is a timeout, and never comes.
#[derive(Debug, Clone)]
struct Clock(Arc<Mutex<SystemTime>>);

impl Clock {
    fn new() -> Clock {
        Clock(Arc::new(Mutex::new(SystemTime::now())))
    }
}

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }
}

impl AsyncSleep for Clock {
    fn sleep(&self, duration: Duration) -> Sleep {
        let longest = retries().max_backoff();
        if [AWS_CONNECT, AWS_READ].contains(&duration) || duration > longest {
            return Sleep::new(std::future::pending());
        }
        *self.0.lock().unwrap() += duration;
        Sleep::new(std::future::ready(()))
    }
}

/// A server that responds to requests, by the first line of each; its address, and how many there
/// were.
pub(crate) fn serve(
    response: impl Fn(&str) -> String + Send + 'static,
) -> (String, Arc<Mutex<u32>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(Mutex::new(0));
    let served = Arc::clone(&count);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut request, mut line, mut length) = (String::new(), String::new(), 0);
            reader.read_line(&mut request).unwrap();
            while reader.read_line(&mut line).unwrap() > 2 {
                if let Some(value) = line.strip_prefix("content-length: ") {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            reader.read_exact(&mut vec![0; length]).unwrap();
            *served.lock().unwrap() += 1;
            stream.write_all(response(&request).as_bytes()).unwrap();
        }
    });
    (address, count)
}

/// Clients for an AWS at this address.
pub(crate) fn client(address: &str) -> Aws {
    client_on(address, &Clock::new())
}

fn client_on(address: &str, clock: &Clock) -> Aws {
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
    let http = SharedHttpClient::new(aws_smithy_http_client::Builder::new().build_http());
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-west-1"))
        .endpoint_url(address)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http.clone())
        .retry_config(retries().with_use_static_exponential_base(true))
        .timeout_config(timeouts())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .sleep_impl(clock.clone())
        .time_source(clock.clone());
    let calls = Arc::new(Calls::new(0, &Arc::new(Trace::new())));
    let region = "eu-west-1".to_owned();
    let endpoint = Some(address.to_owned());
    let settings = Settings { http, region: region.clone(), endpoint, assumed: None };
    let shared =
        super::Region { settings, config: config.build(), rate: None, caller: Arc::default() };
    Aws::new(shared, &region, &calls)
}

/// What came of one call to a server, how often it was made, and how long the pauses were.
async fn call(response: &'static str) -> (String, u32, Duration) {
    let (address, count) = serve(|_| response.to_owned());
    let clock = Clock::new();
    let began = clock.now();
    let aws = client_on(&address, &clock);
    let error = aws.efs.describe_file_systems().send().await.unwrap_err();
    let error = explain("elasticfilesystem:DescribeFileSystems", &aws.region, error);
    let calls = *count.lock().unwrap();
    (failure::report(&[error]), calls, clock.now().duration_since(began).unwrap())
}

#[tokio::test]
async fn a_response_that_is_not_from_aws_ends_the_call_within_seconds_in_one_line() {
    let cases = [
        (PAGE, "status 502, text/html, 22 bytes", 7),
        (EMPTY, "status 502, empty", 7),
        (PORTAL, "status 200, text/html, 13 bytes", 1),
    ];
    for (response, kind, attempts) in cases {
        let (report, calls, pauses) = call(response).await;
        assert_eq!(
            report,
            format!(
                "error: calling elasticfilesystem:DescribeFileSystems in eu-west-1\n  \
                 caused by: the response is not from AWS: {kind}\n\
                 help: something between here and AWS responded, such as a proxy: check \
                 HTTPS_PROXY and any `--endpoint-url`"
            )
        );
        assert!(pauses <= FOREIGN_RESPONSES, "{kind}: {calls} calls in {pauses:?}");
        assert_eq!(calls, attempts, "{kind}: a proxy that starts is given some time");
    }
}

#[tokio::test]
async fn a_server_error_of_aws_itself_is_retried_in_full() {
    let (report, calls, pauses) = call(OWN).await;
    assert!(pauses > FOREIGN_RESPONSES, "{pauses:?}");
    assert!(report.contains("caused by: InternalServerError: no message from AWS"), "{report}");
    assert_eq!(calls, ATTEMPTS);
}
