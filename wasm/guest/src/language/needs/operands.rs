//! Lists what an instruction reads.
#![forbid(unsafe_code)]

use crate::evaluation::code::{Code, Instruction as I, List, Register};
use crate::evaluation::source::Source;

/// Call `f` with everything that an instruction reads.
pub fn read(code: &Code, instruction: I, mut f: impl FnMut(Source)) {
    let register = |register: Register| Source::register(register);
    let list = |list: List| {
        let (start, count) = (list.start as usize, list.count as usize);
        &code.sources[start..start + count]
    };
    match instruction {
        I::Count { .. }
        | I::Jump { .. }
        | I::Fork { .. }
        | I::Fail
        | I::Try { .. }
        | I::EndTry { .. }
        | I::OtherPattern { .. }
        | I::Label { .. }
        | I::Mark { .. }
        | I::NewArray { .. }
        | I::Inputs { .. } => {}
        I::Move { from, .. }
        | I::Negate { from, .. }
        | I::Truth { from, .. }
        | I::Not { from, .. }
        | I::JumpUnless { from, .. }
        | I::JumpIf { from, .. }
        | I::Raise { from }
        | I::CheckKey { from }
        | I::Return { from }
        | I::Output { from }
        | I::BeginPath { from, .. }
        | I::EndPath { from, .. }
        | I::Made { from }
        | I::Loaded { from } => f(from),
        I::Break { label: from } | I::Cut { mark: from } => f(from),
        I::Each { of, .. }
        | I::Elements { of, .. }
        | I::BeginLoop { of, .. }
        | I::Recurse { of, .. }
        | I::Paths { of, .. } => f(of),
        I::Index { of, key, .. } | I::GetPath { of, path: key, .. } => {
            [of, key].into_iter().for_each(f)
        }
        I::Slice { of, bounds, .. } => {
            f(of);
            list(bounds).iter().copied().for_each(f);
        }
        I::Arithmetic { left, right, .. }
        | I::Compare { left, right, .. }
        | I::JumpUnlessHolds { left, right, .. } => [left, right].into_iter().for_each(f),
        I::Append { array, from, .. } | I::Push { array, from } => {
            [register(array), from].into_iter().for_each(f)
        }
        I::Array { items, .. }
        | I::Object { members: items, .. }
        | I::Concatenate { parts: items, .. }
        | I::Native {
            operands: items, ..
        }
        | I::Range { bounds: items, .. } => list(items).iter().copied().for_each(f),
        I::Call { call } | I::TailCall { call } => {
            let call = code.calls[call as usize];
            f(call.input);
            list(call.values).iter().copied().for_each(f);
        }
        I::SetPath { root, path, value } => [register(root), path, value].into_iter().for_each(f),
        I::TakePath { root, path, .. } => [register(root), path].into_iter().for_each(f),
        I::DeletePaths { root, paths } => [register(root), register(paths)].into_iter().for_each(f),
        I::Take { container, key, .. } | I::Remove { container, key } => {
            [register(container), key].into_iter().for_each(f)
        }
        I::Put {
            container,
            key,
            value,
        } => [register(container), key, value].into_iter().for_each(f),
        I::BeginRange { from, upto, .. } => [from, upto].into_iter().for_each(f),
        I::NextNumber { next, end, .. } => [next, end].map(register).into_iter().for_each(f),
        I::NextItem {
            container, place, ..
        }
        | I::NextElement {
            container, place, ..
        }
        | I::BeginItems {
            container, place, ..
        }
        | I::TakeItem {
            container, place, ..
        } => [container, place].map(register).into_iter().for_each(f),
        I::PutItem {
            container,
            place,
            value,
            ..
        } => [register(container), register(place), value]
            .into_iter()
            .for_each(f),
        I::RemoveItem { removed, place } => [removed, place].map(register).into_iter().for_each(f),
        I::EndItems { container, removed } => {
            [container, removed].map(register).into_iter().for_each(f)
        }
    }
}
