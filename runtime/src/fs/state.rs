//! the state machine of a File: what is read ahead, what is under way, and what a streak writes.
//!
//! A file is at rest, or a thread of the pool has it. Reads and all that is rare are `Busy`, one
//! hop each, and hand back the bytes that nobody has taken; writes are a streak of the lane
//! (`io/lane.rs`), which hands back nothing but an error. Never both: each begins at rest.
//!
//! | row | is | asked for | does | becomes |
//! |---|---|---|---|---|
//! | R1 | idle, bytes unread | read | gives them, no hop | idle |
//! | R2 | idle, none unread | read | settles the lane; hop: read, ahead if it pays | busy |
//! | R3 | busy | read | waits; a read's bytes are taken, anything else is done first | idle |
//! | W1 | idle | write | the lane accepts; goes back over the unread, or keeps it | idle, streak |
//! | W2 | busy | write | waits, keeps the bytes of a read: W1 goes back over them | idle |
//! | S1 | idle | seek | settles the lane; hop: seek, from where the caller thinks it is | busy |
//! | S2 | busy with that seek | seek | waits, and answers | idle |
//! | S3 | busy | seek | waits, then S1 | idle |
//! | F1 | any | flush, close | settles the lane | the same |
//! | X1 | any | all else | waits, settles the lane, hop | busy, idle |
//! | E1 | busy | any | no thread: an error, once; goes back over what was unread | idle, empty |
//!
//! **Reading ahead.** The first read asks for what its caller asks for. One that gets all it asked
//! for lets the next ask for twice as much, up to `most`; a short read, a seek and a write begin
//! anew. So `io::copy`, with its small buffer, soon reads in large pieces, while a header costs no
//! more than a header. Only of regular files, for what was taken from a pipe cannot be put back;
//! and not of clones, which share their position.
//!
//! **The position** of the descriptor is where the caller thinks it is, plus what is unread. Each
//! row that leaves the unread bytes behind goes back over them; a seek that fails leaves both. What
//! cannot go back, a socket or a terminal, keeps them: they are read after the write.
//!
//! * INV-191: idle and with the lane at rest, the file's own counts of the descriptor are all there
//!   are. A closure drops its count before its end is told, the lane's job moves it to `rest`.

#![forbid(unsafe_code)]

use crate::io::ahead::Ahead;
use crate::io::hop::{ended, poll_join};
use crate::io::lane::{Lane, Outlet};
use crate::runtime::handle::Handle;
use crate::task::join::JoinHandle;
use std::fs::File;
use std::io::{self, IoSlice, Seek, SeekFrom, Write};
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// All of a file that a poll may change.
pub(super) struct Inner {
    std: Arc<File>,
    state: State,
    pub(super) lane: Lane<File>,
    /// What the next read asks for at least, if it may read ahead.
    step: usize,
    /// Whether it may; `None`: nobody has looked yet whether it is a regular file.
    reads_ahead: Option<bool>,
}

/// See the table.
enum State {
    Idle(Ahead),
    /// And how much was unread when it began.
    Busy(JoinHandle<(Done, Ahead)>, usize),
}

/// What a hop has done.
pub(super) enum Done {
    Read {
        result: io::Result<usize>,
        asked: usize,
        reads_ahead: Option<bool>,
    },
    Sought(SeekFrom, io::Result<u64>),
    /// Whoever asked for it knows.
    Other,
}

impl Inner {
    pub(super) fn new(std: Arc<File>) -> Self {
        let lane = Lane::new(std.clone());
        let state = State::Idle(Ahead::default());
        Self { std, state, lane, step: 0, reads_ahead: None }
    }

    /// It shares its position with another from now on.
    pub(super) fn is_shared(&mut self) {
        self.reads_ahead = Some(false);
    }

    /// Rows R3, W2, S2, S3, X1, E1: waits for the hop. `None`: there is none.
    fn poll_done(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Done>>> {
        let State::Busy(join, unread) = &mut self.state else { return Poll::Ready(Ok(None)) };
        let (result, unread) = (ready!(poll_join(join, cx)), *unread as i64);
        let (done, ahead) = match result {
            Ok((done, ahead)) => (Ok(Some(done)), ahead),
            Err(error) => {
                // Nothing was done, and the bytes went with it. What cannot go back loses them.
                let lost = (unread > 0).then_some(SeekFrom::Current(-unread));
                let _position = lost.map(|back| self.std.as_ref().seek(back));
                (Err(error), Ahead::default())
            }
        };
        self.state = State::Idle(ahead);
        self.step = 0;
        if let Ok(Some(Done::Read { result, asked, reads_ahead })) = &done {
            // It may have become a clone meanwhile.
            self.reads_ahead = self.reads_ahead.filter(|may| !may).or(*reads_ahead);
            if matches!(result, Ok(n) if n == asked) {
                self.step = asked.saturating_mul(2);
            }
        }
        Poll::Ready(done)
    }

    /// The bytes at hand; idle.
    fn ahead(&mut self) -> Option<&mut Ahead> {
        match &mut self.state {
            State::Idle(ahead) => Some(ahead),
            State::Busy(..) => None,
        }
    }

    fn unread(&self) -> usize {
        match &self.state {
            State::Idle(ahead) => ahead.unread(),
            State::Busy(..) => 0,
        }
    }

    /// Idle becomes busy.
    ///
    /// # Panics
    /// Outside a runtime, and nothing has changed.
    pub(super) fn begin(&mut self, work: impl FnOnce(&File, &mut Ahead) -> Done + Send + 'static) {
        let handle = Handle::current();
        let mut ahead = self.ahead().map(mem::take).unwrap_or_default();
        let unread = ahead.unread();
        let std = self.std.clone();
        let job = move || {
            let done = work(&std, &mut ahead);
            // INV-191: before the end is told.
            drop(std);
            (done, ahead)
        };
        self.state = State::Busy(handle.spawn_blocking(job), unread);
    }

    /// Rows R1 to R3.
    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        into: &mut [u8],
        most: usize,
    ) -> Poll<io::Result<usize>> {
        if into.is_empty() {
            return Poll::Ready(Ok(0));
        }
        loop {
            let done = ready!(self.poll_done(cx))?;
            if let Some(Done::Read { result, .. }) = done {
                let taken = self.ahead().map_or(0, |ahead| ahead.take(into));
                return Poll::Ready(result.map(|_| taken));
            } else if done.is_none() {
                if self.unread() > 0 {
                    return Poll::Ready(Ok(self.ahead().map_or(0, |ahead| ahead.take(into))));
                }
                ready!(self.lane.poll_settled(cx))?;
                self.begin_read(into.len().min(most), most);
            }
        }
    }

