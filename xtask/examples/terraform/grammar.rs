//! Made-up expressions: mostly right ones, with a wrong kind of value now and then.

use fastrand::Rng;

use crate::yaml::document;

/// The kinds of value that an expression is made to yield.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Text,
    Truth,
    List,
    Map,
}

const KINDS: [Kind; 5] = [Kind::Number, Kind::Text, Kind::Truth, Kind::List, Kind::Map];

/// Calls by what they yield; `N`, `S`, `B`, `L`, `M`, `Y` for YAML, and `A`
/// for any kind stand for arguments.
const CALLS: &[(Kind, &[&str])] = &[
    (
        Kind::Number,
        &[
            "abs(N)",
            "ceil(N)",
            "floor(N)",
            "max(N, N)",
            "min(N, N, N)",
            "signum(floor(N))",
            "sum([N, N])",
            "length(L)",
            "length(S)",
            "length(M)",
            "parseint(S, 16)",
            "parseint(\"7f\", 16)",
            "tonumber(S)",
            "tonumber(\"1.5\")",
            "element([N, N], N)",
            "index([A, A], A)",
            "try(N, 1)",
            "coalesce(N, N)",
            "pow(floor(N), 2)",
            "one([N])",
            "lookup({ a = N }, S, N)",
            "timecmp(\"2020-01-01T00:00:00Z\", \"2021-01-01T00:00:00Z\")",
        ],
    ),
    (
        Kind::Text,
        &[
            "upper(S)",
            "lower(S)",
            "title(S)",
            "trim(S, S)",
            "trimprefix(S, S)",
            "trimsuffix(S, S)",
            "trimspace(S)",
            "chomp(S)",
            "strrev(S)",
            "substr(S, N, N)",
            "substr(S, 1, 2)",
            "replace(S, S, S)",
            "replace(S, \"/[a-b]+/\", \"<$0>\")",
            "join(S, L)",
            "join(\"-\", [S, N, B])",
            "format(\"%s|%v\", S, A)",
            "format(\"%d\", floor(N))",
            "format(\"%05.2f\", N)",
            "format(\"%v\", N)",
            "format(\"%g\", N)",
            "format(\"%e\", N)",
            "format(\"%q\", S)",
            "format(\"%-6s|\", S)",
            "format(\"%x\", floor(N))",
            "format(\"%#v\", A)",
            "indent(2, S)",
            "jsonencode(A)",
            "yamlencode(A)",
            "jsonencode(yamldecode(Y))",
            "yamlencode(yamldecode(Y))",
            "base64encode(S)",
            "base64decode(base64encode(S))",
            "urlencode(S)",
            "md5(S)",
            "sha1(S)",
            "sha256(S)",
            "sha512(S)",
            "base64sha256(S)",
            "tostring(N)",
            "tostring(B)",
            "tostring(S)",
            "coalesce(S, S)",
            "try(S, \"t\")",
            "regex(\"[a-z]+\", S)",
            "element([S, S], N)",
            "basename(S)",
            "dirname(S)",
            "uuidv5(\"dns\", S)",
            "formatdate(\"EEEE D MMMM YYYY HH:mm aa\", \"2024-02-29T13:05:09+01:00\")",
            "timeadd(\"2024-02-28T23:00:00Z\", \"90m\")",
            "cidrsubnet(\"10.0.0.0/8\", 8, floor(N))",
            "cidrhost(\"10.0.0.0/24\", floor(N))",
            "textencodebase64(S, \"UTF-16LE\")",
            "lookup({ a = S }, S, S)",
            "one([S])",
        ],
    ),
    (
        Kind::Truth,
        &[
            "alltrue([B, B])",
            "anytrue([B, B])",
            "contains(L, A)",
            "contains([A, A], A)",
            "startswith(S, S)",
            "endswith(S, S)",
            "strcontains(S, S)",
            "can(A)",
            "can(tonumber(S))",
            "tobool(S)",
            "tobool(\"true\")",
            "try(B, false)",
            "issensitive(A)",
        ],
    ),
    (
        Kind::List,
        &[
            "concat(L, L)",
            "distinct(L)",
            "flatten([L, A, L])",
            "flatten(L)",
            "reverse(L)",
            "slice(L, 0, N)",
            "slice([A, A, A], 1, 2)",
            "sort(L)",
            "sort([S, S, N])",
            "split(S, S)",
            "split(\",\", S)",
            "compact(L)",
            "compact([S, \"\", S])",
            "chunklist(L, 2)",
            "keys(M)",
            "values(M)",
            "tolist(L)",
            "tolist(toset(L))",
            "toset(L)",
            "toset([A, A])",
            "toset([S, S, S])",
            "toset([N, N])",
            "setunion(L, L)",
            "setintersection(L, L)",
            "setsubtract(L, L)",
            "setproduct(L, L)",
            "range(N)",
            "range(1, floor(N))",
            "range(0, 4, 0.5)",
            "regexall(\"[a-z]\", S)",
            "regexall(\"(.)(.)\", S)",
            "formatlist(\"%s-%v\", L, A)",
            "coalescelist(L, L)",
            "matchkeys([A, A], [S, S], [S])",
            "try(L, [])",
            "jsondecode(jsonencode(L))",
            "yamldecode(yamlencode(L))",
            "csvdecode(\"a,b\\n1,2\")",
            "cidrsubnets(\"10.0.0.0/16\", 4, 8)",
            "L[*]",
            "[A, A][*]",
            "[{ a = A }, { a = A }][*].a",
        ],
    ),
    (
        Kind::Map,
        &[
            "merge(M, M)",
            "merge(M, { (S) = A })",
            "zipmap([S, S], [A, A])",
            "zipmap([\"a\", \"b\"], L)",
            "tomap(M)",
            "tomap({ a = A, b = A })",
            "transpose({ a = [S], b = [S, S] })",
            "try(M, {})",
            "jsondecode(jsonencode(M))",
            "yamldecode(yamlencode(M))",
            "regex(\"(?P<x>.)(?P<y>.?)\", S)",
        ],
    ),
];

