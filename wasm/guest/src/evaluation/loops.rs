//! Goes through items and numbers in loops, which need no forks.
#![forbid(unsafe_code)]

use super::code::Register;
use super::machine::Machine;
use super::source::Source;
use crate::value::{Error, Num, Val};
use std::rc::Rc;

/// Integers of a range that are computed directly, so that all sums are exact.
const SMALL: u64 = 1 << 51;

impl Machine {
    /// Begin with the items of a value, which moves to the register `container`.
    pub(super) fn begin_loop(
        &mut self,
        container: Register,
        place: Register,
        of: Source,
    ) -> Result<(), Error> {
        let value = self.take(of);
        if !matches!(value, Val::Arr(_) | Val::Obj(_)) {
            return Err(value.not_iterable());
        }
        self.set(container, value);
        self.set(place, Val::Num(Num::Int(0)));
        Ok(())
    }

    /// Write the next item, and return whether there is one.
    ///
    /// A container that nothing else holds gives its items away, so that they can be changed in place.
    #[inline(always)]
    pub(super) fn next_item(&mut self, to: Register, container: Register, place: Register) -> bool {
        let place = self.base + place as usize;
        let Val::Num(Num::Int(at)) = self.slots[place] else {
            unreachable!("the loop begins with an integer");
        };
        let container = self.base + container as usize;
        let index = at as usize;
        let item = match &mut self.slots[container] {
            Val::Arr(items) => match Rc::get_mut(items) {
                Some(items) => items.get_mut(index).map(core::mem::take),
                None => items.get(index).map(Val::copy),
            },
            Val::Obj(members) => match Rc::get_mut(members) {
                Some(members) => members.value_mut(index).map(core::mem::take),
                None => members.get_index(index).map(|(_, item)| item.copy()),
            },
            _ => None,
        };
        let Some(item) = item else {
            self.slots[container] = Val::Null;
            return false;
        };
        self.put(place, Val::Num(Num::Int(at + 1)));
        self.set(to, item);
        true
    }

    /// Begin with `range(from; upto)`.
    pub(super) fn begin_range(
        &mut self,
        next: Register,
        end: Register,
        from: Source,
        upto: Source,
    ) -> Result<(), Error> {
        let (Val::Num(from), Val::Num(upto)) = (self.take(from), self.take(upto)) else {
            return Err(Error::str("Range bounds must be numeric"));
        };
        // A whole number is one that the loop counts to.
        let upto = upto.as_i64().map_or(upto, Num::Int);
        self.set(next, Val::Num(from));
        self.set(end, Val::Num(upto));
        Ok(())
    }

    /// Write the next number, and return whether there is one.
    #[inline(always)]
    pub(super) fn next_number(&mut self, to: Register, next: Register, end: Register) -> bool {
        let (next, end) = (self.base + next as usize, self.base + end as usize);
        if let (Val::Num(Num::Int(now)), Val::Num(Num::Int(upto))) =
            (&self.slots[next], &self.slots[end])
        {
            let (now, upto) = (*now, *upto);
            if now.unsigned_abs() < SMALL && now != -1 {
                if now >= upto {
                    return false;
                }
                self.put(next, Val::Num(Num::Int(now + 1)));
                self.set(to, Val::Num(Num::Int(now)));
                return true;
            }
        }
        self.next_of_any(to, next, end)
    }

    /// The same for numbers of every size; the zero after -1 is one that was computed.
    fn next_of_any(&mut self, to: Register, next: usize, end: usize) -> bool {
        let (Val::Num(now), Val::Num(upto)) = (&self.slots[next], &self.slots[end]) else {
            unreachable!("a range begins with numbers");
        };
        if *now >= *upto {
            return false;
        }
        let after = now.add(&Num::Int(1));
        let now = core::mem::replace(&mut self.slots[next], Val::Num(after));
        self.set(to, now);
        true
    }
}
