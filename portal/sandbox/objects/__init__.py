"""The objects of the API, one resource a module, and the rules that change them."""
