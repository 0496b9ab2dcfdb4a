"""How results look as rich output: HTML without scripts, pictures, text; for magics, widgets and the panel."""
