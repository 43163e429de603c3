//! The driver as an EKS managed add-on, in the place of a release of its chart.
//!
//! EKS applies the same objects as the chart, server-side and under the field manager `eks`
//! (Amazon EKS User Guide, "Determine fields you can customize for Amazon EKS add-ons").

mod given;
mod moving;
mod planning;
mod removal;
mod schema;
mod spec;
mod told;
mod versions;
mod wanted;

pub use given::{AddonInputs, ResolveConflicts};
pub use moving::leave;
pub(crate) use moving::{chart_version, without_proxy};
pub use planning::{needs_schema, plan};
pub use removal::{remove, row};
pub(crate) use spec::disagreements;
pub use spec::{
    Found, Group, Issue, KIND, NAME, Observed, Offered, PROPERTIES, Spec, Status, configuration,
};
pub use told::remedy;
pub(crate) use versions::parsed;
pub use versions::{chart_of, version};
pub use wanted::{Call, Wanted};
