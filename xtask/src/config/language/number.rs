//! Numbers as Terraform has them: binary, with up to 512 bits, and rounded to even.
//!
//! Terraform computes with Go's `big.Float`. A number from a text has 512 bits, a
//! count 64, and a result as many as the wider of its operands. Printing yields the
//! shortest decimal that reads back as the same number, so that `0.1 + 0.2` is
//! `0.3`. The same rules here make results print equal.

use std::cmp::Ordering;

use num_bigint::{BigInt, BigUint, Sign};

use super::fault::REFUSED;

/// The bits of a number that was read from a text.
pub(crate) const TEXT_BITS: u64 = 512;

/// The bits of a count, such as a length.
const COUNT_BITS: u64 = 64;

/// The bits of a number that was computed as a 64-bit float.
const FLOAT_BITS: u64 = 53;

/// The largest exponent, up or down, that a number may have. Terraform goes further;
/// nothing that a deployment holds does, and printing such a number takes memory.
const MAX_EXPONENT: i64 = 20_000;

/// The most digits that a number is written with.
const MAX_DIGITS: usize = 20_000;

/// `± mantissa × 2^exponent`. The mantissa is odd, or zero.
#[derive(Debug, Clone)]
pub(crate) struct Number {
    pub(super) negative: bool,
    pub(super) mantissa: BigUint,
    pub(super) exponent: i64,
    pub(super) bits: u64,
}

/// Why there is no number.
const NOT_FINITE: &str = "this arithmetic has no finite result";

impl Number {
    fn new(negative: bool, mantissa: BigUint, exponent: i64, bits: u64) -> Number {
        Number { negative, mantissa, exponent, bits }.normalized()
    }

    /// Without zeros at the end of the mantissa, so that equal numbers look equal.
    fn normalized(mut self) -> Number {
        match self.mantissa.trailing_zeros() {
            None => self.exponent = 0,
            Some(zeros) => {
                self.mantissa >>= zeros;
                self.exponent = self.exponent.saturating_add_unsigned(zeros);
            }
        }
        self
    }

    /// Rounds to `bits`, half to even. `sticky` says that more than the mantissa
    /// shows was there.
    fn rounded(
        negative: bool,
        mantissa: BigUint,
        exponent: i64,
        bits: u64,
        sticky: bool,
    ) -> Number {
        let excess = mantissa.bits().saturating_sub(bits);
        if excess == 0 {
            return Number::new(negative, mantissa, exponent, bits);
        }
        let mut kept = &mantissa >> excess;
        let rest = mantissa - (&kept << excess);
        let half = BigUint::from(1_u8) << (excess - 1);
        let up = match rest.cmp(&half) {
            Ordering::Greater => true,
            Ordering::Less => false,
            Ordering::Equal => sticky || kept.bit(0),
        };
        if up {
            kept += 1_u8;
        }
        Number::new(negative, kept, exponent.saturating_add_unsigned(excess), bits)
    }

    /// A number of things.
    pub(crate) fn count(count: usize) -> Number {
        Number::new(false, BigUint::from(count), 0, COUNT_BITS)
    }

    /// A whole number, such as a sign.
    pub(crate) fn integer(value: i64) -> Number {
        Number::new(value < 0, BigUint::from(value.unsigned_abs()), 0, COUNT_BITS)
    }

    /// A whole number of any size.
    pub(crate) fn whole(value: &BigInt) -> Number {
        let bits = value.bits().max(COUNT_BITS);
        Number::new(value.sign() == Sign::Minus, value.magnitude().clone(), 0, bits)
    }

    /// What was computed as a float.
    pub(crate) fn float(value: f64) -> Result<Number, String> {
        if !value.is_finite() {
            return Err(not_finite());
        }
        let bits = value.to_bits();
        let fraction = bits & ((1 << 52) - 1);
        let power = i64::try_from((bits >> 52) & 0x7ff).unwrap_or_default();
        let (mantissa, exponent) =
            if power == 0 { (fraction, -1074) } else { (fraction | 1 << 52, power - 1075) };
        Ok(Number::new(value.is_sign_negative(), mantissa.into(), exponent, FLOAT_BITS))
    }

