"`python -m squad_tutorial` is the command `squad-tutorial`."
from squad_tutorial.cli import main

main()
