//! Steps into values, and follows the path of the steps.
#![forbid(unsafe_code)]

use super::code::{List, Register, Step};
use super::follow::{no_step, not_a_path};
use super::forks::Kind;
use super::machine::Machine;
use super::source::Source;
use crate::value::{bounds, index, slice, Error, Interruption, Val};
use std::rc::Rc;

impl Machine {
    pub(super) fn index(
        &mut self,
        to: Register,
        of: Source,
        key: Source,
        step: Step,
    ) -> Result<bool, Interruption> {
        let result = if of.is_last() && !step.is_followed() {
            // The container may go, so that what is taken out of it is changed in place later.
            let mut container = self.take(of);
            let key = self.peek(key);
            match (&mut container, key) {
                (Val::Obj(members), Val::Str(name)) => Ok(match Rc::get_mut(members) {
                    Some(members) => members.get_mut(key).map(core::mem::take),
                    None => members.get_named(name).map(Val::copy),
                }
                .unwrap_or_default()),
                (container, key) => index(container, key),
            }
        } else {
            let container = self.peek(of);
            let key = self.peek(key);
            if step.is_followed() {
                self.check_step(container, Some(key))?;
            }
            match (container, key) {
                (Val::Obj(members), Val::Str(name)) => {
                    Ok(members.get_named(name).map(Val::copy).unwrap_or_default())
                }
                (container, key) => index(container, key),
            }
        };
        match result {
            Ok(value) => {
                if step.is_followed() {
                    self.follow(key, &value);
                }
                self.set(to, value);
                Ok(true)
            }
            Err(_) if step.is_optional() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn slice(
        &mut self,
        to: Register,
        of: Source,
        range: List,
        step: Step,
    ) -> Result<bool, Interruption> {
        let (from, upto) = (self.source(range, 0), self.source(range, 1));
        let container = self.peek(of);
        let key = if step.is_followed() {
            let key = bounds(self.peek(from), self.peek(upto));
            self.check_step(container, Some(&key))?;
            Some(key)
        } else {
            None
        };
        match slice(container, self.peek(from), self.peek(upto)) {
            Ok(value) => {
                if let (Some(key), Some(path)) = (key, &self.path) {
                    self.path = Some(path.step(key, value.clone()));
                }
                self.set(to, value);
                Ok(true)
            }
            Err(_) if step.is_optional() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Raise an error if a path is followed and does not lead to `value`.
    pub(super) fn check_step(&self, value: &Val, key: Option<&Val>) -> Result<(), Error> {
        match &self.path {
            Some(path) if path.is_left() => Err(no_step(value, key)),
            _ => Ok(()),
        }
    }

    pub(super) fn follow(&mut self, key: Source, value: &Val) {
        if let Some(path) = &self.path {
            self.path = Some(path.step(self.peek(key).clone(), value.clone()));
        }
    }

    pub(super) fn each(
        &mut self,
        to: Register,
        of: Source,
        step: Step,
    ) -> Result<bool, Interruption> {
        if step.is_followed() {
            self.check_step(self.peek(of), None)?;
        }
        let container = self.take(of);
        if !matches!(container, Val::Arr(_) | Val::Obj(_)) {
            return if step.is_optional() {
                Ok(false)
            } else {
                Err(container.not_iterable().into())
            };
        }
        let kind = Kind::Items {
            container,
            next: 0,
            to,
            followed: step.is_followed() && self.path.is_some(),
        };
        self.fork(kind, self.address as u32);
        Ok(false)
    }

    pub(super) fn end_path(
        &mut self,
        mark: Register,
        to: Register,
        from: Source,
    ) -> Result<(), Error> {
        let Some(path) = &self.path else {
            unreachable!("a path is followed from its begin to its end");
        };
        if path.is_left() {
            return Err(not_a_path(self.peek(from)));
        }
        let keys = path.keys();
        let mark = self.marked(Source::register(mark));
        let Kind::Path(outer) = &self.forks[mark].kind else {
            unreachable!("it is marked where it begins");
        };
        self.path.clone_from(outer);
        if self.forks.len() == mark + 1 {
            self.forks.pop();
        }
        self.set(to, keys);
        Ok(())
    }
}