    /// A number as HCL and JSON write it: `-12.5e3`. `None` is not a number, and an error one
    /// that is too large or too small to be computed with here.
    pub(crate) fn read(text: &str) -> Result<Option<Number>, String> {
        let Some((negative, digits, power)) = parts(text) else { return Ok(None) };
        match power.filter(|power| power.abs() <= MAX_EXPONENT && digits.len() <= MAX_DIGITS) {
            Some(power) => {
                let digits: Option<BigUint> = digits.parse().ok();
                Ok(digits.map(|digits| Number::decimal(negative, digits, power)))
            }
            None => Err(out_of_range(text)),
        }
    }

    /// As [`Number::read`], with `None` for what is out of range too.
    pub(crate) fn parse(text: &str) -> Option<Number> {
        Number::read(text).ok().flatten()
    }

    /// `digits × 10^power`, rounded once.
    fn decimal(negative: bool, digits: BigUint, power: i64) -> Number {
        let factor = BigUint::from(5_u8).pow(u32::try_from(power.unsigned_abs()).unwrap_or(0));
        if power >= 0 {
            return Number::rounded(negative, digits * factor, power, TEXT_BITS, false);
        }
        divided(negative, &digits, &factor, power, TEXT_BITS)
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.mantissa.bits() == 0
    }

    pub(crate) fn is_negative(&self) -> bool {
        self.negative && !self.is_zero()
    }

    /// Whether the sign is written, which it is for a zero too.
    pub(crate) fn has_minus(&self) -> bool {
        self.negative
    }

    pub(crate) fn negated(&self) -> Number {
        Number { negative: !self.negative, ..self.clone() }
    }

    pub(crate) fn absolute(&self) -> Number {
        Number { negative: false, ..self.clone() }
    }

    pub(crate) fn add(&self, other: &Number) -> Result<Number, String> {
        let bits = self.bits.max(other.bits);
        let exponent = self.exponent.min(other.exponent);
        let (left, right) = (self.scaled(exponent), other.scaled(exponent));
        let sum = left + right;
        // A sum of zero is negative only where both terms are.
        let negative = match sum.sign() {
            Sign::Minus => true,
            Sign::Plus => false,
            Sign::NoSign => self.negative && other.negative,
        };
        Number::rounded(negative, sum.into_parts().1, exponent, bits, false).checked()
    }

    pub(crate) fn subtract(&self, other: &Number) -> Result<Number, String> {
        self.add(&other.negated())
    }

    /// The product keeps what bits it needs, up to 512.
    pub(crate) fn multiply(&self, other: &Number) -> Result<Number, String> {
        let negative = self.negative != other.negative;
        let exponent = self.exponent + other.exponent;
        let mut product =
            Number::rounded(negative, &self.mantissa * &other.mantissa, exponent, TEXT_BITS, false);
        product.bits = self.bits.max(other.bits).max(product.mantissa.bits());
        product.checked()
    }

    pub(crate) fn divide(&self, other: &Number) -> Result<Number, String> {
        if other.is_zero() {
            if self.is_zero() {
                return Err("this divides zero by zero".to_owned());
            }
            return Err(format!("this divides by zero{REFUSED}"));
        }
        let bits = self.bits.max(other.bits);
        let negative = self.negative != other.negative;
        let exponent = self.exponent - other.exponent;
        divided(negative, &self.mantissa, &other.mantissa, exponent, bits).checked()
    }

    /// The remainder, with the sign of the dividend; by zero, the dividend itself.
    pub(crate) fn modulo(&self, other: &Number) -> Result<Number, String> {
        if other.is_zero() {
            return Ok(self.clone());
        }
        let whole = Number::whole(&self.divide(other)?.truncated());
        let whole =
            Number::rounded(whole.negative, whole.mantissa, whole.exponent, self.bits, false);
        let part = Number::rounded(
            other.negative != whole.negative,
            &other.mantissa * &whole.mantissa,
            other.exponent + whole.exponent,
            self.bits,
            false,
        );
        let rest = self.subtract(&part)?;
        Ok(Number::rounded(rest.negative, rest.mantissa, rest.exponent, self.bits, false))
    }

