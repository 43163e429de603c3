//! Faults by rule: which call, when, and what happens to it.
//!
//! A rule is written `OPERATION:WHEN:FAULT`, such as `CreateMountTarget:#2:cut-after`.
//! `OPERATION` is a name, or `*` for all, with `REGION/` before it those of one region: a region
//! that is lost is `eu-west-1/*:*:cut-before`. `WHEN` is `*` for every call, `#N` for
//! the N-th since the rule was made, or `P%` for a chance. `FAULT` is one of
//! `throttle`, `error`, `code=NAME`, `delay=MS`, `cut-before`, `cut-after`, `stale=MS`,
//! `hold-before` and `hold-after`. `NAME` is an error code of the operation's, such as
//! `DependencyTimeout` of `DeleteMountTarget`.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::str::FromStr;
use std::time::Duration;

use crate::codes;

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Refused with the service's throttling error, and not carried out.
    Throttle,
    /// Answered with a server error, and not carried out.
    Error,
    /// Answered with this error code, and not carried out.
    Code(&'static str),
    /// Carried out later.
    Delay(Duration),
    /// The connection ends before the call is carried out.
    CutBefore,
    /// The connection ends after the call is carried out: the client cannot know.
    CutAfter,
    /// A read returns a former state.
    Stale(Duration),
    /// Held until released, and carried out then.
    HoldBefore,
    /// Carried out, and answered once released.
    HoldAfter,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum When {
    Always,
    Nth(u64),
    Percent(f64),
}

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    /// The only region, where it is about one.
    region: Option<String>,
    pub(crate) operation: String,
    when: When,
    pub(crate) fault: Fault,
    /// How many calls of its operation the rule has seen.
    seen: u64,
}

/// All rules, and what their chances are drawn from.
#[derive(Debug)]
pub(crate) struct Faults {
    pub(crate) rules: Vec<Rule>,
    seed: u64,
    /// How many calls of each operation there were.
    calls: BTreeMap<String, u64>,
}

impl Faults {
    pub(crate) fn new(rules: Vec<Rule>, seed: u64) -> Self {
        Faults { rules, seed, calls: BTreeMap::new() }
    }

    /// The longest time that a rule of stale reads goes back.
    pub(crate) fn reach(&self) -> Duration {
        let stale = self.rules.iter().map(|rule| match rule.fault {
            Fault::Stale(time) => time,
            _ => Duration::ZERO,
        });
        stale.max().unwrap_or_default()
    }

    /// The faults of the next call of an operation. A chance is drawn from the seed, the rule and
    /// the number of the call among those of its operation, not from the time: concurrent calls
    /// get the same faults in whatever order they arrive, so that a failing seed can be repeated.
    ///
    /// An error code applies only to the service that returns it: operations of two services can
    /// have the same name.
    pub(crate) fn draw(&mut self, service: &str, region: &str, operation: &str) -> Vec<Fault> {
        let mut drawn = Vec::new();
        let call = self.calls.entry(operation.to_owned()).or_insert(0);
        *call += 1;
        for (number, rule) in self.rules.iter_mut().enumerate() {
            let elsewhere = rule.region.as_ref().is_some_and(|only| only != region);
            if elsewhere || (rule.operation != "*" && rule.operation != operation) {
                continue;
            }
            if let Fault::Code(code) = rule.fault
                && codes::status(service, operation, code).is_none()
            {
                continue;
            }
            rule.seen += 1;
            let hit = match rule.when {
                When::Always => true,
                When::Nth(nth) => rule.seen == nth,
                When::Percent(percent) => {
                    chance(&(self.seed, number, operation, *call)) * 100.0 < percent
                }
            };
            if hit {
                drawn.push(rule.fault);
            }
        }
        drawn
    }
}

