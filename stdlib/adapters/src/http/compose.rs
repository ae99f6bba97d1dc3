//! Makes a request out of what the action said, with the secrets filled in.

use crate::connections::HttpConnection;
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::request::{Endpoint, HeaderText, HttpBody, HttpRequest};
use heal_stdlib::value::Value;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use std::collections::BTreeMap;
use url::Url;

/// A request, ready to be sent more than once.
#[derive(Clone)]
pub(super) struct Composed {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Vec<u8>>,
}

impl Composed {
    pub(super) fn request(&self) -> reqwest::Request {
        let mut request = reqwest::Request::new(self.method.clone(), self.url.clone());
        *request.headers_mut() = self.headers.clone();
        *request.body_mut() = self.body.clone().map(Into::into);
        request
    }

    /// For messages: the query may hold what nobody should see.
    pub(super) fn shown(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        format!("{} {url}", self.method)
    }
}

pub(super) fn compose(
    request: &HttpRequest,
    connections: &BTreeMap<String, HttpConnection>,
) -> Result<Composed, ErrorInfo> {
    let method = Method::from_bytes(request.method.as_bytes())
        .ok()
        .filter(|method| !matches!(method.as_str(), "CONNECT" | "TRACE"))
        .ok_or_else(|| ErrorInfo::permanent("method", format!("`{}` is not a method to use", request.method)))?;
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        headers.append(header_name(name)?, header_value(name, value)?);
    }
    let mut url = url(&request.endpoint, connections, &mut headers)?;
    if !request.query.is_empty() {
        url.query_pairs_mut().extend_pairs(&request.query);
    }
    let body = request.body.as_ref().map(|body| bytes(body, &mut headers)).transpose()?;
    Ok(Composed { method, url, headers, body })
}

fn url(
    endpoint: &Endpoint,
    connections: &BTreeMap<String, HttpConnection>,
    headers: &mut HeaderMap,
) -> Result<Url, ErrorInfo> {
    let parse = |text: &str| {
        Url::parse(text).map_err(|error| ErrorInfo::permanent("url", format!("`{text}` is not a URL: {error}")))
    };
    match endpoint {
        Endpoint::Url(text) => parse(text),
        Endpoint::Connection { name, path } => {
            let Some(connection) = connections.get(name) else {
                let message = format!("there is no connection `{name}`; add it to `connections` in healrun.yaml");
                return Err(ErrorInfo::permanent("no_connection", message));
            };
            if let Some(token) = connection.token.as_ref().filter(|_| !headers.contains_key(AUTHORIZATION)) {
                let text = HeaderText::Secret(heal_stdlib::value::Secret::new(
                    token.name(),
                    format!("Bearer {}", token.reveal()),
                ));
                headers.insert(AUTHORIZATION, header_value("authorization", &text)?);
            }
            let mut url = parse(&connection.url)?;
            // Set as a path, so that nothing in it can be taken for a host.
            let below = format!("{}/{}", url.path().trim_end_matches('/'), path.trim_start_matches('/'));
            url.set_path(&below);
            Ok(url)
        }
    }
}

fn header_name(name: &str) -> Result<HeaderName, ErrorInfo> {
    let parsed = HeaderName::from_bytes(name.as_bytes());
    // How the message travels is not the playbook's business.
    let ours = ["host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"];
    let parsed = parsed.ok().filter(|name| !ours.contains(&name.as_str()) && name.as_str() != "accept-encoding");
    parsed.ok_or_else(|| ErrorInfo::permanent("header", format!("`{name}` is not a header to set")))
}

fn header_value(name: &str, text: &HeaderText) -> Result<HeaderValue, ErrorInfo> {
    let (text, secret) = match text {
        HeaderText::Plain(text) => (text.as_str(), false),
        HeaderText::Secret(secret) => (secret.reveal(), true),
    };
    let value = HeaderValue::from_bytes(text.as_bytes());
    let mut value = value.map_err(|_| {
        ErrorInfo::permanent(
            "header",
            format!("the value of the header `{name}` holds a line end or a control character"),
        )
    })?;
    value.set_sensitive(secret);
    Ok(value)
}

