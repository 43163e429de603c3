//! The permissions of this program and of the driver, as a table in code and as IAM policies.

mod policy;
mod table;

pub use policy::{Unknown, driver, operator};
pub use table::{PERMISSIONS, Permission, needed_by, needed_elsewhere};
