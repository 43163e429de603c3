//! Functions of files below the deployment's own folder, and of paths.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::arguments::Function;
use super::arguments::Takes::String as Text;
use super::hashes::{base64_of, hex_of};
use crate::config::language::files;
use crate::config::language::types::Type;
use crate::config::language::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("abspath", &[Text], |args| {
        args.folder.absolute(args.text(0)?).map(|path| Value::string(&path))
    }),
    Function::new("basename", &[Text], |args| Ok(Value::string(&files::base(args.text(0)?)))),
    Function::new("dirname", &[Text], |args| Ok(Value::string(&files::directory(args.text(0)?)))),
    Function::new("file", &[Text], |args| {
        args.folder.read(args.text(0)?).map(|text| Value::string(&text))
    }),
    Function::new("filebase64", &[Text], |args| {
        args.folder.bytes(args.text(0)?).map(|bytes| Value::string(&STANDARD.encode(bytes)))
    }),
    Function::new("filebase64sha256", &[Text], |args| {
        args.folder.bytes(args.text(0)?).map(|bytes| base64_of::<Sha256>(&bytes))
    }),
    Function::new("filebase64sha512", &[Text], |args| {
        args.folder.bytes(args.text(0)?).map(|bytes| base64_of::<Sha512>(&bytes))
    }),
    Function::new("fileexists", &[Text], |args| args.folder.exists(args.text(0)?).map(Value::from)),
    Function::new("filemd5", &[Text], |args| {
        args.folder.bytes(args.text(0)?).map(|bytes| hex_of::<Md5>(&bytes))
    }),
    Function::new("fileset", &[Text, Text], |args| {
        let names = args.folder.matching(args.text(0)?, args.text(1)?)?;
        Ok(Value::set(Type::String, names.iter().map(|name| Value::string(name)).collect()))
    }),
    Function::new("filesha1", &[Text], |args| {
        args.folder.bytes(args.text(0)?).map(|bytes| hex_of::<Sha1>(&bytes))
    }),
    Function::new("filesha256", &[Text], |args| {
        args.folder.bytes(args.text(0)?).map(|bytes| hex_of::<Sha256>(&bytes))
    }),
    Function::new("filesha512", &[Text], |args| {
        args.folder.bytes(args.text(0)?).map(|bytes| hex_of::<Sha512>(&bytes))
    }),
    Function::new("pathexpand", &[Text], |args| {
        let path = args.text(0)?;
        if path.starts_with('~') {
            return Err(format!(
                "a home folder differs from machine to machine{}",
                crate::config::language::fault::REFUSED
            ));
        }
        Ok(Value::string(path))
    }),
];
