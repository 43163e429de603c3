//! Who the API server knows, and the files by which they reach it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use rcgen::KeyPair;
use serde_json::json;

use crate::{User, path_of};

/// The name of the context in every kubeconfig.
pub const CONTEXT: &str = "control-plane";

/// The API server's list of tokens.
pub(crate) const TOKENS: &str = "tokens.csv";

/// A token each.
#[derive(Debug)]
pub(crate) struct Tokens {
    admin: String,
    reader: String,
    expired: String,
}

impl Tokens {
    /// Makes them, and writes the API server's list.
    pub(crate) fn write(folder: &Path) -> anyhow::Result<Tokens> {
        let tokens = Tokens { admin: random()?, reader: random()?, expired: random()? };
        let Tokens { admin, reader, expired: _ } = &tokens;
        let list = format!("{admin},admin,admin,system:masters\n{reader},reader,reader\n");
        write_private(&folder.join(TOKENS), &list)?;
        Ok(tokens)
    }

    fn of(&self, user: User) -> &str {
        match user {
            User::Admin => &self.admin,
            User::Reader => &self.reader,
            User::Expired => &self.expired,
        }
    }
}

/// Nobody can guess a fresh key.
fn random() -> anyhow::Result<String> {
    let key = KeyPair::generate().context("making a token")?;
    let mut token = String::new();
    for byte in key.public_key_raw() {
        write!(token, "{byte:02x}")?;
    }
    Ok(token)
}

/// Writes the kubeconfig of one user. JSON is YAML.
pub(crate) fn write(folder: &Path, user: User, url: &str, tokens: &Tokens) -> anyhow::Result<()> {
    let authority = folder.join(crate::certificates::AUTHORITY);
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": CONTEXT,
        "clusters": [{"name": CONTEXT, "cluster": {"server": url, "certificate-authority": authority}}],
        "users": [{"name": user.name(), "user": {"token": tokens.of(user)}}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": user.name()}}],
    });
    write_private(&path_of(folder, user), &config.to_string())
}

/// Writes a file that nobody else may read.
pub(crate) fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    let open = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    open.and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("writing `{}`", path.display()))
}
