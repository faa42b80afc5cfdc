async fn patterns(a: std::future::Ready<u8>) {
    mainspring::select! {
        a => {}
    }
    mainspring::select! {
        _ = std::future::ready(1) => {}
        std::future::ready(2) => {}
    }
}

fn main() {}
