//! Decimal numbers of six places, without the noise of floats.

use std::fmt;
use std::iter::Sum;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One whole, in millionths.
const WHOLE: u64 = 1_000_000;

/// A decimal number that is not negative, exact to six places: an amount of money, or of MiB/s.
/// Programs read it as a text with two places or more, such as `0.30`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(u64);

impl Amount {
    /// Reads a number as people write it, such as `0.0133`; `None` where it is negative, is none, or
    /// has more than six places.
    pub fn parse(text: &str) -> Option<Amount> {
        let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
        if !is_number(whole) || !is_number(places) || places.len() > 6 {
            return None;
        }
        let places: u64 = format!("{places:0<6}").parse().ok()?;
        let whole: u64 = whole.parse().ok()?;
        Some(Amount(whole.checked_mul(WHOLE)?.checked_add(places)?))
    }

    /// This much of something that costs `price` for each `per`, rounded to a millionth; more than
    /// fits is the most that does.
    pub(super) fn share(self, count: u64, per: u64) -> Amount {
        let exact = u128::from(self.0) * u128::from(count);
        let per = u128::from(per.max(1));
        Amount(u64::try_from((exact + per / 2) / per).unwrap_or(u64::MAX))
    }

    /// This much times a decimal number.
    pub(super) fn times(self, number: Amount) -> Amount {
        self.share(number.0, WHOLE)
    }

    /// What is left of it; nothing where `other` is more.
    pub(super) fn above(self, other: Amount) -> Amount {
        Amount(self.0.saturating_sub(other.0))
    }

    /// Whether it is nothing at all.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// As people read a sum: in hundredths, of which a part is named as less than one.
    pub(super) fn rounded(self) -> String {
        match self.0 {
            1..=4_999 => "less than 0.01".to_owned(),
            amount => {
                let hundredths = (u128::from(amount) + 5_000) / 10_000;
                format!("{}.{:02}", hundredths / 100, hundredths % 100)
            }
        }
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Amount>>(amounts: I) -> Amount {
        Amount(amounts.fold(0, |sum, amount| sum.saturating_add(amount.0)))
    }
}

/// All of its places, and two at least.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = format!("{:06}", self.0 % WHOLE);
        let places = match places.trim_end_matches('0') {
            short if short.len() < 2 => &places[..2],
            all => all,
        };
        write!(f, "{}.{places}", self.0 / WHOLE)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Amount, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mistake = || serde::de::Error::custom(format!("{text:?} is no amount"));
        Amount::parse(&text).ok_or_else(mistake)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_exactly_or_not_at_all() {
        for (text, shown) in [
            ("0.30", "0.30"),
            ("6", "6.00"),
            ("0.0133", "0.0133"),
            ("0.000001", "0.000001"),
            ("100.5", "100.50"),
            ("18446744073709.551615", "18446744073709.551615"),
        ] {
            let amount = Amount::parse(text).unwrap();
            assert_eq!(amount.to_string(), shown);
            assert_eq!(Amount::parse(shown), Some(amount));
        }
        for text in
            ["", "-1", "+1", "1.", ".5", "1e3", "0.0000001", "1,5", " 1", "18446744073709.551616"]
        {
            assert_eq!(Amount::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn people_read_hundredths_rounded_half_up() {
        for (text, shown) in [
            ("0", "0.00"),
            ("0.000001", "less than 0.01"),
            ("0.004999", "less than 0.01"),
            ("0.005", "0.01"),
            ("0.014999", "0.01"),
            ("0.015", "0.02"),
            ("36.0499", "36.05"),
            ("1234.995", "1235.00"),
        ] {
            assert_eq!(Amount::parse(text).unwrap().rounded(), shown, "{text}");
        }
    }

    #[test]
    fn a_share_is_rounded_to_a_millionth_and_never_overflows() {
        let price = Amount::parse("0.30").unwrap();
        assert_eq!(price.share(1 << 29, 1 << 30).to_string(), "0.15");
        assert_eq!(price.share(1, 3).to_string(), "0.10");
        assert_eq!(Amount::parse("0.000001").unwrap().share(1, 3), Amount::default());
        assert_eq!(price.share(u64::MAX, 1), Amount(u64::MAX));
        let half = Amount::parse("2.5").unwrap();
        assert_eq!(price.times(half).to_string(), "0.75");
        assert_eq!(half.above(price).to_string(), "2.20");
        assert_eq!(price.above(half), Amount::default());
    }
}
