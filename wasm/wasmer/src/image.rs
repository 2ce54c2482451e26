//! Shares the data that the memory of a fresh instance begins with, until an instance writes to it.
//!
//! wasmer copies a module's data into each instance, and most of the cost of an instance is the first touch of
//! the pages under the data (270 of 350 µs for a guest with 550 KB of it). So `split` cuts the data out of the
//! module before it is compiled, and `Image` holds it as one file in memory, of which each instance gets a
//! private mapping: the system copies a page when an instance first writes to it.

use std::borrow::Cow;
use wasmer::wasmparser::{BinaryReaderError, Data, DataKind, Operator, Parser, Payload};
use wasmer_vm::MemoryError;

/// Images begin and end at pages of WebAssembly, which the pages of every machine divide.
const PAGE_BYTES: usize = 65_536;
const DATA_SECTION: u8 = 11;
const DATA_COUNT_SECTION: u8 = 12;

/// Bytes with their address in the memory; they begin and end at a page of WebAssembly.
#[derive(Clone, Default)]
pub struct Contents {
    pub address: usize,
    pub bytes: Vec<u8>,
}

impl Contents {
    /// Append the bytes and their address to `code`.
    pub fn append_to(&self, code: &mut Vec<u8>) {
        code.extend_from_slice(&self.bytes);
        code.extend_from_slice(&(self.address as u64).to_le_bytes());
        code.extend_from_slice(&(self.bytes.len() as u64).to_le_bytes());
    }

    /// Take apart what `append_to` has made; `None` when `code` is too short.
    pub fn split_from(code: &[u8]) -> Option<(&[u8], Self)> {
        let (code, length) = code.split_last_chunk()?;
        let (code, address) = code.split_last_chunk()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let (code, bytes) = code.split_at_checked(code.len().checked_sub(length)?)?;
        let address = usize::try_from(u64::from_le_bytes(*address)).ok()?;
        let is_whole = address.is_multiple_of(PAGE_BYTES) && length.is_multiple_of(PAGE_BYTES);
        is_whole.then(|| {
            (
                code,
                Self {
                    address,
                    bytes: bytes.to_vec(),
                },
            )
        })
    }
}

/// Why a module is refused.
pub enum Refusal {
    /// It is malformed.
    Malformed(BinaryReaderError),
    /// It has a start function, which would run before anything could stop it.
    Start,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(error) => error.fmt(formatter),
            Self::Start => formatter.write_str("the module has a start function"),
        }
    }
}

impl From<BinaryReaderError> for Refusal {
    fn from(error: BinaryReaderError) -> Self {
        Self::Malformed(error)
    }
}

/// Split a module into itself without its data, and the data. A module whose data is more than bytes at fixed
/// addresses of its first memory stays as it is.
pub fn split(wasm: &[u8]) -> Result<(Cow<'_, [u8]>, Contents), Refusal> {
    let mut segments = Vec::new();
    let mut rest = wasm.get(..8).unwrap_or(wasm).to_vec();
    let mut has_fixed_data = true;
    let mut memory_bytes = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        match &payload {
            Payload::StartSection { .. } => return Err(Refusal::Start),
            Payload::MemorySection(memories) => {
                for memory in memories.clone() {
                    memory_bytes = memory?.initial.saturating_mul(PAGE_BYTES as u64);
                }
            }
            Payload::DataSection(data) => {
                for segment in data.clone() {
                    match fixed(&segment?)? {
                        Some(segment) => segments.push(segment),
                        None => has_fixed_data = false,
                    }
                }
            }
            Payload::CodeSectionEntry(body) => {
                for operator in body.get_operators_reader()? {
                    let operator = operator?;
                    // These refer to a data segment, so it must stay in the module.
                    if matches!(
                        operator,
                        Operator::MemoryInit { .. } | Operator::DataDrop { .. }
                    ) {
                        has_fixed_data = false;
                    }
                }
            }
            _ => {}
        }
        if let Some((id, range)) = payload.as_section() {
            if id != DATA_SECTION && id != DATA_COUNT_SECTION {
                push_section(&mut rest, id, &wasm[range]);
            }
        }
    }
    let end = |(address, bytes): &(usize, &[u8])| address + bytes.len();
    let fits = segments
        .iter()
        .all(|segment| end(segment) as u64 <= memory_bytes);
    if segments.is_empty() || !has_fixed_data || !fits {
        // wasmer refuses data that does not fit when it makes an instance.
        return Ok((wasm.into(), Contents::default()));
    }
    let first = segments
        .iter()
        .map(|(address, _)| *address)
        .min()
        .unwrap_or(0);
    let last = segments.iter().map(end).max().unwrap_or(0);
    let address = first / PAGE_BYTES * PAGE_BYTES;
    let mut bytes = vec![0; last.next_multiple_of(PAGE_BYTES) - address];
    // Copy in order: a later segment may overwrite an earlier one.
    for (at, segment) in segments {
        bytes[at - address..][..segment.len()].copy_from_slice(segment);
    }
    Ok((rest.into(), Contents { address, bytes }))
}

