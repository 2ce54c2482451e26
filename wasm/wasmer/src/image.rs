//! What the memory of a fresh instance begins with, shared by all instances until they write to it.
//!
//! wasmer copies a module's data into each instance, and most of what an instance costs is the first
//! touch of the pages under it (270 of 350 µs for a guest with 550 KB of data). So the data is cut out of
//! the module when it is compiled, and kept as one file in memory, of which each instance gets a private
//! mapping: a page is copied when it is written to, and not before.

use std::borrow::Cow;
use wasmer::wasmparser::{BinaryReaderError, Data, DataKind, Operator, Parser, Payload};
use wasmer_vm::MemoryError;

/// Images begin and end at pages of WebAssembly, which the pages of every machine divide.
const PAGE_BYTES: usize = 65_536;
const DATA_SECTION: u8 = 11;
const DATA_COUNT_SECTION: u8 = 12;

/// Bytes and their address in the memory; both its ends are multiples of a page.
#[derive(Clone, Default)]
pub struct Contents {
    pub address: usize,
    pub bytes: Vec<u8>,
}

impl Contents {
    /// Add them to the end of `code`.
    pub fn append_to(&self, code: &mut Vec<u8>) {
        code.extend_from_slice(&self.bytes);
        code.extend_from_slice(&(self.address as u64).to_le_bytes());
        code.extend_from_slice(&(self.bytes.len() as u64).to_le_bytes());
    }

    /// What was before, and what `append_to` added; None when it is too short.
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

/// Why a module is not taken apart.
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

/// The module without its data, and the data; the module as it is, when its data is more than bytes at
/// fixed addresses of its first memory.
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
                        Some(found) => segments.push(found),
                        None => has_fixed_data = false,
                    }
                }
            }
            Payload::CodeSectionEntry(body) => {
                for operator in body.get_operators_reader()? {
                    let operator = operator?;
                    // These name a data segment, so it has to stay.
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
        // Data that does not fit is wasmer's to refuse.
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
    // In their order: a later one may lie over an earlier one.
    for (at, segment) in segments {
        bytes[at - address..][..segment.len()].copy_from_slice(segment);
    }
    Ok((rest.into(), Contents { address, bytes }))
}

/// Address and bytes of a segment that has a fixed address.
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

/// [`Contents`], ready to be put into memories.
pub struct Image {
    contents: Contents,
    #[cfg(target_os = "linux")]
    file: std::fs::File,
}

impl Image {
    /// Errors: those of the system, when it has no memory or no file descriptor left.
    #[cfg(target_os = "linux")]
    pub fn new(contents: Contents) -> std::io::Result<Self> {
        use rustix::fs::{fcntl_add_seals, memfd_create, MemfdFlags, SealFlags};
        use std::io::Write;

        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let mut file = std::fs::File::from(memfd_create("jq_magic_wasmer", flags)?);
        file.write_all(&contents.bytes)?;
        // Nobody changes it any more, not even through /proc: all instances see it.
        let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
        fcntl_add_seals(&file, seals)?;
        Ok(Self { contents, file })
    }

    /// Errors: none here.
    #[cfg(not(target_os = "linux"))]
    pub fn new(contents: Contents) -> std::io::Result<Self> {
        Ok(Self { contents })
    }

    /// What was given to `new`.
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
        // SAFETY: it was just checked that this is inside of the memory.
        let start = unsafe { base.add(*address) };
        #[cfg(target_os = "linux")]
        {
            use rustix::mm::{mmap, MapFlags, ProtFlags};
            // SAFETY: what is replaced is a part of the memory, with whole pages (both ends of the image
            // are multiples of 64 KiB, and wasmer's memories begin at a page); it is unmapped with it.
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
        // SAFETY: inside of the memory, as checked, which does not overlap with a vector of ours.
        unsafe {
            start.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        }
        Ok(())
    }
}

/// Make the system forget what was written to a part of a memory, which was checked to be inside of it;
/// false where it cannot, or where the part is not whole pages.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
pub fn forget(memory: &wasmer::MemoryView<'_>, address: u64, length: u64) -> bool {
    use rustix::mm::{madvise, Advice};
    // SAFETY: the part is inside of the memory, nobody holds a reference into it while the instance is
    // locked, and all of it is private mappings, of nothing or of the image, which never changes: its
    // pages read as they did in a fresh instance.
    unsafe {
        let start = memory.data_ptr().add(address as usize);
        madvise(start.cast(), length as usize, Advice::LinuxDontNeed).is_ok()
    }
}

/// Make the system forget what was written to a part of a memory: only Linux promises what is there then.
#[cfg(not(target_os = "linux"))]
pub fn forget(_memory: &wasmer::MemoryView<'_>, _address: u64, _length: u64) -> bool {
    false
}
