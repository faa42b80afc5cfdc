//! Two events in one buffer. The first one's owner closes the second one's socket, and opens a new
//! one, which gets its place in the table.
//!
//! cargo run -q -p stage-ch08 --bin stale_token

use mio::net::UnixStream;
use mio::{Events, Interest, Poll, Token};
use std::io::{self, Read, Write};
use std::time::Duration;

/// One place in the table: whose it is, and for the how manyeth owner it is used.
struct Place {
    name: &'static str,
    generation: usize,
    socket: UnixStream,
}

fn place(poll: &Poll, token: usize, name: &'static str) -> io::Result<(Place, UnixStream)> {
    let (mut socket, peer) = UnixStream::pair()?;
    poll.registry().register(&mut socket, Token(token), Interest::READABLE)?;
    Ok((Place { name, generation: token >> 32, socket }, peer))
}

/// With generations, a token is a generation and an index; without, the index alone.
fn run(generations: bool) -> io::Result<()> {
    let mut poll = Poll::new()?;
    let (a, mut to_a) = place(&poll, 0, "a")?;
    let (b, mut to_b) = place(&poll, 1, "b")?;
    let mut table = [a, b];
    to_a.write_all(b"close b, please")?;
    to_b.write_all(b"too late")?;

    let mut events = Events::with_capacity(8);
    poll.poll(&mut events, Some(Duration::from_secs(10)))?;
    let tokens: Vec<usize> = events.iter().map(|event| event.token().0).collect();
    println!("  one call, and the events are for {tokens:?}");
    let mut peer = to_b;
    for token in tokens {
        let (index, generation) = (token & 0xffff_ffff, token >> 32);
        if table[index].generation != generation {
            println!("  event for place {index}, generation {generation}: nobody");
            continue;
        }
        let name = table[index].name;
        let read = table[index].socket.read(&mut [0; 32]).map_err(|error| error.kind());
        println!("  event for place {index}: {name} is readable, and reads: {read:?}");
        if name == "a" {
            // The old socket is closed when its place is taken.
            let token = if generations { 1 << 32 | 1 } else { 1 };
            (table[1], peer) = place(&poll, token, "c")?;
            println!("  a has b closed, and opens c: place 1");
        }
    }
    drop(peer);
    Ok(())
}

fn main() -> io::Result<()> {
    println!("a token is a place:");
    run(false)?;
    println!("a token is a place and a generation:");
    run(true)
}
