//! Finds jq's error for a text that is not JSON: message and position, which filters catch and compare.
//!
//! The reader is made for speed and has messages of its own. When it has refused a text, this module goes over
//! the text once more as jq's parser does (`jv_parse.c` of jq 1.8.2), character by character, and stops where
//! that stops.
#![forbid(unsafe_code)]

/// How deep jq lets texts nest.
const DEEPEST: usize = 10_000;

/// The message about a second text, which must be whole itself.
pub const EXTRA: &str = "Unexpected extra JSON values";

/// An open array or object with its number of members, or a key that waits for its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Array(usize),
    Object(usize),
    Key,
}

/// The value that was read last and is not yet in an array or object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Nothing,
    Text,
    Other,
}

struct Parser {
    open: Vec<Open>,
    next: Next,
    token: Vec<u8>,
    line: usize,
    column: usize,
    /// In a string, and after a backslash there.
    string: bool,
    escape: bool,
    /// The number of whole texts so far.
    texts: usize,
}

type Checked = Result<(), &'static str>;

/// Find jq's error for `text` as one JSON text; `None` if jq would read it.
pub fn complaint(text: &[u8]) -> Option<String> {
    complaint_after(text, 1)
}

/// Find jq's error for `text` as any number of JSON texts; `None` if jq would read them.
pub fn of_texts(text: &[u8]) -> Option<String> {
    complaint_after(text, usize::MAX)
}

/// Find jq's error for `text` as at most `most` JSON texts.
fn complaint_after(text: &[u8], most: usize) -> Option<String> {
    let mut parser = Parser {
        open: Vec::new(),
        next: Next::Nothing,
        token: Vec::new(),
        line: 1,
        column: 0,
        string: false,
        escape: false,
        texts: 0,
    };
    for byte in text {
        if let Err(message) = parser.scan(*byte) {
            let (line, column) = (parser.line, parser.column);
            return Some(format!("{message} at line {line}, column {column}"));
        }
        if parser.texts > most {
            break;
        }
    }
    let (line, column) = (parser.line, parser.column);
    let message = if parser.texts > most {
        return Some(EXTRA.into());
    } else if parser.string {
        "Unfinished string"
    } else if let Err(message) = parser.literal() {
        message
    } else if !parser.open.is_empty() {
        "Unfinished JSON term"
    } else {
        return (parser.texts > most).then(|| EXTRA.into());
    };
    Some(format!("{message} at EOF at line {line}, column {column}"))
}

