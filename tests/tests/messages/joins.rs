use std::future::ready;

async fn comma() {
    mainspring::join!(ready(1) ready(2));
}

async fn no_future() {
    mainspring::join!(ready(1), 5);
}

async fn no_result() {
    let _ = mainspring::try_join!(ready(Ok::<u8, u8>(1)), ready(2));
}

async fn two_errors() {
    let _ = mainspring::try_join!(ready(Ok::<u8, u8>(1)), ready(Ok::<u8, String>(1)));
}

fn main() {}
