"""The look holds: every macro renders, escapes and obeys the content policy, in both languages."""

import re
import zoneinfo
from pathlib import Path

import jinja2
import jinja2.nodes
import pytest

from portal.documents import mails
from portal.web.shared import looks
from tests.web import look_app

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
COMPONENTS = sorted((TEMPLATES / "components").glob("*.html"))
OURS = ("layouts", "components", "errors", "email")
LANGUAGES = ("en", "es")
ZONE = zoneinfo.ZoneInfo("America/New_York")
WEIGHT_LIMIT = 60_000
OF_LAYOUTS = ("words", "dialog", "flashes")


@pytest.fixture(scope="module")
def app():
    return look_app.make()


@pytest.fixture
def client(app):
    return app.test_client()


def page(client, name, language="en"):
    answer = client.get(f"/{name}?lang={language}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def every_page():
    return [*look_app.PAGES, *(f"errors/{code}" for code in look_app.ERRORS)]


def macros(path):
    tree = jinja2.Environment(extensions=["jinja2.ext.i18n"]).parse(path.read_text())
    names = [node.name for node in tree.find_all(jinja2.nodes.Macro)]
    return [name for name in names if not name.startswith("_")]


@pytest.mark.parametrize("folder", OURS)
def test_every_template_compiles(app, folder):
    env = mails._environment("en", ZONE) if folder == "email" else app.jinja_env
    for path in sorted((TEMPLATES / folder).iterdir()):
        assert env.get_template(path.relative_to(TEMPLATES).as_posix())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", every_page())
def test_every_page_of_the_gallery_renders_in_its_language(client, name, language):
    html = page(client, name, language)
    assert f'<html lang="{language}">' in html
    assert html.count("<h1") == 1
    assert html.rstrip().endswith("</html>")


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.stem)
def test_every_macro_stands_in_the_gallery_or_in_a_layout(path):
    users = "".join(
        text.read_text() for text in [*look_app.GALLERY.glob("*.html"), *TEMPLATES.rglob("*.html")]
    )
    for name in macros(path):
        assert re.search(rf"\b{name}\(", users.replace(f"macro {name}(", "")), name


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.stem)
def test_every_macro_is_in_the_catalogue(path):
    catalogue = (ROOT / "docs" / "look.md").read_text()
    inner = {"masthead": "layouts", "bar": "desk"}
    for name in [] if path.stem in inner else macros(path):
        assert f"{name}(" in catalogue or name in OF_LAYOUTS, name


@pytest.mark.parametrize("name", every_page())
def test_no_page_carries_an_inline_style_script_or_handler(client, name):
    html = page(client, name)
    assert " style=" not in html
    assert "<style" not in html
    assert not re.search(r"\son[a-z]+=", html)
    for tag in re.findall(r"<script\b[^>]*>[^<]*", html):
        assert re.fullmatch(r'<script type="module" nonce="[\w-]+" src="/static/[^"]+">\s*', tag)


@pytest.mark.parametrize("name", look_app.PAGES)
def test_values_are_escaped_wherever_they_stand(client, name):
    html = page(client, name)
    for raw in ("<script>alert", "<took>", "<after>", "<i>", "Credit <b>", "<Maria>"):
        assert raw not in html


@pytest.mark.parametrize("name", every_page())
def test_every_symbol_used_is_drawn(client, name):
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static/sprite.svg").read_text()))
    used = set(re.findall(r"sprite\.svg\?v=\w+#([\w-]+)", page(client, name)))
    assert used
    assert used <= drawn


@pytest.mark.parametrize("name", every_page())
def test_every_label_description_and_heading_reference_finds_its_target(client, name):
    html = page(client, name)
    ids = set(re.findall(r'\bid="([^"]+)"', html))
    pattern = r'\b(?:for|aria-labelledby|aria-describedby)="([^"]+)"'
    wanted = {word for group in re.findall(pattern, html) for word in group.split()}
    assert wanted <= ids


def test_every_form_that_posts_carries_the_token(client):
    for name in look_app.PAGES:
        for form in re.findall(r'<form method="post".*?</form>', page(client, name), re.S):
            assert 'name="csrf_token"' in form


def test_a_field_in_error_keeps_what_was_typed_and_names_its_message(client):
    html = page(client, "flow")
    assert 'value="twelve"' in html
    assert 'id="zip-bad"' in html
    assert 'aria-describedby="zip-bad zip-hint" aria-invalid="true"' in html
    assert '<a href="#zip">' in html


def test_a_password_is_never_written_back(client):
    tags = re.findall(r'<input[^>]*type="password"[^>]*>', page(client, "flow"))
    assert len(tags) == 2
    assert all(" value=" not in tag for tag in tags)


def test_a_static_address_changes_with_the_content_and_only_then(app, tmp_path):
    app.static_folder, kept = str(tmp_path), app.static_folder
    try:
        address = looks._static_addresses(app)
        (tmp_path / "a.css").write_text("one")
        first = address("a.css")
        address.cache_clear()
        assert address("a.css") == first
        (tmp_path / "a.css").write_text("two")
        address.cache_clear()
        assert address("a.css") != first
    finally:
        app.static_folder = kept


def test_the_nonce_is_one_for_a_request_and_another_for_the_next(app):
    with app.test_request_context("/"):
        first = looks.csp_nonce()
        assert looks.csp_nonce() == first
    with app.test_request_context("/"):
        assert looks.csp_nonce() != first


def test_the_language_link_keeps_what_the_page_was_asked(app):
    with app.test_request_context("/invoices?state=due&after=x&lang=en"):
        assert looks.language_url("es") == "?state=due&after=x&lang=es"


def test_an_owners_page_stays_under_its_weight(client):
    assets = ("portal.css", "sprite.svg", "icon.svg", "js/once.js", "js/files.js", "js/choose.js")
    weight = sum((ROOT / "static" / name).stat().st_size for name in assets)
    assert weight + len(page(client, "owner").encode()) < WEIGHT_LIMIT
