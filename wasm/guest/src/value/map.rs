//! Keeps the members of an object in the order in which they were added.
//!
//! Most objects have few members: then looking at each is faster than hashing its name, and one list is all
//! their memory. An object with more members has an index by hash, too.
#![forbid(unsafe_code)]

use super::Val;
use core::hash::BuildHasher;
use foldhash::fast::FixedState;
use hashbrown::hash_table::Entry;
use hashbrown::HashTable;

/// Up to this many members an object has no index.
const FEW: usize = 8;

/// The members of an object, in the order in which they were added. Every key is a string.
#[derive(Clone, Debug, Default)]
pub struct Map {
    members: Vec<(Val, Val)>,
    /// Places of all members by the hash of their keys, once there are more than a few.
    index: Option<Box<HashTable<usize>>>,
}

fn name(key: &Val) -> &[u8] {
    key.as_str().unwrap_or_default()
}

/// Hash a name. The seed is fixed, so that fuel is the same in all runs.
fn hash(name: &[u8]) -> u64 {
    FixedState::default().hash_one(name)
}

impl Map {
    /// Make an empty object with memory for `capacity` members.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            members: Vec::with_capacity(capacity),
            index: None,
        }
    }

    /// The number of members.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    fn place(&self, wanted: &[u8]) -> Option<usize> {
        match &self.index {
            None => self.members.iter().position(|(key, _)| name(key) == wanted),
            Some(index) => {
                let same = |place: &usize| name(&self.members[*place].0) == wanted;
                index.find(hash(wanted), same).copied()
            }
        }
    }

    /// Look up the value at a name.
    pub fn get_named(&self, name: &[u8]) -> Option<&Val> {
        self.place(name).map(|place| &self.members[place].1)
    }

    /// Look up the value at a key.
    pub fn get(&self, key: &Val) -> Option<&Val> {
        self.get_named(key.as_str()?)
    }

    /// Look up the value at a key, to change it.
    pub fn get_mut(&mut self, key: &Val) -> Option<&mut Val> {
        let place = self.place(key.as_str()?)?;
        Some(&mut self.members[place].1)
    }

    /// Whether there is a member with this key.
    pub fn contains_key(&self, key: &Val) -> bool {
        self.get(key).is_some()
    }

    /// The member at a place in the order.
    pub fn get_index(&self, place: usize) -> Option<(&Val, &Val)> {
        self.members.get(place).map(|(key, value)| (key, value))
    }

    /// The value at a place in the order, to change it.
    pub fn value_mut(&mut self, place: usize) -> Option<&mut Val> {
        self.members.get_mut(place).map(|(_, value)| value)
    }

    /// Set the value at a key. A new key gets the last place, a known one keeps its place.
    pub fn insert(&mut self, key: Val, value: Val) {
        let place = self.members.len();
        match &mut self.index {
            None => {
                let known = self
                    .members
                    .iter_mut()
                    .find(|(known, _)| name(known) == name(&key));
                if let Some((_, old)) = known {
                    *old = value;
                    return;
                }
                self.members.push((key, value));
                if self.members.len() > FEW {
                    self.index_all();
                }
            }
            Some(index) => {
                let members = &mut self.members;
                let wanted = name(&key);
                let entry = index.entry(
                    hash(wanted),
                    |known| name(&members[*known].0) == wanted,
                    |known| hash(name(&members[*known].0)),
                );
                match entry {
                    Entry::Occupied(known) => members[*known.get()].1 = value,
                    Entry::Vacant(free) => {
                        free.insert(place);
                        members.push((key, value));
                    }
                }
            }
        }
    }

    /// Remove a member; the order of the others stays.
    pub fn shift_remove(&mut self, key: &Val) {
        let Some(place) = key.as_str().and_then(|name| self.place(name)) else {
            return;
        };
        let (key, _) = self.members.remove(place);
        if let Some(index) = &mut self.index {
            if let Ok(entry) = index.find_entry(hash(name(&key)), |known| *known == place) {
                entry.remove();
            }
            for known in index.iter_mut().filter(|known| **known > place) {
                *known -= 1;
            }
        }
    }

    /// Keep the members for which `keep` returns true; their order stays.
    pub fn retain(&mut self, mut keep: impl FnMut(&Val, &mut Val) -> bool) {
        self.members.retain_mut(|(key, value)| keep(key, value));
        self.index = None;
        if self.members.len() > FEW {
            self.index_all();
        }
    }

    /// Make a new index of all members, whose keys are different.
    fn index_all(&mut self) {
        let hash_at = |place: &usize| hash(name(&self.members[*place].0));
        let mut index = HashTable::with_capacity(self.members.len());
        for place in 0..self.members.len() {
            index.insert_unique(hash_at(&place), place, hash_at);
        }
        self.index = Some(Box::new(index));
    }

    /// The members in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Val, &Val)> {
        self.members.iter().map(|(key, value)| (key, value))
    }

    /// The keys in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &Val> {
        self.members.iter().map(|(key, _)| key)
    }

    /// The values in order, to change them.
    pub fn values_mut(&mut self) -> impl ExactSizeIterator<Item = &mut Val> {
        self.members.iter_mut().map(|(_, value)| value)
    }

    /// The values in order.
    pub fn into_values(self) -> impl ExactSizeIterator<Item = Val> {
        self.members.into_iter().map(|(_, value)| value)
    }
}

