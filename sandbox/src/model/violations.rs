//! Every way to break an operation's input: each required member missing, each pattern, enum,
//! length, size, range and type violated, wherever it stands in the input.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use serde_json::{Map, Value, json};

use super::table::{Kind, Member, Model, Operation, Shape};

/// A value that breaks one constraint, in a value that is right elsewhere.
pub(crate) struct Broken {
    pub(crate) value: Value,
    /// What is complained of, as part of the sentence that AWS's validator makes.
    pub(crate) complaint: String,
}

/// An input, as a request carries it.
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) body: Value,
    pub(crate) complaint: String,
}

/// Values of all patterns of the model, of which the first that fits is taken.
const RIGHT: [&str; 14] = [
    "10.0.0.1",
    "2600:1f13::1",
    "/data",
    "755",
    "eu-west-1",
    "fs-01234567",
    "fsap-01234567",
    "fsmt-01234567",
    "subnet-01234567",
    "sg-01234567",
    "alias/key",
    "arn:aws:iam::111122223333:role/efs",
    "key",
    "value-that-is-long",
];

/// Texts of which some break any pattern, one as long as any length that a pattern comes with.
const WRONG: [&str; 5] = ["\n", "\n\n\n", "<no such value>", "*", "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"];

impl Model {
    /// An input of an operation that breaks nothing.
    pub(crate) fn right(&self, operation: &Operation) -> Request {
        let value = operation.input.as_ref().map_or(json!({}), |shape| self.right_value(shape));
        self.request(operation, value, String::new())
    }

    /// Every input of an operation that breaks one constraint.
    pub(crate) fn wrong(&self, operation: &Operation) -> Vec<Request> {
        let Some(input) = &operation.input else { return Vec::new() };
        let broken = self.broken(input, "", true).into_iter();
        broken.map(|broken| self.request(operation, broken.value, broken.complaint)).collect()
    }

    /// A value of a shape with all its members.
    fn right_value(&self, shape: &str) -> Value {
        let found = &self.shapes[shape];
        match found.kind {
            Kind::Structure => {
                let members = found.members.iter();
                members
                    .map(|(name, member)| (name.clone(), self.right_value(&member.shape)))
                    .collect()
            }
            Kind::List => json!([self.right_value(found.member.as_deref().unwrap())]),
            Kind::String => json!(right_text(shape, found)),
            Kind::Boolean => json!(true),
            Kind::Integer | Kind::Long => json!(1),
            Kind::Float | Kind::Double | Kind::Timestamp => json!(1.0),
        }
    }

    /// Every way to break a value of a shape. Of the input itself, what is in the path cannot be
    /// missing: it would be another path.
    fn broken(&self, shape: &str, at: &str, is_input: bool) -> Vec<Broken> {
        let found = &self.shapes[shape];
        let right = self.right_value(shape);
        let constraint = |value: Value, constraint: &str| Broken {
            value,
            complaint: format!("at '{at}' failed to satisfy constraint: Member must {constraint}"),
        };
        match found.kind {
            Kind::Structure => self.broken_members(found, &right, at, is_input),
            Kind::List => {
                let member = found.member.as_deref().unwrap();
                let item = self.right_value(member);
                let of_size = |size: usize| Value::from(vec![item.clone(); size]);
                let mut all: Vec<Broken> = sizes(found, "length")
                    .map(|(size, words)| constraint(of_size(size), &words))
                    .collect();
                let items = self.broken(member, &format!("{at}.1.member"), false).into_iter();
                all.extend(items.map(|one| Broken { value: json!([one.value]), ..one }));
                all
            }
            Kind::String => {
                let mut all: Vec<Broken> = sizes(found, "length")
                    .map(|(size, words)| constraint(json!("a".repeat(size)), &words))
                    .collect();
                if let Some(pattern) = &found.pattern {
                    let wrong = WRONG.into_iter().find(|text| !pattern.admits(text)).unwrap_or("");
                    // One pattern of the model admits every text but the empty one.
                    if !wrong.is_empty() {
                        let words = format!("satisfy regular expression pattern: {}", pattern.text);
                        all.push(constraint(json!(wrong), &words));
                    }
                }
                if !found.values.is_empty() {
                    let words = format!("satisfy enum value set: [{}]", found.values.join(", "));
                    all.push(constraint(json!("nothing-of-it"), &words));
                }
                all
            }
            Kind::Boolean => Vec::new(),
            _ => sizes(found, "value")
                .map(|(number, words)| constraint(json!(number), &words))
                .chain(found.min.filter(|min| *min <= 0.0).map(|min| {
                    let words = format!("have value greater than or equal to {min}");
                    constraint(json!(-1), &words)
                }))
                .collect(),
        }
    }

