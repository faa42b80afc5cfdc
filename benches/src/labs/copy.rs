//! `cargo compare copy`: a gibibyte through a task, one way and both; and buffers against std's.

use super::cells::{self, Cells, Row};
use super::series::{self, Series, ratio, short};
use super::sheet::Sheet;
use super::who::{Peer, Who};
use super::{Options, Report, Size, far, on_peer};
use crate::compare::progress::Progress;
use crate::echo::pin_to_core;
use crate::stats::median;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Instant;

const SAYS: &str = "\
Copy. A task copies 1 GiB over loopback from one connection to another (io::copy), or half of it
each way (copy_bidirectional; smol, which has none: two copies side by side). The runtime, with all
its threads, is on the first core; blocking threads that send and receive 64 KiB at a time are on
the second. s: from start to end; cpu: processor time of the process without the far ends'; peak:
memory in RAM at most, over what was before. floor: a thread for each direction that blocks, reads
8 KiB and writes them. (--quick: 128 MiB.)
Buffers. The same input in memory through BufReader and BufWriter: lines of 1 to 100 bytes
(read_line), 8 KiB blocks (read_exact, 64 KiB buffer), writes of 64 bytes (write_all). ns: of one
line, block or write, the median of passes. floor: std's. On some processors glibc copies blocks of
more than 2 KiB with an instruction that is ten times as slow for some pairs of addresses; whom that
hits is chance. GLIBC_TUNABLES=glibc.cpu.x86_rep_movsb_threshold=10000000 does without it.";

const COPIES: [&str; 2] = ["one way", "both ways"];
const BUFFERS: [&str; 3] = ["lines", "blocks", "writes"];
const MIB: u64 = 1 << 20;

/// What goes through a buffer, and in which pieces.
#[derive(Clone, Debug)]
pub enum Buffers {
    Lines(Arc<[u8]>),
    Blocks { input: Arc<[u8]>, block: usize },
    Writes { input: Arc<[u8]>, piece: usize },
}

impl Buffers {
    fn named(name: &str, size: usize) -> Option<Self> {
        let plain = || (0..size).map(|at| at as u8).collect();
        match name {
            "lines" => Some(Self::Lines(text(size).into())),
            "blocks" => Some(Self::Blocks { input: plain(), block: 8 * 1024 }),
            "writes" => Some(Self::Writes { input: plain(), piece: 64 }),
            _ => None,
        }
    }
}

/// Lines of 1 to 100 bytes, the end included, that are `size` long together.
fn text(size: usize) -> Vec<u8> {
    let (mut text, mut state) = (vec![b'x'; size], 0x9e37_79b9_u32);
    let mut at = 0;
    while at < size {
        text[at] = b'\n';
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        at += 1 + (state >> 16) as usize % 100;
    }
    text[size - 1] = b'\n';
    text
}

/// Runs `one way`, `both ways`, `lines`, `blocks` or `writes`.
pub fn case(who: Who, name: &str, size: Size) -> Option<Series> {
    let (bytes, input, passes) = match size {
        Size::Full => (1024 * MIB, 16 << 20, 15),
        Size::Quick => (128 * MIB, 4 << 20, 7),
        Size::Tiny => (MIB, 64 << 10, 2),
    };
    let floor = who.peer == Peer::Floor;
    match name {
        "one way" if floor => Some(far::measured(bytes, false, floor_of_copy)),
        "both ways" if floor => Some(far::measured(bytes, true, floor_of_copy)),
        "one way" => Some(on_peer!(who, copy::one_way)(who.threads, bytes)),
        "both ways" => Some(on_peer!(who, copy::both_ways)(who.threads, bytes)),
        _ => {
            let what = Buffers::named(name, input)?;
            let values = match who.peer {
                Peer::Floor => floor_of_buffers(&what, passes),
                _ => on_peer!(who, copy::buffers)(who.threads, what, passes),
            };
            Some(series::one("ns", vec![median(&values)]))
        }
    }
}

/// Both directions, each by a thread that blocks; one that has nothing to do ends at once.
fn floor_of_copy(first: TcpStream, second: TcpStream) -> (u64, u64) {
    fn one_way(mut from: TcpStream, mut to: TcpStream) -> u64 {
        pin_to_core(0);
        let (mut buf, mut moved) = ([0; 8 * 1024], 0);
        loop {
            match from.read(&mut buf).expect("it is connected") {
                0 => break,
                n => {
                    to.write_all(&buf[..n]).expect("it is connected");
                    moved += n as u64;
                }
            }
        }
        // The other end may have closed both directions by now.
        let _ = to.shutdown(Shutdown::Write);
        moved
    }
    for stream in [&first, &second] {
        stream.set_nonblocking(false).expect("a socket can block");
    }
    let clone = |stream: &TcpStream| stream.try_clone().expect("there are descriptors");
    let (from, to) = (clone(&second), clone(&first));
    let back = std::thread::spawn(move || one_way(from, to));
    let there = one_way(first, second);
    (there, back.join().expect("it ends"))
}

