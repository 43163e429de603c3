//! Functions of moments: RFC 3339 texts.

use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

use super::arguments::Function;
use super::arguments::Takes::String as Text;
use crate::config::language::fault::REFUSED;
use crate::config::language::number::Number;
use crate::config::language::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("formatdate", &[Text, Text], |args| {
        let moment = parse(args.text(1)?)?;
        format(args.text(0)?, moment).map(|text| Value::string(&text))
    }),
    Function::new("timeadd", &[Text, Text], |args| {
        let moment = parse(args.text(0)?)?;
        let later = moment.checked_add(duration(args.text(1)?)?);
        let later = later.ok_or_else(|| "the result is no moment that has a name".to_owned())?;
        format("YYYY-MM-DD'T'hh:mm:ssZ", later).map(|text| Value::string(&text))
    }),
    Function::new("timecmp", &[Text, Text], |args| {
        let order = parse(args.text(0)?)?.cmp(&parse(args.text(1)?)?);
        Ok(Number::integer(i64::from(order as i8)).into())
    }),
];

/// `2026-02-03T04:05:06Z`, with a fraction or an offset where one is.
fn parse(text: &str) -> Result<OffsetDateTime, String> {
    moment(text).ok_or_else(|| {
        format!("{text:?} is no moment; write it as `2026-02-03T04:05:06Z` or with an offset")
    })
}

fn moment(text: &str) -> Option<OffsetDateTime> {
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to)?;
        let all = digits.bytes().all(|c| c.is_ascii_digit());
        all.then(|| digits.parse::<u16>().ok()).flatten()
    };
    let small = |from, to| u8::try_from(number(from, to)?).ok();
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if separators.iter().any(|(at, c)| text.as_bytes().get(*at) != Some(c)) {
        return None;
    }
    let month = Month::try_from(small(5, 7)?).ok()?;
    let date = Date::from_calendar_date(i32::from(number(0, 4)?), month, small(8, 10)?).ok()?;
    let mut rest = text.get(19..)?;
    let mut nanoseconds = 0;
    if let Some(behind) = rest.strip_prefix('.') {
        let length = behind.bytes().take_while(u8::is_ascii_digit).count();
        let digits: String = behind[..length].chars().chain("000000000".chars()).take(9).collect();
        nanoseconds = (length > 0).then(|| digits.parse().ok()).flatten()?;
        rest = &behind[length..];
    }
    let time = Time::from_hms_nano(small(11, 13)?, small(14, 16)?, small(17, 19)?, nanoseconds);
    let offset = match rest.as_bytes() {
        b"Z" => UtcOffset::UTC,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let part = |from: usize, to: usize| {
                let digits = &rest[from..to];
                let all = digits.bytes().all(|c| c.is_ascii_digit());
                all.then(|| digits.parse::<i8>().ok()).flatten()
            };
            let (hours, minutes) = (part(1, 3)?, part(4, 6)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let sign = if *sign == b'-' { -1 } else { 1 };
            UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()?
        }
        _ => return None,
    };
    Some(PrimitiveDateTime::new(date, time.ok()?).assume_offset(offset))
}

/// A plain word of YAML as a moment, where it looks like one.
pub(super) fn yaml_moment(text: &str) -> Result<Option<String>, String> {
    let mut parts = text.splitn(3, '-');
    let digits = |part: Option<&str>, length: std::ops::RangeInclusive<usize>| {
        let part = part?;
        let all = length.contains(&part.len()) && part.bytes().all(|c| c.is_ascii_digit());
        all.then(|| part.to_owned())
    };
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let (Some(year), Some(month), Some(rest)) = (digits(year, 4..=4), digits(month, 1..=2), day)
    else {
        return Ok(None);
    };
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (day, time) = rest.split_at(length);
    if !(1..=2).contains(&length) || !(time.is_empty() || time.starts_with(['T', 't', ' '])) {
        return Ok(None);
    }
    let time = match time.strip_prefix(' ') {
        None if time.is_empty() => "T00:00:00Z".to_owned(),
        None => time.replacen('t', "T", 1),
        Some(time) => format!("T{time}Z"),
    };
    match moment(&format!("{year}-{month:0>2}-{day:0>2}{time}")) {
        Some(moment) => format("YYYY-MM-DD'T'hh:mm:ssZ", moment).map(Some),
        None => Err(format!("{text:?} looks like a moment and is none; put it in quotes{REFUSED}")),
    }
}

