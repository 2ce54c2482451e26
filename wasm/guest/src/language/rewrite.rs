//! Rewrites terms that jaq evaluates differently, so that their outputs are jq's.
//!
//! - jq evaluates the right operand first, and its outputs vary last: `(1,2) * (3,4)` is `3, 6, 4, 8`.
//! - `reduce` and `foreach` go on with the last output of their update, or with null.
//! - The error about a term that is not a path quotes its value, not its input.
//! - An update that jaq cannot do in place collects its paths first, as jq does.
//!
//! A term that surely has at most one output needs none of this and stays as it is, so that common programs
//! cost no more. The names with `?` are of variables and natives that a program can neither write nor define.
#![forbid(unsafe_code)]

mod outputs;
mod paths;
mod patterns;

pub use paths::{call, own};
pub use patterns::{array_pattern, destructure, fold_inputs};

use super::{Def, Pattern, Term};
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::BinaryOp;
use jaq_core::ops::Math;
use jaq_core::path::{Opt, Part, Path};
use outputs::{infallible, may_be_empty, single};
use paths::{as_path, may_be_identity, steps, updates_in_place};

fn boxed(term: Term) -> Box<Term> {
    Box::new(term)
}

/// Make `value as $name | body`.
pub fn bind(value: Term, name: &'static str, body: Term) -> Term {
    let pattern = BinaryOp::Pipe(Some(Pattern::Var(name)));
    Term::BinOp(boxed(value), pattern, boxed(body))
}

/// Make a definition whose arguments `$name` can be called as filters, too: `def f($x): g` is `def f(x): x as $x | g`.
pub fn with_callable_values(
    name: &'static str,
    mut args: Vec<&'static str>,
    mut body: Term,
) -> Def {
    for place in (0..args.len()).rev() {
        let plain = args[place].trim_start_matches('$');
        // A later argument of the same name hides this one.
        let hidden = args[place + 1..].contains(&plain);
        if plain != args[place] {
            let filter = if hidden { "?hidden" } else { plain };
            body = bind(own(filter, Vec::new()), args[place], body);
        }
        args[place] = if hidden { "?hidden" } else { plain };
    }
    Def { name, args, body }
}

/// Make `l op r`.
pub fn binary(l: Term, op: BinaryOp<&'static str>, r: Term) -> Term {
    let plain = |l, op, r| Term::BinOp(boxed(l), op, boxed(r));
    match op {
        BinaryOp::Math(_) | BinaryOp::Cmp(_)
            if !infallible(&l) && !infallible(&r) || !single(&l) && !single(&r) =>
        {
            let native = match op {
                BinaryOp::Math(Math::Add) => "?add",
                BinaryOp::Math(Math::Sub) => "?sub",
                BinaryOp::Math(Math::Mul) => "?mul",
                BinaryOp::Math(Math::Div) => "?div",
                BinaryOp::Math(Math::Rem) => "?rem",
                op => return bind(r, "$?right", plain(l, op, Term::Var("$?right"))),
            };
            Term::Call(native, vec![l, r])
        }
        BinaryOp::Update
            if !updates_in_place(&l)
                || may_be_identity(&l)
                || steps(&l) > 1 && (!single(&r) || may_be_empty(&r)) =>
        {
            Term::Call("?modify", vec![as_path(l), r])
        }
        BinaryOp::Assign if !updates_in_place(&l) => bind(
            r,
            "$?value",
            Term::Call("?assign", vec![as_path(l), Term::Var("$?value")]),
        ),
        BinaryOp::UpdateMath(op) if !updates_in_place(&l) => {
            let update = plain(Term::Id, BinaryOp::Math(op), Term::Var("$?value"));
            bind(
                r,
                "$?value",
                Term::Call("?modify", vec![as_path(l), update]),
            )
        }
        BinaryOp::UpdateAlt if !updates_in_place(&l) => {
            let update = plain(Term::Id, BinaryOp::Alt, Term::Var("$?value"));
            bind(
                r,
                "$?value",
                Term::Call("?modify", vec![as_path(l), update]),
            )
        }
        op => plain(l, op, r),
    }
}

/// Add one more step to `term`.
pub fn step(term: Term, part: Part<Term>, opt: Opt) -> Term {
    let part = match part {
        // An error of the start must come before an end without outputs.
        Part::Range(Some(from), Some(upto))
            if !infallible(&from) && (!single(&upto) || may_be_empty(&upto)) =>
        {
            let part = Part::Range(Some(Term::Var("$?from")), Some(upto));
            return bind(from, "$?from", step(term, part, opt));
        }
        part => part,
    };
    if !single(&term) {
        if let Part::Index(index) = part {
            if single(&index) {
                return join(term, Part::Index(index), opt);
            }
            // In jq the outputs of the index vary last.
            let part = Part::Index(Term::Var("$?index"));
            return bind(index, "$?index", join(term, part, opt));
        }
    }
    join(term, part, opt)
}

