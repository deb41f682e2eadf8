"""One file per DEX program, each a value; the engine reads them."""
