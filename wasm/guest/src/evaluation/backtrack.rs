//! Goes back to the last fork that has something left.
#![forbid(unsafe_code)]

use super::forks::{item, Fork, Heights, Kind};
use super::machine::{Ended, Machine};
use crate::value::{Interruption, Num, Val};
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
        let context = self.context;
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
                Kind::Elements(to) => {
                    let to = *to;
                    match self.next_element().map_err(|_| Ended::Stopped)? {
                        None => {
                            self.forks.pop();
                        }
                        Some((value, is_last)) => {
                            self.restore();
                            if is_last {
                                self.forks.pop();
                            }
                            self.set(to, value);
                            return Ok(true);
                        }
                    }
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
                kind => match kind.next(context) {
                    None => {
                        self.forks.pop();
                    }
                    Some((to, Ok((value, path)))) => {
                        self.restore();
                        if path.is_some() {
                            self.path = path;
                        }
                        self.set(to, value);
                        return Ok(true);
                    }
                    Some((_, Err(Interruption::Error(error)))) => {
                        self.restore();
                        self.forks.pop();
                        self.raise(error)?;
                        return Ok(true);
                    }
                    Some((_, Err(Interruption::Stop))) => return Err(Ended::Stopped),
                },
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
