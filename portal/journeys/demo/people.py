"""Made-up people, towns and staff, as data; nobody in here exists, and nothing is decided."""

from __future__ import annotations

import dataclasses

from portal.domain.identity import models

DOMAIN = "demo.test"


@dataclasses.dataclass(frozen=True)
class Town:
    """Where somebody lives; `area` is the town's telephone area code."""

    city: str
    state: str
    zip_code: str
    area: str


@dataclasses.dataclass(frozen=True)
class Colleague:
    """A member of staff."""

    email: str
    name: str
    role: models.Role


STAFF = (
    Colleague(f"grace@{DOMAIN}", "Grace Lindqvist", models.Role.SPECIALIST),
    Colleague(f"tomas@{DOMAIN}", "Tomás Rivera", models.Role.SPECIALIST),
    Colleague(f"priya@{DOMAIN}", "Priya Raman", models.Role.SPECIALIST),
    Colleague(f"omar@{DOMAIN}", "Omar Haddad", models.Role.SUPERVISOR),
    Colleague(f"ada@{DOMAIN}", "Ada Whitfield", models.Role.FINANCE),
)

TOWNS = tuple(
    Town(*line.split("|"))
    for line in """
Chicago|IL|60614|312
Springfield|IL|62704|217
Naperville|IL|60540|630
Austin|TX|78704|512
Houston|TX|77007|713
San Antonio|TX|78209|210
Miami|FL|33135|305
Tampa|FL|33606|813
Orlando|FL|32803|407
Los Angeles|CA|90026|213
San Diego|CA|92104|619
Sacramento|CA|95816|916
Seattle|WA|98103|206
Spokane|WA|99203|509
Portland|OR|97211|503
Denver|CO|80206|303
Phoenix|AZ|85014|602
Tucson|AZ|85719|520
Albuquerque|NM|87106|505
Brooklyn|NY|11215|718
Buffalo|NY|14222|716
Philadelphia|PA|19147|215
Pittsburgh|PA|15217|412
Columbus|OH|43202|614
Ann Arbor|MI|48103|734
Madison|WI|53703|608
Minneapolis|MN|55408|612
Nashville|TN|37206|615
Atlanta|GA|30307|404
Raleigh|NC|27608|919
Richmond|VA|23220|804
Boston|MA|02130|617
Portland|ME|04101|207
Louisville|KY|40204|502
""".strip().splitlines()
)
# Where most of those who write in Spanish live.
SPANISH_TOWNS = tuple(town for town in TOWNS if town.state in ("TX", "FL", "CA", "AZ", "NM"))

STREETS = (
    "Elm Street", "Maple Avenue", "Oak Lane", "Cedar Court", "Willow Road", "Birch Street",
    "Juniper Way", "Chestnut Street", "Magnolia Drive", "Sycamore Avenue", "Prospect Street",
    "Lakeview Drive", "Hillside Avenue", "Orchard Road", "Franklin Street", "Garfield Avenue",
    "Highland Terrace", "Mill Street", "Park Place", "Riverside Drive", "Sunset Lane",
)  # fmt: skip

# A star marks those who read and write in Spanish.
NAMES = tuple(
    name.strip()
    for name in """
Hannah Kowalski, Marcus Reed, Julia Bennett, Devon Carter, Emily Tran, Robert Haynes,
Lucía Herrera*, Nathan Brooks, Aisha Rahman, Peter Novak, Olivia Grant, Carlos Mendoza*,
Sarah McKenna, Jamal Whitaker, Rebecca Stein, Kevin O'Malley, Mei Chen, Anthony Russo,
Diana Petrov, Luis Ortega*, Katherine Doyle, Samuel Adeyemi, Laura Fischer, Brian Sullivan,
Valentina Castro*, Gregory Palmer, Nina Okafor, Thomas Lindgren, Rachel Goldberg, Andre Dubois,
Sofía Ramírez*, Patrick Byrne, Monica Patel, William Foster, Grace Kim, Daniel Ostrowski,
Isabel Fuentes*, Heather Walsh, Tyrone Jackson, Megan Larsen, Victor Hernández*, Amanda Price,
Joseph Bianchi, Leah Abrams, Curtis Boone, Yuki Tanaka, Allison Greene, Javier Morales*,
Christine Vogel, Derek Simmons, Fatima Siddiqui, Paul Hendricks, Natalie Cruz, Ian MacLeod,
Teresa Delgado*, Jeremy Walters, Claire Fontaine, Walter Jensen, Brooke Hensley, Ahmed Nasser,
Camila Vargas*, Eric Sorensen, Denise Holloway, Raúl Jiménez*, Stephanie Moore, Colin Fraser,
Vanessa Ruiz, Howard Klein, Melissa Thornton, Ravi Krishnan, Jenna Caldwell, Philip Ashworth,
Gabriela Rojas*, Martin Weiss, Tasha Coleman, Simon Hartley, Lauren DiMarco, Edward Nguyen,
Paige Rasmussen, Oscar Villanueva*, Judith Bloom, Trevor Banks, Alicia Monroe, Frank Castellano,
Ingrid Halvorsen, Darnell Hughes, Bethany Shaw, Michael Zielinski, Cynthia Ward, Joel Steinberg,
Rosa Aguilar*, Kenneth Barlow, Vivian Cho, Scott Merriman, Erin Gallagher, Leonard Page,
Nicole Fairchild, Manuel Soto*, Tara Bingham, Douglas Reyes, Elena Markova, Russell Tate,
Kimberly Nash, Hugo Lambert, Shauna Pierce, George Anagnos, Abigail Stone, Calvin Wright,
Dolores Peña*, Warren Ellis, Faith Mbeki, Stuart Crane, Joanna Riley, Noah Friedman,
Adriana León*, Craig Donovan, Phoebe Marsh, Terrence Gill
""".replace("\n", " ").split(",")
)
