//! A real Kubernetes control plane on the loopback interface: kube-apiserver, etcd and
//! kube-controller-manager, with stand-ins for nodes.
//!
//! All its files are in one private folder that is removed with it, and its programs end
//! with the process that started them, even when that process is killed.

mod certificates;
mod class;
mod cluster;
mod control_plane;
mod driver;
mod efs;
mod events;
mod failed;
mod files;
mod images;
mod json;
mod kubeconfig;
mod kubelet;
mod nfs;
mod node;
mod nodes;
mod programs;
mod provisioner;
mod proxy;
mod repeated;

pub use cluster::Cluster;
pub use control_plane::ControlPlane;
pub use driver::{AwsProxy, DriverPrograms, RealDriver, complete_provisioner_role};
pub use efs::{AccessPoint, Efs};
pub use kubeconfig::{CONTEXT, User};
pub use node::{DriverImages, NodeOptions, NodePrograms, RealNode, enter, is_inside};
pub use nodes::{Driver, Nodes};
pub use programs::{Programs, find};
pub use provisioner::{Provisioner, Source};
pub use proxy::{ApiProxy, Faults};
