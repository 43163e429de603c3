//! What is wrong with an expression, where, and what to write instead.

use std::ops::Range;

use super::types::Type;

/// The end of a message about what Terraform allows and this program does not. `try` and
/// `can` do not pass over it: they would then yield something else than Terraform's do.
pub(crate) const REFUSED: &str = " (Terraform would go on here)";

/// A mistake in an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) remedy: Option<String>,
    /// The bytes of the source that are meant; `None` is the whole expression.
    pub(crate) span: Option<Range<usize>>,
    /// Whether `try` must not pass over it: Terraform has a value here, now or later.
    pub(crate) firm: bool,
    /// Whether the message and the remedy hold no part of any value.
    public: bool,
    /// The type that the value would have, as far as it is known.
    pub(crate) partial: Box<Type>,
}

pub(crate) type Evaluation<T> = Result<T, Fault>;

impl Fault {
    pub(crate) fn new(message: impl Into<String>) -> Fault {
        let message = message.into();
        let firm = message.contains(REFUSED);
        let partial = Box::new(Type::Any);
        Fault { message, remedy: None, span: None, firm, public: false, partial }
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

    /// The type that the value would have.
    pub(crate) fn partial(mut self, of: Type) -> Fault {
        *self.partial = of;
        self
    }

    /// Where `sensitive` says that a sensitive value took part: the same mistake in words
    /// that show nothing of the value. A message that shows no value anyway stays.
    pub(crate) fn hidden(mut self, sensitive: bool, message: impl FnOnce() -> String) -> Fault {
        if sensitive && !self.public {
            self.message = message();
            self.remedy = Some(
                "check the sensitive value where it is set; with `nonsensitive(VALUE)` around \
                 it the message shows it"
                    .to_owned(),
            );
            self.public = true;
        }
        self
    }

    /// An output was needed before it is known.
    pub(crate) fn later(module: &str, output: &str, needed_by: &str) -> Fault {
        let name = format!("module.{module}.{output}");
        let message =
            format!("`{name}` is known only after apply, and {needed_by} needs it before");
        let mut fault = Fault::new(message).remedy(format!("pass it on whole: `INPUT = {name}`"));
        fault.firm = true;
        fault.public = true;
        fault
    }
}

impl From<String> for Fault {
    fn from(message: String) -> Fault {
        Fault::new(message)
    }
}
