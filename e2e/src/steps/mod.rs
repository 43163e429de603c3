//! The steps of a run, by what they deploy.

pub(crate) mod storage;
mod volumes;
pub(crate) mod workloads;
