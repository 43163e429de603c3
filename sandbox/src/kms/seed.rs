//! The keys that a region starts with: AWS's own for EFS, and one in each state that a
//! file system may meet.

use crate::world::Region;
use crate::world::kms::{Alias, Key, KeyState};

/// When the keys of the seed were made, in milliseconds since 1970.
const CREATED_MS: u64 = 1_700_000_000_000;

/// Adds them.
pub(super) fn keys(region: &mut Region) {
    let key = |n: u8, description: &str, state: KeyState| Key {
        id: format!("0c0dec00-0000-4000-8000-{n:012}"),
        description: description.to_owned(),
        created_ms: CREATED_MS,
        state,
        aws_managed: false,
        deletion_ms: None,
        spec: "SYMMETRIC_DEFAULT".to_owned(),
    };
    let default = "Default key that protects my EFS filesystems when no other key is defined";
    let keys = [
        (
            "alias/aws/elasticfilesystem",
            Key { aws_managed: true, ..key(1, default, KeyState::Enabled) },
        ),
        ("alias/graphscope-dev", key(2, "A key of the account's own", KeyState::Enabled)),
        ("alias/disabled", key(3, "A disabled key", KeyState::Disabled)),
        (
            "alias/leaving",
            Key {
                // The end of the century: it stays pending.
                deletion_ms: Some(4_102_444_799_000),
                ..key(4, "A key pending deletion", KeyState::PendingDeletion)
            },
        ),
        (
            "alias/asymmetric",
            Key { spec: "RSA_2048".to_owned(), ..key(5, "A key pair", KeyState::Enabled) },
        ),
    ];
    for (name, key) in keys {
        let alias =
            Alias { name: name.to_owned(), target_key_id: key.id.clone(), created_ms: CREATED_MS };
        region.kms.aliases.insert(alias.name.clone(), alias);
        region.kms.keys.insert(key.id.clone(), key);
    }
}
