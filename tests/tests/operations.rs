//! The documentation's table of operations by client is the one that the clients' tests saw.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use tests::clients::seen::{WRITE, document, render};

#[test]
fn the_table_of_operations_is_current() {
    let (path, text) = (document(), render());
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, text).unwrap();
        return;
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == text,
        "`{}` is not current; help: `cargo xtask clients --write`",
        path.display()
    );
}
