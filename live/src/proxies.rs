//! The proxies between here and AWS or a cluster, as `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and
//! `NO_PROXY` name them, in upper or lower case.
//!
//! Loopback addresses and the endpoints that serve credentials to instances, containers and pods
//! are always reached directly: a proxy cannot reach them, and must not see what they respond.
//! Sources: Go `net/http`, `ProxyFromEnvironment` (loopback), which Helm obeys too; AWS CLI user
//! guide, "Use an HTTP proxy" (`NO_PROXY=169.254.169.254`); Amazon ECS and EKS user guides
//! (169.254.170.2, 169.254.170.23 and `fd00:ec2::23`).

use std::net::IpAddr;

use failure::failure;
use http::Uri;
use http::uri::{Authority, Scheme};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use inputs::printable;

/// The variables that name a proxy; of each pair, the first one that is set counts.
const VARIABLES: [[&str; 2]; 3] =
    [["HTTPS_PROXY", "https_proxy"], ["HTTP_PROXY", "http_proxy"], ["ALL_PROXY", "all_proxy"]];

/// The endpoints of credentials.
const CREDENTIALS: [&str; 5] =
    ["169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23"];

/// The proxies of the environment.
#[derive(Debug)]
pub(crate) struct Proxies {
    matcher: Matcher,
}

/// The proxy of one destination.
pub(crate) struct Proxy {
    intercept: Intercept,
}

impl Proxies {
    /// Reads the environment.
    ///
    /// # Errors
    /// Every variable that names no proxy: it would be passed over, and calls would go past it.
    pub(crate) fn from_env() -> anyhow::Result<Proxies> {
        for names in VARIABLES {
            let set = names.into_iter().find_map(|name| Some((name, std::env::var_os(name)?)));
            if let Some((name, value)) = set {
                check(name, &value.to_string_lossy())?;
            }
        }
        Ok(Proxies { matcher: Matcher::from_env() })
    }

    /// The proxy on the way to a destination, if there is one.
    pub(crate) fn on_the_way_to(&self, destination: &Uri) -> Option<Proxy> {
        let host = destination.host()?;
        if always_direct(host) {
            return None;
        }
        Some(Proxy { intercept: self.matcher.intercept(destination)? })
    }
}

impl Proxy {
    /// Whether it speaks SOCKS 5.
    pub(crate) fn is_socks(&self) -> bool {
        is_socks(self.intercept.uri().scheme())
    }

    /// Its address, without credentials.
    pub(crate) fn address(&self) -> &Uri {
        self.intercept.uri()
    }

    /// User and password for SOCKS.
    pub(crate) fn login(&self) -> Option<(String, String)> {
        let (user, password) = self.intercept.raw_auth()?;
        Some((user.to_owned(), password.to_owned()))
    }
}

fn is_socks(scheme: Option<&Scheme>) -> bool {
    scheme.is_some_and(|scheme| matches!(scheme.as_str(), "socks5" | "socks5h"))
}

/// Whether a host is never reached through a proxy.
fn always_direct(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let loopback = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    loopback || host.eq_ignore_ascii_case("localhost") || CREDENTIALS.contains(&host)
}

/// A variable's value as a proxy; the value may hold a password, and is not shown.
fn check(name: &str, value: &str) -> anyhow::Result<()> {
    let remedy = format!(
        "write {name} as `http://HOST:PORT`, `https://HOST:PORT` or `socks5://HOST:PORT`, with \
         special characters of a password percent-encoded; NO_PROXY lists the hosts to reach \
         without it"
    );
    let value = value.trim();
    if value.is_empty() {
        return Ok(());
    }
    let Ok(uri) = value.parse::<Uri>() else {
        return Err(failure(format!("{name} is not a URL"), remedy));
    };
    let scheme = uri.scheme();
    let known = scheme.is_none_or(|scheme| [Scheme::HTTP, Scheme::HTTPS].contains(scheme));
    if !known && !is_socks(scheme) {
        let scheme = printable(uri.scheme_str().unwrap_or_default());
        return Err(failure(format!("{name} names a proxy of the scheme `{scheme}`"), remedy));
    }
    if uri.authority().is_none_or(|authority| authority.host().is_empty()) {
        return Err(failure(format!("{name} names no host"), remedy));
    }
    Ok(())
}

