//! The steps of a run, by what they deploy.

pub(crate) mod storage;
pub(crate) mod workloads;
