//! The same steps, by chance, on a `File` and on std's: they agree byte for byte.

use crate::help::{Dir, bytes, seek};
use mainspring::fs::{File, OpenOptions};
use mainspring::io::{AsyncReadExt, AsyncWriteExt, SeekFrom};
use std::io::{Read, Seek, Write};
use std::task::Poll;
use tests::{Dice, Kind};

const SEEDS: u64 = 8;
const STEPS: usize = 150;

/// Tells the seed if the test fails.
struct Tell(u64);

impl Drop for Tell {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the seed was MAINSPRING_SEED={}", self.0);
        }
    }
}

fn seeds() -> std::ops::Range<u64> {
    let given = std::env::var("MAINSPRING_SEED").ok().and_then(|seed| seed.parse().ok());
    given.map_or(1..1 + SEEDS, |seed| seed..seed + 1)
}

fn len(dice: &mut Dice) -> usize {
    match dice.roll(10) {
        0 => dice.roll(200_000),
        1..4 => dice.roll(20_000),
        _ => dice.roll(600),
    }
}

fn target(dice: &mut Dice) -> SeekFrom {
    let far = len(dice) as i64;
    match dice.roll(4) {
        0 => SeekFrom::Start(far as u64),
        1 => SeekFrom::End(far / 8 - 1_000),
        2 => SeekFrom::Current(far / 4),
        _ => SeekFrom::Current(-far),
    }
}

/// As much as there is.
async fn fill(file: &mut File, buf: &mut [u8]) -> usize {
    let mut filled = 0;
    while filled < buf.len() {
        match file.read(&mut buf[filled..]).await.unwrap() {
            0 => break,
            n => filled += n,
        }
    }
    filled
}

fn fill_std(file: &mut std::fs::File, buf: &mut [u8]) -> usize {
    let mut filled = 0;
    while filled < buf.len() {
        match file.read(&mut buf[filled..]).unwrap() {
            0 => break,
            n => filled += n,
        }
    }
    filled
}

async fn step(dice: &mut Dice, ours: &mut File, std: &mut std::fs::File) -> &'static str {
    match dice.roll(12) {
        0..4 => {
            let len = len(dice);
            let (mut one, mut other) = (vec![0; len], vec![0; len]);
            let read = fill(ours, &mut one).await;
            assert_eq!(read, fill_std(std, &mut other));
            assert!(one[..read] == other[..read], "what was read");
            "read"
        }
        4..7 => {
            let data = bytes(len(dice));
            ours.write_all(&data).await.unwrap();
            std.write_all(&data).unwrap();
            "write"
        }
        7..9 => {
            let to = target(dice);
            let (one, other) = (seek(ours, to).await, std.seek(to));
            assert_eq!(one.map_err(|e| e.kind()).ok(), other.map_err(|e| e.kind()).ok(), "{to:?}");
            "seek"
        }
        9 => {
            let len = len(dice) as u64;
            ours.set_len(len).await.unwrap();
            std.set_len(len).unwrap();
            "set_len"
        }
        10 => {
            // Given up after a poll: it has taken something, or nothing.
            let mut buf = vec![0; len(dice)];
            let read = tests::poll_once(std::pin::pin!(ours.read(&mut buf)).as_mut()).await;
            if let Poll::Ready(read) = read {
                let (n, mut other) = (read.unwrap(), vec![0; buf.len()]);
                assert_eq!(fill_std(std, &mut other[..n]), n);
                assert!(buf[..n] == other[..n], "what was read");
            }
            "a read that is dropped"
        }
        _ => {
            let place = std.stream_position().unwrap();
            assert_eq!(ours.metadata().await.unwrap().len(), std.metadata().unwrap().len());
            assert_eq!(seek(ours, SeekFrom::Current(0)).await.unwrap(), place);
            "a look"
        }
    }
}

fn chance_finds_no_difference_to_std(kind: Kind) {
    let dir = Dir::new();
    let runtime = kind.runtime();
    for seed in seeds() {
        let _tell = Tell(seed);
        let mut dice = Dice::new(seed);
        let (one, other) = (dir.path("one"), dir.path("other"));
        runtime.block_on(async {
            let mut options = std::fs::File::options();
            options.read(true).write(true).create(true).truncate(true);
            let mut std = options.open(&other).unwrap();
            let mut ours = OpenOptions::from(options).open(&one).await.unwrap();
            ours.set_max_buf_size([1, 777, 64 * 1024, 2 * 1024 * 1024][dice.roll(4)]);
            for _ in 0..STEPS {
                step(&mut dice, &mut ours, &mut std).await;
            }
            ours.flush().await.unwrap();
            let place = std.stream_position().unwrap();
            assert_eq!(ours.into_std().await.stream_position().unwrap(), place);
        });
        assert!(std::fs::read(one).unwrap() == std::fs::read(other).unwrap(), "what is left");
    }
}

tests::each_scheduler! { chance_finds_no_difference_to_std }
