"""How many claims and clients a cell over clients must hold to be shown: fewer could tell one client about another."""

MINIMUM_CLAIMS = 11
MINIMUM_CLIENTS = 3  # with two, each could subtract itself and read the other
