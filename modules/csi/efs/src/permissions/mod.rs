//! The permissions of this program and of the driver, as a table in code, as IAM policies and as
//! RBAC documents.

mod policy;
mod rbac;
mod table;

pub use policy::{Unknown, driver, operator};
pub use rbac::{cluster_roles, to_leave_a_release};
pub use table::{PERMISSIONS, Permission, needed_by, needed_elsewhere};
