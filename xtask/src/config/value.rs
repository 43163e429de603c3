//! The value of an expression.

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

use hcl::Value;
use hcl::edit::expr::Expression;
use hcl::eval::{Context, Evaluate};

/// The value, or what is wrong with the expression.
///
/// Where arithmetic has no finite result (`1 / 0`, or a product beyond 64 bits),
/// `hcl-rs` 0.20 panics in a debug build and goes on with infinity in a release
/// build. It is a mistake in the file like any other, so both are caught here,
/// with the panic's own message kept off the terminal.
pub(super) fn value_of(expression: &Expression, context: &Context) -> Result<Value, String> {
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let evaluated = catch_unwind(AssertUnwindSafe(|| {
        hcl::Expression::from(expression.clone()).evaluate(context)
    }));
    set_hook(hook);
    match evaluated {
        Ok(Ok(value)) if is_finite(&value) => Ok(value),
        Ok(Err(error)) => Err(error.kind().to_string()),
        Ok(Ok(_)) | Err(_) => Err("this arithmetic has no finite result".to_owned()),
    }
}

fn is_finite(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_f64().is_none_or(f64::is_finite),
        Value::Array(values) => values.iter().all(is_finite),
        Value::Object(values) => values.values().all(is_finite),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}
