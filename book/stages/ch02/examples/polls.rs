//! Who is polled when, under a join and under a race: data for the figures of chapter 2.
//!
//! cargo run -q -p stage-ch02 --example polls join
//! cargo run -q -p stage-ch02 --example polls race

use stage_acceptance::figure::Spans;
use stage_ch02::step::poll_to_end;
use stage_ch02::{Countdown, countdown, join, race};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A future whose polls and whose end are taken down.
struct Watched<F> {
    name: &'static str,
    /// What is said of a poll is its number, and its answer only if it is ready.
    numbered: bool,
    polls: u32,
    spans: Spans,
    future: F,
}

impl<F: Future + Unpin> Future for Watched<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.polls += 1;
        let from = self.spans.step();
        let answer = Pin::new(&mut self.future).poll(cx);
        let to = self.spans.step();
        let text = match (self.numbered, &answer) {
            (true, Poll::Pending) => format!("poll {}", self.polls),
            (true, Poll::Ready(_)) => format!("poll {}: ready", self.polls),
            (false, Poll::Pending) => "pending".to_string(),
            (false, Poll::Ready(_)) => "ready".to_string(),
        };
        let tone = if answer.is_ready() { 1 } else { 0 };
        self.spans.span(self.name, from, to, &text, tone);
        answer
    }
}

impl<F> Drop for Watched<F> {
    fn drop(&mut self) {
        if !self.numbered {
            self.spans.mark(self.name, self.spans.step(), '×', "dropped");
        }
    }
}

fn main() {
    let spans = Spans::default();
    let one_of_two = |name, from| {
        let future = countdown(from);
        Watched::<Countdown> { name, numbered: false, polls: 0, spans: spans.clone(), future }
    };
    let (three, one) = (one_of_two("three", 3), one_of_two("one", 1));
    let (numbered, polls, own) = (true, 0, spans.clone());
    let name = if std::env::args().any(|word| word == "race") { "race" } else { "join" };
    if name == "race" {
        let future = race(three, one);
        poll_to_end(Watched { name, numbered, polls, spans: own, future });
    } else {
        let future = join(three, one);
        poll_to_end(Watched { name, numbered, polls, spans: own, future });
    }
    spans.print(&[name, "three", "one"], "");
}
