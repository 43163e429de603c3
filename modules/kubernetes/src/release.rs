//! A Helm release: as it should be, as it is, and the change between both.

use inputs::{HIDDEN, is_secret, names_secret, redacted};
use plan::{Action, Address, After, Attribute, Change, ChangeId, Difference, Document, Refusal};
use serde_json::Value;

use crate::MANAGER;
use crate::chart::{ChartSource, FoundChart};
use crate::values::{same_values, unknown_keys, unread_keys};

/// The kind of resource, as it stands in addresses.
pub const KIND: &str = "helm_release";

/// A call of Helm.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// Installs or upgrades the release.
    Upgrade {
        release: Box<Wanted>,
        /// The revision that a killed run left unfinished.
        stuck: Option<u64>,
    },
    /// Uninstalls the release; one that is not there any more is fine.
    Uninstall(Id),
}

/// Which release.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    pub name: String,
    pub namespace: String,
}

/// A release as it should be.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    pub id: Id,
    /// The name that its chart must have.
    pub chart_name: String,
    pub chart: ChartSource,
    /// The version of its chart.
    pub version: String,
    /// The SHA-256 of its chart's archive, where it is known.
    pub digest: Option<String>,
    pub values: Document,
    /// A value that only releases of ours have, by JSON pointer: our name.
    pub mark: Option<&'static str>,
    /// The deployment that it belongs to, for Helm's history.
    pub owner: String,
}

/// A release as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// Its latest revision.
    pub revision: u64,
    /// The state of that revision.
    pub status: Status,
    /// Its chart with the version, `NAME-VERSION`.
    pub chart: String,
    /// The values that were given to it.
    pub values: Value,
    /// Whether any of its revisions was made by Clockwork Codex.
    pub ours: bool,
    /// The deployment that made the latest of those, as [`Wanted::owner`] names it.
    pub owner: Option<String>,
}

/// The state of a release's latest revision, as Helm names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// In force.
    Deployed,
    /// `pending-install`, `pending-upgrade` or `pending-rollback`: Helm is
    /// working on it, or was killed.
    Pending(String),
    /// Anything else: `failed`, `uninstalled`, `uninstalling`, …
    Other(String),
}

impl Status {
    /// The state that Helm calls `text`.
    pub fn parse(text: &str) -> Status {
        match text {
            "deployed" => Status::Deployed,
            pending if pending.starts_with("pending-") => Status::Pending(text.to_owned()),
            other => Status::Other(other.to_owned()),
        }
    }

    /// The state as Helm calls it.
    pub fn as_str(&self) -> &str {
        match self {
            Status::Deployed => "deployed",
            Status::Pending(text) | Status::Other(text) => text,
        }
    }
}

/// Whether a release with these values is ours, where no revision says so: its
/// values carry our mark, or it is a first install that was killed and has only
/// its values to show whose it was.
pub fn is_marked(wanted: &Wanted, values: &Value, only_pending_install: bool) -> bool {
    let mark = wanted.mark.and_then(|pointer| values.pointer(pointer));
    mark.is_some_and(|mark| mark == MANAGER)
        || (only_pending_install && same_values(values, &wanted.values.value))
}

/// The change that makes a release what it should be; `None` where it is.
pub fn change<C: From<Call>>(
    id: ChangeId,
    address: Address,
    wanted: &Wanted,
    found: Option<&Release>,
) -> Option<Change<C>> {
    if !differs(wanted, found) {
        return None;
    }
    let (action, reason, stuck) = match found {
        None => (Action::Create, "the chart is not installed".to_owned(), None),
        Some(Release { status: Status::Deployed, .. }) => {
            (Action::Update, "the release differs".to_owned(), None)
        }
        Some(Release { status: Status::Pending(status), revision, .. }) => (
            Action::Update,
            format!("revision {revision} is `{status}`: a run was killed, or is still running"),
            Some(*revision),
        ),
        Some(Release { status: Status::Other(status), revision, .. }) => {
            (Action::Update, format!("revision {revision} is `{status}`"), None)
        }
    };
    let change = Change::new(action, id, address)
        .because(reason)
        .showing(differences(wanted, found))
        .calling(Call::Upgrade { release: Box::new(wanted.clone()), stuck });
    Some(change)
}

/// Whether a release must be made or changed, and so its chart be looked at.
pub fn differs(wanted: &Wanted, found: Option<&Release>) -> bool {
    let settled = found.is_some_and(|release| release.status == Status::Deployed);
    !settled || !wanted.values.later.is_empty() || !differences(wanted, found).is_empty()
}

/// What of the release is other than it should be.
fn differences(wanted: &Wanted, found: Option<&Release>) -> Vec<Difference> {
    let chart = format!("{}-{}", wanted.chart_name, wanted.version);
    let before = found.map(|release| release.chart.clone());
    let mut differences = Vec::new();
    if before.as_ref() != Some(&chart) {
        differences.push(Difference::new("chart", before, After::Value(chart)));
    }
    let had = found.map_or(&Value::Null, |release| &release.values);
    // What somebody else's release was given is theirs to show.
    let hides = found.is_some_and(|release| !release.ours);
    let mut values = Values { hides, secret: false, differences };
    values.compare("values", had, &wanted.values.value);
    values.differences
}

