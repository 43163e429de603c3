//! The states that EFS names for file systems and mount targets.

inputs::words! {
    /// A state, by the model of EFS (`LifeCycleState`).
    pub open enum LifeCycle {
        /// Not usable yet.
        Creating = "creating",
        /// In use.
        Available = "available",
        /// In use, while a change is carried out.
        Updating = "updating",
        /// Being deleted.
        Deleting = "deleting",
        /// Gone; still listed for a moment.
        Deleted = "deleted",
    }
}

impl LifeCycle {
    /// Whether it is being deleted, or gone.
    pub fn is_leaving(&self) -> bool {
        matches!(self, LifeCycle::Deleting | LifeCycle::Deleted)
    }

    /// Whether it failed, and never becomes available (`error`).
    pub fn is_broken(&self) -> bool {
        self.as_str() == "error"
    }

    /// Whether it becomes available on its own.
    pub fn is_coming(&self) -> bool {
        matches!(self, LifeCycle::Creating | LifeCycle::Updating)
    }
}
