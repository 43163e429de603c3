//! The certificates and keys of one control plane, signed by a certificate authority of its own.

use std::path::Path;

use anyhow::Context;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::files::write_private;

pub(crate) const AUTHORITY: &str = "authority.pem";
pub(crate) const SERVER: &str = "server.pem";
pub(crate) const SERVER_KEY: &str = "server.key";
/// Signs the tokens of service accounts.
pub(crate) const ACCOUNTS: &str = "accounts.key";
/// Verifies the tokens of service accounts.
pub(crate) const ACCOUNTS_PUBLIC: &str = "accounts.pub";

/// Generates all of them, and writes them into the folder.
pub(crate) fn write(folder: &Path) -> anyhow::Result<()> {
    let make = || -> Result<_, rcgen::Error> {
        let authority_key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "control-plane");
        let authority = params.self_signed(&authority_key)?;
        let issuer = Issuer::new(params, authority_key);
        let key = KeyPair::generate()?;
        let names = ["127.0.0.1", "localhost", "10.0.0.1", "kubernetes.default.svc"];
        let mut params = CertificateParams::new(names.map(str::to_owned))?;
        params.distinguished_name.push(DnType::CommonName, "kube-apiserver");
        let server = params.signed_by(&key, &issuer)?;
        Ok((authority.pem(), server.pem(), key.serialize_pem()))
    };
    let (authority, server, key) = make().context("generating certificates")?;
    let accounts = KeyPair::generate().context("generating a key")?;
    let (private, public) = (accounts.serialize_pem(), accounts.public_key_pem());
    for (name, text) in [
        (AUTHORITY, &authority),
        (SERVER, &server),
        (SERVER_KEY, &key),
        (ACCOUNTS, &private),
        (ACCOUNTS_PUBLIC, &public),
    ] {
        write_private(&folder.join(name), text)?;
    }
    Ok(())
}
