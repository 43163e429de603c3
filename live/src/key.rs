//! The KMS key of a file system that is still to be made, and the one that an alias leads to.

use aws_sdk_kms::types::KeyMetadata as Described;
use efs::{Actual, Inputs, Key, KeyMetadata, alias_to_look_at, key_to_look_at};
use job::Goal;

use crate::aws::{Aws, explain, is, moment};
use crate::meaning::kms as codes;

/// What KMS says of the alias that the inputs name. It depends on nothing else that is observed.
pub(crate) async fn of_alias(inputs: &Inputs, aws: &Aws, goal: &Goal) -> Option<Key> {
    let alias = alias_to_look_at(inputs).filter(|_| goal.plans())?;
    Some(look(alias, aws).await)
}

/// The same of a key that is named otherwise, where its file system is still to be made.
pub(crate) async fn observe(inputs: &Inputs, aws: &Aws, actual: &Actual) -> Option<Key> {
    let named = key_to_look_at(inputs, actual.file_system.as_ref())?;
    Some(look(named, aws).await)
}

/// What KMS says of a key; nothing that goes wrong here stands in the way of a plan.
async fn look(named: &str, aws: &Aws) -> Key {
    let error = match aws.kms.describe_key().key_id(named).send().await {
        Ok(answer) => {
            let found = answer.key_metadata().map(found);
            return found.unwrap_or_else(|| Key::Unknown("KMS said nothing of it".to_owned()));
        }
        Err(error) => error,
    };
    let missing = [codes::NOT_FOUND, codes::INVALID_ARN].iter().any(|code| is(&error, code));
    let words =
        error.as_service_error().and_then(|error| error.meta().message()).map(str::to_owned);
    if let Some(words) = words.filter(|_| missing) {
        return Key::Missing(words);
    }
    Key::Unknown(format!("{:#}", explain("kms:DescribeKey", &aws.region, error)))
}

fn found(key: &Described) -> Key {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    Key::Found(KeyMetadata {
        arn: text(key.arn()),
        state: text(key.key_state().map(aws_sdk_kms::types::KeyState::as_str)),
        deletion: key.deletion_date().map(moment),
        usage: text(key.key_usage().map(aws_sdk_kms::types::KeyUsageType::as_str)),
        spec: text(key.key_spec().map(aws_sdk_kms::types::KeySpec::as_str)),
    })
}
