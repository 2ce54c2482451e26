//! Parses what stands before a filter: metadata and imports; and modules, which are these and definitions.
#![forbid(unsafe_code)]

use super::super::files::File;
use super::super::lexer::Kind;
use super::super::term::{Binary, Definition, Kind as K, Span, Term};
use super::{Known, Parsed, Parser};
use crate::evaluation::code::Arithmetic;
use crate::run::fault::Fault;
use crate::value::{Map, Val};

/// What stands before the filter of a program, or before the definitions of a module.
#[derive(Debug)]
pub struct Header {
    /// The metadata that follows `module`.
    pub metadata: Option<Map>,
    /// The imports, in the order in which they stand.
    pub imports: Vec<Import>,
    /// Byte offset of what follows.
    pub end: usize,
}

/// `import "path" as name;`, `import "path" as $name;` or `include "path";`
#[derive(Debug)]
pub struct Import {
    /// What is imported.
    pub path: String,
    /// Where the path stands.
    pub span: Span,
    /// The name, without a dollar; none for `include`.
    pub name: Option<&'static str>,
    /// Whether data is imported, and not definitions.
    pub is_data: bool,
    /// The metadata after the name.
    pub metadata: Map,
}

impl Import {
    /// Describe the import as `modulemeta` does.
    pub fn description(&self) -> Val {
        let mut members = self.metadata.clone();
        if let Some(name) = self.name {
            members.insert(Val::from("as"), Val::from(name));
        }
        members.insert(Val::from("is_data"), Val::Bool(self.is_data));
        members.insert(Val::from("relpath"), Val::from(self.path.clone()));
        Val::obj(members)
    }

    /// Whether a member of the metadata is true.
    pub fn has(&self, option: &str) -> bool {
        matches!(
            self.metadata.get_named(option.as_bytes()),
            Some(Val::Bool(true))
        )
    }
}

/// Read the header of a program or module.
///
/// # Errors
/// As [`super::parse`].
pub fn header(file: File, depth: usize) -> Result<Header, Fault> {
    let mut parser = Parser::new(file, file.start, depth, &Nothing);
    parser.header().map_err(|fault| *fault)
}

/// Read the definitions of a module, from the byte offset `at` on.
///
/// # Errors
/// As [`super::parse`]; or that the module has something else than definitions.
pub fn definitions(
    file: File,
    at: usize,
    depth: usize,
    known: &dyn Known,
) -> Result<Vec<Definition>, Fault> {
    let mut parser = Parser::new(file, at, depth, known);
    parser.definitions().map_err(|fault| *fault)
}

impl Parser<'_> {
    fn header(&mut self) -> Parsed<Header> {
        let mut metadata = None;
        if self.take("module") {
            metadata = Some(self.metadata()?);
            self.expect(";")?;
        }
        let mut imports = Vec::new();
        while self.next.is("include") || self.next.is("import") {
            imports.push(self.import()?);
        }
        Ok(Header {
            metadata,
            imports,
            end: self.next.at,
        })
    }

    fn import(&mut self) -> Parsed<Import> {
        let is_include = self.advance().text == "include";
        let at = self.next.at;
        if self.next.kind != Kind::Quote {
            return Err(self.unexpected("the path of a module, in quotes"));
        }
        let path = self.string(None)?;
        let K::Constant(Val::Str(text)) = &path.kind else {
            let message = "the path of an import must be constant".into();
            return Err(self.fault(at, self.end, message, None));
        };
        let mut import = Import {
            path: String::from_utf8_lossy(text).into_owned(),
            span: path.span,
            name: None,
            is_data: false,
            metadata: Map::default(),
        };
        if !is_include {
            self.expect("as")?;
            import.is_data = self.is_binding();
            if !import.is_data && self.next.kind != Kind::Word {
                return Err(self.unexpected("a name, or $name for data"));
            }
            import.name = Some(self.advance().text.trim_start_matches('$'));
        }
        if !self.next.is(";") {
            import.metadata = self.metadata()?;
        }
        self.expect(";")?;
        Ok(import)
    }

    fn metadata(&mut self) -> Parsed<Map> {
        let at = self.next.at;
        let term = self.query(true)?;
        let message = match constant(&term) {
            Some(Val::Obj(members)) => return Ok((*members).clone()),
            Some(_) => "the metadata of a module must be an object",
            None => "the metadata of a module must be constant",
        };
        Err(self.fault(at, self.end, message.into(), None))
    }

    fn definitions(&mut self) -> Parsed<Vec<Definition>> {
        let mut definitions = Vec::new();
        while self.next.is("def") {
            let at = self.next.at;
            let definition = self.nested(at, Self::definition)?;
            self.filters
                .push((definition.name, definition.parameters.len()));
            definitions.push(definition);
        }
        if self.next.kind != Kind::End {
            return Err(self.unexpected("def: a module has nothing but definitions"));
        }
        Ok(definitions)
    }
}

/// Compute a term that jq's parser makes a constant of.
fn constant(term: &Term) -> Option<Val> {
    match &term.kind {
        K::Constant(value) => Some(value.clone()),
        K::Array(items) => {
            let mut values = Vec::new();
            let mut rest = &**items;
            while let K::Comma(left, last) = &rest.kind {
                values.push(constant(last)?);
                rest = left;
            }
            values.push(constant(rest)?);
            values.reverse();
            Some(values.into_iter().collect())
        }
        K::Object(members) => {
            let mut object = Map::default();
            for (key, value) in members {
                let key = constant(key)?;
                key.as_str()?;
                object.insert(key, constant(value.as_ref()?)?);
            }
            Some(Val::obj(object))
        }
        K::Binary(Binary::Arithmetic(operator), left, right) => {
            let (left, right) = (constant(left)?, constant(right)?);
            let result = match operator {
                Arithmetic::Add => left + right,
                Arithmetic::Subtract => left - right,
                Arithmetic::Multiply => left * right,
                Arithmetic::Divide => left / right,
                Arithmetic::Remainder => left % right,
            };
            result.ok()
        }
        _ => None,
    }
}

/// The names in a header: there are none, since all in it is constant.
pub struct Nothing;

impl Known for Nothing {
    fn has_filter(&self, _name: &str, _arity: usize) -> bool {
        false
    }

    fn has_variable(&self, _name: &str) -> bool {
        false
    }

    fn filter_hint(&self, _name: &str) -> Option<String> {
        None
    }

    fn variable_hint(&self, _name: &str) -> Option<String> {
        None
    }
}
