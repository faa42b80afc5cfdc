//! Stage 6's program of that name on the real runtime, for a timeline.
//!
//! MAINSPRING_TRACE=run.json cargo run -q -p stage-acceptance --example say_after

use mainspring::runtime::Builder;
use mainspring::task::yield_now;

async fn say_after(turns: u32, what: &str) -> usize {
    for _ in 0..turns {
        yield_now().await;
    }
    println!("{what}");
    what.len()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = Builder::new_current_thread().build()?;
    let letters = runtime.block_on(async {
        let hello = mainspring::spawn(say_after(2, "hello"));
        let world = mainspring::spawn(say_after(1, "world"));
        Ok::<_, mainspring::task::JoinError>(hello.await? + world.await?)
    })?;
    println!("{letters} letters");
    Ok(())
}
