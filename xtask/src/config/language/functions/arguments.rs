//! What functions take, and how they get at it.

use std::collections::BTreeMap;

use crate::config::language::convert::{convert, wanted};
use crate::config::language::files::Folder;
use crate::config::language::number::Number;
use crate::config::language::types::Type;
use crate::config::language::value::{Data, Value};

/// A function.
#[derive(Clone, Copy)]
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) takes: &'static [Takes],
    /// What all further arguments are, where there may be some.
    pub(super) rest: Option<Takes>,
    pub(super) marks: Marks,
    pub(super) body: fn(&Arguments) -> Result<Value, String>,
}

impl Function {
    /// A function whose result is as secret as anything in its arguments.
    pub(super) const fn new(
        name: &'static str,
        takes: &'static [Takes],
        body: fn(&Arguments) -> Result<Value, String>,
    ) -> Function {
        Function { name, takes, rest: None, marks: Marks::Deep, body }
    }

    pub(super) const fn rest(mut self, takes: Takes) -> Function {
        self.rest = Some(takes);
        self
    }

    /// The result holds the arguments' elements, each as secret as it was.
    pub(super) const fn shallow(mut self) -> Function {
        self.marks = Marks::Shallow;
        self
    }

    /// The function decides itself what is secret.
    pub(super) const fn own_marks(mut self) -> Function {
        self.marks = Marks::Own;
        self
    }

    /// How it is called.
    pub(super) fn signature(&self) -> String {
        let takes = self.takes.iter().chain(&self.rest).map(|takes| takes.word().to_owned());
        let dots = self.rest.map(|_| "…".to_owned());
        format!("{}({})", self.name, takes.chain(dots).collect::<Vec<_>>().join(", "))
    }
}

/// How a function treats secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marks {
    Deep,
    Shallow,
    Own,
}

/// What an argument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// Anything but null.
    Any,
    /// Anything, null too.
    Nullable,
    String,
    Number,
    List,
    Strings,
    Bools,
    Set,
    ListsByName,
}

impl Takes {
    fn of(self) -> Type {
        match self {
            Takes::Any | Takes::Nullable => Type::Any,
            Takes::String => Type::String,
            Takes::Number => Type::Number,
            Takes::List => Type::list(Type::Any),
            Takes::Strings => Type::list(Type::String),
            Takes::Bools => Type::list(Type::Bool),
            Takes::Set => Type::set(Type::Any),
            Takes::ListsByName => Type::map(Type::list(Type::String)),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Takes::Any | Takes::Nullable => "VALUE",
            Takes::String => "STRING",
            Takes::Number => "NUMBER",
            Takes::List | Takes::Strings | Takes::Bools => "LIST",
            Takes::Set => "SET",
            Takes::ListsByName => "MAP",
        }
    }

    /// The argument as the function takes it.
    pub(super) fn take(self, value: Value) -> Result<Value, String> {
        if value.is_null() && self != Takes::Nullable {
            return Err("it is null".to_owned());
        }
        let of = self.of();
        convert(value, &of).map_err(|why| match self {
            Takes::String | Takes::Number => format!("{} is required: {why}", wanted(&of)),
            _ => why,
        })
    }
}

/// The arguments of a call, each as the function's table says.
pub(super) struct Arguments<'a> {
    pub(super) values: Vec<Value>,
    pub(super) folder: &'a Folder,
}

impl Arguments<'_> {
    pub(super) fn any(&self, at: usize) -> Result<&Value, String> {
        self.values.get(at).ok_or_else(|| format!("argument {} is missing", at + 1))
    }

    pub(super) fn text(&self, at: usize) -> Result<&str, String> {
        match &self.any(at)?.data {
            Data::String(text) => Ok(text),
            _ => Err(format!("argument {} is not a string", at + 1)),
        }
    }

    pub(super) fn number(&self, at: usize) -> Result<&Number, String> {
        match &self.any(at)?.data {
            Data::Number(number) => Ok(number),
            _ => Err(format!("argument {} is not a number", at + 1)),
        }
    }

    /// A whole number.
    pub(super) fn integer(&self, at: usize) -> Result<i64, String> {
        let number = self.number(at)?;
        let whole = number.to_whole().ok_or_else(|| format!("{number} is not a whole number"))?;
        i64::try_from(whole).map_err(|_| format!("{number} is too large"))
    }

    /// The elements of a list, set or tuple.
    pub(super) fn elements(&self, at: usize) -> Result<&Vec<Value>, String> {
        let value = self.any(at)?;
        value.elements().ok_or_else(|| {
            format!("argument {} is {}, and a list is required", at + 1, wanted(&value.ty()))
        })
    }

    /// The entries of a map or object.
    pub(super) fn entries(&self, at: usize) -> Result<&BTreeMap<String, Value>, String> {
        let value = self.any(at)?;
        value.entries().ok_or_else(|| {
            format!("argument {} is {}, and a map is required", at + 1, wanted(&value.ty()))
        })
    }

    /// The texts of a list of strings.
    pub(super) fn texts(&self, at: usize) -> Result<Vec<&str>, String> {
        self.elements(at)?.iter().map(text_of).collect()
    }
}

/// The text of a value that is one.
pub(super) fn text_of(value: &Value) -> Result<&str, String> {
    match &value.data {
        Data::String(text) => Ok(text),
        Data::Null(_) => Err("an element is null".to_owned()),
        _ => Err("an element is not a string".to_owned()),
    }
}
