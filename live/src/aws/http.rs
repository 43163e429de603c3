//! The HTTP client of all clients of AWS: through proxies, and with the authorities of a company.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use failure::{Help, failure};
use http::Uri;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::socks::Socks;
use crate::proxies::Proxies;

/// The file of certificate authorities that all of AWS's tools read.
///
/// Source: AWS SDKs and Tools Reference Guide, "General configuration", `AWS_CA_BUNDLE`.
const BUNDLE: &str = "AWS_CA_BUNDLE";

/// The client: directly, through an HTTP proxy, or through a SOCKS proxy, by the destination.
///
/// # Errors
/// If `AWS_CA_BUNDLE` names no file of certificates.
pub(super) fn client(proxies: &Arc<Proxies>) -> anyhow::Result<SharedHttpClient> {
    let bundle = std::env::var_os(BUNDLE).filter(|path| !path.is_empty()).map(PathBuf::from);
    let bundle = bundle.map(|path| Bundle::read(&path)).transpose()?;
    let trust = match &bundle {
        // `SSL_CERT_FILE` and `SSL_CERT_DIR` are part of the system's.
        None => TrustStore::default(),
        Some(bundle) => TrustStore::empty().with_pem_certificate(bundle.pem.clone()),
    };
    let tls = TlsContext::builder().with_trust_store(trust).build().help(
        "preparing TLS for the calls of AWS",
        format!("check the certificates of {BUNDLE} and SSL_CERT_FILE"),
    )?;
    let socks = Socks::new(Arc::clone(proxies), bundle.map(|bundle| bundle.roots))?;
    let client = |proxy: fn() -> ProxyConfig| {
        let tls = tls.clone();
        Builder::new().build_with_connector_fn(move |settings, components| {
            connector(proxy(), &tls, settings, components)
        })
    };
    Ok(SharedHttpClient::new(Routes {
        proxies: Arc::clone(proxies),
        direct: client(ProxyConfig::disabled),
        proxied: client(ProxyConfig::from_env),
        socks,
    }))
}

fn connector(
    proxy: ProxyConfig,
    tls: &TlsContext,
    settings: Option<&HttpConnectorSettings>,
    components: Option<&RuntimeComponents>,
) -> Connector {
    let mut builder = Connector::builder().proxy_config(proxy);
    builder.set_connector_settings(settings.cloned());
    if let Some(components) = components {
        builder.set_sleep_impl(components.sleep_impl());
    }
    builder.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls.clone()).build()
}

/// The authorities of a bundle. They replace the system's, as in all of AWS's tools.
struct Bundle {
    pem: Vec<u8>,
    roots: RootCertStore,
}

impl Bundle {
    fn read(path: &Path) -> anyhow::Result<Bundle> {
        let file = path.display();
        let remedy = format!("have {BUNDLE} name a file of PEM certificates, or unset it");
        let pem = std::fs::read(path).help(format!("reading `{file}` ({BUNDLE})"), &*remedy)?;
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let what = || format!("reading the certificates of `{file}` ({BUNDLE})");
            let certificate = certificate.help(what(), &*remedy)?;
            roots.add(certificate).help(what(), &*remedy)?;
        }
        if roots.is_empty() {
            return Err(failure(format!("`{file}` ({BUNDLE}) has no PEM certificate"), remedy));
        }
        Ok(Bundle { pem, roots })
    }
}

/// A client that chooses the way by the destination.
#[derive(Debug)]
struct Routes {
    proxies: Arc<Proxies>,
    direct: SharedHttpClient,
    proxied: SharedHttpClient,
    socks: Socks,
}

impl HttpClient for Routes {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Route {
            proxies: Arc::clone(&self.proxies),
            direct: self.direct.http_connector(settings, components),
            proxied: self.proxied.http_connector(settings, components),
            socks: self.socks.clone(),
        })
    }
}

#[derive(Debug)]
struct Route {
    proxies: Arc<Proxies>,
    direct: SharedHttpConnector,
    proxied: SharedHttpConnector,
    socks: Socks,
}

impl HttpConnector for Route {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let destination = request.uri().parse::<Uri>().ok();
        match destination.and_then(|to| self.proxies.on_the_way_to(&to)) {
            None => self.direct.call(request),
            Some(proxy) if proxy.is_socks() => self.socks.call(request),
            Some(_) => self.proxied.call(request),
        }
    }
}
