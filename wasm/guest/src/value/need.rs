//! Says which parts of a value are needed: a tree of keys and items.
//!
//! A value that is read for a need holds what the need says, and is otherwise smaller than the whole one: see [`Need`].
#![forbid(unsafe_code)]

use super::{Map, Val};

/// How deep a tree may be; what is further down is needed as a whole.
const DEEPEST: u32 = 24;
/// How many nodes a tree may have; with more everything is needed.
const MOST_NODES: u32 = 300;

/// What is needed of a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Need {
    /// Nothing: null may stand in its place.
    #[default]
    Nothing,
    /// The kind of the value, all of it if it is neither array nor object, and these parts.
    Part(Box<Part>),
    /// The whole value.
    All,
}

/// What is needed of an array or object besides its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Whether all keys of an object and the length of an array are needed. Otherwise members of which nothing is
    /// needed, and items after the last one that is, may be missing.
    pub shape: bool,
    /// What is needed of the members with these keys.
    pub members: Vec<(Box<[u8]>, Need)>,
    /// What is needed of all other members.
    pub others: Need,
    /// What is needed of the items.
    pub items: Need,
    /// The number of first items of which that is needed.
    pub first: usize,
    depth: u32,
    nodes: u32,
}

/// Nothing, to refer to.
const NOTHING: &Need = &Need::Nothing;

impl Need {
    /// The kind of the value, and all of it if it is neither array nor object.
    pub fn kind() -> Self {
        Part::default().need()
    }

    /// The keys of an object, the length of an array.
    pub fn shape() -> Self {
        Part {
            shape: true,
            ..Part::default()
        }
        .need()
    }

    /// The member with this key.
    pub fn member(key: &[u8], need: Self) -> Self {
        let mut part = Part::default();
        if need != Self::Nothing {
            part.members.push((key.into(), need));
        }
        part.need()
    }

    /// The item at this place, counted from the first.
    pub fn item(place: usize, need: Self) -> Self {
        let mut part = Part::default();
        if need != Self::Nothing {
            (part.first, part.items) = (place + 1, need);
        }
        part.need()
    }

    /// All items of an array, and their number.
    pub fn items(need: Self) -> Self {
        Part {
            shape: true,
            first: usize::MAX,
            items: need,
            ..Part::default()
        }
        .need()
    }

    /// All items of an array or members of an object, and how many there are.
    pub fn each(need: Self) -> Self {
        Part {
            shape: true,
            first: usize::MAX,
            others: need.clone(),
            items: need,
            ..Part::default()
        }
        .need()
    }

    /// All items of an array; another value is needed as a whole.
    pub fn items_or_all(need: Self) -> Self {
        Part {
            shape: true,
            first: usize::MAX,
            others: Self::All,
            items: need,
            ..Part::default()
        }
        .need()
    }

    /// Whether the kind of the value suffices, where it is an array or object.
    pub fn is_of_kind(&self) -> bool {
        let Self::Part(part) = self else {
            return *self == Self::Nothing;
        };
        let rest = [&part.others, &part.items];
        !part.shape
            && part.members.is_empty()
            && rest.into_iter().all(|need| *need == Self::Nothing)
    }

    /// What is needed of the member with this key.
    pub fn of_member(&self, key: &[u8]) -> &Self {
        match self {
            Self::Nothing => NOTHING,
            Self::All => &Self::All,
            Self::Part(part) => part.member(key),
        }
    }

    /// What is needed of any item.
    pub fn of_items(&self) -> &Self {
        match self {
            Self::Nothing => NOTHING,
            Self::All => &Self::All,
            Self::Part(part) => &part.items,
        }
    }

    /// What is needed of the item at this place.
    pub fn of_item(&self, place: usize) -> &Self {
        match self {
            Self::Part(part) if place >= part.first => NOTHING,
            need => need.of_items(),
        }
    }

    /// Whether an item must stand at this place, be it null.
    pub fn has_item(&self, place: usize) -> bool {
        match self {
            Self::Nothing => false,
            Self::All => true,
            Self::Part(part) => part.shape || place < part.first,
        }
    }

    /// What is needed of any member or item.
    pub fn of_any(&self) -> Self {
        let mut any = self.of_items().clone();
        if let Self::Part(part) = self {
            any.join(&part.others);
            for (_, need) in &part.members {
                any.join(need);
            }
        }
        any
    }

    /// Need what `other` needs, too. Returns: whether that is more than before.
    pub fn join(&mut self, other: &Self) -> bool {
        match (&mut *self, other) {
            (Self::All, _) | (_, Self::Nothing) => false,
            (_, Self::All) => {
                *self = Self::All;
                true
            }
            (Self::Nothing, Self::Part(_)) => {
                *self = other.clone();
                true
            }
            (Self::Part(part), Self::Part(other)) => {
                let is_more = part.join(other);
                if is_more && part.is_too_large() {
                    *self = Self::All;
                }
                is_more
            }
        }
    }

