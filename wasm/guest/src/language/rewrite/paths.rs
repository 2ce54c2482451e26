//! Judges which terms are paths and can be updated in place, and rewrites terms where a path is expected.
#![forbid(unsafe_code)]

use super::super::Term;
use super::outputs::{single, single_part};
use super::{bind, boxed};
use jaq_core::load::parse::BinaryOp;
use jaq_core::path::{Opt, Part, Path};

/// Whether jaq updates the place that `term` points to as jq does: `term` is one path, and nothing on it catches
/// errors, ends early or branches.
pub(super) fn updates_in_place(term: &Term) -> bool {
    in_place(term, true).is_some()
}

/// Whether `term` can be updated in place (`None`: it cannot), and whether the place surely exists when the input
/// does: an update without output must not create a place.
pub(super) fn in_place(term: &Term, exists: bool) -> Option<bool> {
    match term {
        Term::Id => Some(exists),
        Term::Path(term, path) => {
            let start = in_place(term, exists)?;
            path.0
                .iter()
                .try_fold(start, |_, (part, opt)| match (part, opt) {
                    (_, Opt::Optional) => None,
                    (Part::Range(None, None), _) => Some(true),
                    (part, _) => single_part(part).then_some(false),
                })
        }
        Term::BinOp(l, BinaryOp::Pipe(None), r) => in_place(r, in_place(l, exists)?),
        Term::IfThenElse(arms, otherwise) => {
            let branches = arms.iter().map(|(test, then)| single(test).then_some(then));
            let otherwise = otherwise.as_deref().unwrap_or(&Term::Id);
            branches
                .chain([Some(otherwise)])
                .try_fold(true, |all, then| Some(in_place(then?, exists)? && all))
        }
        Term::Call("select", args) => (exists && args.iter().all(single)).then_some(true),
        _ => None,
    }
}

/// Count the steps of a path that may lead to a place that does not exist. With several, an update without output
/// must not create the places on the way.
pub(super) fn steps(term: &Term) -> usize {
    match term {
        Term::Path(term, path) => {
            let each = |(part, _): &&(Part<Term>, Opt)| matches!(part, Part::Range(None, None));
            steps(term) + path.0.len() - path.0.iter().filter(each).count()
        }
        Term::BinOp(l, _, r) => steps(l) + steps(r),
        Term::IfThenElse(arms, otherwise) => {
            let branches = arms.iter().map(|(_, then)| then);
            let branches = branches.chain(otherwise.as_deref());
            branches.map(steps).max().unwrap_or(0)
        }
        _ => 0,
    }
}

/// Whether a term that can be updated in place may point to its input itself, which an update without output
/// deletes as a whole.
pub(super) fn may_be_identity(term: &Term) -> bool {
    match term {
        Term::Id | Term::Call(..) => true,
        Term::BinOp(l, _, r) => may_be_identity(l) && may_be_identity(r),
        Term::IfThenElse(arms, otherwise) => {
            arms.iter().any(|(_, then)| may_be_identity(then))
                || otherwise.as_deref().is_none_or(may_be_identity)
        }
        _ => false,
    }
}

/// Built-ins whose outputs can be paths; the outputs of all others are values.
const POINTING: [&str; 26] = [
    "empty",
    "error",
    "select",
    "values",
    "nulls",
    "booleans",
    "numbers",
    "strings",
    "arrays",
    "objects",
    "iterables",
    "scalars",
    "finites",
    "normals",
    "recurse",
    "repeat",
    "while",
    "until",
    "first",
    "limit",
    "skip",
    "nth",
    "getpath",
    "debug",
    "stderr",
    "abs",
];

/// Built-ins whose outputs are paths when the outputs of their last argument are.
const TRANSPARENT: [&str; 6] = ["first", "last", "limit", "skip", "recurse", "nth"];

/// Whether a term makes values instead of pointing to them.
pub(super) fn makes_values(term: &Term) -> bool {
    match term {
        Term::Num(_) | Term::Str(..) | Term::Arr(_) | Term::Obj(_) | Term::Neg(_) => true,
        Term::BinOp(_, op, _) => !matches!(op, BinaryOp::Pipe(_) | BinaryOp::Comma | BinaryOp::Alt),
        Term::Call("last", args) => !args.is_empty(),
        Term::TryCatch(body, catch) => {
            makes_values(body) && catch.as_ref().is_none_or(|term| makes_values(term))
        }
        Term::Call("?modify" | "?assign" | "?add" | "?sub" | "?mul" | "?div" | "?rem", _) => true,
        Term::Call(name, _) => !POINTING.contains(name) && !name.starts_with(['_', '?']),
        _ => false,
    }
}

