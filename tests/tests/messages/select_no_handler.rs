async fn handlers(a: u8, b: u8) {
    mainspring::select! {
        _ = std::future::ready(a + b),
        _ = std::future::ready(b) => {}
    }
    mainspring::select! {
        _ = std::future::ready(a), if a == b
    }
    mainspring::select! {
        _ = std::future::ready(a) =>
    }
}

fn main() {}
