//! The modules that a file can name, and pieces of a file with their places.

use hcl::edit::expr::Expression;

use crate::diagnostic::Place;

/// The modules that a `source` can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Network,
    Efs,
    GraphScope,
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::Network, Kind::Efs, Kind::GraphScope];

    /// The `source` that names it.
    pub(crate) fn source(self) -> &'static str {
        match self {
            Kind::Network => "./modules/network",
            Kind::Efs => "./modules/csi/efs",
            Kind::GraphScope => "./modules/graphscope",
        }
    }

    /// The inputs that it takes.
    pub(crate) fn inputs(self) -> &'static [inputs::Input] {
        match self {
            Kind::Network => network::INPUTS,
            Kind::Efs => efs::INPUTS,
            Kind::GraphScope => graphscope::INPUTS,
        }
    }

    /// The outputs that others may refer to.
    pub(crate) fn outputs(self) -> Vec<&'static str> {
        match self {
            Kind::Network => network::OUTPUTS.to_vec(),
            Kind::Efs => efs::OUTPUTS.iter().map(|output| output.name).collect(),
            Kind::GraphScope => Vec::new(),
        }
    }
}

/// An expression and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) expression: Expression,
    pub(crate) place: Place,
}

impl Written {
    /// The text that the expression was parsed from.
    pub(super) fn text(&self) -> &str {
        match &self.place {
            Place::Text(source, _) => &source.text,
            Place::Named(_) | Place::Nowhere => "",
        }
    }
}
