//! Numbers as decimal digits.

use num_bigint::BigUint;

use super::number::Number;

impl Number {
    /// The exact decimal digits, and the place of the point from their start.
    pub(crate) fn exact_digits(&self) -> (Vec<u8>, i64) {
        exact(&self.mantissa, self.exponent)
    }

    /// The fewest decimal digits that read back as this number with its bits, and the
    /// place of the point from their start.
    pub(crate) fn shortest_digits(&self) -> (Vec<u8>, i64) {
        let (digits, point) = self.exact_digits();
        if digits.is_empty() {
            return (digits, point);
        }
        // The neighbours half way to the next numbers; all that lies between reads back.
        let shift = self.bits + 1 - self.mantissa.bits();
        let unit = &self.mantissa << shift;
        let exponent = self.exponent.saturating_sub_unsigned(shift);
        let (lower, _) = exact(&(&unit - 1_u8), exponent);
        let (upper, _) = exact(&(&unit + 1_u8), exponent);
        let inclusive = !unit.bit(1);
        let at = |digits: &[u8], i: usize| digits.get(i).copied().unwrap_or(b'0');
        for (i, digit) in digits.iter().copied().enumerate() {
            let (low, high) = (at(&lower, i), at(&upper, i));
            let down = low != digit || inclusive && i + 1 == lower.len();
            let up = digit != high && (inclusive || digit + 1 < high || i + 1 < upper.len());
            match (down, up) {
                (true, true) => return round_digits(&digits, point, i + 1),
                (true, false) => return (trimmed(digits[..=i].to_vec()), point),
                (false, true) => return rounded_up(&digits[..=i], point),
                (false, false) => {}
            }
        }
        (digits, point)
    }
}

fn exact(mantissa: &BigUint, exponent: i64) -> (Vec<u8>, i64) {
    let size = exponent.unsigned_abs();
    let (whole, scale) = if exponent >= 0 {
        (mantissa << size, 0)
    } else {
        let power = u32::try_from(size).unwrap_or(u32::MAX);
        (mantissa * BigUint::from(5_u8).pow(power), exponent)
    };
    if whole.bits() == 0 {
        return (Vec::new(), 0);
    }
    let digits = whole.to_string().into_bytes();
    let point = i64::try_from(digits.len()).unwrap_or(i64::MAX) + scale;
    (trimmed(digits), point)
}

fn trimmed(mut digits: Vec<u8>) -> Vec<u8> {
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
    digits
}

fn rounded_up(digits: &[u8], point: i64) -> (Vec<u8>, i64) {
    let mut digits = digits.to_vec();
    while let Some(last) = digits.pop() {
        if last < b'9' {
            digits.push(last + 1);
            return (digits, point);
        }
    }
    (vec![b'1'], point + 1)
}

/// The first `keep` digits, rounded half to even.
pub(crate) fn round_digits(digits: &[u8], point: i64, keep: usize) -> (Vec<u8>, i64) {
    let Some(next) = digits.get(keep) else { return (digits.to_vec(), point) };
    let even = keep == 0 || (digits[keep - 1] - b'0').is_multiple_of(2);
    let half = *next == b'5' && digits.len() == keep + 1;
    if *next > b'5' || *next == b'5' && !(half && even) {
        return rounded_up(&digits[..keep], point);
    }
    (trimmed(digits[..keep].to_vec()), point)
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (digits, point) = self.shortest_digits();
        if self.negative {
            f.write_str("-")?;
        }
        f.write_str(&fixed(&digits, point, None))
    }
}

/// Digits written without an exponent; `precision` counts those behind the point.
pub(crate) fn fixed(digits: &[u8], point: i64, precision: Option<usize>) -> String {
    let at = |i: i64| usize::try_from(i).ok().and_then(|i| digits.get(i)).copied().unwrap_or(b'0');
    let mut text = String::new();
    if point > 0 {
        text.extend((0..point).map(|i| char::from(at(i))));
    } else {
        text.push('0');
    }
    let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    let behind = match precision {
        Some(precision) => i64::try_from(precision).unwrap_or(i64::MAX),
        None => (length - point).max(0),
    };
    if behind > 0 {
        text.push('.');
        text.extend((0..behind).map(|i| char::from(at(point + i))));
    }
    text
}
