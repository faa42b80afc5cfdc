//! which instructions of a program are atomic: objdump says where they are.
//!
//! On x86-64 they are those with a `lock` in front, and `xchg` with memory, which has it built in.
//! Plain loads and stores are atomic too, and cost no more than any other: they are not meant here.

use std::collections::BTreeMap;
use std::process::Command;

/// The address of each, and the function it stands in.
pub type Atomics = BTreeMap<u64, String>;

/// Can they be found here?
pub fn is_there() -> Result<(), String> {
    if cfg!(not(target_arch = "x86_64")) {
        return Err("atomic instructions are told apart on x86-64 only".to_owned());
    }
    let done = Command::new("objdump").arg("--version").output();
    let there = done.is_ok_and(|done| done.status.success());
    there.then_some(()).ok_or("objdump is not here (Debian: apt-get install binutils)".to_owned())
}

/// Takes a program or library apart.
pub fn atomics(object: &str) -> Result<Atomics, String> {
    let arguments = ["--disassemble", "--demangle", "--no-show-raw-insn", object];
    let done = Command::new("objdump").args(arguments).output();
    let done = done.map_err(|error| format!("objdump: {error}"))?;
    if !done.status.success() {
        return Err(format!("objdump {object}: {}", String::from_utf8_lossy(&done.stderr).trim()));
    }
    Ok(read(&String::from_utf8_lossy(&done.stdout)))
}

/// Reads `0000000000149380 <function>:` and below it `  149384:  lock xadd %rax,(%rdi)`.
fn read(text: &str) -> Atomics {
    let mut atomics = Atomics::new();
    let mut function = "";
    for line in text.lines() {
        if let Some(head) = line.strip_suffix(">:") {
            function = head.split_once('<').map_or(head, |(_, name)| name);
        } else if let Some((address, instruction)) = line.split_once(':')
            && is_atomic(instruction.trim())
            && let Ok(address) = u64::from_str_radix(address.trim(), 16)
        {
            atomics.insert(address, function.to_owned());
        }
    }
    atomics
}

fn is_atomic(instruction: &str) -> bool {
    // `xchg %ax,%ax` does nothing, and two registers are no memory.
    let exchanges = instruction.starts_with("xchg") && instruction.contains('(');
    exchanges || instruction.starts_with("lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locked_instructions_and_exchanges_with_memory_are_found() {
        let text = "\
a/program:     file format elf64-x86-64

Disassembly of section .text:

0000000000149380 <<std::sync::Arc<T> as Clone>::clone>:
  149380:\tlock incq (%rdi)
  149384:\txchg   %ax,%ax
  149386:\txchg   %rax,0x10(%rdi)
  14938a:\tmov    %rax,%rbx

0000000000149390 <other>:
  149390:\txchg   %rax,%rbx
  149393:\tlock cmpxchg %rcx,(%rdi)
  149397:\tjmp    149393 <other+0x3>
";
        let atomics = read(text);
        assert_eq!(atomics.keys().copied().collect::<Vec<_>>(), [0x149380, 0x149386, 0x149393]);
        assert_eq!(atomics[&0x149380], "<std::sync::Arc<T> as Clone>::clone");
        assert_eq!(atomics[&0x149393], "other");
    }
}
