"""One file per DEX program, each a value; `programs.py` lists them and `engine` reads them."""
