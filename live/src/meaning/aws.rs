//! Error responses of AWS: the tables of its services together, and the remedies.

use super::{Meaning, REPEAT, Table, common, denial, ec2, efs, eks, find, iam, kms};

/// The tables by the prefix of a service's actions.
const SERVICES: &[(&str, Table)] = &[
    ("ec2", ec2::CODES),
    ("eks", eks::CODES),
    ("elasticfilesystem", efs::CODES),
    ("iam", iam::CODES),
    ("kms", kms::CODES),
];

/// An error response.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Response<'a> {
    /// The call, such as `elasticfilesystem:CreateFileSystem`.
    pub(crate) operation: &'a str,
    pub(crate) region: &'a str,
    pub(crate) code: &'a str,
    /// AWS's own message; empty where it sent none.
    pub(crate) message: &'a str,
}

impl Response<'_> {
    /// What its code means, where that is known.
    pub(crate) fn meaning(&self) -> Option<Meaning> {
        let (service, _) = self.operation.split_once(':')?;
        let own = SERVICES.iter().find(|(prefix, _)| *prefix == service);
        let own = own.and_then(|(_, codes)| find(codes, self.code));
        own.or_else(|| find(common::CODES, self.code))
    }

    /// What to do about it.
    pub(crate) fn remedy(&self) -> String {
        let Response { operation, region, code, message } = self;
        match self.meaning() {
            None => format!(
                "look up `{code}` in the API Reference of {operation}; repeating the command is \
                 safe, and completed changes are kept"
            ),
            Some(Meaning::Raced | Meaning::Passing) => REPEAT.to_owned(),
            Some(Meaning::Throttled) => {
                "AWS's limit on the rate of calls is reached: run the same command again later"
                    .to_owned()
            }
            Some(Meaning::Denied) => denial::remedy(operation, message),
            Some(Meaning::Expired) => {
                "the credentials have expired: log in again, for instance with `aws login` or `aws sso login`; what was done is kept, and the \
                 same command goes on from there"
                    .to_owned()
            }
            Some(Meaning::NotAccepted) => format!(
                "AWS does not accept the credentials: check AWS_PROFILE, and that the region \
                 `{region}` is enabled for the account"
            ),
            Some(Meaning::Clock) => {
                "set this machine's clock: AWS accepts requests that were signed within five \
                 minutes of its own time; if the clock is right, check the secret access key"
                    .to_owned()
            }
            Some(Meaning::Unreachable) => NoCode::Unreachable.remedy(region),
            Some(Meaning::Quota) => {
                "request a higher quota in the Service Quotas console, or delete what is no \
                 longer used"
                    .to_owned()
            }
            Some(Meaning::Later(instead)) => match super::efs::allowed_from(message) {
                Some(time) => format!("wait until {time} UTC, or {instead}"),
                None => format!("wait, or {instead}"),
            },
            Some(Meaning::Never(remedy)) => remedy.to_owned(),
        }
    }
}

/// Why a call failed to which AWS did not respond with an error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoCode {
    /// There are no credentials, or those of the profile cannot be used.
    Credentials,
    /// Something else responded, such as a proxy.
    Foreign,
    /// Nobody responded.
    Unreachable,
    /// The request could not be made, or the response not be read.
    Bug,
}

impl NoCode {
    /// What to do about it.
    pub(crate) fn remedy(self, region: &str) -> String {
        match self {
            NoCode::Credentials => {
                "no credentials were found, or the profile's cannot be used: set \
                                    AWS_PROFILE, or run `aws login`, `aws sso login` or `aws configure`"
                    .to_owned()
            }
            NoCode::Foreign => "something between here and AWS responded, such as a proxy: check \
                                HTTPS_PROXY and any `--endpoint-url`"
                .to_owned(),
            NoCode::Unreachable => format!(
                "AWS could not be reached: check the network, `aws_region` (`{region}`) and any \
                 `--endpoint-url`"
            ),
            NoCode::Bug => "this is a bug: please report it".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPERATION: &str = "elasticfilesystem:UpdateFileSystem";

    fn response<'a>(operation: &'a str, code: &'a str, message: &'a str) -> Response<'a> {
        Response { operation, region: "eu-west-1", code, message }
    }

