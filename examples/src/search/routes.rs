//! the paths of the service, on axum's router, and what each answers.
//!
//! | path | answer |
//! |---|---|
//! | `/search?keyword=…` | 200, with what the sources found; 422 without a keyword |
//! | | 502 if all sources failed, 504 if they took too long |
//! | `/metrics` | counters of the service and of the runtime, for Prometheus |
//! | `/tasks`, `/tasks.json` | every live task, and what it waits for |
//! | `/` | a page that says so |
//!
//! 200, 404, 405, 422 and 504 have the bodies that FastAPI gives them, byte for byte, their keys in
//! the same order. The document has no 502: when every source fails it answers 200 with no results,
//! which reads as "there is nothing of that name".

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::Duration;

use crate::tell;
use axum::body::HttpBody;
use axum::extract::{Query, Request, State};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use hyper::StatusCode;
use hyper::header::CONTENT_TYPE;
use mainspring::runtime::{Handle, TaskDump, WaitsFor};
use serde::Serialize;
use serde_json::{Value, json};

use super::combine::{Combined, NoAnswer, Sources, combine};
use super::numbers::Numbers;

/// No path here reads a body; one that says it is longer is refused before it is sent.
const LARGEST_BODY: u64 = 16 * 1024;

/// What every request can reach.
#[derive(Clone, Debug)]
pub struct App {
    pub sources: Arc<dyn Sources>,
    /// For a whole search.
    pub limit: Duration,
    pub numbers: Arc<Numbers>,
}

/// The document's answer, its keys in its order.
#[derive(Debug, Serialize)]
struct Found {
    keyword: String,
    total: usize,
    results: Vec<String>,
    partial_failure: bool,
}

/// The router with all paths.
pub fn router(app: App) -> Router {
    let numbers = app.numbers.clone();
    Router::new()
        .route("/", get(help))
        .route("/search", get(search))
        .route("/metrics", get(metrics))
        .route("/tasks", get(tasks))
        .route("/tasks.json", get(tasks_json))
        .fallback(async || refused(StatusCode::NOT_FOUND, "Not Found"))
        .method_not_allowed_fallback(async || {
            refused(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
        })
        .layer(middleware::from_fn(no_large_body))
        .layer(middleware::from_fn_with_state(numbers, counted))
        .with_state(Arc::new(app))
}

fn refused(status: StatusCode, detail: impl Into<Value>) -> Response {
    (status, Json(json!({ "detail": detail.into() }))).into_response()
}

async fn search(
    State(app): State<Arc<App>>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    // The last one counts, as for FastAPI.
    let keyword = pairs.into_iter().rev().find(|(name, _)| name == "keyword");
    let Some((_, keyword)) = keyword else { return no_keyword() };
    let sources = app.sources.ask(&keyword);
    let watched = sources.into_iter().map(|source| app.numbers.watch(source)).collect();
    match combine(app.limit, watched).await {
        Ok(Combined { results, failed }) => {
            failed.iter().for_each(|failed| tell!("search {keyword:?}: {failed}"));
            let partial_failure = !failed.is_empty();
            Json(Found { keyword, total: results.len(), results, partial_failure }).into_response()
        }
        Err(NoAnswer::TimedOut(limit)) => {
            tell!("search {keyword:?}: not done after {limit:?}; the sources were dropped");
            refused(StatusCode::GATEWAY_TIMEOUT, "Search timeout")
        }
        Err(NoAnswer::AllFailed(failed)) => {
            failed.iter().for_each(|failed| tell!("search {keyword:?}: {failed}"));
            refused(StatusCode::BAD_GATEWAY, "All sources failed")
        }
    }
}

/// What FastAPI says of a parameter that is missing. As text: a [`Value`] sorts its keys.
fn no_keyword() -> Response {
    let at = r#"{"type":"missing","loc":["query","keyword"],"msg":"Field required","input":null}"#;
    let body = format!(r#"{{"detail":[{at}]}}"#);
    let kind = [(CONTENT_TYPE, "application/json")];
    (StatusCode::UNPROCESSABLE_ENTITY, kind, body).into_response()
}

async fn no_large_body(request: Request, next: Next) -> Response {
    match request.body().size_hint().lower() > LARGEST_BODY {
        true => refused(StatusCode::PAYLOAD_TOO_LARGE, "Body too large"),
        false => next.run(request).await,
    }
}

/// Around everything: the time, the status, and whether there was an answer at all.
async fn counted(State(numbers): State<Arc<Numbers>>, request: Request, next: Next) -> Response {
    // What is no path of ours is one path: a stranger shall not make the page of numbers grow.
    let path = match request.uri().path() {
        path @ ("/" | "/search" | "/metrics" | "/tasks" | "/tasks.json") => path.to_owned(),
        _ => "other".to_owned(),
    };
    let asked = numbers.request();
    let response = next.run(request).await;
    asked.answered(&path, response.status().as_u16());
    response
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    let text = app.numbers.prometheus(&Handle::current().metrics());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

async fn tasks() -> String {
    let tasks = Handle::current().dump();
    let lines: Vec<_> = tasks.iter().map(|task| format!("{task}\n")).collect();
    format!("{} tasks\n\n{}", tasks.len(), lines.concat())
}

async fn tasks_json() -> Json<Value> {
    Json(Handle::current().dump().iter().map(described).collect())
}

fn described(task: &TaskDump) -> Value {
    let kind = match (task.is_block_on(), task.is_blocking()) {
        (true, _) => "block_on",
        (_, true) => "blocking closure",
        _ => "task",
    };
    json!({
        "id": task.id().to_string(),
        "kind": kind,
        "name": task.name(),
        "state": task.state().to_string(),
        "spawned_at": task.spawned_at().to_string(),
        "polls": task.polls(),
        "seconds_in_poll": task.time_in_poll().map(|time| time.as_secs_f64()),
        "waits_for": task.waits_for().iter().map(wait).collect::<Vec<_>>(),
        "deadlock": task.deadlock().map(|id| id.to_string()).collect::<Vec<_>>(),
    })
}

fn wait(wait: &WaitsFor) -> Value {
    match wait {
        WaitsFor::Timer { left, .. } => json!({ "timer": left.as_secs_f64() }),
        WaitsFor::Socket => json!("socket"),
        WaitsFor::Join(id) => json!({ "task": id.to_string() }),
        WaitsFor::Primitive { name, held_by, .. } => match held_by {
            Some(id) => json!({ "primitive": name, "held_by": id.to_string() }),
            None => json!({ "primitive": name }),
        },
        _ => json!("more"),
    }
}

async fn help() -> Html<&'static str> {
    Html(include_str!("help.html"))
}
