//! What jaq evaluates in another way than jq, said so that it comes out alike.
//!
//! - jq takes the right operand first and its outputs outermost: `(1,2) * (3,4)` is `3, 6, 4, 8`.
//! - `reduce` and `foreach` go on with the last output of their update, or with null.
//! - What is no path complains in jq's words: with its value, not with its input.
//! - Updates that jaq's evaluator cannot do in place collect their paths first, as jq does.
//!
//! A term that surely gives at most one output needs none of this and is left alone, so common
//! programs cost what they cost before. Names with `?` cannot be written in a program, nor defined by it.
#![forbid(unsafe_code)]

mod outputs;
mod paths;
mod patterns;

pub use paths::{call, own};
pub use patterns::{array_pattern, destructure, fold_inputs};

use super::{Pattern, Term};
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::BinaryOp;
use jaq_core::ops::Math;
use jaq_core::path::{Opt, Part, Path};
use outputs::{infallible, may_be_empty, single};
use paths::{as_path, may_be_identity, steps, updates_in_place};

fn boxed(term: Term) -> Box<Term> {
    Box::new(term)
}

/// `value as $name | body`.
pub fn bind(value: Term, name: &'static str, body: Term) -> Term {
    let pattern = BinaryOp::Pipe(Some(Pattern::Var(name)));
    Term::BinOp(boxed(value), pattern, boxed(body))
}

/// `l op r`.
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

/// `term` followed by one more step.
pub fn step(term: Term, part: Part<Term>, opt: Opt) -> Term {
    let part = match part {
        // The start fails before the end has no output.
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
            // jq takes the index's outputs outermost.
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

/// A string with interpolations, whose later parts come first and whose outputs are outermost.
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

/// An object. What may fail is found before what follows has no output.
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

/// `reduce` or `foreach`: the state after a step is the update's last output.
pub fn fold(name: &'static str, inputs: Term, pattern: Pattern, mut args: Vec<Term>) -> Term {
    if args.len() >= 2 && !single(&args[1]) || args.get(1).is_some_and(may_be_empty) {
        if name == "reduce" {
            args[1] = Term::Call("?last", vec![core::mem::take(&mut args[1])]);
        } else {
            // The state is the array of the last step's outputs.
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
