//! The StorageClass.

mod document;
mod planning;
mod spec;

pub use document::{Wanted, parse};
pub use planning::{
    Call, KIND, id, id_beside, plan, removal_id, removal_id_beside, remove, remove_beside, row,
};
pub use spec::{
    DEFAULT_CLASS, DEFAULT_GID_RANGE, GidRange, PROPERTIES, ReclaimPolicy, Spec, StorageClass,
    StorageClassInputs, VolumeBindingMode, ZONE_KEY, immutable, topology,
};
