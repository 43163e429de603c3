//! The users that the API server knows by a token, and their kubeconfigs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use rcgen::KeyPair;
use serde_json::json;

use crate::certificates::AUTHORITY;
use crate::files::write_private;

/// The name of the context in every kubeconfig.
pub const CONTEXT: &str = "control-plane";

/// The API server's token file.
pub(crate) const TOKENS: &str = "tokens.csv";

/// A user of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum User {
    /// May do everything.
    Admin,
    /// May read everything and change nothing.
    Reader,
    /// Has a token that the API server no longer accepts.
    Expired,
}

impl User {
    pub(crate) const ALL: [User; 3] = [User::Admin, User::Reader, User::Expired];

    /// As the roles of the cluster name it.
    pub fn name(self) -> &'static str {
        match self {
            User::Admin => "admin",
            User::Reader => "reader",
            User::Expired => "expired",
        }
    }

    /// The user's kubeconfig in the control plane's folder.
    pub(crate) fn kubeconfig(self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.kubeconfig", self.name()))
    }
}

#[derive(Debug)]
pub(crate) struct Tokens {
    admin: String,
    reader: String,
    expired: String,
}

impl Tokens {
    /// Makes a token for each user, and writes the API server's token file.
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

/// A token that cannot be guessed: the public half of a fresh key.
fn random() -> anyhow::Result<String> {
    let key = KeyPair::generate().context("generating a token")?;
    let mut token = String::new();
    for byte in key.public_key_raw() {
        write!(token, "{byte:02x}")?;
    }
    Ok(token)
}

/// Writes the kubeconfig of one user. JSON is YAML.
pub(crate) fn write(folder: &Path, user: User, url: &str, tokens: &Tokens) -> anyhow::Result<()> {
    let authority = folder.join(AUTHORITY);
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": CONTEXT,
        "clusters": [{"name": CONTEXT, "cluster": {"server": url, "certificate-authority": authority}}],
        "users": [{"name": user.name(), "user": {"token": tokens.of(user)}}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": user.name()}}],
    });
    write_private(&user.kubeconfig(folder), &config.to_string())
}