/// The same as the runtimes, with std's traits.
fn floor_of_buffers(what: &Buffers, passes: usize) -> Vec<f64> {
    pin_to_core(0);
    let (mut values, mut written) = (Vec::new(), Vec::new());
    for _ in 0..passes {
        let start = Instant::now();
        let count = match what {
            Buffers::Lines(text) => {
                let mut reader = BufReader::new(&text[..]);
                let (mut line, mut count) = (String::new(), 0);
                while reader.read_line(&mut line).expect("it is text") > 0 {
                    line.clear();
                    count += 1;
                }
                count
            }
            Buffers::Blocks { input, block } => {
                let mut reader = BufReader::with_capacity(8 * block, &input[..]);
                let (mut buf, count) = (vec![0; *block], input.len() / block);
                for _ in 0..count {
                    reader.read_exact(&mut buf).expect("there is as much");
                    std::hint::black_box(&buf);
                }
                count
            }
            Buffers::Writes { input, piece } => {
                written.clear();
                let mut writer = BufWriter::new(&mut written);
                for piece in input.chunks(*piece) {
                    writer.write_all(piece).expect("a vector takes all");
                }
                writer.flush().expect("a vector takes all");
                input.len() / piece
            }
        };
        values.push(start.elapsed().as_nanos() as f64 / count as f64);
    }
    values
}

pub fn report(options: &Options, progress: &Progress) -> Sheet {
    let rounds = options.rounds(5, 2);
    let row = |case: &str| Row { case: case.to_owned(), who: Who::SIX.to_vec() };
    let rows: Vec<Row> = COPIES.into_iter().chain(BUFFERS).map(row).collect();
    let cells = cells::measure(Report::Copy, &rows, options, rounds, progress);
    let mib = if options.quick { 128.0 } else { 1024.0 };
    let mut sheet = Sheet { says: SAYS.to_owned(), rounds, ..Sheet::default() };
    copies(&mut sheet, &cells, mib);
    buffers(&mut sheet, &cells);
    sheet.notes.extend(cells.failures());
    sheet
}

fn copies(sheet: &mut Sheet, cells: &Cells, mib: f64) {
    let mut lines = Vec::new();
    for case in COPIES {
        for who in Who::SIX {
            let of = |who: Who, name: &str| median(cells.values(case, who, name));
            if of(who, "seconds").is_nan() {
                continue;
            }
            let against = |name: &str| ratio(of(who, name), of(who.tokio(), name));
            lines.push(vec![
                case.to_owned(),
                who.to_string(),
                format!("{:.2}", of(who, "seconds")),
                short(mib / of(who, "seconds")),
                format!("{:.2}", of(who, "cpu")),
                short(of(who, "peak")),
                against("seconds"),
                against("cpu"),
                against("peak"),
                ratio(of(who, "cpu"), of(Who::FLOOR, "cpu")),
            ]);
        }
    }
    let heads = [
        "copy",
        "peer",
        "s",
        "MiB/s",
        "cpu s",
        "peak KiB",
        "s ÷ tokio",
        "cpu",
        "peak",
        "cpu ÷ floor",
    ];
    sheet.grid(&heads, lines);
}

fn buffers(sheet: &mut Sheet, cells: &Cells) {
    let mut lines = Vec::new();
    for case in BUFFERS {
        for who in Who::SIX {
            let of = |who: Who| median(cells.values(case, who, "ns"));
            if of(who).is_nan() {
                continue;
            }
            lines.push(vec![
                case.to_owned(),
                who.to_string(),
                short(of(who)),
                ratio(of(who), of(who.tokio())),
                ratio(of(who), of(Who::FLOOR)),
            ]);
        }
    }
    let heads = ["buffers", "peer", "ns each", "÷ tokio", "÷ std"];
    sheet.grid(&heads, lines);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_as_long_as_asked_and_of_lines_of_a_hundred_at_most() {
        let text = text(10_000);
        assert_eq!((text.len(), text.last()), (10_000, Some(&b'\n')));
        let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
        assert!(lines.len() > 150 && lines.iter().all(|line| (1..=100).contains(&line.len())));
    }
}
