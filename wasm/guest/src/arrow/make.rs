//! Says what a reader of columns needs to make values, whatever type they have.
#![forbid(unsafe_code)]

/// Makes values of what stands in columns.
pub trait Make {
    /// What is made.
    type Value;
    /// The names of an object's members, prepared once for all rows of a struct.
    type Names;

    /// Prepare the names of members.
    fn names(&self, names: &[&'static [u8]]) -> Self::Names;
    /// Make what is missing.
    fn null(&self) -> Self::Value;
    /// Make a truth value.
    fn boolean(&self, value: bool) -> Self::Value;
    /// Make an integer.
    fn integer(&self, value: i64) -> Self::Value;
    /// Make a float, which stays one: 2.0 is not written as 2.
    fn float(&self, value: f64) -> Self::Value;
    /// Make a number of its decimal digits.
    fn digits(&self, text: &str) -> Self::Value;
    /// Make a string of UTF-8 that lives as long as the instance; what is none becomes U+FFFD.
    fn text(&self, text: &'static [u8]) -> Self::Value;
    /// Make a string of UTF-8 that was written here.
    fn written(&self, text: &[u8]) -> Self::Value;
    /// Make an array.
    fn array(&self, items: Vec<Self::Value>) -> Self::Value;
    /// Make an object with a value for each of the names.
    fn object(&self, names: &Self::Names, values: Vec<Self::Value>) -> Self::Value;
    /// Make an object of keys and values; `None` for a key that is an array or object, or that is there twice.
    fn map(&self, members: Vec<(Self::Value, Self::Value)>) -> Option<Self::Value>;
    /// Read a JSON array, which may nest `depth` deep.
    fn items(&self, text: &'static [u8], depth: usize) -> Option<Vec<Self::Value>>;
    /// Make the same value again.
    fn again(&self, value: &Self::Value) -> Self::Value;
}
