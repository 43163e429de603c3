//! Results on standard output.

use std::io::Write;

use anyhow::Context;

/// Writes a result to standard output. A reader that went away, such as
/// `head`, has seen enough, and that is no failure.
pub(crate) fn print(text: impl AsRef<[u8]>) -> anyhow::Result<()> {
    match std::io::stdout().write_all(text.as_ref()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("writing to standard output"),
    }
}
