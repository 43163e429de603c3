//! A Helm release: as it should be, as it is, and what is planned between both.

mod planning;
mod spec;

pub use planning::{
    Call, KIND, Planned, add, can_change, differs, held, incompatible_chart, plan, unread_values,
};
pub use spec::{
    CHART, Id, LONGEST, PROPERTIES, Record, Release, Spec, Status, Storage, Wanted, disagreements,
    is_marked,
};
