//! What a deployment costs in a month, as an estimate: what AWS meters, at the prices of a dated table.
//!
//! Nothing depends on it: no plan is refused or changed for a price, and what has none is named.

mod estimate;
mod money;
mod prices;
mod shown;

pub use estimate::{Estimate, Part, PerUse, Sizes};
pub use money::Amount;
pub use prices::{Item, PriceMistake, Prices, RegionPrices};
pub use shown::{of_plan, of_status};