impl IntoIterator for Map {
    type Item = (Val, Val);
    type IntoIter = std::vec::IntoIter<(Val, Val)>;

    fn into_iter(self) -> Self::IntoIter {
        self.members.into_iter()
    }
}

impl Extend<(Val, Val)> for Map {
    fn extend<T: IntoIterator<Item = (Val, Val)>>(&mut self, members: T) {
        for (key, value) in members {
            self.insert(key, value);
        }
    }
}

impl FromIterator<(Val, Val)> for Map {
    fn from_iter<T: IntoIterator<Item = (Val, Val)>>(members: T) -> Self {
        let members = members.into_iter();
        let mut map = Self::with_capacity(members.size_hint().0);
        map.extend(members);
        map
    }
}

/// Objects are equal whatever the order of their members.
impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self
                .iter()
                .all(|(key, value)| other.get(key) == Some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> Val {
        Val::from(format!("k{number}"))
    }

    fn map(keys: impl IntoIterator<Item = usize>) -> Map {
        let member = |number| (key(number), Val::from(number));
        keys.into_iter().map(member).collect()
    }

    fn keys(map: &Map) -> Vec<String> {
        map.keys().map(ToString::to_string).collect()
    }

    /// Sizes about the edge where the index begins.
    const SIZES: [usize; 6] = [0, 1, FEW - 1, FEW, FEW + 1, 100];

    #[test]
    fn what_was_put_in_is_found_and_nothing_else() {
        for size in SIZES {
            let map = map(0..size);
            assert_eq!(map.len(), size);
            for number in 0..size {
                assert_eq!(map.get(&key(number)), Some(&Val::from(number)), "{size}");
            }
            assert_eq!(map.get(&key(size)), None);
            assert_eq!(map.get(&Val::Null), None);
        }
    }

    #[test]
    fn a_key_that_is_there_keeps_its_place() {
        for size in SIZES.into_iter().skip(1) {
            let mut changed = map(0..size);
            changed.insert(key(0), Val::Null);
            assert_eq!(keys(&changed), keys(&map(0..size)));
            assert_eq!(changed.get(&key(0)), Some(&Val::Null));
        }
    }

    #[test]
    fn the_others_stay_in_order_and_are_found_when_some_are_removed() {
        for size in SIZES.into_iter().skip(1) {
            for removed in [0, size / 2, size - 1] {
                let mut one_by_one = map(0..size);
                one_by_one.shift_remove(&key(removed));
                one_by_one.shift_remove(&key(size));
                let mut at_once = map(0..size);
                at_once.retain(|name, _| *name != key(removed));
                let expected = map((0..size).filter(|number| *number != removed));
                assert_eq!(keys(&one_by_one), keys(&expected));
                assert_eq!(keys(&at_once), keys(&expected));
                assert_eq!(one_by_one, expected);
                assert_eq!(at_once, expected);
                one_by_one.insert(key(removed), Val::from(removed));
                assert_eq!(one_by_one, map(0..size));
            }
        }
    }

    #[test]
    fn equality_does_not_look_at_the_order() {
        for size in SIZES.into_iter().skip(2) {
            assert_eq!(map(0..size), map((0..size).rev()));
            assert_ne!(map(0..size), map(1..=size));
            assert_ne!(map(0..size), map(0..size - 1));
        }
    }
}