/// Find address and bytes of a segment; `None` if its address is not fixed.
fn fixed<'a>(segment: &Data<'a>) -> Result<Option<(usize, &'a [u8])>, BinaryReaderError> {
    let DataKind::Active {
        memory_index: 0,
        offset_expr,
    } = &segment.kind
    else {
        return Ok(None);
    };
    let mut operators = offset_expr.get_operators_reader();
    let first = operators.read()?;
    let is_whole = matches!(operators.read()?, Operator::End) && operators.eof();
    Ok(match first {
        Operator::I32Const { value } if is_whole => Some((value as u32 as usize, segment.data)),
        _ => None,
    })
}

fn push_section(module: &mut Vec<u8>, id: u8, content: &[u8]) {
    module.push(id);
    let mut length = content.len();
    while length >= 0x80 {
        module.push(length as u8 | 0x80);
        length >>= 7;
    }
    module.push(length as u8);
    module.extend_from_slice(content);
}

/// [`Contents`] that can be mapped into memories.
pub struct Image {
    contents: Contents,
    #[cfg(target_os = "linux")]
    file: std::fs::File,
}

impl Image {
    /// Write the contents to a file in memory. Errors: the system has no memory or no file descriptor left.
    #[cfg(target_os = "linux")]
    pub fn new(contents: Contents) -> std::io::Result<Self> {
        use rustix::fs::{fcntl_add_seals, memfd_create, MemfdFlags, SealFlags};
        use std::io::Write;

        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let mut file = std::fs::File::from(memfd_create("jq_magic_wasmer", flags)?);
        file.write_all(&contents.bytes)?;
        // All instances share it, so nobody may change it any more, not even through /proc.
        let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
        fcntl_add_seals(&file, seals)?;
        Ok(Self { contents, file })
    }

    /// Hold the contents; without a file in memory there are no errors.
    #[cfg(not(target_os = "linux"))]
    pub fn new(contents: Contents) -> std::io::Result<Self> {
        Ok(Self { contents })
    }

    /// The contents of the image.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// Put the bytes into a memory of `length` bytes at `base`.
    ///
    /// # Safety
    /// The memory is mapped, readable and writable, all zeros, and nothing refers to its bytes.
    #[allow(unsafe_code)]
    pub unsafe fn place(&self, base: *mut u8, length: usize) -> Result<(), MemoryError> {
        let Contents { address, bytes } = &self.contents;
        if address.saturating_add(bytes.len()) > length {
            let message = "the data does not fit into the memory";
            return Err(MemoryError::Generic(message.into()));
        }
        if bytes.is_empty() {
            return Ok(());
        }
        // SAFETY: the check above says that this is inside the memory.
        let start = unsafe { base.add(*address) };
        #[cfg(target_os = "linux")]
        {
            use rustix::mm::{mmap, MapFlags, ProtFlags};
            // SAFETY: the mapping replaces whole pages of the memory (the image begins and ends at a multiple
            // of 64 KiB, and wasmer's memories begin at a page); it is unmapped together with the memory.
            let mapped = unsafe {
                mmap(
                    start.cast(),
                    bytes.len(),
                    ProtFlags::READ | ProtFlags::WRITE,
                    MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE,
                    &self.file,
                    0,
                )
            };
            mapped.map_err(|error| MemoryError::Region(error.to_string()))?;
        }
        #[cfg(not(target_os = "linux"))]
        // SAFETY: the check above says that it is inside the memory, which does not overlap with our vector.
        unsafe {
            start.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        }
        Ok(())
    }
}

/// Make the system forget what was written to a part of a memory; the caller has checked that the part is inside.
/// Returns false where the system cannot, or where the part is not whole pages.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
pub fn forget(memory: &wasmer::MemoryView<'_>, address: u64, length: u64) -> bool {
    use rustix::mm::{madvise, Advice};
    // SAFETY: the part is inside the memory, nobody holds a reference into it while the instance is locked,
    // and all of it is private mappings, anonymous or of the image, which never changes: afterwards its pages
    // read as in a fresh instance.
    unsafe {
        let start = memory.data_ptr().add(address as usize);
        madvise(start.cast(), length as usize, Advice::LinuxDontNeed).is_ok()
    }
}

/// Do nothing and return false: only Linux promises what a page reads after `madvise`.
#[cfg(not(target_os = "linux"))]
pub fn forget(_memory: &wasmer::MemoryView<'_>, _address: u64, _length: u64) -> bool {
    false
}