/// `1h30m`, `-1.5h`, `10ms`.
fn duration(text: &str) -> Result<Duration, String> {
    let mistake = || format!("{text:?} is no duration; write it as `24h` or `-1h30m`");
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err(mistake());
    }
    let mut nanoseconds: i128 = 0;
    while !rest.is_empty() {
        let length = rest.bytes().take_while(|c| c.is_ascii_digit() || *c == b'.').count();
        let (number, behind) = rest.split_at(length);
        let unit: String =
            behind.chars().take_while(|c| *c != '.' && !c.is_ascii_digit()).collect();
        let scale: i128 = match unit.as_str() {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return Err(mistake()),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
            return Err(mistake());
        }
        let digits = |text: &str| if text.is_empty() { Ok(0) } else { text.parse::<i128>() };
        let whole = digits(whole).map_err(|_| mistake())?;
        let kept = &fraction[..fraction.len().min(18)];
        let part = digits(kept).map_err(|_| mistake())? * scale
            / 10_i128.pow(u32::try_from(kept.len()).unwrap_or(0));
        let next = whole.checked_mul(scale).and_then(|whole| nanoseconds.checked_add(whole + part));
        nanoseconds = next.filter(|sum| *sum <= i128::from(i64::MAX)).ok_or_else(mistake)?;
        rest = &behind[unit.len()..];
    }
    let nanoseconds = i64::try_from(nanoseconds).map_err(|_| mistake())?;
    Ok(Duration::nanoseconds(if negative { -nanoseconds } else { nanoseconds }))
}

/// A moment in the words of a format.
fn format(format: &str, moment: OffsetDateTime) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        if c == '\'' {
            rest = quoted(&rest[1..], &mut out)?;
            continue;
        }
        if !c.is_ascii_alphabetic() {
            out.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let length = rest.chars().take_while(|other| *other == c).count();
        out.push_str(&verb(&rest[..length], moment)?);
        rest = &rest[length..];
    }
    Ok(out)
}

/// Writes what stands in quotes, where two quotes are one.
fn quoted<'a>(mut rest: &'a str, out: &mut String) -> Result<&'a str, String> {
    loop {
        let Some((literal, behind)) = rest.split_once('\'') else {
            return Err("a quote in the format has no end".to_owned());
        };
        out.push_str(literal);
        match behind.strip_prefix('\'') {
            Some(behind) => {
                out.push('\'');
                rest = behind;
            }
            None => return Ok(behind),
        }
    }
}

fn verb(verb: &str, moment: OffsetDateTime) -> Result<String, String> {
    let month = moment.month().to_string();
    let day = moment.weekday().to_string();
    let hour = moment.hour();
    let half = if hour.is_multiple_of(12) { 12 } else { hour % 12 };
    Ok(match verb {
        "YYYY" => format!("{:04}", moment.year()),
        "YY" => format!("{:02}", moment.year().rem_euclid(100)),
        "MMMM" => month,
        "MMM" => month.chars().take(3).collect(),
        "MM" => format!("{:02}", u8::from(moment.month())),
        "M" => u8::from(moment.month()).to_string(),
        "DD" => format!("{:02}", moment.day()),
        "D" => moment.day().to_string(),
        "EEEE" => day,
        "EEE" => day.chars().take(3).collect(),
        "hh" => format!("{hour:02}"),
        "h" => hour.to_string(),
        "HH" => format!("{half:02}"),
        "H" => half.to_string(),
        "AA" => if hour < 12 { "AM" } else { "PM" }.to_owned(),
        "aa" => if hour < 12 { "am" } else { "pm" }.to_owned(),
        "mm" => format!("{:02}", moment.minute()),
        "m" => moment.minute().to_string(),
        "ss" => format!("{:02}", moment.second()),
        "s" => moment.second().to_string(),
        "Z" if moment.offset().is_utc() => "Z".to_owned(),
        "ZZZ" if moment.offset().is_utc() => "UTC".to_owned(),
        "Z" | "ZZZZZ" => offset(moment, ":"),
        "ZZZ" | "ZZZZ" => offset(moment, ""),
        other => {
            return Err(format!(
                "the format has no `{other}`; put letters that stand for themselves in single quotes"
            ));
        }
    })
}

fn offset(moment: OffsetDateTime, separator: &str) -> String {
    let (hours, minutes, _) = moment.offset().as_hms();
    let sign = if moment.offset().is_negative() { '-' } else { '+' };
    format!("{sign}{:02}{separator}{:02}", hours.abs(), minutes.abs())
}
