//! The temporary credentials that were handed out.

use serde::{Deserialize, Serialize};

use crate::table::{Row, tables};
use crate::tags::Tags;

tables! { "sts" =>
    #[doc = "Sessions by access key id."]
    pub(crate) struct Sts {
        sessions: Session,
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Session {
    /// What the client sends in `x-amz-security-token`.
    pub(crate) token: String,
    /// When the credentials were issued. Milliseconds since 1970, like the next one.
    pub(crate) issued_ms: u64,
    pub(crate) expires_ms: u64,
    pub(crate) of: Of,
    pub(crate) tags: Tags,
    /// The session's policies: documents, or ARNs of managed policies. `None` where none were
    /// given: the session may then do whatever its role may.
    pub(crate) policies: Option<Vec<String>>,
    /// The ARN of the identity provider whose token was presented.
    pub(crate) provider: Option<String>,
}

/// Whose session it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Of {
    Role {
        name: String,
        arn: String,
        /// Of the role, `AROA…`.
        id: String,
        session: String,
    },
    /// The access key of a user, or of the root user.
    Key(String),
}

impl Row for Session {}
