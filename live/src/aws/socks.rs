//! An HTTP client through a SOCKS 5 proxy, such as `ssh -D` to a bastion: the SDK's own knows HTTP
//! proxies only.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use failure::Help;
use http::Uri;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as Tcp;
use hyper_util::client::legacy::connect::proxy::SocksV5;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore};
use tower::Service;

use crate::proxies::Proxies;
use crate::wait::{AWS_CONNECT, AWS_READ, within};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The client; clones share their connections.
#[derive(Debug, Clone)]
pub(super) struct Socks {
    client: Client<HttpsConnector<Tunnel>, SdkBody>,
}

impl Socks {
    /// Trusts `roots`, or the system's authorities.
    pub(super) fn new(
        proxies: Arc<Proxies>,
        roots: Option<RootCertStore>,
    ) -> anyhow::Result<Socks> {
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions();
        let remedy = "check SSL_CERT_FILE and the system's certificates";
        let config = config.help("preparing TLS", remedy)?;
        let config = match roots {
            Some(roots) => config.with_root_certificates(roots),
            None => config.with_native_roots().help("reading the system's authorities", remedy)?,
        };
        let mut tcp = Tcp::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(AWS_CONNECT));
        let https = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(config.with_no_client_auth())
            .https_or_http()
            .enable_http1()
            .wrap_connector(Tunnel { proxies, tcp });
        Ok(Socks { client: Client::builder(TokioExecutor::new()).build(https) })
    }
}

impl HttpConnector for Socks {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.client.clone();
        HttpConnectorFuture::new(async move {
            let request =
                request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let response = within(AWS_READ, client.request(request))
                .await
                .ok_or_else(|| ConnectorError::timeout("no response through the proxy".into()))?
                .map_err(|error| ConnectorError::io(error.into()))?;
            HttpResponse::try_from(response.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// A connection to a destination through its proxy.
#[derive(Debug, Clone)]
struct Tunnel {
    proxies: Arc<Proxies>,
    tcp: Tcp,
}

impl Service<Uri> for Tunnel {
    type Response = <Tcp as Service<Uri>>::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, destination: Uri) -> Self::Future {
        let mut tcp = self.tcp.clone();
        let Some(proxy) = self.proxies.on_the_way_to(&destination) else {
            return Box::pin(async move { tcp.call(destination).await.map_err(Into::into) });
        };
        let mut socks = SocksV5::new(proxy.address().clone(), tcp);
        if let Some((user, password)) = proxy.login() {
            socks = socks.with_auth(user, password);
        }
        Box::pin(async move { socks.call(destination).await.map_err(Into::into) })
    }
}
