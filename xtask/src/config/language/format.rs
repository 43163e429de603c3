//! `format` and `formatlist`: verbs, widths and precisions as Terraform has them.

use inputs::counted;

use super::convert::convert;
use super::digits::{fixed, round_digits};
use super::json;
use super::notation::{exponential, general_unsigned, shortest, shortest_unsigned};
use super::number::Number;
use super::text::graphemes;
use super::types::Type;
use super::value::{Data, Value};

/// One verb of a format, such as `%-5.2f`.
#[derive(Debug, Default)]
struct Verb {
    raw: String,
    /// Those of `0#-+ ` that stand behind the `%`.
    flags: String,
    width: Option<usize>,
    precision: Option<usize>,
    argument: Option<usize>,
    mode: char,
}

impl Verb {
    fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }
}

/// An untyped null makes the result unknown to Terraform, whatever the format does with it.
pub(super) fn refuse_untyped_null(arguments: &[&Value]) -> Result<(), String> {
    if arguments.iter().any(|argument| matches!(argument.data, Data::Null(Type::Any))) {
        return Err(format!(
            "null has no type here (`tostring(null)` has one){}",
            super::fault::REFUSED
        ));
    }
    Ok(())
}

/// The text of a format with its arguments in place.
pub(super) fn format(format: &str, arguments: &[&Value]) -> Result<String, String> {
    refuse_untyped_null(arguments)?;
    let mut out = String::new();
    let (mut next, mut used) = (1, 0);
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(behind) = rest.strip_prefix("%%") {
            out.push('%');
            rest = behind;
            continue;
        }
        let verb = verb(rest)?;
        let number = verb.argument.unwrap_or(next);
        let argument = number.checked_sub(1).and_then(|at| arguments.get(at)).ok_or_else(|| {
            let given = arguments.len();
            format!("`{}` wants argument {number}, and {given} are given", verb.raw)
        })?;
        out.push_str(&formatted(&verb, argument).map_err(|why| format!("`{}`: {why}", verb.raw))?);
        used = used.max(number);
        next = number + 1;
        rest = &rest[verb.raw.len()..];
    }
    if used < arguments.len() {
        let given = counted(arguments.len(), "argument");
        return Err(format!("the format uses {used} of {given}"));
    }
    out.push_str(rest);
    Ok(out)
}

/// The verb that a text begins with.
fn verb(text: &str) -> Result<Verb, String> {
    let mut verb = Verb::default();
    let bytes = text.as_bytes();
    let mut at = 1;
    while let Some(flag @ (b'0' | b'#' | b'-' | b'+' | b' ')) = bytes.get(at) {
        verb.flags.push(char::from(*flag));
        at += 1;
    }
    let digits = |at: usize| bytes[at..].iter().take_while(|c| c.is_ascii_digit()).count();
    let number = |from: usize, to: usize| {
        let number: usize = text[from..to].parse().map_err(|_| too_large())?;
        if number > 4096 { Err(too_large()) } else { Ok(number) }
    };
    let length = digits(at);
    if length > 0 {
        verb.width = Some(number(at, at + length)?);
        at += length;
    }
    if bytes.get(at) == Some(&b'.') {
        let length = digits(at + 1);
        verb.precision = Some(if length == 0 { 0 } else { number(at + 1, at + 1 + length)? });
        at += 1 + length;
    }
    if bytes.get(at) == Some(&b'[') {
        let length = digits(at + 1);
        let closed = bytes.get(at + 1 + length) == Some(&b']');
        if length == 0 || !closed || bytes[at + 1] == b'0' {
            return Err("an argument's index is written as `[1]`".to_owned());
        }
        verb.argument = Some(number(at + 1, at + 1 + length)?);
        at += length + 2;
    }
    match bytes.get(at) {
        Some(mode) if mode.is_ascii_alphabetic() => {
            verb.mode = char::from(*mode);
            text[..=at].clone_into(&mut verb.raw);
            Ok(verb)
        }
        _ => Err("a `%` begins no verb (`%%` is the sign itself)".to_owned()),
    }
}

fn too_large() -> String {
    format!("a number is too large{}", super::fault::REFUSED)
}

