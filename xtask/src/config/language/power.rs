//! Powers of floats, as Terraform computes them.

/// `base` to the power of `exponent`.
///
/// A whole exponent is taken bit by bit, by squaring, so that whole results are exact;
/// what is left of it goes by logarithms. Go's `math.Pow` does the same.
pub(super) fn power(base: f64, exponent: f64) -> f64 {
    let special = base == 0.0
        || exponent == 0.0
        || !base.is_finite()
        || !exponent.is_finite()
        || base < 0.0 && exponent.fract() != 0.0
        || exponent.abs() >= 9.2e18;
    if special {
        return base.powf(exponent);
    }
    if exponent.to_bits() == 0.5_f64.to_bits() {
        return base.sqrt();
    }
    if exponent.to_bits() == (-0.5_f64).to_bits() {
        return 1.0 / base.sqrt();
    }
    let (mut whole, mut rest) = (exponent.abs().trunc(), exponent.abs().fract());
    let mut result = 1.0;
    if rest != 0.0 {
        if rest > 0.5 {
            rest -= 1.0;
            whole += 1.0;
        }
        result = (rest * base.ln()).exp();
    }
    // The square and its power of two apart, so that neither runs over.
    let (mut fraction, mut power) = split(base);
    let mut result_power = 0_i64;
    #[expect(clippy::cast_possible_truncation, reason = "below 9.2e18")]
    let mut bits = whole as i64;
    while bits != 0 {
        if power.abs() > 1 << 12 {
            result_power += power;
            break;
        }
        if bits & 1 == 1 {
            result *= fraction;
            result_power += power;
        }
        fraction *= fraction;
        power <<= 1;
        if fraction < 0.5 {
            fraction += fraction;
            power -= 1;
        }
        bits >>= 1;
    }
    if exponent < 0.0 {
        result = 1.0 / result;
        result_power = -result_power;
    }
    scaled(result, result_power)
}

/// A number as a fraction of at least a half and below one, and a power of two.
fn split(number: f64) -> (f64, i64) {
    let (mut fraction, mut power) = (number, 0);
    while fraction.abs() >= 1.0 {
        fraction /= 2.0;
        power += 1;
    }
    while fraction.abs() < 0.5 {
        fraction *= 2.0;
        power -= 1;
    }
    (fraction, power)
}

/// `number × 2^power`, rounded once.
fn scaled(mut number: f64, power: i64) -> f64 {
    let step = if power > 0 { 2.0 } else { 0.5 };
    for _ in 0..power.unsigned_abs().min(5000) {
        number *= step;
    }
    number
}
