//! The kinds of workload.

use inputs::Problem;

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

    /// The version of its chart where none is given: that of GraphScope's release v0.31.0, which
    /// publishes the first two. The third is in the sources of that release only.
    pub fn chart_version(self) -> &'static str {
        match self {
            Workload::Engine | Workload::Store => "0.31.0",
            Workload::Interactive => "0.0.2",
        }
    }

    /// That the chart `graphscope-interactive` is in no repository.
    pub(crate) fn interactive_is_a_folder() -> Problem {
        Problem::new(
            "the chart `graphscope-interactive` is published in no repository, only as a folder of \
             GraphScope's sources",
            "`git clone --depth 1 --branch v0.31.0 https://github.com/alibaba/GraphScope`, and give \
             the folder `./GraphScope/charts/graphscope-interactive` as `helm_chart`, or with \
             `--workload-helm-chart`",
        )
    }
}