fn formatted(verb: &Verb, argument: &Value) -> Result<String, String> {
    if verb.mode != 'v' && argument.is_null() {
        return Err("null is formatted by `%v` only".to_owned());
    }
    let as_type = |of: &Type| convert(argument.clone(), of).map(|value| value.data);
    match verb.mode {
        'v' => Ok(padded(verb, as_is(verb, argument)?)),
        't' => match as_type(&Type::Bool)? {
            Data::Bool(truth) => Ok(truth.to_string()),
            _ => Err("a bool is required".to_owned()),
        },
        'b' | 'd' | 'o' | 'x' | 'X' => match as_type(&Type::Number)? {
            Data::Number(number) => integer(verb, &number),
            _ => Err("a number is required".to_owned()),
        },
        'e' | 'E' | 'f' | 'g' | 'G' => match as_type(&Type::Number)? {
            Data::Number(number) => Ok(float(verb, &number)),
            _ => Err("a number is required".to_owned()),
        },
        's' | 'q' => match as_type(&Type::String)? {
            Data::String(text) => Ok(string(verb, &text)),
            _ => Err("a string is required".to_owned()),
        },
        other => Err(format!(
            "there is no verb `{other}`; those are `%s`, `%q`, `%d`, `%v`, `%t`, `%f`, `%g`, `%e`, `%b`, `%o` and `%x`"
        )),
    }
}

fn as_is(verb: &Verb, argument: &Value) -> Result<String, String> {
    match &argument.data {
        Data::String(text) if !verb.has('#') => Ok(text.clone()),
        Data::Number(number) if !verb.has('#') => Ok(shortest(number)),
        _ => json::encode(argument),
    }
}

fn string(verb: &Verb, text: &str) -> String {
    let letters = graphemes(text);
    let text = match verb.precision {
        Some(precision) if precision > 0 => letters.into_iter().take(precision).collect(),
        _ => text.to_owned(),
    };
    padded(verb, if verb.mode == 'q' { json::quoted(&text) } else { text })
}

fn padded(verb: &Verb, text: String) -> String {
    let missing = verb.width.unwrap_or(0).saturating_sub(graphemes(&text).len());
    let pad = if verb.has('0') { "0" } else { " " }.repeat(missing);
    if verb.has('-') { text + &pad } else { pad + &text }
}

fn sign(verb: &Verb, negative: bool) -> &'static str {
    match (negative, verb.has('+'), verb.has(' ')) {
        (true, _, _) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    }
}

fn integer(verb: &Verb, number: &Number) -> Result<String, String> {
    let Some(whole) = number.to_whole() else {
        return Err(format!("a whole number is required, and this is {number}"));
    };
    let magnitude = whole.magnitude();
    let (prefix, digits) = match verb.mode {
        'b' => ("0b", magnitude.to_str_radix(2)),
        'o' => ("0", magnitude.to_str_radix(8)),
        'x' => ("0x", magnitude.to_str_radix(16)),
        'X' => ("0X", magnitude.to_str_radix(16).to_uppercase()),
        _ => ("", magnitude.to_string()),
    };
    let prefix = if verb.has('#') { prefix } else { "" };
    if verb.precision == Some(0) && digits == "0" {
        return Ok(String::new());
    }
    let sign = sign(verb, number.is_negative());
    let mut zeros = verb.precision.unwrap_or(0).saturating_sub(digits.len());
    let length = sign.len() + prefix.len() + zeros + digits.len();
    let missing = verb.width.unwrap_or(0).saturating_sub(length);
    let (mut left, mut right) = (0, 0);
    if verb.has('-') {
        right = missing;
    } else if verb.has('0') && verb.precision.is_none() {
        zeros += missing;
    } else {
        left = missing;
    }
    let (left, zeros, right) = (" ".repeat(left), "0".repeat(zeros), " ".repeat(right));
    Ok(format!("{left}{sign}{prefix}{zeros}{digits}{right}"))
}

fn float(verb: &Verb, number: &Number) -> String {
    let body = match verb.mode {
        'e' => exponential(number, verb.precision.unwrap_or(6)),
        'E' => exponential(number, verb.precision.unwrap_or(6)).to_uppercase(),
        'f' => {
            let precision = verb.precision.unwrap_or(6);
            let (digits, point) = number.exact_digits();
            let keep = usize::try_from(point + i64::try_from(precision).unwrap_or(0)).unwrap_or(0);
            let (digits, point) = round_digits(&digits, point, keep);
            fixed(&digits, point, Some(precision))
        }
        mode => {
            let text = match verb.precision {
                Some(precision) => general_unsigned(number, precision),
                None => shortest_unsigned(number),
            };
            if mode == 'G' { text.to_uppercase() } else { text }
        }
    };
    let sign = sign(verb, number.has_minus());
    let missing = verb.width.unwrap_or(0).saturating_sub(sign.len() + body.len());
    if verb.has('-') {
        format!("{sign}{body}{}", " ".repeat(missing))
    } else if verb.has('0') {
        format!("{sign}{}{body}", "0".repeat(missing))
    } else {
        format!("{}{sign}{body}", " ".repeat(missing))
    }
}