fn bytes(body: &HttpBody, headers: &mut HeaderMap) -> Result<Vec<u8>, ErrorInfo> {
    let (content_type, bytes) = match body {
        HttpBody::Json(value) => ("application/json", json(value)?.to_string().into_bytes()),
        HttpBody::Form(pairs) => (
            "application/x-www-form-urlencoded",
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes(),
        ),
        HttpBody::Text { content_type, text } => (content_type.as_str(), text.clone().into_bytes()),
    };
    if !headers.contains_key(CONTENT_TYPE) {
        headers.insert(CONTENT_TYPE, header_value("content-type", &HeaderText::Plain(content_type.to_owned()))?);
    }
    Ok(bytes)
}

/// JSON with the secrets in it: only here, right before it is sent.
fn json(value: &Value) -> Result<serde_json::Value, ErrorInfo> {
    use serde_json::Value as Json;
    Ok(match value {
        Value::None => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::Int(n) => Json::from(*n),
        Value::Quantity(_, x) => Json::from(*x),
        Value::Time(ms) => Json::from(*ms),
        Value::Text(text) | Value::Untrusted(text) | Value::Word(text) => Json::from(text.as_ref()),
        Value::Secret(secret) => Json::from(secret.reveal()),
        Value::Json(json) => json.as_ref().clone(),
        Value::List(items) => Json::Array(items.iter().map(json).collect::<Result<_, _>>()?),
        Value::Record(fields) => {
            let fields = fields.iter().map(|(name, value)| Ok((name.clone(), json(value)?)));
            Json::Object(fields.collect::<Result<_, ErrorInfo>>()?)
        }
        Value::NoData(_)
        | Value::Regex(_)
        | Value::Series(_)
        | Value::Logs(_)
        | Value::Range(..)
        | Value::Quota(_)
        | Value::Target(_) => {
            return Err(ErrorInfo::permanent("body", "the body holds a value that JSON has no form for"));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use heal_stdlib::value::Secret;

    fn request(endpoint: Endpoint) -> HttpRequest {
        HttpRequest {
            method: "GET".to_owned(),
            endpoint,
            query: vec![("query".to_owned(), "rate(x[1m]) & up{a=\"b c\"}".to_owned())],
            headers: vec![],
            body: None,
            max_bytes: 100,
            follow: true,
        }
    }

    #[test]
    fn a_connection_gives_its_base_and_its_token() {
        let connection = HttpConnection {
            url: "https://prom.example.com/base/".to_owned(),
            token: Some(Secret::new("prom", "abc".to_owned())),
        };
        let connections = BTreeMap::from([("prometheus".to_owned(), connection)]);
        let endpoint = |path: &str| Endpoint::Connection { name: "prometheus".to_owned(), path: path.to_owned() };
        let composed = compose(&request(endpoint("/api/v1/query")), &connections).expect("composed");
        assert_eq!(composed.shown(), "GET https://prom.example.com/base/api/v1/query");
        let query: Vec<_> = composed.url.query_pairs().into_owned().collect();
        assert_eq!(query, request(endpoint("")).query);
        let token = &composed.headers[AUTHORIZATION];
        assert!(token == "Bearer abc" && token.is_sensitive());
        for path in ["@evil.com/", "//evil.com/", "\\\\evil.com", "/?x@evil.com"] {
            let composed = compose(&request(endpoint(path)), &connections).expect("composed");
            assert_eq!(composed.url.host_str(), Some("prom.example.com"), "{path}");
        }
    }

    #[test]
    fn a_secret_in_a_body_is_filled_in() {
        let value = Value::record([
            ("key", Value::Secret(Secret::new("k", "s3cret".to_owned()))),
            ("list", Value::list(vec![Value::Int(1), Value::text("a")])),
        ]);
        assert_eq!(json(&value).expect("JSON").to_string(), r#"{"key":"s3cret","list":[1,"a"]}"#);
        assert_eq!(json(&Value::no_data("gone")).expect_err("no form").code, "body");
    }

    #[test]
    fn a_header_cannot_smuggle() {
        for (name, value) in
            [("host", "evil"), ("a b", "x"), ("x", "a\r\nhost: evil"), ("Transfer-Encoding", "chunked")]
        {
            let mut request = request(Endpoint::Url("http://h/".to_owned()));
            request.headers = vec![(name.to_owned(), HeaderText::Plain(value.to_owned()))];
            assert_eq!(compose(&request, &BTreeMap::new()).err().expect("refused").code, "header", "{name}");
        }
    }
}
