//! `/_sandbox/iam`: principals and policies, read and changed while the sandbox runs.
//!
//! | path | what |
//! | --- | --- |
//! | `iam` | GET and PUT the whole configuration |
//! | `iam/enforced` | PUT `true` or `false` |
//! | `iam/principals/KEY` | GET, PUT and DELETE one caller |

use serde_json::json;

use super::Access;
use super::config::{Config, PrincipalConfig};

/// The body of a response, or its status and the reason.
pub(crate) type Response = Result<Option<Vec<u8>>, (u16, String)>;

pub(crate) fn respond(access: &mut Access, method: &str, path: &str, body: &[u8]) -> Response {
    let key = path.strip_prefix("iam/principals/");
    match (method, path, key) {
        ("GET", "iam", _) => {
            let config = &access.config;
            let whole = json!({
                "enforced": access.enforced,
                "principals": config.principals,
                "organization_path": config.organization_path,
                "service_control_policies": config.service_control_policies,
            });
            Ok(Some(whole.to_string().into_bytes()))
        }
        ("PUT", "iam", _) => {
            access.config = Config::parse(body).map_err(bad)?;
            Ok(None)
        }
        ("PUT", "iam/enforced", _) => {
            access.enforced =
                serde_json::from_slice(body).map_err(|error| bad(error.to_string()))?;
            Ok(None)
        }
        ("GET", _, Some(key)) => {
            let found = access.config.principals.get(key).ok_or_else(|| missing(key))?;
            serde_json::to_vec(found).map(Some).map_err(|error| bad(error.to_string()))
        }
        ("PUT", _, Some(key)) => {
            let principal = PrincipalConfig::parse(body).map_err(bad)?;
            access.config.principals.insert(key.to_owned(), principal);
            Ok(None)
        }
        ("DELETE", _, Some(key)) => {
            access.config.principals.remove(key).map(|_| None).ok_or_else(|| missing(key))
        }
        _ => Err((404, format!("the sandbox has no {method} /_sandbox/{path}"))),
    }
}

fn bad(message: String) -> (u16, String) {
    (400, message)
}

fn missing(key: &str) -> (u16, String) {
    (404, format!("no caller has the access key id `{key}`"))
}
