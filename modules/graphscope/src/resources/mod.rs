//! The resources of a workload, a room each, with counterparts of the same names
//! in `live`.

pub mod claim;
pub mod namespace;
pub mod release;
pub mod stateful_set;
