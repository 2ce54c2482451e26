//! Reads JSON texts into values, with the place of every mistake and a limit on nesting.
//!
//! It reads what jq reads: JSON texts one after another (RFC 8259), and also numbers in the forms of decNumber
//! (`.5`, `1.`, `+1`, `nan`, `-Infinity`), a byte order mark at the start, and invalid UTF-8 or lone surrogates in
//! strings, which become U+FFFD. Numbers keep their text: integers of any size are exact, and a decimal with which nothing computes
//! is written as it was read.
#![forbid(unsafe_code)]

mod elements;
mod numbers;
mod passing;
mod selected;
mod strings;

use crate::value::{Map, Need, Val};
use passing::Open;

/// A mistake in a JSON text, and its place.
#[derive(Debug, PartialEq, Eq)]
pub struct ReadError {
    /// Byte offset in the whole input.
    pub offset: usize,
    /// The kind of mistake.
    pub cause: Cause,
}

/// A kind of mistake.
#[derive(Debug, PartialEq, Eq)]
pub enum Cause {
    /// The text is not JSON; the text that was expected instead.
    Syntax(&'static str),
    /// Arrays and objects nest deeper than allowed.
    Depth,
}

impl Cause {
    /// Describe the mistake to a person.
    pub fn message(&self) -> String {
        match self {
            Self::Syntax(expected) => format!("expected {expected}"),
            Self::Depth => "arrays and objects nest too deep".into(),
        }
    }
}

type Read<T> = Result<T, ReadError>;

const NO_KEY: &str = "a string as the object's key";
const AFTER_ITEM: &str = "',' or ']' in the array";
const AFTER_MEMBER: &str = "',' or '}' in the object";

/// Reads a stream of JSON texts from bytes that live as long as the instance.
pub struct Reader {
    input: &'static [u8],
    at: usize,
    depth: usize,
    /// Items of the open arrays: an array is made at its end, when its length is known.
    items: Vec<Val>,
    /// Members of the open objects.
    members: Vec<(Val, Val)>,
    /// The arrays and objects that are open in what is passed over.
    open: Vec<Open>,
}

impl Reader {
    /// Prepare to read `input`, in which arrays and objects may nest `depth` deep.
    pub fn new(input: &'static [u8], depth: usize) -> Self {
        let at = if input.starts_with(b"\xef\xbb\xbf") {
            3
        } else {
            0
        };
        Self {
            input,
            at,
            depth,
            items: Vec::new(),
            members: Vec::new(),
            open: Vec::new(),
        }
    }

    /// The byte offset at which the reader is.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// The bytes read so far.
    pub fn consumed(&self) -> &'static [u8] {
        &self.input[..self.at]
    }

    /// Read the next JSON text; `None` at the end of the input.
    pub fn next_text(&mut self) -> Option<Read<Val>> {
        self.next_needed(&Need::All)
    }

    /// Read what is needed of the next JSON text; `None` at the end of the input. Mistakes are those of the whole text.
    pub fn next_needed(&mut self, need: &Need) -> Option<Read<Val>> {
        self.space();
        let open_ended = !matches!(self.peek()?, b'"' | b'[' | b'{');
        let value = self.needed(0, need);
        Some(value.and_then(|value| self.delimited(value, open_ended)))
    }

