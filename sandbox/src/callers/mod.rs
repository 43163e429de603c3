//! From an access key id to a principal and all policies that have a say for it.

pub(crate) mod admin;
pub(crate) mod config;
pub(crate) mod keys;
mod unknown;

use serde_json::Value;

use crate::authorization::context::Context as Keys;
use crate::authorization::document::{Document, Use};
use crate::authorization::evaluate::{Policies, Policy};
use crate::authorization::managed;
use crate::authorization::principal::{Kind, Principal, session_arn};
use crate::error::Result;
use crate::request::Incoming;
use crate::world::iam::Role;
use crate::world::sts::{Of, Session};
use crate::world::{Global, Tags, partition};
use config::{Config, PrincipalConfig};
use unknown::Unknown;

/// The access key id that is the root user unless it is configured.
const ROOT_KEY: &str = "sandbox";

/// What is configured about access.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    /// Whether calls are refused at all.
    pub(crate) enforced: bool,
    pub(crate) config: Config,
    account: String,
}

/// Who makes a call.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) principal: Principal,
    pub(crate) policies: Policies,
    /// The condition keys of the principal and of the request as a whole.
    pub(crate) keys: Keys,
}

impl Caller {
    /// A user of this name, without policies.
    pub(crate) fn user(name: &str, account: &str, partition: &str) -> Caller {
        let arn = format!("arn:{partition}:iam::{account}:user/{name}");
        Caller::of(Kind::User { name: name.to_owned() }, account, arn, format!("AIDA{name}"))
    }

    /// An NFS client that does not identify itself, of a file system in this account.
    pub(crate) fn anonymous(account: &str) -> Caller {
        Caller::of(Kind::Anonymous, account, "anonymous".to_owned(), "anonymous".to_owned())
    }

    fn root(account: &str, partition: &str) -> Caller {
        let arn = format!("arn:{partition}:iam::{account}:root");
        Caller::of(Kind::Root, account, arn, account.to_owned())
    }

    fn of(kind: Kind, account: &str, arn: String, id: String) -> Caller {
        let account = account.to_owned();
        let principal = Principal { kind, account, arn, id, tags: Tags::new() };
        Caller { principal, policies: Policies::default(), keys: Keys::default() }
    }

    /// A session of a role; `role` where the role exists.
    fn session(arn: &str, id: &str, session: &str, role: Option<&Role>, global: &Global) -> Caller {
        let account = arn.split(':').nth(4).unwrap_or_default();
        let name = arn.rsplit('/').next().unwrap_or_default();
        let kind = Kind::Session {
            role_arn: arn.to_owned(),
            service_linked: role.is_some_and(Role::service_linked),
        };
        let session_arn = session_arn(arn, name, session);
        let mut caller = Caller::of(kind, account, session_arn, format!("{id}:{session}"));
        if let Some(role) = role {
            caller.principal.tags.clone_from(&role.tags);
            caller.policies.identity = of_role(role, global);
            caller.policies.boundary = role.boundary.as_ref().and_then(|arn| by_arn(arn, global));
        }
        caller
    }
}

impl Access {
    pub(crate) fn new(enforced: bool, config: Config, account: &str) -> Access {
        Access { enforced, config, account: account.to_owned() }
    }

    /// Where the account is in its organization, if it is in one.
    pub(crate) fn organization_path(&self) -> Option<&str> {
        self.config.organization_path.as_deref()
    }

    /// The account's root user, in the partition of a region.
    pub(crate) fn root(&self, region: &str) -> Caller {
        Caller::root(&self.account, partition(region))
    }

    /// Who makes a request. Without enforcement a key that is not known is the root user's.
    pub(crate) fn caller(
        &self,
        service: &str,
        request: &Incoming,
        global: &Global,
        now: u64,
    ) -> Result<Caller> {
        let found = self.find(request.access_key(), request, global, now);
        let mut caller = match found {
            Ok(caller) => caller,
            Err(why) if self.enforced && request.scope.is_some() => {
                return Err(unknown::refusal(service, why));
            }
            Err(_) => Caller::root(&self.account, partition_of(request)),
        };
        self.limit(&mut caller, global);
        caller.principal.describe(&mut caller.keys);
        keys::of_request(request, now, &mut caller.keys);
        if caller.principal.account == self.account {
            keys::of_organization(self.organization_path(), "Principal", &mut caller.keys);
        }
        Ok(caller)
    }

    /// Gives a caller the organization's policies.
    fn limit(&self, caller: &mut Caller, global: &Global) {
        let control = &self.config.service_control_policies;
        caller.policies.service_control =
            control.iter().map(|level| policies(level, "scp", global)).collect();
    }

    /// An NFS client that identifies itself by a role, or as a user that is configured.
    pub(crate) fn client(&self, arn: &str, global: &Global) -> Option<Caller> {
        let mut caller = self.by_arn(arn, global)?;
        self.limit(&mut caller, global);
        Some(caller)
    }

    fn find(
        &self,
        key: &str,
        request: &Incoming,
        global: &Global,
        now: u64,
    ) -> Result<Caller, Unknown> {
        if let Some(config) = self.config.principals.get(key) {
            return Ok(self.configured(key, config, partition_of(request), global));
        }
        if let Some(session) = global.sts.sessions.get(key) {
            if self.enforced && request.header("x-amz-security-token") != Some(&session.token) {
                return Err(Unknown::Key);
            }
            if session.expires_ms <= now {
                return Err(Unknown::Expired);
            }
            return self.of_session(session, request, global, now);
        }
        if key != ROOT_KEY {
            return Err(Unknown::Key);
        }
        Ok(Caller::root(&self.account, partition_of(request)))
    }

