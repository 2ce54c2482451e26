//! Holds what the steps report of a module, for the guest's manifest.

/// The size of a snapshot.
#[derive(Debug, PartialEq, Eq)]
pub struct SnapshotReport {
    /// Bytes of data segments.
    pub data_bytes: usize,
    /// Number of data segments.
    pub segments: usize,
    /// Size of linear memory in pages of 64 KiB.
    pub pages: u64,
}

/// The code that the meter went through, and what it added.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct MeterReport {
    /// Operators in all functions.
    pub operators: usize,
    /// Functions, each with a check.
    pub functions: usize,
    /// Loops, each with a check.
    pub loops: usize,
    /// Operators that charge their length.
    pub bulk: usize,
    /// Charges of a constant, those of heads included.
    pub charges: usize,
}
