//! A local EFS, and the parts of other AWS services that its clients use, for any AWS client.
//!
//! It follows AWS's rules: tokens, states that take time, one mount target per zone, addresses of
//! the subnet's range, signed requests, and AWS's error shapes. Operations and parameters that it
//! does not serve are refused by name, with status 501.
//!
//! A [`Sandbox`] is served on a listener ([`Sandbox::serve`]) or called without a network
//! ([`Sandbox::call`]). Its clock and its source of random
//! identifiers can be replaced ([`Surroundings`]).

mod access;
mod admission;
mod authorization;
mod callers;
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
mod marker;
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
mod xml;

pub use clock::{Clock, Hands};
pub use options::Options;
pub use sandbox::{Sandbox, Surroundings};
