//! Changes values in place: takes what is at a key or path out of a container, and puts what replaces it back.
#![forbid(unsafe_code)]

use super::code::Register;
use super::machine::Machine;
use super::source::Source;
use crate::value::{
    delete_keys, delete_paths, get_path, index, keys, position, put, update_path, Error, Num, Val,
};
use std::rc::Rc;

impl Machine {
    fn slot(&mut self, register: Register) -> &mut Val {
        &mut self.slots[self.base + register as usize]
    }

    /// Take the value at `key` out of a container, which keeps null there until [`Self::put`].
    pub(super) fn take_at(
        &mut self,
        to: Register,
        container: Register,
        key: Source,
    ) -> Result<(), Error> {
        let key = self.take(key);
        let container = self.slot(container);
        let place = match (&mut *container, &key) {
            (Val::Obj(members), Val::Str(_)) => Rc::make_mut(members).get_mut(&key),
            (Val::Arr(items), Val::Num(number)) => position(number.as_f64(), items.len())
                .and_then(|place| Rc::make_mut(items).get_mut(place)),
            _ => {
                let value = index(container, &key)?;
                self.set(to, value);
                return Ok(());
            }
        };
        let value = place.map(core::mem::take).unwrap_or_default();
        self.set(to, value);
        Ok(())
    }

    /// Put a value at `key` of a container.
    pub(super) fn put_at(
        &mut self,
        container: Register,
        key: Source,
        value: Source,
    ) -> Result<(), Error> {
        let (key, value) = (self.take(key), self.take(value));
        let container = self.slot(container);
        if let (Val::Obj(members), Val::Str(_)) = (&mut *container, &key) {
            if let Some(place) = Rc::make_mut(members).get_mut(&key) {
                *place = value;
                return Ok(());
            }
        }
        *container = put(core::mem::take(container), &[key], value)?;
        Ok(())
    }

    /// Remove the value at `key` of a container.
    pub(super) fn remove_at(&mut self, container: Register, key: Source) -> Result<(), Error> {
        let key = self.take(key);
        let container = self.slot(container);
        *container = delete_keys(core::mem::take(container), &[&key])?;
        Ok(())
    }

    /// Replace the value at a path.
    pub(super) fn set_path(
        &mut self,
        root: Register,
        path: Source,
        value: Source,
    ) -> Result<(), Error> {
        let (path, value) = (self.take(path), self.take(value));
        let root = self.slot(root);
        *root = put(core::mem::take(root), keys(&path)?, value)?;
        Ok(())
    }

    /// Take the value at a path, to replace it next.
    pub(super) fn take_path(
        &mut self,
        to: Register,
        root: Register,
        path: Source,
    ) -> Result<(), Error> {
        let path = self.take(path);
        let keys = keys(&path)?;
        let root = self.slot(root);
        let mut value = get_path(root, keys)?;
        // A place with null may not exist, and must not be created when the update has no output. A place that an
        // array or a slice selects cannot be set to null now and deleted later.
        let selects = |key: &Val| matches!(key, Val::Arr(_) | Val::Obj(_));
        if !matches!(value, Val::Null) && !keys.iter().any(selects) {
            value = Val::Null;
            let taken = &mut value;
            *root = update_path(core::mem::take(root), keys, &mut |old| {
                *taken = old;
                Ok::<_, Error>(Val::Null)
            })?;
        }
        self.set(to, value);
        Ok(())
    }

    /// Remove the values at paths.
    pub(super) fn delete_paths(&mut self, root: Register, paths: Register) -> Result<(), Error> {
        let paths = core::mem::take(self.slot(paths));
        let root = self.slot(root);
        *root = delete_paths(core::mem::take(root), &paths)?;
        Ok(())
    }

    /// Begin with the items of a container.
    pub(super) fn begin_items(
        &mut self,
        container: Register,
        place: Register,
        removed: Register,
    ) -> Result<(), Error> {
        let container = self.slot(container);
        if !matches!(container, Val::Arr(_) | Val::Obj(_)) {
            return Err(container.not_iterable());
        }
        self.set_count(place, 0);
        self.set(removed, Val::Null);
        Ok(())
    }

    fn count(&self, register: Register) -> usize {
        match self.slots[self.base + register as usize] {
            Val::Num(Num::Int(count)) => count as usize,
            _ => unreachable!("the compiler begins with an integer"),
        }
    }

    fn set_count(&mut self, register: Register, count: usize) {
        self.set(register, Val::Num(Num::Int(count as i64)));
    }

    /// Take the next item, and return whether there is one. The place is that of the item after it.
    pub(super) fn take_item(&mut self, to: Register, container: Register, place: Register) -> bool {
        let at = self.count(place);
        let Some(item) = item_mut(self.slot(container), at).map(core::mem::take) else {
            return false;
        };
        self.set_count(place, at + 1);
        self.set(to, item);
        true
    }

    /// Put the item that was taken last back.
    pub(super) fn put_item(&mut self, container: Register, place: Register, value: Source) {
        let at = self.count(place) - 1;
        let value = self.take(value);
        if let Some(item) = item_mut(self.slot(container), at) {
            *item = value;
        }
    }

    /// Remember that the item that was taken last is to be removed.
    pub(super) fn remove_item(&mut self, removed: Register, place: Register) {
        let at = Val::from(self.count(place) - 1);
        match self.slot(removed) {
            Val::Arr(places) => Rc::make_mut(places).push(at),
            none => *none = Val::Arr(Rc::new(vec![at])),
        }
    }

    /// Remove the items that are to be removed.
    pub(super) fn end_items(&mut self, container: Register, removed: Register) {
        let Val::Arr(places) = core::mem::take(self.slot(removed)) else {
            return;
        };
        let mut places = places
            .iter()
            .filter_map(Val::as_num)
            .map(|place| place.as_f64() as usize)
            .peekable();
        let mut at = 0;
        let mut is_kept = || {
            let is_kept = places.next_if_eq(&at).is_none();
            at += 1;
            is_kept
        };
        match self.slot(container) {
            Val::Arr(items) => Rc::make_mut(items).retain(|_| is_kept()),
            Val::Obj(members) => Rc::make_mut(members).retain(|_, _| is_kept()),
            _ => {}
        }
    }
}

/// Find the item of a container at a place in its order, to change it.
fn item_mut(container: &mut Val, at: usize) -> Option<&mut Val> {
    match container {
        Val::Arr(items) => Rc::make_mut(items).get_mut(at),
        Val::Obj(members) => Rc::make_mut(members).value_mut(at),
        _ => None,
    }
}
