//! Says which names a program can use without defining them.
#![forbid(unsafe_code)]

/// The names that a program can use without defining them.
pub trait Known {
    /// Whether there is a built-in of this name and number of arguments.
    fn has_filter(&self, name: &str, arity: usize) -> bool;
    /// Whether there is a global variable of this name, which has a dollar in front.
    fn has_variable(&self, name: &str) -> bool;
    /// Suggest what was meant by a filter that is not defined.
    fn filter_hint(&self, name: &str) -> Option<String>;
    /// Suggest what was meant by a variable that is not defined.
    fn variable_hint(&self, name: &str) -> Option<String>;
}
