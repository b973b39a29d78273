"""The floor: bare Flask and SQLAlchemy, one query, one table of 25 rows; what any page costs."""

import os

import flask
import sqlalchemy as sa

app = flask.Flask(__name__)
engine = sa.create_engine(
    os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"), pool_size=8
)
invoice = sa.table(
    "invoice",
    *map(sa.column, ("id", "number", "customer_id", "due_on", "total_cents", "state")),
)
note = sa.table("bench_note", sa.column("body"))
ROWS = (
    sa.select(invoice.c.number, invoice.c.due_on, invoice.c.total_cents, invoice.c.state)
    .where(invoice.c.customer_id == sa.bindparam("customer_id"))
    .order_by(invoice.c.due_on.desc(), invoice.c.id.desc())
    .limit(25)
)


@app.get("/rows/<int:customer_id>")
def rows(customer_id: int) -> str:
    """25 invoices of a customer in a table."""
    with engine.connect() as connection:
        found = connection.execute(ROWS, {"customer_id": customer_id}).all()
    return flask.render_template("floor.html", rows=found)


@app.post("/notes")
def notes() -> dict[str, bool]:
    """One row inserted and committed."""
    with engine.begin() as connection:
        connection.execute(sa.insert(note), {"body": flask.request.get_data(as_text=True)})
    return {"received": True}
