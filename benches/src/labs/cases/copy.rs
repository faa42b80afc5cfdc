//! Bytes through a task: from connection to connection, and through buffers in memory.

use super::rt::{self, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, Runtime};
use crate::echo::pin_to_core;
use crate::labs::copy::Buffers;
use crate::labs::far;
use crate::labs::series::Series;
use crate::labs::who::Threads;
use std::time::Instant;

/// All from one connection to the other.
pub fn one_way(threads: Threads, bytes: u64) -> Series {
    pin_to_core(0);
    let rt = Runtime::new(threads);
    far::measured(bytes, false, |first, second| {
        rt.run(async move {
            let (mut first, mut second) = (rt::stream(first), rt::stream(second));
            let moved = rt::copy(&mut first, &mut second).await.expect("it is connected");
            rt::end(&mut second).await;
            (moved, 0)
        })
    })
}

/// Half of it each way.
pub fn both_ways(threads: Threads, bytes: u64) -> Series {
    pin_to_core(0);
    let rt = Runtime::new(threads);
    far::measured(bytes, true, |first, second| {
        rt.run(async move {
            let (mut first, mut second) = (rt::stream(first), rt::stream(second));
            rt::copy_bidirectional(&mut first, &mut second).await.expect("it is connected")
        })
    })
}

/// Passes over the same input, nanoseconds each.
pub fn buffers(threads: Threads, what: Buffers, passes: usize) -> Vec<f64> {
    pin_to_core(0);
    let rt = Runtime::new(threads);
    rt.run(async move {
        let mut values = Vec::new();
        let mut written = Vec::new();
        for _ in 0..passes {
            let start = Instant::now();
            let count = match &what {
                Buffers::Lines(text) => lines(text).await,
                Buffers::Blocks { input, block } => blocks(input, *block).await,
                Buffers::Writes { input, piece } => {
                    written = writes(input, *piece, written).await;
                    assert_eq!(written.len(), input.len());
                    input.len() / piece
                }
            };
            values.push(start.elapsed().as_nanos() as f64 / count as f64);
        }
        values
    })
}

async fn lines(text: &[u8]) -> usize {
    let mut reader = rt::BufReader::new(text);
    let (mut line, mut count, mut bytes) = (String::new(), 0, 0);
    loop {
        line.clear();
        match reader.read_line(&mut line).await.expect("it is text") {
            0 => break,
            n => (count, bytes) = (count + 1, bytes + n),
        }
    }
    assert_eq!(bytes, text.len());
    count
}

async fn blocks(input: &[u8], block: usize) -> usize {
    let mut reader = rt::BufReader::with_capacity(8 * block, input);
    let (mut buf, count) = (vec![0; block], input.len() / block);
    for _ in 0..count {
        reader.read_exact(&mut buf).await.expect("there is as much");
        std::hint::black_box(&buf);
    }
    count
}

async fn writes(input: &[u8], piece: usize, mut to: Vec<u8>) -> Vec<u8> {
    to.clear();
    let mut writer = rt::BufWriter::new(to);
    for piece in input.chunks(piece) {
        writer.write_all(piece).await.expect("a vector takes all");
    }
    writer.flush().await.expect("a vector takes all");
    writer.into_inner()
}
