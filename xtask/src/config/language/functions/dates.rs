//! Functions of moments: RFC 3339 texts.

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
        let later = parse(args.text(0)?)?.after(duration(args.text(1)?)?);
        if !(0..=9999).contains(&later.date().0) {
            return Err(format!("the result is not a year of four digits{REFUSED}"));
        }
        format("YYYY-MM-DD'T'hh:mm:ssZ", later).map(|text| Value::string(&text))
    }),
    Function::new("timecmp", &[Text, Text], |args| {
        let (left, right) = (parse(args.text(0)?)?, parse(args.text(1)?)?);
        let order = left.instant().cmp(&right.instant());
        Ok(Number::integer(i64::from(order as i8)).into())
    }),
];

/// `2026-02-03T04:05:06Z`, with a fraction or an offset where one is.
fn parse(text: &str) -> Result<Moment, String> {
    moment(text)
        .ok_or_else(|| format!("{text:?} is not a timestamp, such as `2026-02-03T04:05:06Z`"))
}

fn moment(text: &str) -> Option<Moment> {
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to)?;
        let all = digits.bytes().all(|c| c.is_ascii_digit());
        all.then(|| digits.parse::<i64>().ok()).flatten()
    };
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if separators.iter().any(|(at, c)| text.as_bytes().get(*at) != Some(c)) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let days = days(year, month, day);
    let exists = (1..=12).contains(&month) && day > 0 && civil(days) == (year, month, day);
    if !exists || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut rest = text.get(19..)?;
    let mut nanoseconds = 0;
    if let Some(behind) = rest.strip_prefix('.') {
        let length = behind.bytes().take_while(u8::is_ascii_digit).count();
        let digits: String = behind[..length].chars().chain("000000000".chars()).take(9).collect();
        nanoseconds = (length > 0).then(|| digits.parse().ok()).flatten()?;
        rest = &behind[length..];
    }
    let offset = match rest.as_bytes() {
        b"Z" => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let start = text.len() - rest.len();
            let (hours, minutes) = (number(start + 1, start + 3)?, number(start + 4, start + 6)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let seconds = hours * 3600 + minutes * 60;
            if *sign == b'-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    let seconds = days * DAY + hour * 3600 + minute * 60 + second - offset;
    Some(Moment { seconds, nanoseconds, offset })
}

/// The seconds of a day.
const DAY: i64 = 86_400;

/// A moment, and the offset from UTC that it was written with.
#[derive(Debug, Clone, Copy)]
struct Moment {
    /// Since the beginning of 1970, in UTC.
    seconds: i64,
    nanoseconds: i64,
    offset: i64,
}

impl Moment {
    fn after(self, nanoseconds: i128) -> Moment {
        let all = i128::from(self.nanoseconds) + nanoseconds;
        let (seconds, rest) = (all.div_euclid(1_000_000_000), all.rem_euclid(1_000_000_000));
        Moment {
            seconds: self.seconds.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX)),
            nanoseconds: i64::try_from(rest).unwrap_or(0),
            offset: self.offset,
        }
    }

    /// What it is wherever it was written.
    fn instant(self) -> (i64, i64) {
        (self.seconds, self.nanoseconds)
    }

    /// Seconds since 1970 on a clock at its offset.
    fn local(self) -> i64 {
        self.seconds.saturating_add(self.offset)
    }

    /// Year, month and day at its offset.
    fn date(self) -> (i64, i64, i64) {
        civil(self.local().div_euclid(DAY))
    }
}

/// Days since the beginning of 1970. Years are counted from March, so that the leap day
/// is the last of its year, and in eras of 400 years, which all have 146,097 days.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a day since the beginning of 1970.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
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
        // There is no such day.
        None if rest.len() == length => Ok(None),
        None => Err(format!(
            "{text:?} looks like a timestamp and is none (in quotes it is a string){REFUSED}"
        )),
    }
}

/// `1h30m`, `-1.5h`, `10ms`, in nanoseconds.
fn duration(text: &str) -> Result<i128, String> {
    let mistake = || format!("{text:?} is not a duration, such as `24h` or `-1h30m`");
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
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
    Ok(if negative { -nanoseconds } else { nanoseconds })
}

/// A moment in the words of a format.
fn format(format: &str, moment: Moment) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        if let Some(behind) = rest.strip_prefix("''") {
            out.push('\'');
            rest = behind;
            continue;
        }
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

/// Writes what stands in quotes, where two quotes are one. Two at the end of the format
/// end what is quoted, too.
fn quoted<'a>(mut rest: &'a str, out: &mut String) -> Result<&'a str, String> {
    loop {
        let Some((literal, behind)) = rest.split_once('\'') else {
            return Err("a quote in the format has no end".to_owned());
        };
        out.push_str(literal);
        match behind.strip_prefix('\'') {
            Some(behind) => {
                out.push('\'');
                if behind.is_empty() {
                    return Ok(behind);
                }
                rest = behind;
            }
            None => return Ok(behind),
        }
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The days of a week from the first of 1970 on.
const WEEKDAYS: [&str; 7] =
    ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];

fn verb(verb: &str, moment: Moment) -> Result<String, String> {
    let name = |names: &[&'static str], at: i64| {
        usize::try_from(at).ok().and_then(|at| names.get(at)).copied().unwrap_or_default()
    };
    let (year, month, day) = moment.date();
    let local = moment.local();
    let (month_name, weekday) =
        (name(&MONTHS, month - 1), name(&WEEKDAYS, local.div_euclid(DAY).rem_euclid(7)));
    let second = local.rem_euclid(DAY);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let half = if hour % 12 == 0 { 12 } else { hour % 12 };
    let utc = moment.offset == 0;
    Ok(match verb {
        "YYYY" => format!("{year:04}"),
        "YY" => format!("{:02}", year.rem_euclid(100)),
        "MMMM" => month_name.to_owned(),
        "MMM" => month_name.chars().take(3).collect(),
        "MM" => format!("{month:02}"),
        "M" => month.to_string(),
        "DD" => format!("{day:02}"),
        "D" => day.to_string(),
        "EEEE" => weekday.to_owned(),
        "EEE" => weekday.chars().take(3).collect(),
        "hh" => format!("{hour:02}"),
        "h" => hour.to_string(),
        "HH" => format!("{half:02}"),
        "H" => half.to_string(),
        "AA" => if hour < 12 { "AM" } else { "PM" }.to_owned(),
        "aa" => if hour < 12 { "am" } else { "pm" }.to_owned(),
        "mm" => format!("{minute:02}"),
        "m" => minute.to_string(),
        "ss" => format!("{second:02}"),
        "s" => second.to_string(),
        "Z" if utc => "Z".to_owned(),
        "ZZZ" if utc => "UTC".to_owned(),
        "Z" | "ZZZZZ" => offset(moment, ":"),
        "ZZZ" | "ZZZZ" => offset(moment, ""),
        other => {
            return Err(format!(
                "a format has no `{other}` (letters in single quotes stand for themselves)"
            ));
        }
    })
}

fn offset(moment: Moment, separator: &str) -> String {
    let sign = if moment.offset < 0 { '-' } else { '+' };
    let minutes = moment.offset.abs() / 60;
    format!("{sign}{:02}{separator}{:02}", minutes / 60, minutes % 60)
}
