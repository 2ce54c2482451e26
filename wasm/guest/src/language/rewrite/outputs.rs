//! Judges how many outputs a term has at most, and whether it may fail.
#![forbid(unsafe_code)]

use super::super::{Pattern, Term};
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::BinaryOp;
use jaq_core::path::{Opt, Part};

/// Built-ins without arguments that have one output, or an error.
const SINGLE: [&str; 44] = [
    "length",
    "not",
    "keys",
    "keys_unsorted",
    "type",
    "add",
    "tostring",
    "tonumber",
    "tojson",
    "fromjson",
    "floor",
    "ceil",
    "round",
    "sqrt",
    "abs",
    "sort",
    "unique",
    "reverse",
    "min",
    "max",
    "first",
    "last",
    "null",
    "true",
    "false",
    "explode",
    "implode",
    "ascii_downcase",
    "ascii_upcase",
    "to_entries",
    "from_entries",
    "flatten",
    "todate",
    "fromdate",
    "now",
    "trim",
    "ltrim",
    "rtrim",
    "any",
    "all",
    "transpose",
    "gmtime",
    "mktime",
    "utf8bytelength",
];

/// Built-ins that have one output, however many their arguments have.
const SINGLE_OF_FILTERS: [&str; 12] = [
    "map",
    "sort_by",
    "group_by",
    "unique_by",
    "min_by",
    "max_by",
    "with_entries",
    "map_values",
    "add",
    "isempty",
    "walk",
    "del",
];

/// Built-ins that have one output for each output of their arguments.
const SINGLE_OF_VALUES: [&str; 12] = [
    "has",
    "split",
    "join",
    "test",
    "startswith",
    "endswith",
    "ltrimstr",
    "rtrimstr",
    "setpath",
    "getpath",
    "contains",
    "index",
];

/// Whether `term` surely has at most one output.
pub fn single(term: &Term) -> bool {
    match term {
        Term::Id | Term::Num(_) | Term::Var(_) | Term::Arr(_) | Term::Break(_) => true,
        Term::Str(_, parts) => parts.iter().all(|part| match part {
            StrPart::Term(term) => single(term),
            StrPart::Str(_) | StrPart::Char(_) => true,
        }),
        Term::Obj(members) => members
            .iter()
            .all(|(key, value)| single(key) && value.as_ref().is_none_or(single)),
        Term::Neg(term) => single(term),
        Term::Path(term, path) => single(term) && path.0.iter().all(|(part, _)| single_part(part)),
        Term::BinOp(l, op, r) => match op {
            BinaryOp::Comma => false,
            BinaryOp::Pipe(Some(pattern)) => {
                single(l) && single(r) && matches!(pattern, Pattern::Var(_))
            }
            _ => single(l) && single(r),
        },
        Term::IfThenElse(arms, otherwise) => {
            arms.iter().all(|(test, then)| single(test) && single(then))
                && otherwise.as_ref().is_none_or(|term| single(term))
        }
        Term::TryCatch(body, catch) => {
            single(body) && catch.as_ref().is_none_or(|term| single(term))
        }
        Term::Fold(name, ..) => *name == "reduce",
        Term::Call(name, args) if args.is_empty() => SINGLE.contains(name) || name.starts_with('@'),
        Term::Call("?add" | "?sub" | "?mul" | "?div" | "?rem", args) => args.iter().all(single),
        Term::Call(name, args) => {
            SINGLE_OF_FILTERS.contains(name)
                || (SINGLE_OF_VALUES.contains(name) && args.iter().all(single))
                || (*name == "select" && args.iter().all(single))
        }
        Term::Recurse | Term::Label(..) | Term::Def(..) => false,
    }
}

pub(super) fn single_part(part: &Part<Term>) -> bool {
    match part {
        Part::Index(index) => single(index),
        Part::Range(None, None) => false,
        Part::Range(from, upto) => [from, upto].into_iter().flatten().all(single),
    }
}

/// Whether a term surely raises no error.
pub(super) fn infallible(term: &Term) -> bool {
    match term {
        Term::Id | Term::Num(_) | Term::Var(_) | Term::Arr(None) => true,
        Term::Str(None, parts) => parts.iter().all(|part| !matches!(part, StrPart::Term(_))),
        Term::Obj(members) => members.is_empty(),
        Term::Neg(term) => matches!(**term, Term::Num(_)),
        Term::Call(name, _) => ["null", "true", "false", "type"].contains(name),
        _ => false,
    }
}

/// Whether a term that has at most one output may have none.
pub(super) fn may_be_empty(term: &Term) -> bool {
    match term {
        Term::Call("select" | "empty", _) | Term::Label(..) | Term::Break(_) | Term::Def(..) => {
            true
        }
        Term::Str(_, parts) => parts.iter().any(|part| match part {
            StrPart::Term(term) => may_be_empty(term),
            StrPart::Str(_) | StrPart::Char(_) => false,
        }),
        Term::Obj(members) => members
            .iter()
            .any(|(key, value)| may_be_empty(key) || value.as_ref().is_some_and(may_be_empty)),
        Term::Neg(term) => may_be_empty(term),
        Term::Call("?add" | "?sub" | "?mul" | "?div" | "?rem", args) => {
            args.iter().any(may_be_empty)
        }
        Term::TryCatch(..) | Term::Call(..) => {
            !matches!(term, Term::Call(name, _) if SINGLE.contains(name)
            || SINGLE_OF_FILTERS.contains(name) || SINGLE_OF_VALUES.contains(name))
        }
        Term::BinOp(l, _, r) => may_be_empty(l) || may_be_empty(r),
        Term::IfThenElse(arms, otherwise) => {
            arms.iter()
                .any(|(test, then)| may_be_empty(test) || may_be_empty(then))
                || otherwise.as_ref().is_some_and(|term| may_be_empty(term))
        }
        Term::Path(term, path) => {
            may_be_empty(term) || path.0.iter().any(|(_, opt)| matches!(opt, Opt::Optional))
        }
        _ => false,
    }
}
