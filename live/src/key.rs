//! The KMS key of a file system that is still to be made.

use aws_sdk_kms::types::KeyMetadata as Described;
use efs::{Actual, Inputs, Key, KeyMetadata, key_to_look_at};

use crate::aws::{Aws, explain, is, moment};
use crate::meaning::kms as codes;

/// What KMS says of it; nothing that goes wrong here stands in the way of a plan.
pub(crate) async fn observe(inputs: &Inputs, aws: &Aws, actual: &Actual) -> Option<Key> {
    let named = key_to_look_at(inputs, actual.file_system.as_ref())?;
    let error = match aws.kms.describe_key().key_id(named).send().await {
        Ok(answer) => {
            let found = answer.key_metadata().map(found);
            return Some(
                found.unwrap_or_else(|| Key::Unknown("KMS said nothing of it".to_owned())),
            );
        }
        Err(error) => error,
    };
    let missing = [codes::NOT_FOUND, codes::INVALID_ARN].iter().any(|code| is(&error, code));
    let words =
        error.as_service_error().and_then(|error| error.meta().message()).map(str::to_owned);
    if let Some(words) = words.filter(|_| missing) {
        return Some(Key::Missing(words));
    }
    Some(Key::Unknown(format!("{:#}", explain("kms:DescribeKey", &aws.region, error))))
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
