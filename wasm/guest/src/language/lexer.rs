//! Reads the tokens of a jq program, one at a time.
#![forbid(unsafe_code)]

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name or keyword; the names of modules may come before it, as in `a::b`.
    Word,
    /// `$name`
    Var,
    /// `.name`
    Field,
    /// `@name`
    Format,
    /// A number.
    Num,
    /// The quote that opens a string.
    Quote,
    /// An operator or other punctuation, brackets included.
    Sym,
    /// The end of the program.
    End,
    /// A character that begins no token.
    Unknown,
}

/// A token and its place.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// Its kind.
    pub kind: Kind,
    /// Its text, a slice of the program.
    pub text: &'static str,
    /// Byte offset of its first character.
    pub at: usize,
}

impl Token {
    /// Whether this is the word or symbol `text`.
    pub fn is(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Sym) && self.text == text
    }

    /// Byte offset after its last character.
    pub fn end(&self) -> usize {
        self.at + self.text.len()
    }
}

/// Operators of more than one character; a longer one comes before those that it begins with.
const LONG: [&str; 15] = [
    "?//=", "?//", "//=", "//", "==", "!=", "<=", ">=", "|=", "+=", "-=", "*=", "/=", "%=", "..",
];

/// Read the token at or after the byte offset `at`.
pub fn token(source: &'static str, at: usize) -> Token {
    let at = skip(source, at);
    let rest = &source[at..];
    let make = |kind, length: usize| Token {
        kind,
        text: &rest[..length],
        at,
    };
    let mut chars = rest.chars();
    let Some(first) = chars.next() else {
        return make(Kind::End, 0);
    };
    let second = chars.next();
    match first {
        'a'..='z' | 'A'..='Z' | '_' => make(Kind::Word, path(rest)),
        '$' => match path(&rest[1..]) {
            0 => make(Kind::Unknown, 1),
            length => make(Kind::Var, length + 1),
        },
        '@' => match word(&rest[1..], true) {
            0 => make(Kind::Unknown, 1),
            length => make(Kind::Format, length + 1),
        },
        '0'..='9' => make(Kind::Num, number(rest)),
        '.' if second.is_some_and(|c| c.is_ascii_digit()) => make(Kind::Num, number(rest)),
        '.' if word(&rest[1..], false) > 0 => make(Kind::Field, 1 + word(&rest[1..], false)),
        '"' => make(Kind::Quote, 1),
        _ => match LONG.iter().find(|long| rest.starts_with(**long)) {
            // jq reads `?//=` as `?` and `//=`; without the `=`, `?//` is one token.
            Some(&"?//=") => make(Kind::Sym, 1),
            Some(long) => make(Kind::Sym, long.len()),
            None if ".?=;,:|+-*/%<>()[]{}".contains(first) => make(Kind::Sym, 1),
            None => make(Kind::Unknown, first.len_utf8()),
        },
    }
}

/// Skip white space and comments, and return the byte offset after them. An odd number of backslashes before
/// a line end continues a comment on the next line.
fn skip(source: &str, mut at: usize) -> usize {
    let bytes = source.as_bytes();
    loop {
        match bytes.get(at) {
            Some(b' ' | b'\t' | b'\r' | b'\n') => at += 1,
            Some(b'#') => at = comment(bytes, at),
            _ => return at,
        }
    }
}

fn comment(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        at += match (byte, bytes.get(at + 1), bytes.get(at + 2)) {
            (b'\n', ..) => return at,
            (b'\\', Some(b'\\' | b'\n'), _) => 2,
            (b'\\', Some(b'\r'), Some(b'\n')) => 3,
            _ => 1,
        };
    }
    at
}

/// Measure the name at the start of `rest`; 0 if there is none.
fn word(rest: &str, digits_first: bool) -> usize {
    let bytes = rest.as_bytes();
    if !digits_first && bytes.first().is_some_and(u8::is_ascii_digit) {
        return 0;
    }
    let other = |byte: &u8| !(byte.is_ascii_alphanumeric() || *byte == b'_');
    bytes.iter().position(other).unwrap_or(bytes.len())
}

/// Measure a name with modules before it, as in `a::b`.
fn path(rest: &str) -> usize {
    let mut length = word(rest, false);
    while length > 0 && rest[length..].starts_with("::") {
        match word(&rest[length + 2..], false) {
            0 => break,
            more => length += 2 + more,
        }
    }
    length
}

fn number(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if let Some(b'e' | b'E') = bytes.get(end) {
        let signed = matches!(bytes.get(end + 1), Some(b'+' | b'-'));
        let start = end + 1 + usize::from(signed);
        if digits(start) > start {
            end = digits(start);
        }
    }
    end
}
