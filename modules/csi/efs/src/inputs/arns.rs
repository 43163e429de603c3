//! ARNs among the inputs: all belong to one partition, region and account.

use ::inputs::Problem;
use place::partition;

/// An input's ARN, as far as it says where something is
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arn<'a> {
    input: &'static str,
    /// What it names, such as `key`.
    what: &'static str,
    partition: &'a str,
    /// Empty for what is in no region, such as a role.
    region: &'a str,
    account: &'a str,
}

impl<'a> Arn<'a> {
    /// Reads an input; `None` where it is no ARN, as the id or the alias of a key.
    pub(super) fn parse(input: &'static str, what: &'static str, text: &'a str) -> Option<Arn<'a>> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, _, region, account, _] = parts.as_slice() else { return None };
        Some(Arn { input, what, partition, region, account })
    }
}

impl Arn<'_> {
    /// Whether it is of this account, or nobody knows which one that is.
    pub(super) fn is_of(&self, account: Option<&str>) -> bool {
        account.is_none_or(|account| account == self.account)
    }
}

/// What is wrong with ARNs for a deployment in this region and, where it is known, this
/// account: each mistake with its input. Without an account, the first ARN names it.
pub(super) fn contradictions(
    region: &str,
    account: Option<&str>,
    arns: &[Arn],
) -> Vec<(&'static str, Problem)> {
    let mut found = Vec::new();
    let wanted = partition(region);
    for arn in arns {
        let what = arn.what;
        if arn.partition != wanted {
            found.push((
                arn.input,
                Problem::new(
                    format!(
                        "the {what} is of the partition `{}`, and `{region}` of `{wanted}`",
                        arn.partition
                    ),
                    format!("give a {what} of an account in that partition"),
                ),
            ));
        } else if !arn.region.is_empty() && arn.region != region {
            found.push((
                arn.input,
                Problem::new(
                    format!("the {what} is in `{}`, and `aws_region` is `{region}`", arn.region),
                    format!("give a {what} of that region, or a replica of it there"),
                ),
            ));
        } else if let Some((name, other)) = of_another_account(arn, account, arns) {
            found.push((
                arn.input,
                Problem::new(
                    format!(
                        "the {what} is of the account `{}`, and `{name}` says `{other}`",
                        arn.account
                    ),
                    format!(
                        "a deployment has one account: give a {what} of it, or correct `{name}`"
                    ),
                ),
            ));
        }
    }
    found
}

/// The input that says another account than this ARN, and that account.
fn of_another_account<'a>(
    arn: &Arn,
    account: Option<&'a str>,
    arns: &[Arn<'a>],
) -> Option<(&'static str, &'a str)> {
    let said = match account {
        Some(account) => ("aws_account_id", account),
        None => arns.first().map(|first| (first.input, first.account))?,
    };
    (said.1 != arn.account).then_some(said)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:alias/graphs";

    /// The inputs that contradict a deployment in `region` and `account`, each with why.
    fn wrong(region: &str, account: Option<&str>, key: &str, role: &str) -> Vec<(String, String)> {
        let arns = [("kms_key_id", "key", key), ("driver_role_arn", "role", role)];
        let arns: Vec<Arn> = arns
            .into_iter()
            .filter_map(|(input, what, text)| Arn::parse(input, what, text))
            .collect();
        contradictions(region, account, &arns)
            .into_iter()
            .map(|(input, problem)| (input.to_owned(), problem.message))
            .collect()
    }

    #[test]
    fn one_place_is_no_contradiction() {
        let role = "arn:aws:iam::111122223333:role/efs";
        assert!(wrong("eu-west-1", None, KEY, role).is_empty());
        assert!(wrong("eu-west-1", Some("111122223333"), KEY, role).is_empty());
        assert!(wrong("eu-west-1", None, "alias/graphs", role).is_empty());
    }

    #[test]
    fn a_key_and_a_role_are_of_one_account() {
        let role = "arn:aws:iam::444455556666:role/efs";
        let [(input, why)] = wrong("eu-west-1", None, KEY, role).try_into().unwrap();
        assert_eq!(input, "driver_role_arn");
        assert_eq!(
            why,
            "the role is of the account `444455556666`, and `kms_key_id` says `111122223333`"
        );
        let [(input, why)] =
            wrong("eu-west-1", Some("444455556666"), KEY, role).try_into().unwrap();
        assert_eq!(input, "kms_key_id");
        assert!(why.contains("`aws_account_id` says `444455556666`"), "{why}");
        assert_eq!(wrong("eu-west-1", Some("777788889999"), KEY, role).len(), 2);
    }

    #[test]
    fn a_key_is_of_the_region_and_all_are_of_its_partition() {
        let role = "arn:aws-us-gov:iam::111122223333:role/efs";
        let found = wrong("eu-central-1", None, KEY, role);
        let inputs: Vec<&str> = found.iter().map(|(input, _)| input.as_str()).collect();
        assert_eq!(inputs, ["kms_key_id", "driver_role_arn"]);
        assert!(found[0].1.contains("in `eu-west-1`"), "{found:?}");
        assert!(found[1].1.contains("`aws-us-gov`"), "{found:?}");
        let key = KEY.replace("arn:aws:", "arn:aws-cn:");
        assert_eq!(wrong("eu-west-1", None, &key, "").len(), 1);
    }
}
