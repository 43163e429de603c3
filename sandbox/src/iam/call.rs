//! One call of IAM: its parameters, and the errors that many operations share.

use crate::authorization::managed::{self, Managed};
use crate::error::{AwsError, Result};
use crate::marker;
use crate::query::{Params, validation};
use crate::service::Context;
use crate::world::partition;
use crate::xml::Element;

/// What an operation returns: the members of its result, or `None` where it has no result.
pub(super) type Response = Result<Option<Vec<Element>>>;

/// One call.
pub(super) struct Call<'a, 'b> {
    pub(super) context: &'a mut Context<'b>,
    pub(super) params: &'a Params,
}

impl Call<'_, '_> {
    pub(super) fn account(&self) -> &str {
        &self.context.options.account
    }

    /// The partition that the call was made in.
    pub(super) fn partition(&self) -> &'static str {
        partition(&self.context.region.name)
    }

    /// The policy of AWS with this ARN, which must be of the call's partition.
    pub(super) fn managed(&self, arn: &str) -> Option<&'static Managed> {
        managed::by_arn(arn).filter(|policy| policy.arn(self.partition()) == arn)
    }

    /// A new unique id, such as `AROA` and 17 characters.
    pub(super) fn unique_id(&mut self, prefix: &str) -> String {
        self.context.ids.next(prefix).to_uppercase()
    }

    /// `Path`: from and to a slash; `/` where none is given.
    pub(super) fn path(&self) -> Result<String> {
        let path = self.params.get("Path").unwrap_or("/");
        let slashes = path.starts_with('/') && path.ends_with('/');
        if slashes && path.len() <= 512 && path.bytes().all(|byte| (0x21..=0x7f).contains(&byte)) {
            return Ok(path.to_owned());
        }
        Err(validation(
            "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.",
        ))
    }

    /// A name: letters, digits and `+=,.@_-`, up to `longest` characters.
    pub(super) fn name(&self, parameter: &str, longest: usize) -> Result<String> {
        let name = self.params.required(parameter)?;
        let member = format!("{}{}", parameter[..1].to_lowercase(), &parameter[1..]);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
        if !name.bytes().all(plain) {
            return Err(validation(&format!(
                "The specified value for {member} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
            )));
        }
        if name.len() > longest {
            return Err(validation(&format!(
                "Value '{name}' at '{member}' failed to satisfy constraint: Member must have length less than or equal to {longest}"
            )));
        }
        Ok(name.to_owned())
    }

    /// One page of a list, and whether and where it goes on.
    pub(super) fn page<T>(&self, all: Vec<T>) -> Result<(Vec<T>, Vec<Element>)> {
        let most = self.params.number("MaxItems")?.unwrap_or(100).clamp(1, 1000);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let listing = self.params.without(&["Marker", "MaxItems"]);
        let from = match self.params.get("Marker") {
            None => 0,
            Some(given) => marker::behind(&listing, given)
                .and_then(|from| from.parse().ok())
                .ok_or_else(|| validation(&format!("Invalid Marker: '{given}'")))?,
        };
        let more = all.len() > from + most;
        let page: Vec<T> = all.into_iter().skip(from).take(most).collect();
        let mut tail = vec![Element::text("IsTruncated", more)];
        if more {
            tail.push(Element::text(
                "Marker",
                marker::marker(&listing, &(from + most).to_string()),
            ));
        }
        Ok((page, tail))
    }
}

/// `NoSuchEntity`.
pub(super) fn no_such(message: impl Into<String>) -> AwsError {
    AwsError::new(404, "NoSuchEntity", message)
}

/// `EntityAlreadyExists`.
pub(super) fn exists(message: impl Into<String>) -> AwsError {
    AwsError::new(409, "EntityAlreadyExists", message)
}

/// `DeleteConflict`.
pub(super) fn conflict(message: impl Into<String>) -> AwsError {
    AwsError::new(409, "DeleteConflict", message)
}

/// `LimitExceeded`, for a quota.
pub(super) fn over_quota(quota: &str, most: usize) -> AwsError {
    AwsError::new(409, "LimitExceeded", format!("Cannot exceed quota for {quota}: {most}"))
}