    fn of_session(
        &self,
        session: &Session,
        request: &Incoming,
        global: &Global,
        now: u64,
    ) -> Result<Caller, Unknown> {
        let mut caller = match &session.of {
            Of::Key(key) => self.find(key, request, global, now)?,
            Of::Role { name, arn, id, session } => {
                let role = global.iam.roles.get(name).filter(|role| role.arn == *arn);
                Caller::session(arn, id, session, role, global)
            }
        };
        caller.principal.tags.extend(session.tags.clone());
        keys::of_session(session, &mut caller.keys);
        caller.policies.session = session.policies.as_ref().map(|given| {
            let values = given.iter().map(|text| {
                serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()))
            });
            policies(&values.collect::<Vec<_>>(), "session policy", global)
        });
        Ok(caller)
    }

    fn configured(
        &self,
        key: &str,
        config: &PrincipalConfig,
        partition: &str,
        global: &Global,
    ) -> Caller {
        let arn = config.arn.clone();
        let arn =
            arn.unwrap_or_else(|| format!("arn:{partition}:iam::{}:user/{key}", self.account));
        let partition = arn.split(':').nth(1).unwrap_or(partition);
        let account = arn.split(':').nth(4).unwrap_or(&self.account).to_owned();
        let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
        let mut caller = if resource == "root" {
            Caller::root(&account, partition)
        } else if let Some(path) = resource.strip_prefix("role/") {
            let name = path.rsplit('/').next().unwrap_or(path);
            let role = global.iam.roles.get(name).filter(|role| role.arn == arn);
            let id = role.map_or("AROASANDBOX", |role| &role.id);
            Caller::session(&arn, id, key, role, global)
        } else {
            let path = resource.strip_prefix("user/").unwrap_or(resource);
            let name = path.rsplit('/').next().unwrap_or(path);
            let mut user = Caller::user(name, &account, partition);
            user.principal.arn = arn;
            user
        };
        caller.principal.tags.extend(config.tags.clone());
        caller.policies.identity.extend(policies(&config.policies, "policy", global));
        if let Some(boundary) = &config.permissions_boundary {
            let boundary = policies(std::slice::from_ref(boundary), "boundary", global);
            caller.policies.boundary = boundary.into_iter().next();
        }
        caller.policies.session =
            config.session_policies.as_ref().map(|given| policies(given, "session policy", global));
        caller
    }

    /// The access key id and the configuration of a principal that is configured.
    fn configured_as(&self, arn: &str) -> Option<(&String, &PrincipalConfig)> {
        let partition = arn.split(':').nth(1).unwrap_or_default();
        self.config.principals.iter().find(|(key, config)| {
            let own = format!("arn:{partition}:iam::{}:user/{key}", self.account);
            config.arn.as_ref().unwrap_or(&own) == arn
        })
    }

    /// Whether a principal of this ARN is configured.
    pub(crate) fn is_configured(&self, arn: &str) -> bool {
        self.configured_as(arn).is_some()
    }

    /// The principal of an ARN, for simulation: a role, or a user that is configured.
    pub(crate) fn by_arn(&self, arn: &str, global: &Global) -> Option<Caller> {
        let partition = arn.split(':').nth(1).unwrap_or_default();
        if let Some((key, config)) = self.configured_as(arn) {
            return Some(self.configured(key, config, partition, global));
        }
        let role = global.iam.roles.get(arn.rsplit('/').next()?).filter(|role| role.arn == arn)?;
        Some(Caller::session(arn, &role.id, "simulated", Some(role), global))
    }
}

/// The managed and inline policies of a role.
fn of_role(role: &Role, global: &Global) -> Vec<Policy> {
    let managed = role.attached.iter().filter_map(|arn| by_arn(arn, global));
    let inline = role.inline.iter().filter_map(|(name, text)| {
        let document = Document::parse(text, Use::Identity).ok()?;
        Some(Policy { name: format!("{}:{name}", role.name), document })
    });
    managed.chain(inline).collect()
}

/// A managed policy, of AWS or of the account.
fn by_arn(arn: &str, global: &Global) -> Option<Policy> {
    let document = match managed::by_arn(arn) {
        Some(policy) => {
            let partition = arn.split(':').nth(1).unwrap_or_default();
            Document::from_value(&policy.document(partition), Use::Identity)
        }
        None => Document::parse(global.iam.policies.get(arn)?.document()?, Use::Identity),
    };
    Some(Policy { name: arn.to_owned(), document: document.ok()? })
}

/// Documents, and ARNs of managed policies. An ARN of the account's own that does not exist
/// allows nothing.
fn policies(given: &[Value], name: &str, global: &Global) -> Vec<Policy> {
    let policy = |(n, value): (usize, &Value)| {
        if let Some(arn) = value.as_str() {
            return by_arn(arn, global);
        }
        let document = Document::from_value(value, Use::Identity).ok()?;
        Some(Policy { name: format!("{name} {}", n + 1), document })
    };
    given.iter().enumerate().filter_map(policy).collect()
}

/// The partition that a request is signed for.
fn partition_of(request: &Incoming) -> &'static str {
    partition(request.scope.as_ref().map_or("", |scope| &scope.region))
}
