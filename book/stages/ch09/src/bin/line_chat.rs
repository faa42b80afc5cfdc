//! A chat: what one says the others hear, line by line. Who does not listen is shown the door.
//!
//! cargo run -q -p stage-ch09 --bin line_chat
//! cargo run -q -p stage-ch09 --bin line_chat 127.0.0.1:7000       serves until it is killed

use stage_ch09::io::{AsyncWriteExt, Lines};
use stage_ch09::net::{OwnedReadHalf, OwnedWriteHalf, TcpListener, TcpStream};
use stage_ch09::time::sleep;
use stage_ch09::wake::slot::WakerSlot;
use stage_ch09::{Event, Runtime, race, spawn};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

/// So many lines may wait for a guest who is slow.
const MOST: usize = 100;

/// Lines for one guest. All are on one thread, so there is no lock.
#[derive(Default)]
struct Mailbox {
    lines: RefCell<VecDeque<String>>,
    full: Event,
    reader: WakerSlot,
}

impl Mailbox {
    fn put(&self, line: &str) {
        if self.lines.borrow().len() == MOST {
            // To wait here would make everybody wait for the slowest guest. So he goes.
            self.full.set();
        } else {
            self.lines.borrow_mut().push_back(format!("{line}\n"));
            self.reader.wake();
        }
    }

    async fn take(&self) -> String {
        poll_fn(|cx| {
            self.reader.register(cx.waker());
            self.lines.borrow_mut().pop_front().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

#[derive(Default)]
struct Room {
    guests: RefCell<BTreeMap<u32, Rc<Mailbox>>>,
}

impl Room {
    fn tell_others(&self, from: u32, line: &str) {
        for (number, mailbox) in &*self.guests.borrow() {
            if *number != from {
                mailbox.put(line);
            }
        }
    }
}

async fn guest(room: Rc<Room>, number: u32, stream: TcpStream) {
    let (reader, writer) = stream.into_split();
    let mailbox = Rc::new(Mailbox::default());
    mailbox.put(&format!("welcome, {number}"));
    room.guests.borrow_mut().insert(number, mailbox.clone());
    room.tell_others(number, &format!("{number} has come"));
    // Whichever ends first, the others are dropped: also a `speak` in the middle of a write, which
    // a guest who does not read would never let end.
    race(
        race(pin!(hear(&room, number, reader)), pin!(speak(&mailbox, writer))),
        mailbox.full.wait(),
    )
    .await;
    room.guests.borrow_mut().remove(&number);
    room.tell_others(number, &format!("{number} has left"));
}

async fn hear(room: &Room, number: u32, reader: OwnedReadHalf) {
    let mut lines = Lines::new(reader);
    while let Ok(Some(line)) = lines.next_line().await {
        room.tell_others(number, &format!("{number}: {line}"));
    }
}

async fn speak(mailbox: &Mailbox, mut writer: OwnedWriteHalf) {
    while writer.write_all(mailbox.take().await.as_bytes()).await.is_ok() {}
}

async fn serve(listener: TcpListener) -> io::Result<()> {
    let room = Rc::new(Room::default());
    for number in 1.. {
        let (stream, _from) = listener.accept().await?;
        drop(spawn(guest(room.clone(), number, stream)));
    }
    Ok(())
}

/// A guest of the demonstration.
struct Guest {
    name: &'static str,
    lines: Lines<OwnedReadHalf>,
    writer: OwnedWriteHalf,
}

impl Guest {
    async fn come(address: SocketAddr, name: &'static str) -> io::Result<Self> {
        let (reader, writer) = TcpStream::connect(address).await?.into_split();
        let mut guest = Self { name, lines: Lines::new(reader), writer };
        guest.hear().await?;
        Ok(guest)
    }

    async fn hear(&mut self) -> io::Result<()> {
        let line = self.lines.next_line().await?;
        println!("{} hears: {}", self.name, line.as_deref().unwrap_or("nothing more"));
        Ok(())
    }

    async fn say(&mut self, what: &str) -> io::Result<()> {
        self.writer.write_all(format!("{what}\n").as_bytes()).await
    }
}

async fn an_evening(address: SocketAddr) -> io::Result<()> {
    let mut ann = Guest::come(address, "ann").await?;
    let mut bob = Guest::come(address, "bob").await?;
    ann.hear().await?;
    ann.say("hello, whoever you are").await?;
    bob.hear().await?;
    bob.say("hello").await?;
    ann.hear().await?;
    drop(bob);
    ann.hear().await?;

    let (reader, carl) = TcpStream::connect(address).await?.into_split();
    ann.hear().await?;
    println!("(the third never reads, and ann talks on and on)");
    let mut mouth = ann.writer;
    let long = format!("{}\n", "and ".repeat(10_000));
    let talk = spawn(async move {
        while mouth.write_all(long.as_bytes()).await.is_ok() {
            sleep(Duration::from_millis(1)).await;
        }
    });
    println!("ann hears: {}", ann.lines.next_line().await?.unwrap_or_default());
    talk.abort();
    drop((reader, carl));
    Ok(())
}

fn main() -> io::Result<()> {
    let runtime = Runtime::new()?;
    if let Some(address) = std::env::args().nth(1) {
        let address = address.parse().expect("an address, such as 127.0.0.1:7000");
        return runtime.block_on(async { serve(TcpListener::bind(address)?).await });
    }
    runtime.block_on(async {
        let listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
        let address = listener.local_addr()?;
        drop(spawn(serve(listener)));
        an_evening(address).await
    })
}
