//! which instructions of a program are atomic: valgrind says where they begin, this reads them.
//!
//! On x86-64 they are those with a `lock` in front, and `xchg` with memory, which has it built in.
//! Plain loads and stores are atomic too, and cost no more than any other: they are not meant here.
//!
//! A disassembler goes through a whole program, which takes minutes when it was built for tests.
//! Where an instruction begins is known here, so three of its bytes say what it is:
//!
//! ```text
//! f0 48 ff 07        lock incq (%rdi)          prefixes, of which one is `lock`
//! 48 87 47 10        xchg %rax,0x10(%rdi)      86 or 87, and then no two registers
//! 48 87 c3           xchg %rax,%rbx            two registers
//! ```

use std::fs;

/// A program or library: the bytes of its instructions.
#[derive(Debug, Default)]
pub struct Code {
    /// Where each part is to stand in memory, and what is in it.
    parts: Vec<(u64, Vec<u8>)>,
}

/// Can they be told apart here?
pub fn is_there() -> Result<(), String> {
    let here = cfg!(all(target_arch = "x86_64", target_os = "linux"));
    let why = "atomic instructions are told apart on x86-64 with Linux only";
    here.then_some(()).ok_or_else(|| why.to_owned())
}

impl Code {
    pub fn of(object: &str) -> Result<Self, String> {
        let file = fs::read(object).map_err(|error| format!("{object}: {error}"))?;
        let parts = parts(&file).ok_or_else(|| format!("{object} is no program of 64 bits"))?;
        Ok(Self { parts })
    }

    /// `address` is where an instruction begins.
    pub fn is_atomic(&self, address: u64) -> bool {
        let found = self.parts.iter().find_map(|(start, bytes)| {
            let from = usize::try_from(address.checked_sub(*start)?).ok()?;
            bytes.get(from..)
        });
        found.is_some_and(is_atomic)
    }
}

/// The segments of an ELF file that are executed.
fn parts(file: &[u8]) -> Option<Vec<(u64, Vec<u8>)>> {
    let number = |at: usize, length: usize| {
        let bytes = file.get(at..at.checked_add(length)?)?;
        Some(bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    };
    // Of 64 bits, the lesser byte first.
    if !file.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let (table, each, how_many) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
    let mut parts = Vec::new();
    for place in 0..how_many {
        let head = usize::try_from(table.checked_add(place * each)?).ok()?;
        let (kind, flags) = (number(head, 4)?, number(head + 4, 4)?);
        // It is loaded, and may be executed.
        if kind == 1 && flags & 1 == 1 {
            let (from, start) = (number(head + 8, 8)? as usize, number(head + 16, 8)?);
            let to = from.checked_add(number(head + 32, 8)? as usize)?;
            parts.push((start, file.get(from..to)?.to_vec()));
        }
    }
    Some(parts)
}

/// The bytes from the beginning of an instruction on.
fn is_atomic(bytes: &[u8]) -> bool {
    let prefix = |byte: &&u8| {
        matches!(byte, 0xf0 | 0x66 | 0x67 | 0xf2 | 0xf3 | 0x2e | 0x36 | 0x3e | 0x26 | 0x64 | 0x65)
    };
    let prefixes = bytes.iter().take_while(prefix).count();
    let (before, mut rest) = bytes.split_at(prefixes);
    if let [0x40..=0x4f, after @ ..] = rest {
        rest = after;
    }
    // The operand's upper two bits are 3 when it is a register.
    let exchanges = matches!(rest, [0x86 | 0x87, operand, ..] if operand >> 6 != 3);
    exchanges || before.contains(&0xf0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locked_instructions_and_exchanges_with_memory_are_told_from_others() {
        let atomic: [&[u8]; 6] = [
            &[0xf0, 0x48, 0xff, 0x07],             // lock incq (%rdi)
            &[0xf0, 0x48, 0x0f, 0xb1, 0x0a],       // lock cmpxchg %rcx,(%rdx)
            &[0x66, 0xf0, 0x0f, 0xc1, 0x07],       // lock xadd %ax,(%rdi)
            &[0x48, 0x87, 0x47, 0x10],             // xchg %rax,0x10(%rdi)
            &[0x86, 0x07],                         // xchg %al,(%rdi)
            &[0x64, 0x87, 0x04, 0x25, 0x10, 0, 0], // xchg %eax,%fs:0x10
        ];
        let others: [&[u8]; 6] = [
            &[0x66, 0x90],             // xchg %ax,%ax, which does nothing
            &[0x48, 0x87, 0xc3],       // xchg %rax,%rbx
            &[0x48, 0x89, 0xc3, 0xf0], // mov %rax,%rbx, and the next is locked
            &[0x48, 0x89, 0x87, 0x86], // mov %rax,0x..86(%rdi)
            &[0x0f, 0x87, 0x00, 0x00], // ja
            &[],
        ];
        assert!(atomic.iter().all(|bytes| is_atomic(bytes)));
        assert!(!others.iter().any(|bytes| is_atomic(bytes)));
    }

    #[test]
    fn this_program_has_parts_that_run_and_what_is_no_program_has_none() {
        let path = std::env::current_exe().unwrap();
        let code = Code::of(&path.to_string_lossy()).unwrap();
        assert!(code.parts.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > 100_000);
        assert!(!code.is_atomic(u64::MAX) && !code.is_atomic(0));
        assert!(Code::of("/proc/self/status").is_err());
        assert!(parts(b"\x7fELF\x02\x01 and then nothing").is_none());
    }
}