const TEXTS: [&str; 18] = [
    "", "a", "b", "ab", "abc", "A b", "1", "1.5", "-2", "true", "x,y", "é", "a-b_c", "/a/b", " x ",
    "\\n", "a\\nb", "<&>",
];

const NUMBERS: [&str; 14] = [
    "0",
    "1",
    "2",
    "3",
    "-1",
    "1.5",
    "0.1",
    "2.25",
    "10",
    "100",
    "1e3",
    "1000000",
    "9007199254740993",
    "-0.5",
];

/// An expression of a kind, nested at most so deep.
pub(crate) fn expression(random: &mut Rng, kind: Kind, depth: usize) -> String {
    if random.u8(..) < 12 {
        return any(random, depth);
    }
    if depth == 0 || random.u8(..) < 50 {
        return leaf(random, kind);
    }
    let depth = depth - 1;
    match random.u8(..100) {
        0..55 => call(random, kind, depth),
        55..65 => format!(
            "({} ? {} : {})",
            expression(random, Kind::Truth, depth),
            expression(random, kind, depth),
            expression(random, kind, depth)
        ),
        65..70 => format!(
            "[{}, {}][{}]",
            expression(random, kind, depth),
            any(random, depth),
            random.u8(..2)
        ),
        70..74 => format!("{{ k = {} }}.k", expression(random, kind, depth)),
        _ => composed(random, kind, depth),
    }
}

/// An expression of any kind, or null.
pub(crate) fn any(random: &mut Rng, depth: usize) -> String {
    if random.u8(..) < 16 {
        return "null".to_owned();
    }
    let kind = KINDS[random.usize(..KINDS.len())];
    expression(random, kind, depth)
}

fn leaf(random: &mut Rng, kind: Kind) -> String {
    match kind {
        Kind::Number => NUMBERS[random.usize(..NUMBERS.len())].to_owned(),
        Kind::Text => format!("\"{}\"", TEXTS[random.usize(..TEXTS.len())]),
        Kind::Truth => random.bool().to_string(),
        Kind::List => [
            "[]",
            "[1, 2]",
            "[\"a\", \"b\"]",
            "[1, \"a\"]",
            "[\"b\", \"a\", \"b\"]",
            "[true]",
            "[[1], [2, 3]]",
        ][random.usize(..7)]
        .to_owned(),
        Kind::Map => [
            "{}",
            "{ a = 1 }",
            "{ a = 1, b = \"x\" }",
            "{ b = [1], a = {} }",
            "{ a = \"x\", c = \"y\" }",
        ][random.usize(..5)]
        .to_owned(),
    }
}

