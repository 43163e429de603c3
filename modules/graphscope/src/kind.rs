//! The kinds of workload.

inputs::words! {
    /// A kind of workload, one chart each.
    pub enum Workload {
        /// Analytical and learning engines, chart `graphscope`.
        Engine = "engine",
        /// The persistent store, chart `graphscope-store`.
        Store = "store",
        /// Interactive queries, chart `graphscope-interactive`.
        Interactive = "interactive",
    }
}

impl Workload {
    /// The name of its chart.
    pub fn chart(self) -> &'static str {
        match self {
            Workload::Engine => "graphscope",
            Workload::Store => "graphscope-store",
            Workload::Interactive => "graphscope-interactive",
        }
    }
}