    fn broken_members(
        &self,
        found: &Shape,
        right: &Value,
        at: &str,
        is_input: bool,
    ) -> Vec<Broken> {
        let with = |name: &str, value: Value| {
            let mut members = right.clone();
            members[name] = value;
            members
        };
        let mut all = Vec::new();
        for (name, member) in &found.members {
            let at = below(at, name);
            let location = member.location.as_deref().filter(|_| is_input);
            if found.required.contains(name) && location != Some("uri") {
                let mut value = right.clone();
                value.as_object_mut().unwrap().remove(name);
                let complaint = format!(
                    "Value null at '{at}' failed to satisfy constraint: Member must not be null"
                );
                all.push(Broken { value, complaint });
            }
            for one in self.broken(&member.shape, &at, false) {
                // A segment of a path is not empty, and in a query no items are no list.
                let cannot_be_sent = match location {
                    Some("uri") => one.value == json!(""),
                    Some(_) => one.value == json!([]),
                    None => false,
                };
                if !cannot_be_sent {
                    all.push(Broken { value: with(name, one.value), ..one });
                }
            }
            all.extend(self.of_another_type(member, location).map(|(value, complaint)| Broken {
                value: with(name, value),
                complaint: complaint.replace("{at}", &at).replace("{name}", name),
            }));
        }
        all
    }

    /// A value of another type than a member has: in a body anything, in a query a text where a
    /// number is read.
    fn of_another_type(&self, member: &Member, location: Option<&str>) -> Option<(Value, String)> {
        let kind = self.shapes[&member.shape].kind;
        match location {
            Some("querystring") if matches!(kind, Kind::Integer | Kind::Long) => {
                Some((json!("many"), "{name}: 'many' is not a number".to_owned()))
            }
            Some(_) => None,
            None if kind == Kind::Structure => {
                Some((json!("x"), format!("{{at}}: the string 'x' cannot be converted to {kind}")))
            }
            None => Some((json!({}), format!("{{at}}: a structure cannot be converted to {kind}"))),
        }
    }

    /// The request that carries an input.
    fn request(&self, operation: &Operation, input: Value, complaint: String) -> Request {
        let mut path = operation.path.clone();
        let mut query = form_urlencoded::Serializer::new(String::new());
        let mut body = Map::new();
        let shape = operation.input.as_ref().map(|name| &self.shapes[name]);
        for (name, member) in shape.iter().flat_map(|shape| &shape.members) {
            let Some(value) = input.get(name) else { continue };
            let place = member.name.as_deref().unwrap_or(name);
            match member.location.as_deref() {
                Some("uri") => path = path.replace(&format!("{{{place}}}"), &encoded(value)),
                Some(_) => {
                    let one = std::slice::from_ref(value);
                    for text in value.as_array().map_or(one, Vec::as_slice) {
                        query.append_pair(place, &plain(text));
                    }
                }
                None => {
                    body.insert(name.clone(), value.clone());
                }
            }
        }
        let query = query.finish();
        let path = if query.is_empty() { path } else { format!("{path}?{query}") };
        let body = if body.is_empty() { Value::Null } else { Value::Object(body) };
        Request { path, body, complaint }
    }
}

/// The sizes just below the least and above the greatest one, and what is said of them. A least
/// one of nothing cannot be missed.
fn sizes(shape: &Shape, what: &str) -> impl Iterator<Item = (usize, String)> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and whole")]
    let whole = |bound: f64| bound as usize;
    let below = shape
        .min
        .filter(|min| *min >= 1.0)
        .map(move |min| (whole(min) - 1, format!("have {what} greater than or equal to {min}")));
    let above = shape
        .max
        .map(move |max| (whole(max) + 1, format!("have {what} less than or equal to {max}")));
    below.into_iter().chain(above)
}

fn right_text(name: &str, shape: &Shape) -> String {
    if let Some(value) = shape.values.first() {
        return value.clone();
    }
    let fits = |text: &&str| {
        #[expect(clippy::cast_precision_loss, reason = "short")]
        let length = text.chars().count() as f64;
        shape.pattern.as_ref().is_none_or(|pattern| pattern.admits(text))
            && shape.min.is_none_or(|min| length >= min)
            && shape.max.is_none_or(|max| length <= max)
    };
    let found = RIGHT.into_iter().find(fits);
    found.unwrap_or_else(|| panic!("add a text that {name} admits to `RIGHT`")).to_owned()
}

fn below(at: &str, name: &str) -> String {
    let small = name[..1].to_lowercase() + &name[1..];
    if at.is_empty() { small } else { format!("{at}.{small}") }
}

/// A value as text, in a query.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value as one segment of a path.
fn encoded(value: &Value) -> String {
    let all = percent_encoding::NON_ALPHANUMERIC;
    percent_encoding::utf8_percent_encode(&plain(value), all).to_string()
}
