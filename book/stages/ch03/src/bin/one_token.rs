//! What a parker remembers: one alarm, however many there were.
//!
//! cargo run -q -p stage-ch03 --bin one_token

use stage_ch03::wake::park::Parker;
use std::thread;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(20);

fn main() {
    let parker = Parker::new();
    let alarm = parker.signal();
    let park = |limit| match parker.park(Some(limit)) {
        true => "returns",
        false => "sleeps its time out",
    };

    alarm.unpark();
    println!("alarm, park:        {}", park(LONG));

    alarm.unpark();
    alarm.unpark();
    println!("alarm twice, park:  {}", park(LONG));
    println!("park again:         {}", park(SHORT));

    // Anybody's code may use up the token that std keeps for the thread. Ours is still there.
    alarm.unpark();
    thread::current().unpark();
    thread::park();
    println!("std's token gone:   {}", park(LONG));

    // And a token of std's is no alarm of ours.
    thread::current().unpark();
    println!("std's token only:   {}", park(SHORT));
}