/// A number from 0 to 1 that depends on nothing but `of`.
fn chance(of: &impl Hash) -> f64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    fastrand::Rng::with_seed(hasher.finish()).f64()
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.trim().split(':').collect();
        let [operation, when, fault] = parts.as_slice() else {
            return Err(format!("`{text}` is not OPERATION:WHEN:FAULT"));
        };
        let when = match (when.strip_prefix('#'), when.strip_suffix('%')) {
            (Some(nth), _) => nth.parse().ok().map(When::Nth),
            (None, Some(percent)) => percent.parse().ok().map(When::Percent),
            (None, None) => (*when == "*").then_some(When::Always),
        }
        .ok_or_else(|| format!("`{when}` is not `*`, `#N` or `P%`"))?;
        let (name, value) = fault.split_once('=').unwrap_or((fault, ""));
        let time = || {
            value
                .parse()
                .map(Duration::from_millis)
                .map_err(|_| format!("`{fault}` needs milliseconds: `{name}=MS`"))
        };
        let fault = match name {
            "throttle" => Fault::Throttle,
            "error" => Fault::Error,
            "code" => Fault::Code(
                codes::known(value).ok_or_else(|| format!("`{value}` is not an error code"))?,
            ),
            "delay" => Fault::Delay(time()?),
            "cut-before" => Fault::CutBefore,
            "cut-after" => Fault::CutAfter,
            "stale" => Fault::Stale(time()?),
            "hold-before" => Fault::HoldBefore,
            "hold-after" => Fault::HoldAfter,
            other => return Err(format!("`{other}` is not a fault")),
        };
        let (region, operation) = match operation.split_once('/') {
            Some((region, operation)) => (Some(region.to_owned()), operation),
            None => (None, *operation),
        };
        Ok(Rule { region, operation: operation.to_owned(), when, fault, seen: 0 })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Throttle => f.write_str("throttle"),
            Fault::Error => f.write_str("error"),
            Fault::Code(code) => write!(f, "code={code}"),
            Fault::Delay(time) => write!(f, "delay={}", time.as_millis()),
            Fault::CutBefore => f.write_str("cut-before"),
            Fault::CutAfter => f.write_str("cut-after"),
            Fault::Stale(time) => write!(f, "stale={}", time.as_millis()),
            Fault::HoldBefore => f.write_str("hold-before"),
            Fault::HoldAfter => f.write_str("hold-after"),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(region) = &self.region {
            write!(f, "{region}/")?;
        }
        write!(f, "{}:", self.operation)?;
        match self.when {
            When::Always => f.write_str("*")?,
            When::Nth(nth) => write!(f, "#{nth}")?,
            When::Percent(percent) => write!(f, "{percent}%")?,
        }
        write!(f, ":{}", self.fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_written_as_they_are_read() {
        for text in [
            "*:*:throttle",
            "CreateMountTarget:#2:cut-after",
            "*:12.5%:delay=30",
            "*:#1:stale=500",
            "DeleteMountTarget:#1:code=DependencyTimeout",
            "eu-west-1/*:*:cut-before",
        ] {
            assert_eq!(text.parse::<Rule>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "*:*",
            "*:x:error",
            "*:*:explode",
            "*:*:delay",
            "a:b:c:d",
            "A:*:code",
            "A:*:code=Nobodys",
        ] {
            assert!(text.parse::<Rule>().is_err(), "{text}");
        }
    }

    #[test]
    fn each_rule_counts_its_own_calls() {
        let rules = ["A:#2:error", "*:#3:throttle"].map(|text| text.parse().unwrap());
        let mut faults = Faults::new(rules.to_vec(), 1);
        let drawn = ["A", "B", "A", "A"]
            .map(|operation| faults.draw("elasticfilesystem", "eu-west-1", operation));
        assert_eq!(drawn, [vec![], vec![], vec![Fault::Error, Fault::Throttle], vec![]]);
    }

    #[test]
    fn one_seed_draws_the_same_every_time() {
        let draw = || {
            let mut faults = Faults::new(vec!["*:50%:error".parse().unwrap()], 7);
            (0..64).map(|_| faults.draw("ec2", "eu-west-1", "A").len()).collect::<Vec<_>>()
        };
        assert_eq!(draw(), draw());
        assert!(draw().contains(&0) && draw().contains(&1));
        // Calls of other operations do not change it.
        let mut faults = Faults::new(vec!["*:50%:error".parse().unwrap()], 7);
        let beside = (0..64).map(|_| {
            (faults.draw("ec2", "eu-west-1", "B"), faults.draw("ec2", "eu-west-1", "A").len()).1
        });
        assert_eq!(beside.collect::<Vec<_>>(), draw());
    }

    #[test]
    fn a_region_that_is_lost_takes_no_other_with_it() {
        let mut faults = Faults::new(vec!["eu-west-1/*:*:cut-before".parse().unwrap()], 1);
        assert_eq!(faults.draw("ec2", "eu-west-1", "A"), [Fault::CutBefore]);
        assert_eq!(faults.draw("ec2", "eu-central-1", "A"), []);
    }

    /// `TagResource` is one of EFS, and one of EKS.
    #[test]
    fn an_error_code_is_drawn_for_the_service_that_has_it() {
        let rule = "TagResource:#1:code=AccessPointNotFound".parse().unwrap();
        let mut faults = Faults::new(vec![rule], 1);
        assert_eq!(faults.draw("eks", "eu-west-1", "TagResource"), []);
        let drawn = faults.draw("elasticfilesystem", "eu-west-1", "TagResource");
        assert_eq!(drawn, [Fault::Code("AccessPointNotFound")]);
    }
}
