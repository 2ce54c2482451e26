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

use super::{Pattern, Term};
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::BinaryOp;
use jaq_core::ops::Math;
use jaq_core::path::{Opt, Part, Path};

/// Built-ins without arguments that give one output, or an error.
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
/// Built-ins whose arguments give no further outputs.
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
/// Built-ins that give an output for each output of their arguments.
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

fn boxed(term: Term) -> Box<Term> {
    Box::new(term)
}

/// Whether `term` surely gives at most one output.
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

fn single_part(part: &Part<Term>) -> bool {
    match part {
        Part::Index(index) => single(index),
        Part::Range(None, None) => false,
        Part::Range(from, upto) => [from, upto].into_iter().flatten().all(single),
    }
}

/// Whether jaq updates what `term` points to as jq does: step by step along one path, without
/// anything that errors, stops or branches on the way.
fn updates_in_place(term: &Term) -> bool {
    in_place(term, true).is_some()
}

/// Whether `term` can be updated in place, and if so, whether what it points to surely exists when
/// its input does: what does not exist must not come to be on the way to nothing.
fn in_place(term: &Term, exists: bool) -> Option<bool> {
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

/// Steps of a path to what may be missing: where there are several, what is on the way must not
/// come to be for an update without output.
fn steps(term: &Term) -> usize {
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

/// Whether a term that can be updated in place may point to its input itself, which goes as a
/// whole when its update has no output.
fn may_be_identity(term: &Term) -> bool {
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

/// Whether a term never raises an error.
fn infallible(term: &Term) -> bool {
    match term {
        Term::Id | Term::Num(_) | Term::Var(_) | Term::Arr(None) => true,
        Term::Str(None, parts) => parts.iter().all(|part| !matches!(part, StrPart::Term(_))),
        Term::Obj(members) => members.is_empty(),
        Term::Neg(term) => matches!(**term, Term::Num(_)),
        Term::Call(name, _) => ["null", "true", "false", "type"].contains(name),
        _ => false,
    }
}

/// Built-ins whose outputs can be paths; those of all others are values.
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
/// Built-ins whose outputs are paths when those of their last argument are.
const TRANSPARENT: [&str; 6] = ["first", "last", "limit", "skip", "recurse", "nth"];

/// Whether a term makes values instead of pointing to them.
fn makes_values(term: &Term) -> bool {
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

/// `term` where a path is wanted.
fn as_path(term: Term) -> Term {
    match term {
        // The result of an update is no path even where it is the same value.
        Term::BinOp(_, BinaryOp::Update | BinaryOp::UpdateMath(_) | BinaryOp::UpdateAlt, _)
        | Term::Call("?modify" | "sub" | "gsub", _) => {
            Term::Call("?value", vec![Term::Arr(Some(boxed(term)))])
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
        // Of several values, those that do not count are left out.
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
        // That a value is no path is found outside, where it is not caught.
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

/// Steps from a value, which complain if it is no path.
fn stepped(value: Term, path: Path<Term>) -> Term {
    let key = match path.0.first() {
        Some((Part::Index(key), _)) if single(key) => key.clone(),
        _ => Term::Call("null", Vec::new()),
    };
    Term::Path(boxed(Term::Call("?value_step", vec![value, key])), path)
}

/// A call of what the program itself defines, which is no built-in whatever its name is. It is
/// told from other calls by the definitions before it, of which there are none.
pub fn own(name: &'static str, args: Vec<Term>) -> Term {
    Term::Def(Vec::new(), boxed(Term::Call(name, args)))
}

/// A call, whose arguments are looked at when they must be paths.
pub fn call(name: &'static str, args: Vec<Term>) -> Term {
    match (name, args.len()) {
        ("path" | "del" | "pick", 1) => Term::Call(name, args.into_iter().map(as_path).collect()),
        _ => Term::Call(name, args),
    }
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

/// Whether a term that gives at most one output may give none.
fn may_be_empty(term: &Term) -> bool {
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

/// The names of all variables that a pattern binds.
fn variables(pattern: &Pattern, names: &mut Vec<&'static str>) {
    match pattern {
        Pattern::Var(name) => {
            if !names.contains(name) {
                names.push(name);
            }
        }
        Pattern::Arr(items) => items.iter().for_each(|item| variables(item, names)),
        Pattern::Obj(members) => members
            .iter()
            .for_each(|(_, value)| variables(value, names)),
    }
}

/// `$?value as P1 ?// P2 … | body`: each pattern is tried with its body when the one before failed;
/// variables of the other patterns are null.
fn alternatives(patterns: Vec<Pattern>, body: Term) -> Term {
    let mut names = Vec::new();
    patterns
        .iter()
        .for_each(|pattern| variables(pattern, &mut names));
    let call = Term::Call("?body", names.iter().map(|name| Term::Var(name)).collect());
    let attempt = |pattern: Pattern| {
        let bound = Term::BinOp(
            boxed(Term::Var("$?value")),
            BinaryOp::Pipe(Some(pattern)),
            boxed(call.clone()),
        );
        names.iter().fold(bound, |term, name| {
            bind(Term::Call("null", Vec::new()), name, term)
        })
    };
    let pipe = |l, r| Term::BinOp(boxed(l), BinaryOp::Pipe(None), boxed(r));
    let mut patterns = patterns.into_iter().rev();
    let last = attempt(patterns.next().expect("there is a pattern"));
    let tried = patterns.fold(last, |otherwise, pattern| {
        let otherwise = pipe(Term::Var("$?input"), otherwise);
        Term::TryCatch(boxed(attempt(pattern)), Some(boxed(otherwise)))
    });
    let def = super::Def {
        name: "?body",
        args: names.clone(),
        body,
    };
    Term::Def(vec![def], boxed(bind(Term::Id, "$?input", tried)))
}

/// `value as P1 ?// P2 … | body`.
pub fn destructure(value: Term, mut patterns: Vec<Pattern>, body: Term) -> Term {
    if patterns.len() > 1 {
        return bind(value, "$?value", alternatives(patterns, body));
    }
    let pattern = patterns.pop().expect("there is a pattern");
    Term::BinOp(boxed(value), BinaryOp::Pipe(Some(pattern)), boxed(body))
}

/// The inputs and the pattern of a fold whose pattern has alternatives.
pub fn fold_inputs(inputs: Term, mut patterns: Vec<Pattern>) -> (Term, Pattern) {
    if patterns.len() == 1 {
        return (inputs, patterns.pop().expect("there is a pattern"));
    }
    let mut names = Vec::new();
    patterns
        .iter()
        .for_each(|pattern| variables(pattern, &mut names));
    let mut values = names.iter().map(|name| Term::Var(name));
    let first = values.next().expect("a pattern binds something");
    let all = values.fold(first, |l, r| {
        Term::BinOp(boxed(l), BinaryOp::Comma, boxed(r))
    });
    let body = Term::Arr(Some(boxed(all)));
    let inputs = bind(inputs, "$?value", alternatives(patterns, body));
    (
        inputs,
        Pattern::Arr(names.into_iter().map(Pattern::Var).collect()),
    )
}

/// An array's pattern, whose last item is taken first.
pub fn array_pattern(items: Vec<Pattern>) -> Pattern {
    if items.len() == 1 {
        return Pattern::Arr(items);
    }
    let members = items.into_iter().enumerate().rev().map(|(place, item)| {
        let place: &'static str = Box::leak(place.to_string().into_boxed_str());
        (Term::Num(place), item)
    });
    Pattern::Obj(members.collect())
}
