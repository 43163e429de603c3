//! What classes refer to, as a cluster has it.

use crate::ids::FileSystemId;
use crate::provisioner_secret::SecretFound;
use crate::users::Reference;

/// What a class of the inputs refers to, as a cluster has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Referred {
    /// Where its reference leads, where it finds its file system by one.
    pub file_system: Option<Led>,
    /// The Secret that it gives to the driver, where it names one.
    pub secret: Option<SecretFound>,
}

/// Where a reference leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Led {
    To(String),
    Nowhere,
    /// That is not known, for this reason.
    Unknown(String),
}

impl Led {
    /// Why no claim is bound by a reference that leads here, where its file system is to be this one.
    /// What is not known may be right.
    pub fn why_not(&self, reference: &Reference, file_system: &FileSystemId) -> Option<String> {
        match self {
            Led::To(id) if id != file_system.as_str() => {
                Some(format!("{reference} has {}, and not {file_system}", inputs::plain(id)))
            }
            Led::Nowhere => Some(format!("{reference} is not there, and is to have {file_system}")),
            Led::To(_) | Led::Unknown(_) => None,
        }
    }
}