    fn size(&self) -> (u32, u32) {
        match self {
            Self::Part(part) => (part.depth, part.nodes),
            _ => (0, 1),
        }
    }

    /// Show the tree as a value: null, true, or an object with the parts.
    pub fn shown(&self) -> Val {
        let part = match self {
            Self::Nothing => return Val::Null,
            Self::All => return Val::Bool(true),
            Self::Part(part) => part,
        };
        let keys = part.members.iter();
        let keys = keys.map(|(key, need)| (Val::str(key.to_vec()), need.shown()));
        let mut members = vec![
            ("shape", Val::Bool(part.shape)),
            ("keys", Val::obj(keys.collect())),
            ("others", part.others.shown()),
            ("items", part.items.shown()),
        ];
        if part.first < usize::MAX {
            members.push(("first", Val::from(part.first)));
        }
        let members = members.into_iter();
        Val::obj(
            members
                .map(|(key, value)| (Val::from(key), value))
                .collect::<Map>(),
        )
    }
}

impl Part {
    /// What is needed of the member with this key.
    pub fn member(&self, key: &[u8]) -> &Need {
        let named = self.members.iter().find(|(known, _)| **known == *key);
        named.map_or(&self.others, |(_, need)| need)
    }

    fn need(mut self) -> Need {
        self.measure();
        if self.is_too_large() {
            return Need::All;
        }
        Need::Part(Box::new(self))
    }

    fn measure(&mut self) {
        let members = self.members.iter().map(|(_, need)| need.size());
        let both = [self.others.size(), self.items.size()];
        let (depth, nodes) = members
            .chain(both)
            .fold((0, 1), |(depth, nodes), (d, n)| (depth.max(d), nodes + n));
        (self.depth, self.nodes) = (depth + 1, nodes);
    }

    fn is_too_large(&self) -> bool {
        self.depth > DEEPEST || self.nodes > MOST_NODES
    }

    fn join(&mut self, other: &Self) -> bool {
        let mut is_more = other.shape && !self.shape;
        self.shape |= other.shape;
        for (key, need) in &other.members {
            match self.members.iter_mut().find(|(known, _)| known == key) {
                Some((_, known)) => is_more |= known.join(need),
                None => {
                    // What is needed of members without a name is needed of this one as well.
                    let mut need = need.clone();
                    need.join(&self.others);
                    self.members.push((key.clone(), need));
                    is_more = true;
                }
            }
        }
        for (key, known) in &mut self.members {
            if !other.members.iter().any(|(named, _)| named == key) {
                is_more |= known.join(&other.others);
            }
        }
        is_more |= self.others.join(&other.others);
        is_more |= self.items.join(&other.items);
        is_more |= other.first > self.first;
        self.first = self.first.max(other.first);
        self.measure();
        is_more
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_of_all_members_is_needed_of_those_with_names() {
        let mut need = Need::member(b"a", Need::kind());
        assert!(need.join(&Need::each(Need::member(b"b", Need::All))));
        assert_eq!(need.of_member(b"a").of_member(b"b"), &Need::All);
        assert_eq!(need.of_member(b"c").of_member(b"c"), &Need::Nothing);
        // In the other order, too.
        let mut other = Need::each(Need::member(b"b", Need::All));
        assert!(other.join(&Need::member(b"a", Need::kind())));
        assert_eq!(need, other);
        assert!(!other.join(&Need::member(b"a", Need::kind())));
    }

    #[test]
    fn items_are_needed_up_to_the_last_that_is() {
        let mut need = Need::item(1, Need::All);
        assert!(need.join(&Need::item(3, Need::kind())));
        assert_eq!(need.of_item(3), &Need::All);
        assert_eq!(need.of_item(4), &Need::Nothing);
        assert!(need.join(&Need::each(Need::Nothing)));
        assert_eq!(need.of_item(4), &Need::All);
    }

    #[test]
    fn a_tree_that_grows_too_deep_or_too_large_is_everything() {
        let deep = (1..DEEPEST).fold(Need::kind(), |need, _| Need::member(b"a", need));
        assert_ne!(deep, Need::All);
        assert_eq!(Need::member(b"a", deep), Need::All);
        let mut wide = Need::kind();
        for key in 0..MOST_NODES - 3 {
            assert!(wide.join(&Need::member(key.to_string().as_bytes(), Need::All)));
        }
        assert_ne!(wide, Need::All);
        assert!(wide.join(&Need::member(b"more", Need::All)));
        assert_eq!(wide, Need::All);
    }
}