fn join(term: Term, part: Part<Term>, opt: Opt) -> Term {
    match term {
        Term::Path(inner, mut path) => {
            path.0.push((part, opt));
            Term::Path(inner, path)
        }
        term => Term::Path(boxed(term), Path(vec![(part, opt)])),
    }
}

/// Make a string with interpolations: jq evaluates later parts first, and their outputs vary last.
pub fn string(format: Option<&'static str>, mut parts: Vec<StrPart<&'static str, Term>>) -> Term {
    let ordered = |part: &StrPart<&'static str, Term>| matches!(part, StrPart::Term(term) if !infallible(term));
    let Some(first) = parts.iter().position(ordered) else {
        return Term::Str(format, parts);
    };
    let mut bound = Vec::new();
    for (place, part) in parts.iter_mut().enumerate() {
        if place > first && ordered(part) {
            let name: &'static str = Box::leak(format!("$?{place}").into_boxed_str());
            if let StrPart::Term(term) = core::mem::replace(part, StrPart::Term(Term::Var(name))) {
                bound.push((name, term));
            }
        }
    }
    let whole = Term::Str(format, parts);
    bound
        .into_iter()
        .fold(whole, |body, (name, value)| bind(value, name, body))
}

/// Make an object. An error of a member must come before a later member without outputs.
pub fn object(mut members: Vec<(Term, Option<Term>)>) -> Term {
    let lacks = |term: &Term| !single(term) || may_be_empty(term);
    let last = members
        .iter()
        .rposition(|(key, value)| lacks(key) || value.as_ref().is_some_and(lacks));
    let Some(last) = last else {
        return Term::Obj(members);
    };
    let mut bound = Vec::new();
    let mut keep = |term: &mut Term| {
        if !infallible(term) {
            let name: &'static str = Box::leak(format!("$?{}", bound.len()).into_boxed_str());
            bound.push((core::mem::replace(term, Term::Var(name)), name));
        }
    };
    for (place, (key, value)) in members[..=last].iter_mut().enumerate() {
        let Some(value) = value else {
            // `{"a"}` is `{"a": ."a"}`, and `{$a}` does not fail.
            if let (true, Term::Str(..)) = (place < last, &*key) {
                let mut member = join(Term::Id, Part::Index(key.clone()), Opt::Essential);
                keep(&mut member);
                *value = Some(member);
            }
            continue;
        };
        if place < last || lacks(value) {
            keep(key);
        }
        if place < last {
            keep(value);
        }
    }
    let whole = Term::Obj(members);
    bound
        .into_iter()
        .rev()
        .fold(whole, |body, (value, name)| bind(value, name, body))
}

/// Make `reduce` or `foreach`: the state after a step is the last output of the update.
pub fn fold(name: &'static str, inputs: Term, pattern: Pattern, mut args: Vec<Term>) -> Term {
    if args.len() >= 2 && !single(&args[1]) || args.get(1).is_some_and(may_be_empty) {
        if name == "reduce" {
            args[1] = Term::Call("?last", vec![core::mem::take(&mut args[1])]);
        } else {
            // Let the state be the array of the last step's outputs.
            let last = Term::Path(
                boxed(Term::Id),
                Path(vec![(
                    Part::Index(Term::Neg(boxed(Term::Num("1")))),
                    Opt::Essential,
                )]),
            );
            let each = Term::Path(
                boxed(Term::Id),
                Path(vec![(Part::Range(None, None), Opt::Essential)]),
            );
            let pipe = |l, r| Term::BinOp(boxed(l), BinaryOp::Pipe(None), boxed(r));
            let collected = |term| Term::Arr(Some(boxed(term)));
            args[0] = collected(core::mem::take(&mut args[0]));
            args[0] = pipe(core::mem::take(&mut args[0]), each.clone());
            args[0] = collected(core::mem::take(&mut args[0]));
            args[1] = pipe(last, collected(core::mem::take(&mut args[1])));
            let extract = args.get_mut(2).map(core::mem::take).unwrap_or_default();
            args.truncate(2);
            args.push(pipe(each, extract));
        }
    }
    Term::Fold(name, boxed(inputs), pattern, args)
}
