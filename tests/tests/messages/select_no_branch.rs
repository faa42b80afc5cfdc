async fn empty() {
    mainspring::select! {}
    mainspring::select! { biased; }
}

fn main() {}
