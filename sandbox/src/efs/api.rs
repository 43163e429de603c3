//! EFS's API model.

use std::sync::LazyLock;

use crate::model::Model;

/// What EFS's model says.
pub(super) static MODEL: LazyLock<Model> =
    LazyLock::new(|| Model::of(include_str!("../../data/efs.json")));
