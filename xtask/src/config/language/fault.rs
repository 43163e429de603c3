//! What is wrong with an expression, where, and what to write instead.

use std::ops::Range;

/// A mistake in an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) remedy: Option<String>,
    /// The bytes of the source that are meant; `None` is the whole expression.
    pub(crate) span: Option<Range<usize>>,
    /// Whether the value is only not known yet, which `try` must not pass over.
    pub(crate) later: bool,
}

pub(crate) type Evaluation<T> = Result<T, Fault>;

impl Fault {
    pub(crate) fn new(message: impl Into<String>) -> Fault {
        Fault { message: message.into(), remedy: None, span: None, later: false }
    }

    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Fault {
        self.remedy = Some(remedy.into());
        self
    }

    /// The place, unless a nearer one is known.
    pub(crate) fn at(mut self, span: Option<Range<usize>>) -> Fault {
        self.span = self.span.or(span);
        self
    }

    /// An output was needed before it is known.
    pub(crate) fn later(module: &str, output: &str, needed_by: &str) -> Fault {
        let name = format!("module.{module}.{output}");
        let message = format!("`{name}` is known only after apply, and {needed_by} needs it before");
        let mut fault =
            Fault::new(message).remedy(format!("pass it on whole: `INPUT = {name}`"));
        fault.later = true;
        fault
    }
}

impl From<String> for Fault {
    fn from(message: String) -> Fault {
        Fault::new(message)
    }
}
