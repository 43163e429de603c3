//! A local EFS, and the parts of AWS that go with it, for any AWS client.
//!
//! It keeps the rules that AWS keeps: tokens, states that take time, one mount target per
//! zone, addresses out of the subnet's range, signed requests, and AWS's own error shapes.
//! What it does not have it refuses by name.
//!
//! A [`Sandbox`] is served on a listener ([`Sandbox::serve`]) or called without a network
//! ([`Sandbox::call`]). Its time and its chance are given from outside ([`Surroundings`]).

mod access;
mod admission;
mod authorization;
mod calls;
mod changes;
mod clock;
mod codes;
mod compaction;
mod dispatch;
mod ec2;
mod efs;
mod eks;
mod error;
mod fault_rules;
mod faults;
mod history;
mod http;
mod iam;
mod ids;
mod kms;
mod life;
mod limit;
mod log;
mod model;
mod options;
mod query;
mod request;
mod response;
mod sandbox;
mod scope;
mod seeding;
mod service;
mod socket;
mod store;
mod sts;
mod table;
mod tags;
#[cfg(test)]
mod testing;
mod unserved;
mod world;
mod worlds;

pub use clock::{Clock, Hands};
pub use options::Options;
pub use sandbox::{Sandbox, Surroundings};