    /// Refuse a literal or number that goes on, as `truefalse` and `1a` do, or stands before what cannot follow it.
    fn delimited(&self, value: Val, open_ended: bool) -> Read<Val> {
        match self.peek() {
            // jq refuses the word together with what ends it.
            Some(b',' | b':' | b']' | b'}') if open_ended => self.fail("a JSON value"),
            None | Some(b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'[' | b'{') => Ok(value),
            Some(_) if open_ended => self.fail("white space or a delimiter after this value"),
            Some(_) => Ok(value),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.input.get(self.at).copied()
    }

    #[cold]
    fn fail<T>(&self, expected: &'static str) -> Read<T> {
        Err(ReadError {
            offset: self.at,
            cause: Cause::Syntax(expected),
        })
    }

    #[inline]
    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
            // Indented texts have long runs of spaces.
            while self.input[self.at..].starts_with(&[b' '; 8]) {
                self.at += 8;
            }
        }
    }

    fn literal(&mut self, literal: &'static str, value: Val) -> Read<Val> {
        if self.input[self.at..].starts_with(literal.as_bytes()) {
            self.at += literal.len();
            Ok(value)
        } else {
            self.fail("a JSON value")
        }
    }

    fn value(&mut self, level: usize) -> Read<Val> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'0'..=b'9' | b'-') => self.number(),
            Some(b'{') => self.object(level),
            Some(b'[') => self.array(level),
            Some(b't') => self.literal("true", Val::Bool(true)),
            Some(b'f') => self.literal("false", Val::Bool(false)),
            Some(b'n') if self.input[self.at..].starts_with(b"nu") => {
                self.literal("null", Val::Null)
            }
            Some(b'+' | b'.' | b'a'..=b'z' | b'A'..=b'Z') => match self.odd_number(self.at) {
                Some(number) => Ok(number),
                None => self.fail("a JSON value"),
            },
            _ => self.fail("a JSON value"),
        }
    }

    fn deeper(&self, level: usize) -> Read<usize> {
        if level == self.depth {
            return Err(ReadError {
                offset: self.at,
                cause: Cause::Depth,
            });
        }
        Ok(level + 1)
    }

    fn array(&mut self, level: usize) -> Read<Val> {
        let level = self.deeper(level)?;
        self.at += 1;
        let first = self.items.len();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Val::Arr(Vec::new().into()));
        }
        loop {
            self.space();
            let item = self.value(level)?;
            self.items.push(item);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(self.closed_array(first, level));
                }
                _ => return self.fail(AFTER_ITEM),
            }
        }
    }

    /// Make the array of the items from `first` on.
    #[inline(always)]
    fn closed_array(&mut self, first: usize, level: usize) -> Val {
        let items = if level == 1 {
            // No other array is open: take all items at once, for they may be many.
            core::mem::take(&mut self.items)
        } else {
            self.items.drain(first..).collect()
        };
        Val::Arr(items.into())
    }

    fn object(&mut self, level: usize) -> Read<Val> {
        let level = self.deeper(level)?;
        self.at += 1;
        let first = self.members.len();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Val::obj(Map::default()));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return self.fail(NO_KEY);
            }
            let key = self.string()?;
            self.colon()?;
            let value = self.value(level)?;
            self.members.push((key, value));
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Val::obj(self.members.drain(first..).collect()));
                }
                _ => return self.fail(AFTER_MEMBER),
            }
        }
    }

    /// Pass over what stands between a key and its value.
    #[inline(always)]
    fn colon(&mut self) -> Read<()> {
        self.space();
        if self.peek() != Some(b':') {
            return self.fail("':' after the object's key");
        }
        self.at += 1;
        self.space();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &'static str) -> Vec<Result<String, (usize, Cause)>> {
        let mut reader = Reader::new(input.as_bytes(), 4);
        let mut out = Vec::new();
        while let Some(text) = reader.next_text() {
            let failed = text.is_err();
            out.push(
                text.map(|value| value.to_string())
                    .map_err(|e| (e.offset, e.cause)),
            );
            if failed {
                break;
            }
        }
        out
    }

    fn ok(texts: &[&str]) -> Vec<Result<String, (usize, Cause)>> {
        texts.iter().map(|text| Ok((*text).to_string())).collect()
    }

    #[test]
    fn texts_follow_one_another_with_or_without_white_space() {
        assert_eq!(
            read(" 1 2\n[3]{\"a\":4}\"b\"null "),
            ok(&["1", "2", "[3]", "{\"a\":4}", "\"b\"", "null"])
        );
        assert_eq!(read(""), []);
        assert_eq!(read("\u{feff} 1"), ok(&["1"]));
    }

    #[test]
    fn numbers_keep_what_was_written() {
        for number in [
            "0",
            "-0",
            "12",
            "-12",
            "999999999",
            "2147483647",
            "2147483648",
            "-2147483649",
            "9007199254740993",
            "123456789012345678901234567890",
            "0.1000",
            "1E+400",
            "1E-7",
            "-1.5E+3",
        ] {
            let mut reader = Reader::new(number.as_bytes(), 4);
            assert_eq!(reader.next_text().unwrap().unwrap().to_string(), number);
        }
    }

    #[test]
    fn numbers_have_the_forms_of_decnumber() {
        for (written, kept) in [
            (".5", "0.5"),
            ("-.5", "-0.5"),
            ("+.5e+3", "5E+2"),
            ("1.", "1"),
            ("-1.", "-1"),
            ("5.e-3", "0.005"),
            ("+1", "1"),
            ("007", "7"),
            ("nan", "null"),
            ("-NaN", "null"),
            ("sNaN00", "null"),
            ("+Inf", "1.7976931348623157e+308"),
            ("-infinity", "-1.7976931348623157e+308"),
        ] {
            assert_eq!(read(written), ok(&[kept]), "{written}");
            let (array, shown) = (format!("[{written}]"), format!("[{kept}]"));
            assert_eq!(read(array.leak()), ok(&[&shown]), "{written}");
        }
    }

    #[test]
    fn escapes_are_decoded_and_lone_surrogates_replaced() {
        assert_eq!(
            read(r#""\"\\\/\b\f\n\r\t\u0041\ud83d\ude00""#),
            ok(&[r#""\"\\/\b\f\n\r\tA😀""#])
        );
        assert_eq!(
            read(r#""\ud83dx" "\ude00" "\ud83d\u0041""#),
            ok(&["\"\u{fffd}x\"", "\"\u{fffd}\"", "\"\u{fffd}A\""])
        );
    }

    #[test]
    fn invalid_utf8_is_replaced() {
        let mut reader = Reader::new(b"\"a\xffb\" \"\\n\xff\"", 4);
        assert_eq!(
            reader.next_text().unwrap().unwrap().to_string(),
            "\"a\u{fffd}b\""
        );
        assert_eq!(
            reader.next_text().unwrap().unwrap().to_string(),
            "\"\\n\u{fffd}\""
        );
    }

    #[test]
    fn the_last_of_equal_keys_wins_at_the_first_place() {
        assert_eq!(read(r#"{"a":1,"b":2,"a":3}"#), ok(&[r#"{"a":3,"b":2}"#]));
    }

    #[test]
    fn mistakes_name_their_place() {
        for (input, offset) in [
            ("[1,]", 3),
            ("[1 2]", 3),
            ("{\"a\" 1}", 5),
            ("{a:1}", 1),
            ("{\"a\":1,}", 7),
            ("\"abc", 4),
            ("\"\\x\"", 1),
            ("\"\\u12\"", 1),
            ("-", 1),
            ("1e", 2),
            ("tru", 0),
            ("truefalse", 4),
            ("1a", 1),
            ("\"a\nb\"", 2),
            ("[", 1),
            ("{", 1),
            ("]", 0),
            ("'a'", 0),
            ("# x", 0),
            ("+", 0),
            (".", 0),
            ("-+1", 1),
            ("[1.5.5]", 4),
            ("[1e]", 3),
            ("nan1", 0),
            ("infinite", 0),
            ("[.5x]", 1),
            (".5,", 2),
            ("null]", 4),
            ("1\u{1e}2", 1),
            ("true#", 4),
            ("1\u{feff}", 1),
        ] {
            match read(input).pop() {
                Some(Err((at, Cause::Syntax(_)))) => assert_eq!(at, offset, "{input}"),
                other => panic!("{input}: {other:?}"),
            }
        }
    }

    #[test]
    fn nesting_is_limited_at_its_edge() {
        assert_eq!(read("[[[[1]]]]"), ok(&["[[[[1]]]]"]));
        assert_eq!(read("[[[[[1]]]]]"), [Err((4, Cause::Depth))]);
        assert_eq!(read("{\"a\":[{\"b\":[{}]}]}"), [Err((12, Cause::Depth))]);
    }
}
