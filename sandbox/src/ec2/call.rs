//! One call of EC2, as its operations get it.

use super::form::Form;
use crate::service::Context;

/// What a call works on, its parameters, and the name of its action.
pub(super) struct Call<'a, 'b> {
    pub(super) context: &'a mut Context<'b>,
    pub(super) form: Form,
    pub(super) action: String,
}