    /// The mantissa as it is at a lower exponent.
    fn scaled(&self, exponent: i64) -> BigInt {
        let sign = if self.negative { Sign::Minus } else { Sign::Plus };
        BigInt::from_biguint(sign, &self.mantissa << (self.exponent - exponent).unsigned_abs())
    }

    /// The whole number towards zero.
    pub(crate) fn truncated(&self) -> BigInt {
        let sign = if self.negative { Sign::Minus } else { Sign::Plus };
        let size = self.exponent.unsigned_abs();
        let magnitude =
            if self.exponent >= 0 { &self.mantissa << size } else { &self.mantissa >> size };
        BigInt::from_biguint(sign, magnitude)
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.exponent >= 0
    }

    /// The whole number, where this is one.
    pub(crate) fn to_whole(&self) -> Option<BigInt> {
        self.is_whole().then(|| self.truncated())
    }

    pub(crate) fn floor(&self) -> Number {
        self.stepped(self.negative, -1)
    }

    pub(crate) fn ceil(&self) -> Number {
        self.stepped(!self.negative, 1)
    }

    fn stepped(&self, away: bool, step: i8) -> Number {
        let mut whole = self.truncated();
        if away && !self.is_whole() {
            whole += step;
        }
        let whole = Number::whole(&whole);
        Number::rounded(whole.negative, whole.mantissa, whole.exponent, self.bits, false)
    }

    /// The nearest 64-bit float.
    pub(crate) fn to_float(&self) -> f64 {
        self.to_string().parse().unwrap_or(f64::INFINITY)
    }

    fn checked(self) -> Result<Number, String> {
        let top = self.exponent.saturating_add_unsigned(self.mantissa.bits());
        if top.abs() > MAX_EXPONENT * 4 { Err(not_finite()) } else { Ok(self) }
    }
}

/// The parts of a number: whether it is negative, its digits, and their power of ten, which
/// is `None` where 64 bits do not hold it.
fn parts(text: &str) -> Option<(bool, String, Option<i64>)> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (digits, power) = match digits.find(['e', 'E']) {
        Some(at) => {
            let power = &digits[at + 1..];
            let unsigned = power.strip_prefix(['+', '-']).unwrap_or(power);
            if unsigned.is_empty() || !unsigned.bytes().all(|c| c.is_ascii_digit()) {
                return None;
            }
            (&digits[..at], power.parse().ok())
        }
        None => (digits, Some(0_i64)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    if all.is_empty() || !all.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let behind = i64::try_from(fraction.len()).ok()?;
    Some((negative, all, power.and_then(|power| power.checked_sub(behind))))
}

/// What is wrong with a number that nothing here computes with.
pub(super) fn out_of_range(text: &str) -> String {
    let shown: String = text.chars().take(20).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    format!("the number {shown}{more} is out of range{REFUSED}")
}

fn not_finite() -> String {
    format!("{NOT_FINITE}{REFUSED}")
}

/// A quotient with correct rounding.
fn divided(negative: bool, left: &BigUint, right: &BigUint, exponent: i64, bits: u64) -> Number {
    let shift = (bits + 2 + right.bits()).saturating_sub(left.bits());
    let numerator = left << shift;
    let quotient = &numerator / right;
    let rest = numerator != &quotient * right;
    // One bit more says that the quotient goes on behind what it shows.
    let quotient = (quotient << 1_u8) + u8::from(rest);
    let exponent = exponent.saturating_sub_unsigned(shift + 1);
    Number::rounded(negative, quotient, exponent, bits, rest)
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        let exponent = self.exponent.min(other.exponent);
        self.scaled(exponent).cmp(&other.scaled(exponent))
    }
}
