//! The condition operators: how one value of a request is compared with one of a policy.

use std::cmp::Ordering;
use std::net::IpAddr;
use std::time::UNIX_EPOCH;

use ipnet::IpNet;

use super::pattern::Pattern;

/// An operator, and whether it is the negation of its test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) test: Test,
    pub(super) negated: bool,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    Text,
    TextIgnoringCase,
    TextLike,
    Number(Relation),
    Date(Relation),
    Bool,
    Binary,
    Ip,
    Arn,
    Null,
}

/// How the request's value must stand to the policy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Operator {
    /// The operator of a name, without qualifier and `IfExists`.
    pub(super) fn named(name: &str) -> Option<Operator> {
        let (test, negated) = match name {
            "StringEquals" => (Test::Text, false),
            "StringNotEquals" => (Test::Text, true),
            "StringEqualsIgnoreCase" => (Test::TextIgnoringCase, false),
            "StringNotEqualsIgnoreCase" => (Test::TextIgnoringCase, true),
            "StringLike" => (Test::TextLike, false),
            "StringNotLike" => (Test::TextLike, true),
            "Bool" => (Test::Bool, false),
            "BinaryEquals" => (Test::Binary, false),
            "IpAddress" => (Test::Ip, false),
            "NotIpAddress" => (Test::Ip, true),
            // AWS documents that `ArnEquals` and `ArnLike` behave alike.
            "ArnEquals" | "ArnLike" => (Test::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Test::Arn, true),
            "Null" => (Test::Null, false),
            _ => {
                let (kind, relation): (fn(Relation) -> Test, _) =
                    match (name.strip_prefix("Numeric"), name.strip_prefix("Date")) {
                        (Some(relation), _) => (Test::Number, relation),
                        (_, Some(relation)) => (Test::Date, relation),
                        _ => return None,
                    };
                let (relation, negated) = Relation::named(relation)?;
                (kind(relation), negated)
            }
        };
        Some(Operator { test, negated })
    }

    /// Whether a value of the request matches one of the policy, before negation.
    pub(super) fn matches(self, value: &str, wanted: &Pattern) -> bool {
        match self.test {
            Test::Text | Test::Binary => value == wanted.text(),
            Test::TextIgnoringCase => value.to_lowercase() == wanted.text().to_lowercase(),
            Test::Bool => value.eq_ignore_ascii_case(&wanted.text()),
            Test::TextLike => wanted.matches(value),
            Test::Arn => wanted.matches_arn(value),
            Test::Number(relation) => {
                let numbers = (value.parse::<f64>(), wanted.text().parse::<f64>());
                let (Ok(value), Ok(wanted)) = numbers else { return false };
                value.partial_cmp(&wanted).is_some_and(|found| relation.holds(found))
            }
            Test::Date(relation) => {
                let Some((value, wanted)) = seconds(value).zip(seconds(&wanted.text())) else {
                    return false;
                };
                relation.holds(value.total_cmp(&wanted))
            }
            Test::Ip => {
                let Ok(address) = value.parse::<IpAddr>() else { return false };
                network(&wanted.text()).is_some_and(|network| network.contains(&address))
            }
            Test::Null => false,
        }
    }
}

impl Relation {
    fn named(name: &str) -> Option<(Relation, bool)> {
        Some(match name {
            "Equals" => (Relation::Equal, false),
            "NotEquals" => (Relation::Equal, true),
            "LessThan" => (Relation::Less, false),
            "LessThanEquals" => (Relation::LessOrEqual, false),
            "GreaterThan" => (Relation::Greater, false),
            "GreaterThanEquals" => (Relation::GreaterOrEqual, false),
            _ => return None,
        })
    }

    fn holds(self, found: Ordering) -> bool {
        match self {
            Relation::Equal => found.is_eq(),
            Relation::Less => found.is_lt(),
            Relation::LessOrEqual => found.is_le(),
            Relation::Greater => found.is_gt(),
            Relation::GreaterOrEqual => found.is_ge(),
        }
    }
}

/// Seconds since 1970, from a number of them or from an ISO 8601 time in UTC; a date alone
/// is its midnight.
fn seconds(text: &str) -> Option<f64> {
    if let Ok(number) = text.parse::<f64>() {
        return Some(number);
    }
    let whole = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        _ => text.to_owned(),
    };
    let time = humantime::parse_rfc3339_weak(&whole).ok()?;
    time.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs_f64())
}

/// A range in CIDR notation, or one address.
fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