fn call(random: &mut Rng, kind: Kind, depth: usize) -> String {
    let forms = CALLS.iter().find(|(of, _)| *of == kind).map_or(&[][..], |(_, forms)| forms);
    let form = forms[random.usize(..forms.len())];
    let mut out = String::new();
    let mut quoted = false;
    let letters: Vec<char> = form.chars().collect();
    for (at, c) in letters.iter().copied().enumerate() {
        quoted ^= c == '"';
        let alone = |at: Option<&char>| at.is_none_or(|c| !c.is_alphanumeric() && *c != '_');
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let argument = match c {
            _ if quoted || !alone(before) || !alone(letters.get(at + 1)) => None,
            'N' => Some(expression(random, Kind::Number, depth)),
            'S' => Some(expression(random, Kind::Text, depth)),
            'B' => Some(expression(random, Kind::Truth, depth)),
            'L' => Some(expression(random, Kind::List, depth)),
            'M' => Some(expression(random, Kind::Map, depth)),
            'A' => Some(any(random, depth)),
            'Y' => Some(document(random)),
            _ => None,
        };
        match argument {
            Some(argument) => out.push_str(&argument),
            None => out.push(c),
        }
    }
    out
}

/// Operators, templates, literals and `for`s.
fn composed(random: &mut Rng, kind: Kind, depth: usize) -> String {
    let number = |random: &mut Rng| expression(random, Kind::Number, depth);
    match kind {
        Kind::Number => {
            let operator = ["+", "-", "*", "/", "%"][random.usize(..5)];
            format!("({} {operator} {})", number(random), number(random))
        }
        Kind::Truth => truth(random, depth),
        Kind::Text => match random.u8(..4) {
            0 => format!("\"x${{{}}}y\"", any(random, depth)),
            1 => format!(
                "\"a %{{~ if {} ~}} ${{{}}} %{{ else }} n %{{~ endif }}\"",
                expression(random, Kind::Truth, depth),
                any(random, depth)
            ),
            2 => format!(
                "\"%{{ for v in {} }}${{v}},%{{ endfor }}\"",
                expression(random, Kind::List, depth)
            ),
            _ => format!("\"${{{}}}-${{{}}}\"", any(random, depth), any(random, depth)),
        },
        Kind::List => match random.u8(..4) {
            0 => format!("[{}, {}]", any(random, depth), any(random, depth)),
            1 => format!(
                "[for v in {} : {}]",
                expression(random, Kind::List, depth),
                within(random, depth)
            ),
            2 => format!("[for k, v in {} : [k, v]]", expression(random, Kind::Map, depth)),
            _ => format!(
                "[for v in {} : v if {}]",
                expression(random, Kind::List, depth),
                expression(random, Kind::Truth, depth)
            ),
        },
        Kind::Map => match random.u8(..4) {
            0 => format!("{{ a = {}, b = {} }}", any(random, depth), any(random, depth)),
            1 => format!("{{ (\"k${{{}}}\") = {} }}", any(random, depth), any(random, depth)),
            2 => format!(
                "{{ for v in {} : \"${{v}}\" => {}... }}",
                expression(random, Kind::List, depth),
                within(random, depth)
            ),
            _ => format!(
                "{{ for k, v in {} : k => {} }}",
                expression(random, Kind::Map, depth),
                within(random, depth)
            ),
        },
    }
}

fn truth(random: &mut Rng, depth: usize) -> String {
    let number = |random: &mut Rng| expression(random, Kind::Number, depth);
    match random.u8(..3) {
        0 => {
            let operator = ["<", "<=", ">", ">="][random.usize(..4)];
            format!("({} {operator} {})", number(random), number(random))
        }
        1 => {
            let operator = ["==", "!="][random.usize(..2)];
            format!("({} {operator} {})", any(random, depth), any(random, depth))
        }
        _ => {
            let operator = ["&&", "||"][random.usize(..2)];
            let left = expression(random, Kind::Truth, depth);
            format!("({left} {operator} !{})", expression(random, Kind::Truth, depth))
        }
    }
}

/// What is made of a bound `v`.
fn within(random: &mut Rng, depth: usize) -> String {
    match random.u8(..4) {
        0 => "v".to_owned(),
        1 => "jsonencode(v)".to_owned(),
        2 => format!("[v, {}]", any(random, depth)),
        _ => "\"${v}\"".to_owned(),
    }
}
