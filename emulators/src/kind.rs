//! The emulators that can be started.

/// An emulator of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// <https://github.com/getmoto/moto>
    Moto,
    /// <https://github.com/ministackorg/ministack>
    MiniStack,
    /// <https://www.localstack.cloud>; only a paid plan has EFS.
    LocalStack,
    /// The sandbox of this project.
    Sandbox,
}
