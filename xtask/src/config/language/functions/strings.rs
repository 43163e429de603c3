//! Functions of texts.

use super::arguments::Takes::{Any, Nullable, Number, String as Text, Strings};
use super::arguments::{Arguments, Function, text_of};
use crate::config::language::format;
use crate::config::language::text::{graphemes, lower, title, upper};
use crate::config::language::value::{Data, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("chomp", &[Text], |args| {
        Ok(Value::string(args.text(0)?.trim_end_matches(['\r', '\n'])))
    }),
    Function::new("endswith", &[Text, Text], |args| {
        Ok(args.text(0)?.ends_with(args.text(1)?).into())
    }),
    Function::new("format", &[Text], |args| {
        let values: Vec<&Value> = args.values.iter().skip(1).collect();
        format::format(args.text(0)?, &values).map(|text| Value::string(&text))
    })
    .rest(Nullable),
    Function::new("formatlist", &[Text], format_list).rest(Nullable),
    Function::new("indent", &[Number, Text], |args| {
        let spaces = usize::try_from(args.integer(0)?)
            .map_err(|_| "the number of spaces is negative".to_owned())?;
        if spaces > 4096 {
            return Err(format!(
                "more than 4096 spaces{}",
                crate::config::language::fault::REFUSED
            ));
        }
        let pad = format!("\n{}", " ".repeat(spaces));
        Ok(Value::string(&args.text(1)?.replace('\n', &pad)))
    }),
    Function::new("join", &[Text], join).rest(Strings),
    Function::new("lower", &[Text], |args| lower(args.text(0)?).map(|text| Value::string(&text))),
    Function::new("split", &[Text, Text], |args| {
        let (separator, text) = (args.text(0)?, args.text(1)?);
        if separator.is_empty() {
            return Ok(Value::strings(text.chars().map(String::from)));
        }
        Ok(Value::strings(text.split(separator)))
    }),
    Function::new("startswith", &[Text, Text], |args| {
        Ok(args.text(0)?.starts_with(args.text(1)?).into())
    }),
    Function::new("strcontains", &[Text, Text], |args| {
        Ok(args.text(0)?.contains(args.text(1)?).into())
    }),
    Function::new("strrev", &[Text], |args| {
        let reversed: String = graphemes(args.text(0)?).into_iter().rev().collect();
        Ok(Value::string(&reversed))
    }),
    Function::new("substr", &[Text, Number, Number], substring),
    Function::new("title", &[Text], |args| title(args.text(0)?).map(|text| Value::string(&text))),
    Function::new("trim", &[Text, Text], |args| {
        let unwanted = args.text(1)?;
        Ok(Value::string(args.text(0)?.trim_matches(|c| unwanted.contains(c))))
    }),
    Function::new("trimprefix", &[Text, Text], |args| {
        let text = args.text(0)?;
        Ok(Value::string(text.strip_prefix(args.text(1)?).unwrap_or(text)))
    }),
    Function::new("trimspace", &[Text], |args| Ok(Value::string(args.text(0)?.trim()))),
    Function::new("trimsuffix", &[Text, Text], |args| {
        let text = args.text(0)?;
        Ok(Value::string(text.strip_suffix(args.text(1)?).unwrap_or(text)))
    }),
    Function::new("upper", &[Text], |args| upper(args.text(0)?).map(|text| Value::string(&text))),
    Function::new("sort", &[Strings], |args| {
        let mut texts = args.texts(0)?;
        texts.sort_unstable();
        Ok(Value::strings(texts))
    }),
    Function::new("compact", &[Strings], |args| {
        let kept = args.elements(0)?.iter().filter_map(|value| text_of(value).ok());
        Ok(Value::strings(kept.filter(|text| !text.is_empty())))
    }),
    Function::new("length", &[Any], length).shallow(),
];

fn join(args: &Arguments) -> Result<Value, String> {
    if args.values.len() < 2 {
        return Err("a separator and at least one list are required".to_owned());
    }
    let mut parts = Vec::new();
    for at in 1..args.values.len() {
        parts.extend(args.texts(at)?);
    }
    Ok(Value::string(&parts.join(args.text(0)?)))
}

/// One text for each element of the lists among the arguments.
fn format_list(args: &Arguments) -> Result<Value, String> {
    let pattern = args.text(0)?;
    let values: Vec<&Value> = args.values.iter().skip(1).collect();
    format::refuse_untyped_null(&values)?;
    let lengths: Vec<usize> =
        values.iter().filter_map(|value| value.elements().map(Vec::len)).collect();
    let length = lengths.first().copied().unwrap_or(1);
    if lengths.iter().any(|other| *other != length) {
        return Err("the lists differ in length".to_owned());
    }
    let mut texts = Vec::with_capacity(length);
    for at in 0..length {
        let row: Vec<&Value> = values
            .iter()
            .map(|value| value.elements().and_then(|all| all.get(at)).unwrap_or(value))
            .collect();
        texts.push(format::format(pattern, &row)?);
    }
    Ok(Value::strings(texts))
}

/// Letters from an offset, which counts from the end where it is negative; a negative
/// length takes all that is left.
fn substring(args: &Arguments) -> Result<Value, String> {
    let letters = graphemes(args.text(0)?);
    let (offset, length) = (args.integer(1)?, args.integer(2)?);
    let count = i64::try_from(letters.len()).unwrap_or(i64::MAX);
    let from_end = offset < 0;
    if length == 0 && !from_end {
        return Ok(Value::string(""));
    }
    let start = if from_end { (count + offset).max(0) } else { offset };
    let rest = letters.iter().skip(usize::try_from(start).unwrap_or(usize::MAX));
    // From the end, no letters at all means all of them: Terraform counts up to zero
    // and never meets it.
    let length =
        if length <= 0 { usize::MAX } else { usize::try_from(length).unwrap_or(usize::MAX) };
    let part: String = rest.take(length).copied().collect();
    Ok(Value::string(&part))
}

fn length(args: &Arguments) -> Result<Value, String> {
    let value = args.any(0)?;
    let count = match (&value.data, value.elements(), value.entries()) {
        (Data::String(text), _, _) => graphemes(text).len(),
        (_, Some(values), _) => values.len(),
        (_, _, Some(values)) => values.len(),
        _ => return Err("numbers and bools have no length".to_owned()),
    };
    Ok(crate::config::language::number::Number::count(count).into())
}
