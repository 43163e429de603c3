//! What an error on the way to AWS or a cluster means, by the words of the HTTP and TLS libraries:
//! their types are private or erased.
//!
//! Sources: hyper-util 0.1 (`TunnelError`, `SocksError`), rustls 0.23 (`CertificateError`).

/// What to do, by words that an error's chain contains.
const REMEDIES: &[(&str, &str)] = &[
    (
        "proxy authorization required",
        "the proxy wants a login (407): write it into HTTPS_PROXY or `proxy-url` as \
         `http://USER:PASSWORD@HOST:PORT`, or list the host in NO_PROXY",
    ),
    (
        "tunnel error: unsuccessful",
        "the proxy does not connect to this host: have it allowed there, or list the host in NO_PROXY",
    ),
    (
        "tunnel error",
        "the proxy of HTTPS_PROXY or `proxy-url` could not be used: check its address, and NO_PROXY",
    ),
    (
        "SOCKS error",
        "the SOCKS proxy of HTTPS_PROXY, ALL_PROXY or `proxy-url` could not be used: check that it \
         runs, such as `ssh -D`, and NO_PROXY",
    ),
    (
        "UnknownIssuer",
        "something between here and there, such as a proxy that inspects TLS, signs with an \
         authority of its own: name its certificate with AWS_CA_BUNDLE for AWS, with SSL_CERT_FILE \
         for charts, and in the kubeconfig (`certificate-authority`) for the cluster",
    ),
    (
        "NotValidForName",
        "the certificate is for another host: check the endpoint, and for a cluster \
         `tls-server-name` of the kubeconfig",
    ),
];

/// What to do about an error with these words in its chain, where they are known.
pub(crate) fn remedy(chain: &str) -> Option<String> {
    let known = REMEDIES.iter().find(|(words, _)| chain.contains(words));
    known.map(|(_, remedy)| (*remedy).to_owned())
}