impl Parser {
    fn scan(&mut self, byte: u8) -> Checked {
        self.column += 1;
        if byte == b'\n' {
            self.line += 1;
            self.column = 0;
        }
        if self.string {
            return self.in_string(byte);
        }
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => self.literal()?,
            b'[' | b']' | b'{' | b'}' | b':' | b',' => {
                self.literal()?;
                self.structure(byte)?;
            }
            b'"' => {
                self.literal()?;
                self.string = true;
            }
            _ => self.token.push(byte),
        }
        Ok(())
    }

    /// Count the last value as a text if no array or object is open.
    fn done(&mut self) {
        if self.open.is_empty() && self.next != Next::Nothing {
            self.next = Next::Nothing;
            self.texts += 1;
        }
    }

    fn in_string(&mut self, byte: u8) -> Checked {
        if self.escape {
            self.escape = false;
        } else if byte == b'\\' {
            self.escape = true;
        } else if byte == b'"' {
            self.string = false;
            let token = core::mem::take(&mut self.token);
            escapes(&token)?;
            return self.value(Next::Text);
        }
        self.token.push(byte);
        Ok(())
    }

    fn value(&mut self, next: Next) -> Checked {
        if self.next != Next::Nothing {
            return Err("Expected separator between values");
        }
        self.next = next;
        self.done();
        Ok(())
    }

    /// Check the literal that ends here, if one was begun.
    fn literal(&mut self) -> Checked {
        let token = core::mem::take(&mut self.token);
        let Some(first) = token.first() else {
            return Ok(());
        };
        let pattern: &[u8] = match first {
            b't' => b"true",
            b'f' => b"false",
            b'\'' => return Err("Invalid string literal; expected \", but got '"),
            b'n' if token.get(1) == Some(&b'u') => b"null",
            _ => {
                let text = core::str::from_utf8(&token).unwrap_or("");
                if crate::json::numeral::number(text).is_none() {
                    return Err("Invalid numeric literal");
                }
                return self.value(Next::Other);
            }
        };
        if token != pattern {
            return Err("Invalid literal");
        }
        self.value(Next::Other)
    }

    fn structure(&mut self, byte: u8) -> Checked {
        let has_next = self.next != Next::Nothing;
        match byte {
            b'[' | b'{' => {
                if self.open.len() >= DEEPEST {
                    return Err("Exceeds depth limit for parsing");
                }
                if has_next {
                    return Err("Expected separator between values");
                }
                self.open.push(if byte == b'[' {
                    Open::Array(0)
                } else {
                    Open::Object(0)
                });
            }
            b':' => {
                if !has_next {
                    return Err("Expected string key before ':'");
                }
                if !matches!(self.open.last(), Some(Open::Object(_))) {
                    return Err("':' not as part of an object");
                }
                if self.next != Next::Text {
                    return Err("Object keys must be strings");
                }
                self.open.push(Open::Key);
                self.next = Next::Nothing;
            }
            b',' => {
                if !has_next {
                    return Err("Expected value before ','");
                }
                match self.open.last() {
                    None => return Err("',' not as part of an object or array"),
                    Some(Open::Object(_)) => return Err("Objects must consist of key:value pairs"),
                    Some(Open::Array(_) | Open::Key) => self.place(),
                }
            }
            b']' => {
                let Some(Open::Array(count)) = self.open.last() else {
                    return Err("Unmatched ']'");
                };
                if has_next {
                    self.place();
                } else if *count > 0 {
                    return Err("Expected another array element");
                }
                self.open.pop();
                self.next = Next::Other;
                self.done();
            }
            _ => {
                if has_next {
                    match self.open.last() {
                        None => return Err("Unmatched '}'"),
                        Some(Open::Key) => self.place(),
                        Some(_) => return Err("Objects must consist of key:value pairs"),
                    }
                } else {
                    match self.open.last() {
                        Some(Open::Object(0)) => {}
                        Some(Open::Object(_)) => return Err("Expected another key-value pair"),
                        _ => return Err("Unmatched '}'"),
                    }
                }
                self.open.pop();
                self.next = Next::Other;
                self.done();
            }
        }
        Ok(())
    }

    /// Put the last value into the open array or object.
    fn place(&mut self) {
        self.next = Next::Nothing;
        if self.open.last() == Some(&Open::Key) {
            self.open.pop();
        }
        if let Some(Open::Array(count) | Open::Object(count)) = self.open.last_mut() {
            *count += 1;
        }
    }
}

/// Check the escapes of a string.
fn escapes(token: &[u8]) -> Checked {
    let mut rest = token;
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte < b' ' {
            return Err(
                "Invalid string: control characters from U+0000 through U+001F must be escaped",
            );
        }
        if *byte != b'\\' {
            continue;
        }
        match rest {
            [] => return Err("Expected escape character at end of string"),
            [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', after @ ..] => rest = after,
            [b'u', after @ ..] => {
                let Some((digits, after)) = after.split_at_checked(4) else {
                    return Err("Invalid \\uXXXX escape");
                };
                if !digits.iter().all(u8::is_ascii_hexdigit) {
                    return Err("Invalid characters in \\uXXXX escape");
                }
                rest = after;
                if surrogate(digits, b"89abAB") {
                    let low = after
                        .strip_prefix(b"\\u")
                        .and_then(|after| after.split_at_checked(4))
                        .filter(|(digits, _)| surrogate(digits, b"cdefCDEF"));
                    let Some((_, after)) = low else {
                        return Err("Invalid \\uXXXX\\uXXXX surrogate pair escape");
                    };
                    rest = after;
                }
            }
            _ => return Err("Invalid escape"),
        }
    }
    Ok(())
}

/// Whether four hexadecimal digits are a surrogate with one of the `second` digits.
fn surrogate(digits: &[u8], second: &[u8]) -> bool {
    matches!(digits, [b'd' | b'D', digit, ..] if second.contains(digit))
}