/// Rewrite `term` where a path is expected.
pub(super) fn as_path(term: Term) -> Term {
    match term {
        // The result of an update is not a path, even when it is the same value.
        Term::BinOp(_, BinaryOp::Update | BinaryOp::UpdateMath(_) | BinaryOp::UpdateAlt, _)
        | Term::Call("?modify" | "sub" | "gsub", _) => {
            let within = Term::Arr(Some(boxed(Term::Var("$?updated"))));
            Term::Call("?value", vec![bind(term, "$?updated", within)])
        }
        term if makes_values(&term) => Term::Call("?value", vec![term]),
        Term::Path(inner, path) if makes_values(&inner) => stepped(*inner, path),
        Term::Path(inner, path) => Term::Path(boxed(as_path(*inner)), path),
        Term::BinOp(l, op @ BinaryOp::Pipe(None), r) if makes_values(&l) && makes_values(&r) => {
            Term::Call("?value", vec![Term::BinOp(l, op, r)])
        }
        Term::BinOp(l, BinaryOp::Pipe(None), r) if makes_values(&l) => match *r {
            Term::Path(id, path) if matches!(*id, Term::Id) => stepped(*l, path),
            r => Term::BinOp(boxed(as_path(*l)), BinaryOp::Pipe(None), boxed(as_path(r))),
        },
        // `//` leaves out `null` and `false` when the left side has several outputs.
        Term::BinOp(l, BinaryOp::Alt, r) if !single(&l) => {
            let nothing = Path(vec![(Part::Range(None, None), Opt::Essential)]);
            let nothing = Term::Path(boxed(Term::Obj(Vec::new())), nothing);
            let nothing = bind(nothing, "$?none", Term::Id);
            let counts = Term::IfThenElse(vec![(Term::Id, Term::Id)], Some(boxed(nothing)));
            let l = Term::BinOp(boxed(as_path(*l)), BinaryOp::Pipe(None), boxed(counts));
            Term::BinOp(boxed(l), BinaryOp::Alt, boxed(as_path(*r)))
        }
        Term::BinOp(l, op @ (BinaryOp::Pipe(None) | BinaryOp::Comma | BinaryOp::Alt), r) => {
            Term::BinOp(boxed(as_path(*l)), op, boxed(as_path(*r)))
        }
        Term::BinOp(l, op @ BinaryOp::Pipe(Some(_)), r) => Term::BinOp(l, op, boxed(as_path(*r))),
        Term::IfThenElse(arms, otherwise) => Term::IfThenElse(
            arms.into_iter()
                .map(|(test, then)| (test, as_path(then)))
                .collect(),
            otherwise.map(|term| boxed(as_path(*term))),
        ),
        // The error that a value is not a path is raised outside of `try`, which must not catch it.
        Term::TryCatch(body, catch) if makes_values(&body) => {
            Term::Call("?value", vec![Term::TryCatch(body, catch)])
        }
        Term::TryCatch(body, catch) => Term::TryCatch(boxed(as_path(*body)), catch),
        Term::Label(name, body) => Term::Label(name, boxed(as_path(*body))),
        Term::Def(mut defs, body) if !defs.is_empty() => {
            for def in &mut defs {
                def.body = as_path(core::mem::take(&mut def.body));
            }
            Term::Def(defs, boxed(as_path(*body)))
        }
        Term::Call(name, mut args) if TRANSPARENT.contains(&name) => {
            if let Some(last) = args.pop() {
                args.push(as_path(last));
            }
            Term::Call(name, args)
        }
        term => term,
    }
}

/// Make steps from a value, which raise an error unless it is a path.
pub(super) fn stepped(value: Term, path: Path<Term>) -> Term {
    let key = match path.0.first() {
        Some((Part::Index(key), _)) if single(key) => key.clone(),
        _ => Term::Call("null", Vec::new()),
    };
    Term::Path(boxed(Term::Call("?value_step", vec![value, key])), path)
}

/// Make a call of one of the program's own definitions, which may have the name of a built-in. An empty list of
/// definitions around it marks it.
pub fn own(name: &'static str, args: Vec<Term>) -> Term {
    Term::Def(Vec::new(), boxed(Term::Call(name, args)))
}

/// Make a call of a built-in; the arguments of `path`, `del` and `pick` must be paths.
pub fn call(name: &'static str, args: Vec<Term>) -> Term {
    match (name, args.len()) {
        ("path" | "del" | "pick", 1) => Term::Call(name, args.into_iter().map(as_path).collect()),
        _ => Term::Call(name, args),
    }
}