/// The names of what two modules want differently of one release; nothing where they agree.
pub fn disagreements(one: &Wanted, other: &Wanted) -> Vec<String> {
    let mut names = Vec::new();
    if one.id != other.id {
        names.push("namespace".to_owned());
    }
    if one.chart != other.chart {
        names.push("where the chart comes from".to_owned());
    }
    let release = Release {
        revision: 0,
        status: Status::Deployed,
        chart: format!("{}-{}", one.chart_name, one.version),
        values: one.values.value.clone(),
        ours: true,
        owner: None,
    };
    names.extend(differences(other, Some(&release)).into_iter().filter_map(|difference| {
        match difference.attribute {
            Attribute::Named(name) => Some(name),
            Attribute::Line => None,
        }
    }));
    names
}

/// The comparison of values; of those that look like secrets only that they differ.
struct Values {
    /// Whether nothing of what was found is shown.
    hides: bool,
    /// Whether it is below a name that is a secret's.
    secret: bool,
    differences: Vec<Difference>,
}

impl Values {
    /// A row per value that differs. Values mean the same however numbers are
    /// written, and one that is no map changes as a whole: a table cannot say that.
    fn compare(&mut self, path: &str, had: &Value, wanted: &Value) {
        match (had, wanted) {
            _ if same_values(had, wanted) => {}
            (Value::Null, Value::Object(wanted)) if !wanted.is_empty() => {
                for (key, value) in wanted {
                    self.below(path, key, Some(&Value::Null), Some(value));
                }
            }
            (Value::Object(had), Value::Object(wanted)) => {
                let mut keys: Vec<&String> = had.keys().chain(wanted.keys()).collect();
                keys.sort();
                keys.dedup();
                for key in keys {
                    self.below(path, key, had.get(key), wanted.get(key));
                }
            }
            (Value::Null, wanted) => {
                let wanted = self.shown(path, wanted);
                self.differences.push(Difference::set(path, wanted));
            }
            (had, wanted) => {
                let (had, wanted) = (self.found(path, had), self.shown(path, wanted));
                let difference = Difference::new(path, Some(had), After::Value(wanted));
                self.differences.push(difference);
            }
        }
    }

    fn below(&mut self, path: &str, key: &str, had: Option<&Value>, wanted: Option<&Value>) {
        let (path, outside) = (format!("{path}.{key}"), self.secret);
        self.secret |= names_secret(key);
        match (had, wanted) {
            (Some(had), None) => {
                let had = self.found(&path, had);
                self.differences.push(Difference::gone(&path, had));
            }
            (had, wanted) => {
                let (had, wanted) = (had.unwrap_or(&Value::Null), wanted.unwrap_or(&Value::Null));
                self.compare(&path, had, wanted);
            }
        }
        self.secret = outside;
    }

    fn found(&self, path: &str, value: &Value) -> String {
        if self.hides { HIDDEN.to_owned() } else { self.shown(path, value) }
    }

    fn shown(&self, path: &str, value: &Value) -> String {
        let name = path.rsplit('.').next().unwrap_or(path);
        match value {
            Value::String(text) if is_secret(text) => HIDDEN.to_owned(),
            Value::String(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)
                if self.secret =>
            {
                HIDDEN.to_owned()
            }
            Value::String(text) => text.clone(),
            other => redacted(name, other).to_string(),
        }
    }
}

/// Why this chart cannot be what is wanted; all reasons at once.
pub fn incompatible_chart(address: &Address, wanted: &Wanted, chart: &FoundChart) -> Vec<Refusal> {
    let Wanted { chart_name, version, values, digest, .. } = wanted;
    let mut refusals = Vec::new();
    if chart.name != *chart_name {
        refusals.push(Refusal::new(
            address,
            format!("the chart's name is `{}`", chart.name),
            format!("give a chart whose name is `{chart_name}` in `helm_chart`"),
        ));
    }
    if chart.version != *version {
        refusals.push(Refusal::new(
            address,
            format!("the chart's version is {}, and {version} is wanted", chart.version),
            "set `helm_chart_version` to it, or give another `helm_chart`",
        ));
    } else if let (Some(known), Some(found)) = (digest, &chart.digest)
        && known != found
    {
        refusals.push(Refusal::new(
            address,
            format!("the archive's digest is {found}, and that of chart {version} is {known}"),
            "find out who changed it; a chart of your own goes into `helm_chart` as a folder",
        ));
    }
    for key in unknown_keys(&chart.values, &values.value) {
        let remedy = match key.nearest {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => "leave it out of `helm_values`".to_owned(),
        };
        let reason = format!(
            "chart {} does not know the key `{}`, and Helm would ignore it",
            chart.version, key.path
        );
        refusals.push(Refusal::new(address, reason, remedy));
    }
    refusals
}

/// Warnings for values that change nothing, as no template of this chart reads them.
pub fn unread_values(wanted: &Wanted, chart: &FoundChart) -> Vec<String> {
    let warning = |path: String| {
        format!("no template of chart {}-{} reads the value `{path}`", chart.name, chart.version)
    };
    unread_keys(&chart.values, &wanted.values.value).into_iter().map(warning).collect()
}
