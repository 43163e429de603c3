//! Any text at all is read and evaluated without a panic.

use std::sync::Arc;

use proptest::prelude::*;

use super::{Config, Evaluation, Values};
use crate::diagnostic::{Diagnostics, Source};

/// Reads, evaluates and tells; what matters is that it ends.
fn digest(text: &str) {
    let mut diagnostics = Diagnostics::default();
    let source = Arc::new(Source { name: "any.hcl".to_owned(), text: text.to_owned() });
    let config = Config::parse(&source, &mut diagnostics);
    let values = Values::default();
    Evaluation::new(&config, &values, &mut diagnostics).modules(|_, _| false, &mut diagnostics);
    for told in diagnostics.rendered(false) {
        assert!(told.chars().all(|c| c == '\n' || !c.is_control()), "{told:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in any::<String>()) {
        digest(&text);
    }

    #[test]
    fn what_looks_like_hcl_is_read_without_a_panic(
        text in r#"((module|variable|locals|output|provider|x) ?("[a-z]{0,3}" )?\{\n?|\}|[a-z]{1,4} ?= ?|\$\{|%\{|"|\[|\]|\(|\)|var\.|local\.|module\.|for|if|<<A\n|A\n|-|!|&&|\?|:|,|\.|1|é|\n|#|/\*){0,40}"#
    ) {
        digest(&text);
    }

    #[test]
    fn any_expression_of_a_local_is_evaluated_without_a_panic(
        text in r#"([a-z]{1,6}\(|\)|"[^"\\\n]{0,4}"|\$\{|\}|\[|\]|\{|[a-z]=|0|7|-1|1e9|\+|-|\*|/|%|==|,|\.|\*|null|true| ){0,24}"#
    ) {
        digest(&format!("locals {{\n  a = {text}\n}}\n"));
    }
}
