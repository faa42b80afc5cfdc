//! What an `.await` does that has nothing to wait for.
//!
//! cargo run -q -p stage-ch02 --bin no_wait

use stage_ch02::countdown;
use stage_ch02::step::poll_to_end;

/// Three awaits, of countdowns from `from`.
async fn three(from: u32) {
    for _ in 0..3 {
        countdown(from).await;
    }
}

fn main() {
    for from in [0, 1, 2] {
        let ((), polls) = poll_to_end(three(from));
        println!("three countdowns from {from}: {polls} polls");
    }
}
