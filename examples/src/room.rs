//! a room to talk in: names, who is here, and every line to everybody else, in one order.
//!
//! ```text
//!   member ── say ──► room ── broadcast ──► every other member's feed, all in the same order
//!   join, leave ────►  │
//!                      └─ names, under one lock with the sending: who is told that somebody came
//!                         has not been told before what that one says
//! ```
//!
//! The room knows nothing of sockets: `chat` has one line a message, `webchat` one WebSocket
//! message. A member who does not keep up loses the oldest lines, is told how many, and stays;
//! nobody waits for it. Whoever drops a `Member` has left, however the task that had it ended.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mainspring::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use mainspring::sync::Event;
use mainspring::sync::broadcast::{self, error::RecvError};
use mainspring::time::timeout;

/// A name has at most so many characters.
pub const LONGEST_NAME: usize = 20;
/// How long a parting waits for the other side to close too.
const PARTING: Duration = Duration::from_millis(500);

/// The room; a clone is the same room.
#[derive(Clone, Debug)]
pub struct Room(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    most: usize,
    closed: Event,
}

#[derive(Debug)]
struct State {
    /// By the name in small letters: the name as it was given.
    names: BTreeMap<String, Arc<str>>,
    /// Nothing when the room is closed.
    lines: Option<broadcast::Sender<Line>>,
    /// The number of the next line.
    next: u64,
    /// The number of the next member.
    id: u64,
    joined: u64,
    said: u64,
}

#[derive(Clone, Debug)]
struct Line {
    from: u64,
    happened: Happened,
}

/// What everybody else is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// Somebody came; now so many are here.
    Joined { name: Arc<str>, here: usize },
    /// Somebody said something.
    Said { name: Arc<str>, text: Arc<str> },
    /// Somebody went; now so many are here.
    Left { name: Arc<str>, why: Arc<str>, here: usize },
}

/// What a member hears next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// This happened.
    This(Happened),
    /// So many things happened that this member will never hear of: it was too slow.
    Lost(u64),
    /// The room is closed.
    Closed,
}

/// Why somebody may not come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Empty, too long, or with signs that a name may not have.
    Name,
    /// Somebody here is called that, give or take capital letters.
    Taken(String),
    /// There is no place left.
    Full(usize),
    /// The room is closed.
    Closed,
}

impl Room {
    /// A room for `most` members, each of whom may have `backlog` lines unread.
    ///
    /// # Panics
    /// If either is 0.
    #[must_use]
    pub fn new(most: usize, backlog: usize) -> Room {
        assert!(most > 0, "a room for nobody: give 1 or more");
        let names = BTreeMap::new();
        let lines = Some(broadcast::Sender::new(backlog));
        let state = Mutex::new(State { names, lines, next: 0, id: 0, joined: 0, said: 0 });
        Room(Arc::new(Inner { state, most, closed: Event::new() }))
    }

    /// Comes in, and everybody else is told.
    ///
    /// # Errors
    /// See [`Refused`]; another try may go better, except when the room is closed.
    pub fn join(&self, name: &str) -> Result<Member, Refused> {
        let fits = (1..=LONGEST_NAME).contains(&name.chars().count());
        if !fits || !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_')) {
            return Err(Refused::Name);
        }
        let (key, name) = (name.to_lowercase(), Arc::<str>::from(name));
        let mut state = self.state();
        if state.lines.is_none() {
            return Err(Refused::Closed);
        }
        if state.names.len() >= self.0.most {
            return Err(Refused::Full(self.0.most));
        }
        if let Some(taken) = state.names.get(&key) {
            return Err(Refused::Taken(taken.to_string()));
        }
        state.names.insert(key.clone(), name.clone());
        (state.id, state.joined) = (state.id + 1, state.joined + 1);
        let (id, here) = (state.id, state.names.len());
        state.tell(id, Happened::Joined { name: name.clone(), here });
        // From the next line on: nobody is told of their own coming.
        let Some(feed) = state.lines.as_ref().map(broadcast::Sender::subscribe) else {
            return Err(Refused::Closed);
        };
        let next = state.next;
        drop(state);
        let (room, why) = (self.clone(), Arc::from("gone"));
        Ok(Member { room, id, key, name, feed, next, own: VecDeque::new(), why })
    }

    /// Who is here, in the order of the alphabet.
    #[must_use]
    pub fn names(&self) -> Vec<Arc<str>> {
        self.state().names.values().cloned().collect()
    }

    /// Nobody comes in any more, and every member hears what there is to hear and then
    /// [`Heard::Closed`].
    pub fn close(&self) {
        let lines = self.state().lines.take();
        drop(lines);
        self.0.closed.set();
    }

    /// Waits until the room is closed: for those who are not in it.
    ///
    /// # Cancel safety
    /// Safe: there is nothing to lose.
    pub async fn closed(&self) {
        self.0.closed.wait().await;
    }

    /// How many have come in so far, and how many lines were said.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        let state = self.state();
        (state.joined, state.said)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Sends a line; its number, unless the room is closed.
    fn tell(&mut self, from: u64, happened: Happened) -> Option<u64> {
        let lines = self.lines.as_ref()?;
        // An error says that nobody is here to hear it; the number is not used up then, because
        // the next who comes begins to count there.
        lines.send(Line { from, happened }).ok()?;
        self.next += 1;
        Some(self.next - 1)
    }
}