/// The proxy that a kubeconfig or the environment names for a cluster, as the Kubernetes client
/// takes it: `named` is the kubeconfig's `proxy-url`, which comes first as with kubectl.
///
/// The client's own reading compares `NO_PROXY` with the address of the proxy instead of the
/// cluster's (kube 5.0.0, `config/file_loader.rs`), so that it is not used.
pub(crate) fn of_cluster(
    proxies: &Proxies,
    cluster: &Uri,
    named: Option<&str>,
) -> anyhow::Result<Option<Uri>> {
    let Some(named) = named.filter(|named| !named.is_empty()) else {
        let proxy = proxies.on_the_way_to(cluster);
        let variable = || {
            let mut spellings = VARIABLES.into_iter().filter(|names| {
                names[0] != "HTTP_PROXY" || cluster.scheme() == Some(&Scheme::HTTP)
            });
            spellings.find_map(|names| names.into_iter().find_map(|name| std::env::var(name).ok()))
        };
        return Ok(proxy.and_then(|_| variable()).and_then(|text| normal(&text)));
    };
    check("`proxy-url` of the kubeconfig", named)?;
    Ok(normal(named))
}

/// A proxy's URL with a scheme that the Kubernetes client knows. It resolves names at a SOCKS
/// proxy in any case, as `socks5h` asks for.
fn normal(text: &str) -> Option<Uri> {
    let text = text.trim();
    let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let parts = text.parse::<Uri>().ok()?.into_parts();
    let authority: Authority = parts.authority?;
    let scheme = match parts.scheme {
        Some(scheme) if is_socks(Some(&scheme)) => "socks5".parse().ok()?,
        Some(scheme) => scheme,
        None => Scheme::HTTP,
    };
    Uri::builder().scheme(scheme).authority(authority).path_and_query("/").build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(https: &str, no: &str) -> Proxies {
        Proxies { matcher: Matcher::builder().https(https).no(no).build() }
    }

    fn used(proxies: &Proxies, destination: &str) -> bool {
        proxies.on_the_way_to(&destination.parse().unwrap()).is_some()
    }

    #[test]
    fn aws_is_reached_through_the_proxy_and_exceptions_are_not() {
        let proxies = proxies("http://proxy:3128", "vpce.example.com,10.0.0.0/8");
        assert!(used(&proxies, "https://elasticfilesystem.eu-west-1.amazonaws.com"));
        for direct in ["https://a.vpce.example.com", "https://10.1.2.3", "https://10.1.2.3:443/x"] {
            assert!(!used(&proxies, direct), "{direct}");
        }
    }

    #[test]
    fn loopback_and_the_endpoints_of_credentials_are_always_direct() {
        let proxies = Proxies {
            matcher: Matcher::builder()
                .http("http://proxy:3128")
                .https("http://proxy:3128")
                .build(),
        };
        assert!(used(&proxies, "http://localstack:4566"));
        for direct in [
            "http://127.0.0.1:4566",
            "http://localhost:4566",
            "https://[::1]:6443",
            "http://169.254.169.254/latest",
            "http://169.254.170.2/v2",
            "http://169.254.170.23/v1",
            "http://[fd00:ec2::23]/v1",
        ] {
            assert!(!used(&proxies, direct), "{direct}");
        }
    }

    #[test]
    fn what_is_no_proxy_is_named_without_its_password() {
        let cases = [
            ("http://ann:s3cret@ho st:1", "HTTPS_PROXY is not a URL"),
            ("ftp://ann:s3cret@host:1", "HTTPS_PROXY names a proxy of the scheme `ftp`"),
            ("/etc/proxy", "HTTPS_PROXY names no host"),
        ];
        for (value, message) in cases {
            let error = check("HTTPS_PROXY", value).unwrap_err();
            assert_eq!(error.to_string(), message);
            assert!(!failure::report(&[error]).contains("s3cret"));
        }
        for value in ["", "proxy:3128", "http://proxy:3128", "socks5h://bastion:1080"] {
            assert!(check("HTTPS_PROXY", value).is_ok(), "{value}");
        }
    }

    #[test]
    fn a_kubeconfigs_proxy_comes_first_and_socks_is_named_as_the_client_knows_it() {
        let none = proxies("", "");
        let cluster: Uri = "https://abc.gr7.eu-west-1.eks.amazonaws.com".parse().unwrap();
        let named = |named| of_cluster(&none, &cluster, named).unwrap().map(|uri| uri.to_string());
        assert_eq!(
            named(Some("socks5h://bastion:1080")).as_deref(),
            Some("socks5://bastion:1080/")
        );
        assert_eq!(named(Some("proxy:3128")).as_deref(), Some("http://proxy:3128/"));
        assert_eq!(named(Some("")), None);
        assert!(of_cluster(&none, &cluster, Some("ftp://x")).is_err());
    }
}
