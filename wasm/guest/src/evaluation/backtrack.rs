//! Goes back to the last fork that has something left.
#![forbid(unsafe_code)]

use super::forks::{item, Fork, Heights, Kind};
use super::machine::{Ended, Machine};
use crate::builtins::host;
use crate::value::{Error, Interruption, Num, Val};
use std::rc::Rc;

impl Machine {
    /// Leave a fork that goes on at `address`.
    #[inline]
    pub(super) fn fork(&mut self, kind: Kind, address: u32) {
        self.forks.push(Fork {
            kind,
            address,
            frame: self.frame,
            heights: Heights {
                frames: self.frames.len() as u32,
                slots: self.slots.len() as u32,
                arguments: self.arguments.len() as u32,
            },
            path: self.path.clone(),
        });
    }

    /// Restore the state of the last fork.
    #[inline]
    pub(super) fn restore(&mut self) {
        let Some(fork) = self.forks.last() else {
            return;
        };
        self.address = fork.address as usize;
        if self.path.is_some() || fork.path.is_some() {
            self.path.clone_from(&fork.path);
        }
        let heights = fork.heights;
        if self.frames.len() > heights.frames as usize {
            self.frames.truncate(heights.frames as usize);
            self.slots.truncate(heights.slots as usize);
            self.arguments.truncate(heights.arguments as usize);
        }
        if self.frame != fork.frame {
            self.frame = fork.frame;
            self.base = self.frames[fork.frame as usize].base as usize;
        }
    }

    /// Go back to the last fork that has something left, and return whether there is one.
    pub(super) fn fail(&mut self) -> Result<bool, Ended> {
        loop {
            let Some(fork) = self.forks.last_mut() else {
                return Ok(false);
            };
            match &mut fork.kind {
                Kind::Other => {
                    self.restore();
                    self.forks.pop();
                    return Ok(true);
                }
                Kind::Items {
                    container,
                    next,
                    to,
                    followed,
                } => {
                    let (to, followed, at) = (*to, *followed, *next);
                    *next += 1;
                    let (taken, length) = next_item(container, at, followed);
                    let Some((key, value)) = taken else {
                        self.forks.pop();
                        continue;
                    };
                    self.restore();
                    // The last item leaves no fork, so that a function that ends with it frees its frame.
                    if at + 1 == length {
                        self.forks.pop();
                    }
                    if let (true, Some(path)) = (followed, &self.path) {
                        self.path = Some(path.step(key, value.clone()));
                    }
                    self.set(to, value);
                    return Ok(true);
                }
                Kind::Integers {
                    next,
                    upto,
                    by,
                    is_first,
                    to,
                } => {
                    let (now, to) = (*next, *to);
                    let is_first = core::mem::replace(is_first, false);
                    let inside = if *by > 0 { now < *upto } else { *upto < now };
                    if !inside {
                        self.forks.pop();
                        continue;
                    }
                    *next = now + *by;
                    self.restore();
                    let now = if is_first {
                        Num::Int(now)
                    } else {
                        Num::counted(now)
                    };
                    self.set(to, Val::Num(now));
                    return Ok(true);
                }
                Kind::Numbers { next, upto, by, to } => {
                    let up = by.as_f64() > 0.0;
                    let inside = if up { *next < *upto } else { *upto < *next };
                    if !inside {
                        self.forks.pop();
                        continue;
                    }
                    let after = next.add(by);
                    let (now, to) = (core::mem::replace(next, after), *to);
                    self.restore();
                    self.set(to, Val::Num(now));
                    return Ok(true);
                }
                Kind::Recursion { walk, to } => {
                    let (next, to) = (walk.next(), *to);
                    let Some((value, path)) = next else {
                        self.forks.pop();
                        continue;
                    };
                    self.restore();
                    if path.is_some() {
                        self.path = path;
                    }
                    self.set(to, value);
                    return Ok(true);
                }
                Kind::Paths { walk, to } => {
                    let (next, to) = (walk.next(), *to);
                    let Some(path) = next else {
                        self.forks.pop();
                        continue;
                    };
                    self.restore();
                    self.set(to, path);
                    return Ok(true);
                }
                Kind::Sums {
                    values,
                    is_first,
                    to,
                } => {
                    let to = *to;
                    let sum = next_sum(values, core::mem::replace(is_first, false));
                    self.restore();
                    match sum {
                        Ok(Some(value)) => self.set(to, value),
                        Ok(None) => {
                            self.forks.pop();
                            continue;
                        }
                        Err(error) => {
                            self.forks.pop();
                            self.raise(error)?;
                        }
                    }
                    return Ok(true);
                }
                Kind::Inputs(to) => {
                    let to = *to;
                    let next = host::next_input(self.context);
                    self.restore();
                    match next {
                        None => {
                            self.forks.pop();
                            continue;
                        }
                        Some(Ok(value)) => {
                            self.set(to, value);
                        }
                        Some(Err(Interruption::Error(error))) => {
                            self.forks.pop();
                            self.raise(error)?;
                        }
                        Some(Err(Interruption::Stop)) => return Err(Ended::Stopped),
                    }
                    return Ok(true);
                }
                Kind::Try(_)
                | Kind::Left(_)
                | Kind::OtherPattern
                | Kind::Label(_)
                | Kind::Path(_) => {
                    self.forks.pop();
                }
            }
        }
    }
}

/// Take the item of a container at a place in its order, with its key if that is wanted, and count all items.
///
/// A container that nothing else holds gives its items away, so that they can be changed in place.
fn next_item(container: &mut Val, at: usize, with_key: bool) -> (Option<(Val, Val)>, usize) {
    if with_key {
        let length = match container {
            Val::Arr(items) => items.len(),
            Val::Obj(members) => members.len(),
            _ => 0,
        };
        return (item(container, at, true), length);
    }
    match container {
        Val::Arr(items) => {
            let length = items.len();
            let item = match Rc::get_mut(items) {
                Some(items) => items.get_mut(at).map(core::mem::take),
                None => items.get(at).cloned(),
            };
            (item.map(|item| (Val::Null, item)), length)
        }
        Val::Obj(members) => {
            let length = members.len();
            let item = match Rc::get_mut(members) {
                Some(members) => members.value_mut(at).map(core::mem::take),
                None => members.get_index(at).map(|(_, item)| item.clone()),
            };
            (item.map(|item| (Val::Null, item)), length)
        }
        _ => (None, 0),
    }
}

/// Step through a range of values that are not all numbers, which jq adds and compares like any others.
fn next_sum(values: &mut [Val; 3], is_first: bool) -> Result<Option<Val>, Error> {
    let [next, upto, by] = values;
    if !is_first {
        *next = (core::mem::take(next) + by.clone())?;
    }
    let zero = Val::from(0_usize);
    let inside = *by > zero && next < upto || *by < zero && next > upto;
    Ok(inside.then(|| next.clone()))
}
