//! Implements jaq-core's trait for values: how they are made, indexed, iterated and updated.
#![forbid(unsafe_code)]

use super::{path, update, Error, Map, Num, Val, ValR};
use jaq_core::box_iter::BoxIter;
use jaq_core::path::Opt;
use jaq_core::val::Range;
use std::rc::Rc;

impl jaq_core::ValT for Val {
    fn from_num(text: &str) -> ValR {
        Ok(Self::Num(Num::literal(text)))
    }

    fn from_map<I: IntoIterator<Item = (Self, Self)>>(members: I) -> ValR {
        let mut map = Map::default();
        for (key, value) in members {
            if !matches!(key, Self::Str(_)) {
                return Err(Error::str(format_args!(
                    "Cannot use {} ({}) as object key",
                    key.kind(),
                    key.quoted()
                )));
            }
            map.insert(key, value);
        }
        Ok(Self::obj(map))
    }

    fn key_values(self) -> BoxIter<'static, Result<(Self, Self), Error>> {
        match self {
            Self::Arr(items) => BoxIter::new(
                Rc::unwrap_or_clone(items)
                    .into_iter()
                    .enumerate()
                    .map(|(index, item)| Ok((Self::from(index), item))),
            ),
            Self::Obj(members) => BoxIter::new(Rc::unwrap_or_clone(members).into_iter().map(Ok)),
            other => BoxIter::Once(Err(other.not_iterable())),
        }
    }

    fn is_iterable(&self) -> bool {
        matches!(self, Self::Arr(_) | Self::Obj(_))
    }

    fn values(self) -> Box<dyn Iterator<Item = ValR>> {
        match self {
            Self::Arr(items) => match Rc::try_unwrap(items) {
                Ok(items) => Box::new(items.into_iter().map(Ok)),
                // Clone an item when the filter asks for it: often it does not ask for all.
                Err(items) => Box::new((0..items.len()).map(move |index| Ok(items[index].clone()))),
            },
            Self::Obj(members) => Box::new(Rc::unwrap_or_clone(members).into_values().map(Ok)),
            other => Box::new(core::iter::once(Err(other.not_iterable()))),
        }
    }

    fn index(self, index: &Self) -> ValR {
        path::index(&self, index)
    }

    fn index_str(self, index: &str) -> ValR {
        path::member(&self, index)
    }

    fn range(self, range: Range<&Self>) -> ValR {
        path::slice(
            &self,
            range.start.unwrap_or(&Self::Null),
            range.end.unwrap_or(&Self::Null),
        )
    }

    fn map_values<'a, I: Iterator<Item = jaq_core::ValX<'a, Self>>>(
        self,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> jaq_core::ValX<'a, Self> {
        update::map_values(self, opt, f)
    }

    fn map_index<'a, I: Iterator<Item = jaq_core::ValX<'a, Self>>>(
        self,
        index: &Self,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> jaq_core::ValX<'a, Self> {
        update::map_index(self, index, opt, f)
    }

    fn map_range<'a, I: Iterator<Item = jaq_core::ValX<'a, Self>>>(
        self,
        range: Range<&Self>,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> jaq_core::ValX<'a, Self> {
        let range = range.start.cloned()..range.end.cloned();
        update::map_index(self, &Self::from(range), opt, f)
    }

    fn as_bool(&self) -> bool {
        !matches!(self, Self::Null | Self::Bool(false))
    }

    fn into_string(self) -> Self {
        match self {
            Self::Str(_) => self,
            other => Self::from(other.to_string()),
        }
    }
}
