"""Pets' names, breeds and what a year of cover costs; figures of the demo, not of any tariff."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Breed:
    """A breed and its yearly premium in cents."""

    species: str
    name: str
    premium_cents: int


BREEDS = tuple(
    Breed(species, name, int(cents))
    for species, name, cents in (
        line.split("|")
        for line in """
dog|Mixed breed|61248
dog|Labrador Retriever|74929
dog|Golden Retriever|81240
dog|French Bulldog|110460
dog|Beagle|65520
dog|German Shepherd|88392
dog|Chihuahua|49860
dog|Dachshund|63984
dog|Miniature Poodle|60312
dog|Boxer|92100
dog|Australian Shepherd|71544
dog|Pembroke Welsh Corgi|76836
dog|Shih Tzu|57480
dog|Border Collie|69912
dog|Boston Terrier|70248
cat|Domestic Shorthair|38647
cat|Domestic Shorthair|36120
cat|Domestic Longhair|39984
cat|Maine Coon|46236
cat|Ragdoll|44808
cat|Siamese|41352
cat|British Shorthair|43104
cat|Sphynx|52260
rabbit|Holland Lop|21480
rabbit|Mini Rex|20316
bird|Cockatiel|16800
bird|African Grey|31824
""".strip().splitlines()
    )
)
# How often each kind comes, out of a hundred.
SPECIES = (("dog", 61), ("cat", 32), ("rabbit", 4), ("bird", 3))

NAMES = {
    "dog": (
        "Bella", "Charlie", "Luna", "Cooper", "Daisy", "Tucker", "Sadie", "Bear", "Molly", "Duke",
        "Lola", "Buddy", "Stella", "Zeus", "Penny", "Murphy", "Roxy", "Toby", "Ruby", "Jack",
        "Zoey", "Finn", "Rosie", "Winston", "Ellie", "Louie", "Maggie", "Bruno", "Hazel", "Gus",
        "Nala", "Scout", "Willow", "Ziggy", "Ginger", "Moose", "Coco", "Archie", "Olive", "Hank",
        "Maple", "Otis", "Piper", "Rufus", "Harley", "Teddy", "Waffles", "Bandit", "Mochi",
        "Canela", "Chispa", "Bolt", "Juno", "Fletcher", "Cricket", "Samson", "Poppy", "Barnaby",
        "Clover", "Diesel", "Honey", "Jasper", "Kona", "Lady", "Milo", "Nico", "Oreo", "Pancho",
        "Remy", "Sasha", "Thor", "Uma", "Walter", "Yogi", "Biscotti", "Ranger", "Trixie", "Ace",
        "Benny", "Dixie", "Fiona", "Goose", "Ivy", "Koda", "Leo", "Mabel", "Nugget", "Peanut",
        "Rocco", "Shadow", "Tilly", "Vida", "Whiskey", "Xena", "Zelda", "Banjo", "Chewie",
    ),
    "cat": (
        "Oliver", "Cleo", "Simba", "Chloe", "Shadow", "Lily", "Jasper", "Nala", "Smokey", "Mittens",
        "Salem", "Pumpkin", "Felix", "Gracie", "Loki", "Callie", "Binx", "Phoebe", "Tigger",
        "Willow", "Boots", "Sushi", "Garfield", "Kiki", "Pepper", "Mango", "Tofu", "Ophelia",
        "Romeo", "Luna", "Socks", "Gatsby", "Nieve", "Ziggy", "Marble", "Pickles", "Sombra",
        "Dorian", "Ember", "Figaro", "Hobbes", "Indigo", "Jinx", "Lulu", "Mochi", "Noodle",
        "Olga", "Percy", "Quincy", "Sable", "Theo", "Vesper", "Winnie",
    ),
    "rabbit": ("Thumper", "Clover", "Hazel", "Nibbles", "Peter", "Cinnamon", "Dandelion", "Pip"),
    "bird": ("Kiwi", "Rio", "Sunny", "Pico", "Echo", "Merlin"),
}  # fmt: skip

# Tax on premium in parts per million, where the demo's insurer collects one.
TAX_PPM = {"IL": 10_000, "KY": 18_000, "FL": 12_000, "GA": 8_000}
# How terms are paid, out of a hundred: by those with a long history, and by newer customers.
LONG_PLANS = (("monthly", 26), ("quarterly", 43), ("in_full", 23), ("down_payment", 8))
ALWAYS_MONTHLY = (("monthly", 100),)
PLANS = (("monthly", 46), ("quarterly", 30), ("in_full", 17), ("down_payment", 7))
INSTALLMENT_FEE_CENTS = {"monthly": 300, "quarterly": 200, "in_full": 0, "down_payment": 300}
POLICY_FEE_CENTS = 1500
RENEWAL_PER_CENT = 107
