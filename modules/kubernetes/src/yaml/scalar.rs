//! What a scalar means to Helm: YAML 1.1 as go-yaml v2 resolves it.
//!
//! Helm reads values with `sigs.k8s.io/yaml`, which reads with go-yaml v2 into
//! JSON. The rules are those of `resolve.go` in `go.yaml.in/yaml/v2`, the
//! numbers those of Go's `strconv`.

/// What a scalar is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    /// Above the largest `i64`.
    Uint(u64),
    /// May be infinite or no number: JSON knows neither.
    Float(f64),
    Text,
}

/// What an unquoted, untagged scalar is.
pub(super) fn resolve(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Scalar::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Scalar::Bool(false)
        }
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
        // Underscores are left to `strconv.ParseFloat` here, which wants digits around each.
        fraction if fraction.starts_with('.') => match fraction_of(fraction) {
            Some(number) => Scalar::Float(number),
            None => Scalar::Text,
        },
        number if number.starts_with(|c: char| c.is_ascii_digit() || c == '+' || c == '-') => {
            let plain = number.replace('_', "");
            integer(&plain).or_else(|| float(&plain)).unwrap_or(Scalar::Text)
        }
        _ => Scalar::Text,
    }
}

/// `strconv.ParseInt` and `ParseUint` with base 0: a prefix gives the base, and a zero alone octal.
fn integer(plain: &str) -> Option<Scalar> {
    let (sign, digits) = match plain.as_bytes().first()? {
        b'-' => ("-", &plain[1..]),
        b'+' => ("+", &plain[1..]),
        _ => ("", plain),
    };
    let prefix = digits.get(..2).unwrap_or_default().to_ascii_lowercase();
    let (base, digits) = match prefix.as_str() {
        "0x" => (16, &digits[2..]),
        "0o" => (8, &digits[2..]),
        "0b" => (2, &digits[2..]),
        _ if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    };
    // Rust would read a second sign.
    if !digits.starts_with(|c: char| c.is_ascii_hexdigit()) {
        return None;
    }
    let signed = i64::from_str_radix(&format!("{sign}{digits}"), base).ok().map(Scalar::Int);
    let unsigned = || u64::from_str_radix(digits, base).ok().map(Scalar::Uint);
    signed.or_else(|| if sign.is_empty() { unsigned() } else { None })
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, where it is finite: Go takes a number
/// that is too large for text.
fn float(plain: &str) -> Option<Scalar> {
    let unsigned = plain.strip_prefix(['-', '+']).unwrap_or(plain);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mantissa_fits = digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && (fraction.is_empty() || !mantissa.starts_with('.')));
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    let number: f64 = plain.parse().ok()?;
    (mantissa_fits && exponent_fits && number.is_finite()).then_some(Scalar::Float(number))
}

/// A number that begins with its point.
fn fraction_of(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let separates = |(at, _): (usize, &str)| digit(at.checked_sub(1)) && digit(Some(at + 1));
    if !text.match_indices('_').all(separates) {
        return None;
    }
    match float(&text.replace('_', ""))? {
        Scalar::Float(number) => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_yaml_1_1_are_what_they_were_then() {
        for word in ["y", "Yes", "on", "ON", "TRUE"] {
            assert_eq!(resolve(word), Scalar::Bool(true), "{word}");
        }
        for word in ["n", "No", "off", "OFF", "False"] {
            assert_eq!(resolve(word), Scalar::Bool(false), "{word}");
        }
        for text in ["yEs", "tRUE", "nULL", "oN", "enabled", "<<", "=", "2001-12-14", "1:30", "1h"]
        {
            assert_eq!(resolve(text), Scalar::Text, "{text}");
        }
    }

    #[test]
    fn integers_have_bases_signs_and_underscores() {
        let cases = [
            ("0", 0),
            ("-0", 0),
            ("+7", 7),
            ("017", 15),
            ("0o17", 15),
            ("0O17", 15),
            ("0x1F", 31),
            ("-0x1f", -31),
            ("0b101", 5),
            ("-0b101", -5),
            ("1_000", 1000),
            ("0_17", 15),
            ("1__0_", 10),
            ("-9223372036854775808", i64::MIN),
        ];
        for (text, number) in cases {
            assert_eq!(resolve(text), Scalar::Int(number), "{text}");
        }
        assert_eq!(resolve("18446744073709551615"), Scalar::Uint(u64::MAX));
        for text in ["-", "+", "+-1", "--1", "0x", "0xg", "0b2", "1a", "_1", "0o8"] {
            assert_eq!(resolve(text), Scalar::Text, "{text}");
        }
    }

    #[test]
    fn floats_are_what_is_left_of_numbers() {
        let cases = [
            ("08", 8.0),
            ("0.5", 0.5),
            (".5", 0.5),
            ("+.5", 0.5),
            ("5.", 5.0),
            ("1e3", 1000.0),
            ("1.e3", 1000.0),
            ("-1E-3", -0.001),
            (".5_0", 0.5),
            ("1_0.5", 10.5),
            ("18446744073709551616", 18_446_744_073_709_551_616.0),
        ];
        for (text, number) in cases {
            assert_eq!(resolve(text), Scalar::Float(number), "{text}");
        }
        for text in ["1e999", ".", "1.2.3", "1e", "e3", ".e3", "._5", ".5_", "0x1p4", "1,5", "+.e1"]
        {
            assert_eq!(resolve(text), Scalar::Text, "{text}");
        }
    }
}
