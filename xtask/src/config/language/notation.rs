//! The notations of numbers: with a point, with an exponent, or with the shorter of both.

use super::digits::{fixed, round_digits};
use super::number::Number;

/// With an exponent, and `precision` digits behind the point.
pub(super) fn exponential(number: &Number, precision: usize) -> String {
    let (digits, point) = number.exact_digits();
    let (digits, point) = round_digits(&digits, point, precision + 1);
    scientific(&digits, point, precision)
}

/// `d.ddde±dd` with `precision` digits behind the point.
fn scientific(digits: &[u8], point: i64, precision: usize) -> String {
    let at = |i: usize| char::from(digits.get(i).copied().unwrap_or(b'0'));
    let mut text = at(0).to_string();
    if precision > 0 {
        text.push('.');
        text.extend((1..=precision).map(at));
    }
    let exponent = if digits.is_empty() { 0 } else { point - 1 };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{text}e{sign}{:02}", exponent.abs())
}

/// With as many digits as `precision` says, and an exponent where it is shorter.
pub(super) fn general(number: &Number, precision: usize) -> String {
    let sign = if number.has_minus() { "-" } else { "" };
    format!("{sign}{}", general_unsigned(number, precision))
}

/// As [`general`], without a sign.
pub(super) fn general_unsigned(number: &Number, precision: usize) -> String {
    let precision = precision.max(1);
    let (digits, point) = number.exact_digits();
    let (digits, point) = round_digits(&digits, point, precision);
    let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    let mut limit = i64::try_from(precision).unwrap_or(i64::MAX);
    if limit > length && length >= point {
        limit = length;
    }
    either(&digits, point, limit)
}

/// With the fewest digits that name the number.
pub(super) fn shortest(number: &Number) -> String {
    let sign = if number.has_minus() { "-" } else { "" };
    format!("{sign}{}", shortest_unsigned(number))
}

/// As [`shortest`], without a sign.
pub(super) fn shortest_unsigned(number: &Number) -> String {
    let (digits, point) = number.shortest_digits();
    either(&digits, point, 6)
}

fn either(digits: &[u8], point: i64, limit: i64) -> String {
    let exponent = if digits.is_empty() { -1 } else { point - 1 };
    if exponent < -4 || exponent >= limit {
        return scientific(digits, point, digits.len().saturating_sub(1));
    }
    fixed(digits, point, None)
}
