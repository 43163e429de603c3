//! A volume of an access point that a deployment makes itself, and the claim that is bound to it.

mod document;
mod planning;
mod spec;

pub use document::{Place, document};
pub use planning::{Call, Wanted, plan, remove, rows, unwanted_claims};
pub use spec::{
    CLAIM_PROPERTIES, ClaimSpec, Found, FoundClaim, FoundVolume, KIND, PROPERTIES, Spec, marks,
    volume_name,
};
