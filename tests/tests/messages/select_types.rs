use std::future::ready;

async fn types() -> u8 {
    mainspring::select! {
        n = ready(1_u8) => n,
        _ = ready(()) => "two",
    }
}

async fn pattern() {
    mainspring::select! {
        Some(_) = ready(1_u8) => {}
        else => {}
    }
}

async fn no_future() {
    mainspring::select! {
        _ = 5 => {}
    }
}

async fn not_pinned() {
    let mut work = async {};
    mainspring::select! {
        _ = &mut work => {}
    }
}

fn not_async() {
    mainspring::select! {
        _ = ready(1) => {}
    }
}

fn main() {}
