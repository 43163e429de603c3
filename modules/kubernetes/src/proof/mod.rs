//! The proof that pods share a volume: what runs in them, and what their reports mean.
//!
//! A writer and readers start at once. The writer leaves a nonce, and all read
//! it; all append lines to one file and count in another, one at a time by a
//! lock. Then the writer is deleted, and a witness who was not there before
//! reads what is left. Pods report by their termination message, which is part
//! of their status: nobody has to reach a node for it.

mod documents;
mod placement;
mod report;

pub use documents::{Participant, Proof, Role};
pub use placement::{Placement, Toleration};
pub use report::{Finding, Report, judge};
