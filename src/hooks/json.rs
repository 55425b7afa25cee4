//! A call as a JSON object, for programs that are written anew.

use nginx_compat::callback::Call;
use serde_json::{Map, Value};
use url::form_urlencoded::parse;

/// The fields of the form, by their names. What the peer has put behind its `?` stands apart: it must not pass for a field of ours.
pub(super) fn json(call: &Call<'_>) -> String {
    let own = Call { arguments: "", ..*call };
    let mut object = object(&own.form());
    object.insert("arguments".to_owned(), Value::Object(self::object(call.arguments)));
    Value::Object(object).to_string()
}

fn object(form: &str) -> Map<String, Value> {
    parse(form.as_bytes()).map(|(name, value)| (name.into_owned(), Value::from(value.into_owned()))).collect()
}
