"""Parameters in, papermill, a whole report out or none; one report or many."""