    fn all() -> impl Iterator<Item = (String, &'static str, Meaning)> {
        let own = SERVICES.iter().map(|(service, codes)| (*service, *codes));
        let tables = own.chain([("sts", common::CODES)]);
        tables.flat_map(|(service, codes)| {
            let call = format!("{service}:Call");
            codes.iter().map(move |(code, meaning)| (call.clone(), *code, *meaning))
        })
    }

    #[test]
    fn a_code_stands_once_in_the_table_of_a_service() {
        for (_, codes) in SERVICES.iter().chain([&("", common::CODES)]) {
            let mut names: Vec<&str> = codes.iter().map(|(code, _)| *code).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), codes.len());
        }
    }

    #[test]
    fn the_tables_are_found_by_service_and_the_common_one_for_all() {
        let meaning = |operation, code| response(operation, code, "").meaning();
        assert_eq!(meaning("ec2:DescribeSubnets", "AuthFailure"), Some(Meaning::NotAccepted));
        assert_eq!(meaning(OPERATION, "AuthFailure"), None);
        assert_eq!(meaning(OPERATION, "AccessDeniedException"), Some(Meaning::Denied));
        assert_eq!(meaning("sts:GetCallerIdentity", "ExpiredToken"), Some(Meaning::Expired));
    }

    #[test]
    fn what_never_succeeds_is_not_advised_to_be_repeated() {
        let repeats = |remedy: &str| {
            ["again", "retry", "repeat", "resume", "later"].iter().any(|word| remedy.contains(word))
        };
        let mut never = 0;
        for (operation, code, meaning) in all() {
            let remedy = response(&operation, code, "").remedy();
            let again = matches!(
                meaning,
                Meaning::Raced | Meaning::Passing | Meaning::Throttled | Meaning::Expired
            );
            assert_eq!(repeats(&remedy), again, "{code}: {remedy}");
            never += usize::from(matches!(meaning, Meaning::Never(_)));
        }
        assert!(never > 15, "{never} codes never succeed");
    }

    #[test]
    fn these_codes_never_succeed_by_repetition() {
        let never = [
            ("elasticfilesystem:CreateMountTarget", "UnsupportedAvailabilityZone"),
            ("elasticfilesystem:CreateMountTarget", "NoFreeAddressesInSubnet"),
            ("elasticfilesystem:CreateMountTarget", "SecurityGroupLimitExceeded"),
            ("elasticfilesystem:CreateMountTarget", "AvailabilityZonesMismatch"),
            ("ec2:AuthorizeSecurityGroupIngress", "RulesPerSecurityGroupLimitExceeded"),
        ];
        for (operation, code) in never {
            let meaning = response(operation, code, "").meaning();
            assert!(matches!(meaning, Some(Meaning::Never(_))), "{code}: {meaning:?}");
        }
    }

    #[test]
    fn the_24_hour_rule_names_the_time_that_aws_names() {
        let message = "You have reached the maximum number of throughput mode changes or \
                       provisioned throughput value decreases. Wait until 2023-12-29T12:51:32Z UTC \
                       and try again.";
        assert_eq!(
            response(OPERATION, "TooManyRequests", message).remedy(),
            "wait until 2023-12-29T12:51:32Z UTC, or set `throughput_mode` and \
             `provisioned_throughput_in_mibps` back to what the file system has: EFS allows a change \
             of the mode, or a decrease, once in 24 hours"
        );
        let silent = response(OPERATION, "TooManyRequests", "").remedy();
        assert!(silent.starts_with("wait, or set `throughput_mode`"), "{silent}");
    }

    #[test]
    fn a_code_that_is_not_known_is_named() {
        let remedy = response(OPERATION, "Novelty", "").remedy();
        assert!(remedy.contains("`Novelty`") && remedy.contains(OPERATION), "{remedy}");
    }
}
