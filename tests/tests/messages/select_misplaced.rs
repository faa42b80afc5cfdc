use std::future::ready;

async fn order() {
    mainspring::select! {
        Some(x) if x > 1 = ready(Some(2)) => {}
    }
    mainspring::select! {
        _ = ready(1), if let Some(_) = Some(1) => {}
    }
    mainspring::select! {
        else => {}
        _ = ready(1) => {}
    }
    mainspring::select! {
        biased,
        _ = ready(1) => {}
    }
}

fn main() {}