/// Somebody who is in the room until this is dropped.
#[derive(Debug)]
pub struct Member {
    room: Room,
    id: u64,
    key: String,
    name: Arc<str>,
    feed: broadcast::Receiver<Line>,
    /// The number of the line that comes next in the feed.
    next: u64,
    /// The numbers of lines of its own that the feed has yet to bring.
    own: VecDeque<u64>,
    why: Arc<str>,
}

impl Member {
    /// What this member is called.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Says something to everybody else.
    pub fn say(&mut self, text: &str) {
        let happened = Happened::Said { name: self.name.clone(), text: text.into() };
        let mut state = self.room.state();
        let number = state.tell(self.id, happened);
        state.said += u64::from(number.is_some());
        drop(state);
        self.own.extend(number);
    }

    /// What the others did, one after another; nothing of one's own.
    ///
    /// # Cancel safety
    /// Safe: what was not returned comes the next time.
    pub async fn hear(&mut self) -> Heard {
        loop {
            match self.feed.recv().await {
                Ok(line) => {
                    self.next += 1;
                    if line.from != self.id {
                        return Heard::This(line.happened);
                    }
                    self.own.pop_front();
                }
                Err(RecvError::Lagged(lines)) => {
                    self.next += lines;
                    let before = self.own.len();
                    self.own.retain(|&number| number >= self.next);
                    let lost = lines.saturating_sub((before - self.own.len()) as u64);
                    if lost > 0 {
                        return Heard::Lost(lost);
                    }
                }
                Err(RecvError::Closed) => return Heard::Closed,
            }
        }
    }

    /// Goes, and says why; a member that is dropped is just gone.
    pub fn leave(mut self, why: &str) {
        self.why = why.into();
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut state = self.room.state();
        state.names.remove(&self.key);
        let here = state.names.len();
        let (name, why) = (self.name.clone(), self.why.clone());
        state.tell(self.id, Happened::Left { name, why, here });
    }
}

impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Happened::Joined { name, here } => write!(f, "* {name} is here; {here} in the room"),
            Happened::Said { name, text } => write!(f, "{name}: {text}"),
            Happened::Left { name, why, here } => {
                write!(f, "* {name} has left ({why}); {here} in the room")
            }
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Name => {
                write!(f, "a name has 1 to {LONGEST_NAME} characters: letters, digits, - and _")
            }
            Refused::Taken(name) => write!(f, "{name} is here already; choose another name"),
            Refused::Full(most) => write!(f, "the room is full: {most} are here; try again later"),
            Refused::Closed => f.write_str("the room is closed"),
        }
    }
}

impl std::error::Error for Refused {}

/// Text as it may be shown: signs that steer a terminal are replaced, a tab is a space, and the
/// ends are trimmed. Bytes that are no UTF-8 are replaced too.
#[must_use]
pub fn tidy(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let shown = |c: char| match c {
        '\t' => ' ',
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.trim().chars().map(shown).collect()
}

/// Closes a connection so that the last word arrives: closes this half, and reads what still comes
/// until the other side has closed too, for half a second at most. A socket that is closed with
/// something unread in it is reset instead, and what was on its way to the other side is lost.
///
/// # Cancel safety
/// Dropping it loses nothing but the waiting.
pub async fn part<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) {
    let parting = async {
        stream.shutdown().await?;
        let mut unread = [0; 4096];
        while stream.read(&mut unread).await? > 0 {}
        std::io::Result::Ok(())
    };
    // Whoever is gone, or does not close, has had its chance.
    let _ = timeout(PARTING, parting).await;
}