    /// Row R2.
    fn begin_read(&mut self, wanted: usize, most: usize) {
        let (large, known) = (self.step.min(most), self.reads_ahead);
        self.begin(move |std, ahead| {
            let looks = || std.metadata().is_ok_and(|data| data.is_file());
            let reads_ahead = known.or_else(|| (large > wanted).then(looks));
            let asked = if reads_ahead == Some(true) { wanted.max(large) } else { wanted };
            Done::Read { result: ahead.fill(std, asked), asked, reads_ahead }
        });
    }

    /// Rows W1 and W2.
    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
        most: usize,
    ) -> Poll<io::Result<usize>> {
        while ready!(self.poll_done(cx))?.is_some() {}
        // Asked only if there is something to go back over: it moves nothing and waits for nobody.
        let goes_back = self.unread() > 0 && self.std.as_ref().stream_position().is_ok();
        let back = if goes_back { self.unread() as u64 } else { 0 };
        let n = ready!(self.lane.poll_write(cx, bufs, most, back))?;
        if n > 0 {
            if goes_back {
                self.ahead().map(Ahead::discard);
            }
            self.step = 0;
        }
        Poll::Ready(Ok(n))
    }

    /// Rows S1 to S3.
    pub(super) fn poll_seek(
        &mut self,
        cx: &mut Context<'_>,
        to: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        loop {
            match ready!(self.poll_done(cx))? {
                Some(Done::Sought(target, result)) if target == to => return Poll::Ready(result),
                Some(_) => {}
                None => {
                    ready!(self.lane.poll_settled(cx))?;
                    self.begin(move |std, ahead| Done::Sought(to, seek(std, ahead, to)));
                }
            }
        }
    }

    /// Row X1, and F1 for a lane: nothing is under way. An error of a write is told.
    pub(super) fn poll_settled(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while ready!(self.poll_done(cx))?.is_some() {}
        self.lane.poll_settled(cx)
    }

    /// Is nothing under way?
    pub(super) fn is_at_rest(&self) -> bool {
        matches!(self.state, State::Idle(_)) && self.lane.is_at_rest()
    }

    /// Idle: puts the descriptor where the caller thinks it is. It moves a number in the kernel and
    /// waits for no disk.
    pub(super) fn put_back(&mut self) -> io::Result<()> {
        let std = self.std.clone();
        self.ahead().map_or(Ok(()), |ahead| go_back(&std, ahead))
    }

    /// At rest: gives up its counts of the file (INV-191).
    pub(super) fn retire(self) {
        drop(self.lane.retire());
    }
}

/// Goes back over what is unread.
pub(super) fn go_back(mut std: &File, ahead: &mut Ahead) -> io::Result<()> {
    if ahead.unread() > 0 {
        std.seek(SeekFrom::Current(-(ahead.unread() as i64)))?;
        ahead.discard();
    }
    Ok(())
}

fn seek(mut std: &File, ahead: &mut Ahead, to: SeekFrom) -> io::Result<u64> {
    let SeekFrom::Current(offset) = to else {
        let at = std.seek(to)?;
        ahead.discard();
        return Ok(at);
    };
    match offset.checked_sub(ahead.unread() as i64) {
        Some(offset) => {
            let at = std.seek(SeekFrom::Current(offset))?;
            ahead.discard();
            Ok(at)
        }
        None => {
            go_back(std, ahead)?;
            std.seek(to)
        }
    }
}

impl Outlet for File {
    fn write(&self, back: u64, bytes: &[u8]) -> io::Result<()> {
        let mut file = self;
        if back > 0 {
            file.seek(SeekFrom::Current(-(back as i64)))?;
        }
        file.write_all(bytes)
    }

    /// A regular file takes them without waiting for anybody but the disk.
    fn last_words(&self, back: u64, bytes: &[u8]) -> io::Result<()> {
        if self.metadata()?.is_file() { Outlet::write(self, back, bytes) } else { Err(ended()) }
    }
}
