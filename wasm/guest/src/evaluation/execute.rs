//! Executes instructions.
#![forbid(unsafe_code)]

use super::code::{Instruction, Register};
use super::follow::Followed;
use super::forks::{Kind, PathWalk, Walk};
use super::machine::{Machine, Paused, BREAK};
use super::source::Source;
use crate::value::{get_path, keys, Error, Map, Num, Val};
use std::rc::Rc;

impl Machine {
    /// Execute instructions until one gives an output, goes back to a fork, or raises an error.
    pub(super) fn execute(&mut self) -> Paused {
        use Instruction as I;
        /// Go on, or end here with an error.
        macro_rules! attempt {
            ($result:expr) => {
                match $result {
                    Ok(value) => value,
                    Err(error) => return Paused::Interrupted(error.into()),
                }
            };
        }
        /// Go on if there is something to go on with.
        macro_rules! proceed {
            ($result:expr) => {
                if !attempt!($result) {
                    return Paused::Fail;
                }
            };
        }
        loop {
            let instruction = self.code.instructions[self.address];
            self.address += 1;
            match instruction {
                I::Move { to, from } => {
                    let value = self.take(from);
                    self.set(to, value);
                }
                I::Index { to, of, key, step } => proceed!(self.index(to, of, key, step)),
                I::Slice {
                    to,
                    of,
                    bounds,
                    step,
                } => proceed!(self.slice(to, of, bounds, step)),
                I::Each { to, of, step } => proceed!(self.each(to, of, step)),
                I::Elements { to, of, step } => {
                    if !self.context.inputs.borrow_mut().has_elements() {
                        proceed!(self.each(to, of, step));
                        continue;
                    }
                    self.fork(Kind::Elements(to), self.address as u32);
                    return Paused::Fail;
                }
                I::Recurse { to, of, followed } => {
                    let value = self.take(of);
                    let path = if followed { self.path.clone() } else { None };
                    self.set(to, value.clone());
                    if let Val::Arr(_) | Val::Obj(_) = value {
                        let walk = Box::new(Walk::new(value, path));
                        self.fork(Kind::Recursion { walk, to }, self.address as u32);
                    }
                }
                I::Paths { to, of } => {
                    let walk = Box::new(PathWalk::new(self.take(of)));
                    self.fork(Kind::Paths { walk, to }, self.address as u32);
                    return Paused::Fail;
                }
                I::Arithmetic {
                    operator,
                    to,
                    left,
                    right,
                } => {
                    let value = attempt!(self.compute(operator, left, right));
                    self.set(to, value);
                }
                I::Compare {
                    comparison,
                    to,
                    left,
                    right,
                } => {
                    let holds = self.holds(comparison, left, right);
                    self.set(to, Val::Bool(holds));
                }
                I::JumpUnlessHolds {
                    comparison,
                    left,
                    right,
                    address,
                } => {
                    if !self.holds(comparison, left, right) {
                        self.address = address as usize;
                    }
                }
                I::Negate { to, from } => {
                    let value = attempt!(-self.take(from));
                    self.set(to, value);
                }
                I::Truth { to, from } => {
                    let is_true = self.peek(from).is_true();
                    self.set(to, Val::Bool(is_true));
                }
                I::Not { to, from } => {
                    let is_true = self.peek(from).is_true();
                    self.set(to, Val::Bool(!is_true));
                }
                I::Jump { address } => self.address = address as usize,
                I::JumpUnless { from, address } => {
                    if !self.peek(from).is_true() {
                        self.address = address as usize;
                    }
                }
                I::JumpIf { from, address } => {
                    if self.peek(from).is_true() {
                        self.address = address as usize;
                    }
                }
                I::Fork { address } => self.fork(Kind::Other, address),
                I::Fail => return Paused::Fail,
                I::Try {
                    address,
                    error,
                    mark,
                } => {
                    self.mark(mark);
                    self.fork(Kind::Try(error), address);
                }
                I::EndTry { mark } => {
                    let mark = self.marked(Source::register(mark));
                    if self.forks.len() == mark + 1 {
                        self.forks.pop();
                    } else {
                        self.fork(Kind::Left(mark), 0);
                    }
                }
                I::OtherPattern { address } => self.fork(Kind::OtherPattern, address),
                I::Label { mark, label } => {
                    self.mark(mark);
                    self.fork(Kind::Label(self.labels), 0);
                    self.set(label, Val::Num(Num::Int(self.labels)));
                    self.labels += 1;
                }
                I::Break { label } => {
                    let number = self.take(label);
                    let members = [(Val::from(BREAK), number)];
                    let value = Val::obj(members.into_iter().collect());
                    return Paused::Interrupted(Error::new(value).into());
                }
                I::Mark { to } => self.mark(to),
                I::Cut { mark } => {
                    let mark = self.marked(mark);
                    self.forks.truncate(mark);
                }
                I::Raise { from } => {
                    return Paused::Interrupted(Error::new(self.take(from)).into())
                }
                I::Append {
                    array,
                    from,
                    address,
                } => {
                    self.push(array, from);
                    self.address = address as usize;
                }
                I::Push { array, from } => self.push(array, from),
                I::NewArray { to } => self.set(to, Val::Arr(Rc::default())),
                I::Array { to, items } => {
                    let items = self
                        .list(items)
                        .map(|place| self.take(self.code.sources[place]))
                        .collect();
                    self.set(to, Val::Arr(Rc::new(items)));
                }
                I::Object { to, members } => {
                    let mut map = Map::with_capacity(members.count as usize / 2);
                    for place in self.list(members).step_by(2) {
                        let key = self.take(self.code.sources[place]);
                        let value = self.take(self.code.sources[place + 1]);
                        map.insert(key, value);
                    }
                    self.set(to, Val::obj(map));
                }
                I::CheckKey { from } => {
                    let key = self.peek(from);
                    if key.as_str().is_none() {
                        let (kind, quoted) = (key.kind(), key.quoted());
                        let message = format_args!("Cannot use {kind} ({quoted}) as object key");
                        return Paused::Interrupted(Error::str(message).into());
                    }
                }
                I::Concatenate { to, parts } => {
                    let mut text = Vec::new();
                    for place in self.list(parts) {
                        let part = self.peek(self.code.sources[place]);
                        text.extend_from_slice(part.as_str().unwrap_or_default());
                    }
                    self.set(to, Val::str(text));
                }
                I::Native {
                    to,
                    native,
                    operands,
                } => proceed!(self.native(to, native, operands)),
                I::Call { call } => self.call(self.code.calls[call as usize]),
                I::TailCall { call } => self.tail_call(self.code.calls[call as usize]),
                I::Return { from } => {
                    let value = self.take(from);
                    self.return_value(value);
                }
                I::Count { event } => self.note(event),
                I::Output { from } => return Paused::Output(self.take(from)),
                I::BeginPath { mark, from } => {
                    let value = self.peek(from).clone();
                    self.mark(mark);
                    let outer = self.path.replace(Followed::new(value));
                    self.fork(Kind::Path(outer), 0);
                }
                I::EndPath { mark, to, from } => attempt!(self.end_path(mark, to, from)),
                I::Made { from } => {
                    if let Some(mut path) = self.path.take() {
                        path.made(self.peek(from));
                        self.path = Some(path);
                    }
                }
                I::Loaded { from } => {
                    if let Some(mut path) = self.path.take() {
                        path.loaded(self.peek(from));
                        self.path = Some(path);
                    }
                }
                I::GetPath {
                    to,
                    of,
                    path,
                    followed,
                } => {
                    let (value, path) = (self.peek(of), self.peek(path));
                    let keys = attempt!(keys(path)).clone();
                    let end = attempt!(get_path(value, &keys));
                    if let (true, Some(path)) = (followed, &self.path) {
                        self.path = Some(attempt!(path.steps(&keys, &end)));
                    }
                    self.set(to, end);
                }
                I::Range {
                    to,
                    bounds,
                    numbers,
                } => proceed!(self.range(to, bounds, numbers)),
                I::Inputs { to } => {
                    self.fork(Kind::Inputs(to), self.address as u32);
                    return Paused::Fail;
                }
                I::BeginLoop {
                    container,
                    place,
                    of,
                } => attempt!(self.begin_loop(container, place, of)),
                I::NextItem {
                    to,
                    container,
                    place,
                    address,
                } => {
                    if !self.next_item(to, container, place) {
                        self.address = address as usize;
                    }
                }
                I::NextElement {
                    to,
                    container,
                    place,
                    address,
                } => {
                    let has_next = if self.context.inputs.borrow().has_elements() {
                        attempt!(self.next_in_input(to))
                    } else {
                        self.next_item(to, container, place)
                    };
                    if !has_next {
                        self.address = address as usize;
                    }
                }
                I::BeginRange {
                    next,
                    end,
                    from,
                    upto,
                } => attempt!(self.begin_range(next, end, from, upto)),
                I::NextNumber {
                    to,
                    next,
                    end,
                    address,
                } => {
                    if !self.next_number(to, next, end) {
                        self.address = address as usize;
                    }
                }
                I::SetPath { root, path, value } => attempt!(self.set_path(root, path, value)),
                I::TakePath { to, root, path } => attempt!(self.take_path(to, root, path)),
                I::DeletePaths { root, paths } => attempt!(self.delete_paths(root, paths)),
                I::Take { to, container, key } => attempt!(self.take_at(to, container, key)),
                I::Put {
                    container,
                    key,
                    value,
                } => attempt!(self.put_at(container, key, value)),
                I::Remove { container, key } => attempt!(self.remove_at(container, key)),
                I::BeginItems {
                    container,
                    place,
                    removed,
                } => attempt!(self.begin_items(container, place, removed)),
                I::TakeItem {
                    to,
                    container,
                    place,
                    address,
                } => {
                    if !self.take_item(to, container, place) {
                        self.address = address as usize;
                    }
                }
                I::PutItem {
                    container,
                    place,
                    value,
                    address,
                } => {
                    self.put_item(container, place, value);
                    self.address = address as usize;
                }
                I::RemoveItem { removed, place } => self.remove_item(removed, place),
                I::EndItems { container, removed } => self.end_items(container, removed),
            }
        }
    }

    pub(super) fn mark(&mut self, to: Register) {
        let forks = self.forks.len() as i64;
        self.set(to, Val::Num(Num::Int(forks)));
    }

    pub(super) fn marked(&self, mark: Source) -> usize {
        match self.peek(mark) {
            Val::Num(Num::Int(forks)) => *forks as usize,
            _ => unreachable!("the compiler marks first"),
        }
    }

    pub(super) fn push(&mut self, array: Register, from: Source) {
        let value = self.take(from);
        if let Val::Arr(items) = &mut self.slots[self.base + array as usize] {
            match Rc::get_mut(items) {
                Some(items) => items.push(value),
                None => Rc::make_mut(items).push(value),
            }
        }
    }
}
