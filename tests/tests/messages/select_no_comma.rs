use std::future::ready;

async fn commas(mut a: u8) {
    mainspring::select! {
        _ = ready(1) => a += 1
        _ = ready(2) => a += 2,
    }
    mainspring::select! {
        _ = ready(1) if a > 1 => {}
    }
}

fn main() {}
