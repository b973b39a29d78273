"""What makes pages quicker changes nothing that they say."""

import flask
import flask_wtf.csrf
import gunicorn.config
import markupsafe
import pytest
import wtforms

from portal.web.shared import looks, pace
from tests.architecture import source
from tests.support import people


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        "<script>&\"'</script>",
        "",
        7,
        None,
        markupsafe.Markup("<b>bold</b>"),
        ValueError("<i>"),
    ],
)
def test_values_are_escaped_as_jinja_would(value):
    assert str(pace.escape(value)) == str(markupsafe.escape(value))


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{{ name }}", "&lt;b&gt;&amp;"),
        ("{% macro say(x) %}{{ x }}{% endmacro %}{{ say(name) }}", "&lt;b&gt;&amp;"),
        ("{% set x %}{{ name }}{% endset %}{{ x }}", "&lt;b&gt;&amp;"),
        ("{{ name ~ '<' }}", "&lt;b&gt;&amp;&lt;"),
        ("{% for x in [name] %}{{ _('Hello %(name)s,', name=x) }}{% endfor %}", None),
        ("{{ [name, '>']|join('<') }}", "&lt;b&gt;&amp;&lt;&gt;"),
        ("<i title='{{ name }}'>{% filter upper %}{{ name }}{% endfilter %}", None),
    ],
)
def test_a_template_escapes_whatever_way_a_value_takes(app, template, shown):
    found = app.jinja_env.from_string(template).render(name="<b>&")
    assert "<b>" not in found.lower()
    assert shown is None or found == shown


def test_a_kept_part_is_made_once_a_language(app):
    made = []

    def part():
        made.append(looks.page_lang())
        return markupsafe.Markup(made[-1])

    kept = looks.Kept()
    for address in ("/?lang=en", "/?lang=es", "/?lang=en"):
        with app.test_request_context(address):
            kept("head", "home", caller=part)
    assert made == ["en", "es"]


def test_a_kept_part_may_not_differ_without_end(app):
    kept = looks.Kept()
    with app.test_request_context("/"):
        for count in range(looks.MOST_KEPT):
            kept("head", str(count), caller=markupsafe.Markup)
        with pytest.raises(RuntimeError, match="too often"):
            kept("head", "one more", caller=markupsafe.Markup)


def test_the_next_request_speaks_its_own_language(app, database):
    english = people.make_customer(database, language="en")
    spanish = people.make_customer(database, language="es")
    for person, language in ((english, "en"), (spanish, "es"), (english, "en")):
        html = people.sign_in(app.test_client(), person).get("/invoices").get_data(as_text=True)
        assert f'<html lang="{language}">' in html


def test_the_settings_of_gunicorn_are_ones_it_takes():
    config = gunicorn.config.Config()
    names: dict = {}
    path = source.ROOT / "gunicorn.conf.py"
    exec(compile(path.read_text(), str(path), "exec"), names)
    for name, value in names.items():
        if name in config.settings:
            config.set(name, value)
    assert config.worker_class.__name__ == "FairWorker"
    assert config.preload_app


def test_a_form_token_is_signed_once_and_is_nobody_elses(app):
    tokens = []
    for secret in ("a" * 40, "b" * 40, "a" * 40):
        with app.test_request_context():
            flask.session["csrf_token"] = secret
            tokens.append(pace.csrf_token())
            flask_wtf.csrf.validate_csrf(tokens[-1])
    assert tokens[0] == tokens[2] != tokens[1]
    with app.test_request_context():
        flask.session["csrf_token"] = "b" * 40
        with pytest.raises(wtforms.ValidationError):
            flask_wtf.csrf.validate_csrf(tokens[0])


def test_a_visitor_without_a_token_gets_one(app):
    with app.test_request_context():
        assert pace.csrf_token()
        assert flask.session["csrf_token"]
